"""Which phase a value stands for: planes become small numbers with the values they came from."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any

import numpy as np

from core.errors import VoxelError
from core.measure.fraction import two_values
from core.segment.thresholds import brighter
from core.volume import Array

MOST_LABELS = 100
MOST_REGIONS = 65535
_DENSE = 1 << 24  # greatest span of labels that is counted directly rather than sorted
USUAL_SINGLE = (0.0, 1.0, 255.0)


@dataclass(frozen=True)
class Coded:
    """A plane as numbers 0, 1, ...

    Attributes
    ----------
    codes : ndarray of uint8 or uint16, flat
        One number per pixel.
    values : tuple of float
        Value that each number stands for.
    """

    codes: Array
    values: tuple[float, ...]


@dataclass(frozen=True)
class Reading:
    """How the values of one volume are read.

    Attributes
    ----------
    name : str
        What to call it in messages: prediction or truth.
    threshold : float or None
        Greater is solid; the values are then 0 and 1.
    labels : bool
        Every value is a phase.
    """

    name: str
    threshold: float | None = None
    labels: bool = False

    def coded(self, plane: Array, number: int) -> Coded:
        """Read one plane, the slice `number`.

        Raises
        ------
        VoxelError
            If the values do not fit, with what to do.
        """
        where = f"slice {number} of the {self.name}"
        if self.labels:
            return labelled(plane, most=MOST_LABELS, name=where)
        if self.threshold is not None:
            _require_numbers(plane, where)
            return Coded(brighter(plane, self.threshold).ravel() & np.uint8(1), (0.0, 1.0))
        try:
            found = two_values(plane, name=where)
        except VoxelError as error:
            error.remedy = self._remedy
            raise
        if found.low == found.high:
            return Coded(np.zeros(plane.size, dtype=np.uint8), (found.low,))
        return Coded((plane == plane.dtype.type(found.high)).view(np.uint8).ravel(), (found.low, found.high))

    def solid(self, values: Iterable[float]) -> float | None:
        """The value that is solid, of all that occur in the volume; None if nothing is.

        Raises
        ------
        VoxelError
            If there are more than two.
        """
        if self.threshold is not None:
            return 1.0
        found = sorted(set(values))
        if len(found) > 2:
            raise VoxelError(
                f"the slices of the {self.name} are binary, but not with the same two values",
                expected="at most 2 different values in the whole stack",
                got=", ".join(f"{value:g}" for value in found[:10]),
                remedy=self._remedy,
            )
        return None if found == [0.0] else found[-1]

    def mask(self, plane: Array, solid: float | None) -> Array:
        """Where a plane is solid, ndarray of bool."""
        if self.threshold is not None:
            return brighter(plane, self.threshold).view(np.bool_)
        if solid is None:
            return np.zeros(plane.shape, dtype=np.bool_)
        equal: Array = plane == plane.dtype.type(solid)
        return equal

    @property
    def _remedy(self) -> str:
        return (
            f"segment the {self.name} first, or state --{self.name}-threshold (greater values are solid); "
            "for several phases give --labels, for grey images --grey, for probabilities --probabilities"
        )


def labelled(plane: Array, *, most: int, name: str) -> Coded:
    """Number the values of a plane.

    Parameters
    ----------
    plane : ndarray, any shape
        Any real type.
    most : int
        Greatest number of different values, at most 65535.
    name : str
        What to call the plane in the message.

    Raises
    ------
    VoxelError
        If there are more values, or some are no numbers.
    """
    _require_numbers(plane, name)
    flat = plane.ravel()
    low, high = int(flat.min()), int(flat.max())
    dense = np.issubdtype(plane.dtype, np.integer) and high - low < _DENSE
    values = _present(flat, low, high) if dense else np.unique(flat)
    if len(values) > most:
        raise VoxelError(
            f"{name} holds more different values than there can be labels",
            expected=f"at most {most}",
            got=len(values),
            remedy="give volumes of labels: one value per phase or region",
        )
    kind = np.dtype(np.uint8 if most <= 256 else np.uint16)
    codes = _renumbered(flat, values, kind) if dense else np.searchsorted(values, flat).astype(kind)
    return Coded(codes, tuple(float(value) for value in values))


def _present(flat: Array, low: int, high: int) -> Array:
    from core.measure.kernels.pairs import mark_present

    present = np.zeros(high - low + 1, dtype=np.bool_)
    mark_present(flat, low, present)
    values: Array = np.flatnonzero(present) + low
    return values


def _renumbered(flat: Array, values: Array, kind: np.dtype[Any]) -> Array:
    from core.measure.kernels.pairs import renumber

    low = int(values[0])
    codes = np.zeros(int(values[-1]) - low + 1, dtype=kind)
    codes[values - low] = np.arange(len(values))
    out = np.empty(flat.size, dtype=kind)
    renumber(flat, low, codes, out)
    return out


def _require_numbers(plane: Array, name: str) -> None:
    if np.issubdtype(plane.dtype, np.floating) and not np.isfinite(plane).all():
        raise VoxelError(f"{name} holds values that are no numbers (NaN or infinite)", expected="numbers")
