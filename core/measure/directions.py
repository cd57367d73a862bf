"""Two-point correlation averaged over directions: within planes, or in space. By Fourier transforms.

Every displacement is one direction and one length; S2 of each is its share of pairs that are both of the
phase (unbiased: divided by how many pairs there are), and the average runs over all displacements whose
length rounds to the same lag, each with the same weight. Transforms are in float32: shares are off by about
1e-6.

References
----------
J. G. Berryman, J. Appl. Phys. 57 (1985) 2374, doi:10.1063/1.334346 (circular averages within planes, as in
the supplement of article I).
"""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from core import machine
from core.errors import ParameterError
from core.job import Job
from core.volume import Array

_CHUNK_BYTES = 1 << 27


def plane_correlation(
    phase: Array, axes: tuple[int, int], *, steps: tuple[float, float], lags: int, job: Job
) -> tuple[Array, Array]:
    """S2 averaged over the directions within one family of planes.

    Parameters
    ----------
    phase : ndarray of bool, shape (z, y, x)
        The phase.
    axes : tuple of int
        The two axes that span the planes, increasing.
    steps : tuple of float
        Voxel size along them, in units of one lag.
    lags : int
        Greatest lag; displacements must fit into the planes.
    job : Job
        Cancelling.

    Returns
    -------
    total, count : ndarray of float64, shape (lags + 1,)
        Sum over displacements, and how many there were.

    Raises
    ------
    ParameterError
        If the lags do not fit.
    """
    (other,) = {0, 1, 2} - set(axes)
    planes = np.moveaxis(phase, other, 0)
    _, rows, columns = planes.shape
    reach = [_reach(lags, step, side) for step, side in zip(steps, (rows, columns), strict=True)]
    hits = _plane_hits(planes, reach, job)
    pairs = len(planes) * _overlap([rows, columns], reach)
    return _ring_sums(hits / pairs, reach, steps, lags)


def radial_correlation(phase: Array, edges_px: Sequence[float], job: Job | None = None) -> Array:
    """S2 averaged over all directions in space, in shells.

    Parameters
    ----------
    phase : ndarray of bool, shape (z, y, x)
        The phase, cubic voxels.
    edges_px : sequence of float
        Borders of the shells, increasing; a displacement of length r belongs to edges[i] <= r < edges[i + 1].
    job : Job, optional
        Cancelling.

    Returns
    -------
    ndarray of float64, shape (shells,)
        NaN for shells without a displacement.

    Raises
    ------
    ParameterError
        If a shell does not fit into the volume.
    """
    from core.measure.kernels.shells import shell_sums

    job = job or Job()
    edges = np.asarray(edges_px, dtype=np.float64)
    reach = [_reach(float(edges[-1]), 1.0, side) for side in phase.shape]
    hits = _space_hits(phase, reach, job)
    total, count = np.zeros(edges.size - 1), np.zeros(edges.size - 1, dtype=np.int64)
    shell_sums(hits, np.array(phase.shape, dtype=np.int64), edges * edges, total, count)
    with np.errstate(invalid="ignore"):
        found: Array = total / count
    return found


def _reach(lags: float, step: float, side: int) -> int:
    reach = int(np.floor(lags / step + 0.5))
    if reach >= side:
        raise ParameterError("lags must be shorter than the volume", expected=f"below {side}", got=reach)
    return reach


def _fast(length: int) -> int:
    from scipy.fft import next_fast_len

    return int(next_fast_len(length, real=True))


def _plane_hits(planes: Array, reach: list[int], job: Job) -> Array:
    """Pairs for displacements 0..reach along the first axis and -reach..reach along the second."""
    from scipy.fft import irfft2, rfft2

    # Padded by the reach only: pairs at longer displacements wrap around, and are not looked at.
    shape = [_fast(side + far) for side, far in zip(planes.shape[1:], reach, strict=True)]
    power = np.zeros((shape[0], shape[1] // 2 + 1), dtype=np.float64)
    chunk = max(1, _CHUNK_BYTES // (8 * shape[0] * shape[1]))
    for first in range(0, len(planes), chunk):
        job.check()
        part = planes[first : first + chunk].astype(np.float32)
        spectrum = rfft2(part, s=shape, workers=machine.threads())
        power += (spectrum.real**2 + spectrum.imag**2).sum(axis=0, dtype=np.float64)
    full = irfft2(power, s=shape)
    columns = np.r_[np.arange(-reach[1], 0), np.arange(reach[1] + 1)]
    found: Array = full[: reach[0] + 1][:, columns]
    return found


def _overlap(sides: list[int], reach: list[int]) -> Array:
    first = sides[0] - np.arange(reach[0] + 1)
    second = sides[1] - np.abs(np.arange(-reach[1], reach[1] + 1))
    found: Array = first[:, None] * second[None, :]
    return found


def _ring_sums(shares: Array, reach: list[int], steps: tuple[float, float], lags: int) -> tuple[Array, Array]:
    down = np.arange(reach[0] + 1)[:, None] * steps[0]
    across = np.arange(-reach[1], reach[1] + 1)[None, :] * steps[1]
    ring = np.floor(np.hypot(down, across) + 0.5).astype(np.int64)
    # Displacements d and -d are the same pairs: of row 0 only one half.
    wanted = (ring <= lags) & ((down > 0) | (across >= 0))
    total = np.bincount(ring[wanted], weights=shares[wanted], minlength=lags + 1)
    count = np.bincount(ring[wanted], minlength=lags + 1).astype(np.float64)
    return total, count


def _space_hits(phase: Array, reach: list[int], job: Job) -> Array:
    """Pairs for all displacements, in the order of the transform: 0, 1, ... and the negative ones at the
    end.
    """
    from scipy.fft import irfftn, rfftn

    shape = [_fast(side + far) for side, far in zip(phase.shape, reach, strict=True)]
    job.check()
    spectrum = rfftn(phase.astype(np.float32), s=shape, workers=machine.threads())
    job.check()
    power = spectrum.real**2
    power += spectrum.imag**2
    del spectrum
    job.check()
    hits: Array = irfftn(power.astype(np.complex64), s=shape, workers=machine.threads(), overwrite_x=True)
    return hits
