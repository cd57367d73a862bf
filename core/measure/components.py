"""Connected components of one phase: counted while the stack streams by, or as labels of a volume in memory.

Voxels are neighbours over their faces (6) or also over edges and corners (26). Along x each row is a few
runs; runs of neighbouring rows that meet are joined in one table, from which components that the current
slice no longer holds are taken out, so that the table follows the slice and not the volume.

References
----------
Union-find over runs: K. Suzuki, I. Horiba, N. Sugie, Comput. Vis. Image Underst. 89 (2003) 1,
doi:10.1016/S1077-3142(02)00030-9; path halving: R. E. Tarjan, J. van Leeuwen, J. ACM 31 (1984) 245,
doi:10.1145/62.2160.
"""

from __future__ import annotations

from typing import Literal

import numpy as np

from core.errors import NotEnoughMemoryError, ParameterError
from core.job import Job
from core.measure.results import ComponentResult
from core.measure.words import packed, words_of
from core.volume import Array, Shape

Connectivity = Literal[6, 26]
LARGEST = 20
_TABLE = 1 << 22
# Marks of a component: the borders of the volume that it touches, x first; two of one axis mean that it
# reaches through.
_THROUGH = {"z": 16 | 32, "y": 4 | 8, "x": 1 | 2}


class ComponentCounter:
    """Counts the components of one phase; slabs come in order along z and their size does not matter.

    Parameters
    ----------
    shape : tuple of int
        (z, y, x) of the whole.
    connectivity : {6, 26}
        Which voxels are neighbours.
    """

    def __init__(self, shape: Shape, connectivity: Connectivity) -> None:
        self._shape = shape
        _, rows, width = shape
        self._reach = 0 if connectivity == 6 else 1
        most = rows * (width // 2 + 1)
        self._capacity = most + _TABLE
        self._before, self._current = _Plane(rows, most), _Plane(rows, most)
        self._parent = np.empty(self._capacity, dtype=np.int32)
        self._size = np.empty(self._capacity, dtype=np.int64)
        self._touched = np.empty(self._capacity, dtype=np.uint8)
        self._most = most
        self._taken = 0
        self._seen = 0
        self._count = 0
        self._voxels = 0
        self._isolated = 0
        self._through = dict.fromkeys(_THROUGH, 0)
        self._reaches = dict.fromkeys(_THROUGH, False)
        self._largest = np.zeros(0, dtype=np.int64)

    def add(self, slab: Array) -> None:
        """Take the next slices, bool of shape (n, y, x)."""
        from core.measure.kernels.linking import link_plane

        depth, _, width = self._shape
        if slab.shape[1:] != self._shape[1:] or slab.dtype != np.bool_ or self._seen + len(slab) > depth:
            raise ParameterError(
                "slabs do not fit the volume", expected=f"bool, {self._shape}", got=slab.shape
            )
        for plane in packed(slab, words_of(width)):
            if self._taken + self._most > self._capacity:
                self._compact()
            edges = (16 if self._seen == 0 else 0) | (32 if self._seen == depth - 1 else 0)
            self._taken = link_plane(
                plane, width, self._reach, edges, *self._before.arrays, *self._current.arrays,
                self._parent, self._size, self._touched, self._taken,
            )  # fmt: skip
            self._before, self._current = self._current, self._before
            self._seen += 1

    def finish(self) -> ComponentResult:
        """What was found, once every slice has been added."""
        if self._seen != self._shape[0]:
            raise ParameterError("slabs do not add up to the volume", expected=self._shape[0], got=self._seen)
        self._before.rows[:] = 0  # nothing is kept
        self._compact()
        voxels = max(1, self._voxels)
        through = {axis: count / voxels for axis, count in self._through.items()}
        return ComponentResult(
            count=self._count,
            largest_fraction=int(self._largest[0]) / voxels if self._count else 0.0,
            percolates=(self._reaches["z"], self._reaches["y"], self._reaches["x"]),
            percolating_fraction=(through["z"], through["y"], through["x"]),
            largest=tuple(self._largest.tolist()),
            isolated_fraction=self._isolated / voxels,
        )

    def _compact(self) -> None:
        """Add up the finished components and make room for others."""
        from core.measure.kernels.linking import compact

        before = self._before
        fresh = np.empty(self._taken, dtype=np.int32)
        kept, done = compact(
            before.ids, int(before.rows[-1]), self._parent, self._size, self._touched, self._taken, fresh
        )
        sizes, touched = self._size[kept : kept + done], self._touched[kept : kept + done]
        self._taken = kept
        self._count += done
        self._voxels += int(sizes.sum())
        self._isolated += int(sizes[touched == 0].sum())
        for axis, both in _THROUGH.items():
            reaching = (touched & both) == both
            self._through[axis] += int(sizes[reaching].sum())
            self._reaches[axis] |= bool(reaching.any())
        self._largest = np.sort(np.concatenate([self._largest, sizes]))[::-1][:LARGEST].copy()


class _Plane:
    """Runs of one slice, row by row, with the component each belongs to."""

    def __init__(self, rows: int, most: int) -> None:
        self.rows = np.zeros(rows + 1, dtype=np.int64)
        self.starts, self.ends, self.ids = (np.empty(most, dtype=np.int32) for _ in range(3))

    @property
    def arrays(self) -> tuple[Array, Array, Array, Array]:
        return self.rows, self.starts, self.ends, self.ids


def label_components(solid: Array, *, connectivity: Connectivity, job: Job) -> Array:
    """Number the components of a volume in memory by size.

    Parameters
    ----------
    solid : ndarray of bool, shape (z, y, x)
        The phase.
    connectivity : {6, 26}
        Which voxels are neighbours.
    job : Job
        Cancelling, between the parts of the work.

    Returns
    -------
    ndarray of int32, shape (z, y, x)
        1 for the largest component, 2 for the next, ...; equal ones in the order of their first voxel. 0
        outside.

    Raises
    ------
    NotEnoughMemoryError
        If there are more voxels than int32 can number.
    """
    from scipy.ndimage import generate_binary_structure, label

    if solid.size >= 2**31:
        raise NotEnoughMemoryError(
            "components are numbered in memory, and this volume is too large for that",
            expected=f"fewer than {2**31:,} voxels",
            got=f"{solid.size:,}",
            remedy="choose a region",
        )
    job.progress(0, 3, "Components")
    found, count = label(solid, generate_binary_structure(3, 1 if connectivity == 6 else 3), output=np.int32)
    job.progress(1, 3, "Components")
    sizes = np.bincount(found.ravel(), minlength=count + 1)[1:]
    job.progress(2, 3, "Components")
    numbers = np.zeros(count + 1, dtype=np.int32)
    numbers[1 + np.argsort(-sizes, kind="stable")] = np.arange(1, count + 1, dtype=np.int32)
    labels: Array = numbers[found]
    job.progress(3, 3, "Components")
    return labels
