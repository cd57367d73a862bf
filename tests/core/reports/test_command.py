"""The sub-command, from a measured project to a report and from reports to one side by side."""

from __future__ import annotations

import json

import numpy as np
import pytest
import tifffile

from core.cli import main
from core.execute import run
from core.project import InputSpec, Project
from core.recipe import Recipe
from core.reports import ReportInput, load_measures
from core.reports.measures import refuse_report_folder
from tests.core.reports.examples import bare

RECIPE = """format = 1
[[step]]
step = "crop"
[step.params]
y_stop = 11
[[step]]
step = "measure"
[step.params]
planes = false
representative = false
"""


@pytest.fixture(scope="module")
def project(tmp_path_factory):
    """Two channels, cropped and measured."""
    folder = tmp_path_factory.mktemp("project")
    solid = np.random.default_rng(5).random((2, 12, 12, 12)) < 0.4
    for name, voxels in zip(("1kV", "2kV"), solid, strict=True):
        tifffile.imwrite(
            folder / f"{name}.tif", np.where(voxels, 255, 0).astype(np.uint8), photometric="minisblack"
        )
    inputs = {name: InputSpec(paths=(folder / f"{name}.tif",)) for name in ("1kV", "2kV")}
    made = Project.create(folder / "gold", inputs, recipe=Recipe.loads(RECIPE))
    run(made)
    return folder / "gold", solid


def test_each_channel_of_a_project_is_a_result(project):
    folder, solid = project
    results = load_measures(folder)
    assert [result.title for result in results] == ["gold, 1kV", "gold, 2kV"]
    for result, voxels, name in zip(results, solid, ("1kV.tif", "2kV.tif"), strict=True):
        assert result.measured.phase(255).fraction == voxels[:, :11].mean()
        assert [file.path for file in result.inputs] == [name]
        assert len(result.inputs[0].sha256) == 64
        assert result.params["range_px"] == 128
        assert Recipe.loads(result.recipe) == Recipe.loads(RECIPE)


def test_a_folder_that_cannot_take_the_report_is_refused_before_measuring(tmp_path, capsys, monkeypatch):
    def measured(*_args):
        raise AssertionError("measured first")

    monkeypatch.setattr("core.commands.measure.surveyed", measured)
    tifffile.imwrite(tmp_path / "s.tif", np.eye(12, dtype=np.uint8)[None].repeat(12, axis=0))
    (tmp_path / "file").touch()
    (tmp_path / "others").mkdir()
    (tmp_path / "others" / "mine").touch()
    for name, words in (("file", "is a file"), ("others", "somebody else"), ("file/under", "cannot write")):
        assert main(["measure", str(tmp_path / "s.tif"), "--report", str(tmp_path / name)]) == 1
        assert words in capsys.readouterr().err
    refuse_report_folder(tmp_path / "new" / "report", overwrite=False)
    assert sorted(path.name for path in tmp_path.rglob("*")) == ["file", "mine", "others", "s.tif"]


def test_what_is_no_report_is_refused_with_what_would_do(tmp_path, capsys):
    (tmp_path / "s.tif").write_bytes(b"II*\xff")
    assert main(["report", str(tmp_path / "s.tif"), "-o", str(tmp_path / "out")]) == 1
    assert "name a measures.json" in capsys.readouterr().err


@pytest.mark.usefixtures("undrawn")
def test_the_command_writes_and_reads_its_own(project, tmp_path, capsys):
    folder, _solid = project
    target = tmp_path / "both"
    assert main(["report", str(folder), "-o", str(target), "--title", "Both", "--json"]) == 0
    told = json.loads(capsys.readouterr().out)
    assert told["report"] == str(target / "report.html")
    assert [result["title"] for result in told["results"]] == ["gold, 1kV", "gold, 2kV"]
    assert "voxel size is not known" in told["warnings"][0]
    assert (target / "measures-2.json").is_file()
    assert (target / "comparison.csv").is_file()
    assert "<h1>Both</h1>" in (target / "report.html").read_text(encoding="utf-8")
    assert load_measures(target) == load_measures(folder)
    assert main(["report", str(target), "-o", str(target), "--json"]) == 1
    assert "exists already" in json.loads(capsys.readouterr().out)["error"]
    assert main(["report", str(folder), "-o", str(folder), "--overwrite", "--json"]) == 1
    assert "somebody else" in json.loads(capsys.readouterr().out)["error"]


def test_projects_that_are_not_measured_are_refused(project, tmp_path, capsys):
    folder, _solid = project
    spec = InputSpec(paths=(folder.parent / "1kV.tif",))
    Project.create(tmp_path / "none", {"": spec}, recipe=Recipe())
    assert main(["report", str(tmp_path / "none"), "-o", "r", "--json"]) == 1
    assert "measures nothing" in json.loads(capsys.readouterr().out)["error"]
    Project.create(tmp_path / "todo", {"": spec}, recipe=Recipe.loads(RECIPE))
    assert main(["report", str(tmp_path / "todo"), "-o", "r", "--json"]) == 1
    told = json.loads(capsys.readouterr().out)
    assert "has not been measured yet" in told["error"]
    assert "run the recipe" in told["remedy"]
    assert not (tmp_path / "r").exists()


def test_a_damaged_list_of_checksums_is_told(project, tmp_path):
    from core.errors import ProjectError
    from core.reports.sources import input_sums

    folder, _solid = project
    assert [file.path for file in input_sums(Project.open(folder), "2kV")] == ["2kV.tif"]
    broken = Project.create(tmp_path / "p", {"": InputSpec(paths=(folder.parent / "1kV.tif",))})
    assert input_sums(broken, "") == ()
    (tmp_path / "p" / "inputs.json").write_text('{"": {"a": 3}}')
    with pytest.raises(ProjectError, match="checksums"):
        input_sums(broken, "")


def test_wrong_results_end_with_a_message(tmp_path, capsys):
    wrong = tmp_path / "wrong.json"
    wrong.write_text(json.dumps(ReportInput("x", bare()).table() | {"measured": 1}))
    assert main(["report", str(wrong), "-o", "r"]) == 1
    said = capsys.readouterr().err
    assert "wrong.json is damaged" in said
    assert "what to do:" in said
    assert not (tmp_path / "r").exists()
