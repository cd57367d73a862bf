"""MRC volumes (MRC2014, IMOD, FEI extended header), read straight from the file.

References
----------
MRC2014, Cheng et al. 2015, doi 10.1016/j.jsb.2015.04.002
"""

from __future__ import annotations

import struct
from pathlib import Path
from typing import Final

import numpy as np

from core.errors import DamagedFileError, UnsupportedFormatError
from core.io.calibration import positive
from core.io.flat import FlatSource
from core.io.found import Found
from core.io.guard import file_size, reading, require_bytes
from core.io.options import ReadOptions
from core.io.values import type_note
from core.job import Job
from core.volume import VoxelSize

_HEADER: Final = 1024
_TYPES: Final = {0: "i1", 1: "i2", 2: "f4", 6: "u2", 12: "f2"}
_NM_PER_ANGSTROM: Final = 0.1
_IMOD: Final = 1146047817


def recognises(_path: Path, head: bytes) -> bool:
    """By the word MAP at byte 208, or by a byte order mark that only MRC has there."""
    return len(head) >= 216 and head[208:211] == b"MAP" and (head[211:212] in (b" ", b"\0"))


def open_mrc(path: Path, _options: ReadOptions, _job: Job) -> Found:
    """Open a volume or stack.

    Raises
    ------
    DamagedFileError
        If the file is shorter than its header promises.
    UnsupportedFormatError
        For complex and 4-bit values.
    """
    size = file_size(path)
    with reading(path, "MRC file"), path.open("rb") as file:
        head = file.read(_HEADER)
    require_bytes(path, expected=_HEADER, got=len(head), kind="header of the MRC file")
    order = ">" if head[212:213] == b"\x11" else "<"
    columns, rows, planes, mode = struct.unpack_from(order + "4i", head, 0)
    extended = struct.unpack_from(order + "i", head, 92)[0]
    if min(columns, rows, planes) < 1 or extended < 0:
        raise DamagedFileError(
            f"{path.name}: the MRC header states an impossible size", got=(planes, rows, columns, extended)
        )
    if mode not in _TYPES:
        raise UnsupportedFormatError(
            f"{path.name} holds values of MRC mode {mode}", expected="mode 0, 1, 2, 6 or 12", got=mode
        )
    stored, notes = _type(head, order, mode)
    start = _HEADER + extended
    step = rows * columns * stored.itemsize
    require_bytes(path, expected=start + planes * step, got=size, kind="MRC file")
    source = FlatSource(path, (planes, rows, columns), stored.str, range(start, start + planes * step, step))
    voxel_nm, size_notes = _voxel(head, order, planes)
    upright = "MRC counts rows from the bottom: the picture may appear upside down."
    return Found(source, "MRC", (path,), voxel_nm, notes=(*notes, *size_notes, upright, *type_note(stored)))


def _type(head: bytes, order: str, mode: int) -> tuple[np.dtype[np.generic], tuple[str, ...]]:
    if mode != 0:
        return np.dtype(order + _TYPES[mode]), ()
    stamp, flags = struct.unpack_from(order + "2i", head, 152)
    low, high = struct.unpack_from(order + "2f", head, 76)
    if stamp == _IMOD:
        return np.dtype("i1" if flags & 1 else "u1"), ()
    if low >= 0 and 127 < high <= 255:
        return np.dtype("u1"), ("bytes are taken as 0-255, as the extremes in the header say.",)
    return np.dtype("i1"), ("bytes are taken as signed (-128 to 127), as MRC2014 says.",)


def _voxel(head: bytes, order: str, planes: int) -> tuple[VoxelSize, tuple[str, ...]]:
    """Cell length divided by its sampling; 1 Å along every axis is what writers put who know nothing."""
    sampling = struct.unpack_from(order + "3i", head, 28)
    cell = struct.unpack_from(order + "3f", head, 40)
    sizes = [
        positive(length / count) if count > 0 and length == length else None
        for length, count in zip(cell, sampling, strict=True)
    ]
    if all(size == 1.0 for size in sizes):
        return (None, None, None), ("the MRC header states 1 Å along every axis, a default: ignored.",)
    x, y, z = (None if size is None else float(f"{size * _NM_PER_ANGSTROM:.7g}") for size in sizes)
    if planes == 1:
        z = None
    return (z, y, x), ()
