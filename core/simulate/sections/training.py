"""Training sets of sections: one structure after the other into a Zarr v3 group, resumable.

The layout is that of other training sets (`core.simulate.acquisition.training_member`). Structures to train
with are like those of the fast approximation: ``NNNN/expected/SE/signal`` without noise. Those for validation
and tests hold ``NNNN/images/SE`` as well, 8 bit, with noise. ``NNNN/faces`` is 1 where the main phase is and
0 elsewhere; ``NNNN/phases`` tells pore (0), main phase (1) and second phase (2) apart.
"""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np

from core.execute.preflight import check_disk
from core.job import Job
from core.simulate.acquisition.expected import SlicesArray, make_arrays, remove_torn_files
from core.simulate.acquisition.folder import WorkGroup, write_group
from core.simulate.acquisition.prepare import check_writable
from core.simulate.acquisition.training import TrainingSet
from core.simulate.acquisition.training_member import is_complete
from core.simulate.acquisition.truth import versions_table, versions_warnings
from core.simulate.sections.fields import drawn
from core.simulate.sections.grains import SOLID, grains_of
from core.simulate.sections.oblique import oblique_image
from core.simulate.sections.params import CHANNEL, SectionPlan
from core.simulate.sections.spoilt import grey_values, spoilt
from core.simulate.training_plan import SPLITS, Split
from core.volume import Array

SIDES = 2
"""Sections of a structure: both sides of its block."""

_SIGNAL, _FACES, _PHASES = f"expected/{CHANNEL}/signal", "faces", "phases"
_IMAGES = f"images/{CHANNEL}"
_TAG, _NOISE_TAG = 0x5E, 0x5F
_SEEDS = 1 << 20


@dataclass(frozen=True)
class Section:
    """One image with its truth.

    Attributes
    ----------
    signal : ndarray of float32, shape (y, x)
        Without noise; 1 is the polished face.
    phases : ndarray of uint8, shape (y, x)
        0 pore, 1 solid, 2 second phase.
    """

    signal: Array
    phases: Array


def sections_of(plan: SectionPlan, number: int, job: Job) -> tuple[tuple[Section, ...], float]:
    """Sections of one structure, and the pixel in nm that is stated for them.

    Raises
    ------
    Cancelled
        If the user asked to stop.
    """
    rng = np.random.default_rng([plan.seed, _TAG, number])
    block = grains_of(plan.grains, (plan.depth_px, plan.side_px, plan.side_px), rng, job)
    made = []
    for side in (block, block[::-1]):
        signal = spoilt(oblique_image(side, plan.oblique, rng, job), plan.spoilt, rng)
        made.append(Section(signal, side[0].copy()))
    return tuple(made), drawn(rng, plan.pixel_nm)


def section_set(plan: SectionPlan, folder: Path, *, job: Job) -> TrainingSet:
    """Simulate a training set into a Zarr group; goes on where an earlier run was stopped or killed.

    Parameters
    ----------
    plan : SectionPlan
    folder : Path
        New, empty, or of the same plan.
    job : Job
        Progress and cancelling.

    Raises
    ------
    TruesliceError
        If the folder belongs to something else, cannot be written or has not room enough.
    Cancelled
        If the user asked to stop; finished structures are kept.
    """
    work = WorkGroup(folder)
    text = plan.dumps()
    work.check(text)
    if work.is_done():
        work.tidy()
        return TrainingSet(folder, work.answer(), was_done=True)
    check_writable(folder)
    check_disk(folder, len(plan.splits) * SIDES * plan.side_px**2 * 6, "the training set")
    with work.claimed(text):
        for number, split in enumerate(plan.splits):
            job.progress(number, len(plan.splits), "Simulating sections")
            if not is_complete(folder / _name(number)):
                _write(plan, number, split, folder / _name(number), job)
        remove_torn_files(folder)
        table = _table(plan) | versions_table(work.versions())
        table["warnings"] = versions_warnings(work.versions())
        work.finish(table)
    work.tidy()
    return TrainingSet(folder, table)


def _name(number: int) -> str:
    return f"{number:04d}"


def _write(plan: SectionPlan, number: int, split: Split, group: Path, job: Job) -> None:
    sections, pixel_nm = sections_of(plan, number, job)
    arrays = {_SIGNAL: np.stack([section.signal for section in sections])}
    if split != "train":
        rng = np.random.default_rng([plan.seed, _NOISE_TAG, number])
        arrays[_IMAGES] = np.stack([grey_values(plane, plan.spoilt, rng) for plane in arrays[_SIGNAL]])
    arrays[_PHASES] = np.stack([section.phases for section in sections])
    arrays[_FACES] = (arrays[_PHASES] == SOLID).astype(np.uint8)
    own = {"voxel_nm": [plan.depth_px * pixel_nm, pixel_nm, pixel_nm]}  # both sides lie a depth apart
    grey = {**own, "channels": [CHANNEL], "content": "grey"}
    labels = {**own, "channels": [], "content": "labels"}
    of_arrays = {name: labels if name in (_FACES, _PHASES) else grey for name in arrays}
    shapes = {name: ((SIDES, plan.side_px, plan.side_px), str(array.dtype)) for name, array in arrays.items()}
    make_arrays(group, shapes, {}, of_arrays)
    for name, array in arrays.items():
        for index, plane in enumerate(array):
            SlicesArray(group, name).write(index, plane)
    write_group(group, _facts(plan, number, split, pixel_nm, float(arrays[_FACES].mean())))


def _facts(plan: SectionPlan, number: int, split: Split, pixel_nm: float, solid: float) -> dict[str, Any]:
    """Attributes of one structure; sections are single slices, so that no distance of slices is stated."""
    noise_free = split == "train"
    return {
        "split": split,
        "electrons": "surrogate" if noise_free else "approximation",
        "seed": plan.seed * _SEEDS + number,
        "structure": {"kind": "section", **plan.grains.model_dump(mode="json")},
        "channels": [CHANNEL],
        "labels": ["other", "solid"],
        "voxel_nm_zyx": [pixel_nm] * 3,
        "tilt_deg": plan.oblique.tilt_deg[1],
        "solid_fraction": solid,
        "datasets": [_SIGNAL if noise_free else _IMAGES],
        "complete": True,
    }


def _table(plan: SectionPlan) -> dict[str, Any]:
    names = [_name(number) for number in range(len(plan.splits))]
    dealt = list(zip(names, plan.splits, strict=True))
    return {
        "kind": "trueslice training set",
        "plan": plan.key(),
        "channels": list(plan.channels),
        "structures": {name: {"split": split, "electrons": "surrogate"} for name, split in dealt},
        "splits": {split: [name for name, of in dealt if of == split] for split in SPLITS},
    }
