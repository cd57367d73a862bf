"""What a calibration found, and how far off it is: saved as JSON, looked up by what is simulated."""

from __future__ import annotations

import json
from collections.abc import Iterable, Iterator
from functools import lru_cache
from pathlib import Path
from typing import Literal, Self

from pydantic import model_validator

import resources
from core.errors import ParameterError, ReadError
from core.files import make_folder, write_json
from core.params import Params
from core.places import data_folder
from core.simulate.electrons.conditions import Beam, Detector, Physics
from core.simulate.electrons.material import Material
from core.simulate.electrons.world import Pair
from core.simulate.surrogate.model import Model

_MOST_BYTES = 1 << 20
_FOLDER = "surrogate"


class Quality(Params):
    """How a card compares with the Monte Carlo on structures that it was not calibrated with.

    Attributes
    ----------
    correlation, mean_error, mean_absolute_error, rms_error : float
        Of the pixels; errors in units of the signal (share of the beam electrons), surrogate minus Monte
        Carlo. The noise of the Monte Carlo is taken out of correlation and RMS, not out of the mean absolute
        error.
    worst_mean_error : float
        Greatest mean error of one image.
    pixels, electrons : int
        Of the Monte Carlo that it was compared with.
    """

    correlation: float
    mean_error: float
    mean_absolute_error: float
    rms_error: float
    worst_mean_error: float
    pixels: int
    electrons: int


class Card(Params):
    """A calibrated approximation for one set of materials, beam, physics and detector.

    Attributes
    ----------
    weights : tuple of float
        One per feature of the model.
    sizes_nm, solid_fractions, pixel_nm : tuple of float
        Least and greatest ligament size, total solid fraction and pixel it was calibrated with.
    electrons, seed : int
        Of the calibration.
    """

    format: Literal[1] = 1
    materials: tuple[Material, ...]
    beam: Beam
    physics: Physics
    detector: Detector
    model: Model
    weights: tuple[float, ...]
    quality: Quality
    sizes_nm: Pair
    solid_fractions: Pair
    pixel_nm: Pair
    electrons: int
    seed: int

    @model_validator(mode="after")
    def _fits(self) -> Self:
        if len(self.weights) != self.model.features or len(self.materials) != len(self.model.down_per_nm):
            raise ValueError("weights, materials and model of the card do not belong together")
        return self

    @property
    def name(self) -> str:
        """Name of its file, without ending."""
        names = "+".join(sorted(material.name for material in self.materials))
        text = f"{names}_{self.beam.kv:g}kV_{self.detector.name}"
        return "".join(sign if sign.isalnum() or sign in "+_.-@" else "-" for sign in text)

    def suits(self, materials: Iterable[Material], beam: Beam, physics: Physics, detector: Detector) -> bool:
        """Whether it is for these conditions; it may know more materials than are asked for.

        The beam diameter does not count: a wider beam than the calibrated one is a blur of the image.
        """
        known = {_substance(material) for material in self.materials}
        same = (self.beam.kv, self.beam.tilt_deg) == (beam.kv, beam.tilt_deg)
        return (
            same
            and self.physics == physics
            and _as_seen(self.detector) == _as_seen(detector)
            and known >= {_substance(material) for material in materials}
        )

    def index_of(self, material: Material) -> int:
        """Which of its materials that is, by formula and density."""
        return [_substance(one) for one in self.materials].index(_substance(material))

    def save(self, folder: Path) -> Path:
        """Write it to a folder; returns the file."""
        make_folder(folder)
        file = folder / f"{self.name}.json"
        write_json(file, self.model_dump(mode="json"))
        return file

    @classmethod
    def load(cls, file: Path) -> Self:
        """Read a file.

        Raises
        ------
        ReadError
            If it cannot be read, or is no card.
        """
        try:
            if file.stat().st_size > _MOST_BYTES:
                raise ReadError(f"{file} is too large for a card", expected="less than a megabyte")
            return cls.parse(json.loads(file.read_text(encoding="utf-8")), owner=str(file))
        except (OSError, ValueError, TypeError) as error:
            raise ReadError(f"{file} is no card of the fast approximation: {error}") from error


def _substance(material: Material) -> tuple[object, ...]:
    """A material without its name."""
    return tuple(sorted(material.atoms)), material.density_g_cm3


def _as_seen(detector: Detector) -> Detector:
    """A detector without its name."""
    return detector.model_copy(update={"name": ""})


def user_folder() -> Path:
    """Where the user's own cards are: the platform's folder for data of programs."""
    return data_folder() / _FOLDER


def card_for(
    materials: Iterable[Material],
    beam: Beam,
    physics: Physics,
    detector: Detector,
    *,
    folder: Path | None = None,
) -> Card:
    """The card for these conditions: one that comes with the program, else one of the user's.

    Parameters
    ----------
    materials : iterable of Material
        Those that occur in the sample.
    folder : Path, optional
        In place of the user's folder.

    Raises
    ------
    ParameterError
        If there is none; it says what there is.
    """
    asked = tuple(materials)
    known, broken = [], []
    for file in _files(user_folder() if folder is None else folder):
        try:
            card = _loaded(file, file.stat().st_mtime_ns)
        except ReadError:  # of another version, say; it must not stand in the way of the others
            broken.append(file.name)
            continue
        if card.suits(asked, beam, physics, detector):
            return card
        known.append(card.name.replace("_", " "))
    names = " + ".join(sorted(material.name for material in asked))
    tilted = f", tilted by {beam.tilt_deg:g}°" if beam.tilt_deg else ""
    raise ParameterError(
        f"the fast approximation is not calibrated for {names} at {beam.kv:g} kV{tilted} with the detector "
        f"{detector.name} and these physics",
        expected="; ".join(sorted(set(known))) or "a calibration",
        got=f"{names}, {beam.kv:g} kV, {detector.name}"
        + (f"; cards that cannot be read: {', '.join(broken)}" if broken else ""),
        remedy="calibrate it once (trueslice simulate calibrate-surrogate), or simulate the electrons",
    )


def _files(folder: Path) -> Iterator[Path]:
    for place in (resources.path(_FOLDER), folder):
        yield from sorted(place.glob("*.json"))


@lru_cache(maxsize=64)
def _loaded(file: Path, _written_ns: int) -> Card:
    return Card.load(file)
