"""Planes that a preview has computed, kept for the next one.

Sliding a parameter must not repeat the steps before its own.
"""

from __future__ import annotations

import threading
from collections import OrderedDict
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any, TypeAlias

import numpy as np

from core.volume import ALL, Array, Shape, Source, extent

LIMIT_BYTES = 256 << 20
Key: TypeAlias = tuple[str, int]


class PlaneCache:
    """The planes used last, up to a number of bytes; safe to use from several threads."""

    def __init__(self, limit_bytes: int = LIMIT_BYTES) -> None:
        self._limit = limit_bytes
        self._lock = threading.Lock()
        self._planes: OrderedDict[Key, Array] = OrderedDict()
        self._bytes = 0
        self._raw: dict[str, Source] = {}

    def follow(self, channel: str, raw: Source) -> None:
        """Forget everything if the raw voxels of a channel are others than before."""
        with self._lock:
            if self._raw.get(channel, raw) is not raw:
                self._planes.clear()
                self._bytes = 0
                self._raw.clear()
            self._raw[channel] = raw

    def plane(self, key: Key, make: Callable[[], Array]) -> Array:
        """Return the plane called `key`, made if it is not here; not to be written to."""
        with self._lock:
            if key in self._planes:
                self._planes.move_to_end(key)
                return self._planes[key]
        made = make()  # outside the lock: it may take seconds
        made.setflags(write=False)
        with self._lock:
            self._bytes += made.nbytes - self._size(self._planes.pop(key, None))
            self._planes[key] = made
            while self._bytes > self._limit and len(self._planes) > 1:
                self._bytes -= self._size(self._planes.popitem(last=False)[1])
        return made

    @staticmethod
    def _size(plane: Array | None) -> int:
        return 0 if plane is None else plane.nbytes


@dataclass(frozen=True)
class CachedSource:
    """Another source, its planes kept under the name `key` of what they are."""

    source: Source
    key: str
    cache: PlaneCache

    @property
    def shape(self) -> Shape:
        """Slices, rows, columns."""
        return self.source.shape

    @property
    def dtype(self) -> np.dtype[Any]:
        """Type of the voxels."""
        return self.source.dtype

    def read(self, z: slice, y: slice = ALL, x: slice = ALL) -> Array:
        """Return a copy of the asked range."""
        start, stop = extent(z, self.shape[0])
        planes = np.stack([self._plane(index) for index in range(start, stop)])
        return planes[:, slice(*extent(y, self.shape[1])), slice(*extent(x, self.shape[2]))]

    def _plane(self, index: int) -> Array:
        def make() -> Array:
            plane: Array = np.ascontiguousarray(self.source.read(slice(index, index + 1))[0])
            return plane

        return self.cache.plane((self.key, index), make)
