"""Slices labelled by hand as data of a training."""

from __future__ import annotations

import numpy as np

from core.errors import ParameterError
from core.job import Job
from core.labels import LabelledStack, LabelStore
from core.learn.params.data import DataParams
from core.volume import Array

_PARTS = 4  # one of so many slices, or of so many bands of rows of a single one, is for validation


def painted(store: LabelStore, base: DataParams, job: Job) -> DataParams:
    """Take the labelled slices of a folder: most to train with, the last ones, or some rows, for validation.

    Parameters
    ----------
    store : LabelStore
    base : DataParams
        Everything else, such as sizes of patches.
    job : Job

    Raises
    ------
    ParameterError
        If solid and pore are not labelled both, or too little is labelled to keep some of it for validation.
    TruesliceError
        If a file cannot be read.
    """
    stack = store.header()
    slices = [z for z in store.slices() if store.grey_path(z).is_file()]
    looked = job.track(slices, len(slices), "Looking at the labels")
    full = [z for z in looked if _has_both(store.labels(z, stack), stack)]
    if not full:
        raise ParameterError(
            f"no slice of {store.name} shows both solid and pore",
            expected="at least one slice in which both are labelled",
            remedy="paint some of each on the same slice",
        )
    if len(full) == 1:
        rows = _rows(store.labels(full[0], stack), stack, store.name, base.patch_px)
        return _data(store, full, [], rows, base)
    kept = full[-max(1, len(full) // _PARTS) :]
    return _data(store, [z for z in slices if z not in kept], kept, (), base)


def _has_both(labels: Array, stack: LabelledStack) -> bool:
    solid = np.isin(labels, stack.solid_values)
    return bool(solid.any()) and bool(((labels > 0) & ~solid).any())


def _rows(labels: Array, stack: LabelledStack, name: str, patch_px: int) -> tuple[int, ...]:
    """A band of rows with solid and pore, beside which both are left."""
    height = len(labels)
    high = max(patch_px, height // _PARTS)
    for first in sorted({*range(0, height - high + 1, max(1, high // 2)), height - high}, reverse=True):
        if first < 0 or max(first, height - first - high) < patch_px:
            continue
        band, rest = labels[first : first + high], np.delete(labels, slice(first, first + high), axis=0)
        if _has_both(band, stack) and _has_both(rest, stack):
            return first, first + high
    raise ParameterError(
        f"too little of the only slice of {name} is labelled to keep some rows for validation",
        expected=f"solid and pore in a band of {high} rows, and beside it",
        remedy="paint on a second slice, or on another place of this one",
    )


def _data(
    store: LabelStore, train: list[int], kept: list[int], rows: tuple[int, ...], base: DataParams
) -> DataParams:
    z_nm, y_nm, x_nm = (size or 0.0 for size in store.header().voxel_nm)
    update = {
        "kind": "labelled",
        "images": tuple(str(store.grey_path(z)) for z in train),
        "labels": tuple(str(store.labels_path(z)) for z in train),
        "validation_images": tuple(str(store.grey_path(z)) for z in kept),
        "validation_labels": tuple(str(store.labels_path(z)) for z in kept),
        "validation_rows": rows,
        "rows": (),
        "solid": -1,  # the classes that are solid stand in the folder
        "voxel_nm_zyx": (z_nm, y_nm, x_nm),
    }
    return DataParams.model_validate(base.model_dump() | update)
