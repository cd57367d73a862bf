"""Labelled slices of the user: split by file or by rows, never by patch."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
import pytest
import tifffile
from PIL import Image

from core.errors import MissingMetadataError, ParameterError, VoxelError
from core.learn.data import PatchSource, open_source
from core.learn.data.source import StackPatches
from core.learn.params.data import NO_AUGMENTATION, DataParams
from core.learn.params.network import NetworkParams
from tests.core.learn.data.sets import labels_of
from tests.shared_data import shared_path

_SHAPE = (3, 96, 64)
_VOXEL = (20.0, 10.0, 10.0)


def _write(folder: Path, name: str, seed: int) -> tuple[str, str]:
    """An image whose rows are told apart by their grey: pore 40 + row // 2, solid 100 more."""
    labels = labels_of(seed, _SHAPE)
    grey = np.where(labels, 140, 40) + np.arange(_SHAPE[1])[:, None] // 16
    image, truth = folder / f"{name}.tif", folder / f"{name}_labels.tif"
    tifffile.imwrite(image, grey.astype(np.uint8), photometric="minisblack")
    tifffile.imwrite(truth, labels * 7, photometric="minisblack")
    return str(image), str(truth)


def _open(changed: dict[str, Any], **network: Any) -> PatchSource:
    data = {"kind": "labelled", "patch_px": 16, "patches_per_epoch": 40, "voxel_nm_zyx": _VOXEL} | changed
    spec = NetworkParams.model_validate({"slices": 1} | network)
    return open_source(DataParams.model_validate(data), NO_AUGMENTATION, spec, 1, 20)


def _rows_of(source: PatchSource) -> list[tuple[str, tuple[int, int]]]:
    assert isinstance(source, StackPatches)
    return [(stack.split, stack.rows) for stack in (*source.train, *source.others)]


def test_split_by_file(tmp_path: Path) -> None:
    (image, truth), (other, other_truth) = _write(tmp_path, "a", 1), _write(tmp_path, "b", 2)
    source = _open({"images": (image,), "labels": (truth,), "validation_images": (other,),
                    "validation_labels": (other_truth,)})  # fmt: skip
    assert _rows_of(source) == [("train", (0, 96)), ("validation", (0, 96))]
    for batch in (source.batch(0, 0), *source.validation()):
        assert ((batch.images > 0) == (batch.target > 0)).all()
    known = source.known()
    assert known.pixel_nm == (10, 10)
    assert known.slice_nm is None
    assert tmp_path.name not in repr(source.describe())


def test_split_by_rows_of_one_image(tmp_path: Path) -> None:
    image, truth = _write(tmp_path, "a", 1)
    one = {"images": (image,), "labels": (truth,)}
    source = _open(one | {"validation_rows": (40, 60)})
    assert _rows_of(source) == [("train", (0, 40)), ("train", (60, 96)), ("validation", (40, 60))]
    assert all(((b.images > 0) == (b.target > 0)).all() for b in (source.batch(0, 0), *source.validation()))
    source = _open(one | {"rows": (0, 30), "validation_rows": (40, 96)})
    assert _rows_of(source) == [("train", (0, 30)), ("validation", (40, 96))]


def test_one_label_of_several_is_solid(tmp_path: Path) -> None:
    image, truth = _write(tmp_path, "a", 1)
    one = {"images": (image,), "labels": (truth,), "validation_rows": (60, 96)}
    assert float(_open(one | {"solid": 7}).batch(0, 0).target.mean()) > 0
    with pytest.raises(ParameterError, match="one phase only"):
        _open(one | {"solid": 3})


@pytest.mark.parametrize(
    ("change", "text"),
    [
        ({"images": (), "labels": ()}, "no labelled images"),
        ({}, "nothing to validate with"),
        ({"rows": (0, 50), "validation_rows": (40, 96)}, "overlap"),
        ({"validation_rows": (10, 90)}, "too few rows left"),
        ({"validation_rows": (60, 200)}, "has no rows"),
        ({"validation_rows": (90, 96)}, "smaller than a patch"),
        ({"validation_images": "same", "validation_labels": "same"}, "for training and for validation"),
    ],
)
def test_what_cannot_be_split_is_refused(tmp_path: Path, change: dict[str, Any], text: str) -> None:
    image, truth = _write(tmp_path, "a", 1)
    one: dict[str, Any] = {"images": (image,), "labels": (truth,)} | change
    if "validation_images" in change:
        one |= {"validation_images": (image,), "validation_labels": (truth,)}
    with pytest.raises(ParameterError, match=text):
        _open(one)


