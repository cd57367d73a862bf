"""Positions of slices from the table that this program writes beside its exports (``NAME_z_nm.csv``, or
``z_nm.csv`` in a folder of slices).
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

SUFFIX: Final = "_z_nm.csv"
_MAX_BYTES: Final = 2**26
_HEADS: Final = ("slice,z_nm", "slice,number")


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
    kind, values = _read(table)
    if len(values) != found.source.shape[0]:
        note = f"{table.name} lists {len(values)} slices, but there are {found.source.shape[0]}: ignored."
        return found.with_(notes=(*found.notes, note))
    files, note = (*found.files, table), f"the places of the slices are read from {table.name}."
    changed = found.with_(files=files, notes=(*found.notes, note))
    if kind == _HEADS[0]:
        return changed.with_(z_nm=tuple(values), numbers=None)
    return changed.with_(numbers=tuple(int(value) for value in values))


def _table_of(path: Path) -> Path | None:
    name = path.name.removesuffix(".ome" + path.suffix)
    beside = [path.with_name(stem + SUFFIX) for stem in dict.fromkeys((name, path.stem, path.name))]
    within = [path / SUFFIX.lstrip("_")] if os.path.isdir(path) else []
    there = [table for table in (*within, *beside) if os.path.isfile(table)]
    return there[0] if there else None


def _read(table: Path) -> tuple[str, list[float]]:
    """Kind of table and its second column, increasing."""
    with reading(table, "table of slice positions"):
        if table.stat().st_size > _MAX_BYTES:
            raise DamagedFileError(f"{table.name} is too long for a table of slice positions")
        head, *rows = table.read_text(encoding="ascii").split()
        if head not in _HEADS:
            raise DamagedFileError(
                f"{table.name}: unknown table", expected=" or ".join(_HEADS), got=head[:60]
            )
        values = [float(row.partition(",")[2]) for row in rows]
        if not all(map(math.isfinite, values)) or any(b <= a for a, b in pairwise(values)):
            raise DamagedFileError(
                f"{table.name}: positions do not rise from slice to slice",
                remedy="correct or remove the table",
            )
    return head, values
