"""How far a network looks and on which grid it works, measured by running it."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from core.errors import TruesliceError
from core.models.sample import Floats

Run = Callable[[Floats], Floats]
"""All outputs of a network, joined along the channels."""

STRIDES = (1, 2, 4, 8, 16, 32, 64)
_CHANGED = 1e-5
_SAME = 1e-4
_SHORT_PX = 32
_LEAST_PX, _MOST_PX = 128, 2048
_ALL_PHASES = 16


@dataclass(frozen=True)
class Probe:
    """A network and the shape of its input.

    Attributes
    ----------
    run : callable
    channels : int
    depth : int or None
        Slices of the input of a network along z.
    exact : bool
        Whether nothing is lost in this network (`core.models.structure.blunt`), so that the least change
        counts.
    """

    run: Run
    channels: int
    depth: int | None = None
    exact: bool = False

    def pair(self, height_px: int, width_px: int) -> tuple[Floats, Floats]:
        """Two images that differ everywhere."""
        first = self.noise(height_px, width_px, 0)
        if self.exact:
            return np.zeros_like(first), np.ones_like(first)
        return first, self.noise(height_px, width_px, 1)

    def changed(self, before: Floats, after: Floats) -> NDArray[np.bool_]:
        """Where two results are not the same."""
        if self.exact:  # values may have overflown
            found = (after != before) & ~(np.isnan(after) & np.isnan(before))
        else:
            found = np.abs(after - before) > _CHANGED * max(1.0, float(np.abs(before).max()))
        return np.asarray(found, dtype=np.bool_)

    def noise(self, height_px: int, width_px: int, seed: int = 0) -> Floats:
        """Normalised images of nothing but noise."""
        depth = () if self.depth is None else (self.depth,)
        shape = (1, self.channels, *depth, height_px, width_px)
        return np.random.default_rng(seed).uniform(-2, 2, shape).astype(np.float32)


def reach_px(probe: Probe, stride: int, at_least: int) -> int | None:
    """How far a pixel of the result looks in the plane.

    One half of an image is replaced by other noise, at several places relative to the grid of the network,
    along y and x and on both sides; what changes in the other half tells. The influence of trained weights
    can be smaller than their extent: what changes results by less than 1e-5 is not counted.

    Parameters
    ----------
    stride : int
        Sides are multiples of it.
    at_least : int
        Distance up to which it is looked, in px.

    Returns
    -------
    int or None
        None: it looks at the whole image, as far as that could be followed.
    """
    side = _up(max(_LEAST_PX, 2 * at_least + 6 * stride), stride)
    while True:
        found = max(_reach_along(probe, axis, side, stride) for axis in (-1, -2))
        if found < side // 2 - stride:
            return found
        if side >= _MOST_PX:
            return None
        side = _up(min(4 * side, _MOST_PX), stride)


def _reach_along(probe: Probe, axis: int, length: int, stride: int) -> int:
    short = _up(_SHORT_PX, stride)
    height, width = (length, short) if axis == -2 else (short, length)
    first, second = probe.pair(height, width)
    before = probe.run(first)
    farthest = 0
    few = sorted({0, 1 % stride, stride // 2, stride - 1})
    for phase in range(stride) if stride <= _ALL_PHASES else few:
        cut = _up(length // 2, stride) + phase
        for changed in (slice(cut, None), slice(None, cut)):
            mixed = first.copy()
            part = (..., changed) if axis == -1 else (..., changed, slice(None))
            mixed[part] = second[part]
            moved = probe.changed(before, probe.run(mixed))
            places = np.flatnonzero(np.moveaxis(moved, axis, -1).reshape(-1, length).any(axis=0))
            if places.size:
                reach = cut - places[0] if changed.start is not None else places[-1] - cut + 1
                farthest = max(farthest, int(reach))
    return farthest


def reach_slices(probe: Probe) -> int:
    """The same along z, as far as the input of a network along z goes."""
    if probe.depth is None or probe.depth < 2:
        return 0
    side = 64
    first, second = probe.pair(side, side)
    before, cut = probe.run(first), probe.depth // 2
    mixed = first.copy()
    mixed[:, :, cut:] = second[:, :, cut:]
    places = np.flatnonzero(probe.changed(before, probe.run(mixed)).any(axis=(0, 1, 3, 4)))
    return int(max(0, cut - places[0])) if places.size else 0


def fits_stride(probe: Probe, stride: int, halo_px: int) -> str:
    """Whether images may be cut at multiples of `stride`; what is wrong, else nothing.

    An image that starts `stride` pixels later has to give the same result where neither end can be seen, and
    sides that are any multiple of it have to be accepted.
    """
    base = _up(2 * halo_px + 4 * stride + 16, max(STRIDES))
    whole = probe.noise(base + stride, base + stride)
    try:
        full = probe.run(whole)
    except TruesliceError as error:
        return f"sides of {base + stride} px are not accepted ({error.what[:160]})"
    if full.shape[-2:] != whole.shape[-2:]:
        return f"images of {whole.shape[-1]} px give results of {full.shape[-1]} px"
    early, late = probe.run(whole[..., :base, :base]), probe.run(whole[..., stride:, stride:])
    inner = slice(halo_px + stride, base - halo_px - stride)
    there = slice(inner.start - stride, inner.stop - stride)
    apart = _apart(early[..., inner, inner], late[..., there, there])
    return "" if apart <= _SAME else f"a shift by {stride} px changes the result by {apart:.2g}"


def _apart(one: NDArray[np.float32], other: NDArray[np.float32]) -> float:
    return float(np.abs(one - other).max(initial=0.0)) / max(1.0, float(np.abs(one).max(initial=0.0)))


def _up(value: int, step: int) -> int:
    return -(-value // step) * step
