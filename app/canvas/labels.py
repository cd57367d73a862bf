"""Labels made small enough for a texture, never mixed: the voxel in the middle stands for its block."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from app.canvas.reduce import Reduction
from app.plots.colour import colours_of_labels
from core.job import Job
from core.volume import Array, Volume

Index = npt.NDArray[np.uint8]
ENTRIES = 256  # of a table; 0 is the background


@dataclass(frozen=True, eq=False)
class LabelSet:
    """Labels of a volume, at the resolution of its texture.

    Attributes
    ----------
    index : ndarray of uint8, shape (z, y, x)
        Entry of the table; 0 is label 0.
    names : tuple of (int, str)
        Entries that occur, in the order of their labels, and how to call them.
    colours : ndarray of uint8, shape (256, 3)
        The colours that the labels have in the slices.
    repeats : bool
        Whether there are so many labels that several share an entry.
    """

    index: Index
    names: tuple[tuple[int, str], ...]
    colours: npt.NDArray[np.uint8]
    repeats: bool = False


def read_labels(volume: Volume, how: Reduction, job: Job) -> LabelSet:
    """Read the labels of a stack: one slice per layer.

    Parameters
    ----------
    volume : Volume
        Labels, or a binary volume: its two values are its labels.
    how : Reduction
        That of the texture.
    """
    index = np.zeros(how.shape, np.uint8)
    entries: dict[int, int] = {0: 0}
    for k, plane in _planes(volume, how, job):
        values, places = np.unique(plane, return_inverse=True)
        for value in values.tolist():
            entries.setdefault(int(value), len(entries))
        if len(entries) > ENTRIES:
            return _folded(volume, how, job)
        table = np.array([entries[int(value)] for value in values.tolist()], np.uint8)
        index[k] = table[places.reshape(plane.shape)]
    return _sorted(index, entries, binary=volume.info.content == "binary")


def _sorted(index: Index, entries: dict[int, int], *, binary: bool) -> LabelSet:
    """Give entries in the order of the labels; 0 stays the background."""
    labels = [0, *sorted(value for value in entries if value != 0)]
    ranks = np.zeros(ENTRIES, np.uint8)
    for rank, value in enumerate(labels):
        ranks[entries[value]] = rank
    colours = np.zeros((ENTRIES, 3), np.uint8)
    colours[: len(labels)] = colours_of_labels(np.array(labels), binary=binary)
    colours[0] = (120, 140, 160)  # the background has no colour in the slices
    solid = "solid" if binary else ""
    names = [(0, "0 (pores)" if binary else "0 (rest)")]
    names += [(rank, f"{value} {solid}".rstrip()) for rank, value in enumerate(labels) if rank]
    return LabelSet(ranks[index], tuple(names), colours)


def _folded(volume: Volume, how: Reduction, job: Job) -> LabelSet:
    """More labels than entries: each entry stands for many."""
    index = np.zeros(how.shape, np.uint8)
    for k, plane in _planes(volume, how, job):
        numbers = plane.astype(np.int64)
        index[k] = np.where(numbers == 0, 0, (numbers - 1) % (ENTRIES - 1) + 1)
    colours = np.zeros((ENTRIES, 3), np.uint8)
    colours[1:] = colours_of_labels(np.arange(1, ENTRIES))
    colours[0] = (120, 140, 160)
    names = [
        (0, "0 (rest)"),
        *((entry, f"{entry}, {entry + ENTRIES - 1}, …") for entry in range(1, ENTRIES)),
    ]
    return LabelSet(index, tuple(names), colours, repeats=True)


def _planes(volume: Volume, how: Reduction, job: Job) -> Iterator[tuple[int, Array]]:
    """The slice in the middle of each layer, thinned to the middle voxel of each block."""
    rows, columns = (
        np.minimum(np.arange(count) * factor + factor // 2, length - 1)
        for count, factor, length in zip(how.shape[1:], how.factors[1:], volume.info.shape[1:], strict=True)
    )
    for k in job.track(range(how.shape[0]), how.shape[0], "reading labels for 3D"):
        first, last = how.layers[k]
        if last > first:
            yield k, volume.slice((first + last) // 2)[np.ix_(rows, columns)]


def paint(labels: LabelSet, hidden: frozenset[int], opacities: dict[int, float]) -> npt.NDArray[np.uint8]:
    """Colours with opacity, shape (256, 4), of the labels that are shown.

    Parameters
    ----------
    hidden : frozenset of int
        Entries that are left out.
    opacities : dict
        Opacity (0-1) of entries that are not opaque.
    """
    table = np.zeros((ENTRIES, 4), np.uint8)
    table[:, :3] = labels.colours
    for entry, _name in labels.names:
        table[entry, 3] = 0 if entry in hidden else round(255 * opacities.get(entry, 1.0))
    return table
