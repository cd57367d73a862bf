"""HDF5, MRC, MetaImage, NRRD, NIfTI, Janelia .dat and raw: choices, units, types, lies."""

from __future__ import annotations

import gzip
import struct
import time
from pathlib import Path

import h5py
import mrcfile
import numpy as np
import pytest
import SimpleITK as sitk

from core.errors import (
    AmbiguousInputError,
    DamagedFileError,
    IncompleteStackError,
    NotEnoughMemoryError,
    ParameterError,
    UnsupportedFormatError,
)
from core.io import ReadOptions, describe, input_files, open_stack
from core.io.janelia import parse_header
from tests.core.io.readers.make import FORMATS, VOXEL_NM, janelia, nifti, ramp


# ---------------------------------------------------------------- HDF5
def test_several_data_sets_are_asked_for(tmp_path: Path) -> None:
    path = tmp_path / "two.h5"
    with h5py.File(path, "w") as file:
        file["raw"] = ramp()
        file["groups/labels"] = ramp(dtype="uint16", seed=1)
        file["transforms"] = ramp((40, 2))
    with pytest.raises(AmbiguousInputError, match="2 data sets") as caught:
        open_stack(path)
    assert caught.value.choices == ("/groups/labels", "/raw")
    assert caught.value.option == "dataset"
    for wanted in ("/groups/labels", "groups/labels"):
        np.testing.assert_array_equal(open_stack(path, ReadOptions(dataset=wanted)).read(), ramp(seed=1))
    with pytest.raises(ParameterError, match="no data set"):
        open_stack(path, ReadOptions(dataset="/nothing"))
    assert describe(path).channels == ("/groups/labels", "/raw")


def test_one_volume_among_tables_is_taken(tmp_path: Path) -> None:
    path = tmp_path / "truth.h5"
    with h5py.File(path, "w") as file:
        file["stack"] = ramp(dtype="int32")
        file["transforms"] = ramp((40, 2))
        file["name"] = "text"
    volume = open_stack(path)
    np.testing.assert_array_equal(volume.read(), ramp())
    assert any("transforms" in note for note in volume.notes)


@pytest.mark.parametrize(
    ("shape", "kept"), [((1, 6, 11, 13), ()), ((6, 11, 13, 1), ()), ((1, 6, 11, 13, 1), ())]
)
def test_axes_of_one_are_dropped(tmp_path: Path, shape: tuple[int, ...], kept: tuple[()]) -> None:
    path = tmp_path / "deep.h5"
    with h5py.File(path, "w") as file:
        file["data"] = ramp().reshape(shape)
    np.testing.assert_array_equal(open_stack(path).read(), ramp())


@pytest.mark.parametrize("last", [False, True])
def test_channels_of_an_array_are_asked_for(tmp_path: Path, last: bool) -> None:
    path, data = tmp_path / "channels.h5", ramp((2, 6, 11, 13))
    with h5py.File(path, "w") as file:
        file["data"] = np.moveaxis(data, 0, -1) if last else data
    with pytest.raises(AmbiguousInputError) as caught:
        open_stack(path)
    volume = open_stack(path, ReadOptions(dataset=caught.value.choices[1]))
    np.testing.assert_array_equal(volume.read(slice(2, 5), slice(1, 4)), data[1][2:5, 1:4])
    with pytest.raises(ParameterError, match="does not fit"):
        open_stack(path, ReadOptions(dataset="/data[7]"))


def test_unwritten_and_impossible_data_sets_are_refused(tmp_path: Path) -> None:
    path = tmp_path / "huge.h5"
    with h5py.File(path, "w") as file:
        file.create_dataset("data", (10**4, 10**4, 10**4), "u1", chunks=(1, 64, 64))
    with pytest.raises(DamagedFileError, match="never written"):
        open_stack(path)
    with h5py.File(path, "r+") as file:
        file["data"][0, :3, :3] = 1
    with pytest.raises(DamagedFileError, match="more than the file can hold"):
        open_stack(path)


def test_hdf5_without_numbers_is_refused(tmp_path: Path) -> None:
    path = tmp_path / "text.h5"
    with h5py.File(path, "w") as file:
        file["text"] = "hello"
    with pytest.raises(UnsupportedFormatError, match="no image or volume"):
        open_stack(path)


