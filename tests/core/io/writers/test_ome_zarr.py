"""OME-Zarr read back chunk by chunk with the codec alone, and as a whole with zarr."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import zarr
from numcodecs import blosc

from core.io.writers import VOXEL_TYPES, write
from core.io.writers import ome_zarr as module
from core.io.writers.ome_zarr import copies, halved
from core.volume import VolumeInfo, volume_of
from tests.core.io.writers.volumes import VOXEL_NM, values, volume


def metadata(folder: Path) -> dict[str, Any]:
    return json.loads((folder / "zarr.json").read_text(encoding="utf-8"))


def decoded(folder: Path) -> np.ndarray:
    """Voxels put together from the chunk files, without the Zarr library."""
    about = metadata(folder)
    assert [codec["name"] for codec in about["codecs"]] == ["bytes", "blosc"]
    assert about["zarr_format"] == 3
    shape, chunk = about["shape"], about["chunk_grid"]["configuration"]["chunk_shape"]
    data = np.zeros(shape, about["data_type"])
    for path in sorted((folder / "c").glob("*/*/*")):
        start = [int(part) * size for part, size in zip(path.parts[-3:], chunk, strict=True)]
        part = np.frombuffer(blosc.decompress(path.read_bytes()), about["data_type"]).reshape(chunk)
        ends = [min(size, total - first) for first, size, total in zip(start, chunk, shape, strict=True)]
        place = tuple(slice(first, first + size) for first, size in zip(start, ends, strict=True))
        data[place] = part[tuple(slice(size) for size in ends)]
    return data


@pytest.mark.parametrize("dtype", VOXEL_TYPES)
def test_values_come_back(dtype: str, tmp_path: Path) -> None:
    write(volume(dtype), tmp_path / "volume.zarr", "ome-zarr")
    data = decoded(tmp_path / "volume.zarr" / "0")
    assert data.dtype == dtype
    np.testing.assert_array_equal(data, values(dtype))
    np.testing.assert_array_equal(zarr.open_array(tmp_path / "volume.zarr" / "0", mode="r")[:], values(dtype))


def test_metadata_are_those_of_ome_zarr_0_5(tmp_path: Path) -> None:
    write(volume(channel="2kV-TLD"), tmp_path / "volume.ome.zarr", "ome-zarr")
    about = metadata(tmp_path / "volume.ome.zarr")
    assert (about["zarr_format"], about["node_type"]) == (3, "group")
    ome = about["attributes"]["ome"]
    assert ome["version"] == "0.5"
    (image,) = ome["multiscales"]
    assert image["name"] == "volume"
    assert [axis["name"] for axis in image["axes"]] == ["z", "y", "x"]
    assert {axis["unit"] for axis in image["axes"]} == {"nanometer"}
    scale = {"type": "scale", "scale": list(VOXEL_NM)}
    assert image["datasets"] == [{"path": "0", "coordinateTransformations": [scale]}]
    assert metadata(tmp_path / "volume.ome.zarr" / "0")["dimension_names"] == ["z", "y", "x"]


def test_attributes_carry_what_ome_has_no_place_for(tmp_path: Path) -> None:
    uneven = (0.0, 5.0, 6.5, 20.0, 22.0)
    report = write(
        volume(z_nm=uneven, slice_numbers=(3, 4, 5, 8, 9), channel="1kV", content="labels"),
        tmp_path / "volume.zarr",
        "ome-zarr",
    )
    about = metadata(tmp_path / "volume.zarr")["attributes"]
    assert about["z_nm"] == list(uneven)
    assert about["voxel_nm"] == list(VOXEL_NM)
    assert about["slice_numbers"] == [3, 4, 5, 8, 9]
    assert about["channels"] == ["1kV"]
    assert about["content"] == "labels"
    scale = about["ome"]["multiscales"][0]["datasets"][0]["coordinateTransformations"][0]["scale"]
    assert scale == [5.5, *VOXEL_NM[1:]]
    assert "attribute z_nm" in report.notes[0]


def test_where_the_origin_of_slices_stands_is_said(tmp_path: Path) -> None:
    report = write(volume(origin=(1, 0, 1, 2, 1)), tmp_path / "volume.zarr", "ome-zarr")
    assert metadata(tmp_path / "volume.zarr")["attributes"]["origin"] == [1, 0, 1, 2, 1]
    assert [note for note in report.notes if "attribute origin" in note]


def test_an_unknown_axis_has_no_unit(tmp_path: Path) -> None:
    report = write(volume(voxel_nm=(None, 4.0, 5.0)), tmp_path / "volume.zarr", "ome-zarr")
    about = metadata(tmp_path / "volume.zarr")["attributes"]
    (image,) = about["ome"]["multiscales"]
    assert ["unit" in axis for axis in image["axes"]] == [False, True, True]
    assert image["datasets"][0]["coordinateTransformations"][0]["scale"] == [1.0, 4.0, 5.0]
    assert about["voxel_nm"] == [None, 4.0, 5.0]
    assert "along z is not known" in report.notes[0]


@pytest.mark.parametrize("content", ["grey", "labels", "binary"])
def test_smaller_copies(content: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(module, "SLAB_BYTES", 20_000)  # several rows of chunks
    data = np.random.default_rng(0).integers(0, 2, (23, 61, 300)).astype(np.uint8) * 255
    target = tmp_path / "volume.zarr"
    write(volume_of(data, voxel_nm=(4.0, 4.0, 4.0), content=content), target, "ome-zarr")
    np.testing.assert_array_equal(decoded(target / "0"), data)
    small = decoded(target / "1")
    assert small.shape == (12, 31, 150)
    if content == "grey":
        blocks = data[:22, :60].reshape(11, 2, 30, 2, 150, 2).mean(axis=(1, 3, 5))
        np.testing.assert_array_equal(small[:11, :30], np.rint(blocks))
    else:
        np.testing.assert_array_equal(small, data[::2, ::2, ::2])
    second = metadata(target)["attributes"]["ome"]["multiscales"][0]["datasets"][1]
    shift = [{"type": "translation", "translation": [2.0] * 3}] if content == "grey" else []
    assert second["coordinateTransformations"] == [{"type": "scale", "scale": [8.0] * 3}, *shift]
    assert not (target / "2").exists()


def test_copies_can_be_left_out(tmp_path: Path) -> None:
    big = volume_of(np.ones((2, 3, 600), np.uint8))
    write(big, tmp_path / "volume.zarr", "ome-zarr", pyramid=False)
    assert sorted(path.name for path in (tmp_path / "volume.zarr").iterdir()) == ["0", "zarr.json"]


def test_coarse_axes_are_halved_later() -> None:
    info = VolumeInfo((100, 2000, 2000), np.dtype("u1"), voxel_nm=(20.0, 5.0, 5.0))
    assert copies(info) == [(1, 1, 1), (1, 2, 2), (1, 4, 4), (2, 8, 8)]
    flat = VolumeInfo((1, 2000, 1), np.dtype("u1"))
    assert copies(flat) == [(1, 1, 1), (1, 2, 1), (1, 4, 1), (1, 8, 1)]


@pytest.mark.parametrize("dtype", ["uint8", "int16", "uint32", "float32", "float64"])
def test_a_mean_of_equal_values_is_that_value(dtype: str) -> None:
    top = 2**32 - 1 if dtype == "uint32" else 100
    data = np.full((3, 5, 7), top, dtype)
    small = halved(data, (2, 2, 2), mean=True)
    assert small.dtype == dtype
    assert small.shape == (2, 3, 4)
    assert (small == top).all()


def test_a_group_of_somebody_else_is_not_replaced(tmp_path: Path) -> None:
    from core.errors import WriteError

    zarr.create_group(tmp_path / "volume.zarr", attributes={"mine": 1})
    with pytest.raises(WriteError, match="somebody else"):
        write(volume(), tmp_path / "volume.zarr", "ome-zarr", overwrite=True)
    assert metadata(tmp_path / "volume.zarr")["attributes"] == {"mine": 1}
