"""Change the type of voxels for programs that know fewer types, without changing a value."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from typing import Any

import numpy as np

from core.errors import WriteError
from core.io.writers.request import Request
from core.volume import Array

FLOAT32_EXACT = 2**24
"""Largest range of whole numbers that 32-bit floating-point numbers hold without a gap."""

_SIGNED_NOTE = (
    "Some values are negative: ImageJ shows signed 16-bit voxels rightly, but some plug-ins see the value "
    "+ 32768. Rescale to unsigned values first if you use such a plug-in."
)
_LOSSLESS = {"int8": "int16", "uint8": "uint8", "uint16": "uint16", "float32": "float32"}


@dataclass(frozen=True)
class VoxelType:
    """Type in the file, and what the user has to know if it is not the volume's own."""

    dtype: np.dtype[Any]
    notes: tuple[str, ...] = ()

    def converted(self, planes: Iterable[Array]) -> Iterator[Array]:
        """Give the planes in this type.

        Raises
        ------
        WriteError
            If a 64-bit floating-point value is beyond the range of 32-bit ones.
        """
        for index, plane in enumerate(planes):
            if self.dtype == np.float32 and plane.dtype == np.float64:
                _check_range(plane, index)
            yield plane.astype(self.dtype, copy=False)


def imagej_type(request: Request, *, signed: bool = True) -> VoxelType:
    """Type for programs that know 8- and 16-bit whole numbers and 32-bit floating-point numbers.

    Parameters
    ----------
    request : Request
        The volume to write; signed 16-bit and all 32-bit whole numbers are looked through once, to find the
        type that holds them.
    signed : bool
        Whether the program also knows signed 16-bit numbers.

    Raises
    ------
    WriteError
        If whole numbers are too large for 32-bit floating point.
    """
    dtype = request.volume.info.dtype
    if dtype == np.float64:
        return VoxelType(
            np.dtype(np.float32),
            ("64-bit values are rounded to 32-bit ones (7 digits), all the target reads.",),
        )
    known = _LOSSLESS.get(dtype.name)
    chosen = np.dtype(known) if known else _smallest(*_limits(request))
    if chosen == np.int16 and not signed:
        chosen = np.dtype(np.float32)
    notes = []
    if chosen != dtype:
        notes.append(f"{dtype.name} voxels are written as {chosen.name}; every value is kept.")
    if chosen == np.int16:
        notes.append(_SIGNED_NOTE)
    return VoxelType(chosen, tuple(notes))


def _smallest(low: int, high: int) -> np.dtype[Any]:
    if low >= 0 and high <= 0xFFFF:
        return np.dtype(np.uint16)
    if low >= -0x8000 and high <= 0x7FFF:
        return np.dtype(np.int16)
    if low >= -FLOAT32_EXACT and high <= FLOAT32_EXACT:
        return np.dtype(np.float32)
    raise WriteError(
        "the whole numbers of this volume are too large for the target program: 32-bit floating point, "
        "the largest type it reads, would merge neighbouring values",
        expected=f"values within ±{FLOAT32_EXACT}",
        got=f"{low} to {high}",
        remedy="export as ome-zarr, bigtiff, nrrd, mhd or raw, or number the labels anew from 1",
    )


def _limits(request: Request) -> tuple[int, int]:
    low, high = 0, 0
    for plane in request.planes(f"{request.message}: looking for the largest value"):
        low, high = min(low, int(plane.min())), max(high, int(plane.max()))
    return low, high


def _check_range(data: Array, index: int) -> None:
    limit = np.finfo(np.float32).max
    beyond = np.isfinite(data) & (np.abs(data) > limit)
    if beyond.any():
        raise WriteError(
            f"slice {index} holds values beyond the range of 32-bit floating point",
            expected=f"within ±{limit:.4g}",
            got=f"{data[beyond].flat[0]:.4g}",
            remedy="export as ome-zarr, bigtiff, nrrd, mhd or raw",
        )


class DisplayRange:
    """Smallest and largest finite value of the planes that pass by."""

    def __init__(self) -> None:
        self._low = np.inf
        self._high = -np.inf

    def passed(self, plane: Array) -> Array:
        """Take a plane into account and give it back."""
        values = plane[np.isfinite(plane)] if np.issubdtype(plane.dtype, np.floating) else plane
        if values.size:
            self._low = min(self._low, float(values.min()))
            self._high = max(self._high, float(values.max()))
        return plane

    def limits(self) -> tuple[float, float]:
        """Return the two values, apart from each other even where all values are the same."""
        if self._low > self._high:
            return 0.0, 1.0
        if self._low == self._high:
            return self._low, self._low + 1.0
        return self._low, self._high
