"""The surface of a binary volume or a label: triangles in nm, closed, made block by block.

Marching cubes looks at eight neighbouring voxels at a time, so blocks that share one layer of voxels give the
triangles of the whole volume, each once. The volume counts as surrounded by pore: where the solid is cut by
the border of the volume, the surface is closed there.

Corners lie half-way between the two voxels, whatever the values are. Where the voxels leave open how to
connect, solid voxels that touch along an edge only are kept apart, so solid is 6-connected and pore
26-connected, and every edge belongs to exactly two triangles.

References
----------
Lewiner et al. 2003, Journal of Graphics Tools 8(2), doi:10.1080/10867651.2003.10487582 (as in scikit-image)
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass, field

import numpy as np
import numpy.typing as npt

from core.errors import ParameterError
from core.io.writers.options import WriteOptions
from core.volume import Array, Shape, Volume, VolumeInfo

Bools = npt.NDArray[np.bool_]
Floats = npt.NDArray[np.float64]
Ints = npt.NDArray[np.int64]

SLAB_VOXELS = 64 << 20
TILE = 256
MAX_DEPTH = 64
# Above one half: makes the ambiguous cases decide for "apart" instead of being ties.
LEVEL = 0.6
SNAP = 1e-3


@dataclass(frozen=True)
class Patch:
    """Triangles of one tile.

    Attributes
    ----------
    start, stop : tuple of int
        First and last layer of voxels along z, y, x; the neighbouring tiles have them too.
    corners : ndarray, shape (n, 3), float64
        (z, y, x) in voxels: voxel i of an axis has its centre at i.
    triangles : ndarray, shape (m, 3), int64
        Rows of `corners`, counter-clockwise seen from the pore.
    """

    start: Shape
    stop: Shape
    corners: Floats
    triangles: Ints


def enclosed(volume: Volume, options: WriteOptions) -> Callable[[Array], Bools]:
    """Function that says which voxels of a plane the surface encloses.

    Raises
    ------
    ParameterError
        If the volume is grey and no threshold is given, or both a label and a threshold are.
    """
    label, threshold = options.label, options.threshold
    if label is not None and threshold is not None:
        raise ParameterError("a surface encloses a label or what is above a threshold, not both")
    if label is not None:
        return lambda plane: plane == label
    if threshold is not None:
        return lambda plane: plane > threshold
    if volume.info.continuous:
        raise ParameterError(
            "a grey volume has no surface",
            expected="a binary or label volume, or a threshold",
            got="grey values without a threshold",
            remedy="segment first, or give a threshold",
        )
    return lambda plane: plane != 0


def patches(planes: Iterable[Bools], shape: Shape) -> Iterator[Patch]:
    """Triangles of the whole volume, tile by tile; one slab of planes is in memory at a time.

    Parameters
    ----------
    planes : iterable of ndarray of bool, shape (y, x)
        True where the surface encloses the voxel.
    shape : tuple of int
        (z, y, x).
    """
    _, rows, columns = shape
    depth = max(1, min(MAX_DEPTH, SLAB_VOXELS // ((rows + 2) * (columns + 2))))
    empty = np.zeros((1, rows + 2, columns + 2), dtype=np.bool_)
    last = empty  # the layer of pore in front of the volume, z = -1
    first_z = -1
    for some in _grouped(planes, depth):
        padded = np.pad(some, ((0, 0), (1, 1), (1, 1)))
        slab = np.concatenate([last, padded])
        yield from _tiles(slab, first_z)
        first_z += some.shape[0]
        last = slab[-1:].copy()
    yield from _tiles(np.concatenate([last, empty]), first_z)


def to_nm(corners: Floats, info: VolumeInfo) -> Floats:
    """Corners (z, y, x) in voxels as (x, y, z) in nm; between uneven slices the place is interpolated.

    Parameters
    ----------
    corners : ndarray, shape (n, 3)
        In voxels.
    info : VolumeInfo
        Gives voxel size and slice positions.
    """
    y_size, x_size = require_scale(info)
    z_nm = info.positions_nm()
    if z_nm is None or len(z_nm) == 1:
        z = corners[:, 0] * (info.voxel_nm[0] or 0.0)
    else:
        places = np.array(z_nm)
        # One more slice at each end, as far away as the neighbour, for the closed ends.
        around = np.concatenate([[2 * places[0] - places[1]], places, [2 * places[-1] - places[-2]]])
        z = np.interp(corners[:, 0], np.arange(-1, len(places) + 1), around)
    return np.stack([corners[:, 2] * x_size, corners[:, 1] * y_size, z], axis=1)


def require_scale(info: VolumeInfo) -> tuple[float, float]:
    """Pixel size (y, x) in nm, once it is sure that the place of every slice is known too.

    Raises
    ------
    MissingMetadataError
        If a length is not known: a surface in guessed proportions would look right and be wrong.
    """
    has_places = info.z_nm is not None and info.shape[0] > 1
    sizes = (1.0, *info.voxel_nm[1:]) if has_places else info.voxel_nm
    _, y, x = info.with_(voxel_nm=sizes).require_voxel_nm()
    return y, x


def _grouped(planes: Iterable[Bools], depth: int) -> Iterator[Bools]:
    group: list[Bools] = []
    for plane in planes:
        group.append(plane)
        if len(group) == depth:
            yield np.stack(group)
            group = []
    if group:
        yield np.stack(group)


def _tiles(slab: Bools, first_z: int) -> Iterator[Patch]:
    """Triangles of a slab (padded by one along y and x) in tiles that share one layer of voxels."""
    _, rows, columns = slab.shape
    for y in range(0, rows - 1, TILE):
        for x in range(0, columns - 1, TILE):
            tile = slab[:, y : y + TILE + 1, x : x + TILE + 1]
            if tile.any() and not tile.all():
                yield _march(tile, (first_z, y - 1, x - 1))


def _march(tile: Bools, start: Shape) -> Patch:
    from skimage.measure import marching_cubes

    corners, triangles, _, _ = marching_cubes(tile.astype(np.float32), LEVEL, allow_degenerate=True)
    place = corners.astype(np.float64)
    # Every corner lies on an edge between two voxels: one coordinate is not whole and becomes a half, exactly
    # so that neighbouring tiles agree to the last bit.
    nearest = np.rint(place)
    place = np.where(np.abs(place - nearest) < SNAP, nearest, np.floor(place) + 0.5)
    z, y, x = (first + length - 1 for first, length in zip(start, tile.shape, strict=True))
    return Patch(start, (z, y, x), place + start, triangles.astype(np.int64))


@dataclass
class Welder:
    """Gives every corner one number, also where tiles meet.

    Only the corners on faces whose second tile is still to come are remembered.
    """

    count: int = 0
    _open: dict[tuple[int, Shape], tuple[Ints, Ints]] = field(default_factory=dict)

    def join(self, patch: Patch) -> tuple[Floats, Ints]:
        """Corners that are new, and the triangles as rows of all corners so far."""
        keys = _keys(patch)
        numbers = np.full(len(keys), -1, dtype=np.int64)
        for axis in range(3):
            self._look_up(keys, numbers, self._open.pop((axis, patch.start), None))
        is_new = numbers < 0
        numbers[is_new] = self.count + np.arange(np.count_nonzero(is_new))
        self.count += int(np.count_nonzero(is_new))
        for axis in range(3):
            on_face = patch.corners[:, axis] == patch.stop[axis]
            if on_face.any():
                z, y, x = (
                    b if k == axis else a
                    for k, (a, b) in enumerate(zip(patch.start, patch.stop, strict=True))
                )
                self._open[axis, (z, y, x)] = (keys[on_face], numbers[on_face])
        return patch.corners[is_new], numbers[patch.triangles]

    @staticmethod
    def _look_up(keys: Ints, numbers: Ints, known: tuple[Ints, Ints] | None) -> None:
        if known is None:
            return
        order = np.argsort(known[0])
        known_keys, known_numbers = known[0][order], known[1][order]
        place = np.minimum(np.searchsorted(known_keys, keys), len(known_keys) - 1)
        found = known_keys[place] == keys
        numbers[found] = known_numbers[place[found]]


def _keys(patch: Patch) -> Ints:
    """One whole number per corner, unique in the volume."""
    doubled = np.rint(2 * patch.corners).astype(np.int64) + 2
    # 21 bits for each axis: volumes of up to a million voxels along an axis.
    keys: Ints = (doubled[:, 0] << 42) | (doubled[:, 1] << 21) | doubled[:, 2]
    return keys
