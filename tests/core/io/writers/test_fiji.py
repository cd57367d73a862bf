"""The Fiji preset, read back with tifffile (ImageJ itself: test_imagej.py)."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
import tifffile

from core.errors import WriteError
from core.io.writers import write
from core.volume import volume_of
from tests.core.io.writers.volumes import SHAPE, VOXEL_NM, tree, values, volume

UNEVEN = (0.0, 5.0, 6.5, 20.0, 22.0)


def voxel_nm(path: Path) -> tuple[float, float, float]:
    """Voxel size as other ImageJ-aware readers find it: pixels per unit, spacing in the unit."""
    with tifffile.TiffFile(path) as file:
        tags = file.pages.first.tags
        assert file.imagej_metadata is not None
        nm = {"um": 1e3, "nm": 1.0}[file.imagej_metadata["unit"]]
        assert tags["ResolutionUnit"].value == 1
        (x, per_x), (y, per_y) = tags["XResolution"].value, tags["YResolution"].value
        return file.imagej_metadata["spacing"] * nm, per_y / y * nm, per_x / x * nm


@pytest.mark.parametrize(
    ("dtype", "written"),
    [
        ("uint8", "uint8"),
        ("uint16", "uint16"),
        ("float32", "float32"),
        ("int8", "int16"),
        ("int16", "int16"),
        ("float64", "float32"),
    ],
)
def test_values_and_voxel_size_come_back(dtype: str, written: str, tmp_path: Path) -> None:
    target = tmp_path / "volume.tif"
    report = write(volume(dtype), target, "fiji")
    with tifffile.TiffFile(target) as file:
        assert file.is_imagej
        assert not file.is_bigtiff
        assert len(file.pages) == SHAPE[0]
        assert file.pages.first.compression == 1
        data = file.asarray()
        offsets = [page.dataoffsets[0] for page in file.pages]
    assert data.dtype == written
    np.testing.assert_array_equal(data, values(dtype).astype(written))
    # ImageJ's shortcut: plane follows plane without a gap.
    assert set(np.diff(offsets)) == {data[0].nbytes}
    assert voxel_nm(target) == pytest.approx(VOXEL_NM, rel=1e-9)
    assert bool(report.notes) == (dtype != written or dtype == "int16")


@pytest.mark.parametrize("size", [1e-3, 0.0713, 2.5, 20.8 / 0.788, 1234.5678, 5e5, 7.7e7])
def test_pixel_sizes_of_any_scale(size: float, tmp_path: Path) -> None:
    target = tmp_path / "volume.tif"
    write(volume(voxel_nm=(size * 3, size * 1.7, size)), target, "fiji")
    assert voxel_nm(target) == pytest.approx((size * 3, size * 1.7, size), rel=1e-8)


@pytest.mark.parametrize(
    ("data", "content", "expected"),
    [
        (np.array([3, 9], "u1"), "grey", (0, 255)),
        (np.array([0, 255], "u1"), "binary", (0, 255)),
        (np.array([0, 17], "u1"), "labels", (0, 17)),
        (np.array([300, 900], "u2"), "grey", (300, 900)),
        (np.array([-900, 12], "i2"), "grey", (-900 + 32768, 12 + 32768)),
        (np.array([-0.25, 7.5, np.nan, np.inf], "f4"), "grey", (-0.25, 7.5)),
        (np.array([4, 4], "f4"), "grey", (4, 5)),
        (np.array([np.nan, np.nan], "f4"), "grey", (0, 1)),
        (np.array([0, 1e-30, 3.4e38], "f4"), "grey", (0, np.float32(3.4e38))),
    ],
)
def test_display_range(data: np.ndarray, content: str, expected: tuple[float, float], tmp_path: Path) -> None:
    target = tmp_path / "volume.tif"
    write(volume_of(data.reshape(-1, 1, 1), content=content), target, "fiji")
    with tifffile.TiffFile(target) as file:
        assert (file.imagej_metadata["min"], file.imagej_metadata["max"]) == expected


@pytest.mark.parametrize(
    ("dtype", "highest", "written"),
    [
        ("uint32", 65535, "uint16"),
        ("uint32", 65536, "float32"),
        ("uint32", 2**24, "float32"),
        ("int32", 65535, "uint16"),
        ("int32", 70000, "float32"),
        ("int16", 32767, "uint16"),
    ],
)
def test_large_labels_keep_their_values(dtype: str, highest: int, written: str, tmp_path: Path) -> None:
    data = np.zeros(SHAPE, dtype)
    data.flat[:4] = highest, highest - 1, highest - 2, 1
    write(volume_of(data, content="labels"), tmp_path / "labels.tif", "fiji")
    back = tifffile.imread(tmp_path / "labels.tif")
    assert back.dtype == written
    np.testing.assert_array_equal(back.astype("int64"), data.astype("int64"))


@pytest.mark.parametrize(("dtype", "value"), [("uint32", 2**24 + 1), ("int32", -(2**24) - 1)])
def test_labels_that_would_merge_are_refused(dtype: str, value: int, tmp_path: Path) -> None:
    data = np.zeros(SHAPE, dtype)
    data[-1, -1, -1] = value
    with pytest.raises(WriteError, match="ome-zarr") as caught:
        write(volume_of(data, content="labels"), tmp_path / "labels.tif", "fiji")
    assert str(value) in str(caught.value)
    assert tree(tmp_path) == {}


def test_doubles_beyond_the_range_of_floats_are_refused(tmp_path: Path) -> None:
    data = np.zeros(SHAPE)
    data[3] = -1e39
    with pytest.raises(WriteError, match="slice 3"):
        write(volume_of(data), tmp_path / "volume.tif", "fiji")
    assert tree(tmp_path) == {}


@pytest.mark.parametrize("known", [(None, 4.0, 4.0), (8.0, None, 4.0), (None, None, None)])
def test_without_a_complete_voxel_size_there_is_no_calibration(
    known: tuple[float | None, ...], tmp_path: Path
) -> None:
    report = write(volume(voxel_nm=known), tmp_path / "volume.tif", "fiji")
    with tifffile.TiffFile(tmp_path / "volume.tif") as file:
        assert not {"unit", "spacing"} & set(file.imagej_metadata)
        assert not {"XResolution", "YResolution", "ResolutionUnit"} & {
            tag.name for tag in file.pages.first.tags
        }
    (note,) = report.notes
    assert "no scale" in note
    assert ("8 nm" in note) == (known[0] is not None)


def test_uneven_slices_get_the_mean_spacing_a_table_and_a_note(tmp_path: Path) -> None:
    target = tmp_path / "volume.tif"
    report = write(volume(z_nm=UNEVEN), target, "fiji")
    assert voxel_nm(target) == pytest.approx((22 / 4, *VOXEL_NM[1:]), rel=1e-9)
    assert (tmp_path / "volume_z_nm.csv").read_text() == "slice,z_nm\n0,0.0\n1,5.0\n2,6.5\n3,20.0\n4,22.0\n"
    assert report.files == (target, tmp_path / "volume_z_nm.csv")
    assert "uneven (1.5 to 13.5 nm apart)" in report.notes[0]
    # An even volume takes its place: the table would be wrong now.
    write(volume(), target, "fiji", overwrite=True)
    assert [path.name for path in tmp_path.iterdir()] == ["volume.tif"]


def test_measured_but_even_positions_need_no_table(tmp_path: Path) -> None:
    even = tuple(3.3 * index for index in range(5))
    report = write(volume(z_nm=even, voxel_nm=(None, 4.0, 4.0)), tmp_path / "volume.tif", "fiji")
    assert voxel_nm(tmp_path / "volume.tif") == pytest.approx((3.3, 4, 4), rel=1e-9)
    assert report.notes == ()
    assert len(report.files) == 1


def test_lost_slices_are_said(tmp_path: Path) -> None:
    numbers = (0, 1, 4, 5, 6)
    report = write(volume(slice_numbers=numbers), tmp_path / "a.tif", "fiji")
    assert "uneven" in report.notes[0]
    places = [float(line.split(",")[1]) for line in (tmp_path / "a_z_nm.csv").read_text().split()[1:]]
    assert places == pytest.approx([8.1 * number for number in numbers])
    assert voxel_nm(tmp_path / "a.tif")[0] == pytest.approx(8.1 * 6 / 4)
    report = write(volume(slice_numbers=numbers, voxel_nm=(None, 4.0, 4.0)), tmp_path / "b.tif", "fiji")
    assert "thickness is not known" in report.notes[0]
    assert (tmp_path / "b_z_nm.csv").read_text() == "slice,number\n0,0\n1,1\n2,4\n3,5\n4,6\n"


def test_too_large_for_one_file_gives_numbered_slices(tmp_path: Path) -> None:
    data = values("uint16")
    report = write(volume("uint16"), tmp_path / "volume.tif", "fiji", largest_file_gb=1e-9)
    folder = tmp_path / "volume"
    slices = sorted(folder.glob("*.tif"))
    assert [path.name for path in slices] == [f"volume_{index:04d}.tif" for index in range(5)]
    assert set(report.files) == {*slices, folder / "voxel-size.txt"}
    for path, plane in zip(slices, data, strict=True):
        np.testing.assert_array_equal(tifffile.imread(path), plane)
        assert voxel_nm(path) == pytest.approx(VOXEL_NM, rel=1e-9)
        with tifffile.TiffFile(path) as file:
            assert (file.imagej_metadata["min"], file.imagej_metadata["max"]) == (data.min(), data.max())
    assert "Image Sequence" in report.notes[0]
    assert not (tmp_path / "volume.tif").exists()


def test_a_stack_of_just_the_limit_stays_one_file(tmp_path: Path) -> None:
    write(volume(), tmp_path / "a.tif", "fiji")
    size = (tmp_path / "a.tif").stat().st_size
    write(volume(), tmp_path / "b.tif", "fiji", largest_file_gb=size / 2**30)
    assert (tmp_path / "b.tif").stat().st_size == size
    write(volume(), tmp_path / "c.tif", "fiji", largest_file_gb=(size - 1) / 2**30)
    assert (tmp_path / "c").is_dir()


def test_spacing_of_one_micrometre_is_stated_in_nm_in_slices(tmp_path: Path) -> None:
    # ImageJ's Image Sequence import takes a spacing of 1.0 for "not stated".
    size = (1000.0, 4.0, 4.0)
    write(volume(voxel_nm=size), tmp_path / "volume.tif", "fiji", largest_file_gb=1e-9)
    path = tmp_path / "volume" / "volume_0000.tif"
    with tifffile.TiffFile(path) as file:
        assert file.imagej_metadata["spacing"] == 1000
    assert voxel_nm(path) == pytest.approx(size, rel=1e-9)


def test_more_slices_than_four_digits_keep_their_order(tmp_path: Path) -> None:
    many = volume_of(np.zeros((10_001, 1, 1), np.uint8))
    write(many, tmp_path / "volume.tif", "fiji", largest_file_gb=1e-9)
    names = sorted(path.name for path in (tmp_path / "volume").glob("*.tif"))
    assert names[0] == "volume_00000.tif"
    assert names[-1] == "volume_10000.tif"


def test_too_large_for_one_file_gives_bigtiff_where_chosen(tmp_path: Path) -> None:
    report = write(
        volume("uint16"), tmp_path / "volume.tif", "fiji", largest_file_gb=1e-9, over_4_gb="bigtiff"
    )
    with tifffile.TiffFile(tmp_path / "volume.tif") as file:
        assert file.is_bigtiff
        np.testing.assert_array_equal(file.asarray(), values("uint16"))
    assert "Bio-Formats" in report.notes[0]


def test_a_folder_of_somebody_else_is_never_replaced(tmp_path: Path) -> None:
    folder = tmp_path / "volume"
    folder.mkdir()
    for text in ("", "Written by Trueslice: a stack of numbered slices.\n"):
        (folder / "precious.dat").write_bytes(b"raw data")
        if text:
            (folder / "voxel-size.txt").write_text(text)
        before = tree(tmp_path)
        with pytest.raises(WriteError, match="somebody else"):
            write(volume(), tmp_path / "volume.tif", "fiji", largest_file_gb=1e-9, overwrite=True)
        assert tree(tmp_path) == before


def test_an_empty_folder_is_taken(tmp_path: Path) -> None:
    (tmp_path / "volume").mkdir()
    write(volume(), tmp_path / "volume", "dragonfly")
    assert len(list((tmp_path / "volume").glob("*.tif"))) == 5
