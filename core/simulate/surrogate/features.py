"""What a column of sample contributes to the signal of the pixel above it, turn by turn of the electrons.

A transport equation with few directions (discrete ordinates [1]_) is solved backwards, once for all
pixels: the chance to leave through the face from every cell of the sample straight away, then after one more
turn, and so on. A pixel sees the cells below it by the turns that its beam makes there. Each product of the
two, summed over depth, is a feature; the signal is their weighted sum.

.. [1] E. E. Lewis, W. F. Miller, Computational Methods of Neutron Transport, Wiley 1984, chapter 3.
"""

from __future__ import annotations

import math
from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np

from core.job import Job
from core.simulate.electrons.world import Pair, Raster, World
from core.simulate.surrogate.columns import fractions
from core.simulate.surrogate.escape import escape, layers_of
from core.simulate.surrogate.model import Model
from core.volume import Array

MOST_CELLS = 12_000_000  # of a tile; some 40 bytes each
LEAST_TILE_PX = 32
_THIN = np.float32(1e-6)


@dataclass(frozen=True)
class _Grid:
    """Cells of one tile: `parts` fine ones per pixel, and coarse ones of `joined` fine ones each.

    Where electrons leave without another turn, the sample is seen as sharp as the fine cells; more turns
    blur it, so they are followed in the coarse ones.

    Attributes
    ----------
    corner_nm, fine_nm : tuple of float
        (y, x) of the first pixel's outer corner, and sides of the fine cells.
    shape : tuple of int
        Fine cells (y, x) of the tile, multiples of `joined`.
    parts, joined : tuple of int
        Per axis.
    margin : tuple of int
        Coarse cells around the tile, per axis.
    """

    corner_nm: Pair
    fine_nm: Pair
    shape: tuple[int, int]
    parts: tuple[int, int]
    joined: tuple[int, int]
    margin: tuple[int, int]

    def edges(self) -> tuple[Array, Array]:
        """Borders of the fine cells, margins included."""
        y, x = (
            corner + size * np.arange(-joined * margin, count + joined * margin + 1)
            for corner, size, joined, margin, count in zip(
                self.corner_nm, self.fine_nm, self.joined, self.margin, self.shape, strict=True
            )
        )
        return y, x

    @property
    def coarse_nm(self) -> Pair:
        """Sides (y, x) of the coarse cells."""
        return self.fine_nm[0] * self.joined[0], self.fine_nm[1] * self.joined[1]

    def inner(self, values: Array) -> Array:
        """Coarse cells without the margins."""
        (top, left), (height, width) = self.margin, values.shape[-2:]
        return values[..., top : height - top, left : width - left]

    def inner_fine(self, values: Array) -> Array:
        """Fine cells without the margins."""
        (top, left), (height, width) = np.multiply(self.margin, self.joined), values.shape[-2:]
        return values[..., top : height - top, left : width - left]

    def coarser(self, values: Array) -> Array:
        """Means of fine cells over the coarse ones."""
        return _means(values, self.joined)

    def finer(self, values: Array) -> Array:
        """Values of coarse cells without margins, for each fine cell."""
        for axis, joined in zip((-2, -1), self.joined, strict=True):
            values = np.repeat(values, joined, axis) if joined > 1 else values
        return values


def tiles(raster: Raster, model: Model) -> Iterator[tuple[tuple[slice, slice], Raster]]:
    """Parts of an image that fit into memory one by one, and where they are in it."""
    tall, wide = _tile_px(_grid(raster, model), len(model.centres_nm))
    (rows, columns), (high, across) = raster.shape, raster.pixel_nm
    for y in range(0, rows, tall):
        for x in range(0, columns, wide):
            shape = min(tall, rows - y), min(wide, columns - x)
            corner = raster.corner_nm[0] + y * high, raster.corner_nm[1] + x * across
            place = slice(y, y + shape[0]), slice(x, x + shape[1])
            yield place, Raster(raster.face_nm, shape, raster.pixel_nm, corner)


