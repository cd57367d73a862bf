"""Positions of slices from the table that this program writes beside its exports (``NAME_z_nm.csv``, or
``z_nm.csv`` in a folder of slices). A third column says where each slice comes from.
"""

from __future__ import annotations

import math
import os
from itertools import pairwise
from pathlib import Path
from typing import Final

from core.errors import DamagedFileError
from core.io.found import Found
from core.io.guard import reading
from core.volume import Origin

SUFFIX: Final = "_z_nm.csv"
_MAX_BYTES: Final = 2**26
_HEADS: Final = ("slice,z_nm", "slice,number")
_ORIGIN: Final = ",origin"
_EVEN_WITHIN: Final = 1e-6


def with_table(found: Found, path: Path) -> Found:
    """Add the positions (or numbers) that the table beside `path` states; `found` itself if there is none.

    Raises
    ------
    DamagedFileError
        If the table is malformed.
    """
    table = _table_of(path)
    if table is None:
        return found
    kind, values, origin = _read(table)
    if len(values) != found.source.shape[0]:
        note = f"{table.name} lists {len(values)} slices, but there are {found.source.shape[0]}: ignored."
        return found.with_(notes=(*found.notes, note))
    files, note = (*found.files, table), f"the places of the slices are read from {table.name}."
    changed = found.with_(files=files, notes=(*found.notes, note), origin=origin or found.origin)
    if origin is not None and _says_nothing(kind, values, found):
        return changed  # the table stands there for the origin alone
    if kind == _HEADS[0]:
        return changed.with_(z_nm=tuple(values), numbers=None)
    return changed.with_(numbers=tuple(int(value) for value in values))


def _says_nothing(kind: str, values: list[float], found: Found) -> bool:
    """Whether slices without the table lie the same: consecutive, or at the one distance of the file."""
    if kind == _HEADS[0]:
        return found.voxel_nm[0] is not None and _even(values)
    return all(b - a == 1 for a, b in pairwise(values))


def _even(values: list[float]) -> bool:
    steps = [b - a for a, b in pairwise(values)]
    return not steps or max(steps) - min(steps) <= _EVEN_WITHIN * max(steps)


def _table_of(path: Path) -> Path | None:
    name = path.name.removesuffix(".ome" + path.suffix)
    beside = [path.with_name(stem + SUFFIX) for stem in dict.fromkeys((name, path.stem, path.name))]
    within = [path / SUFFIX.lstrip("_")] if os.path.isdir(path) else []
    there = [table for table in (*within, *beside) if os.path.isfile(table)]
    return there[0] if there else None


def _read(table: Path) -> tuple[str, list[float], tuple[int, ...] | None]:
    """Kind of table, its second column, increasing, and the origin of the slices where it has a third."""
    with reading(table, "table of slice positions"):
        if table.stat().st_size > _MAX_BYTES:
            raise DamagedFileError(f"{table.name} is too long for a table of slice positions")
        head, *rows = table.read_text(encoding="ascii").split()
        kind = head.removesuffix(_ORIGIN)
        if kind not in _HEADS:
            raise DamagedFileError(
                f"{table.name}: unknown table", expected=" or ".join(_HEADS), got=head[:60]
            )
        cells = [row.split(",") for row in rows]
        width = 2 + (kind != head)
        if any(len(row) != width for row in cells):
            raise DamagedFileError(f"{table.name}: rows of another length than the head", expected=width)
        values = [float(row[1]) for row in cells]
        if not all(map(math.isfinite, values)) or any(b <= a for a, b in pairwise(values)):
            raise DamagedFileError(
                f"{table.name}: positions do not rise from slice to slice",
                remedy="correct or remove the table",
            )
        origin = tuple(int(Origin(int(row[2]))) for row in cells) if kind != head else None
    return kind, values, origin
