"""Makes the table of `ligament.py`: ``python -m core.simulate.structures.tabulate_ligament``.

Along any line, waves of one length and all directions make a Gaussian process whose spectrum is flat up to
1 / wavelength (the cosine of a uniform direction is uniform). Such lines are drawn by Fourier transform, cut
at the level, and their runs of solid samples counted. With runs of n voxels of size h the definition
D = integral of L(r) dr / L(0) (trapezoid) becomes D = h * sum(n^2) / (2 * sum(n)).
"""

from __future__ import annotations

import sys
from collections.abc import Sequence

import numpy as np
from scipy.fft import irfft
from scipy.special import ndtri

from core.simulate.structures.ligament import FRACTIONS, VOXELS
from core.volume import Array

_SAMPLES = 1 << 22
_WAVELENGTHS = 8_000_000


def tabulate(seed: int = 1) -> Array:
    """Ligament size in wavelengths, one row per fraction, one column per voxel size in wavelengths."""
    columns = [sizes_of_lines(voxel, FRACTIONS, wavelengths=_WAVELENGTHS, seed=seed) for voxel in VOXELS]
    return np.stack(columns, axis=1)


def sizes_of_lines(voxel: float, fractions: Sequence[float], *, wavelengths: int, seed: int) -> Array:
    """Ligament size in wavelengths for each fraction, from lines of about so many wavelengths together."""
    levels = ndtri(1 - np.array(fractions))
    rng = np.random.default_rng(seed)
    sums = np.zeros((len(levels), 2))
    for _ in range(max(1, round(wavelengths / (_SAMPLES * voxel)))):
        line = _line(rng, voxel)
        sums += [_squares(line > level) for level in levels]
    return np.asarray(voxel * sums[:, 0] / (2 * sums[:, 1]))


def _line(rng: np.random.Generator, voxel: float) -> Array:
    """A line of unit variance with waves of all lengths above one."""
    waves = round(_SAMPLES * voxel)
    spectrum = np.zeros(_SAMPLES // 2 + 1, dtype=np.complex64)
    spectrum[1 : waves + 1] = rng.normal(size=waves) + 1j * rng.normal(size=waves)
    line: Array = irfft(spectrum, _SAMPLES)
    line /= line.std()
    return line


def _squares(solid: Array) -> tuple[float, float]:
    """Sums of the squares and of the lengths of all runs."""
    ends = np.flatnonzero(np.diff(np.concatenate([[0], solid.astype(np.int8), [0]])))
    lengths = (ends[1::2] - ends[::2]).astype(float)
    return float((lengths**2).sum()), float(lengths.sum())


if __name__ == "__main__":
    for row in tabulate():
        sys.stdout.write("    (" + ", ".join(f"{value:.4f}" for value in row) + "),\n")
