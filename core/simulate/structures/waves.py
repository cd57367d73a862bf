"""A field of many waves of equal strength, evaluated anywhere in space.

f(r) = sqrt(2 / N) * sum over i of cos(k_i . r + p_i), with random phases p_i: mean 0, variance 1. At any
place it is a sum of N independent terms; the excess kurtosis of its distribution is -3 / (2 N), so 2000 waves
(-0.0008) cannot be told from a Gaussian field. Directions come in random triples at right angles: each is
uniform on the sphere, and the sum of k k^T is isotropic exactly, not only up to 1 / sqrt(N), which would show
as ligaments that differ by about 1 % along x, y and z.

Space is cut into tiles on a fixed grid. In each, the waves are added up at Chebyshev nodes only, as a matrix
product of exponentials that are separable along the axes, and interpolated from there: the waves are band
limited, so a few nodes beyond pi per wavelength give the field to about 10^-4 of its spread. Every voxel is
computed by products of the same shapes whatever block it is read with, so its value is always the same.

References
----------
Cahn J.W., J. Chem. Phys. 42 (1965) 93, doi:10.1063/1.1695731 (the model); Soyarslan C. et al., Acta Mater.
149 (2018) 326, doi:10.1016/j.actamat.2018.01.005 (wave vectors that fit a periodic box).
"""

from __future__ import annotations

import math
import threading
from collections import OrderedDict
from typing import Any

import numpy as np

from core.errors import ParameterError
from core.simulate.structures.pattern import Ranges
from core.volume import Array, Shape

_NODE_BYTES = 192 << 20
_EXTRA_NODES = 10
_SIDES = (16, 32, 64, 128)
_SHELL = 0.05
_FEWEST_PERIODIC = 40
# Products are cut to pieces that BLAS libraries give to one thread (OpenBLAS: up to 2^18 multiplications).
# Larger ones are spread over all processors, which takes several times longer where other threads work, too.
_PIECE = 1 << 18
_COLUMNS, _ROWS = 64, 32


