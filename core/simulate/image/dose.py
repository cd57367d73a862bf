"""The noise of a real dose, added only as far as the simulated electrons have not brought it along.

A pixel simulated with n electrons has the variance v (`Signal.sampled`); for a dose of N electrons it is
V = square / N. Noise of the variance V - v is added where that is positive; then the whole variance is the
dose's, whatever n was. Where v is the greater, nothing can be added and the image is noisier than the dose:
that is said, with the number of electrons that would have been needed.
"""

from __future__ import annotations

from dataclasses import dataclass
from math import ceil
from typing import Any

import numpy as np

from core.errors import ParameterError
from core.simulate.image.signal import Signal
from core.volume import Array

# Below this share of the squared signal, variances are rounding errors.
_NOTHING = 1e-12


@dataclass(frozen=True)
class DoseNoise:
    """Where the noise of a slice comes from.

    Attributes
    ----------
    dose_electrons : float
        Beam electrons per pixel of the real dose.
    wanted_variance, sampled_variance, added_variance : float
        Mean over the pixels: of the dose, of the simulation, and of what was added (signals are per beam
        electron).
    excess_share : float
        Share of the pixels whose sampling noise exceeds the noise of the dose.
    needed_electrons : int
        Simulated electrons per pixel with which no pixel would; 0 where there is no excess.
    """

    dose_electrons: float
    wanted_variance: float
    sampled_variance: float
    added_variance: float
    excess_share: float
    needed_electrons: int

    def record(self) -> dict[str, Any]:
        """Values for the truth record."""
        return dict(vars(self))

    def warning(self) -> str:
        """What has to be said if the simulation is noisier than the dose; empty otherwise."""
        if not self.excess_share:
            return ""
        times = self.sampled_variance / self.wanted_variance if self.wanted_variance else float("inf")
        return (
            f"the simulation is noisier than a dose of {self.dose_electrons:.0f} electrons per pixel: its "
            f"variance is {times:.3g} times that of the dose, and exceeds it in {self.excess_share:.1%} of "
            f"the pixels; nothing was added there. With {self.needed_electrons} simulated electrons per "
            "pixel the noise would be that of the dose"
        )


def with_dose_noise(
    signal: Signal, *, simulated: int, dose_electrons: float, rng: np.random.Generator
) -> tuple[Array, DoseNoise]:
    """Draw the image of a dose.

    The noise is a scaled Poisson variable: per pixel its mean is the signal and its variance the missing one.
    Without sampling noise it is exactly the Poisson distribution of detected electrons; it is never negative,
    and a pixel in which no simulated electron was seen stays 0 (among fewer electrons none is seen either).

    Parameters
    ----------
    signal : Signal
        Of one slice.
    simulated : int
        Simulated electrons per pixel; 0 without a Monte Carlo.
    dose_electrons : float
        Mean number of beam electrons per pixel, above 0.
    rng : numpy.random.Generator
        Where random numbers come from.

    Returns
    -------
    image : ndarray of float64, shape (y, x)
        Per beam electron.
    noise : DoseNoise
        What was there and what was added.

    Raises
    ------
    ParameterError
        If the dose is not above 0, or a single electron per pixel was simulated.
    """
    if not np.isfinite(dose_electrons) or dose_electrons <= 0:
        raise ParameterError("impossible dose", expected="electrons per pixel, above 0", got=dose_electrons)
    if simulated == 1:
        raise ParameterError(
            "one simulated electron per pixel does not tell how noisy it is",
            remedy="simulate at least 2 electrons per pixel, or take the noise as simulated",
        )
    wanted = signal.square / dose_electrons
    missing = wanted - signal.sampled
    tiny = _NOTHING * np.maximum(wanted, signal.mean**2)
    noisy = (missing > tiny) & (signal.mean > 0)
    image = signal.mean.copy()
    mean, variance = signal.mean[noisy], missing[noisy]
    image[noisy] = rng.poisson(mean**2 / variance) * (variance / mean)
    excess = missing < -tiny
    needed = 0
    if excess.any():
        ratio = float((signal.sampled[excess] / wanted[excess]).max())
        needed = min(ceil(simulated * ratio), ceil(dose_electrons))
    noise = DoseNoise(
        dose_electrons=float(dose_electrons),
        wanted_variance=float(wanted.mean()),
        sampled_variance=float(signal.sampled.mean()),
        added_variance=float(variance.sum() / image.size),
        excess_share=float(excess.mean()),
        needed_electrons=needed,
    )
    return image, noise
