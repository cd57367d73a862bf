"""Files that structures of a training set come from: whether two are the same, whether one has changed."""

from __future__ import annotations

import hashlib
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import numpy as np

from core.errors import InputChangedError
from core.job import Job
from core.simulate.acquisition.acquire import structure_file
from core.simulate.structures.kinds import LabelFile, SelfSimilar
from core.simulate.structures.stack import open_labels
from core.simulate.training_plan import Member, require_whole_structures


def require_different_files(members: tuple[Member, ...], job: Job) -> None:
    """Refuse files of the same voxels in different splits, whatever they are called and how they are stored.

    Raises
    ------
    ParameterError
        Naming two structures.
    ReadError, MissingMetadataError
        If a file cannot be read.
    """
    if len({member.split for member in members}) < 2:
        return
    known: dict[str, str] = {}
    for member in members:
        structure = member.plan.structure
        if isinstance(structure, LabelFile | SelfSimilar) and structure.path not in known:
            known[structure.path] = _content(structure, job)
    require_whole_structures(members, known.__getitem__)


def _content(structure: LabelFile | SelfSimilar, job: Job) -> str:
    """Checksum of the arrangement of labels, whatever numbers and type the file stores them with."""
    volume = open_labels(structure.path, structure.voxel_nm_zyx, job)
    digest = hashlib.sha256(repr(volume.info.shape).encode())
    known: dict[bytes, int] = {}
    for plane in job.track(volume.slices(), volume.info.shape[0], "Comparing structures"):
        values, first, place = np.unique(plane, return_index=True, return_inverse=True)
        numbers = np.empty(len(values), dtype=np.int32)
        # Numbered in the order in which they come up.
        for index in np.argsort(first):
            numbers[index] = known.setdefault(values[index].tobytes(), len(known))
        digest.update(numbers[place.reshape(-1)].tobytes())
    return digest.hexdigest()


def checksums(members: tuple[Member, ...], job: Job) -> dict[str, str | None]:
    """Checksum of the file of each structure, None where it comes from no file that is there."""
    known: dict[str, str | None] = {}
    found = {}
    for member in members:
        path = getattr(member.plan.structure, "path", None)
        if path is not None and path not in known:
            known[path] = structure_file(member.plan, job)
        found[member.name] = None if path is None else known[path]
    return found


def require_unchanged(folder: Path, table: Mapping[str, Any], members: tuple[Member, ...], job: Job) -> None:
    """Refuse to answer for a finished set whose files are others now; files that are gone cannot be compared.

    Raises
    ------
    InputChangedError
        Naming the structure.
    """
    stored = table.get("structures", {})
    for name, now in checksums(members, job).items():
        before = stored.get(name, {}).get("structure_sha256")
        if before is not None and now is not None and before != now:
            raise InputChangedError(
                f"the file of structure {name} is not the one that {folder} was made of",
                expected=before,
                got=now,
                remedy="put the old file back, or choose another folder",
            )
