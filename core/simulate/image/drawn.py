"""Artefacts drawn for a whole acquisition, so that any slice can be computed alone."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np

from core.errors import ParameterError
from core.simulate.image.artefacts import Artefacts
from core.simulate.image.streams import Effect, generator
from core.volume import Array

# How many mean lifetimes before the first slice curtains begin to be drawn: e-8 of them would be missed.
_LIFETIMES_BEFORE = 8


@dataclass(frozen=True)
class Curtain:
    """An upright stripe that begins in the face and grows downward.

    Attributes
    ----------
    first, last : int
        Slices it is on, both included; may lie outside the acquisition.
    x, y : float
        Column of its centre and row of its beginning, as shares (0-1) of width and height.
    width_px : float
        Standard deviation of its Gaussian profile.
    amplitude : float
        Relative change of the signal on its centre at the lower edge of the image.
    """

    first: int
    last: int
    x: float
    y: float
    width_px: float
    amplitude: float


@dataclass(frozen=True)
class Spoiling:
    """What spoils one image.

    Attributes
    ----------
    artefacts : Artefacts
        Strengths that do not change from slice to slice (shading, charging).
    brightness : float
        Added to the level (0 black, 1 the highest grey).
    contrast : float
        Gain about the middle grey.
    defocus_px : float
        Standard deviation of the blur.
    blank : bool
        Whether no signal arrives.
    curtains : tuple of Curtain
        Those on this slice.
    """

    artefacts: Artefacts
    brightness: float = 0.0
    contrast: float = 1.0
    defocus_px: float = 0.0
    blank: bool = False
    curtains: tuple[Curtain, ...] = ()


@dataclass(frozen=True)
class Drawn:
    """What was drawn for every slice of one channel."""

    artefacts: Artefacts
    slices: int
    brightness: tuple[float, ...]
    contrast: tuple[float, ...]
    defocus_px: tuple[float, ...]
    blank: tuple[bool, ...]
    curtains: tuple[Curtain, ...]

    def at(self, index: int) -> Spoiling:
        """What spoils one slice, counted from 0.

        Raises
        ------
        ParameterError
            If there is no such slice.
        """
        if not 0 <= index < self.slices:
            raise ParameterError("no such slice", expected=f"0-{self.slices - 1}", got=index)
        return Spoiling(
            self.artefacts,
            self.brightness[index],
            self.contrast[index],
            self.defocus_px[index],
            self.blank[index],
            tuple(curtain for curtain in self.curtains if curtain.first <= index <= curtain.last),
        )

    def record(self) -> dict[str, Any]:
        """Everything that was drawn, ready for JSON."""
        return {
            "brightness": list(self.brightness),
            "contrast": list(self.contrast),
            "defocus_px": list(self.defocus_px),
            "blank": [index for index, blank in enumerate(self.blank) if blank],
            "curtains": [dict(vars(curtain)) for curtain in self.curtains],
        }


def draw(artefacts: Artefacts, *, slices: int, seed: int, channel: int = 0) -> Drawn:
    """Draw the artefacts of one channel of an acquisition.

    Curtains are on the face and therefore the same for every channel; the rest belongs to the image and is
    drawn for each channel. The first slices come out the same however many follow.

    Parameters
    ----------
    artefacts : Artefacts
        How strong.
    slices : int
        Number of slices, at least 1.
    seed : int
        Of the acquisition, at least 0.
    channel : int
        Number of the channel, at least 0.

    Raises
    ------
    ParameterError
        If a slice is to be blank that does not exist, or a number is negative.
    """
    if slices < 1:
        raise ParameterError("an acquisition needs slices", expected="at least 1", got=slices)
    beyond = [index for index in artefacts.blank_slices if index >= slices]
    if beyond:
        raise ParameterError("blank slices that do not exist", expected=f"0-{slices - 1}", got=beyond)
    stream = (channel,)

    def wandering(effect: Effect) -> Array:
        return _wandering(generator(seed, stream, effect), slices, artefacts.drift_slices)

    flicker = generator(seed, stream, Effect.FLICKER).standard_normal(slices)
    brightness = artefacts.brightness_drift_percent * wandering(Effect.BRIGHTNESS)
    brightness += artefacts.flicker_percent * flicker
    contrast = 1 + artefacts.contrast_drift_percent / 100 * wandering(Effect.CONTRAST)
    blank = generator(seed, stream, Effect.BLANK).random(slices) < artefacts.blank_probability
    blank[list(artefacts.blank_slices)] = True
    return Drawn(
        artefacts,
        slices,
        _floats(brightness / 100),
        _floats(np.maximum(contrast, 0)),
        _floats(artefacts.defocus_px * np.abs(wandering(Effect.DEFOCUS))),
        tuple(bool(value) for value in blank),
        _curtains(artefacts, slices, generator(seed, (), Effect.CURTAINS)),
    )


def _floats(values: Array) -> tuple[float, ...]:
    return tuple(float(value) for value in values)


def _wandering(rng: np.random.Generator, slices: int, length: float) -> Array:
    """Ornstein-Uhlenbeck process of unit variance: correlated as exp(-distance / length)."""
    keep = np.exp(-1 / length)
    steps = rng.standard_normal(slices)
    values = np.empty(slices)
    values[0] = steps[0]
    for index in range(1, slices):
        values[index] = keep * values[index - 1] + np.sqrt(1 - keep**2) * steps[index]
    return values


def _curtains(artefacts: Artefacts, slices: int, rng: np.random.Generator) -> tuple[Curtain, ...]:
    """Curtains begin at a constant mean rate and last a geometrically distributed number of slices."""
    if artefacts.curtain_percent == 0:
        return ()
    rate = artefacts.curtain_count / artefacts.curtain_slices
    found: list[Curtain] = []
    for first in range(-round(_LIFETIMES_BEFORE * artefacts.curtain_slices), slices):
        for _ in range(rng.poisson(rate)):
            curtain = _curtain(artefacts, first, rng)
            if curtain.last >= 0:
                found.append(curtain)
    return tuple(found)


def _curtain(artefacts: Artefacts, first: int, rng: np.random.Generator) -> Curtain:
    return Curtain(
        first=first,
        last=first + int(rng.geometric(1 / artefacts.curtain_slices)) - 1,
        x=float(rng.random()),
        y=float(0.7 * rng.random()),
        width_px=float(artefacts.curtain_width_px * rng.uniform(0.5, 1.5)),
        amplitude=float(artefacts.curtain_percent / 100 * rng.standard_normal()),
    )


def curtain_factor(curtains: Sequence[Curtain], shape: tuple[int, int]) -> Array:
    """Factor on the signal: 1 where there is no curtain.

    Parameters
    ----------
    curtains : sequence of Curtain
        Those on the slice.
    shape : tuple of int
        (rows, columns).

    Returns
    -------
    factor : ndarray of float64, shape (y, x)
        At least 0.
    """
    rows, columns = shape
    if not curtains:
        return np.ones(shape)
    y, x = (np.arange(rows) + 1) / rows, np.arange(columns) + 0.5
    down = np.stack([c.amplitude * np.clip((y - c.y) / (1 - c.y), 0, None) for c in curtains], axis=1)
    across = np.stack([np.exp(-0.5 * ((x - c.x * columns) / c.width_px) ** 2) for c in curtains])
    return np.asarray(np.maximum(1 + down @ across, 0))


def shading_factor(percent: float, rows: int) -> Array:
    """Factor on the signal, falling evenly from 1 at the upper edge to the lower; shape (y, 1)."""
    return (1 - percent / 100 * (np.arange(rows) + 1) / rows)[:, np.newaxis]


def charging_streaks(insulating: Array, artefacts: Artefacts, rng: np.random.Generator) -> Array:
    """Level that charge adds beside poorly conducting regions.

    Charge builds up while the beam crosses such a region and leaks away behind it, both exponentially over
    `charging_length_px` along the row; what is left at the same column passes to the next row over
    `charging_rows_px`. Each row takes up charge differently (gamma distribution of mean 1 and shape 4), which
    makes streaks of the shadow. Within the regions themselves nothing is added.

    Parameters
    ----------
    insulating : ndarray of bool, shape (y, x)
        Poorly conducting pixels.
    artefacts : Artefacts
        Strength and lengths.
    rng : numpy.random.Generator
        Where random numbers come from.

    Returns
    -------
    level : ndarray of float64, shape (y, x)
    """
    from scipy.signal import lfilter

    taken = rng.gamma(4.0, 0.25, size=(len(insulating), 1))
    charge = _leaking(insulating * taken, artefacts.charging_length_px, 1, lfilter)
    if artefacts.charging_rows_px > 0:
        charge = _leaking(charge, artefacts.charging_rows_px, 0, lfilter)
    return np.asarray(np.where(insulating, 0.0, artefacts.charging_percent / 100 * charge))


def _leaking(values: Array, length: float, axis: int, lfilter: Any) -> Array:
    keep = np.exp(-1 / length)
    return np.asarray(lfilter([1 - keep], [1, -keep], values, axis=axis))
