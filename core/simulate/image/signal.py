"""The signal of a slice with the noise that is already in it, so that no noise is added twice.

Every pixel carries three numbers per beam electron: its mean, the variance of that mean from the finite
number of simulated electrons (`sampled`), and the mean square of what one electron contributes (`square`). A
dose of N electrons, N itself Poisson distributed, has the variance ``square / N`` (compound Poisson process;
see Timischl et al. 2012, doi:10.1002/sca.20282). What is done to the signal is done to all three.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal, TypeAlias

import numpy as np

from core.errors import ParameterError, VoxelError
from core.simulate.electrons.world import Expected
from core.volume import Array

Emission: TypeAlias = Literal["counting", "secondary"]


@dataclass(frozen=True)
class Signal:
    """What a detector sees per beam electron, and how noisy it is.

    Attributes
    ----------
    mean, sampled, square : ndarray of float64, shape (y, x)
        Estimated mean, variance of that estimate, and mean square of the contribution of one electron.
    """

    mean: Array
    sampled: Array
    square: Array

    def faded(self, share: Array | float) -> Signal:
        """The signal where only a share (at least 0, per pixel) of the electrons is seen."""
        return Signal(self.mean * share, self.sampled * np.square(share), self.square * share)

    def blurred(self, sigma_px: float, weight: Array | float = 1.0) -> Signal:
        """The signal blended with itself seen through a Gaussian beam.

        Parameters
        ----------
        sigma_px : float
            Standard deviation of the Gaussian, above 0.
        weight : ndarray of float64, shape (y, x), or float
            Share (0-1) of the blurred signal.
        """
        kernel = gaussian_kernel(sigma_px)
        centre = kernel[len(kernel) // 2] ** 2
        sharp = 1 - weight
        # Variance of (1 - w) x0 + w sum(k x), with x0 also part of the sum.
        sampled = (sharp**2 + 2 * sharp * weight * centre) * self.sampled
        sampled += weight**2 * convolved(self.sampled, kernel**2)
        mean = sharp * self.mean + weight * convolved(self.mean, kernel)
        square = sharp * self.square + weight * convolved(self.square, kernel)
        return Signal(mean, sampled, square)


def signal_of(expected: Expected, emission: Emission = "counting") -> Signal:
    """Separate what was simulated into mean and noise.

    Parameters
    ----------
    expected : Expected
        Signal of one slice. With `electrons` 0 it holds no sampling noise (its standard error is a systematic
        one), and each detected electron counts 1.
    emission : {'counting', 'secondary'}
        Whether a beam electron gives at most one electron (backscattered), or a Poisson distributed number of
        them (secondary), whose mean square is ``mean + mean**2``.

    Raises
    ------
    VoxelError
        If shapes differ, or numbers are negative or not finite.
    """
    mean = _checked(expected.signal, "signal")
    error = _checked(expected.standard_error, "standard error")
    if mean.shape != error.shape or mean.ndim != 2:
        raise VoxelError(
            "signal and standard error of a slice do not fit together",
            expected="two arrays (y, x) of the same shape",
            got=f"{mean.shape} and {error.shape}",
        )
    count = expected.electrons
    if count < 0:
        raise ParameterError("simulated electrons per pixel", expected="at least 0", got=count)
    sampled = error**2 if count else np.zeros_like(mean)
    if emission == "secondary":
        return Signal(mean, sampled, mean + mean**2)
    # The unbiased variance of the mean is (square - mean**2) / (count - 1); for counts, square equals mean.
    return Signal(mean, sampled, (count - 1) * sampled + mean**2 if count else mean.copy())


def _checked(values: Array, what: str) -> Array:
    values = np.asarray(values, dtype=np.float64)
    if values.size == 0 or not np.isfinite(values).all() or values.min() < 0:
        raise VoxelError(f"the {what} of a slice cannot be used", expected="finite numbers of at least 0")
    return values


def gaussian_kernel(sigma_px: float) -> Array:
    """Weights of a Gaussian, odd in number, reaching to four standard deviations; their sum is 1."""
    reach = max(1, round(4 * sigma_px))
    weights = np.exp(-0.5 * (np.arange(-reach, reach + 1) / sigma_px) ** 2)
    return np.asarray(weights / weights.sum())


def convolved(values: Array, kernel: Array) -> Array:
    """Convolve both axes with the same weights; the image goes on mirrored at its borders."""
    from scipy.ndimage import correlate1d

    down = correlate1d(values, kernel, axis=0, mode="reflect")
    return np.asarray(correlate1d(down, kernel, axis=1, mode="reflect"))
