"""Specific surface and Euler number from the counts of 2 x 2 x 2 configurations.

Surface
-------
A surface of area S in a volume V is crossed by a test line of direction u, on average over all positions,
``P(u) = S <|n u|> / V`` times per length, n being the normal; over all directions the mean of |n u| is 1/2,
so ``S / V = 2 mean P(u)`` (Crofton). Thirteen directions are looked at: those of the three edges, six face
diagonals and four space diagonals of a voxel of the size it has. A pair of voxels of different phases at the
distance d_k is one crossing, so ``P_k = pairs that differ / (pairs d_k)`` and ``S / V = 2 sum w_k P_k``. The
weights w_k, which add up to 1, are those that make ``2 sum w_k |n u_k|`` differ least from 1 over all
normals (least squares). For cubes they are within 0.01 of the shares of the sphere that lie nearest to each
direction, which are used elsewhere; for stretched voxels, whose directions crowd together, they lower the
mean square error (at 1 : 1 : 2 from 5.6 to 3.1 % for planes, from 2.5 to 1.0 % for long cylinders).

All pairs lie within the volume, whose border is no surface. They are counted as often as they occur in the
configurations, those at the border less often; as differing and all pairs are counted alike, the ratio is
not biased. The volume it is per is the one between the centres of the outermost voxels.

Surfaces in all directions alike come out without bias, however voxels are stretched. A single orientation is
told only as well as thirteen directions can: root mean square and worst error over all planes are 1.6 and -8
% for cubes, 3 and -18 % for edges of 1 : 1 : 2, 6 and -29 % for 1 : 1 : 4 (the worst are planes across the
long edge); over all directions of long cylinders 0.4 and -2 %, 1 and -4 %, 2 and -6 %.

Euler number
------------
Of the phase as it stands, the other phase all around it. With 6-connectivity, voxels are points, neighbours
are joined, and squares and cubes of voxels are filled; with 26-connectivity, voxels are closed cubes. Each
point, edge, square and cube is shared among the configurations that hold it.

References
----------
Ohser J., Schladitz K., 3D Images of Materials Structures, Wiley 2009; Lehmann G., Legland D., Efficient
N-dimensional surface estimation using Crofton formula and run-length encoding, Insight J. 2012
(hal-02811118).
"""

from __future__ import annotations

import itertools
import math
from typing import Literal

import numpy as np

from core.errors import ParameterError
from core.measure.results import SurfaceResult
from core.volume import Array

_CORNERS = tuple(itertools.product(range(2), repeat=3))
_NORMALS = 256
_Pair = tuple[tuple[int, ...], tuple[int, ...]]


def surface_result(
    counts: Array,
    *,
    voxel_nm: tuple[float, float, float] | None,
    connectivity: Literal[6, 26],
    volume_voxels: int,
) -> SurfaceResult:
    """Specific surface and Euler number of a phase.

    Parameters
    ----------
    counts : ndarray of int64, shape (2, 256)
        From `core.measure.configurations.ConfigurationCounter`.
    voxel_nm : tuple of float or None
        Voxel edges along z, y and x; None if they are not known.
    connectivity : {6, 26}
        Of the phase.
    volume_voxels : int
        Voxels of the whole volume, of all phases.

    Returns
    -------
    SurfaceResult
        No specific surface without voxel edges, or for a volume that is a single voxel thick.

    Raises
    ------
    ParameterError
        If the counts or the connectivity make no sense.
    """
    if counts.shape != (2, 256):
        raise ParameterError(
            "these are no counts of configurations", expected="shape (2, 256)", got=counts.shape
        )
    number = euler_number(counts, connectivity)
    if voxel_nm is None:
        return SurfaceResult(specific_surface_per_nm=None, euler_number=number, euler_per_nm3=None)
    return SurfaceResult(
        specific_surface_per_nm=specific_surface(counts, voxel_nm),
        euler_number=number,
        euler_per_nm3=number / (volume_voxels * math.prod(voxel_nm)),
    )


def specific_surface(counts: Array, voxel_nm: tuple[float, float, float]) -> float | None:
    """Surface between the phase and the others per volume, in 1/nm.

    Parameters
    ----------
    counts : ndarray of int64, shape (2, 256)
        From `core.measure.configurations.ConfigurationCounter`.
    voxel_nm : tuple of float
        Voxel edges along z, y and x.

    Returns
    -------
    float or None
        In 1/nm, 0 or more; None if there is not a single configuration within the volume.
    """
    within = int(counts[0].sum())
    if within == 0:
        return None
    directions = directions_of_pairs()
    vectors_nm = np.array(list(directions)) * np.array(voxel_nm)
    weights = direction_weights(vectors_nm)
    total = 0.0
    for weight, vector_nm, pairs in zip(weights, vectors_nm, directions.values(), strict=True):
        differing = sum(int(counts[0, _bit(one) != _bit(other)].sum()) for one, other in pairs)
        total += weight * differing / (within * len(pairs) * float(np.linalg.norm(vector_nm)))
    return 2 * total


