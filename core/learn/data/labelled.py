"""Stacks of the user with labels of their own, split by file or by rows.

Slices that were painted in the window (`core.labels`) may be labelled in part: what is not labelled counts
neither in training nor in validation.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from functools import partial
from pathlib import Path

import numpy as np

from core.errors import AmbiguousInputError, MissingMetadataError, ParameterError
from core.io import ReadOptions, open_stack
from core.job import Job
from core.labels import LabelStore
from core.learn.data.colours import classes_of, grey_of, is_coloured, open_colours, stack_of
from core.learn.data.stacks import Stack
from core.learn.params.data import DataParams
from core.volume import Array, Volume


@dataclass(frozen=True)
class _Pair:
    """An image with its labels."""

    image: Path
    labels: Path


def labelled_stacks(params: DataParams, channels: Sequence[str], job: Job) -> list[Stack]:
    """All labelled stacks, cut to the rows of their split.

    Raises
    ------
    ParameterError
        If training and validation share rows, no rows are left, labels do not fit their images, or the
        network looks at several channels.
    ReadError, MissingMetadataError
        If a file cannot be read, or no pixel size is known.
    """
    if len(channels) != 1:
        raise ParameterError(
            "labelled slices are of one channel",
            expected="a network with one channel",
            got=", ".join(channels),
            remedy="train with a simulated training set for several channels",
        )
    train = [_Pair(Path(a), Path(b)) for a, b in zip(params.images, params.labels, strict=True)]
    others = zip(params.validation_images, params.validation_labels, strict=True)
    apart = [_Pair(Path(a), Path(b)) for a, b in others]
    if not train:
        raise ParameterError("no labelled images are named", expected="images and labels: at least one each")
    found = [stack for pair in train for stack in _for_training(pair, params, apart, channels[0], job)]
    rows = params.validation_rows or None
    kept = apart or (train if rows else [])
    return found + [_stack(pair, "validation", rows, params, channels[0], job) for pair in kept]


def _for_training(pair: _Pair, params: DataParams, apart: list[_Pair], channel: str, job: Job) -> list[Stack]:
    """The parts of an image that may be trained with: one, or those on both sides of the other rows."""
    shared = not apart or any(pair.image.resolve() == other.image.resolve() for other in apart)
    height = _opened(pair.image, params, channel, job).first.info.shape[1]
    first, last = params.rows or (0, height)
    if not shared:
        return [_stack(pair, "train", (first, last), params, channel, job)]
    if not params.validation_rows and apart:
        raise ParameterError(
            f"{pair.image} is an image for training and for validation",
            expected="different images, or different rows of one (validation_rows)",
        )
    low, high = params.validation_rows or (last, last)
    if params.rows:
        if first < high and low < last:
            raise ParameterError(
                "rows for training and for validation overlap",
                expected="rows of one image in one of them only",
                got=f"{first}-{last} and {low}-{high}",
            )
        parts = [(first, last)]
    else:
        parts = [(first, min(low, last)), (min(high, last), last)]
    fitting = [part for part in parts if part[1] - part[0] >= params.patch_px]
    if not fitting:
        raise ParameterError(
            f"{pair.image} has too few rows left for training",
            expected=f"at least {params.patch_px} rows beside those for validation",
            got=", ".join(f"{a}-{b}" for a, b in parts),
            remedy="take fewer rows for validation, or smaller patches",
        )
    labelled = [part for part in fitting if _is_labelled(pair.labels, part, params, channel, job)]
    return [_stack(pair, "train", part, params, channel, job) for part in labelled or fitting]


def _is_labelled(path: Path, rows: tuple[int, int], params: DataParams, channel: str, job: Job) -> bool:
    """Whether anything was painted on these rows; labels of other programs always say something."""
    if _solid_classes(path) is None:
        return True
    return bool(_known(_opened(path, params, channel, job), job)[:, slice(*rows)].any())


@dataclass(frozen=True)
class _Opened:
    """A stack with one number per pixel, or by its colours."""

    path: Path
    volumes: dict[str, Volume]

    @property
    def first(self) -> Volume:
        return next(iter(self.volumes.values()))

    def grey(self, job: Job) -> Array:
        if len(self.volumes) > 1:
            return grey_of(self.path, self.volumes, job)
        return stack_of(self.first, job)

    def labels(self, wanted: int, job: Job) -> Array:
        if len(self.volumes) > 1:
            return classes_of(self.path, self.volumes, wanted, job)
        return stack_of(self.first, job)


def _opened(path: Path, params: DataParams, channel: str, job: Job) -> _Opened:
    z, y, x = (size or None for size in params.voxel_nm_zyx)
    options = ReadOptions(voxel_nm_zyx=(z, y, x))
    try:
        return _Opened(path, {"": open_stack(path, options, job)})
    except AmbiguousInputError as error:
        if is_coloured(error.choices):
            return _Opened(path, open_colours(path, options, error.choices, job))
        return _Opened(path, {"": open_stack(path, options.model_copy(update={"dataset": channel}), job)})


def _stack(
    pair: _Pair, split: str, rows: tuple[int, ...] | None, params: DataParams, channel: str, job: Job
) -> Stack:
    image, labels = (_opened(path, params, channel, job) for path in (pair.image, pair.labels))
    info, own = image.first.info, labels.first.info
    slices, height, width = info.shape
    if own.shape != info.shape:
        raise ParameterError(f"{pair.labels} does not fit {pair.image}", expected=info.shape, got=own.shape)
    first, last = rows or (0, height)
    if last > height:
        raise ParameterError(f"{pair.image} has no rows {first}-{last}", expected=f"0-{height}", got=last)
    z_nm, y_nm, x_nm = info.voxel_nm
    if y_nm is None or x_nm is None or (slices > 1 and z_nm is None):
        raise MissingMetadataError(
            f"the voxel size of {pair.image} is not known",
            got=info.voxel_nm,
            remedy="state it (data.voxel_nm_zyx)",
        )
    return Stack(
        name=f"{pair.image.name} rows {first}-{last}",
        split=split,
        shape=(slices, last - first, width),
        voxel_nm=(z_nm if slices > 1 else None, y_nm, x_nm),
        tilted=params.tilt_deg != 0,
        noise_free=False,
        rows=(first, last),
        identity=(str(pair.image.resolve()), first),
        read_grey=partial(_grey, image),
        read_solid=partial(_solid, labels, params.solid, _solid_classes(pair.labels)),
        read_known=partial(_known, labels) if _solid_classes(pair.labels) is not None else None,
        facts={"name": pair.image.name, "labels": pair.labels.name, "split": split, "rows": [first, last]},
    )


def _grey(image: _Opened, _channel: str, job: Job) -> Array:
    return image.grey(job)


def _solid_classes(labels: Path) -> tuple[int, ...] | None:
    """Labels that are solid, where a slice was painted in the window: there 0 is not labelled; else None."""
    store = LabelStore(labels.parent)
    is_painted = store.exists() and labels.name.startswith("slice_")
    return store.header().solid_values if is_painted else None


def _solid(opened: _Opened, solid: int, painted: tuple[int, ...] | None, job: Job) -> Array:
    labels = opened.labels(solid, job)
    if painted is not None and solid < 0:
        return np.isin(labels, painted)
    return np.asarray(labels > 0 if solid < 0 else labels == solid)


def _known(opened: _Opened, job: Job) -> Array:
    return np.asarray(opened.labels(-1, job) > 0)
