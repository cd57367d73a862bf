"""Uncompressed planes at known places of a file: read exactly the bytes that are asked for.

Positioned reads instead of a memory map: a map of a file that shrinks (network drive, interrupted copy) kills
the process, a short read can be reported; and mapped pages would count as memory of the program.
"""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import Any, Protocol

import numpy as np

from core.io.guard import reading, require_bytes
from core.io.values import as_delivered, delivered
from core.volume import ALL, Array, Shape, extent


@dataclass(frozen=True)
class FlatSource:
    """Planes of one file, each stored row after row without compression.

    Attributes
    ----------
    path : Path
        The file.
    shape : tuple of int
        (z, y, x).
    stored : str
        Type with byte order as in the file, for example ``>u2``.
    offsets : range or tuple of int
        Byte at which each plane starts.
    samples, sample : int
        Values stored per pixel (interleaved), and which of them is delivered.
    """

    path: Path
    shape: Shape
    stored: str
    offsets: range | tuple[int, ...]
    samples: int = 1
    sample: int = 0

    @property
    def dtype(self) -> np.dtype[Any]:
        """Type of the voxels, in native byte order."""
        return delivered(np.dtype(self.stored), self.path)

    def read(self, z: slice, y: slice = ALL, x: slice = ALL) -> Array:
        """Return the asked range; only the rows needed are read."""
        z0, z1 = extent(z, self.shape[0])
        y0, y1 = extent(y, self.shape[1])
        x0, x1 = extent(x, self.shape[2])
        out = np.empty((z1 - z0, y1 - y0, x1 - x0), self.dtype)
        with reading(self.path), self.path.open("rb", buffering=0) as file:
            for index in range(z0, z1):
                rows = self._rows(file, self.offsets[index], y0, y1)
                out[index - z0] = as_delivered(rows[:, x0:x1], self.path)
        return out

    def _rows(self, file: Readable, offset: int, y0: int, y1: int) -> Array:
        item, width = np.dtype(self.stored), self.shape[2]
        row_bytes = width * self.samples * item.itemsize
        buffer = np.empty((y1 - y0) * row_bytes, np.uint8)
        start = offset + y0 * row_bytes
        fill(file, start, buffer, self.path)
        rows = buffer.view(item).reshape(y1 - y0, width, self.samples)
        return rows[:, :, self.sample]


class Readable(Protocol):
    """An open binary file."""

    def seek(self, offset: int, /) -> int:
        """Go to a position."""
        ...

    def readinto(self, buffer: Any, /) -> int | None:
        """Fill a buffer as far as the file goes."""
        ...


def fill(file: Readable, start: int, buffer: Array, path: Path) -> None:
    """Fill `buffer` (bytes) from position `start`, or say that the file is truncated."""
    file.seek(start)
    view, done = memoryview(buffer.data), 0
    while done < len(view):
        got = file.readinto(view[done:])
        if not got:
            require_bytes(path, expected=start + len(view), got=start + done, kind="file")
            break
        done += got
