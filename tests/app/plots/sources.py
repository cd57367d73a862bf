"""Stacks for tests of the views: they count what is read, on which thread, and can be slow or broken."""

from __future__ import annotations

import threading
from dataclasses import dataclass, field

import numpy as np

from core.errors import DamagedFileError
from core.volume import ALL, Array, Shape, Volume, VolumeInfo


@dataclass
class WatchedSource:
    """Voxels whose value tells where they are: z + y + x, modulo the type."""

    shape: Shape = (12, 40, 50)
    dtype: np.dtype[np.generic] = field(default_factory=lambda: np.dtype(np.uint8))
    bad: frozenset[int] = frozenset()
    gate: threading.Event | None = None
    threads: set[int] = field(default_factory=set)
    reads: list[tuple[int, int]] = field(default_factory=list)

    def read(self, z: slice, y: slice = ALL, x: slice = ALL) -> Array:
        """Return the asked range."""
        if self.gate is not None:
            self.gate.wait(10)
        axes = [np.arange(n)[part] for n, part in zip(self.shape, (z, y, x), strict=True)]
        self.threads.add(threading.get_ident())
        self.reads.append((int(axes[0][0]), int(axes[0][-1]) + 1))
        if self.bad & set(axes[0].tolist()):
            raise DamagedFileError("slice 3 is damaged", remedy="leave it out")
        return (axes[0][:, None, None] + axes[1][:, None] + axes[2]).astype(self.dtype)


def watched(source: WatchedSource, **info: object) -> Volume:
    """Volume of a watched source."""
    return Volume(VolumeInfo(source.shape, source.dtype, **info), source)  # type: ignore[arg-type]
