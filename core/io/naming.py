"""The order of slices, and their numbers, from the names of their files."""

from __future__ import annotations

import re
from collections.abc import Sequence
from typing import Final

# Atlas writes the measured position into the name; it is no slice number.
_POSITION: Final = re.compile(r"[_ -]?z=[-+]?\d+(?:\.\d+)?\s*(?:nm|um|µm|mm)", re.IGNORECASE)
_DIGITS: Final = re.compile(r"\d+")


def natural_key(name: str) -> tuple[tuple[int, int, str], ...]:
    """Sort key under which slice_2 comes before slice_10, whatever the system's own order."""
    parts = re.split(r"(\d+)", name.casefold())
    key = [(1, int(part), "") if part.isdecimal() and part.isascii() else (0, 0, part) for part in parts]
    return (*key, (2, 0, name))


def pattern_of(name: str) -> str:
    """The name with every number replaced by ``*``: equal for the slices of one series."""
    return _DIGITS.sub("*", _POSITION.sub("", name))


def slice_numbers(names: Sequence[str]) -> tuple[int, ...] | None:
    """Number of each slice, from names of one pattern; None where no field of the names numbers them.

    A name may hold several numbers (date, time, slice). The slice number is the field that differs in every
    name and whose values lie closest together; the last such field if several do.

    Parameters
    ----------
    names : sequence of str
        File names that share one `pattern_of`.
    """
    fields = [[int(digits) for digits in _DIGITS.findall(_POSITION.sub("", name))] for name in names]
    if not fields or not fields[0]:
        return None
    best: tuple[int, ...] | None = None
    for column in zip(*fields, strict=True):
        if len(set(column)) == len(column) and (best is None or _spread(column) <= _spread(best)):
            best = column
    return best if best is not None else _with_repeats(fields)


def _with_repeats(fields: Sequence[Sequence[int]]) -> tuple[int, ...] | None:
    """The field with the most different values, where even that one repeats (slice_1, slice_01)."""
    columns = list(zip(*fields, strict=True))
    richest = max(columns, key=lambda column: (len(set(column)), columns.index(column)))
    return richest if len(set(richest)) * 2 > len(richest) and len(set(richest)) > 1 else None


def _spread(column: Sequence[int]) -> int:
    return max(column) - min(column)


def shortened(names: Sequence[str], limit: int = 12) -> str:
    """The names as one piece of text, the first `limit` of them."""
    more = f" and {len(names) - limit} more" if len(names) > limit else ""
    return ", ".join(names[:limit]) + more
