"""TIFF: calibration, hyperstacks, the long single page, palettes, colours, odd pages, damage."""

from __future__ import annotations

import struct
import time
from pathlib import Path

import numpy as np
import pytest
import tifffile

from core.errors import (
    AmbiguousInputError,
    DamagedFileError,
    IncompleteStackError,
    ParameterError,
    UnsupportedFormatError,
)
from core.io import ReadOptions, describe, open_stack
from tests.core.io.readers.make import VOXEL_NM, imagej, long_imagej, ramp


@pytest.mark.parametrize(
    ("unit", "per_nm"),
    [("um", 1e-3), ("micron", 1e-3), ("nm", 1.0), ("mm", 1e-6), ("\\u00B5m", 1e-3), ("inch", 1 / 2.54e7)],
)
def test_imagej_units(tmp_path: Path, unit: str, per_nm: float) -> None:
    path = imagej(tmp_path, ramp(), unit=unit, per_nm=per_nm)
    assert open_stack(path).info.voxel_nm == pytest.approx(VOXEL_NM, rel=1e-5)


def test_imagej_micro_sign_in_latin_1(tmp_path: Path) -> None:
    path = tmp_path / "micro.tif"
    text = "ImageJ=1.53t\nimages=6\nslices=6\nunit=µm\nspacing=0.02\n".encode("latin-1")
    tifffile.imwrite(path, ramp(), description=text, metadata=None, resolution=(250, 200), resolutionunit=1)
    assert open_stack(path).info.voxel_nm == pytest.approx(VOXEL_NM)


@pytest.mark.parametrize("unit", ["pixel", "", "furlong"])
def test_imagej_without_a_length_is_unknown(tmp_path: Path, unit: str) -> None:
    volume = open_stack(imagej(tmp_path, ramp(), unit=unit))
    assert volume.info.voxel_nm == (None, None, None)
    assert any("ImageJ" in note for note in volume.notes)


def test_imagej_without_spacing_is_not_isotropic(tmp_path: Path) -> None:
    path = tmp_path / "flat.tif"
    tifffile.imwrite(path, ramp(), imagej=True, resolution=(200, 200), metadata={"unit": "um", "axes": "ZYX"})
    volume = open_stack(path)
    assert volume.info.voxel_nm == (None, 5.0, 5.0)
    assert any("no spacing" in note for note in volume.notes)


def test_imagej_centimetre_tag_with_micrometres(tmp_path: Path) -> None:
    path = tmp_path / "cm.tif"
    tifffile.imwrite(
        path, ramp(), imagej=True, resolution=(2e6, 2e6), resolutionunit="CENTIMETER",
        metadata={"unit": "um", "spacing": 0.02, "axes": "ZYX"},
    )  # fmt: skip
    assert open_stack(path).info.voxel_nm == pytest.approx((20.0, 5.0, 5.0))


def test_contradicting_units_are_not_used(tmp_path: Path) -> None:
    path = tmp_path / "cm.tif"
    tifffile.imwrite(
        path, ramp(), imagej=True, resolution=(2e6, 2e6), resolutionunit="CENTIMETER",
        metadata={"unit": "nm", "spacing": 20, "axes": "ZYX"},
    )  # fmt: skip
    assert open_stack(path).info.voxel_nm == (20.0, None, None)


def test_dots_per_inch_are_no_pixel_size(tmp_path: Path) -> None:
    path = tmp_path / "dpi.tif"
    tifffile.imwrite(path, ramp(), metadata=None, resolution=(72, 72), resolutionunit="INCH")
    volume = open_stack(path)
    assert volume.info.voxel_nm == (None, None, None)
    assert any("72 pixels per inch" in note for note in volume.notes)


@pytest.mark.parametrize(("per_cm", "expected"), [(1e6, 10.0), (28.346, None)])
def test_pixels_per_centimetre_if_plausible(tmp_path: Path, per_cm: float, expected: float | None) -> None:
    path = tmp_path / "cm.tif"
    tifffile.imwrite(path, ramp(), metadata=None, resolution=(per_cm, per_cm), resolutionunit="CENTIMETER")
    assert open_stack(path).info.voxel_nm == (None, expected, expected)


