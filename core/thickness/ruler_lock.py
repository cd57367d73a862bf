"""Where the marks of a ruler roughly are in the next slice."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from core.thickness.marks_bands import bar_response
from core.volume import Array

FAINTEST, BRIGHTEST = 0.3, 3.0
"""Contrast of a slice, as a share of the usual."""


@dataclass
class State:
    """What is expected of the next slice.

    Attributes
    ----------
    x, width, height : ndarray of float64, shape (marks,)
        Centre and width in px and height in grey, as last seen.
    rows, quiet : tuple of float
        First and last row of the marks, and of even rows below them, without `shift_y`.
    advance : float
        Movement of the inclined marks per slice, in px.
    ways : ndarray of float64, shape (marks,)
    blur : float
        Of edges, in px.
    sign : int
        1 for bright, -1 for dark marks.
    gap : int
        Slices since the marks were last seen.
    step_x : float
        How far all marks usually move from slice to slice, in px.
    shift_y : float
        How far down the marks have moved since they were found, in px.
    """

    x: Array
    width: Array
    height: Array
    rows: tuple[float, float]
    quiet: tuple[float, float]
    advance: float
    ways: Array
    blur: float
    sign: int
    gap: int = 1
    step_x: float = 2.0
    shift_y: float = 0.0


@dataclass(frozen=True)
class Lock:
    """Where the marks roughly are.

    Attributes
    ----------
    x : ndarray of float64, shape (marks,)
        Centres to a pixel.
    score : float
        1 where all marks are as expected, around 0 where there are none.
    gain : float
        Contrast of the slice as a share of the usual.
    """

    x: Array
    score: float
    gain: float


def lock_on(profile: Array, state: State, reach: int) -> Lock:
    """Best common movement and depth, from how much of a bar stands where each mark would have to be.

    Parameters
    ----------
    profile : ndarray of float64, shape (x,)
        Mean over the rows of the marks.
    state : State
    reach : int
        Greatest common movement in px.
    """
    ahead = state.advance * state.gap
    moves = np.arange(-reach, reach + 1)
    depths = np.arange(int(-0.5 * ahead - 2), int(3.5 * ahead + 5))
    usual = np.where(np.isfinite(state.height), state.height, np.nanmedian(state.height))
    shares, strongest = [], []
    for m, way in enumerate(state.ways):
        response = bar_response(profile[None], max(3, round(state.width[m])), least_ground=2)[0][0]
        at = np.rint(state.x[m] + moves[:, None] + way * depths[None]).astype(int)
        inside = (at >= 0) & (at < profile.size)
        value = np.where(inside, response[np.clip(at, 0, profile.size - 1)], 0.0) / usual[m]
        shares.append(value)
        strongest.append(float(value.max()))
    gain = float(np.clip(np.median(strongest), FAINTEST, BRIGHTEST))
    score = sum(np.clip(share / gain, -0.5, 1.1) for share in shares) / len(shares)
    spread = state.step_x * np.sqrt(state.gap) + 2
    toll = np.minimum((moves[:, None] / spread) ** 2, 8) + np.minimum(
        ((depths[None] - ahead) / (0.6 * ahead + 1.5)) ** 2, 8
    )
    i, j = np.unravel_index(int(np.argmax(score - 0.012 * toll)), score.shape)
    return Lock(state.x + moves[i] + state.ways * depths[j], float(score[i, j]), gain)
