"""The noise of a dose, drawn anew for every patch of a simulation.

A pixel with the expected signal p (share of electrons detected) and N electrons holds k / N, where k is
Poisson distributed if the number of electrons varies, and binomially if it is the same in every pixel. Both
are drawn by one formula, the expansion of their quantiles by Cornish and Fisher (1938,
doi:10.2307/1400905) to the third cumulant, rounded to whole electrons::

    k = round(m + sqrt(v) z + (z² - 1) c / 6),   m = N p,   v = m (1 - f p),   c = 1 - 2 f p

with f = 0 for Poisson and f = 1 for binomial, z from a table of 65536 quantiles of the normal distribution.
Mean and variance are those of the distributions within 3 and 5 % from half an electron on.

Where every electron was followed, the noise of a lower dose is exact: each counted electron stays by the same
chance (`thinned`).
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from functools import cache

import numpy as np
import torch
from scipy.special import ndtri

from core.models.intensity import Levels, levels_of_planes
from core.volume import Array

_STEPS = 5  # doses at which levels are looked at
_SLICES = 6  # slices that they are looked at in
_ROUNDING = 1 / 12  # variance that rounding adds
_GREYS = 100.0  # grey value of the greatest signal where levels are looked at: noise needs room above


@cache
def _quantiles() -> torch.Tensor:
    steps = (np.arange(1 << 16) + 0.5) / (1 << 16)
    return torch.from_numpy(ndtri(steps).astype(np.float32))


def normal(shape: Sequence[int], rng: np.random.Generator) -> torch.Tensor:
    """Normal random numbers (mean 0, deviation 1, at most 4.3), float32: fast, and alike everywhere."""
    count = int(np.prod(shape))
    words = rng.integers(0, 1 << 64, (count + 3) // 4, dtype=np.uint64)
    keys = torch.from_numpy(words.view(np.uint16)[:count].astype(np.int32))
    return torch.index_select(_quantiles(), 0, keys).reshape(*shape)


def with_dose(
    signal: torch.Tensor, electrons: torch.Tensor, fixed: torch.Tensor, rng: np.random.Generator
) -> torch.Tensor:
    """Draw images of a dose.

    Parameters
    ----------
    signal : tensor of float32
        Share of electrons detected, >= 0.
    electrons : tensor of float32
        Per pixel, > 0; broadcast against `signal`.
    fixed : tensor of float32
        1 where their number is the same in every pixel, 0 where it varies; broadcast.
    rng : numpy.random.Generator

    Returns
    -------
    tensor of float32
        Share of electrons detected.
    """
    z = normal(signal.shape, rng)
    mean = signal * electrons
    bound = 1 - fixed * signal
    spread = (mean * bound - _ROUNDING).clamp_(min=0.0).sqrt_()
    counts = spread.mul_(z).add_(mean)
    counts.add_(z.square_().sub_(1.0).mul_(bound.mul_(2.0).sub_(1.0)), alpha=1 / 6)
    return counts.round_().clamp_(min=0.0).div_(electrons)


def thinned(signal: torch.Tensor, counted: float, electrons: float, rng: np.random.Generator) -> torch.Tensor:
    """Leave out counted electrons, as if fewer had been sent.

    Parameters
    ----------
    signal : tensor of float32
        Share of `counted` electrons that was detected.
    counted, electrons : float
        Electrons per pixel that were followed, and that remain; > 0.
    rng : numpy.random.Generator

    Returns
    -------
    tensor of float32
        Share of `electrons` detected; the same as before where no fewer remain.
    """
    if electrons >= counted:
        return signal
    counts = signal.mul(counted).round_().numpy().astype(np.int64)
    left = rng.binomial(counts, electrons / counted).astype(np.float32)
    return torch.from_numpy(left).div_(electrons)


@dataclass(frozen=True)
class DoseLevels:
    """Levels that stacks of one simulation have, by dose.

    Attributes
    ----------
    log_electrons : ndarray, shape (n,)
        Logarithm of the electrons per pixel, increasing.
    table : ndarray, shape (2, 3, n)
        By kind of noise (Poisson, binomial): low, high, noise as shares of electrons detected.
    """

    log_electrons: Array
    table: Array

    def at(self, electrons: float, fixed: bool) -> Levels:
        """Levels at a dose, interpolated."""
        rows = self.table[int(fixed)]
        low, high, noise = (float(np.interp(np.log(electrons), self.log_electrons, row)) for row in rows)
        return Levels(low, high, noise)


def dose_levels(signal: Array, lowest: float, highest: float, seed: int, counted: float = 0.0) -> DoseLevels:
    """Find the levels as they are found in noisy stacks, for a range of doses.

    Parameters
    ----------
    signal : ndarray of float, shape (z, y, x)
        Expected signal; a few slices are looked at.
    lowest, highest : float
        Electrons per pixel.
    seed : int
    counted : float
        Electrons per pixel that `signal` is a share of, to be thinned; 0: it has no noise.

    Raises
    ------
    VoxelError
        If the signal has no contrast.
    """
    kept = np.unique(np.linspace(0, len(signal) - 1, min(_SLICES, len(signal))).round().astype(int))
    planes = torch.from_numpy(np.ascontiguousarray(signal[kept], dtype=np.float32))
    doses = np.geomspace(lowest, highest, _STEPS) if highest > lowest else np.array([lowest])
    # 8-bit greys as files have them: counting those is fast
    scale = _GREYS / max(float(planes.max()), 1e-9)
    table = np.empty((2, 3, len(doses)))
    for kind in (0, 1):
        for place, dose in enumerate(doses):
            rng = np.random.Generator(np.random.SFC64([seed, kind, place]))
            if counted:
                image = thinned(planes, counted, float(dose), rng)
            else:
                image = with_dose(planes, torch.tensor(float(dose)), torch.tensor(float(kind)), rng)
            grey = image.mul(scale).round_().clamp_(max=255).to(torch.uint8).numpy()
            found = levels_of_planes(grey)
            table[kind, :, place] = np.array([found.low, found.high, found.noise]) / scale
    return DoseLevels(np.log(doses), table)
