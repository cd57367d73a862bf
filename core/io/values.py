"""From stored types to the types the program works with, without ever changing a value."""

from __future__ import annotations

from pathlib import Path
from typing import Any, Final

import numpy as np

from core.errors import UnsupportedFormatError
from core.volume import Array

_AS_IS: Final = ("uint8", "int8", "uint16", "int16", "uint32", "int32", "float32", "float64")
# Every value of the first fits the second, except 64-bit integers, which are checked on reading.
_WIDENED: Final = {"bool": "uint8", "float16": "float32", "int64": "int32", "uint64": "uint32"}


def delivered(stored: np.dtype[Any], path: Path) -> np.dtype[Any]:
    """Type in native byte order in which values stored as `stored` are delivered.

    Raises
    ------
    UnsupportedFormatError
        For complex, structured and text values.
    """
    name = stored.name
    if name in _AS_IS:
        return np.dtype(name)
    if name in _WIDENED:
        return np.dtype(_WIDENED[name])
    raise UnsupportedFormatError(
        f"{path.name} holds values of type {name}",
        expected="whole or decimal numbers of up to 64 bits",
        got=name,
        remedy="convert the image to 8-, 16- or 32-bit grey values",
    )


def type_note(stored: np.dtype[Any]) -> tuple[str, ...]:
    """What the user has to know of the conversion; empty where there is none."""
    if stored.name in ("int64", "uint64"):
        return (f"64-bit integers are delivered as {_WIDENED[stored.name]}; others stop the reading.",)
    if stored.name == "bool":
        return ("one-bit values are delivered as 0 and 255.",)
    return ()


def as_delivered(data: Array, path: Path) -> Array:
    """Convert to the delivered type and native byte order; a new or the same array.

    Raises
    ------
    UnsupportedFormatError
        If a 64-bit value does not fit.
    """
    target = delivered(data.dtype, path)
    if data.dtype.name == "bool":
        return data.astype(np.uint8) * np.uint8(255)
    if data.dtype.name in ("int64", "uint64") and data.size:
        limits, low, high = np.iinfo(target), int(data.min()), int(data.max())
        if low < limits.min or high > limits.max:
            raise UnsupportedFormatError(
                f"{path.name} holds 64-bit values that do not fit {target.name}",
                expected=f"{limits.min} to {limits.max}",
                got=f"{low} to {high}",
                remedy="relabel or rescale the data to 32 bits",
            )
    return data.astype(target, copy=False)
