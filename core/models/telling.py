"""What the card of a model says, for people: words and numbers in the order they are read."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from pydantic import ValidationError

from core.errors import ReadError
from core.models.answer import told
from core.models.card import Model
from core.models.layout import NORMALISATIONS
from core.models.rdf import FILE_NAMES, OWN, read_yaml
from core.models.spec import ModelSpec
from core.models.texts import METRICS, Measured

DOING = {
    "segment": "Tells solid from pore",
    "fill": "Fills gaps between slices",
    "upscale": "Refines slices",
}
_SHARES = ("mds", "precision", "recall", "iou")
_PERCENT = ("mp", "mgp")


@dataclass(frozen=True)
class Told:
    """A card in words.

    Attributes
    ----------
    title, description, limits : str
    facts : tuple of (str, str)
        Heading and text.
    measured : tuple of Measured
    notes : tuple of str
        What was guessed, for cards of other programs.
    """

    title: str
    description: str
    limits: str
    facts: tuple[tuple[str, str], ...]
    measured: tuple[Measured, ...]
    notes: tuple[str, ...] = ()


def card_told(model: Model) -> Told:
    """Read the card of a model and put it in words.

    Raises
    ------
    ReadError
        If it is not there any more.
    DamagedFileError
        If it is no card.
    """
    file = next((model.folder / name for name in FILE_NAMES if (model.folder / name).is_file()), None)
    if file is None:
        raise ReadError(f"the card of {model.name} is not there any more", got=str(model.folder))
    card = read_yaml(file)
    config = card.get("config")
    own = config.get(OWN) if isinstance(config, Mapping) else None
    own = own if isinstance(own, Mapping) else {}
    return Told(
        str(card.get("name") or model.name),
        str(card.get("description") or ""),
        model.spec.limits or "The card states none.",
        tuple(_facts(model, card, own)),
        tuple(_measured(own.get("measured"))),
        model.notes,
    )


def _facts(model: Model, card: Mapping[str, Any], own: Mapping[str, Any]) -> Iterator[tuple[str, str]]:
    spec = model.spec
    yield "Trained on", spec.trained_on or "The card does not say."
    yield "Input", _input(spec)
    yield "Voxels", f"{voxel_text(spec)}, {_known_voxels(spec)}"
    yield "Grey values", NORMALISATIONS.get(spec.normalisation, f"rule {spec.normalisation}")
    yield "Sees", _sees(spec)
    answers = told(spec.known)
    if answers:
        yield "Its answers", f"{answers[:1].upper()}{answers[1:]}."
    network = _network(card, own)
    if network:
        yield "Network", network
    yield "Licence", f"{card.get('license') or 'not stated'}; by {_authors(card)}"
    cites = [str(entry.get("text")) for entry in card.get("cite") or () if isinstance(entry, Mapping)]
    if cites:
        yield "To cite", "; ".join(cites)
    size = model.weights.stat().st_size / 1e6 if model.weights.is_file() else 0.0
    yield "File", f"{model.weights.name}, {size:.3g} MB; version {spec.version}; {model.folder}"
    yield "SHA-256", model.sha256 or "not stated by the card"


def voxel_text(spec: ModelSpec) -> str:
    """Slice distance and pixel of the training data."""
    z_nm, y_nm, x_nm = spec.voxel_nm
    pixel = f"{x_nm:g} nm" if x_nm == y_nm else f"{y_nm:g} x {x_nm:g} nm (y, x)"
    if spec.volume or spec.slices > 1:
        return f"slices {z_nm:g} nm apart, pixels of {pixel}"
    return f"pixels of {pixel}"


def _known_voxels(spec: ModelSpec) -> str:
    pixel, along = spec.known.pixel_nm, spec.known.slice_nm
    parts = [f"pixels of {_range(pixel)} nm"]
    if along is not None:
        parts.append(f"slices {_range(along)} nm apart")
    return f"known from training: {', '.join(parts)}"


def _range(limits: Sequence[float]) -> str:
    low, high = limits
    return f"{low:.3g}" if low == high else f"{low:.3g} to {high:.3g}"


def _input(spec: ModelSpec) -> str:
    names = ", ".join(spec.channels)
    along = "a window along z" if spec.volume else ("one slice" if spec.slices == 1 else "")
    slices = along or f"{spec.slices} adjacent slices"
    channels = "one channel" if len(spec.channels) == 1 else f"{len(spec.channels)} channels"
    return f"{channels} ({names}), {slices}"


def _sees(spec: ModelSpec) -> str:
    side = 2 * spec.halo_px + 1
    plane = f"{side} x {side} px around each pixel"
    if spec.halo_slices:
        slices = "1 slice" if spec.halo_slices == 1 else f"{spec.halo_slices} slices"
        return f"{plane}, {slices} on each side"
    return plane


def _authors(card: Mapping[str, Any]) -> str:
    names = [str(entry.get("name")) for entry in card.get("authors") or () if isinstance(entry, Mapping)]
    return ", ".join(names) or "authors not stated"


def _network(card: Mapping[str, Any], own: Mapping[str, Any]) -> str:
    config = card.get("config")
    zoo = config.get("bioimageio") if isinstance(config, Mapping) else None
    zoo = zoo if isinstance(zoo, Mapping) else {}
    kind = str(zoo.get("architecture_description") or zoo.get("architecture_type") or "")
    training = own.get("training")
    weights = training.get("weights") if isinstance(training, Mapping) else None
    count = f"{weights:,} weights" if isinstance(weights, int) else ""
    return "; ".join(filter(None, (kind, count)))


def _measured(entries: object) -> Iterator[Measured]:
    for entry in entries if isinstance(entries, list) else ():
        try:
            yield Measured.model_validate(entry)
        except ValidationError:
            continue  # of a newer version: the other rows are told all the same


def measure_name(name: str) -> str:
    """What a column of measured results is called."""
    return METRICS.get(name, name)


def measure_text(name: str, value: float) -> str:
    """A measured value for reading."""
    return f"{value:.2f} %" if name in _PERCENT else f"{value:.3f}" if name in _SHARES else f"{value:.3g}"
