"""Which network of the library fits a stack: voltages, voxels, grey values, and its answer on a sample."""

from __future__ import annotations

import math
import re
from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np

from core.errors import TruesliceError
from core.job import Job
from core.models.card import Model
from core.models.fit import (
    Finding,
    contrast_findings,
    paired,
    sees_along_z,
    slice_step_for,
    voltage_kv,
    voxel_findings,
)
from core.models.intensity import Levels
from core.models.library import models
from core.models.spec import ModelSpec
from core.propose.aligning import kv_of
from core.propose.look import Look, middle
from core.volume import Array, VolumeInfo

TRIAL_PX, TRIAL_PLANE_PX = 256, 512
"""Side of the piece that a network is tried on; of one that looks at single slices."""
SECONDARY = ("se", "etd", "tld", "inlens", "icd", "everhart")
"""Words by which detectors of secondary electrons are known."""


@dataclass(frozen=True)
class Fitting:
    """A network that may be used, and what speaks against it.

    Attributes
    ----------
    model : Model
    notes : tuple of str
        In what the data differ from its training, within bounds.
    answer : tuple of str
        In what its answer on a piece of the stack is unlike its training; empty: it is like it.
    """

    model: Model
    notes: tuple[str, ...]
    answer: tuple[str, ...]

    @property
    def sure(self) -> bool:
        """Whether nothing speaks against it."""
        return not self.notes and not self.answer


def fitting_model(looks: Mapping[str, Look], info: VolumeInfo, job: Job) -> Fitting | None:
    """The network that fits best; None if none does.

    Parameters
    ----------
    looks : mapping of str to Look
        The channels.
    info : VolumeInfo
        What is known of the voxels by then: size and distance of slices.
    """
    found = []
    for model in models():
        job.check()
        spec = model.spec
        if spec.task == "segment" and _same_conditions(spec, looks):
            findings = _findings(spec, looks, info)
            if findings is not None and not any(finding.refused for finding in findings):
                found.append((model, tuple(finding.text for finding in findings)))
    tried = [_tried(model, notes, looks, info, job) for model, notes in found]
    fitting = [one for one in tried if one is not None]
    return min(fitting, key=lambda one: (len(one.answer), len(one.notes)), default=None)


def _same_conditions(spec: ModelSpec, looks: Mapping[str, Look]) -> bool:
    """Whether every channel states the condition of one of the model's; a network is never guessed."""
    if len(spec.channels) != len(looks):
        return False
    wanted = [voltage_kv(channel) for channel in spec.channels]
    given = [kv_of(name, look.volume) for name, look in looks.items()]
    if None not in wanted:
        pairs = zip(sorted(kv or 0.0 for kv in wanted), sorted(kv or 0.0 for kv in given), strict=True)
        return all(_alike(one, other) for one, other in pairs)
    return all(is_secondary(name, look) for name, look in looks.items())


def _alike(wanted: float, given: float) -> bool:
    """Whether voltages are the same: files state 1.9998 kV where 2 kV were chosen."""
    return math.isclose(wanted, given, rel_tol=0.01)


def is_secondary(name: str, look: Look) -> bool:
    """Whether name or files of a channel state a detector of secondary electrons."""
    told = f"{name} {look.volume.info.channel} {look.volume.metadata.detector or ''}".lower()
    parts = re.split(r"[\s_-]+", re.sub(r"in[\s_-]?lens", "inlens", told))
    return any(part in SECONDARY or (part.startswith("se") and part[2:].isdigit()) for part in parts)


def _findings(spec: ModelSpec, looks: Mapping[str, Look], info: VolumeInfo) -> list[Finding] | None:
    """In what data and model differ; None where that cannot be told."""
    if None in info.voxel_nm[1:]:
        return None
    try:
        pairs = paired(spec, tuple(looks))
        step = slice_step_for(spec, info)
    except TruesliceError:
        return None
    levels = {wanted: looks[name].levels for wanted, name in pairs.items()}
    known = {wanted: found for wanted, found in levels.items() if found is not None}
    if len(known) < len(levels):
        return None
    # Clearer images than those of the training are no danger.
    noisier = [finding for finding in contrast_findings(spec, known) if not _clearer(spec, known)]
    return [*voxel_findings(spec, info, step), *noisier]


def _clearer(spec: ModelSpec, levels: Mapping[str, Levels]) -> bool:
    known = spec.known.contrast_to_noise
    return all(found.contrast_to_noise >= known[name][0] for name, found in levels.items() if name in known)


# ---------------------------------------------------------------------------------- a trial
def _tried(
    model: Model, notes: tuple[str, ...], looks: Mapping[str, Look], info: VolumeInfo, job: Job
) -> Fitting | None:
    """Ask the network about a piece in the middle of the stack; None where it refuses it."""
    from core.models.answer import answer_of, states_answers, tallied, unlike

    spec = model.spec
    try:
        codes = _answered(model, looks, info, job)
    except TruesliceError:
        return None
    pixel_nm = info.voxel_nm[1] or spec.voxel_nm[1], info.voxel_nm[2] or spec.voxel_nm[2]
    said = unlike(answer_of(tallied(codes), pixel_nm, len(codes)), spec) if states_answers(spec.known) else ()
    return Fitting(model, notes, tuple(_shortened(text) for text in said))


def _shortened(text: str) -> str:
    """The numbers of a sentence of `core.models.answer.unlike`."""
    return text.partition("training: ")[2].partition(". It can")[0] or text


def _answered(model: Model, looks: Mapping[str, Look], info: VolumeInfo, job: Job) -> Array:
    """Probabilities of two planes of the piece, 0-255, shape (2, y, x)."""
    from core.models.predict import predict_planes
    from core.models.session import open_session
    from core.models.work import Work, cut_for, reach_of

    spec = model.spec
    step = slice_step_for(spec, info)
    pairs = paired(spec, tuple(looks))
    levels = {wanted: looks[name].levels for wanted, name in pairs.items()}
    known = {wanted: found for wanted, found in levels.items() if found is not None}
    session = open_session(model.weights, "cpu", 0)
    first = next(iter(looks.values())).volume.info
    side = TRIAL_PX if sees_along_z(spec) else TRIAL_PLANE_PX
    part = middle(first.shape[1:], side)
    high, wide = (rows.stop - rows.start for rows in part)
    cut = cut_for(spec, model.weights, (high, wide), session.provider)
    work = Work(session, spec, known, step, cut, job=job)
    reach = reach_of(spec, step)
    found = []
    for number in sorted({first.shape[0] // 3, 2 * first.shape[0] // 3}):
        job.check()
        rows = slice(max(0, number - reach), min(first.shape[0], number + reach + 1))
        piece = {wanted: looks[name].volume.read(rows, *part) for wanted, name in pairs.items()}
        found.append(predict_planes(work, piece, [number - rows.start]).probability[0])
    return np.asarray(np.stack(found) * 255 + 0.5).astype(np.uint8)
