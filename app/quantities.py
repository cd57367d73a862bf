"""What stored numbers of a network mean: probability of solid, uncertainty, disagreement."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np

from core.recipe import RecipeStep
from core.volume import ALL, Array, Shape, Source, Volume


@dataclass(frozen=True)
class Quantity:
    """A number between 0 and 1 that is stored over the whole range of a type.

    Attributes
    ----------
    name, unit : str
        How it is called; the unit may be empty.
    high : float
        Value of the last colour.
    colour_map : str
        One of `app.plots.colour.COLOUR_MAPS`.
    """

    name: str
    unit: str
    high: float
    colour_map: str

    @property
    def title(self) -> str:
        """Name with unit."""
        return f"{self.name} ({self.unit})" if self.unit else self.name

    def value(self, stored: float, dtype: np.dtype[Any]) -> float:
        """What a stored number means."""
        return stored / most(dtype)

    def text(self, stored: float, dtype: np.dtype[Any]) -> str:
        """The same in words."""
        return f"{self.name.lower()} {self.value(stored, dtype):.2f} {self.unit}".rstrip()


PROBABILITY = Quantity("Probability of solid", "", 1.0, "Viridis")
ENTROPY = Quantity("Uncertainty", "bits", 1.0, "Inferno")
DISAGREEMENT = Quantity("Disagreement of the voltages", "", 0.5, "Inferno")
BY_NAME = {"probability": PROBABILITY, "entropy": ENTROPY, "disagreement": DISAGREEMENT}


def most(dtype: np.dtype[Any]) -> float:
    """Stored number that stands for 1."""
    return float(np.iinfo(dtype).max) if np.issubdtype(dtype, np.integer) else 1.0


def quantity_of(entry: RecipeStep) -> Quantity | None:
    """What the result of a step holds, where that is neither grey values nor phases."""
    if entry.step.name != "probability":
        return None
    return BY_NAME[entry.params.model_dump()["quantity"]]


@dataclass(frozen=True, eq=False)
class EntropySource:
    """Uncertainty in bits, stored as 0-255, from stored probabilities; computed when it is read."""

    upstream: Source

    @property
    def shape(self) -> Shape:
        """As of the probabilities."""
        return self.upstream.shape

    @property
    def dtype(self) -> np.dtype[Any]:
        """0-255 stands for 0-1 bit."""
        return np.dtype(np.uint8)

    def read(self, z: slice, y: slice = ALL, x: slice = ALL) -> Array:
        """Return a new array of the asked range."""
        from core.models.uncertainty import entropy_bits

        stored = self.upstream.read(z, y, x)
        if stored.dtype == np.uint8:
            return _stored(entropy_bits(np.arange(256) / 255.0))[stored]
        return _stored(entropy_bits(stored / most(stored.dtype)))


def uncertainty(probability: Volume) -> Volume:
    """How unsure a network is, from its probabilities."""
    info = probability.info.with_(dtype=np.dtype(np.uint8), content="grey")
    return Volume(info, EntropySource(probability.source), probability.metadata, probability.notes)


def _stored(bits: Array) -> Array:
    return np.asarray(bits * 255 + 0.5).astype(np.uint8)
