"""Steps to the highest correlation of two slices, on one level of resolution.

Newton steps on the correlation coefficient with the gradient of the fixed slice (inverse composition: Baker &
Matthews 2004, doi 10.1023/B:VISI.0000011205.11775.fd; correlation: Evangelidis & Psarakis 2008, doi
10.1109/TPAMI.2008.113). As noise of the moving slice does not correlate with the gradient of the fixed one,
interpolation of noise does not pull the shift to half pixels.
"""

from __future__ import annotations

import math
from dataclasses import dataclass

import numpy as np

from core.align.options import Model
from core.align.prepare import Field, Prepared
from core.volume import Array

_LEAST_SHARE = 0.2  # of what counts must be seen in both
_LEAST_SHARED = 0.01
_NOTHING = np.ones((1, 1), np.float32)
_ALL = np.ones((1, 1), np.bool_)


@dataclass(frozen=True)
class Look:
    """What one look at two slices under a transform tells."""

    pixels: float
    correlation: float
    chance: float
    step: Array
    covariance: Array

    @property
    def locked(self) -> bool:
        """Whether the correlation is beyond what unlike slices reach somewhere."""
        return self.correlation > self.chance


def walk(
    fixed: Prepared,
    moving: Prepared,
    field: Field,
    level: int,
    matrix: Array,
    model: Model,
    *,
    most: int,
    enough: float,
) -> tuple[tuple[Look, Array] | None, int]:
    """Gauss-Newton steps on one level, and how many there were."""
    shape = fixed.levels[level].shape
    gain, before = 1.0, None
    for count in range(1, most + 1):
        told = look(fixed, moving, field, level, matrix, model)
        if told is None:
            return None, count
        step = told.step
        if before is not None and (size := float(before @ before)) > 0:
            # A wrong curvature makes steps too short or too long: how much the last one left says so.
            left = float(step @ before) / size
            gain = float(np.clip(gain / max(0.2, 1 - left), 0.5, 4.0))
        longest = float(np.abs(step).max()) * gain
        if longest > 3.0:
            step = step * (3.0 / longest)
        matrix = matrix @ np.linalg.inv(_warp(step * gain, model, shape))
        before = step
        if longest < enough:
            break
    assert told is not None
    return (told, matrix), count


def _warp(step: Array, model: Model, shape: tuple[int, ...]) -> Array:
    """Matrix of a step: displacements in px at the middle, and at half the longer side from it."""
    height, width = shape
    scale = 0.5 * max(shape)
    linear, shift = np.eye(2), np.array([step[0], step[1]])
    if model == "rigid":
        turn = step[2] / scale
        linear = np.array([[math.cos(turn), -math.sin(turn)], [math.sin(turn), math.cos(turn)]])
    elif model == "affine":
        linear = np.eye(2) + np.array([[step[2], step[3]], [step[4], step[5]]]) / scale
    matrix = np.eye(3)
    middle = np.array([(width - 1) / 2, (height - 1) / 2])
    matrix[:2, :2] = linear
    matrix[:2, 2] = middle + shift - linear @ middle
    return matrix


def look(
    fixed: Prepared, moving: Prepared, field: Field, level: int, matrix: Array, model: Model = "translation"
) -> Look | None:
    """Correlation under a transform, and the step to a better one; None where too little is seen in both.

    Parameters
    ----------
    matrix : ndarray, shape (3, 3)
        Fixed to moving, in px of that level.
    """
    from core.align.kernels.match import sums

    plane = fixed.levels[level]
    masked = field.weights is not None or moving.seen is not None
    weight, seen = _NOTHING, _ALL
    if masked:
        weight = np.ones_like(plane) if field.weights is None else field.weights[level]
        seen = np.ones(plane.shape, np.bool_) if moving.seen is None else moving.seen[level]
    basic, grams = np.empty(6), np.empty((6, 15))
    box = np.array(field.boxes[level], np.int64)
    scale = 0.5 * max(plane.shape)
    shift_only = bool(np.array_equal(matrix[:2, :2], np.eye(2)))
    args = (plane, moving.levels[level], weight, seen, masked, matrix, shift_only, model == "translation")
    sums(*args, box, scale, basic, grams)
    counting = _area(field, level)
    if basic[0] < max(64.0, _LEAST_SHARE * counting):
        return None
    return _told(basic, grams, _BASES[model])


