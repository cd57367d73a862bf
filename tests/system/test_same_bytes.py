"""However a recipe is computed, the exported bytes are the same."""

from __future__ import annotations

import json
import re

import pytest

from core.errors import ParameterError
from core.execute import Limits, run
from core.io import ReadOptions
from core.project import InputSpec, Project
from core.recipe import Recipe
from tests.system.runs import SIX_STEPS, digest, make_stack, run_command, write_recipe

SPEC_OPTIONS = ReadOptions(voxel_nm_zyx=(10.0, 5.0, 5.0))


@pytest.fixture(scope="module")
def stack(tmp_path_factory):
    return make_stack(tmp_path_factory.mktemp("stack") / "stack.tif", (31, 60, 72))


def exported(stack, folder, limits=None):
    project = Project.create(folder, {"": InputSpec(paths=(stack,), options=SPEC_OPTIONS)})
    project.save_recipe(Recipe.loads(SIX_STEPS))
    [report] = run(project, limits=limits or Limits()).values()
    [path] = report.files
    return digest(path), {k: v.model_dump() for k, v in report.estimates.items()}


@pytest.fixture(scope="module")
def expected(stack, tmp_path_factory):
    return exported(stack, tmp_path_factory.mktemp("one") / "out", Limits(workers=1, block_slices=31))


@pytest.mark.parametrize(
    "limits",
    [
        Limits(),
        Limits(workers=3, block_slices=1),
        Limits(workers=2, block_slices=7),
        Limits(workers=4, block_slices=30),
        Limits(workers=2, memory_mb=8),
    ],
    ids=["default", "3x1", "2x7", "4x30", "8 MiB"],
)
def test_threads_and_blocks(stack, expected, limits, tmp_path):
    assert exported(stack, tmp_path / "out", limits) == expected


def test_cluster_of_processes(stack, expected, tmp_path):
    pytest.importorskip("distributed", reason="needs the extra: trueslice[cluster]")
    assert exported(stack, tmp_path / "out", Limits("local", workers=2, block_slices=4)) == expected


def test_address_of_a_scheduler(stack, expected, tmp_path):
    distributed = pytest.importorskip("distributed", reason="needs the extra: trueslice[cluster]")
    with distributed.LocalCluster(
        n_workers=2, threads_per_worker=1, dashboard_address=None, memory_limit=0
    ) as cluster:
        limits = Limits(cluster.scheduler_address, block_slices=5)
        assert exported(stack, tmp_path / "out", limits) == expected


@pytest.mark.parametrize("address", ["tcp://127.0.0.1:9", "no such thing", "http://"])
def test_a_scheduler_that_does_not_answer_is_named(stack, tmp_path, address, monkeypatch):
    pytest.importorskip("distributed", reason="needs the extra: trueslice[cluster]")
    monkeypatch.setattr("core.execute.pools.CONNECT_S", 1)
    with pytest.raises(ParameterError, match=re.escape(address)):
        exported(stack, tmp_path / "out", Limits(address))


def test_a_second_run_computes_nothing_and_exports_the_same(stack, expected, tmp_path):
    first = exported(stack, tmp_path / "out")
    stamps = {path: path.stat().st_mtime_ns for path in (tmp_path / "out" / "results").rglob("*")}
    assert exported(stack, tmp_path / "out") == first == expected
    assert {path: path.stat().st_mtime_ns for path in (tmp_path / "out" / "results").rglob("*")} == stamps


def test_deleted_export_is_made_again(stack, expected, tmp_path):
    exported(stack, tmp_path / "out")
    (tmp_path / "out" / "exports" / "solid.tif").unlink()
    assert exported(stack, tmp_path / "out") == expected


def test_command_line(stack, expected, tmp_path):
    recipe = write_recipe(tmp_path)
    ended = run_command(
        "run", recipe, stack, "--output", tmp_path / "out", "--voxel-nm-zyx", 10, 5, 5, "--json"
    )
    assert ended.returncode == 0, ended.stderr
    answer = json.loads(ended.stdout)
    assert digest(tmp_path / "out" / "exports" / "solid.tif") == expected[0]
    assert answer["files"] == [str(tmp_path / "out" / "exports" / "solid.tif")]
    found = answer["channels"][""]["estimates"]
    assert found["6 measure"]["solid_fraction"] == expected[1]["6 measure"]["solid_fraction"]
    assert len(found["6 measure"]["solid_fraction_per_slice"]) == 31
    assert recipe.read_text(encoding="utf-8") == SIX_STEPS


def test_moved_project_and_input_are_found_again(stack, expected, tmp_path):
    (tmp_path / "here").mkdir()
    moved = tmp_path / "here" / "stack.tif"
    moved.write_bytes(stack.read_bytes())
    exported(moved, tmp_path / "here" / "out")
    (tmp_path / "here").rename(tmp_path / "there")
    project = Project.open(tmp_path / "there" / "out")
    [report] = run(project).values()
    assert digest(report.files[0]) == expected[0]
