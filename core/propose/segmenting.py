"""How solid is told from pore: by a network that fits, else by the histogram, with what speaks against it."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np

from core.job import Job
from core.propose.fitting import Fitting, fitting_model, is_secondary
from core.propose.look import Look
from core.propose.modes import Modes, modes_of
from core.propose.proposal import Proposal, entry
from core.recipe import RecipeStep
from core.step import Stage
from core.volume import Array, VolumeInfo

THIRD_PHASE = 0.12
"""Share of voxels in the middle one of three clusters from which something shines through."""
UNEVEN = 0.15
"""Scatter of dark and bright over the image, by their difference, from which one threshold would not do."""


@dataclass(frozen=True)
class Segmenting:
    """A proposal, and what later stages have to know of it."""

    proposal: Proposal
    classical: bool
    content: str
    fused: bool = False


def at_segment(
    looks: Mapping[str, Look],
    info: VolumeInfo,
    planes: Mapping[str, Sequence[Array]],
    job: Job,
) -> Segmenting:
    """A network if one fits; else a threshold.

    Parameters
    ----------
    looks : mapping of str to Look
    info : VolumeInfo
        What is known of the voxels by then.
    planes : mapping of str to sequence of ndarray
        Some planes of each channel as they enter the stage.
    job : Job
    """
    kinds = {look.content for look in looks.values()}
    if kinds != {"grey"}:
        return _segmented_already(looks)
    if any(look.levels is None for look in looks.values()):
        why = "The grey values show no contrast beyond their noise, so nothing can be told apart."
        return Segmenting(Proposal(Stage.SEGMENT, (), why, False), False, "grey")
    fitting = fitting_model(looks, info, job)
    if fitting is not None and not fitting.answer:
        return _by_network(fitting)
    return _by_histogram(looks, info, planes, fitting)


def _segmented_already(looks: Mapping[str, Look]) -> Segmenting:
    look = next(iter(looks.values()))
    kind = look.content
    if kind == "binary" and look.volume.info.content != "binary" and len(look.values) == 2:
        low, high = look.values
        why = f"There are two values only, {low:g} and {high:g}: the greater is taken for solid, as usual."
        step = entry("segment", method="threshold", threshold=(low + high) / 2)
        return Segmenting(Proposal(Stage.SEGMENT, (step,), why, False), False, "binary")
    if kind == "probability":
        dtype = look.volume.info.dtype
        half = 0.5 if dtype.kind == "f" else float(np.iinfo(dtype).max) / 2
        why = f"These are probabilities of a network: solid is what has more than one half ({half:g})."
        step = entry("segment", method="threshold", threshold=half)
        return Segmenting(Proposal(Stage.SEGMENT, (step,), why), False, "binary")
    values = ", ".join(f"{value:g}" for value in look.values)
    told = f" ({values})" if values else ""
    why = f"The stack is segmented already: it holds {'two phases' if kind == 'binary' else 'labels'}{told}."
    return Segmenting(
        Proposal(Stage.SEGMENT, (), why, kind != "labels" or look.volume.info.content == kind), False, kind
    )


def _by_network(fitting: Fitting) -> Segmenting:
    spec = fitting.model.spec
    step = entry("segment", method=f"model:{spec.name}")
    why = (
        f"Channels, voxels and contrast fit the model {spec.name} ({spec.trained_on.rstrip('.')}), and tried "
        "on a piece, its answer looks like those of its training."
    )
    notes = "".join(f" {note}" for note in fitting.notes)
    return Segmenting(
        Proposal(Stage.SEGMENT, (step,), why + notes, fitting.sure), False, "binary", len(spec.channels) > 1
    )


def _by_histogram(
    looks: Mapping[str, Look],
    info: VolumeInfo,
    planes: Mapping[str, Sequence[Array]],
    refused: Fitting | None,
) -> Segmenting:
    modes = [one for one in (modes_of(planes[name]) for name in looks) if one is not None]
    least = min(modes, key=lambda one: (one.clear, one.dip), default=None)
    if least is None:
        why = "There is one grey value only, so nothing can be told apart."
        return Segmenting(Proposal(Stage.SEGMENT, (), why, False), False, "grey")
    step, why = _threshold(least)
    shines = _shines(looks, least)
    doubts = [*shines, *_not_by(refused)]
    if None in info.voxel_nm[1:]:
        doubts.append("Whether a network fits can be told once the pixel size is stated.")
    if len(looks) > 1:
        doubts.append(
            f"Each of the {len(looks)} channels is segmented by itself, because no network fits them."
        )
    sure = least.clear and least.uneven <= UNEVEN and len(looks) == 1 and not shines
    why = " ".join((why, *doubts))
    return Segmenting(Proposal(Stage.SEGMENT, (step,), why, sure), True, "binary")


def _threshold(modes: Modes) -> tuple[RecipeStep, str]:
    if modes.uneven > UNEVEN:
        why = (
            f"Dark and bright scatter by {100 * modes.uneven:.0f} % of their difference over the image, so "
            "that thresholds are local; cut away first what is not the face."
        )
        return entry("segment", method="sauvola"), why
    if modes.clear:
        return entry("segment", method="otsu"), f"Two phases are clear: {modes.words}."
    if modes.peaks <= 2 and modes.between <= THIRD_PHASE:
        return entry("segment", method="otsu"), f"Two phases are not clear: {modes.words}."
    why = (
        f"Two phases are not clear: {modes.words}, and {100 * modes.between:.0f} % of the voxels lie between "
        "dark and bright, so only the brightest of three clusters is solid."
    )
    return entry("segment", method="kmeans", clusters=3), why


def _shines(looks: Mapping[str, Look], modes: Modes) -> list[str]:
    """Why walls behind the face may be taken for solid."""
    secondary = any(is_secondary(name, look) for name, look in looks.items())
    if modes.clear and not secondary:
        return []
    told = "With secondary electrons" if secondary else "Without a clear valley"
    return [f"{told}, walls of pores behind the face may be taken for solid, which no threshold can tell."]


def _not_by(refused: Fitting | None) -> list[str]:
    """Why not by the network that fits otherwise."""
    if refused is None:
        return []
    name, why = refused.model.spec.name, "; ".join(refused.answer)
    return [f"The model {name} fits the conditions, but its answer on a piece is unlike its training: {why}."]