def _area(field: Field, level: int) -> float:
    y0, y1, x0, x1 = field.boxes[level]
    if field.weights is None:
        return float((y1 - y0) * (x1 - x0))
    return float(field.weights[level][y0:y1, x0:x1].sum(dtype=np.float64))


_BASES: dict[Model, Array] = {
    "translation": np.eye(6)[:, [2, 5]],
    # A turn moves x by -Y and y by X.
    "rigid": np.stack([np.eye(6)[2], np.eye(6)[5], np.eye(6)[3] - np.eye(6)[1]], axis=1),
    "affine": np.eye(6)[:, [2, 5, 0, 1, 3, 4]],
}


def _told(basic: Array, grams: Array, basis: Array) -> Look | None:
    n, f, w, ff, ww, fw = basic
    cff, cww, cfw = ff - f * f / n, ww - w * w / n, fw - f * w / n
    if not (cff > 1e-9 * n and cww > 1e-9 * n):
        return None
    ratio = math.sqrt(cff / cww)
    alone = grams[:, 0]
    own = basis.T @ (grams[:, 3:9] - np.outer(alone, alone) / n) @ basis
    slope = ratio * (grams[:, 1] - alone * w / n) - (grams[:, 2] - alone * f / n)
    energy = grams[2, 5] + grams[5, 8]
    if not energy > 0 or np.linalg.cond(own) > 1e12:
        return None
    correlation = float(cfw / math.sqrt(cff * cww))
    # Pixels per independent one, for structures of this mean slope.
    area = 2 * math.pi * cff / energy
    chance = min(0.9, max(0.05, 7.0 * math.sqrt(area / n)))
    shared = ratio * grams[:, 9:]
    curvature, known = _curvature(own, basis.T @ shared @ basis, correlation)
    inverse = np.linalg.inv(known)
    residual = 2 * cff * max(0.0, 1 - correlation)
    # The same for what differs, whose slope is what the slices do not share of theirs.
    unlike = max(2 * (energy - shared[2, 2] - shared[5, 5]), 1e-6 * energy)
    spread = min(max(1.0, 2 * math.pi * residual / unlike), area * 10)
    covariance = inverse @ own @ inverse.T * (residual / n * spread)
    return Look(n, correlation, chance, np.linalg.solve(curvature, basis.T @ slope), covariance)


def _curvature(own: Array, shared: Array, correlation: float) -> tuple[Array, Array]:
    """How fast the slope changes with the transform: for the next step, and for the standard error.

    That of what both slices share is right near the goal; that of the fixed slice alone, which also has noise
    and what the other does not show, is always positive but too high: far from the goal steps need it.
    """
    root = np.linalg.cholesky(own)
    inner = np.linalg.solve(root, np.linalg.solve(root, 0.5 * (shared + shared.T)).T)
    values, vectors = np.linalg.eigh(0.5 * (inner + inner.T))
    turned = root @ vectors
    known: Array = (turned * np.maximum(values, _LEAST_SHARED)) @ turned.T
    return (known if values[0] > _LEAST_SHARED else own * min(1.0, max(0.3, correlation))), known


def to_level(matrix: Array, level: int) -> Array:
    """A matrix in px of the whole slice, in px of a level, whose pixel 0 holds pixels 0 ... 2^level - 1."""
    factor = 2.0**level
    scale = np.array([[factor, 0, (factor - 1) / 2], [0, factor, (factor - 1) / 2], [0, 0, 1]])
    found: Array = np.linalg.inv(scale) @ matrix @ scale
    found[:2, :2] = np.where(np.abs(found[:2, :2] - np.eye(2)) < 1e-13, np.eye(2), found[:2, :2])
    return found


def from_level(matrix: Array, level: int) -> Array:
    """The inverse of `to_level`."""
    factor = 2.0**level
    scale = np.array([[factor, 0, (factor - 1) / 2], [0, factor, (factor - 1) / 2], [0, 0, 1]])
    found: Array = scale @ matrix @ np.linalg.inv(scale)
    return found
