"""Pixels of a slice as text: how many to leave out and how many to take, in turn, row after row.

``5 3 120 4``: the pixels 5-7 and 128-131. Short for what a brush has painted, quick to read and compare.
"""

from __future__ import annotations

import re

import numpy as np

from core.errors import ParameterError
from core.volume import Array

_NUMBER = re.compile(r"\d{1,12}", re.ASCII)


def runs_text(mask: Array) -> str:
    """Write the pixels of a mask.

    Parameters
    ----------
    mask : ndarray of bool, any shape
    """
    flat = np.concatenate([[False], np.asarray(mask, bool).ravel(), [False]])
    borders = np.flatnonzero(flat[1:] != flat[:-1])
    steps = np.diff(borders, prepend=0)
    return " ".join(map(str, steps.tolist()))


def runs_of(text: str) -> Array:
    """Begin and end (excluded) of each run, int64 of shape (n, 2).

    Raises
    ------
    ParameterError
        If the text is not as `runs_text` writes it.
    """
    parts = text.split()
    sound = len(parts) % 2 == 0 and all(_NUMBER.fullmatch(part) for part in parts)
    steps = np.array(parts, np.int64) if sound else np.zeros(1, np.int64)
    if not sound or (steps.size and not (steps[1:] > 0).all()):
        raise ParameterError(
            "these are no runs of pixels",
            expected="numbers in pairs: pixels to leave out, pixels to take",
            got=text[:60],
        )
    return np.cumsum(steps).reshape(-1, 2)


def count_of(text: str) -> int:
    """Number of pixels."""
    runs = runs_of(text)
    return int((runs[:, 1] - runs[:, 0]).sum())


def put(plane: Array, text: str, value: int) -> None:
    """Give the pixels of a contiguous plane a value, in place; those must lie within it."""
    flat = plane.reshape(-1)
    for begin, end in runs_of(text).tolist():
        flat[begin:end] = value
