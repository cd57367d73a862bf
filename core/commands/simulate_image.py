"""``trueslice simulate image``: one face, at one or several voltages."""

from __future__ import annotations

import argparse
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np

from core.commands.plan_options import add_machine, add_plan, read_plan
from core.errors import ParameterError
from core.job import Job

if TYPE_CHECKING:
    from core.simulate.acquisition.single import Picture
    from core.volume import Array


def add(subparsers: Any) -> None:
    """Add the sub-command to the group ``simulate``."""
    from core.commands import new_parser

    parser = new_parser(
        subparsers,
        "image",
        "Simulate one slice of an acquisition. Writes grey values, and beside them the expected signal, its "
        "standard error and the true labels.",
    )
    parser.add_argument(
        "-o",
        "--output",
        type=Path,
        required=True,
        metavar="OUT.tif",
        help="several channels: OUT-1kV.tif ...",
    )
    parser.add_argument(
        "--slice", type=_index, default=0, metavar="N", help="which slice of the plan, from 0 (default: 0)"
    )
    add_plan(parser)
    add_machine(parser)
    parser.set_defaults(function=_image)


def _image(parsed: argparse.Namespace, job: Job) -> dict[str, Any]:
    from core.simulate.acquisition.cost import cost_of
    from core.simulate.acquisition.delivery import step_of_values, truth_values
    from core.simulate.acquisition.prepare import prepare
    from core.simulate.acquisition.single import pictures_of

    plan = read_plan(parsed, job)
    if parsed.slice >= plan.field.slices:
        raise ParameterError("no such slice", expected=f"0-{plan.field.slices - 1}", got=parsed.slice)
    machine = {"threads": parsed.threads, "device": parsed.device}
    prepared = prepare(plan, job, parsed.output.parent)
    if parsed.estimate_only:
        return {"cost": cost_of(prepared, job, slices=1, **machine).table()}
    pictures = pictures_of(prepared, job=job, index=parsed.slice, **machine)
    files, warnings = {}, list(prepared.scene.pattern.notes)
    voxel_nm = (plan.milling.slice_nm, *prepared.schedule.pixel_nm_yx)
    for picture in pictures:
        name = parsed.output.stem + (f"-{picture.channel}" if len(pictures) > 1 else "")
        shown = replace(picture, labels=picture.labels * np.uint8(step_of_values(prepared.scene)))
        files[picture.channel] = _written(shown, parsed.output.parent, name, voxel_nm, job)
        warnings += [f"{picture.channel}: {text}" for text in picture.formed.warnings]
    return {
        "files": files,
        "channels": list(plan.channels),
        "labels": truth_values(prepared.scene),
        "mean_signal": {p.channel: float(p.expected.signal.mean()) for p in pictures},
        "mean_signal_by_label": {p.channel: _by_label(p, prepared.scene.labels) for p in pictures},
        "balance": {p.channel: vars(p.balance) for p in pictures if p.balance is not None},
        "pixel_nm_yx": list(prepared.schedule.pixel_nm_yx),
        "warnings": warnings,
    }


def _index(text: str) -> int:
    if not text.isascii() or not text.isdigit():
        raise argparse.ArgumentTypeError("slices are counted from 0")
    return int(text)


def _by_label(picture: Picture, labels: tuple[str, ...]) -> dict[str, float]:
    return {
        name: float(picture.expected.signal[picture.labels == value].mean())
        for value, name in enumerate(labels)
        if (picture.labels == value).any()
    }


def _written(
    picture: Picture, folder: Path, name: str, voxel_nm: tuple[float, float, float], job: Job
) -> dict[str, str]:
    from core.io.writers import write
    from core.volume import volume_of

    parts: dict[str, Array] = {
        "": picture.formed.grey,
        "-expected": picture.expected.signal,
        "-error": picture.expected.standard_error,
        "-labels": picture.labels,
    }
    files = {}
    for suffix, plane in parts.items():
        content = "labels" if suffix == "-labels" else "grey"
        volume = volume_of(plane[None], voxel_nm=voxel_nm, channel=picture.channel, content=content)
        report = write(volume, folder / f"{name}{suffix}.tif", "fiji", job, overwrite=True)
        files[suffix.removeprefix("-") or "image"] = str(report.files[0])
    return files
