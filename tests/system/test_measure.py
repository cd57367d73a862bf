"""``trueslice measure`` as a user types it, and a measure step in a project."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import tifffile

from core.cli import main
from core.io import open_stack, writers
from core.job import Job
from core.project import InputSpec, Project
from core.recipe import Recipe, default_step
from core.volume import Array, Volume, volume_of

KEYS = {
    "solid_fraction", "solid_fraction_per_slice", "e_tpcf", "e_lpf", "e_d", "ligament_nm",
    "specific_surface_per_nm",
    "largest_component_fraction", "percolates", "verdict", "measured", "warnings",
}  # fmt: skip


def solid() -> Array:
    """Bars along x, six voxels high and wide, in a box of 24 x 32 x 40."""
    z, y, _ = np.indices((24, 32, 40))
    bars: Array = ((z % 12 < 6) & (y % 16 < 6)).astype(np.uint8) * 255
    return bars


def measured(capsys: pytest.CaptureFixture[str], *arguments: object) -> tuple[int, dict[str, Any], str]:
    code = main(["measure", *map(str, arguments), "--json"])
    out, err = capsys.readouterr()
    assert out.count("\n") == 1
    return code, json.loads(out), err


@pytest.fixture
def stack(tmp_path: Path) -> Path:
    tifffile.imwrite(tmp_path / "bars.tif", solid(), photometric="minisblack")
    return tmp_path / "bars.tif"


def test_numbers_of_known_bars(stack: Path, capsys: pytest.CaptureFixture[str]) -> None:
    code, answer, progress = measured(capsys, stack, "--voxel-nm-zyx", 10, 5, 5)
    assert code == 0
    assert set(answer) >= KEYS
    assert answer["solid_fraction"] == 0.5 * 12 / 32
    assert answer["solid_fraction_per_slice"] == [12 / 32] * 6 + [0.0] * 6 + [12 / 32] * 6 + [0.0] * 6
    # One bar is 6 voxels high: L(k) = (6 - k) / 6 of its height, by the number of places.
    assert answer["percolates"] == [False, False, True]
    assert answer["largest_component_fraction"] == 0.25
    phases = {phase["name"]: phase for phase in answer["measured"]["phases"]}
    assert phases["solid"]["components"]["count"] == 4
    assert phases["pore"]["components"]["count"] == 1
    assert phases["solid"]["surface"]["euler_number"] == 4
    assert answer["verdict"]
    assert "Measuring 100 %" in progress


def test_without_a_voxel_size_no_length_is_invented(stack: Path, capsys: pytest.CaptureFixture[str]) -> None:
    code, answer, _ = measured(capsys, stack)
    assert code == 0
    assert answer["ligament_nm"] == {"xy": None, "xz": None, "yz": None}
    assert answer["specific_surface_per_nm"] is None
    assert any("voxel size is not known" in note for note in answer["warnings"])
    assert answer["solid_fraction"] == 0.5 * 12 / 32


def test_people_get_a_headline_of_each_phase(stack: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["measure", str(stack), "--voxel-nm-zyx", "5", "5", "5"]) == 0
    out = capsys.readouterr().out
    assert "pore" in out
    assert "percolates_zyx: False, False, True" in out
    assert len(out.splitlines()) < 60


def test_wrong_input_is_told_in_one_object(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    tifffile.imwrite(tmp_path / "grey.tif", np.arange(5 * 6 * 7, dtype=np.uint8).reshape(5, 6, 7))
    code, answer, _ = measured(capsys, tmp_path / "grey.tif")
    assert code == 1
    assert "more than two different values" in answer["error"]
    assert "--values labels" in answer["remedy"]
    code, answer, _ = measured(capsys, tmp_path / "grey.tif", "--exclude-slices", "x")
    assert code == 2


def test_labels_and_transport_and_thickness(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    labels = np.zeros((12, 12, 12), dtype=np.uint8)
    labels[:, :4], labels[:, 4:8] = 1, 2
    tifffile.imwrite(tmp_path / "labels.tif", labels, photometric="minisblack")
    options = ("--values", "labels", "--voxel-nm-zyx", 2, 2, 2, "--transport", "--thickness")
    code, answer, _ = measured(capsys, tmp_path / "labels.tif", *options)
    assert code == 0
    assert answer["solid_fraction"] is None
    for phase in answer["measured"]["phases"]:
        assert phase["fraction"] == pytest.approx(1 / 3)
        along, across = phase["transport"]["x"], phase["transport"]["y"]
        assert along["conductivity"] == pytest.approx(1 / 3)
        assert along["geometric_tortuosity"] == 1
        assert across["geometric_tortuosity"] is None
        assert phase["thickness"]["count"] == 4 * 12 * 12


def test_report_beside_the_numbers(stack: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    folder = tmp_path / "report"
    code, answer, _ = measured(capsys, stack, "--voxel-nm-zyx", 5, 5, 5, "--report", folder)
    assert code == 0
    assert all(Path(name).is_file() for name in answer["files"])
    kept = json.loads((folder / "measures.json").read_text(encoding="utf-8"))
    assert kept["measured"] == answer["measured"]
    assert kept["input"][0]["path"] == "bars.tif"
    code, answer, _ = measured(capsys, stack, "--report", stack)
    assert code == 2
    assert "overwrite" in answer["error"]


def test_a_measure_step_keeps_what_it_has_found(stack: Path, tmp_path: Path) -> None:
    from core.execute import run

    recipe = Recipe((default_step("measure"),))
    project = Project.create(tmp_path / "project", {"": InputSpec(paths=(stack,))}, recipe=recipe)
    [report] = run(project).values()
    found = report.estimates["1 measure"]
    assert project.estimate("", 0) == found
    assert any("voxel size" in note for note in report.notes)
    [again] = run(project).values()
    assert again.estimates["1 measure"] == found


@pytest.mark.parametrize("preset", ["ome-zarr", "raw"])
def test_origin_of_slices_survives_files(tmp_path: Path, preset: Any) -> None:
    origin = (1, 1, 2, 3, 0, 1)
    volume: Volume = volume_of(solid()[:6], voxel_nm=(5.0,) * 3, origin=origin, content="binary")
    written = writers.write(volume, tmp_path / "volume", preset, Job())
    place = written.files[0] if preset == "raw" else tmp_path / "volume.ome.zarr"
    assert open_stack(place).info.origin == origin
