"""Which signals become black and white; chosen once, so that grey can be compared between slices."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np

from core.errors import ParameterError, VoxelError
from core.simulate.image.artefacts import Artefacts
from core.simulate.image.formation import ImageFormation
from core.volume import Array


@dataclass(frozen=True)
class GreyScale:
    """Gain and offset of the detection chain.

    Attributes
    ----------
    black, white : float
        Signal per beam electron that becomes grey 0, and the highest grey.

    Raises
    ------
    ParameterError
        If white is not above black.
    """

    black: float
    white: float

    def __post_init__(self) -> None:
        if not (np.isfinite([self.black, self.white]).all() and self.white > self.black):
            raise ParameterError(
                "impossible grey scale", expected="white above black", got=f"{self.black} to {self.white}"
            )

    def level(self, signal: Array) -> Array:
        """Signal on a range from 0 (black) to 1 (white), not clipped."""
        return (signal - self.black) / (self.white - self.black)

    def record(self) -> dict[str, float]:
        """Values for the truth record."""
        return {"black_signal": self.black, "white_signal": self.white}


def scale_of(
    formation: ImageFormation, signals: Sequence[Array], artefacts: Artefacts | None = None
) -> GreyScale:
    """Choose the grey scale, or take the one that is given.

    The percentiles of the signals are widened by what will change them: dose noise (3 standard deviations),
    shading, and curtains (2 standard deviations). What changes grey itself has to fit into the headroom.

    Parameters
    ----------
    formation : ImageFormation
        `scale` ``fixed`` needs no signals.
    signals : sequence of ndarray
        Expected signals of some slices: of one channel, or of all that are to share the scale.
    artefacts : Artefacts, optional
        What is going to spoil the images.

    Raises
    ------
    VoxelError
        If a scale has to be chosen and there is nothing to choose it from.
    """
    if formation.scale == "fixed":
        return GreyScale(formation.black_signal, formation.white_signal)
    values = np.concatenate([np.ravel(signal) for signal in signals]) if signals else np.empty(0)
    if values.size == 0 or not np.isfinite(values).all():
        raise VoxelError("no signal to choose a grey scale from", expected="a slice, finite numbers")
    ends = (formation.low_percentile, formation.high_percentile)
    low, high = np.percentile(values.astype(np.float64), ends)
    low, high = _widened(float(low), float(high), formation, artefacts or Artefacts())
    if high - low <= 1e-9 * abs(high):  # all alike: a grey of one half
        return GreyScale(0.0, 2 * high if high > 0 else 1.0)
    headroom = formation.headroom_percent / 100
    span = (high - low) / (1 - 2 * headroom)
    black = low - headroom * span
    return GreyScale(black, black + span)


def _widened(low: float, high: float, formation: ImageFormation, artefacts: Artefacts) -> tuple[float, float]:
    curtains = 2 * artefacts.curtain_percent / 100
    low = low * max(0.0, 1 - artefacts.shading_percent / 100) * max(0.0, 1 - curtains)
    high = high * (1 + curtains)
    if formation.noise == "dose":
        low = max(0.0, low - 3 * np.sqrt(max(low, 0.0) / formation.dose_electrons))
        high = high + 3 * np.sqrt(max(high, 0.0) / formation.dose_electrons)
    return float(low), float(high)


def quantised(level: Array, bits: int) -> tuple[Array, dict[str, Any]]:
    """Turn levels into whole grey values.

    Parameters
    ----------
    level : ndarray, shape (y, x)
        0 is black, 1 the highest grey.
    bits : int
        8 or 16.

    Returns
    -------
    grey : ndarray of uint8 or uint16, shape (y, x)
        Rounded, halves to even.
    record : dict
        ``clipped_dark`` and ``clipped_bright``: number of pixels beyond the range.
    """
    highest = 2**bits - 1
    grey = np.rint(level * highest)
    record = {"clipped_dark": int((grey < 0).sum()), "clipped_bright": int((grey > highest).sum())}
    return np.clip(grey, 0, highest).astype(np.uint8 if bits == 8 else np.uint16), record