def _tile_px(grid: _Grid, layers: int) -> tuple[int, int]:
    """Pixels (y, x) of a tile: as many as fit into `MOST_CELLS`, whole coarse cells each."""
    side = math.isqrt(MOST_CELLS // layers)
    tall, wide = (
        max(LEAST_TILE_PX, (side - 2 * margin) * joined // parts) // joined * joined
        for margin, parts, joined in zip(grid.margin, grid.parts, grid.joined, strict=True)
    )
    return tall, wide


def _grid(raster: Raster, model: Model) -> _Grid:
    axes = []
    for corner, pixel, count in zip(raster.corner_nm, raster.pixel_nm, raster.shape, strict=True):
        parts = max(1, math.ceil(pixel / model.fine_nm - 1e-6))
        fine = pixel / parts
        joined = max(1, math.floor(model.coarse_nm / fine + 1e-6))
        cells = math.ceil(count * parts / joined) * joined
        axes.append((corner, fine, cells, parts, joined, math.ceil(model.margin_nm / (fine * joined))))
    corner_nm, fine_nm, shape, parts_yx, joined_yx, margin = zip(*axes, strict=True)
    return _Grid(corner_nm, fine_nm, shape, parts_yx, joined_yx, margin)


def features(world: World, tables: Array, raster: Raster, model: Model, job: Job) -> Array:
    """Features of an image, or of a tile of a large one; see the module.

    Parameters
    ----------
    world : World
        The sample; what lies before the face does not count.
    tables : ndarray of float32, shape (material, label)
        Which label of the world is which material of the model.

    Returns
    -------
    ndarray of float32, shape (feature, y, x)
        Mean over each pixel.
    """
    grid = _grid(raster, model)
    depths = raster.face_nm + np.array(model.edges_nm)
    counted = tables * (np.array(model.down_per_nm) > 0)[:, None]  # vacuum does nothing
    fine = fractions(world, counted, (depths, *grid.edges()), job)
    coarse = grid.coarser(fine)
    layers = layers_of(coarse, model)
    made = [
        _turned(grid.inner(_blurred(coarse, spread, grid, model)) if spread else grid.inner_fine(fine), model)
        for spread in model.spreads
    ]
    straight = None
    if grid.joined != (1, 1):
        (chance,) = escape(layers_of(fine, model), model, grid.fine_nm, job, orders=1)
        straight = grid.inner_fine(chance)
    del fine, coarse
    sums: list[list[Array]] = [[] for _ in made]
    for chance in escape(layers, model, grid.coarse_nm, job):
        inner = grid.inner(chance)
        for turned, found in zip(made, sums, strict=True):
            if turned.shape[-2:] == inner.shape[-2:]:
                found.append(_summed(turned, inner, model))
            else:
                found.append(_summed(turned, grid.finer(inner) if straight is None else straight, model))
        straight = None
    parts = [np.stack(found, axis=1).reshape(-1, *found[0].shape[-2:]) for found in sums]
    whole = np.concatenate([part if part.shape[-2:] == grid.shape else grid.finer(part) for part in parts])
    (rows, columns), (up, across) = raster.shape, grid.parts
    return _means(whole[:, : rows * up, : columns * across], grid.parts)


def _means(values: Array, size: tuple[int, int]) -> Array:
    """Means over blocks of this size (y, x) of the last two axes."""
    if size == (1, 1):
        return values
    tall, wide = size
    parts = [values[..., y::tall, x::wide] for y in range(tall) for x in range(wide)]
    total: Array = np.zeros_like(parts[0])
    for part in parts:
        total += part
    return total * np.float32(1 / (tall * wide))


def _blurred(coarse: Array, spread: float, grid: _Grid, model: Model) -> Array:
    """Fractions as a beam sees them whose width (sigma) is `spread` times the depth."""
    from scipy.fft import irfft2, next_fast_len, rfft2

    height, width = coarse.shape[-2:]
    size = (next_fast_len(height, real=True), next_fast_len(width, real=True))
    y, x = np.fft.fftfreq(size[0], grid.coarse_nm[0]), np.fft.rfftfreq(size[1], grid.coarse_nm[1])
    squares = (2 * np.pi) ** 2 * (y[:, None] ** 2 + x[None] ** 2)
    widths = spread * model.centres_nm
    kernel = np.exp(-0.5 * squares[None] * (widths**2)[:, None, None]).astype(np.float32)
    spectrum = rfft2(coarse, s=size)
    spectrum *= kernel
    result: Array = irfft2(spectrum, s=size)[..., :height, :width]
    return result


def _turned(below: Array, model: Model) -> Array:
    """Turns of the beam in the cells, from the fractions in them; shape (material of matter, layer, y, x)."""
    thick = np.diff(model.edges_nm).astype(np.float32)[:, None, None]
    turns = np.tensordot(np.array(model.down_per_nm, np.float32), below, 1) * thick
    before = np.cumsum(turns, axis=0) - turns
    safe = np.maximum(turns, _THIN)
    left = np.exp(-before) * (-np.expm1(-safe) / safe) * thick  # mean of what is left of the beam
    matter = [number for number, rate in enumerate(model.down_per_nm) if rate > 0]
    return np.stack([np.float32(model.down_per_nm[number]) * below[number] * left for number in matter])


def _summed(turned: Array, chance: Array, model: Model) -> Array:
    """Turns times chances, summed over depth with each of the decays; shape (material, decay, y, x)."""
    decays = np.array([0.0, *(1 / length for length in model.decays_nm)])
    depth = np.exp(-decays[:, None] * model.centres_nm).astype(np.float32)
    layers, *shape = chance.shape
    sums = [depth @ (material * chance).reshape(layers, -1) for material in turned]
    return np.stack(sums).reshape(len(turned), len(decays), *shape)
