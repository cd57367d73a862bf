"""Test tensors and cover picture of a card."""

from __future__ import annotations

from pathlib import Path
from typing import Any, TypeAlias

import numpy as np
from numpy.typing import NDArray
from scipy import ndimage

from core.errors import ParameterError
from core.job import Job
from core.models.layout import input_shape, least_px
from core.models.session import open_session
from core.models.spec import ModelSpec

Floats: TypeAlias = NDArray[np.float32]

_COVER_PX = 256
_FINEST = 16
"""Test values are multiples of one by this number, so that the file packs well."""


def example_input(spec: ModelSpec, example: NDArray[Any] | None) -> Floats:
    """An input as small as the halo allows: the middle of `example`, else blobs with noise.

    Parameters
    ----------
    spec : ModelSpec
    example : array of float, (channel, [z,] y, x), optional
        Normalised, at least `core.models.layout.least_px` pixels wide and high.

    Raises
    ------
    ParameterError
        If the example has another shape.
    """
    side = least_px(spec)
    shape = input_shape(spec, side, side)
    if example is None:
        return _blobs(shape)
    if example.shape[:-2] != shape[1:-2] or min(example.shape[-2:]) < side:
        raise ParameterError(
            "the example does not fit the network", expected=f"{shape[1:]} or more pixels", got=example.shape
        )
    top, left = (example.shape[-2] - side) // 2, (example.shape[-1] - side) // 2
    part = example[np.newaxis, ..., top : top + side, left : left + side]
    return (np.round(part * _FINEST) / _FINEST).astype(np.float32)


def _blobs(shape: tuple[int, ...]) -> Floats:
    """Something like a porous solid: the same blobs in all channels, each with noise of its own."""
    chance = np.random.default_rng(1)
    field = ndimage.gaussian_filter(chance.standard_normal(shape[-2:]), 4, mode="wrap")
    solid = np.where(field > np.median(field), 1.0, -1.0)
    noisy = solid + chance.normal(0, 0.5, shape)
    return (np.round(np.clip(noisy, -3, 3) * _FINEST) / _FINEST).astype(np.float32)


def outputs_for(weights: Path, images: Floats, job: Job) -> list[Floats]:
    """What the network makes of it, on the processor."""
    first, second = open_session(weights, "cpu").run(images, job)
    return [first] if second is None else [first, second]


def cover(images: Floats, result: Floats) -> bytes:
    """A small picture as PNG: the middle input channel beside the result."""
    import imagecodecs

    first, second = _plane(images[0, images.shape[1] // 2]), _plane(result[0, 0])
    left = np.clip((first + 2) / 4, 0, 1)
    low, high = (0.0, 1.0) if second.min() >= 0 and second.max() <= 1 else (second.min(), second.max())
    right = (second - low) / max(float(high - low), 1e-9)
    line = np.ones((left.shape[0], 2))
    picture = np.round(255 * np.concatenate([left, line, right], axis=1)).astype(np.uint8)
    return bytes(imagecodecs.png_encode(picture, level=9))


def _plane(images: Floats) -> Floats:
    """The middle plane, or the middle of it."""
    plane = images if images.ndim == 2 else images[images.shape[0] // 2]
    top, left = (max(0, (side - _COVER_PX) // 2) for side in plane.shape)
    return plane[top : top + _COVER_PX, left : left + _COVER_PX]
