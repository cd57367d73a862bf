"""Finished folders that have lost something: it is made again, from the expected signals if they are left."""

from __future__ import annotations

from collections.abc import Collection
from typing import Any

from core.errors import InputChangedError
from core.job import Job
from core.simulate.acquisition.approximation import cards_table
from core.simulate.acquisition.delivery import developments, write_stack, write_truth
from core.simulate.acquisition.expected import ExpectedStore
from core.simulate.acquisition.folder import TRUTH_STACK, WorkFolder, stack_name
from core.simulate.acquisition.imaging import Device, image_all
from core.simulate.acquisition.prepare import Prepared
from core.simulate.acquisition.truth import versions_table, versions_warnings


def require_same_structure(work: WorkFolder, known: dict[str, Any], checksum: str | None) -> None:
    """Refuse to answer for a finished folder whose structure file is another now; one that is gone may be.

    Raises
    ------
    InputChangedError
        With both checksums.
    """
    before = known.get("structure_sha256")
    if before is not None and checksum is not None and before != checksum:
        raise InputChangedError(
            f"the file of the structure is not the one that {work.path} was made of",
            expected=before,
            got=checksum,
            remedy="put the old file back, or choose another folder",
        )


def mend(
    prepared: Prepared,
    work: WorkFolder,
    store: ExpectedStore,
    known: dict[str, Any],
    *,
    job: Job,
    threads: int | None,
    device: Device,
) -> dict[str, Any]:
    """Make again what is missing; everything else stays as it is.

    Parameters
    ----------
    known : dict
        What the folder says of itself. It stays true: equal plans give equal bytes.

    Returns
    -------
    dict
        The same; with a warning if this is another version of the program.

    Raises
    ------
    InputChangedError
        If images would have to be made by other cards of the fast approximation.
    """
    scene, schedule = prepared.scene, prepared.schedule
    if store.missing(prepared.stack_shape) and cards_table(scene) != known.get("approximation", []):
        raise InputChangedError(
            f"the cards (calibrations) of the fast approximation are not those that {work.path} was made by",
            remedy="put the old ones back, or choose another folder",
        )
    image_all(scene, schedule, prepared.reach, store, job=job, threads=threads, device=device)
    _restore(prepared, store, work, work.missing(), job)
    return _with_versions(known, work)


def _restore(
    prepared: Prepared, store: ExpectedStore, work: WorkFolder, missing: Collection[str], job: Job
) -> None:
    for development in developments(prepared.scene, prepared.schedule, store):
        if stack_name(development.channel) in missing:
            write_stack(development, work.path, job)
    if TRUTH_STACK in missing:
        write_truth(prepared.scene, work.path, job)


def _with_versions(known: dict[str, Any], work: WorkFolder) -> dict[str, Any]:
    before = [known["versions"], *known.get("later_versions", [])]
    seen = [*before, *(one for one in work.versions() if one not in before)]
    if len(seen) == len(before):
        return known
    return {**known, "warnings": [*known["warnings"], *versions_warnings(seen)], **versions_table(seen)}
