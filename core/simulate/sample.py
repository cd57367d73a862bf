"""The small virtual acquisition that ``trueslice demo`` works on: everything in it is known."""

from __future__ import annotations

from typing import Any

import numpy as np

from core.errors import ParameterError
from core.volume import Array, Shape

VOXEL_NM = (10.0, 5.0, 5.0)
SOLID_FRACTION = 0.40

_WAVELENGTH_NM = 130.0
_BANDWIDTH = 0.12
_PORE_GREY, _SOLID_GREY = 70.0, 165.0
_BLUR_PX = 0.7
_BOTTOM_BRIGHTNESS = 0.55
_NOISE_GREY = 12.0
_CURTAIN_GREY = 10.0
_GREATEST_DRIFT_PX = 4


def make_sample(seed: int = 1, shape: Shape = (96, 192, 256)) -> tuple[Array, Array, dict[str, Any]]:
    """Acquire a virtual porous sample slice by slice.

    A leveled Gaussian random field with waves of 130 nm, 40 % solid, seen at 10 nm between slices and 5 nm
    pixels, with what spoils real stacks: noise that grows with the signal, brightness and contrast that drift
    and flicker, shading toward the bottom, upright curtaining that grows downward, and drift of the image by
    up to four pixels to either side.

    Parameters
    ----------
    seed : int
        The same seed gives the same sample.
    shape : tuple of int
        (z, y, x); at least 1 slice of 16 x 16 px.

    Returns
    -------
    grey : ndarray of uint8, shape (z, y, x)
        What the microscope shows.
    truth : ndarray of bool, shape (z, y, x)
        Solid in the frame of each image, that is, drifted along with it.
    info : dict
        What was done, ready for JSON: ``voxel_nm`` (z, y, x), ``solid_fraction`` of the truth,
        ``drift_px_yx`` (how far the content of each slice has moved since the first), ``gain`` and
        ``offset_grey`` per slice, ``bottom_brightness``, ``noise_grey``, ``curtain_grey``, ``seed``.

    Raises
    ------
    ParameterError
        If the shape is too small.
    """
    slices, height, width = shape
    if slices < 1 or min(height, width) < 16:
        raise ParameterError("the sample is too small", expected="at least (1, 16, 16)", got=shape)
    rng = np.random.default_rng(seed)
    drift = _drift(rng, slices)
    margin = 2 * _GREATEST_DRIFT_PX
    field = _waves(rng, (slices, height + margin, width + margin))
    solid = field > np.quantile(field, 1 - SOLID_FRACTION)
    truth = np.stack([_seen(plane, move, (height, width)) for plane, move in zip(solid, drift, strict=True)])
    gain, offset = _brightness(rng, slices)
    curtain = _curtain(rng, shape)
    grey = np.empty(shape, dtype=np.uint8)
    for index in range(slices):
        signal = _signal(truth[index]) * gain[index] + offset[index] + curtain[index]
        noise = rng.normal(size=(height, width)) * _NOISE_GREY * np.sqrt(np.maximum(signal, 1) / _SOLID_GREY)
        grey[index] = np.clip(np.rint(signal + noise), 0, 255)
    info = {
        "seed": seed,
        "voxel_nm": list(VOXEL_NM),
        "solid_fraction": float(truth.mean()),
        "drift_px_yx": (drift - drift[0]).tolist(),
        "gain": gain.tolist(),
        "offset_grey": offset.tolist(),
        "bottom_brightness": _BOTTOM_BRIGHTNESS,
        "noise_grey": _NOISE_GREY,
        "curtain_grey": _CURTAIN_GREY,
    }
    return grey, truth, info


def _waves(rng: np.random.Generator, shape: Shape) -> Array:
    """Gaussian random field of waves of about one length in all directions; periodic."""
    axes = [
        np.fft.fftfreq(length, d=step) if axis < 2 else np.fft.rfftfreq(length, d=step)
        for axis, (length, step) in enumerate(zip(shape, VOXEL_NM, strict=True))
    ]
    z, y, x = np.meshgrid(*axes, indexing="ij", sparse=True)
    radius = np.sqrt(z**2 + y**2 + x**2) * _WAVELENGTH_NM
    spectrum = np.fft.rfftn(rng.normal(size=shape))
    spectrum *= np.exp(-0.5 * ((radius - 1) / _BANDWIDTH) ** 2)
    field: Array = np.fft.irfftn(spectrum, s=shape, axes=(0, 1, 2))
    return field


def _drift(rng: np.random.Generator, slices: int) -> Array:
    """Whole pixels (y, x) per slice: a random walk that turns back at the greatest drift."""
    steps = rng.normal(scale=0.5, size=(slices, 2))
    walk = np.cumsum(steps, axis=0)
    span = 4 * _GREATEST_DRIFT_PX
    folded = np.abs((walk - _GREATEST_DRIFT_PX) % span - span / 2) - _GREATEST_DRIFT_PX
    pixels: Array = np.rint(folded).astype(int)
    return pixels


def _seen(plane: Array, move: Array, shape: tuple[int, int]) -> Array:
    """Part of a larger plane that is in view after its content has moved by (y, x) pixels."""
    top, left = _GREATEST_DRIFT_PX - move
    part: Array = plane[top : top + shape[0], left : left + shape[1]]
    return part


def _signal(solid: Array) -> Array:
    from scipy.ndimage import gaussian_filter

    grey = np.where(solid, _SOLID_GREY, _PORE_GREY)
    blurred: Array = gaussian_filter(grey, _BLUR_PX, mode="nearest")
    depth = np.linspace(0, 1, solid.shape[0])[:, None]
    shaded: Array = blurred * (1 - (1 - _BOTTOM_BRIGHTNESS) * depth**1.3)
    return shaded


def _brightness(rng: np.random.Generator, slices: int) -> tuple[Array, Array]:
    """Gain and offset (grey) of each slice: slow drift plus flicker."""
    place = np.linspace(0, 2 * np.pi, slices)
    phase = rng.uniform(0, 2 * np.pi, size=2)
    gain = 1 + 0.07 * np.sin(place + phase[0]) + rng.normal(scale=0.015, size=slices)
    offset = 6 * np.sin(1.5 * place + phase[1]) + rng.normal(scale=2.0, size=slices)
    return gain, offset


def _curtain(rng: np.random.Generator, shape: Shape) -> Array:
    """Upright stripes that change slowly from slice to slice and grow downward, in grey values."""
    from scipy.ndimage import gaussian_filter

    slices, height, width = shape
    profile = gaussian_filter(rng.normal(size=(slices, width)), (3.0, 1.0), mode="nearest")
    profile -= gaussian_filter(profile, (0, 12.0), mode="nearest")
    profile *= _CURTAIN_GREY / profile.std()
    depth = np.linspace(0.3, 1.0, height)[None, :, None]
    return np.asarray(profile[:, None, :] * depth)
