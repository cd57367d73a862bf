"""Pictures that were saved in colour although they hold one number per pixel."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path

import numpy as np

from core.errors import ParameterError, VoxelError
from core.io import ReadOptions, open_stack
from core.job import Job
from core.volume import Array, Volume

COLOURS = ("red", "green", "blue")
ALPHA = "alpha"
_SHOWN = 6
_PACKED_BYTES = 2  # of a colour: three of them fit into one number
_REMEDY = "save it as a grey picture with one number for each class"


def is_coloured(choices: tuple[str, ...]) -> bool:
    """Whether what a file offers to choose from are the colours of its pixels."""
    return choices in (COLOURS, (*COLOURS, ALPHA))


def open_colours(path: Path, options: ReadOptions, choices: tuple[str, ...], job: Job) -> dict[str, Volume]:
    """The colours of a picture, each as a stack of its own."""
    return {name: open_stack(path, options.model_copy(update={"dataset": name}), job) for name in choices}


def grey_of(path: Path, colours: Mapping[str, Volume], job: Job) -> Array:
    """Grey values of a picture whose colours are all equal.

    Parameters
    ----------
    path : Path
        For messages.
    colours : mapping of str to Volume
    job : Job

    Returns
    -------
    ndarray, shape (z, y, x)

    Raises
    ------
    VoxelError
        If they are not.
    """
    red, green, blue = _read(path, colours, job)
    if _equal(red, green, blue):
        return red
    raise VoxelError(
        f"{path.name} is a colour image",
        expected="grey values, or red, green and blue that are equal",
        got="colours that differ",
        remedy="save it in grey",
    )


def classes_of(path: Path, colours: Mapping[str, Volume], wanted: int, job: Job) -> Array:
    """Labels of a picture: grey values, where the colours are equal; else black 0, the other colour 1.

    Parameters
    ----------
    path, colours, job
        As `grey_of`.
    wanted : int
        The label that is asked for; -1: every one above 0.

    Returns
    -------
    ndarray, shape (z, y, x)

    Raises
    ------
    VoxelError
        If there are more than two colours, neither of two is black, or the transparency varies: which colour
        is which class would be a guess.
    ParameterError
        If two colours are labels 0 and 1, and another one is asked for.
    """
    red, green, blue = _read(path, colours, job)
    if _equal(red, green, blue):
        return red
    if wanted > 1:
        raise ParameterError(
            f"{path.name} is a colour picture: black is label 0, the other colour label 1",
            expected="data.solid 0, 1 or -1",
            got=wanted,
            remedy=_REMEDY,
        )
    coloured = (red != 0) | (green != 0) | (blue != 0)
    found = _different(red[coloured], green[coloured], blue[coloured])
    if len(found) > 1 or coloured.all():
        shown = "; ".join(str(tuple(colour)) for colour in found[:_SHOWN].tolist())
        raise VoxelError(
            f"the labels {path.name} are a colour picture, and which colour is which class is not known",
            expected="equal red, green and blue, or black and one other colour",
            got=f"{len(found)} colours beside black: {shown}" + (" ..." if len(found) > _SHOWN else ""),
            remedy=_REMEDY,
        )
    return np.asarray(coloured, dtype=np.uint8)


def _different(red: Array, green: Array, blue: Array) -> Array:
    """The colours there are, shape (n, 3)."""
    if red.dtype.kind != "u" or red.dtype.itemsize > _PACKED_BYTES:
        return np.unique(np.stack([red, green, blue], axis=1), axis=0)
    # as one number each: sorting rows takes many times the time and memory
    bits = 8 * red.dtype.itemsize
    packed = np.unique((red.astype(np.uint64) << (2 * bits)) | (green.astype(np.uint64) << bits) | blue)
    parts = [(packed >> shift) & ((1 << bits) - 1) for shift in (2 * bits, bits, 0)]
    return np.stack(parts, axis=1)


def _read(path: Path, colours: Mapping[str, Volume], job: Job) -> list[Array]:
    found = {name: stack_of(volume, job) for name, volume in colours.items()}
    alpha = found.get(ALPHA)
    if alpha is not None and np.any(alpha != alpha.flat[0]):
        raise VoxelError(
            f"{path.name} is transparent in places",
            expected="the same transparency everywhere",
            got=f"alpha {alpha.min()} to {alpha.max()}",
            remedy=_REMEDY,
        )
    return [found[name] for name in COLOURS]


def stack_of(volume: Volume, job: Job) -> Array:
    """All slices of a volume, shape (z, y, x)."""
    return np.stack(list(job.track(volume.slices(), volume.info.shape[0], "Reading the labelled slices")))


def _equal(red: Array, green: Array, blue: Array) -> bool:
    return bool(np.array_equal(red, green) and np.array_equal(red, blue))