@pytest.mark.parametrize(
    ("dtype", "marks"), [(">u2", {0: 7, 1: 8, 4799: 65535}), (">f4", {0: 1.5, 2499: -2.25})]
)
def test_the_long_single_page_opens_whole_and_quickly(
    tmp_path: Path, dtype: str, marks: dict[int, float]
) -> None:
    depth = max(marks) + 1
    path = long_imagej(tmp_path / "long.tif", (depth, 1024, 1024), marks, dtype)
    assert path.stat().st_size > 10e9 / 1.05
    start = time.perf_counter()
    volume = open_stack(path)
    first = volume.slice(0)
    assert time.perf_counter() - start < 1.0
    assert volume.info.shape == (depth, 1024, 1024)
    assert volume.info.voxel_nm == pytest.approx((20.0, 5.0, 4.0))
    assert first.dtype.isnative
    for z, value in marks.items():
        row = volume.read(slice(z, z + 1), slice(0, 1))
        assert (row == value).all()
    assert not volume.slice(2).any()


def test_a_long_single_page_that_ends_early_is_named(tmp_path: Path) -> None:
    path = long_imagej(tmp_path / "long.tif", (20, 64, 64), {0: 1})
    with path.open("r+b") as file:
        file.truncate(4096 + 10 * 64 * 64 * 2)
    with pytest.raises(DamagedFileError, match="truncated") as caught:
        open_stack(path)
    assert "167,936" in str(caught.value.expected)
    assert "86,016" in str(caught.value.got)


def test_channels_of_a_hyperstack_are_asked_for(tmp_path: Path) -> None:
    data = ramp((5, 3, 8, 9))
    path = tmp_path / "hyper.tif"
    tifffile.imwrite(path, data, imagej=True, metadata={"axes": "ZCYX"})
    with pytest.raises(AmbiguousInputError) as caught:
        open_stack(path)
    assert caught.value.choices == ("1", "2", "3")
    assert caught.value.option == "dataset"
    for number in range(3):
        volume = open_stack(path, ReadOptions(dataset=str(number + 1)))
        np.testing.assert_array_equal(volume.read(), data[:, number])
    with pytest.raises(ParameterError, match="no '4'"):
        open_stack(path, ReadOptions(dataset="4"))
    assert describe(path).channels == ("1", "2", "3")


def test_channels_and_frames(tmp_path: Path) -> None:
    data = ramp((2, 4, 3, 8, 9))
    path = tmp_path / "hyper.tif"
    tifffile.imwrite(path, data, imagej=True, metadata={"axes": "TZCYX"})
    np.testing.assert_array_equal(open_stack(path, ReadOptions(dataset="3-t2")).read(), data[1, :, 2])


def test_frames_without_slices_are_slices(tmp_path: Path) -> None:
    path = tmp_path / "frames.tif"
    tifffile.imwrite(path, ramp(), imagej=True, metadata={"axes": "TYX"})
    volume = open_stack(path)
    np.testing.assert_array_equal(volume.read(), ramp())
    assert any("frames in time" in note for note in volume.notes)


@pytest.mark.parametrize("axes", ["CZYX", "ZCYX"])
def test_ome_channels_in_either_order(tmp_path: Path, axes: str) -> None:
    data = ramp((2, 4, 8, 9) if axes == "CZYX" else (4, 2, 8, 9))
    path = tmp_path / "two.ome.tif"
    tifffile.imwrite(path, data, ome=True, metadata={"axes": axes, "Channel": {"Name": ["TLD", "ICD"]}})
    volume = open_stack(path, ReadOptions(dataset="icd"))
    np.testing.assert_array_equal(volume.read(), data[1] if axes == "CZYX" else data[:, 1])
    assert volume.info.channel == "ICD"


def test_palette_gives_the_stored_index(tmp_path: Path) -> None:
    path, data = tmp_path / "palette.tif", ramp((9, 13))
    colours = np.random.default_rng(1).integers(0, 65535, (3, 256)).astype(np.uint16)
    tifffile.imwrite(path, data, photometric="palette", colormap=colours)
    volume = open_stack(path)
    np.testing.assert_array_equal(volume.slice(0), data)
    assert any("palette" in note for note in volume.notes)


