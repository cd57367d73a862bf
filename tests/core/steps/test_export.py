"""The export step: names, options, overwriting its own older export."""

from __future__ import annotations

from pathlib import Path
from typing import Literal, get_args, get_origin

import numpy as np
import pytest
import tifffile

from core.errors import ParameterError
from core.io.writers import WRITERS, WriteOptions
from core.io.writers.names import SUFFIXES
from core.job import Job
from core.step import Stage
from core.steps import step_named
from core.steps.export import EXPORT, ExportParams
from core.volume import volume_of


def volume(value: int) -> object:
    return volume_of(np.full((2, 3, 4), value, np.uint8), voxel_nm=(8.0, 4.0, 4.0))


def test_the_step_is_a_sink_that_anyone_can_find() -> None:
    assert step_named("export") is EXPORT
    assert EXPORT.sink
    assert EXPORT.apply is None
    assert EXPORT.stage is Stage.EXPORT


@pytest.mark.parametrize("preset", sorted(WRITERS))
def test_names_get_the_suffix_and_the_channel(preset: str) -> None:
    params = ExportParams.parse({"preset": preset, "file_name": "Probe 1.5"}, owner="export")
    suffix = (*SUFFIXES[preset], "")[0]
    assert params.target_name() == f"Probe 1.5{suffix}"
    assert params.target_name("2kV/TLD") == f"Probe 1.5_2kV_TLD{suffix}"


def test_a_suffix_that_fits_is_kept() -> None:
    params = ExportParams(preset="bigtiff", file_name="a.tif")
    assert params.target_name() == "a.tif"
    assert params.target_name("1kV") == "a_1kV.tif"


@pytest.mark.parametrize(
    "name", ["", "../a", "a/b", "a\\b", "C:a", "a\0", "a\n", ".hidden", "..", " a", "a ", "a.", "x" * 201]
)
def test_names_that_are_no_names_are_refused(name: str) -> None:
    with pytest.raises(ParameterError, match="file_name"):
        ExportParams.parse({"file_name": name}, owner="export")


@pytest.mark.parametrize(
    ("name", "target", "start"),
    [("volume", "volume.tif", b"II*\0"), ("a.nrrd", "a.nrrd", b"NRRD"), ("b.ome.tif", "b.ome.tif", b"II+\0")],
)
def test_without_a_preset_the_name_decides(name: str, target: str, start: bytes, tmp_path: Path) -> None:
    params = ExportParams(file_name=name)
    assert params.target_name() == target
    report = params.export(volume(1), tmp_path / params.target_name(), Job())
    assert report.files[0].read_bytes().startswith(start)
    folder = params.export(volume(1), tmp_path / "slices", Job())
    assert folder.files[0].parent == tmp_path / "slices"


def test_a_name_for_another_format_is_refused_with_the_parameters() -> None:
    with pytest.raises(ParameterError, match="does not fit"):
        ExportParams.parse({"preset": "fiji", "file_name": "a.nrrd"}, owner="export")


def test_running_again_replaces_the_older_export(tmp_path: Path) -> None:
    params = ExportParams()
    for value in (1, 2):
        report = params.export(volume(value), tmp_path / params.target_name(), Job())
        assert report.files == (tmp_path / "volume.tif",)
        assert (tifffile.imread(report.files[0]) == value).all()


def test_every_option_reaches_the_writer(tmp_path: Path) -> None:
    params = ExportParams(largest_file_gb=1e-9)
    report = params.export(volume(1), tmp_path / params.target_name(), Job())
    assert report.files[0].parent == tmp_path / "volume"
    assert set(WriteOptions.model_fields) < set(ExportParams.model_fields)


def test_forms_and_options_find_one_flat_choice() -> None:
    annotation = ExportParams.model_fields["preset"].annotation
    assert get_origin(annotation) is Literal
    assert set(get_args(annotation)) == {"auto", *WRITERS}
