"""NRRD and MetaImage read back with ITK; raw with numpy."""

from __future__ import annotations

import json
from pathlib import Path

import numpy as np
import pytest
import SimpleITK as sitk

from core.io.writers import VOXEL_TYPES, write
from tests.core.io.writers.volumes import SHAPE, VOXEL_NM, values, volume

ITK_SUFFIXES = [("nrrd", ".nrrd"), ("mhd", ".mhd"), ("mhd", ".mha")]


@pytest.mark.parametrize(("preset", "suffix"), ITK_SUFFIXES)
@pytest.mark.parametrize("dtype", VOXEL_TYPES)
def test_itk_reads_values_and_millimetres(dtype: str, preset: str, suffix: str, tmp_path: Path) -> None:
    target = tmp_path / f"Größe{suffix}"
    report = write(volume(dtype), target, preset)
    image = sitk.ReadImage(str(target))
    data = sitk.GetArrayFromImage(image)
    assert data.dtype == dtype
    np.testing.assert_array_equal(data, values(dtype))
    assert [size * 1e6 for size in reversed(image.GetSpacing())] == pytest.approx(VOXEL_NM, rel=1e-12)
    assert image.GetDirection() == (1, 0, 0, 0, 1, 0, 0, 0, 1)
    assert image.GetOrigin() == (0, 0, 0)
    assert "in mm" in report.notes[0]
    assert set(report.files) == set(tmp_path.iterdir())


@pytest.mark.parametrize(("preset", "suffix"), ITK_SUFFIXES)
def test_no_spacing_is_written_where_it_is_unknown(preset: str, suffix: str, tmp_path: Path) -> None:
    target = tmp_path / f"volume{suffix}"
    report = write(volume(voxel_nm=(None, 4.0, 4.0)), target, preset)
    header = target.read_bytes()[:400].lower()
    assert b"spac" not in header
    np.testing.assert_array_equal(sitk.GetArrayFromImage(sitk.ReadImage(str(target))), values("uint8"))
    assert any("no scale" in note for note in report.notes)


@pytest.mark.parametrize(("preset", "suffix"), [*ITK_SUFFIXES, ("raw", ".raw")])
def test_uneven_slices_come_with_a_table(preset: str, suffix: str, tmp_path: Path) -> None:
    uneven = (0.0, 5.0, 6.5, 20.0, 22.0)
    report = write(volume(z_nm=uneven), tmp_path / f"volume{suffix}", preset)
    table = np.loadtxt(tmp_path / "volume_z_nm.csv", delimiter=",", skiprows=1)
    np.testing.assert_array_equal(table, np.stack([np.arange(5), uneven], axis=1))
    assert any("uneven" in note for note in report.notes)


@pytest.mark.parametrize("dtype", VOXEL_TYPES)
def test_raw_with_what_the_json_file_says(dtype: str, tmp_path: Path) -> None:
    report = write(volume(dtype, channel="µ"), tmp_path / "volume.raw", "raw")
    table = json.loads((tmp_path / "volume.raw.json").read_text(encoding="utf-8"))
    order = {"little": "<"}[table["byte_order"]]
    data = np.fromfile(
        tmp_path / table["voxels"], np.dtype(table["dtype"]).newbyteorder(order), offset=table["header_bytes"]
    )
    np.testing.assert_array_equal(data.reshape(table["shape_zyx"]), values(dtype))
    assert table["voxel_nm_zyx"] == list(VOXEL_NM)
    assert table["channel"] == "µ"
    assert f"X 9, Y 7, Z 5 voxels, {dtype}, little-endian" in report.notes[0]
    assert (tmp_path / "volume.raw").stat().st_size == np.prod(SHAPE) * np.dtype(dtype).itemsize