@pytest.mark.parametrize("planar", ["contig", "separate"])
@pytest.mark.parametrize("compression", [None, "lzw"])
def test_colours_are_asked_for(tmp_path: Path, planar: str, compression: str | None) -> None:
    data = ramp((9, 13, 3))
    path = tmp_path / "colour.tif"
    stored = data if planar == "contig" else np.moveaxis(data, -1, 0)
    tifffile.imwrite(path, stored, photometric="rgb", planarconfig=planar, compression=compression)
    with pytest.raises(AmbiguousInputError, match="colour image") as caught:
        open_stack(path)
    assert caught.value.choices == ("red", "green", "blue")
    np.testing.assert_array_equal(open_stack(path, ReadOptions(dataset="Green")).slice(0), data[:, :, 1])
    assert describe(path).shape_zyx == (1, 9, 13)


def test_odd_pages_are_named_or_left_out(tmp_path: Path) -> None:
    path = tmp_path / "odd.tif"
    with tifffile.TiffWriter(path) as file:
        for z in range(5):
            file.write(ramp((8, 9)) if z != 3 else ramp((8, 7)), metadata=None)
    with pytest.raises(IncompleteStackError, match="page 4") as caught:
        open_stack(path)
    assert len(caught.value.slices) == 1
    volume = open_stack(path, ReadOptions(skip_odd=True))
    assert volume.info.shape == (4, 8, 9)
    report = describe(path)
    assert report.shape_zyx == (4, 8, 9)
    assert any("page 4" in warning for warning in report.warnings)


def test_previews_are_left_out(tmp_path: Path) -> None:
    path = tmp_path / "preview.tif"
    with tifffile.TiffWriter(path) as file:
        file.write(ramp((16, 18)), metadata=None)
        file.write(ramp((4, 4)), subfiletype=1, metadata=None)
    volume = open_stack(path)
    assert volume.info.shape == (1, 16, 18)
    assert any("preview" in note for note in volume.notes)


@pytest.mark.parametrize("bits", [1, 4, 12])
def test_unusual_numbers_of_bits(tmp_path: Path, bits: int) -> None:
    path = tmp_path / "bits.tif"
    if bits == 1:
        data = ramp((9, 16)) > 120
        tifffile.imwrite(path, data)
        np.testing.assert_array_equal(open_stack(path).slice(0), data * np.uint8(255))
        return
    data = (ramp((8, 16)).astype(np.uint16)) % 2**bits
    data = data.astype(np.uint8 if bits < 8 else np.uint16)
    _write_packed(path, data, bits)
    np.testing.assert_array_equal(open_stack(path).slice(0), data)


