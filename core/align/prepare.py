"""Slices made ready for matching: filtered, in several resolutions, with what of them may be used."""

from __future__ import annotations

import math
from dataclasses import dataclass, replace

import numpy as np
from scipy import ndimage

from core.align.options import AlignOptions
from core.boxes import Box
from core.errors import VoxelError
from core.volume import Array

COARSE_SIDE_PX = 256
_LEAST_SIDE_PX = 24
_BORDER_PX = 4  # filter and interpolation reach so far
_EMPTY_BOX = (0, 0, 0, 0)


@dataclass(frozen=True)
class Prepared:
    """One slice, ready to be matched.

    Attributes
    ----------
    grey : ndarray of float32, shape (y, x)
        Grey values less their mean; of types of 32 bits and more, times a power of two.
    levels : tuple of ndarray of float32
        Filtered slice, each level half the size of the one before.
    seen : tuple of ndarray of bool, or None
        Usable pixels on every level; None: all.
    limits : tuple of float
        Of `grey` without the 0.5 % at either end.
    blank : bool
        Nothing in it to be matched.
    soft : ndarray of float32, shape (y, x)
        Smoothed slice, its background not yet taken out.
    background : tuple of int
        Half the width of the background, and half the height of what counts as stripe (0: none), in px.
    """

    grey: Array
    levels: tuple[Array, ...]
    seen: tuple[Array, ...] | None
    limits: tuple[float, float]
    blank: bool
    soft: Array
    background: tuple[int, int]


