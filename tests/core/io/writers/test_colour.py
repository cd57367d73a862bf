"""Colour stacks for Fiji."""

from __future__ import annotations

import numpy as np
import pytest
import tifffile

from core.errors import ParameterError, WriteError
from core.io.writers import colour
from core.io.writers.colour import write_colour
from core.volume import VolumeInfo

PLANES = np.random.default_rng(0).integers(0, 256, (3, 7, 9, 3)).astype(np.uint8)
INFO = VolumeInfo((3, 7, 9), np.dtype(np.uint8), voxel_nm=(10.0, 5.0, 4.0))


def written(target, info=INFO, planes=PLANES, *, overwrite=False):
    return write_colour(iter(planes), info, target, overwrite=overwrite)


def test_stack_with_its_scale(tmp_path) -> None:
    report = written(tmp_path / "o.tif")
    assert report.files == (tmp_path / "o.tif",)
    with tifffile.TiffFile(tmp_path / "o.tif") as file:
        assert (file.asarray() == PLANES).all()
        assert file.series[0].axes == "ZYXS"
        assert file.is_imagej
        assert (file.imagej_metadata["slices"], file.imagej_metadata["unit"]) == (3, "um")
        assert file.imagej_metadata["spacing"] == 0.01
        tags = file.pages.first.tags
        assert tags["XResolution"].value == (250, 1)
        assert tags["YResolution"].value == (200, 1)
        assert "DateTime" not in tags
    first = (tmp_path / "o.tif").read_bytes()
    written(tmp_path / "o.tif", overwrite=True)
    assert (tmp_path / "o.tif").read_bytes() == first


def test_an_unknown_scale_is_not_invented(tmp_path) -> None:
    report = written(tmp_path / "o.tif", INFO.with_(voxel_nm=(None, 5.0, 4.0)))
    assert any("not known" in note for note in report.notes)
    with tifffile.TiffFile(tmp_path / "o.tif") as file:
        assert "unit" not in file.imagej_metadata


def test_folder_of_slices(tmp_path) -> None:
    uneven = INFO.with_(z_nm=(0.0, 10.0, 30.0))
    report = written(tmp_path / "o", uneven)
    names = sorted(path.name for path in report.files)
    assert names == ["o_0000.tif", "o_0001.tif", "o_0002.tif", "voxel-size.txt", "z_nm.csv"]
    for index in range(3):
        assert (tifffile.imread(tmp_path / "o" / f"o_{index:04}.tif") == PLANES[index]).all()
    written(tmp_path / "o", uneven, overwrite=True)


def test_uneven_slices_get_a_table(tmp_path) -> None:
    report = written(tmp_path / "o.tif", INFO.with_(z_nm=(0.0, 10.0, 30.0)))
    assert (tmp_path / "o_z_nm.csv") in report.files


def test_large_stacks_are_bigtiff(tmp_path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(colour, "_LARGEST_IMAGEJ", 100)
    report = written(tmp_path / "o.tif")
    assert "BigTIFF" in report.notes[0]
    with tifffile.TiffFile(tmp_path / "o.tif") as file:
        assert file.is_bigtiff
        assert (file.asarray() == PLANES).all()
        assert 'PhysicalSizeZ="10.0" PhysicalSizeZUnit="nm"' in file.ome_metadata
    first = (tmp_path / "o.tif").read_bytes()
    written(tmp_path / "o.tif", overwrite=True)
    assert (tmp_path / "o.tif").read_bytes() == first


@pytest.mark.parametrize("planes", [PLANES[:2], PLANES[:, :6], PLANES.astype(np.uint16)])
def test_nothing_is_left_of_a_failure(tmp_path, planes) -> None:
    for name in ("o.tif", "o"):
        with pytest.raises((ParameterError, ValueError, RuntimeError)):
            written(tmp_path / name, planes=planes)
    assert list(tmp_path.iterdir()) == []


def test_refusals(tmp_path) -> None:
    with pytest.raises(ParameterError, match="cannot be written as"):
        written(tmp_path / "o.png")
    (tmp_path / "o.tif").write_bytes(b"mine")
    with pytest.raises(WriteError, match="exists already"):
        written(tmp_path / "o.tif")
