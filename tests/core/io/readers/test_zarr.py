"""Zarr: OME levels and channels, plain arrays, groups, results of this program, broken stores."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
import pytest
import zarr

from core.errors import AmbiguousInputError, DamagedFileError, ParameterError, ReadError
from core.io import ReadOptions, describe, input_files, open_stack
from core.store import ResultStore
from core.volume import VolumeInfo
from tests.core.io.readers.make import FORMATS, VOXEL_NM, ramp


def multichannel(path: Path, data: np.ndarray[Any, Any], labels: list[str] | None = None) -> Path:
    group = zarr.create_group(path, zarr_format=3)
    for level, part in enumerate((data, data[..., ::2, ::2])):
        group.create_array(str(level), data=part, chunks=(1, 2, 8, 8))
    axes: list[dict[str, str]] = [{"name": "c", "type": "channel"}]
    axes += [{"name": axis, "type": "space", "unit": "nanometer"} for axis in "zyx"]
    sets = [
        {"path": str(level), "coordinateTransformations": [{"type": "scale", "scale": [1, 20, 5 * f, 4 * f]}]}
        for level, f in enumerate((1, 2))
    ]
    ome: dict[str, Any] = {"version": "0.5", "multiscales": [{"axes": axes, "datasets": sets}]}
    if labels:
        ome["omero"] = {"channels": [{"label": label} for label in labels]}
    group.attrs["ome"] = ome
    return path


def test_channels_and_levels(tmp_path: Path) -> None:
    data = ramp((2, 4, 16, 18))
    path = multichannel(tmp_path / "two.zarr", data, ["TLD", "ICD"])
    with pytest.raises(AmbiguousInputError) as caught:
        open_stack(path)
    assert caught.value.choices == ("TLD", "ICD")
    volume = open_stack(path, ReadOptions(dataset="ICD"))
    np.testing.assert_array_equal(volume.read(), data[1])
    assert volume.info.voxel_nm == VOXEL_NM
    assert volume.info.channel == "ICD"
    small = open_stack(path, ReadOptions(dataset="1:ICD"))
    np.testing.assert_array_equal(small.read(), data[1, :, ::2, ::2])
    assert small.info.voxel_nm == (20, 10, 8)
    assert any("smaller copy" in note for note in small.notes)


def test_unnamed_channels_are_numbered(tmp_path: Path) -> None:
    data = ramp((2, 4, 16, 18))
    path = multichannel(tmp_path / "two.zarr", data)
    np.testing.assert_array_equal(open_stack(path, ReadOptions(dataset="c1")).read(), data[1])
    with pytest.raises(ParameterError):
        open_stack(path, ReadOptions(dataset="c2"))


def test_scale_of_image_and_level_multiply(tmp_path: Path) -> None:
    path, _ = FORMATS["zarr-2"](tmp_path, ramp())
    group = zarr.open_group(path)
    entry: Any = group.attrs["multiscales"]
    entry[0]["coordinateTransformations"] = [{"type": "scale", "scale": [2, 1, 1]}]
    group.attrs["multiscales"] = entry
    assert open_stack(path).info.voxel_nm == pytest.approx((40, 5, 4))


def test_axes_without_unit_are_unknown(tmp_path: Path) -> None:
    path, _ = FORMATS["zarr-3"](tmp_path, ramp())
    group = zarr.open_group(path)
    ome: Any = group.attrs["ome"]
    ome["multiscales"][0]["axes"] = [{"name": axis, "type": "space"} for axis in "zyx"]
    group.attrs["ome"] = ome
    volume = open_stack(path)
    assert volume.info.voxel_nm == (None, None, None)
    assert any("no unit of length" in note for note in volume.notes)


@pytest.mark.parametrize("version", [2, 3])
def test_a_plain_array(tmp_path: Path, version: int) -> None:
    path = tmp_path / "plain.zarr"
    zarr.create_array(path, data=ramp(), chunks=(2, 8, 8), zarr_format=version)
    volume = open_stack(path)
    np.testing.assert_array_equal(volume.read(slice(1, 5), slice(3, 9)), ramp()[1:5, 3:9])
    assert volume.info.voxel_nm == (None, None, None)
    assert len(input_files(path)) == len([file for file in path.rglob("*") if file.is_file()])


def test_a_group_of_arrays_asks_which(tmp_path: Path) -> None:
    group = zarr.create_group(tmp_path / "group.zarr")
    group.create_array("raw", data=ramp())
    group.create_array("deep/labels", data=ramp(dtype="uint32", seed=1))
    with pytest.raises(AmbiguousInputError) as caught:
        open_stack(tmp_path / "group.zarr")
    assert set(caught.value.choices) == {"raw", "deep/labels"}
    volume = open_stack(tmp_path / "group.zarr", ReadOptions(dataset="deep/labels"))
    np.testing.assert_array_equal(volume.read(), ramp(seed=1))


def test_images_inside_a_group(tmp_path: Path) -> None:
    zarr.create_group(tmp_path / "outer.zarr", zarr_format=3)
    multichannel(tmp_path / "outer.zarr" / "0", ramp((1, 4, 16, 18)))
    volume = open_stack(tmp_path / "outer.zarr")
    np.testing.assert_array_equal(volume.read(), ramp((4, 16, 18)))
    multichannel(tmp_path / "outer.zarr" / "1", ramp((1, 4, 16, 18), seed=1))
    with pytest.raises(AmbiguousInputError):
        open_stack(tmp_path / "outer.zarr")
    volume = open_stack(tmp_path / "outer.zarr", ReadOptions(dataset="1"))
    np.testing.assert_array_equal(volume.read(), ramp((4, 16, 18), seed=1))


def test_results_of_this_program(tmp_path: Path) -> None:
    info = VolumeInfo(
        (4, 11, 13), np.dtype("uint8"), (None, 5.0, 4.0), z_nm=(0, 9.5, 20, 31), slice_numbers=(3, 4, 6, 7),
        channel="2kV-TLD", content="binary",
    )  # fmt: skip
    store = ResultStore(tmp_path / "result")
    store.open_for_writing(info).write(0, ramp((4, 11, 13)))
    volume = open_stack(store.volume_path)
    assert volume.info == info
    np.testing.assert_array_equal(volume.read(), ramp((4, 11, 13)))


def test_absent_chunks_are_said(tmp_path: Path) -> None:
    path = tmp_path / "holes.zarr"
    zarr.create_array(path, data=ramp() + 1, chunks=(2, 11, 13))
    (path / "c" / "1" / "0" / "0").unlink()
    volume = open_stack(path)
    assert any("1 of 3 chunks are not stored" in note for note in volume.notes)


def test_damaged_chunks_and_descriptions(tmp_path: Path) -> None:
    path, _ = FORMATS["zarr-3"](tmp_path, ramp())
    volume = open_stack(path)
    chunk = next(file for file in sorted((path / "0" / "c").rglob("*")) if file.is_file())
    chunk.write_bytes(b"broken")
    with pytest.raises(DamagedFileError):
        volume.read()
    (path / "0" / "zarr.json").write_text("{")
    with pytest.raises(ReadError):
        open_stack(path)
    (path / "zarr.json").write_text(
        '{"zarr_format": 3, "node_type": "group", "attributes": {"ome": {"multiscales": [{}]}}}'
    )
    with pytest.raises(DamagedFileError, match="malformed"):
        open_stack(path)


def test_slices_beyond_a_gigapixel_are_refused(tmp_path: Path) -> None:
    path = tmp_path / "huge.zarr"
    zarr.create_array(path, shape=(10, 10**6, 10**6), chunks=(1, 100, 100), dtype="u1")
    with pytest.raises(DamagedFileError, match="1,000,000,000,000 pixels"):
        describe(path)


def test_arrays_that_a_group_names_are_offered_first(tmp_path: Path) -> None:
    group = zarr.create_group(tmp_path / "a.zarr", zarr_format=3)
    for name in ("a", "b/c", "d"):
        group.create_array(name, data=ramp((3, 4, 5)))
    group.attrs["datasets"] = ["d", "absent", ["a"], "b/c"]
    with pytest.raises(AmbiguousInputError) as caught:
        open_stack(tmp_path / "a.zarr")
    assert caught.value.choices == ("d", "b/c", "a")