# ---------------------------------------------------------------- MRC
@pytest.mark.parametrize("dtype", ["int8", "int16", "uint16", "float32", "float16"])
def test_mrc_modes(tmp_path: Path, dtype: str) -> None:
    path, data = tmp_path / "volume.mrc", (ramp() // 2).astype(dtype)
    with mrcfile.new(path) as file:
        file.set_data(data)
    volume = open_stack(path)
    np.testing.assert_array_equal(volume.read(), data)
    assert volume.info.voxel_nm == (None, None, None)  # nothing was stated


def test_mrc_bytes_are_unsigned_where_the_header_shows_it(tmp_path: Path) -> None:
    path, data = tmp_path / "volume.mrc", ramp()
    with mrcfile.new(path) as file:
        file.set_data(data.view(np.int8))
        file.header.dmin, file.header.dmax = 0, 249
    volume = open_stack(path)
    assert volume.info.dtype == "uint8"
    np.testing.assert_array_equal(volume.read(), data)


def test_mrc_big_endian_with_extended_header(tmp_path: Path) -> None:
    head = bytearray(1024)
    struct.pack_into(">4i", head, 0, 13, 11, 6, 1)
    struct.pack_into(">3i3f", head, 28, 13, 11, 6, 520.0, 550.0, 1200.0)
    struct.pack_into(">i", head, 92, 80)
    head[208:216] = b"MAP \x11\x11\0\0"
    data = ramp(dtype="int16")
    (tmp_path / "big.mrc").write_bytes(bytes(head) + b"x" * 80 + data.astype(">i2").tobytes())
    volume = open_stack(tmp_path / "big.mrc")
    np.testing.assert_array_equal(volume.read(), data)
    assert volume.info.voxel_nm == VOXEL_NM


# ---------------------------------------------------------------- MetaImage, NRRD, NIfTI
@pytest.mark.parametrize(
    ("unit", "per_nm"), [("mm", 1e-6), ("um", 1e-3), ("µm", 1e-3), ("nm", 1.0), ("microns", 1e-3)]
)
def test_nrrd_units(tmp_path: Path, unit: str, per_nm: float) -> None:
    z, y, x = (size * per_nm for size in VOXEL_NM)
    header = (
        f"NRRD0004\ntype: uchar\ndimension: 3\nsizes: 13 11 6\nencoding: raw\nspace dimension: 3\n"
        f'space directions: ({x},0,0) (0,{y},0) (0,0,{z})\nspace units: "{unit}" "{unit}" "{unit}"\n\n'
    )
    path = tmp_path / "v.nrrd"
    path.write_bytes(header.encode() + ramp().tobytes())
    volume = open_stack(path)
    assert volume.info.voxel_nm == pytest.approx(VOXEL_NM)
    np.testing.assert_array_equal(volume.read(), ramp())


def test_nrrd_with_detached_data_and_negative_skip(tmp_path: Path) -> None:
    (tmp_path / "v.dat").write_bytes(b"junk of any length" + ramp(dtype="uint16").astype(">u2").tobytes())
    path = tmp_path / "v.nhdr"
    path.write_text(
        "NRRD0004\ntype: unsigned short\ndimension: 3\nsizes: 13 11 6\nendian: big\nencoding: raw\n"
        "spacings: 4e-6 5e-6 2e-5\nbyte skip: -1\ndata file: v.dat\n"
    )
    volume = open_stack(path)
    np.testing.assert_array_equal(volume.read(), ramp())
    assert volume.info.voxel_nm == pytest.approx(VOXEL_NM)
    assert [file.name for file in input_files(path)] == ["v.nhdr", "v.dat"]
    assert any("taken as mm" in note for note in volume.notes)


@pytest.mark.parametrize("name", ["v.mha", "v.nrrd"])
def test_a_spacing_of_one_is_no_statement(tmp_path: Path, name: str) -> None:
    sitk.WriteImage(sitk.GetImageFromArray(ramp()), str(tmp_path / name))
    volume = open_stack(tmp_path / name)
    assert volume.info.voxel_nm == (None, None, None)
    assert any("know none" in note for note in volume.notes)


def test_metaimage_with_missing_or_short_data(tmp_path: Path) -> None:
    path, _ = FORMATS["mhd"](tmp_path, ramp())
    data = (tmp_path / "volume.raw").read_bytes()
    (tmp_path / "volume.raw").write_bytes(data[:-1])
    with pytest.raises(DamagedFileError, match="truncated"):
        open_stack(path)
    (tmp_path / "volume.raw").unlink()
    with pytest.raises(OSError, match="no such file"):
        open_stack(path)


@pytest.mark.parametrize(("unit", "factor"), [(3, 1.0), (2, 1e3), (1, 1e6), (0, None)])
def test_nifti_units(tmp_path: Path, unit: int, factor: float | None) -> None:
    volume = open_stack(nifti(tmp_path / "v.nii", ramp(), unit=unit))
    expected = (None,) * 3 if factor is None else tuple(size * factor for size in VOXEL_NM)
    assert volume.info.voxel_nm == (expected if factor is None else pytest.approx(expected))


def test_nifti_big_endian(tmp_path: Path) -> None:
    volume = open_stack(nifti(tmp_path / "v.nii", ramp(dtype="int16"), order=">"))
    np.testing.assert_array_equal(volume.read(), ramp())


def test_nifti_scaled_and_packed(tmp_path: Path) -> None:
    volume = open_stack(nifti(tmp_path / "v.nii", ramp(), slope=2.5))
    np.testing.assert_allclose(volume.read(), ramp() * 2.5)
    assert any("scaled" in note for note in volume.notes)
    image = sitk.GetImageFromArray(ramp())
    sitk.WriteImage(image, str(tmp_path / "packed.nii.gz"))
    np.testing.assert_array_equal(open_stack(tmp_path / "packed.nii.gz").read(), ramp())


def test_a_packed_volume_beyond_memory_is_refused(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    path, _ = FORMATS["nrrd-packed"](tmp_path, ramp())
    volume = open_stack(path)

    class Little:
        available = 100

    monkeypatch.setattr("psutil.virtual_memory", Little)
    with pytest.raises(NotEnoughMemoryError, match="as a whole only"):
        volume.slice(0)


@pytest.mark.parametrize("name", ["mha-packed", "nrrd-packed"])
def test_damage_inside_packed_values_never_gives_other_values(name: str, tmp_path: Path) -> None:
    path, _ = FORMATS[name](tmp_path, ramp())
    whole = path.read_bytes()
    for place in range(len(whole) - 300, len(whole), 7):
        data = bytearray(whole)
        data[place] ^= 0x55
        path.write_bytes(data)
        try:
            found = open_stack(path).read()
        except DamagedFileError:
            continue
        np.testing.assert_array_equal(found, ramp())  # the length field at the end of gzip is no value


def test_gzip_of_several_members(tmp_path: Path) -> None:
    path = tmp_path / "v.nrrd"
    header = b"NRRD0004\ntype: uchar\ndimension: 3\nsizes: 13 11 6\nencoding: gzip\n\n"
    data = ramp().tobytes()
    path.write_bytes(header + gzip.compress(data[:500]) + gzip.compress(data[500:]))
    np.testing.assert_array_equal(open_stack(path).read(), ramp())


@pytest.mark.parametrize("kind", ["mha", "nrrd"])
@pytest.mark.parametrize("packed", [False, True])
def test_headers_that_claim_a_trillion_voxels(tmp_path: Path, kind: str, packed: bool) -> None:
    path, _ = FORMATS[kind + ("-packed" if packed else "")](tmp_path, ramp())
    data = path.read_bytes()
    claim = b"1000000 1000000 6"
    path.write_bytes(data.replace(b"13 11 6", claim))
    assert claim in path.read_bytes()
    start = time.perf_counter()
    with pytest.raises(DamagedFileError):
        open_stack(path)
    assert time.perf_counter() - start < 1


# ---------------------------------------------------------------- Janelia
@pytest.mark.parametrize("version", [1, 3, 5, 8, 9])
@pytest.mark.parametrize("dtype", ["int16", "uint8"])
def test_janelia_detectors(tmp_path: Path, version: int, dtype: str) -> None:
    data = ramp((7, 9, 2), dtype)
    path = janelia(tmp_path / "slice.dat", data, version=version)
    with pytest.raises(AmbiguousInputError) as caught:
        open_stack(path)
    assert caught.value.choices == ("InLens", "ESB")
    volume = open_stack(path, ReadOptions(dataset="ESB"))
    np.testing.assert_array_equal(volume.slice(0), data[:, :, 1])
    assert volume.metadata.detector == "ESB"


def test_janelia_header_values(tmp_path: Path) -> None:
    volume = open_stack(janelia(tmp_path / "slice.dat", ramp((7, 9, 1))))
    assert volume.info.voxel_nm == (None, 8.0, 8.0)
    assert volume.metadata.voltage_kv == pytest.approx(1.2)
    assert volume.metadata.current_pa == pytest.approx(3000)
    assert volume.metadata.dwell_us == pytest.approx(0.5)
    assert volume.metadata.instrument == "Jeiss7/Merlin-6282"
    assert volume.metadata.beam == "electron"
    assert volume.info.channel == "1.2kV-InLens"


def test_real_janelia_header(shared_data) -> None:  # type: ignore[no-untyped-def]
    path = shared_data("janelia_dat/v9_header_with_truncated_pixels.dat")
    header = parse_header(path.read_bytes()[:1024], path)
    assert header.version == 9
    assert header.shape_yx == (3500, 8688)
    assert header.names == ("InLens", "ESB @ 600 V")
    assert header.stored == ">i2"
    assert header.pixel_nm == pytest.approx(8.0, rel=1e-4)
    assert header.metadata.voltage_kv == pytest.approx(1.2)
    assert header.metadata.current_pa == pytest.approx(3000, rel=1e-3)
    assert header.metadata.dwell_us == pytest.approx(0.32)
    assert header.metadata.instrument == "Jeiss7/Merlin-6282"
    with pytest.raises(DamagedFileError, match="truncated") as caught:
        open_stack(path)
    assert caught.value.expected == "121,633,024 bytes"
    assert caught.value.got == "2,048 bytes"
    told = describe(path)
    assert told.shape_zyx is None
    assert told.voxel_nm_zyx[1:] == (pytest.approx(8.0, rel=1e-4),) * 2
    assert "truncated" in told.warnings[0]
    assert "01/23/2021" in told.warnings[1]
    assert "Z0720-07m_BR_Sec24" in told.warnings[1]


def test_a_truncated_dat_in_a_stack_is_named(tmp_path: Path) -> None:
    folder, options = FORMATS["dat-slices"](tmp_path, ramp())
    path = folder / "Merlin_0003.dat"
    path.write_bytes(path.read_bytes()[:-7])
    with pytest.raises(IncompleteStackError, match=r"Merlin_0003.dat .*truncated"):
        open_stack(folder, options)


def test_other_dat_files_are_no_slices(tmp_path: Path) -> None:
    (tmp_path / "log.dat").write_bytes(b"anything")
    with pytest.raises(UnsupportedFormatError):
        open_stack(tmp_path)


# ---------------------------------------------------------------- raw
def test_raw_sizes_have_to_match(tmp_path: Path) -> None:
    path, options = FORMATS["raw"](tmp_path, ramp())
    path.write_bytes(path.read_bytes()[:-1])
    with pytest.raises(DamagedFileError, match="truncated") as truncated:
        open_stack(path, options)
    assert "862" in str(truncated.value.expected)
    path.write_bytes(path.read_bytes() + bytes(1 + 11 * 13))
    with pytest.raises(ParameterError, match="larger") as larger:
        open_stack(path, options)
    assert "7 slices would fit" in str(larger.value.got)


def test_raw_needs_shape_and_type(tmp_path: Path) -> None:
    path, _ = FORMATS["raw"](tmp_path, ramp())
    with pytest.raises(ParameterError, match="both shape and type"):
        open_stack(path, ReadOptions(raw_dtype="uint8"))
    with pytest.raises(UnsupportedFormatError, match="raw_shape_zyx"):
        open_stack(path)


def test_raw_voxel_size_is_typed(tmp_path: Path) -> None:
    path, options = FORMATS["raw"](tmp_path, ramp())
    volume = open_stack(path, options.model_copy(update={"voxel_nm_zyx": VOXEL_NM}))
    assert volume.info.voxel_nm == VOXEL_NM
    assert any("typed by the user" in note for note in volume.notes)
