"""Chord lengths: runs of one phase along an axis that end at the other phase on both sides.

Runs that the border of the volume (or a slice that is left out) cuts off are not chords: their length is not
known. Long chords are cut off more often, so means are a little low where chords are not much shorter than
the volume.

References
----------
S. Torquato, B. Lu, Phys. Rev. E 47 (1993) 2950, doi:10.1103/PhysRevE.47.2950.
"""

from __future__ import annotations

import numpy as np

from core.measure.results import Distribution
from core.volume import Array

BINS = 32


def chord_distribution(lengths: Array, step_nm: float) -> Distribution | None:
    """Distribution by number of chords.

    Parameters
    ----------
    lengths : ndarray of int64
        How many chords there are of each length in voxels (the index).
    step_nm : float
        Length of a voxel along the axis.

    Returns
    -------
    Distribution or None
        Bins of whole voxels, at most 32 of them; None without chords.
    """
    count = int(lengths.sum())
    if count == 0:
        return None
    longest = int(np.flatnonzero(lengths)[-1])
    width = -(-longest // BINS)
    bins = -(-longest // width)
    padded = np.zeros(bins * width, dtype=np.int64)
    padded[:longest] = lengths[1 : longest + 1]
    voxels = np.arange(len(lengths))
    mean = float(lengths @ voxels) / count
    variance = max(0.0, float(lengths @ (voxels * voxels)) / count - mean * mean)
    # A chord of n voxels lies in the middle of its bin where bins are one voxel wide.
    edges = (np.arange(bins + 1) * width + 0.5) * step_nm
    return Distribution(
        edges_nm=tuple(edges.tolist()),
        shares=tuple((padded.reshape(bins, width).sum(axis=1) / count).tolist()),
        mean_nm=mean * step_nm,
        sd_nm=variance**0.5 * step_nm,
        median_nm=_median(lengths, count) * step_nm,
        count=count,
    )


def _median(lengths: Array, count: int) -> float:
    below = np.cumsum(lengths)
    low, high = np.searchsorted(below, [(count - 1) // 2 + 1, count // 2 + 1])
    return float(low + high) / 2
