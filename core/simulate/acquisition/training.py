"""Training sets: many small acquisitions in one Zarr v3 group, streamed, resumable.

``NAME.zarr/NNNN`` holds one structure: ``images/CHANNEL`` (slices, y, x) as the microscope gives them,
``expected/CHANNEL/signal`` and ``/standard_error``, ``faces`` (labels each face shows in the undisturbed
field) and ``truth`` (labels on the fine grid). Its attributes say the split, z_nm, shifts and labels. Splits
go by structure: patches of one structure are never in two of them.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import numpy as np

from core.execute.preflight import check_disk
from core.job import Job
from core.simulate.acquisition.acquire import expected_store, structure_file
from core.simulate.acquisition.cost import Cost, cost_of
from core.simulate.acquisition.delivery import (
    CountingSource,
    developments,
    face_labels,
    fractions,
    image_warnings,
)
from core.simulate.acquisition.expected import ExpectedStore, SlicesArray, make_arrays, remove_torn_files
from core.simulate.acquisition.folder import WorkFolder, WorkGroup, read_json, write_group
from core.simulate.acquisition.imaging import Device, image_all
from core.simulate.acquisition.pace import Pace
from core.simulate.acquisition.prepare import Prepared, check_plan, disk_bytes, prepare, stack_shape
from core.simulate.acquisition.scene import TruthSource
from core.simulate.acquisition.schedule import Schedule
from core.simulate.acquisition.truth import truth_table, versions
from core.simulate.image.form import Formed
from core.simulate.training_plan import SPLITS, Member, TrainingPlan
from core.volume import Array, Shape

_COMPLETE = "complete"


@dataclass(frozen=True)
class TrainingSet:
    """What has been made.

    Attributes
    ----------
    folder : Path
        Zarr v3 group.
    table : dict
        Attributes of the group.
    was_done : bool
        Whether everything was there before.
    """

    folder: Path
    table: dict[str, Any]
    was_done: bool = False


def training_set(
    plan: TrainingPlan,
    folder: Path,
    *,
    job: Job,
    threads: int | None = None,
    device: Device = "cpu",
    announce: bool = False,
) -> TrainingSet:
    """Simulate a training set into a Zarr group; goes on where an earlier run was stopped or killed.

    Parameters
    ----------
    plan : TrainingPlan
    folder : Path
        New, empty, or of the same plan.
    job, threads, device, announce
        As `acquire`.

    Raises
    ------
    TruesliceError
        As `acquire`; what concerns the plans of all structures before the work starts.
    Cancelled
        If the user asked to stop; finished images are kept.
    """
    work = WorkGroup(folder)
    text = plan.dumps()
    work.check(text)
    if work.is_done():
        work.tidy()
        return TrainingSet(folder, work.answer(), was_done=True)
    members = plan.members()
    schedules = [check_plan(member.plan) for member in members]
    needed = sum(disk_bytes(m.plan, s) + _faces_bytes(s) for m, s in zip(members, schedules, strict=True))
    check_disk(folder, needed, "the training set")
    quick = [member for member in members if member.plan.electrons == "surrogate"]
    if quick:
        # Whether the approximation knows all materials shows when there is a structure.
        prepare(quick[0].plan, job)
    if announce:
        job.progress(0, 0, f"To do: {estimate_training(plan, job, threads=threads, device=device)}")
    files = [structure_file(member.plan, job) for member in members]
    with work.claimed(text, ",".join(one or "" for one in files)):
        table = _table(plan, members)
        _make_all(members, work, job, threads, device)
        remove_torn_files(folder)
        work.finish(table)
    work.tidy()
    return TrainingSet(folder, table)


def estimate_training(
    plan: TrainingPlan,
    job: Job,
    *,
    folder: Path | None = None,
    threads: int | None = None,
    device: Device = "cpu",
) -> Cost:
    """Estimate the cost from the first structure, as if all were like it."""
    members = plan.members()
    one = cost_of(prepare(members[0].plan, job, folder), job, threads=threads, device=device)
    followed = sum(member.plan.electrons == "monte-carlo" for member in members)
    return replace(
        one,
        electrons=one.electrons * followed,
        seconds=None if one.seconds is None else one.seconds * followed,
        disk_bytes=one.disk_bytes * len(members),
    )


def _table(plan: TrainingPlan, members: tuple[Member, ...]) -> dict[str, Any]:
    return {
        "kind": "trueslice training set",
        "plan": plan.key(),
        "channels": list(plan.plan.channels),
        "structures": {
            member.name: {
                "split": member.split,
                "seed": member.plan.seed,
                "electrons": member.plan.electrons,
            }
            for member in members
        },
        "splits": {split: [m.name for m in members if m.split == split] for split in SPLITS},
        "versions": versions(),
    }


def _make_all(
    members: tuple[Member, ...], work: WorkFolder, job: Job, threads: int | None, device: Device
) -> None:
    missing = [member for member in members if not _is_complete(work.path / member.name)]
    pace = Pace(
        job, total=len(members), done=len(members) - len(missing), message="Simulating the training set"
    )
    for member in missing:
        _make(member, work, pace.part(1.0), threads, device)
        pace.finish(1.0)


def _is_complete(group: Path) -> bool:
    described = group / "zarr.json"
    return described.is_file() and bool(read_json(described).get("attributes", {}).get(_COMPLETE))


def _make(member: Member, work: WorkFolder, job: Job, threads: int | None, device: Device) -> None:
    # Only following electrons counts as progress; the rest is short beside it.
    quiet = Job(stop=job.stop)
    prepared = prepare(member.plan, quiet)
    group = work.path / member.name
    store = replace(
        expected_store(member.plan, group, work.scratch / f"{member.name}.log"), prefix="expected/"
    )
    make_arrays(group, _arrays(prepared, store), {})
    image_all(
        prepared.scene, prepared.schedule, prepared.reach, store, job=job, threads=threads, device=device
    )
    warnings = [*prepared.scene.pattern.notes, *_write_images(prepared, store, quiet)]
    counts = _write_labels(prepared, group, quiet)
    attributes = truth_table(prepared.scene, prepared.schedule, prepared.reach, store.done())
    attributes["warnings"] += warnings
    attributes |= fractions(prepared.scene, counts)
    attributes |= {"split": member.split, "plan": member.plan.table(), _COMPLETE: True}
    write_group(group, attributes)


def _arrays(prepared: Prepared, store: ExpectedStore) -> dict[str, tuple[Shape, str]]:
    shape, plan = prepared.stack_shape, prepared.plan
    grey = f"uint{plan.image.bits}"
    images = dict.fromkeys((f"images/{channel}" for channel in plan.channels), (shape, grey))
    labels = {"faces": (shape, "uint8"), "truth": (prepared.scene.shape, "uint8")}
    return {**store.arrays(shape), **images, **labels}


def _write_images(prepared: Prepared, store: ExpectedStore, job: Job) -> list[str]:
    warnings = []
    for development in developments(prepared.scene, prepared.schedule, store):
        array = SlicesArray(store.group, f"images/{development.channel}")
        seen: dict[int, Formed] = {}
        for position in range(len(prepared.schedule.kept)):
            job.check()
            seen[position] = development.image(position)
            array.write(position, seen[position].grey)
            seen[position] = replace(seen[position], grey=np.empty(0))
        warnings += image_warnings(development.channel, seen)
    return warnings


def _write_labels(prepared: Prepared, group: Path, job: Job) -> Array:
    """Write what the faces show and the truth; return how often each label is in the truth."""
    schedule, scene = prepared.schedule, prepared.scene
    faces = SlicesArray(group, "faces")
    for position, index in enumerate(schedule.kept):
        job.check()
        faces.write(position, face_labels(scene, schedule.undisturbed(index)))
    truth = SlicesArray(group, "truth")
    source = CountingSource(TruthSource(scene), np.zeros(len(scene.labels), dtype=np.int64))
    for plane in range(source.shape[0]):
        job.check()
        truth.write(plane, source.read(slice(plane, plane + 1))[0])
    return source.counts


def _faces_bytes(schedule: Schedule) -> int:
    slices, rows, columns = stack_shape(schedule)
    return slices * rows * columns
