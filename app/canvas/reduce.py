"""A stack made small enough for a 3D texture, read slice by slice. No Qt, no OpenGL."""

from __future__ import annotations

import math
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import Literal

import numpy as np
import numpy.typing as npt

from app.geometry import Frame, X, Y, Z
from core.job import Job
from core.volume import Array, Volume, VolumeInfo

Kind = Literal["mean", "max"]
CHUNK_BYTES = 32 << 20
LARGE_BYTES = 1 << 30  # from here on a quick look (one slice per layer) comes before the whole


@dataclass(frozen=True)
class Reduction:
    """How a stack becomes a texture.

    Attributes
    ----------
    factors : tuple of int
        Voxels of the stack per voxel of the texture (z, y, x).
    shape : tuple of int
        Voxels of the texture (z, y, x).
    size, lengths : tuple of float
        Size of a texture voxel and of the whole stack (z, y, x), in `unit`.
    unit : str
        ``nm``, or ``px`` where the size is unknown.
    kind : {'mean', 'max'}
        What stands for a block of voxels. Of a binary stack the mean keeps the share of solid, so the
        surface at one half is that of the majority; the maximum keeps what is thin, and thickens it.
    layers : tuple of (int, int)
        Slices (first, last + 1) of each layer of the texture; equal where there are none.
    note : str
        What the user has to know; empty if all is well.
    limit : {'', 'side', 'bytes'}
        What makes it coarser than the stack: voxels along a side, or all bytes.
    """

    factors: tuple[int, int, int]
    shape: tuple[int, int, int]
    size: tuple[float, float, float]
    lengths: tuple[float, float, float]
    unit: str
    kind: Kind
    layers: tuple[tuple[int, int], ...]
    note: str
    limit: str = ""

    @property
    def label(self) -> str:
        """How coarse the picture is, for the user."""
        z, y, x = self.factors
        word = {"mean": "block mean", "max": "block maximum"}[self.kind]
        if (z, y, x) == (1, 1, 1):
            return "shown at full resolution"
        if z == y == x:
            return f"shown at 1/{x} ({word})"
        return f"shown at z 1/{z}, y 1/{y}, x 1/{x} ({word})"


def texture_type(info: VolumeInfo) -> np.dtype[np.generic]:
    """Type of the texture: 8 and 16 bits stay, labels become a mask, everything else 32-bit real."""
    if info.content in ("binary", "labels") or info.dtype == np.uint8:
        return np.dtype(np.uint8)
    return np.dtype(np.uint16) if info.dtype == np.uint16 else np.dtype(np.float32)


def plan(info: VolumeInfo, *, largest_side: int, budget_bytes: int, kind: Kind = "mean") -> Reduction:
    """Choose the factors: powers of two, the axis with the finest voxels first, until everything fits.

    Parameters
    ----------
    info : VolumeInfo
        The stack.
    largest_side : int
        Most voxels along one side of a texture, as the driver says.
    budget_bytes : int
        Most bytes of the texture.
    """
    frame = Frame(info)
    even_count = info.shape[Z] if frame.even else max(1, round(frame.length(Z) / frame.size[Z]))
    counts = (even_count, info.shape[Y], info.shape[X])
    factors = [1, 1, 1]
    item = texture_type(info).itemsize

    def shape() -> tuple[int, int, int]:
        z, y, x = (math.ceil(n / f) for n, f in zip(counts, factors, strict=True))
        return z, y, x

    large = math.prod(shape()) * item > budget_bytes
    limit = "side" if max(shape()) > largest_side else "bytes" if large else ""
    while max(shape()) > largest_side or math.prod(shape()) * item > budget_bytes:
        too_long = [axis for axis in (Z, Y, X) if shape()[axis] > largest_side]
        among = too_long or [axis for axis in (Z, Y, X) if shape()[axis] > 1]
        finest = min(among, key=lambda axis: factors[axis] * frame.size[axis])
        factors[finest] *= 2
    size = [f * s for f, s in zip(factors, frame.size, strict=True)]
    layers = _layers(frame, shape()[Z], factors[Z])
    notes = [frame.note] if frame.note else []
    empty = sum(first == last for first, last in layers)
    if empty:
        notes.append(f"{empty} of {len(layers)} layers have no slices and are left empty")
    elif not frame.even:
        notes.append("uneven slices: each layer is the mean of the slices in it")
    return Reduction(
        (factors[Z], factors[Y], factors[X]),
        shape(),
        (size[Z], size[Y], size[X]),
        (frame.length(Z), frame.length(Y), frame.length(X)),
        frame.unit,
        kind,
        layers,
        "; ".join(notes),
        limit,
    )


def _layers(frame: Frame, count: int, factor: int) -> tuple[tuple[int, int], ...]:
    if frame.even:
        last = frame.info.shape[Z]
        return tuple((k * factor, min(last, (k + 1) * factor)) for k in range(count))
    begins, ends = frame.z_edges
    middles, pitch = (begins + ends) / 2, factor * frame.size[Z]
    edges = np.searchsorted(middles, np.arange(count + 1) * pitch)
    layers = []
    for k in range(count):
        first, last = int(edges[k]), int(edges[k + 1])
        if first == last:  # no middle of a slice lies in this layer, but a thick slice may reach across it
            at = int(frame.slices_at(np.array([(k + 0.5) * pitch]))[0])
            first, last = (at, at + 1) if at >= 0 else (first, first)
        layers.append((first, last))
    return tuple(layers)


