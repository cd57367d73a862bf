"""One structure of a training set: its images, and everything known of them.

A group ``NNNN`` holds ``images/CHANNEL`` (slices, y, x) as the microscope gives them,
``expected/CHANNEL/signal`` and ``/standard_error``, ``faces`` (labels each face shows in the undisturbed
field) and ``truth`` (labels on the fine grid). Arrays state ``voxel_nm``, those of slices also ``z_nm``,
``slice_numbers`` and their channel, so that each opens as a calibrated stack. Attributes of the group are
those of ``truth.json`` beside an acquisition, the split, and the plan.
"""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np

from core.job import Job
from core.simulate.acquisition.acquire import expected_store
from core.simulate.acquisition.delivery import (
    CountingSource,
    FormedSource,
    developments,
    dose_record,
    face_labels,
    fractions,
    image_record,
    image_warnings,
)
from core.simulate.acquisition.expected import PARTS, ExpectedStore, SlicesArray, make_arrays
from core.simulate.acquisition.folder import WorkFolder, read_json, write_group
from core.simulate.acquisition.imaging import Device, image_all
from core.simulate.acquisition.prepare import Prepared, prepare
from core.simulate.acquisition.scene import TruthSource
from core.simulate.acquisition.truth import truth_table
from core.simulate.training_plan import Member
from core.volume import Array, Shape

_COMPLETE = "complete"
_EXPECTED = "expected/"


def is_complete(group: Path) -> bool:
    """Whether a structure is finished."""
    described = group / "zarr.json"
    return described.is_file() and bool(read_json(described).get("attributes", {}).get(_COMPLETE))


def make_member(
    member: Member,
    structure_sha256: str | None,
    work: WorkFolder,
    *,
    job: Job,
    threads: int | None,
    device: Device,
) -> None:
    """Simulate one structure; goes on where an earlier run was stopped or killed.

    Parameters
    ----------
    member : Member
    structure_sha256 : str or None
        Checksum of the file of the structure.
    work : WorkFolder
        The training set.
    job, threads, device
        As `acquire`.

    Raises
    ------
    TruesliceError, Cancelled
        As `acquire`.
    """
    # Only following electrons counts as progress; the rest is short beside it.
    quiet = Job(stop=job.stop)
    prepared = prepare(member.plan, quiet)
    group = work.path / member.name
    store = replace(expected_store(member.plan, group, work.scratch / f"{member.name}.log"), prefix=_EXPECTED)
    make_arrays(group, _arrays(prepared, store), {}, _of_arrays(prepared))
    image_all(
        prepared.scene, prepared.schedule, prepared.reach, store, job=job, threads=threads, device=device
    )
    attributes = truth_table(prepared.scene, prepared.schedule, prepared.reach, store.done())
    images, warnings = _write_images(prepared, store, quiet)
    counts = _write_labels(prepared, group, quiet)
    attributes["warnings"] += [*prepared.scene.pattern.notes, *warnings]
    attributes |= fractions(prepared.scene, counts)
    attributes |= {
        "structure": member.plan.structure.model_dump(mode="json"),
        "structure_sha256": structure_sha256,
        "images": images,
        "dose": dose_record(prepared.scene),
        "split": member.split,
        "plan": member.plan.table(),
        "datasets": [f"images/{channel}" for channel in member.plan.channels],
        _COMPLETE: True,
    }
    write_group(group, attributes)


def _arrays(prepared: Prepared, store: ExpectedStore) -> dict[str, tuple[Shape, str]]:
    shape, plan = prepared.stack_shape, prepared.plan
    grey = f"uint{plan.image.bits}"
    images = dict.fromkeys((f"images/{channel}" for channel in plan.channels), (shape, grey))
    labels = {"faces": (shape, "uint8"), "truth": (prepared.scene.shape, "uint8")}
    return {**store.arrays(shape), **images, **labels}


def _of_arrays(prepared: Prepared) -> dict[str, dict[str, Any]]:
    """What each array says of itself, in the terms of the readers."""
    plan, schedule = prepared.plan, prepared.schedule
    slices = {
        "voxel_nm": [plan.milling.slice_nm, *schedule.pixel_nm_yx],
        "z_nm": schedule.kept_z_nm.tolist(),
        "slice_numbers": list(schedule.kept),
    }
    found: dict[str, dict[str, Any]] = {}
    for channel in plan.channels:
        names = [f"images/{channel}", *(f"{_EXPECTED}{channel}/{part}" for part in PARTS)]
        found |= {name: {**slices, "channels": [channel], "content": "grey"} for name in names}
    found["faces"] = {**slices, "channels": [], "content": "labels"}
    found["truth"] = {"voxel_nm": [plan.field.voxel_nm] * 3, "channels": [], "content": "labels"}
    return found


def _write_images(
    prepared: Prepared, store: ExpectedStore, job: Job
) -> tuple[dict[str, dict[str, Any]], list[str]]:
    """Form and write the images; return what was done to them, and warnings."""
    records, warnings = {}, []
    for development in developments(prepared.scene, prepared.schedule, store):
        source = FormedSource(development)
        array = SlicesArray(store.group, f"images/{development.channel}")
        for position in range(source.shape[0]):
            job.check()
            array.write(position, source.read(slice(position, position + 1))[0])
        records[development.channel] = image_record(development, source)
        warnings += image_warnings(development.channel, source.seen)
    return records, warnings


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
