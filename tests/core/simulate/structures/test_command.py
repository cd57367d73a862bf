"""``trueslice simulate structure``: one JSON object, a calibrated stack, and clear refusals."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from core.cli import main
from core.io import open_stack
from core.job import Job
from core.simulate.structures import PatternSource, pattern_of
from core.simulate.structures.kinds import LeveledWave

GRID = ["--shape", "48", "56", "64", "--voxel-nm", "2.5"]


def run(capsys: pytest.CaptureFixture[str], *options: object) -> tuple[int, dict[str, Any]]:
    code = main(["simulate", "structure", *map(str, options), "--json"])
    return code, json.loads(capsys.readouterr().out)


def test_one_level(capsys: pytest.CaptureFixture[str], tmp_path: Path) -> None:
    target = tmp_path / "new" / "OUT.tif"
    options = ["--kind", "leveled-wave", "--ligament-nm", 15, "--solid-fraction", 0.35, *GRID, "--seed", 1]
    code, answer = run(capsys, *options, "-o", target)
    assert code == 0
    volume = open_stack(target)
    assert volume.info.voxel_nm == (2.5, 2.5, 2.5)
    voxels = volume.read()
    assert set(np.unique(voxels)) == {0, 255}
    assert answer["solid_fraction"] == pytest.approx((voxels == 255).mean())
    assert answer["solid_fraction"] == pytest.approx(0.35, abs=1e-3)
    assert answer["ligament_nm"] == pytest.approx(15, rel=0.15)
    assert answer["labels"] == ["pore", "solid"]
    assert answer["shape_zyx"] == [48, 56, 64]
    pattern = pattern_of(LeveledWave(), shape=(48, 56, 64), voxel_nm=2.5, seed=1, job=Job())
    assert np.array_equal(PatternSource(pattern, solid_255=True).read(slice(None)), voxels)


def test_hierarchy_from_options_and_from_a_recipe(capsys: pytest.CaptureFixture[str], tmp_path: Path) -> None:
    options = ["--ligament-nm", 50, 12, "--solid-fraction", 0.35, 0.5, *GRID]
    code, answer = run(capsys, *options, "--isotropy", "-o", tmp_path / "a.ome.zarr")
    assert code == 0
    assert answer["solid_fraction"] == pytest.approx(0.175, abs=1e-3)
    assert [level["solid_fraction"] for level in answer["levels"]] == pytest.approx([0.35, 0.5], abs=1e-3)
    assert answer["ligament_nm"][1] == pytest.approx(12, rel=0.15)
    assert answer["isotropy"]["range_px"] == 24
    assert any("ligaments" in warning for warning in answer["warnings"])
    recipe = tmp_path / "recipe.toml"
    recipe.write_text(
        'kind = "leveled-wave"\nligament_nm = [50, 12]\nsolid_fraction = [0.35, 0.5]\n', encoding="utf-8"
    )
    code, again = run(capsys, "--structure", recipe, *GRID, "-o", tmp_path / "b.ome.zarr")
    assert code == 0
    assert again["ligament_nm"] == answer["ligament_nm"]
    code, other = run(capsys, "--structure", recipe, "--ligament-nm", 50, 14, *GRID, "-o", tmp_path / "c.tif")
    assert code == 0
    assert other["levels"][1]["asked_ligament_nm"] == 14


def test_three_phases_are_written_as_labels(capsys: pytest.CaptureFixture[str], tmp_path: Path) -> None:
    options = ["--kind", "polycrystal", "--grain-nm", 60, "--pore-nm", 25, "--pore-sd-nm", 0]
    options += ["--porosity", 0.1, "--second-fraction", 0.2, "--second", "grains", *GRID]
    code, answer = run(capsys, *options, "-o", tmp_path / "out.nrrd")
    assert code == 0
    assert answer["fractions"] == pytest.approx({"pore": 0.1, "solid": 0.7, "second phase": 0.2}, abs=1e-3)
    assert answer["solid_fraction"] == pytest.approx(0.9, abs=1e-3)
    assert set(np.unique(open_stack(tmp_path / "out.nrrd").read())) == {0, 1, 2}


@pytest.mark.parametrize(
    ("options", "code", "message"),
    [
        (["--solid-fraction", 0], 2, "empty or full"),
        (["--solid-fraction", 0.35, 0.35], 2, "1 sizes and 2 fractions"),
        (["--ligament-nm", 1], 2, "not resolved"),
        (["--ligament-nm", 1000], 2, "larger than the volume"),
        (["--radius-nm", 10], 2, "no such parameter"),
        (["--kind", "file"], 2, "path"),
        (["--kind", "file", "--path", "missing.tif"], 1, "missing.tif"),
        (["--shape", 1, 1, 1], 2, "single voxel"),
        (["--shape", 0, 10, 10], 2, "impossible shape"),
        (["--shape", 1000000, 1000000, 1000000], 1, "MiB"),
        (["--voxel-nm", -1], 2, "voxel_nm"),
        (["--seed", -1], 2, "seed"),
        (["--structure", "missing.toml"], 2, "missing.toml"),
    ],
)
def test_refuses_before_anything_is_written(
    capsys: pytest.CaptureFixture[str], tmp_path: Path, options: list[object], code: int, message: str
) -> None:
    found, answer = run(capsys, *GRID, *options, "-o", tmp_path / "out.tif")
    assert found == code
    assert message in answer["error"]
    assert not list(tmp_path.iterdir())


def test_surfaces_and_unclear_kinds_are_refused(capsys: pytest.CaptureFixture[str], tmp_path: Path) -> None:
    code, answer = run(capsys, *GRID, "-o", tmp_path / "out.stl")
    assert (code, "voxels" in answer["error"]) == (2, True)
    recipe = tmp_path / "recipe.toml"
    recipe.write_text('kind = "spheres"\n', encoding="utf-8")
    code, answer = run(capsys, "--kind", "fibres", "--structure", recipe, *GRID, "-o", tmp_path / "x.tif")
    assert (code, "not clear" in answer["error"]) == (2, True)