def reduced(volume: Volume, how: Reduction, job: Job, *, quick: bool = False) -> Array:
    """Read the whole stack once and reduce it.

    Parameters
    ----------
    volume : Volume
        The stack; at most `CHUNK_BYTES` (or one slice) of it are in memory at any time.
    how : Reduction
        From `plan`.
    job : Job
        Told after each layer; may stop.
    quick : bool
        Read one slice per layer only: a first look.

    Returns
    -------
    ndarray, shape ``how.shape``
        uint8, uint16 or float32 (`texture_type`); empty layers are 0, NaN counts as 0.
    """
    result = np.zeros(how.shape, texture_type(volume.info))
    for k in job.track(range(how.shape[Z]), how.shape[Z], "reading for 3D"):
        first, last = how.layers[k]
        if quick and last - first > 1:
            first = (first + last) // 2
            last = first + 1
        if last > first:
            result[k] = _layer(volume, first, last, how, job).astype(result.dtype)
    return result


def _layer(volume: Volume, first: int, last: int, how: Reduction, job: Job) -> npt.NDArray[np.floating]:
    """One layer as reals, shape (y, x) of the texture."""
    combine: Callable[..., Array] = np.maximum if how.kind == "max" else np.add
    layer: npt.NDArray[np.floating] | None = None
    for slices in _chunks(volume, first, last):
        job.check()
        for plane in slices:
            part = _blocks(_prepared(plane, volume.info), how.factors[1:], how.kind)
            layer = part if layer is None else combine(layer, part, out=layer)
    if layer is None:
        raise ValueError(f"no slices between {first} and {last}")
    if how.kind == "mean":
        layer /= last - first
        if np.issubdtype(texture_type(volume.info), np.integer):
            np.rint(layer, out=layer)
    return layer


def _chunks(volume: Volume, first: int, last: int) -> Iterator[Array]:
    plane_bytes = volume.info.nbytes // volume.info.shape[Z]
    at_once = max(1, CHUNK_BYTES // plane_bytes)
    for start in range(first, last, at_once):
        yield volume.read(slice(start, min(last, start + at_once)))


def _prepared(plane: Array, info: VolumeInfo) -> Array:
    if info.content == "labels":
        mask: Array = (plane != 0).astype(np.uint8) * np.uint8(255)
        return mask
    if np.issubdtype(plane.dtype, np.floating):
        return np.nan_to_num(plane.astype(np.float32), nan=0.0, posinf=0.0, neginf=0.0)
    return plane


def _blocks(plane: Array, factors: tuple[int, int], kind: Kind) -> npt.NDArray[np.floating]:
    """Blocks of a plane; those at the far edges may be smaller and are combined from what they have."""
    work = np.float64 if plane.dtype.itemsize > 2 else np.float32
    if factors == (1, 1):
        return plane.astype(work)
    rows, columns = (np.arange(0, n, f) for n, f in zip(plane.shape, factors, strict=True))
    if kind == "max":
        return np.maximum.reduceat(np.maximum.reduceat(plane, rows, 0), columns, 1).astype(work)
    summed = np.add.reduceat(np.add.reduceat(plane, rows, 0, dtype=work), columns, 1)
    high, wide = (np.diff(np.append(edges, n)) for edges, n in zip((rows, columns), plane.shape, strict=True))
    means: npt.NDArray[np.floating] = summed / (high[:, None] * wide[None, :]).astype(work)
    return means


def starting_values(data: Array, binary: bool) -> tuple[tuple[float, float], float]:
    """Contrast and surface threshold to begin with.

    Parameters
    ----------
    data : ndarray, shape (z, y, x)
        The texture.
    binary : bool
        Whether it holds shares of solid, 0-255.

    Returns
    -------
    contrast : tuple of float
        Values shown as the first and last colour.
    threshold : float
        One half for binary data or where there are two values only, else Otsu's (1979, doi
        10.1109/TSMC.1979.4310076).
    """
    if binary:
        return (0.0, 255.0), 127.5
    from skimage.filters import threshold_otsu

    step = max(1, round((data.size / 2e6) ** (1 / 3)))
    sample = data[::step, ::step, ::step]
    if sample.min() == sample.max():
        level = float(sample.min())
        return (level, level + 1.0), level + 0.5
    least, most = sample.min(), sample.max()
    if not ((sample != least) & (sample != most)).any():
        return (float(least), float(most)), (float(least) + float(most)) / 2
    # What is seen are the brightest values along lines of sight, not all values.
    low, high = (float(value) for value in np.quantile(data.max(axis=0), (0.01, 0.999)))
    contrast = (low, high) if high > low else (float(sample.min()), float(sample.max()))
    return contrast, float(threshold_otsu(sample))
