"""What the thicknesses of a stack are like: mean, spread, gamma fit, outliers, implausible ones."""

from __future__ import annotations

import math
from collections.abc import Collection, Sequence
from dataclasses import dataclass
from typing import Final

import numpy as np

from core.errors import ParameterError
from core.volume import Array

OUTLIER_Z_SCORE: Final = 1.5
"""Article III: slices whose thickness lies further from the mean than this many standard deviations."""
IMPLAUSIBLE_NM: Final = 1.0
"""Article II, 3.3: thicknesses up to this are taken for faults of the measurement, not for thin slices."""
_LEAST_SPREAD: Final = 1e-9
_ROUNDS: Final = 50
_STEPS: Final = (1.0, 2.0, 2.5, 5.0, 10.0)
MAX_BINS: Final = 200


@dataclass(frozen=True)
class ThicknessStatistics:
    """Statistics of the thicknesses that were measured and are plausible.

    Attributes
    ----------
    used : int
        How many thicknesses they rest on.
    left_out : tuple of int
        Thicknesses (numbered as the slice above) not measured, implausible, or across missing slices.
    implausible : tuple of int
        Those of `IMPLAUSIBLE_NM` or less.
    outliers : tuple of int
        Used ones with a z-score over `OUTLIER_Z_SCORE`.
    mean_nm, sd_nm : float or None
        Mean and standard deviation (n - 1) in nm; None where there are too few.
    inner_mean_nm, inner_sd_nm : float or None
        The same without the outliers, as article III gives them.
    gamma : tuple of float or None
        Shape (no unit) and scale (nm) of the fitted gamma distribution; None where nothing varies.
    """

    used: int
    left_out: tuple[int, ...]
    implausible: tuple[int, ...]
    outliers: tuple[int, ...]
    mean_nm: float | None
    sd_nm: float | None
    inner_mean_nm: float | None
    inner_sd_nm: float | None
    gamma: tuple[float, float] | None


def statistics_of(
    thickness_nm: Sequence[float], unmeasured: Collection[int] = (), across: Collection[int] = ()
) -> ThicknessStatistics:
    """Statistics of thicknesses.

    Parameters
    ----------
    thickness_nm : sequence of float, length n - 1
        Distance of each slice to the next, in nm.
    unmeasured : collection of int
        Slices (0 to n - 1) whose position was not measured: the thicknesses on both sides are left out.
    across : collection of int
        Distances (numbered as the slice above) that reach across missing slices: left out, as each is the
        thickness of several.

    References
    ----------
    Role of slice thickness quantification (article II), Fig. 3; article III, 2.1.1.
    """
    values = np.asarray(thickness_nm, dtype=np.float64)
    implausible = np.flatnonzero(values <= IMPLAUSIBLE_NM)
    use = values > IMPLAUSIBLE_NM
    for index in unmeasured:
        use[max(0, index - 1) : index + 1] = False
    use[list(across)] = False
    places = np.flatnonzero(use)
    inner = places[np.abs(_z_scores(values[places])) <= OUTLIER_Z_SCORE]
    return ThicknessStatistics(
        used=int(places.size),
        left_out=_numbers(np.flatnonzero(~use)),
        implausible=_numbers(implausible),
        outliers=_numbers(np.setdiff1d(places, inner)),
        mean_nm=_mean(values[places]),
        sd_nm=_sd(values[places]),
        inner_mean_nm=_mean(values[inner]),
        inner_sd_nm=_sd(values[inner]),
        gamma=gamma_fit(values[places]),
    )


def gamma_fit(values: Sequence[float] | Array) -> tuple[float, float] | None:
    """Shape and scale of the gamma distribution that makes `values` most likely.

    Parameters
    ----------
    values : sequence of float
        Above zero.

    Returns
    -------
    tuple of float or None
        Shape (no unit) and scale (unit of the values); None for fewer than three values, or if all are equal.

    Raises
    ------
    ParameterError
        If a value is not above zero.

    References
    ----------
    Choi and Wette 1969, doi 10.1080/00401706.1969.10490731: ln k - digamma(k) = ln(mean) - mean(ln), Newton.
    """
    from scipy.special import digamma, polygamma

    found = np.asarray(values, dtype=np.float64)
    if found.size and not found.min() > 0:
        raise ParameterError("a gamma distribution is fitted to positive values only", got=float(found.min()))
    if found.size < 3:
        return None
    mean = float(found.mean())
    spread = math.log(mean) - float(np.log(found).mean())
    if spread < _LEAST_SPREAD:
        return None
    shape = (3 - spread + math.sqrt((spread - 3) ** 2 + 24 * spread)) / (12 * spread)
    for _ in range(_ROUNDS):
        slope = 1 / shape - float(polygamma(1, shape))
        step = (math.log(shape) - float(digamma(shape)) - spread) / slope
        shape = shape - step if step < shape else shape / 2
        if abs(step) <= 1e-12 * shape:
            break
    return shape, mean / shape


def gamma_density(lengths_nm: Array, shape: float, scale_nm: float) -> Array:
    """Density (1/nm) of a gamma distribution at lengths above zero (nm)."""
    from scipy.special import gammaln

    x = np.asarray(lengths_nm, dtype=np.float64) / scale_nm
    density: Array = np.exp((shape - 1) * np.log(x) - x - gammaln(shape)) / scale_nm
    return density


def histogram_of(values_nm: Sequence[float] | Array, bin_nm: float | None = None) -> tuple[Array, Array]:
    """Borders of bins (nm) and counts.

    Parameters
    ----------
    values_nm : sequence of float
        Not negative.
    bin_nm : float, optional
        Width of a bin. Otherwise a round number near Freedman and Diaconis' rule (doi 10.1007/BF01025868):
        twice the interquartile range divided by the cube root of the number.

    Returns
    -------
    edges, counts : ndarray
        One edge more than counts; bins begin at multiples of the width.
    """
    values = np.asarray(values_nm, dtype=np.float64)
    if values.size == 0:
        return np.array([0.0, bin_nm or 1.0]), np.zeros(1, dtype=np.int64)
    width = bin_nm or _round_width(values)
    places = np.floor(values / width).astype(np.int64)  # borders as floats would lose values that lie on them
    first, last = int(places.min()), int(places.max())
    return np.arange(first, last + 2) * width, np.bincount(places - first, minlength=last - first + 1)


def _round_width(values: Array) -> float:
    low, high = np.percentile(values, (25, 75))
    wanted = max(2 * float(high - low) / values.size ** (1 / 3), float(np.ptp(values)) / MAX_BINS)
    if wanted <= _LEAST_SPREAD * abs(float(values.max())):
        return max(1.0, float(values.max()) / 10)
    power = 10.0 ** math.floor(math.log10(wanted))
    return next(step * power for step in _STEPS if step * power >= wanted * (1 - 1e-9))


def _z_scores(values: Array) -> Array:
    sd = _sd(values)
    if not sd or sd < _LEAST_SPREAD * abs(float(values.mean())):
        return np.zeros(values.shape)
    scores: Array = (values - values.mean()) / sd
    return scores


def _mean(values: Array) -> float | None:
    return float(values.mean()) if values.size else None


def _sd(values: Array) -> float | None:
    return float(values.std(ddof=1)) if values.size > 1 else None


def _numbers(indices: Array) -> tuple[int, ...]:
    return tuple(int(index) for index in indices)
