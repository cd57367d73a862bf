"""Two-point correlation along z, y and x from exact counts.

S2(k) is the share of pairs of voxels at lag k along an axis that are both solid; unbiased and not periodic
unless asked. Voxels are packed to bits, so that a shift costs an AND and a count of bits.

References
----------
Berryman J.G., J. Appl. Phys. 57 (1985) 2374, doi:10.1063/1.334346; thesis 2.5 (eq. 2.7 is garbled there).
"""

from __future__ import annotations

import numpy as np

from core.errors import ParameterError
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
    out = np.empty((3, lags + 1))
    for axis in range(3):
        side = solid.shape[axis]
        words = _packed(np.moveaxis(solid, axis, 0))
        for lag in range(lags + 1):
            hits = _common(words[: side - lag], words[lag:])
            if periodic and lag:
                hits += _common(words[side - lag :], words[:lag])
            lines = solid.size // side
            out[axis, lag] = hits / (lines * (side if periodic else side - lag))
    return out


def _packed(solid: Array) -> Array:
    """Each plane as 64-bit words, shape (planes, words)."""
    packed = np.packbits(solid.reshape(len(solid), -1), axis=1)
    padded = np.zeros((len(packed), -(-packed.shape[1] // 8) * 8), dtype=np.uint8)
    padded[:, : packed.shape[1]] = packed
    return padded.view(np.uint64)


def _common(first: Array, second: Array) -> int:
    return int(np.bitwise_count(first & second).sum(dtype=np.int64))
