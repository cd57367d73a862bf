"""How often each of the 256 configurations of 2 x 2 x 2 voxels occurs, slab by slab.

Surface and Euler number follow from these counts (`core.measure.surface`).
"""

from __future__ import annotations

import threading

import numpy as np

from core import machine
from core.errors import ParameterError
from core.job import Job
from core.measure.distance import each, pieces
from core.volume import Array

_PIECE_VOXELS = 1 << 22  # some 10 ms


class ConfigurationCounter:
    """Counts the configurations of a volume whose slabs come in order along z.

    Parameters
    ----------
    shape_yx : tuple of int
        Rows and columns of every plane.
    threads : int, optional
        As many as there are processors if not given.
    """

    def __init__(self, shape_yx: tuple[int, int], *, threads: int | None = None) -> None:
        self._shape = shape_yx
        self._threads = threads or machine.threads()
        self._counts = np.zeros((2, 256), dtype=np.int64)
        # Outside the volume everything is of the other phase.
        self._last = np.zeros(shape_yx, dtype=np.uint8)
        self._empty = True
        self._lock = threading.Lock()

    def add(self, slab: Array, *, job: Job | None = None) -> None:
        """Count the next planes.

        Parameters
        ----------
        slab : ndarray of bool, shape (n, y, x)
            True for the phase; any n.
        job : Job, optional
            Cancelling.

        Raises
        ------
        ParameterError
            If the planes have another shape, or are not of bool.
        """
        if slab.ndim != 3 or slab.shape[1:] != self._shape or slab.dtype != np.bool_:
            raise ParameterError(
                "slab does not fit the volume",
                expected=f"bool, planes of {self._shape}",
                got=f"{slab.dtype}, {slab.shape}",
            )
        if len(slab) == 0:
            return
        voxels = np.ascontiguousarray(slab).view(np.uint8)
        self._count(np.stack([self._last, voxels[0]]), beyond=self._empty)
        self._empty = False

        def count(part: range) -> None:
            self._count(voxels[part.start : part.stop + 1], beyond=False)

        rows, columns = self._shape
        parts = pieces(len(voxels) - 1, rows * columns, _PIECE_VOXELS)
        each(count, parts, job=job or Job(), threads=self._threads)
        self._last = voxels[-1].copy()

    @property
    def counts(self) -> Array:
        """Counts of what was added so far.

        ndarray of int64, shape (2, 256): how often each configuration occurs within the volume, and among
        those that reach beyond its border, where everything is of the other phase. Bit 4 dx + 2 dz + dy of a
        configuration is its voxel at (dz, dy, dx).
        """
        closed = self._counts.copy()
        if not self._empty:
            _count_into(np.stack([self._last, np.zeros_like(self._last)]), True, closed)
        return closed

    def _count(self, planes: Array, *, beyond: bool) -> None:
        counts = np.zeros((2, 256), dtype=np.int64)
        _count_into(planes, beyond, counts)
        with self._lock:
            self._counts += counts


def _count_into(planes: Array, beyond: bool, counts: Array) -> None:
    from core.measure.kernels.configurations import count_slab

    count_slab(planes, beyond, counts)
