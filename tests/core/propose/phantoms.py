"""Small virtual stacks whose faults are known, one at a time."""

from __future__ import annotations

from typing import Any

import numpy as np
from scipy.ndimage import gaussian_filter

from core.volume import Array, Volume, volume_of

PORE, SOLID = 60.0, 170.0
VOXEL_NM = (5.0, 5.0, 5.0)


def solid(shape: tuple[int, int, int], step: float = 1.0, seed: int = 0) -> Array:
    """Solid (True) of a leveled random field, slices `step` pixels apart."""
    rng = np.random.default_rng(seed)
    field = gaussian_filter(rng.normal(size=shape), (5 / step, 5, 5), mode="wrap")
    return np.asarray(field > 0)


def grey(
    shape: tuple[int, int, int] = (14, 240, 256),
    *,
    step: float = 1.0,
    noise: float = 6.0,
    seed: int = 0,
    curtain: float = 0.0,
    jump: float = 0.0,
    bottom: float = 1.0,
    drift_px: Array | None = None,
    signal_noise: bool = False,
) -> Array:
    """What a microscope shows of `solid`: uint8, 60 and 170 grey, with the faults asked for."""
    rng = np.random.default_rng((seed, 1))
    values = np.where(solid(shape, step, seed), SOLID, PORE)
    if drift_px is not None:
        values = np.stack([np.roll(p, tuple(s), (0, 1)) for p, s in zip(values, drift_px, strict=True)])
    values = gaussian_filter(values, (0, 0.8, 0.8))
    values = values * np.linspace(1, bottom, shape[1])[:, None]
    stripes = gaussian_filter(rng.normal(size=(shape[0], 1, shape[2])), (0, 0, 1))
    values = values + curtain * stripes / stripes.std() + jump * rng.normal(size=(shape[0], 1, 1))
    spread = noise * np.sqrt(values / SOLID) if signal_noise else noise
    values = values + spread * rng.normal(size=shape)
    return np.clip(np.rint(values), 0, 255).astype(np.uint8)


def volume(data: Array, **info: Any) -> Volume:
    """A volume of cubes of 5 nm, unless said otherwise."""
    return volume_of(data, **({"voxel_nm": VOXEL_NM} | info))