def prepare(
    plane: Array, options: AlignOptions, usable: Array | None = None, name: str = "slice"
) -> Prepared:
    """Make a slice ready.

    Parameters
    ----------
    plane : ndarray, shape (y, x)
        Grey values of any type.
    options : AlignOptions
        Filters.
    usable : ndarray of bool, shape (y, x), optional
        Pixels that were measured. Rows and columns of one single value are left out anyway.
    name : str
        What the slice is called in messages.

    Raises
    ------
    VoxelError
        If a value is not finite.
    """
    if np.issubdtype(plane.dtype, np.floating) and not np.isfinite(plane).all():
        raise VoxelError(
            f"registration: {name} has values that are not finite",
            remedy="repair or leave out that slice, or replace NaN by a grey value first",
        )
    seen = _seen(plane, usable)
    # float64 first: grey values of 32-bit types would lose their contrast in float32.
    values = plane if seen is None else plane[seen]
    mean = float(values.mean(dtype=np.float64)) if values.size else 0.0
    wide = plane.dtype.itemsize > 2
    grey = _scaled(plane.astype(np.float64) - mean, seen) if wide else _centred(plane, mean)
    if seen is not None:
        grey[~seen] = 0.0
        seen = ndimage.minimum_filter(seen, size=2 * _BORDER_PX + 1, mode="nearest")
    low, high = (float(v) for v in np.percentile(grey[::4, ::4], [0.5, 99.5]))
    soft = _smoothed(grey, options)
    half = max(12, min(min(grey.shape) // 12, options.background_px // 2))
    background = (half, max(32, grey.shape[0] // 6) if options.removes_stripes else 0)
    levels = _levels(_without_background(soft, background))
    blank = not high > low and not float(np.ptp(grey)) > 0
    masks = None if seen is None else _halved_masks(seen, len(levels))
    if masks is not None and np.count_nonzero(masks[0]) < _LEAST_SIDE_PX**2:
        blank = True
    return Prepared(grey, levels, masks, (low, high), blank, soft, background)


def _centred(plane: Array, mean: float) -> Array:
    grey = plane.astype(np.float32)
    grey -= np.float32(mean)
    return grey


def _scaled(grey: Array, seen: Array | None) -> Array:
    """Values of any unit (1e-12 A, say) brought to the spread of grey values, by a power of two: exactly."""
    spread = float((grey if seen is None else grey[seen]).std()) if seen is None or seen.any() else 0.0
    if 0 < spread < math.inf:
        grey *= 2.0 ** (5 - math.floor(math.log2(spread)))
    scaled: Array = grey.astype(np.float32)
    return scaled


def _seen(plane: Array, usable: Array | None) -> Array | None:
    rows = plane.min(axis=1) != plane.max(axis=1)
    columns = plane.min(axis=0) != plane.max(axis=0)
    if rows.all() and columns.all():
        return usable if usable is not None and not usable.all() else None
    seen: Array = rows[:, None] & columns[None, :]
    return seen if usable is None else seen & usable


def _smoothed(grey: Array, options: AlignOptions) -> Array:
    from core.align.kernels.smooth import smooth

    sigma = options.smoothing_px
    away = np.arange(math.ceil(3 * sigma) + 1)
    taps = np.exp(-0.5 * (away / sigma) ** 2)
    taps = (taps / (taps[0] + 2 * taps[1:].sum())).astype(np.float32)
    plane: Array = smooth(grey, taps)
    if options.picture == "inverted":
        np.negative(plane, out=plane)
    elif options.picture == "gradient":
        plane = smooth(np.hypot(*np.gradient(plane)).astype(np.float32), taps)
    return plane


def _without_background(plane: Array, background: tuple[int, int]) -> Array:
    from core.align.kernels.smooth import subtract_background

    out = plane.copy()
    subtract_background(out, background[0], background[0])
    if background[1]:
        subtract_background(out, background[1], 0)
    return out


def _levels(plane: Array) -> tuple[Array, ...]:
    from core.align.kernels.smooth import halved

    levels = [plane]
    while min(levels[-1].shape) >= 2 * _LEAST_SIDE_PX and max(levels[-1].shape) > COARSE_SIDE_PX // 4:
        levels.append(halved(levels[-1]))
    return tuple(levels)


def _halved_masks(mask: Array, count: int) -> tuple[Array, ...]:
    masks: list[Array] = [mask]
    for _ in range(count - 1):
        last = masks[-1]
        height, width = last.shape[0] // 2 * 2, last.shape[1] // 2 * 2
        quarter: Array = last[:height, :width].reshape(height // 2, 2, width // 2, 2)
        masks.append(np.all(quarter, axis=(1, 3)))
    return tuple(masks)


@dataclass(frozen=True)
class Field:
    """What of a slice counts when others are matched to it.

    Attributes
    ----------
    weights : tuple of ndarray of float32, or None
        On every level; None: everything counts.
    boxes : tuple of Box
        Rows and columns that hold all that counts, on every level.
    """

    weights: tuple[Array, ...] | None
    boxes: tuple[Box, ...]

    @property
    def whole(self) -> bool:
        """Whether everything counts."""
        return self.weights is None


def field_of(slice_: Prepared, mask: Array | None) -> Field:
    """What counts of a slice: its usable pixels, and of these the ones in `mask`."""
    shapes = [level.shape for level in slice_.levels]
    if mask is None and slice_.seen is None:
        return Field(None, tuple((0, h, 0, w) for h, w in shapes))
    masks = slice_.seen
    if mask is not None:
        chosen = mask if masks is None else mask & masks[0]
        masks = _halved_masks(chosen, len(shapes))
    assert masks is not None
    return Field(tuple(m.astype(np.float32) for m in masks), tuple(_extent(m) for m in masks))


def common_part(
    fixed: Prepared, moving: Prepared, field: Field, shift_yx: tuple[int, int]
) -> tuple[Prepared, Prepared, Field]:
    """The part that two slices share if the content has moved by whole pixels, finest level only.

    The background is taken out anew: with the same content in view it is the same near the border too, and
    does not pull the shift.
    """
    height, width = fixed.grey.shape
    (y0, y1), (x0, x1) = ((max(0, -s), min(n, n - s)) for s, n in zip(shift_yx, (height, width), strict=True))
    one = _cut(fixed, np.s_[y0:y1, x0:x1])
    two = _cut(moving, np.s_[y0 + shift_yx[0] : y1 + shift_yx[0], x0 + shift_yx[1] : x1 + shift_yx[1]])
    a, b, c, d = field.boxes[0]
    box = (max(a - y0, 0), min(b, y1) - y0, max(c - x0, 0), min(d, x1) - x0)
    weights = None if field.weights is None else (np.ascontiguousarray(field.weights[0][y0:y1, x0:x1]),)
    return one, two, Field(weights, (box,))


def coarser(slice_: Prepared, field: Field) -> tuple[Prepared, Field]:
    """A slice at half its resolution, and what counts of it."""
    from core.align.kernels.smooth import halved

    soft = halved(slice_.soft)
    half = replace(
        slice_,
        grey=soft,
        soft=soft,
        levels=slice_.levels[1:],
        seen=None if slice_.seen is None else slice_.seen[1:],
        background=(slice_.background[0] // 2, slice_.background[1] // 2),
    )
    return half, Field(None if field.weights is None else field.weights[1:], field.boxes[1:])


def _cut(whole: Prepared, part: tuple[slice, slice]) -> Prepared:
    plane = _without_background(np.ascontiguousarray(whole.soft[part]), whole.background)
    seen = None if whole.seen is None else (np.ascontiguousarray(whole.seen[0][part]),)
    return replace(whole, levels=(plane,), seen=seen)


def _extent(mask: Array) -> Box:
    rows, columns = np.flatnonzero(mask.any(axis=1)), np.flatnonzero(mask.any(axis=0))
    if not rows.size:
        return _EMPTY_BOX
    return int(rows[0]), int(rows[-1]) + 1, int(columns[0]), int(columns[-1]) + 1


def box_mask(options: AlignOptions, shape_yx: tuple[int, int], moved_yx: tuple[int, int]) -> Array | None:
    """Pixels in the region and not excluded, once the content has moved; None without boxes."""
    if not options.region and not options.exclude:
        return None
    mask = np.full(shape_yx, not options.region)
    for boxes, value in ((options.region, True), (options.exclude, False)):
        for y0, y1, x0, x1 in boxes:
            rows = slice(max(0, y0 + moved_yx[0]), max(0, y1 + moved_yx[0]))
            mask[rows, max(0, x0 + moved_yx[1]) : max(0, x1 + moved_yx[1])] = value
    return mask
