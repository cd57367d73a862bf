"""Training sets: many small acquisitions in one Zarr v3 group, streamed, resumable.

``NAME.zarr/NNNN`` holds one structure; see `core.simulate.acquisition.training_member`. Splits go by
structure: patches of one structure are never in two of them.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

from core.execute.preflight import check_disk
from core.job import Job
from core.simulate.acquisition.approximation import cards_table
from core.simulate.acquisition.cost import Cost, cost_of
from core.simulate.acquisition.expected import remove_torn_files
from core.simulate.acquisition.folder import WorkFolder, WorkGroup
from core.simulate.acquisition.imaging import Device
from core.simulate.acquisition.pace import Pace
from core.simulate.acquisition.prepare import check_plan, check_writable, disk_bytes, prepare, stack_shape
from core.simulate.acquisition.schedule import Schedule
from core.simulate.acquisition.training_files import checksums, require_different_files, require_unchanged
from core.simulate.acquisition.training_member import is_complete, make_member
from core.simulate.acquisition.truth import versions_table, versions_warnings
from core.simulate.training_plan import SPLITS, Member, TrainingPlan


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
    members = plan.members()
    if work.is_done():
        table = work.answer()
        require_unchanged(folder, table, members, job)
        work.tidy()
        return TrainingSet(folder, table, was_done=True)
    schedules = [check_plan(member.plan) for member in members]
    needed = sum(disk_bytes(m.plan, s) + _faces_bytes(s) for m, s in zip(members, schedules, strict=True))
    check_writable(folder)
    check_disk(folder, needed, "the training set")
    require_different_files(members, job)
    cards = _cards(members, job)
    if announce:
        job.progress(0, 0, f"To do: {_cost(members, job, None, threads, device)}")
    files = checksums(members, job)
    with work.claimed(text, ",".join(files[member.name] or "" for member in members), cards):
        _make_all(members, files, work, job, threads, device)
        remove_torn_files(folder)
        table = _table(plan, members, files) | versions_table(work.versions())
        table["warnings"] = versions_warnings(work.versions())
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
    measure: bool = True,
) -> Cost:
    """Estimate the cost from the first structure, as if all were like it."""
    members = plan.members()
    require_different_files(members, job)
    return _cost(members, job, folder, threads, device, measure=measure)


def _cost(
    members: tuple[Member, ...],
    job: Job,
    folder: Path | None,
    threads: int | None,
    device: Device,
    *,
    measure: bool = True,
) -> Cost:
    prepared = prepare(members[0].plan, job, folder)
    one = cost_of(prepared, job, threads=threads, device=device, measure=measure)
    followed = sum(member.plan.electrons == "monte-carlo" for member in members)
    return replace(
        one,
        electrons=one.electrons * followed,
        seconds=None if one.seconds is None else one.seconds * followed,
        disk_bytes=one.disk_bytes * len(members),
    )


def _cards(members: tuple[Member, ...], job: Job) -> dict[str, str]:
    """Checksums of the cards of the first structure that is approximated; refuses materials without cards."""
    quick = [member for member in members if member.plan.electrons == "surrogate"]
    if not quick:
        return {}
    # Of which materials the sample consists shows when there is a structure.
    scene = prepare(quick[0].plan, job).scene
    return {f"{one['kv']:g}kV-{one['detector']}": one["sha256"] for one in cards_table(scene)}


def _table(
    plan: TrainingPlan, members: tuple[Member, ...], files: Mapping[str, str | None]
) -> dict[str, Any]:
    return {
        "kind": "trueslice training set",
        "plan": plan.key(),
        "channels": list(plan.plan.channels),
        "structures": {
            member.name: {
                "split": member.split,
                "seed": member.plan.seed,
                "electrons": member.plan.electrons,
                "structure_sha256": files[member.name],
            }
            for member in members
        },
        "splits": {split: [m.name for m in members if m.split == split] for split in SPLITS},
    }


def _make_all(
    members: tuple[Member, ...],
    files: Mapping[str, str | None],
    work: WorkFolder,
    job: Job,
    threads: int | None,
    device: Device,
) -> None:
    missing = [member for member in members if not is_complete(work.path / member.name)]
    pace = Pace(
        job, total=len(members), done=len(members) - len(missing), message="Simulating the training set"
    )
    for member in missing:
        make_member(member, files[member.name], work, job=pace.part(1.0), threads=threads, device=device)
        pace.finish(1.0)


def _faces_bytes(schedule: Schedule) -> int:
    slices, rows, columns = stack_shape(schedule)
    return slices * rows * columns