def _write_packed(path: Path, data: np.ndarray, bits: int) -> None:  # type: ignore[type-arg]
    rows, columns = data.shape
    packed = b"".join(
        int("".join(f"{value:0{bits}b}" for value in row), 2).to_bytes(columns * bits // 8, "big")
        for row in data
    )
    tags = [(256, columns), (257, rows), (258, bits), (259, 1), (262, 1), (273, 200), (277, 1), (278, rows),
            (279, len(packed))]  # fmt: skip
    head = struct.pack("<2sHIH", b"II", 42, 8, len(tags))
    head += b"".join(struct.pack("<HHII", tag, 4, 1, value) for tag, value in tags) + b"\0\0\0\0"
    path.write_bytes(head.ljust(200, b"\0") + packed)


def test_half_floats_and_64_bit_integers(tmp_path: Path) -> None:
    half, whole = tmp_path / "half.tif", tmp_path / "whole.tif"
    tifffile.imwrite(half, ramp(dtype="float16"))
    assert open_stack(half).info.dtype == "float32"
    np.testing.assert_array_equal(open_stack(half).read(), ramp(dtype="float32"))
    tifffile.imwrite(whole, ramp(dtype="int64"))
    assert open_stack(whole).info.dtype == "int32"
    big = ramp(dtype="int64")
    big[3, 2, 1] = 2**40
    tifffile.imwrite(whole, big)
    volume = open_stack(whole)
    np.testing.assert_array_equal(volume.slice(0), big[0])
    with pytest.raises(UnsupportedFormatError, match="do not fit"):
        volume.slice(3)


def test_complex_values_are_refused(tmp_path: Path) -> None:
    path = tmp_path / "complex.tif"
    tifffile.imwrite(path, ramp(dtype="complex64"))
    with pytest.raises(UnsupportedFormatError, match="unusual type"):
        open_stack(path)


def test_jpeg_in_tiff_is_read_and_noted(tmp_path: Path) -> None:
    path, plane = tmp_path / "jpeg.tif", np.full((32, 48), 120, np.uint8)
    tifffile.imwrite(path, plane, compression="jpeg")
    volume = open_stack(path)
    np.testing.assert_allclose(volume.slice(0), plane, atol=2)
    assert any("JPEG" in note for note in volume.notes)


def test_a_circle_of_pages_ends(tmp_path: Path) -> None:
    path = tmp_path / "circle.tif"
    tifffile.imwrite(path, ramp((2, 8, 9)), metadata=None)
    data = bytearray(path.read_bytes())
    first = struct.unpack_from("<I", data, 4)[0]
    count = struct.unpack_from("<H", data, first)[0]
    struct.pack_into("<I", data, first + 2 + 12 * count, first)
    path.write_bytes(data)
    with pytest.raises(DamagedFileError, match="circle"):
        open_stack(path)


@pytest.mark.parametrize("compression", [None, "lzw", "zlib", "packbits"])
def test_a_trillion_claimed_pixels_are_refused_at_once(tmp_path: Path, compression: str | None) -> None:
    path = tmp_path / "huge.tif"
    tifffile.imwrite(path, ramp((16, 16)), metadata=None, compression=compression)
    data = bytearray(path.read_bytes())
    first = struct.unpack_from("<I", data, 4)[0]
    for place in range(first + 2, first + 2 + 12 * struct.unpack_from("<H", data, first)[0], 12):
        if struct.unpack_from("<H", data, place)[0] in (256, 257, 278):
            struct.pack_into("<HII", data, place + 2, 4, 1, 10**6)
    path.write_bytes(data)
    start = time.perf_counter()
    with pytest.raises(DamagedFileError) as caught:
        open_stack(path)
    assert caught.value.expected
    assert caught.value.got
    assert time.perf_counter() - start < 1


def test_a_file_that_shrinks_after_opening_is_reported(tmp_path: Path) -> None:
    path = tmp_path / "shrinks.tif"
    tifffile.imwrite(path, ramp((4, 64, 64)), metadata=None, photometric="minisblack")
    volume = open_stack(path)
    with path.open("r+b") as file:
        file.truncate(path.stat().st_size - 3000)
    with pytest.raises(DamagedFileError, match="truncated"):
        volume.read()


def test_strips_that_were_never_written_are_no_pixels(tmp_path: Path) -> None:
    path = tmp_path / "sparse.tif"
    tifffile.imwrite(path, ramp((64, 64)), metadata=None, compression="zlib", rowsperstrip=16)
    with tifffile.TiffFile(path) as file:
        tag = file.pages.first.tags["StripByteCounts"]
        place, kind = tag.valueoffset, tag.dtype
    data = bytearray(path.read_bytes())
    struct.pack_into("<H" if kind == 3 else "<I", data, place, 0)
    path.write_bytes(data)
    with pytest.raises(DamagedFileError, match="never written"):
        open_stack(path).read()


def test_a_file_of_an_ome_set_is_refused(tmp_path: Path) -> None:
    path = tmp_path / "part.ome.tif"
    xml = (
        '<?xml version="1.0"?><OME xmlns="http://www.openmicroscopy.org/Schemas/OME/2016-06">'
        '<Image ID="Image:0"><Pixels DimensionOrder="XYZCT" ID="P:0" SizeC="1" SizeT="1" SizeX="9" SizeY="8"'
        ' SizeZ="4" Type="uint8">'
        '<TiffData FirstZ="0"><UUID FileName="part.ome.tif">a</UUID></TiffData>'
        '<TiffData FirstZ="1"><UUID FileName="other.ome.tif">b</UUID></TiffData></Pixels></Image></OME>'
    )
    tifffile.imwrite(path, ramp((2, 8, 9)), description=xml.encode(), metadata=None)
    with pytest.raises(UnsupportedFormatError, match="one of several files") as caught:
        open_stack(path)
    assert "other.ome.tif" in str(caught.value)


def test_a_stack_with_missing_pages_is_named(tmp_path: Path) -> None:
    path = tmp_path / "short.tif"
    tifffile.imwrite(
        path,
        ramp((3, 8, 9)),
        description="ImageJ=1.53t\nimages=5\nslices=5\n",
        metadata=None,
        photometric="minisblack",
    )
    with pytest.raises(DamagedFileError, match="pages are missing") as caught:
        open_stack(path)
    assert "5 pages" in str(caught.value.expected)
    assert caught.value.got == "3 pages"
