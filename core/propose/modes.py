"""How clearly the histogram of grey values falls into two."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from core.errors import VoxelError
from core.segment.histogram import counted, histogram_of
from core.segment.thresholds import brightest_cluster, kmeans, otsu
from core.volume import Array

CLEAR_DIP = 0.6
"""How deep the valley between two modes has to be, by the lower of them."""
CLEAR_SHARE = 0.7
"""Share of the variance that a threshold has to explain."""
BINS = 64
TILES = 4
LEAST_SHARE = 0.02
PROMINENT = 0.05
"""How far a mode rises above what lies around it, by the highest."""


@dataclass(frozen=True)
class Modes:
    """What the histogram of slightly smoothed grey values looks like.

    Attributes
    ----------
    threshold : float
        Otsu's.
    share : float
        Of the variance that it explains.
    dip : float
        0-1: how far the valley at the threshold lies below the lower of the peaks beside it.
    solid : float
        Share of the voxels above the threshold.
    between : float
        Share of the voxels in the middle one of three clusters.
    peaks : int
        How many modes the histogram has.
    uneven : float
        Scatter over the image of the means of dark and bright, by their difference.
    """

    threshold: float
    share: float
    dip: float
    solid: float
    between: float
    peaks: int
    uneven: float

    @property
    def clear(self) -> bool:
        """Whether there are two phases and nothing between them."""
        return self.share > CLEAR_SHARE and self.dip > CLEAR_DIP and self.peaks == 2

    @property
    def words(self) -> str:
        """The numbers."""
        return (
            f"the threshold explains {100 * self.share:.0f} % of the variance and the valley at it is "
            f"{100 * self.dip:.0f} % deep"
        )


def modes_of(planes: Sequence[Array]) -> Modes | None:
    """Look at the histogram; None where there is one value only."""
    from scipy.ndimage import gaussian_filter

    smooth = np.stack([gaussian_filter(plane.astype(np.float32), 1.0) for plane in planes])
    histogram = histogram_of(counted(smooth), smooth.dtype)
    try:
        threshold, three = otsu(histogram), kmeans(histogram, 3)
    except VoxelError:
        return None
    bright = smooth > threshold
    solid = float(bright.mean())
    apart = float(smooth[bright].mean() - smooth[~bright].mean())
    curve, edges = _curve(smooth)
    low, high = (three[0] + three[1]) / 2, brightest_cluster(three)
    return Modes(
        threshold=threshold,
        share=solid * (1 - solid) * apart**2 / float(smooth.var()),
        dip=_dip(curve, edges, threshold),
        solid=solid,
        between=float(np.mean((smooth > low) & (smooth <= high))),
        peaks=_peaks(curve),
        uneven=_uneven(smooth, bright) / apart,
    )


def _uneven(smooth: Array, bright: Array) -> float:
    """Scatter of the mean of either class over the tiles of the image, the greater of both, in grey."""
    rows, columns = (np.array_split(np.arange(length), TILES) for length in smooth.shape[1:])
    found = []
    for chosen in (~bright, bright):
        means = []
        for row in rows:
            for column in columns:
                part = np.s_[:, row[0] : row[-1] + 1, column[0] : column[-1] + 1]
                inside = chosen[part]
                if inside.mean() > LEAST_SHARE:
                    means.append(float(smooth[part][inside].mean()))
        found.append(
            1.4826 * float(np.median(np.abs(np.asarray(means) - np.median(means)))) if len(means) > 4 else 0.0
        )
    return max(found)


def _dip(curve: Array, edges: Array, threshold: float) -> float:
    place = int(np.clip(np.searchsorted(edges, threshold) - 1, 1, BINS - 2))
    left, right = int(np.argmax(curve[:place])), place + int(np.argmax(curve[place:]))
    peak = min(curve[left], curve[right])
    return float(1 - curve[left : right + 1].min() / peak) if peak > 0 else 0.0


def _curve(smooth: Array) -> tuple[Array, Array]:
    """The histogram, smoothed a little, and the borders of its bins."""
    from scipy.ndimage import gaussian_filter1d

    low, high = np.percentile(smooth, [0.1, 99.9])
    room = (high - low) / 10  # so that modes at the ends have a far side
    counts, edges = np.histogram(smooth, bins=BINS, range=(low - room, high + room))
    return gaussian_filter1d(counts.astype(float), 1.5, mode="nearest"), edges


def _peaks(curve: Array) -> int:
    from scipy.signal import find_peaks

    return len(find_peaks(curve, prominence=PROMINENT * curve.max())[0])