def random_vectors(rng: np.random.Generator, wavelength_px: float, waves: int) -> Array:
    """Wave vectors (z, y, x) in rad per voxel, uniform in direction, in triples at right angles."""
    frames, _ = np.linalg.qr(rng.normal(size=(-(-waves // 3), 3, 3)))
    return np.asarray(frames.reshape(-1, 3) * (2 * np.pi / wavelength_px))


def periodic_vectors(rng: np.random.Generator, wavelength_px: float, waves: int, shape: Shape) -> Array:
    """Wave vectors that fit into `shape` a whole number of times and come nearest to the length wanted.

    Raises
    ------
    ParameterError
        If fewer than 40 different ones come within 5 % of it.
    """
    directions = rng.normal(size=(20 * waves, 3))
    directions /= np.linalg.norm(directions, axis=1, keepdims=True)
    numbers = np.rint(directions * np.array(shape) / wavelength_px)
    numbers = numbers[numbers.any(axis=1)]
    leading = np.take_along_axis(numbers, (numbers != 0).argmax(axis=1)[:, None], axis=1)
    numbers = np.unique(numbers * np.sign(leading), axis=0)  # k and -k are the same wave
    length = np.linalg.norm(numbers / np.array(shape), axis=1) * wavelength_px
    error = np.abs(length - 1)
    order = np.lexsort((rng.random(len(error)), error))
    fitting = order[error[order] <= _SHELL][:waves]
    if len(fitting) < _FEWEST_PERIODIC:
        raise ParameterError(
            "the shape is too small for a periodic structure",
            expected=f"sides of at least {math.ceil(4.5 * wavelength_px)} voxels",
            got=shape,
            remedy="choose a larger shape, smaller ligaments, or leave out periodic",
        )
    return np.asarray(2 * np.pi * numbers[fitting] / np.array(shape))


class WaveField:
    """The sum of waves.

    Parameters
    ----------
    vectors : ndarray of float, shape (waves, 3)
        Wave vectors (z, y, x) in rad per voxel.
    phases : ndarray of float, shape (waves,)
        In rad.
    """

    def __init__(self, vectors: Array, phases: Array) -> None:
        self.vectors, self.phases = vectors, phases
        wavelength = 2 * np.pi / float(np.linalg.norm(vectors, axis=1).max())
        self.side = next((side for side in reversed(_SIDES) if side <= 10 * wavelength), _SIDES[0])
        count = min(self.side, math.ceil(np.pi * self.side / wavelength) + _EXTRA_NODES)
        nodes, self._weights = _interpolation(self.side, count)
        along = [np.exp(1j * nodes[:, None] * vectors[None, :, axis]) for axis in range(3)]
        self._z = along[0] * math.sqrt(2 / len(phases))
        plane = along[1][:, None, :] * along[2][None, :, :]
        self._depth = _PIECE // (_COLUMNS * count)
        self._yx = _pieces(_interleaved(plane.reshape(-1, len(phases)).conj()).T, self._depth, _COLUMNS)
        self._tiles: OrderedDict[tuple[int, ...], Array] = OrderedDict()
        self._lock = threading.Lock()

    def __reduce__(self) -> tuple[Any, ...]:
        return WaveField, (self.vectors, self.phases)

    def read(self, ranges: Ranges, stride: int = 1) -> Array:
        """Values of every `stride`-th voxel of a block, float32, shape (z, y, x)."""
        indices = [np.arange(start, stop, stride) for start, stop in ranges]
        out = np.empty(tuple(map(len, indices)), dtype=np.float32)
        runs = [_runs(index, self.side) for index in indices]
        for z, in_z, to_z in runs[0]:
            for y, in_y, to_y in runs[1]:
                for x, in_x, to_x in runs[2]:
                    out[to_z, to_y, to_x] = self._tile((z, y, x), in_z, in_y, in_x, whole=stride == 1)
        return out

    def _tile(self, tile: tuple[int, int, int], z: Array, y: Array, x: Array, *, whole: bool) -> Array:
        """Values at places of one tile; whole planes are computed so that the shapes are always the same."""
        nodes = self._nodes(tile)
        count = len(nodes)
        planes = np.matmul(self._weights[z][:, None, :], nodes.reshape(count, -1)).reshape(-1, count, count)
        if not whole:
            return np.asarray(np.matmul(np.matmul(self._weights[y], planes), self._weights[x].T))
        rows = min(_ROWS, self.side)
        field = np.matmul(self._weights, planes).reshape(len(z), -1, rows, count)
        field = np.matmul(field, self._weights.T).reshape(len(z), self.side, self.side)
        part: Array = field[:, y[0] : y[-1] + 1, x[0] : x[-1] + 1]
        return part

    def _nodes(self, tile: tuple[int, int, int]) -> Array:
        """Field at the Chebyshev nodes of a tile, shape (nodes, nodes, nodes); the last ones are kept."""
        with self._lock:
            found = self._tiles.get(tile)
            if found is not None:
                self._tiles.move_to_end(tile)
                return found
        centre = np.array(tile) * self.side + (self.side - 1) / 2
        phase = np.exp(1j * (self.vectors @ centre + self.phases))
        count = self._weights.shape[1]
        across, down = self._yx.shape[:2]
        waves = np.zeros((count, down * self._depth), dtype=np.float32)
        waves[:, : 2 * len(self.phases)] = _interleaved(self._z * phase)
        pieces = np.ascontiguousarray(waves.reshape(count, down, self._depth).swapaxes(0, 1))
        sums = np.matmul(pieces, self._yx).sum(axis=1)  # (across, nodes, columns)
        nodes = sums.swapaxes(0, 1).reshape(count, across * _COLUMNS)[:, : count * count]
        nodes = np.ascontiguousarray(nodes).reshape(count, count, count)
        with self._lock:
            self._tiles[tile] = nodes
            while len(self._tiles) * nodes.nbytes > _NODE_BYTES:
                self._tiles.popitem(last=False)
        return nodes


def _interleaved(values: Array) -> Array:
    """Complex numbers (n, m) as real and imaginary parts side by side, float32 (n, 2 m).

    The real part of a product a b is then the real product of a with the conjugate of b.
    """
    return np.ascontiguousarray(values.astype(np.complex64)).view(np.float32)


def _pieces(matrix: Array, rows: int, columns: int) -> Array:
    """Cut a matrix into blocks, shape (blocks across, blocks down, rows, columns), filled up with zeros."""
    down, across = -(-matrix.shape[0] // rows), -(-matrix.shape[1] // columns)
    padded = np.zeros((down * rows, across * columns), dtype=matrix.dtype)
    padded[: matrix.shape[0], : matrix.shape[1]] = matrix
    blocks = padded.reshape(down, rows, across, columns).transpose(2, 0, 1, 3)
    return np.ascontiguousarray(blocks)


def _interpolation(side: int, count: int) -> tuple[Array, Array]:
    """Chebyshev nodes (in voxels from the centre of a tile) and weights (voxels, nodes) to interpolate."""
    places = np.arange(side) - (side - 1) / 2
    if count >= side:
        return places, np.eye(side, dtype=np.float32)
    angles = (np.arange(count) + 0.5) * np.pi / count
    nodes = np.cos(angles) * side / 2
    barycentric = np.sin(angles) * (-1.0) ** np.arange(count)
    apart = places[:, None] - nodes[None, :]
    hit = np.abs(apart) < 1e-9
    terms = barycentric / np.where(hit, 1, apart)
    weights = terms / terms.sum(axis=1, keepdims=True)
    rows = hit.any(axis=1)
    weights[rows] = hit[rows]
    return nodes, weights.astype(np.float32)


def _runs(indices: Array, side: int) -> list[tuple[int, Array, slice]]:
    """The tiles along one axis that indices lie in: number, places in the tile, place in the output."""
    tiles = indices // side
    cuts = np.flatnonzero(np.diff(tiles)) + 1
    starts, stops = [0, *cuts.tolist()], [*cuts.tolist(), len(indices)]
    return [
        (int(tiles[a]), indices[a:b] - tiles[a] * side, slice(a, b))
        for a, b in zip(starts, stops, strict=True)
    ]
