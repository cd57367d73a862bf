"""Stacks of simulated training sets (`core.simulate.acquisition.training_member` states the layout)."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from functools import partial
from pathlib import Path
from typing import Any

import numpy as np

from core.errors import MissingMetadataError, ParameterError, ProjectError, ReadError, UnsupportedFormatError
from core.job import Job
from core.learn.data.stacks import Stack
from core.learn.params.data import DataParams
from core.simulate.acquisition.expected import SlicesArray
from core.simulate.acquisition.folder import read_json
from core.volume import Array

_KIND = "trueslice training set"
_DESCRIPTION = "zarr.json"


def simulated_stacks(params: DataParams, channels: Sequence[str]) -> list[Stack]:
    """All stacks of the training sets, each with its split.

    Raises
    ------
    ParameterError
        If no set is named, or a set lacks a channel.
    ReadError, ProjectError, MissingMetadataError
        If a folder is no training set, is not finished, or states no voxel size.
    """
    if not params.path:
        raise ParameterError(
            "no training set is named",
            expected="path: the folder of a simulated training set",
            remedy="simulate one (trueslice simulate training-set), or train with labelled slices",
        )
    folders = [Path(path) for path in (params.path, *params.further)]
    found = [stack for folder in folders for stack in _of_set(folder, params, channels)]
    return _held_out(found, params.held_out)


def _held_out(stacks: list[Stack], count: int) -> list[Stack]:
    """Use the last structures for training for validation."""
    train = [place for place, stack in enumerate(stacks) if stack.split == "train"]
    moved = set(train[max(0, len(train) - count) :]) if count else set()
    return [
        replace(stack, split="validation") if place in moved else stack for place, stack in enumerate(stacks)
    ]


def _of_set(folder: Path, params: DataParams, channels: Sequence[str]) -> list[Stack]:
    if not folder.is_dir():
        raise ReadError(
            f"cannot read the training set {folder}: there is no such folder",
            remedy="check data.path and data.further; a path is looked for from the current folder",
        )
    finished = _attributes(folder).get("kind") == _KIND
    groups = sorted(path.parent for path in folder.glob(f"[0-9]*/{_DESCRIPTION}"))
    members = {group: _attributes(group) for group in groups}
    members = {group: facts for group, facts in members.items() if facts.get("complete")}
    if not members and not finished:
        raise UnsupportedFormatError(
            f"{folder} is no training set",
            expected="a folder that 'trueslice simulate training-set' has made",
            remedy="give the folder of the set itself, NAME.zarr",
        )
    if not finished and not params.unfinished:
        raise ProjectError(
            f"the training set {folder} is not finished",
            got=f"{len(members)} finished structures",
            remedy="simulate it to its end (the same command goes on), or train with what there is "
            "(data.unfinished)",
        )
    return [_of_member(group, facts, channels, params.thin) for group, facts in members.items()]


def _attributes(group: Path) -> dict[str, Any]:
    described = group / _DESCRIPTION
    found: dict[str, Any] = read_json(described).get("attributes", {}) if described.is_file() else {}
    return found


def _of_member(group: Path, facts: dict[str, Any], channels: Sequence[str], thin: bool) -> Stack:
    name = f"{group.parent.name}/{group.name}"
    lacking = [channel for channel in channels if channel not in facts["channels"]]
    if lacking:
        raise ParameterError(
            f"{name} lacks the channel {', '.join(lacking)}",
            expected=", ".join(channels),
            got=", ".join(facts["channels"]),
            remedy="choose the channels of the network among those of the training set",
        )
    noise_free = facts["electrons"] == "surrogate"
    faces = SlicesArray(group, "faces")
    slices, rows, columns = faces.array().shape
    counted = 0.0 if noise_free or not thin else _counted(name, facts)
    array = "expected/{}/signal" if noise_free or counted else "images/{}"
    return Stack(
        name=name,
        split=facts["split"],
        shape=(slices, rows, columns),
        voxel_nm=_voxel_nm(name, facts),
        tilted=bool(facts.get("tilt_deg")),
        noise_free=noise_free,
        rows=(0, rows),
        identity=_identity(facts),
        read_grey=partial(_grey, group, array),
        read_solid=partial(_solid, group),
        electrons=counted,
        facts=_record(name, facts, noise_free),
    )


def _counted(name: str, facts: dict[str, Any]) -> float:
    """Electrons followed per pixel, which need not be those that the images show.

    Raises
    ------
    ParameterError
        If a detector does not count electrons: shares of energy, and secondary electrons, are no counts.
    """
    weighs = [one["name"] for one in facts.get("detectors", ()) if one.get("weight", "count") != "count"]
    if weighs or facts.get("secondary"):
        raise ParameterError(
            f"the signals of {name} are no counts of electrons, and cannot be thinned",
            expected="detectors that count backscattered electrons",
            got=", ".join([*weighs, *(["secondary electrons"] if facts.get("secondary") else [])]),
            remedy="train with the images as they are (data.thin = false)",
        )
    return float(facts["electrons_per_pixel"])


def _identity(facts: dict[str, Any]) -> tuple[object, ...]:
    if facts.get("structure_sha256"):
        return ("file", facts["structure_sha256"])
    return str(sorted(facts.get("structure", {}).items())), facts.get("seed")


def _record(name: str, facts: dict[str, Any], noise_free: bool) -> dict[str, Any]:
    kept = ("seed", "split", "structure", "solid_fraction", "voxel_nm_zyx", "electrons_per_pixel", "tilt_deg")
    found = {key: facts[key] for key in kept if key in facts}
    return {"name": name, "signal": "fast approximation" if noise_free else "Monte Carlo", **found}


def _voxel_nm(name: str, facts: dict[str, Any]) -> tuple[float | None, float, float]:
    size, z_nm = facts.get("voxel_nm_zyx"), facts.get("z_nm") or [0.0]
    if not size:
        raise MissingMetadataError(f"{name} states no voxel size", expected="voxel_nm_zyx")
    mean_nm = (z_nm[-1] - z_nm[0]) / (len(z_nm) - 1) if len(z_nm) > 1 else None
    return mean_nm, float(size[1]), float(size[2])


def _grey(group: Path, array: str, channel: str, job: Job) -> Array:
    return _read(SlicesArray(group, array.format(channel)), job)


def _solid(group: Path, job: Job) -> Array:
    return np.asarray(_read(SlicesArray(group, "faces"), job) == 1)


def _read(array: SlicesArray, job: Job) -> Array:
    slices = array.array().shape[0]
    return np.stack([array.read(index) for index in job.track(range(slices), slices, _READING)])


_READING = "Reading the training data"
