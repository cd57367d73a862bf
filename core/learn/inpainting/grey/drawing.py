"""Structures drawn as grey volumes: no electrons, but the look of images of porous solids and tissue."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from scipy.ndimage import gaussian_filter

from core.job import Job
from core.learn.inpainting.grey.recipe import GreyImageParams
from core.learn.inpainting.recipe import GapParams
from core.learn.inpainting.structures import Solid, made
from core.volume import Array

_SALT = 77
_PURE = 1 / 6  # share of images without noise
_SMEARED = 0.3  # share whose noise is alike in neighbouring pixels, as after an interpolation
_FLICKERING = 0.3  # share whose slices differ a little in brightness


@dataclass(frozen=True)
class Drawn:
    """One structure as a grey volume of cubic voxels.

    Attributes
    ----------
    grey : ndarray of float16, shape (z, y, x)
        Without noise; contrast of solid and pore about 1, mean about 0.
    solid : Solid
        What was drawn, for drawing slices; without its distances.
    noise : float
        Standard deviation of the noise of a bright pixel.
    smeared_px : float
        Standard deviation of the Gaussian that the noise went through; 0: none.
    flicker : float
        Standard deviation of the gain of slices.
    """

    grey: Array
    solid: Solid
    noise: float
    smeared_px: float
    flicker: float

    def measured(self, planes: Array, rng: np.random.Generator) -> Array:
        """Some of its planes with noise, whose variance grows with brightness.

        Parameters
        ----------
        planes : ndarray of float32, shape (n, y, x)
            Of `grey`.
        """
        if self.flicker:
            gains = rng.normal(1, self.flicker, (len(planes), 1, 1)).astype(np.float32)
            planes = planes * gains
        if not self.noise:
            return planes
        chance = rng.standard_normal(planes.shape, dtype=np.float32)
        if self.smeared_px:
            chance = gaussian_filter(chance, (0, self.smeared_px, self.smeared_px))
            chance /= chance.std()
        deviation = np.float32(self.noise) * np.sqrt(np.clip(0.65 + 0.7 * planes, 0.15, 1.6))
        noisy: Array = planes + chance * deviation
        return noisy


def drawn(gaps: GapParams, images: GreyImageParams, seed: int, number: int, job: Job) -> Drawn:
    """Structure `number` of a training as an image; a pure function of all that is given."""
    solid = made(gaps, seed, number, job)
    rng = np.random.default_rng((seed, _SALT, number))
    job.check()
    as_sheets = rng.random() < images.sheets and not solid.gold
    grey = _sheets(solid, rng) if as_sheets else _porous(solid.solid, rng)
    blur = float(rng.uniform(0.3, 1.2))
    grey = gaussian_filter(grey, (0.3, blur, blur))
    low, high = np.log(images.noise)
    return Drawn(
        (grey - grey.mean()).astype(np.float16),
        Solid(solid.solid, np.empty(0), solid.size_px, solid.gold),
        0.0 if rng.random() < _PURE else float(np.exp(rng.uniform(low, high))),
        float(rng.uniform(0.35, 0.7)) if rng.random() < _SMEARED else 0.0,
        float(rng.uniform(0.005, 0.03)) if rng.random() < _FLICKERING else 0.0,
    )


def _porous(solid: Array, rng: np.random.Generator) -> Array:
    """Bright solid in which signal fades over some depth, texture, bright edges, and pores to look into."""
    grey = solid.astype(np.float32)
    depth_px = float(rng.uniform(0.3, 2.0))
    through = np.zeros_like(grey[0])
    seen = float(rng.choice([0.0, rng.uniform(0.2, 0.9)]))
    reach_px, share = float(rng.uniform(2, 14)), np.float32(1 - np.exp(-1 / depth_px))
    mixed, lit = grey[-1].copy(), np.empty_like(grey)
    for z in range(len(grey) - 1, -1, -1):  # from below, as signal comes from there
        mixed += share * (grey[z] - mixed)
        through = np.where(solid[z], np.float32(1), through * np.float32(np.exp(-1 / reach_px)))
        lit[z] = mixed + np.float32(seen) * (through - grey[z]) * (1 - mixed)
    if rng.random() < 0.5:
        around = gaussian_filter(grey, float(rng.uniform(1.0, 2.5)))
        lit += float(rng.uniform(0.1, 0.6)) * (grey - around) * grey
    found: Array = lit + _texture(grey, rng)
    return found


def _sheets(solid: Solid, rng: np.random.Generator) -> Array:
    """Dark surfaces, as membranes, between spaces of slowly changing grey, with spots in them."""
    smooth = gaussian_filter(solid.solid.astype(np.float32), solid.size_px * float(rng.uniform(0.08, 0.2)))
    sharp = float(rng.uniform(0.15, 0.35))
    grey = -np.exp(-(((smooth - 0.5) / sharp) ** 2))
    grey += float(rng.uniform(0.0, 0.5)) * smooth
    spots = gaussian_filter(rng.standard_normal(grey.shape, dtype=np.float32), float(rng.uniform(1.2, 2.5)))
    spots /= spots.std()
    grey -= float(rng.uniform(0, 0.6)) * np.clip(spots - 2, 0, 1.5) * solid.solid
    found: Array = grey + _texture(solid.solid.astype(np.float32), rng)
    return found


def _texture(solid: Array, rng: np.random.Generator) -> Array:
    """Grey values that change within solid and pore, each by their own strength."""
    field = gaussian_filter(rng.standard_normal(solid.shape, dtype=np.float32), float(rng.uniform(1.5, 5)))
    field /= field.std()
    inside, outside = rng.uniform(0, 0.15, 2).astype(np.float32)
    textured: Array = field * (outside + (inside - outside) * solid)
    return textured
