"""Structures that separated by themselves: stand-ins for segmented stacks of real porous gold.

A mixture that demixes (Cahn & Hilliard 1958, doi:10.1063/1.1744102) from noise, and then coarsens: two
phases that both hang together, as in dealloyed gold, with necks and flat spots that a Gaussian field cut at a
level lacks. It begins as leveled waves do (Cahn 1965, doi:10.1063/1.1695731) and is still kin to them.
"""

from __future__ import annotations

import numpy as np

from core.volume import Array

GRID, STEPS, DT = 64, 150, 2.0
MIXED = 0.45
"""Share of solid that it begins with: far from one half the minor phase falls into drops."""
SIZED = 0.34
"""Solid fraction of the cut whose ligaments are measured."""
_STABLE = 2.0


def demixed(seed: int) -> Array:
    """Concentration, shape (GRID, GRID, GRID), periodic.

    Semi-implicit steps in Fourier space: du/dt = lap(u³ - u - lap u), cells of length 1.
    """
    from scipy.fft import irfftn, rfftn

    rng = np.random.default_rng(seed)
    u = (2 * MIXED - 1 + 0.1 * rng.standard_normal((GRID,) * 3)).astype(np.float32)
    whole, half = 2 * np.pi * np.fft.fftfreq(GRID), 2 * np.pi * np.fft.rfftfreq(GRID)
    k2 = (whole[:, None, None] ** 2 + whole[None, :, None] ** 2 + half**2).astype(np.float32)
    below = 1 + DT * k2 * (_STABLE + k2)
    modes = rfftn(u)
    for _ in range(STEPS):
        modes = (modes - DT * k2 * rfftn(u**3 - (1 + _STABLE) * u)) / below
        u = irfftn(modes, u.shape)
    return np.asarray(u)


def spinodal(seed: int, fraction: float) -> tuple[Array, float]:
    """Solid (bool, twice the cells along each axis) of just this fraction, and its scale.

    The scale is the ligament size in voxels of the cut at `SIZED`, whatever the fraction.
    """
    from scipy.ndimage import zoom

    fine = zoom(demixed(seed), 2, order=1, mode="grid-wrap", grid_mode=True)
    return fine > np.quantile(fine, 1 - fraction), ligament_px(fine > np.quantile(fine, 1 - SIZED))


def ligament_px(solid: Array) -> float:
    """Integral of the lineal path over the solid fraction: sum l² / (2 sum l) of chords l, mean of axes."""
    sizes = []
    for axis in range(3):
        lines = np.moveaxis(solid, axis, -1)
        edged = np.pad(lines, [(0, 0), (0, 0), (1, 1)]).ravel().astype(np.int8)
        ends = np.flatnonzero(np.diff(edged))
        chords = (ends[1::2] - ends[::2]).astype(float)
        sizes.append((chords**2).sum() / (2 * chords.sum()))
    return float(np.mean(sizes))
