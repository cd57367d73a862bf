"""One slice matched to another: the transform under which they correlate best, from coarse to fine."""

from __future__ import annotations

import math
from dataclasses import dataclass, replace

import numpy as np

from core.align.climb import Look, from_level, to_level, walk
from core.align.options import LEAST_SIDE_PX, AlignOptions, Model
from core.align.prepare import Field, Prepared, coarser, common_part, field_of, prepare
from core.align.search import COARSE_PX, search
from core.errors import ParameterError
from core.volume import Array

_MOST_SIGMA_PX = 2.0
_LARGE_PX = 512
_FINE_PX = 0.01  # the last step; what is left after it is far less


@dataclass(frozen=True)
class PairResult:
    """How one slice lies to another.

    Attributes
    ----------
    matrix : ndarray of float64, shape (3, 3)
        Moving to fixed, on (x, y, 1) in px.
    correlation : float
        Of the filtered slices under the transform, over the area that counts and both show.
    locked : bool
        Whether the correlation is beyond chance.
    sigma_px : float
        Standard error of the place of the middle, from residual, curvature and size of the structures; what
        really changes between slices counts as noise. Infinite where nothing was found.
    confidence : float
        0-1: 0 where the slices did not lock, near 1 where the place is known to well below a pixel.
    iterations : int
        Steps on all levels.
    """

    matrix: Array
    correlation: float
    locked: bool
    sigma_px: float
    confidence: float
    iterations: int

    @property
    def shift_yx(self) -> tuple[float, float]:
        """How far the content lies from that of the fixed slice, (y, x) in px, at the origin."""
        inverse = np.linalg.inv(self.matrix)
        return float(inverse[1, 2]), float(inverse[0, 2])


NOT_FOUND = PairResult(np.eye(3), 0.0, False, math.inf, 0.0, 0)


def register_pair(
    fixed: Array,
    moving: Array,
    model: Model = "translation",
    *,
    mask: Array | None = None,
    start: Array | None = None,
    options: AlignOptions | None = None,
) -> PairResult:
    """Transform of one slice onto another.

    Parameters
    ----------
    fixed, moving : ndarray, shape (y, x)
        Grey values of any type, of one size of at least 24 px each way.
    model : {'translation', 'rigid', 'affine'}
        What may be fitted.
    mask : ndarray of bool, shape (y, x), optional
        Pixels of `fixed` that count.
    start : ndarray, shape (3, 3), optional
        A guess, moving to fixed; it is tried beside what the search of the whole slice finds.
    options : AlignOptions, optional
        Filters.

    Raises
    ------
    ParameterError
        If the sizes do not fit.
    VoxelError
        If a value is not finite.
    """
    options = options or AlignOptions()
    if fixed.shape != moving.shape or fixed.ndim != 2 or (mask is not None and mask.shape != fixed.shape):
        raise ParameterError(
            "registration: slices and mask have to be of one size", got=(fixed.shape, moving.shape)
        )
    options.check(1, (fixed.shape[0], fixed.shape[1]))
    one, two = (
        prepare(fixed, options, name="the fixed slice"),
        prepare(moving, options, name="the moving slice"),
    )
    field = field_of(one, mask)
    guesses = [np.eye(3)] if start is None else [np.linalg.inv(start), np.eye(3)]
    coarse, _ = search(one, two, field, guesses)
    return NOT_FOUND if coarse is None else refine(one, two, field, coarse, model)


def refine(fixed: Prepared, moving: Prepared, field: Field, start: Array, model: Model) -> PairResult:
    """Fit a transform from coarse to fine, from a start (fixed to moving, in px of the whole slice)."""
    if fixed.blank or moving.blank:
        return NOT_FOUND
    matrix, steps = start, 0
    for level in range(len(fixed.levels) - 1, 0, -1):
        at = to_level(matrix, level)
        result, count = walk(fixed, moving, field, level, at, model, most=6, enough=COARSE_PX)
        steps += count
        if result is not None:  # a coarse level can have too few pixels
            matrix = from_level(result[1], level)
    told, matrix, count = _finest(fixed, moving, field, matrix, model)
    steps += count
    if told is None:
        return NOT_FOUND
    sigma = math.sqrt(0.5 * (told.covariance[0, 0] + told.covariance[1, 1]))
    locked = told.locked and sigma < _MOST_SIGMA_PX
    confidence = 0.0
    if locked:
        # Fisher's transform: the same for a high correlation of few structures as for a low one of many.
        beyond = math.atanh(told.chance) / math.atanh(min(told.correlation, 0.999999))
        confidence = (1 - beyond**2) / (1 + (2 * sigma) ** 2)
    return PairResult(np.linalg.inv(matrix), told.correlation, locked, sigma, confidence, steps)


def refine_quickly(fixed: Prepared, moving: Prepared, field: Field, start: Array, model: Model) -> PairResult:
    """As `refine`, at half the resolution where slices are large: for measurements that support others."""
    if min(fixed.grey.shape) < _LARGE_PX or len(fixed.levels) < 3:
        return refine(fixed, moving, field, start, model)
    one, counting = coarser(fixed, field)
    two, _ = coarser(moving, field)
    found = refine(one, two, counting, to_level(start, 1), model)
    return replace(found, matrix=from_level(found.matrix, 1), sigma_px=2 * found.sigma_px)


def _finest(
    fixed: Prepared, moving: Prepared, field: Field, matrix: Array, model: Model
) -> tuple[Look | None, Array, int]:
    """The fit at full resolution, on the part that both slices show."""
    height, width = fixed.grey.shape
    middle = np.array([(width - 1) / 2, (height - 1) / 2, 1.0])
    right, down = (int(v) for v in np.rint((matrix @ middle - middle)[:2]))
    if not (abs(down) < height - LEAST_SIDE_PX and abs(right) < width - LEAST_SIDE_PX):
        return None, matrix, 0
    one, two, part = common_part(fixed, moving, field, (down, right))
    into, back = np.eye(3), np.eye(3)
    into[:2, 2] = max(0, -right), max(0, -down)
    back[:2, 2] = -into[0, 2] - right, -into[1, 2] - down
    start = back @ matrix @ into
    result, count = walk(one, two, part, 0, start, model, most=12, enough=_FINE_PX)
    if result is None:
        return None, matrix, count
    return result[0], np.linalg.inv(back) @ result[1] @ np.linalg.inv(into), count