def test_several_channels_and_unknown_pixels_are_refused(tmp_path: Path) -> None:
    image, truth = _write(tmp_path, "a", 1)
    one = {"images": (image,), "labels": (truth,), "validation_rows": (60, 96)}
    with pytest.raises(ParameterError, match="one channel"):
        _open(one, channels=("1kV", "2kV"))
    with pytest.raises(MissingMetadataError, match="voxel size"):
        _open(one | {"voxel_nm_zyx": (0, 0, 0)})


def test_labels_of_another_shape_are_refused(tmp_path: Path) -> None:
    image, truth = _write(tmp_path, "a", 1)
    tifffile.imwrite(truth, np.zeros((3, 90, 64), dtype=np.uint8), photometric="minisblack")
    with pytest.raises(ParameterError, match="does not fit"):
        _open({"images": (image,), "labels": (truth,), "validation_rows": (60, 96)})


@pytest.mark.parametrize(
    ("suffix", "colours", "solid"),
    [
        (".png", [(0, 0, 0), (255, 255, 255)], -1),
        (".png", [(0, 0, 0, 255), (7, 7, 7, 255)], 7),
        (".tif", [(0, 0, 0), (7, 7, 7)], 7),
        (".png", [(0, 0, 0), (255, 0, 10)], -1),
        (".tif", [(0, 0, 0, 9), (0, 200, 0, 9)], 1),
        (".tif", [(0, 200, 0), (0, 0, 0)], 0),
    ],
)
def test_labels_saved_in_colour(tmp_path: Path, suffix: str, colours: list[Any], solid: int) -> None:
    image, truth = _coloured(tmp_path, suffix, colours)
    grey = np.asarray(Image.open(image))
    Image.fromarray(np.stack([grey] * 3, axis=-1)).save(image)  # images themselves may be such, too
    source = _open({"images": (image,), "labels": (truth,), "validation_rows": (60, 96), "solid": solid})
    batch = source.batch(0, 0)
    assert ((batch.images > 0) == (batch.target > 0)).all()


@pytest.mark.parametrize(
    ("colours", "solid", "error", "text"),
    [
        ([(70, 0, 84), (253, 231, 37)], -1, VoxelError, r"2 colours beside black: \(70, 0, 84\); \(253"),
        ([(0, 0, 0), (255, 0, 0), (0, 255, 0)], -1, VoxelError, "which colour is which class"),
        ([(0, 0, 0), (255, 0, 0)], 255, ParameterError, "the other colour label 1"),
        ([(9, 9, 9, 0), (9, 9, 9, 255)], -1, VoxelError, "transparent in places"),
    ],
)
def test_colours_that_would_have_to_be_guessed_are_refused(
    tmp_path: Path, colours: list[Any], solid: int, error: type[Exception], text: str
) -> None:
    image, truth = _coloured(tmp_path, ".png", colours)
    with pytest.raises(error, match=text):
        _open({"images": (image,), "labels": (truth,), "validation_rows": (60, 96), "solid": solid})


def test_images_in_colour_are_refused(tmp_path: Path) -> None:
    truth, image = _coloured(tmp_path, ".png", [(0, 0, 0), (255, 0, 0)])
    with pytest.raises(VoxelError, match="colours that differ"):
        _open({"images": (image,), "labels": (truth,), "validation_rows": (60, 96)})


def _coloured(folder: Path, suffix: str, colours: list[Any]) -> tuple[str, str]:
    """A grey picture, and its labels in colours; a third one is that of a single pixel."""
    labels = labels_of(1, _SHAPE)[0].astype(int)
    if len(colours) > 2:
        labels[0, 0] = 2
    image, truth = folder / "a.png", folder / f"labels{suffix}"
    Image.fromarray(np.where(labels > 0, 140, 40).astype(np.uint8)).save(image)
    Image.fromarray(np.array(colours, np.uint8)[labels]).save(truth)
    return str(image), str(truth)


def test_real_labelled_pair() -> None:
    folder = shared_path("yamamoto_Ba122") / "labelled"
    names = [(str(folder / f"sample_00{n}_sem.bmp"), str(folder / f"sample_00{n}_th.bmp")) for n in (1, 2)]
    source = _open({"images": (names[0][0],), "labels": (names[0][1],), "patch_px": 64,
                    "validation_images": (names[1][0],), "validation_labels": (names[1][1],),
                    "validation_patches": 10})  # fmt: skip
    batch = source.batch(0, 0)
    assert batch.images.shape == (20, 1, 64, 64)
    solid = batch.target > 0
    assert float(batch.images[solid].mean()) > float(batch.images[~solid].mean()) + 0.3