def euler_number(counts: Array, connectivity: Literal[6, 26]) -> int:
    """Euler number of the phase, everything around the volume being of another phase.

    Parameters
    ----------
    counts : ndarray of int64, shape (2, 256)
        From `core.measure.configurations.ConfigurationCounter`.
    connectivity : {6, 26}
        Of the phase.

    Raises
    ------
    ParameterError
        If the connectivity is another.
    """
    if connectivity not in (6, 26):
        raise ParameterError("voxels are connected by 6 or 26 neighbours", expected="6, 26", got=connectivity)
    eighths = _eighths(connectivity)
    total = int((counts.sum(axis=0) * eighths).sum())
    if total % 8:
        raise ParameterError("these are no counts of a whole volume", expected="whole numbers of cells")
    return total // 8


def directions_of_pairs() -> dict[tuple[int, ...], list[_Pair]]:
    """The 13 directions within 2 x 2 x 2 voxels, each with its pairs of corners."""
    found: dict[tuple[int, ...], list[_Pair]] = {}
    for one, other in itertools.combinations(_CORNERS, 2):
        step = tuple(b - a for a, b in zip(one, other, strict=True))
        found.setdefault(step, []).append((one, other))
    return found


def direction_weights(vectors: Array) -> Array:
    """Weights that make the sum over some axes stand for the mean over all directions.

    Parameters
    ----------
    vectors : ndarray of float64, shape (n, 3)
        Along the axes, of any length; an axis points both ways.

    Returns
    -------
    ndarray of float64, shape (n,)
        0 or more; they add up to 1.
    """
    from scipy.optimize import nnls

    units = vectors / np.linalg.norm(vectors, axis=1, keepdims=True)
    normals = _normals()
    crossings = 2 * np.abs(normals @ units.T)
    # The last equation outweighs the others: the weights add up to 1.
    equations = np.vstack([crossings, np.full((1, len(units)), 1e3 * len(normals))])
    weights, _ = nnls(equations, np.append(np.ones(len(normals)), 1e3 * len(normals)))
    shares: Array = weights / weights.sum()
    return shares


def _normals() -> Array:
    """Directions spread evenly over half the sphere, the same along each axis; shape (24 _NORMALS, 3)."""
    steps = np.arange(_NORMALS) + 0.5  # along a spiral
    height, turn = 1 - 2 * steps / _NORMALS, math.pi * (1 + math.sqrt(5)) * steps
    across = np.sqrt(1 - height**2)
    spiral = np.stack([height, across * np.sin(turn), across * np.cos(turn)])
    signs = [(1, *rest) for rest in itertools.product((1, -1), repeat=2)]
    orders = itertools.permutations(range(3))
    turned = [(spiral[list(order)].T * sign) for order in orders for sign in signs]
    return np.concatenate(turned)


def _bit(corner: tuple[int, ...]) -> Array:
    """Whether each configuration has this voxel; bool, shape (256,)."""
    dz, dy, dx = corner
    configurations = np.arange(256)
    bit: Array = (configurations >> (4 * dx + 2 * dz + dy)) & 1 == 1
    return bit


def _eighths(connectivity: int) -> Array:
    """Eight times what each configuration adds to the Euler number; int64, shape (256,).

    A voxel is shared by 8 configurations, a pair of neighbours by 4, a square by 2.
    """
    pairs = [
        pair for step, ends in directions_of_pairs().items() if sum(map(abs, step)) == 1 for pair in ends
    ]
    squares = [
        [corner for corner in _CORNERS if corner[axis] == side] for axis in range(3) for side in range(2)
    ]
    # Closed cubes: a face is there if one of its two voxels is, an edge if one of four, a corner if one of 8.
    joined = np.all if connectivity == 6 else np.any
    cells = [
        sum(joined([_bit(corner) for corner in cell], axis=0).astype(np.int64) for cell in kind)
        for kind in ([[corner] for corner in _CORNERS], pairs, squares, [_CORNERS])
    ]
    points, edges, faces, cubes = cells
    euler = points - 2 * edges + 4 * faces - 8 * cubes
    return np.asarray(euler if connectivity == 6 else -euler, dtype=np.int64)
