"""A whole acquisition: every image of every slice, and all that is known of them, in one folder."""

from __future__ import annotations

import hashlib
from dataclasses import dataclass
from pathlib import Path
from typing import Any, TypedDict

from core.files import sha256
from core.job import Job
from core.simulate.acquisition.approximation import cards_table
from core.simulate.acquisition.cost import cost_of
from core.simulate.acquisition.delivery import deliver
from core.simulate.acquisition.expected import ExpectedStore, make_arrays, remove_torn_files
from core.simulate.acquisition.folder import EXPECTED, TRUTH_STACK, WorkFolder, stack_name
from core.simulate.acquisition.imaging import Device, image_all
from core.simulate.acquisition.mend import mend, require_same_structure
from core.simulate.acquisition.prepare import Prepared, prepare
from core.simulate.acquisition.truth import followed_per_pixel, truth_table, versions_table, versions_warnings
from core.simulate.plan import Plan


class _Machine(TypedDict):
    job: Job
    threads: int | None
    device: Device


@dataclass(frozen=True)
class Acquired:
    """What an acquisition has given.

    Attributes
    ----------
    folder : Path
    truth : dict
        Contents of ``truth.json``.
    was_done : bool
        Whether everything was there before.
    """

    folder: Path
    truth: dict[str, Any]
    was_done: bool = False

    @property
    def stacks(self) -> dict[str, Path]:
        """The stack of each channel."""
        return {name: self.folder / stack_name(name) for name in self.truth["channels"]}

    @property
    def truth_path(self) -> Path:
        """Labels on the fine grid."""
        return self.folder / TRUTH_STACK


def acquire(
    plan: Plan,
    folder: Path,
    *,
    job: Job,
    threads: int | None = None,
    device: Device = "cpu",
    announce: bool = False,
) -> Acquired:
    """Simulate a plan into a folder; goes on where an earlier run was stopped or killed.

    What a finished folder has lost is made again.

    Equal plans give equal bytes, whatever the threads and however often the work was interrupted.

    Parameters
    ----------
    plan : Plan
    folder : Path
        New, empty, or of the same plan.
    job : Job
        Progress and cancelling.
    threads : int, optional
        How many work at once; one per processor if not given.
    device : {'cpu', 'cuda'}
        Where electrons are followed.
    announce : bool
        Whether to estimate the cost and report it before the work starts.

    Returns
    -------
    Acquired

    Raises
    ------
    TruesliceError
        Before the work starts: a plan that does not fit, too little memory or disk, a folder of another plan,
        or one made from another file or by other calibrations.
    Cancelled
        If the user asked to stop; finished images are kept.
    """
    work, text = WorkFolder(folder), plan.dumps()
    work.check(text)
    store = expected_store(plan, folder / EXPECTED, work.journal)
    checksum = structure_file(plan, job)
    known = work.answer() if work.is_described() else None
    if known is not None:
        require_same_structure(work, known, checksum)
        if work.is_done() and not store.missing(known["shape_zyx"]):
            work.tidy()
            return Acquired(folder, known, was_done=True)
    prepared = prepare(plan, job, folder)
    if announce and store.missing(prepared.stack_shape):
        job.progress(0, 0, f"To do: {cost_of(prepared, job, threads=threads, device=device)}")
    cards = {f"{one['kv']:g}kV-{one['detector']}": one["sha256"] for one in cards_table(prepared.scene)}
    with work.claimed(text, checksum, cards):
        store.take_stock(prepared.stack_shape, finished=known is not None)
        make_arrays(store.group, store.arrays(prepared.stack_shape), group_attributes(prepared))
        machine: _Machine = {"job": job, "threads": threads, "device": device}
        if known is None:
            answer = {"structure_sha256": checksum, **_work(prepared, work, store, **machine)}
        else:
            answer = mend(prepared, work, store, known, **machine)
        remove_torn_files(folder)
        work.finish(answer)
    work.tidy()
    return Acquired(folder, answer)


def structure_file(plan: Plan, job: Job) -> str | None:
    """Checksum of the file, or of all files in the folder, of the structure; None if it comes from none."""
    given = getattr(plan.structure, "path", None)
    if given is None or not Path(given).exists():
        return None
    path = Path(given)
    if path.is_file():
        return sha256(path, job)
    digest = hashlib.sha256()
    for file in sorted(path.rglob("*")):
        if file.is_file():
            digest.update(f"{file.relative_to(path).as_posix()}\0{sha256(file, job)}\n".encode())
    return digest.hexdigest()


def _work(
    prepared: Prepared,
    work: WorkFolder,
    store: ExpectedStore,
    *,
    job: Job,
    threads: int | None,
    device: Device,
) -> dict[str, Any]:
    plan, schedule, scene = prepared.plan, prepared.schedule, prepared.scene
    image_all(scene, schedule, prepared.reach, store, job=job, threads=threads, device=device)
    answer = truth_table(scene, schedule, prepared.reach, store.done())
    answer["structure"] = plan.structure.model_dump(mode="json")
    delivered = deliver(scene, schedule, store, work.path, job)
    answer["warnings"] += delivered.pop("warnings")
    answer["warnings"] += versions_warnings(work.versions())
    return answer | delivered | versions_table(work.versions())


def expected_store(plan: Plan, group: Path, journal: Path) -> ExpectedStore:
    """Where the expected signals of a plan go."""
    names, step = plan.channels, len(plan.detector_names)
    channels = tuple(tuple(names[start : start + step]) for start in range(0, len(names), step))
    return ExpectedStore(group, journal, channels, followed_per_pixel(plan))


def group_attributes(prepared: Prepared) -> dict[str, Any]:
    """What the group of expected signals says of itself."""
    plan, schedule = prepared.plan, prepared.schedule
    return {
        "plan": plan.key(),
        "voxel_nm": [plan.milling.slice_nm, *schedule.pixel_nm_yx],
        "z_nm": schedule.kept_z_nm.tolist(),
        "slice_numbers": list(schedule.kept),
        "channels": list(plan.channels),
        "electrons_per_pixel": followed_per_pixel(plan),
        "electrons": plan.electrons,
    }
