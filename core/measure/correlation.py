"""Two-point correlation along z, y and x from exact counts.

S2(k) is the share of pairs of voxels at lag k along an axis that are both of the phase: S2(0) is its
fraction φ, and far away S2 tends to φ². Unbiased and not periodic unless asked.

References
----------
J. G. Berryman, J. Appl. Phys. 57 (1985) 2374, doi:10.1063/1.334346; thesis 2.5 (eq. 2.7 is garbled there).
"""

from __future__ import annotations

import numpy as np

from core.errors import ParameterError
from core.measure.lines import LineCounts, count_lines
from core.volume import Array


def two_point_correlation(solid: Array, lags: int, *, periodic: bool = False) -> Array:
    """S2 along the three axes.

    Parameters
    ----------
    solid : ndarray of bool, shape (z, y, x)
        True where solid.
    lags : int
        Greatest lag in voxels, below every side.
    periodic : bool
        Whether the volume repeats itself, so that pairs may reach across its borders.

    Returns
    -------
    ndarray of float64, shape (3, lags + 1)
        Along z, y and x; the first column is the solid fraction.

    Raises
    ------
    ParameterError
        If the lags do not fit into the volume.
    """
    if solid.ndim != 3 or solid.dtype != np.bool_ or not 0 <= lags < min(solid.shape):
        raise ParameterError(
            "lags must be shorter than the volume",
            expected=f"a volume of bool, lags of 0-{min(solid.shape) - 1}",
            got=f"{solid.dtype}, {lags}",
        )
    return np.stack(correlations(count_lines([solid], solid.shape, (lags, lags, lags), periodic=periodic)))


def correlations(counts: LineCounts) -> tuple[Array, Array, Array]:
    """S2 along z, y and x; float64, NaN at lags at which no pair could be looked at."""
    with np.errstate(invalid="ignore"):
        z, y, x = (pairs / tries for pairs, tries in zip(counts.pairs, counts.tries, strict=True))
    return z, y, x


def correlation_length(curve: Array, step_nm: float) -> float | None:
    """Integral of (S2(r) - φ²) / (φ - φ²) from r = 0 to where it first reaches 0, by the trapezoid rule.

    Parameters
    ----------
    curve : ndarray of float64, shape (lags + 1,)
        S2 at whole lags.
    step_nm : float
        Length of one lag, > 0.

    Returns
    -------
    float or None
        In nm; None for an empty or full phase, or where the curve ends before it reaches φ².
    """
    fraction = float(curve[0]) if curve.size else 0.0
    if not 0 < fraction < 1:
        return None
    scaled = (curve - fraction**2) / (fraction - fraction**2)
    below = np.flatnonzero(~(scaled > 0))  # NaN ends it, too
    if not below.size or np.isnan(scaled[below[0]]):
        return None
    stop = int(below[0])
    inner = float(np.trapezoid(scaled[:stop], dx=step_nm)) if stop > 1 else 0.0
    before, after = float(scaled[stop - 1]), float(scaled[stop])
    return inner + step_nm * before * before / (before - after) / 2  # a straight line down to 0
