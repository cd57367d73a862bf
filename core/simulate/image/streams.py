"""One stream of random numbers per effect: switching one effect on or off leaves the others as they are."""

from __future__ import annotations

from collections.abc import Sequence
from enum import IntEnum

import numpy as np

from core.errors import ParameterError


class Effect(IntEnum):
    """Numbers of the effects; they decide the random numbers and must stay as they are."""

    DOSE = 1
    DETECTOR = 2
    ARTICLE_POISSON = 3
    ARTICLE_GAUSSIAN = 4
    CURTAINS = 10
    BRIGHTNESS = 11
    CONTRAST = 12
    FLICKER = 13
    DEFOCUS = 14
    BLANK = 15
    CHARGING = 16


def generator(seed: int, stream: Sequence[int], effect: Effect) -> np.random.Generator:
    """Random numbers of one effect in one image.

    Parameters
    ----------
    seed : int
        Of the acquisition, at least 0.
    stream : sequence of int
        What separates images from each other, for example (channel, slice); each at least 0.
    effect : Effect
        What the numbers are for.

    Raises
    ------
    ParameterError
        If a number is negative.
    """
    if seed < 0 or any(part < 0 for part in stream):
        raise ParameterError("seeds and streams count from 0", expected="at least 0", got=(seed, *stream))
    # The length goes in as well, so that streams of different lengths stay apart.
    key = (int(effect), len(stream), *(int(part) for part in stream))
    return np.random.default_rng(np.random.SeedSequence(seed, spawn_key=key))
