"""``trueslice STEP``: every step as a sub-command, generated from its parameters."""

from __future__ import annotations

import argparse
import contextlib
import os
import tempfile
from collections.abc import Iterator
from functools import partial
from pathlib import Path
from typing import Any

import numpy as np

from core.commands.extras import EXTRAS
from core.commands.inputs import (
    add_inputs,
    add_limits,
    read_inputs,
    read_limits,
    refuse_overwriting_input,
)
from core.execute import ChannelReport, run
from core.files import folder_for, writing
from core.io import writers
from core.io.writers.names import plain_name, split_suffix
from core.job import Job
from core.options import add_options, read_options
from core.project import Project
from core.recipe import Recipe, RecipeStep
from core.step import AnyStep
from core.steps import STEPS
from core.volume import Volume

OWN_COMMANDS = frozenset({"measure", "thickness"})


def add(subparsers: Any) -> None:
    """Add one sub-command per step."""
    from core.commands import new_parser

    for step in STEPS:
        if step.name in OWN_COMMANDS:
            continue
        parser = new_parser(subparsers, step.name, step.summary)
        add_inputs(parser)
        parser.add_argument(
            "-o",
            "--output",
            type=Path,
            required=True,
            metavar="OUTPUT",
            help=(
                "result; its ending chooses the format (.tif .ome.zarr .nrrd .mhd .raw; none: a folder); of "
                "several channels, each gets its name appended"
            ),
        )
        add_options(parser, step.params, title="parameters")
        if step.name in EXTRAS:
            EXTRAS[step.name].add(parser)
        add_limits(parser)
        parser.set_defaults(function=partial(_run_step, step))


def _run_step(step: AnyStep, parsed: argparse.Namespace, job: Job) -> dict[str, Any]:
    params = read_options(parsed, step.params, owner=step.name)
    specs = read_inputs(parsed)
    output: Path = parsed.output
    if not step.sink:
        writers.preset_for(output)  # refuses an ending nobody knows before anything is done
    paths = [path for spec in specs.values() for path in spec.paths]
    refuse_overwriting_input(output, paths, replaces=True)
    with workshop(output) as folder:
        project = Project.create(folder, specs, job=job)
        extra = EXTRAS.get(step.name)
        entries = (RecipeStep(step, params),) if extra is None else extra.entries(parsed, params, project)
        project.save_recipe(Recipe(() if step.sink else entries))
        reports = run(project, job=job, limits=read_limits(parsed))
        if extra is not None:
            extra.after(parsed, params, reports)
        sink = params if step.sink else None
        answers = {
            channel: _delivered(
                report, output_of(output, channel, len(reports)), sink, job, whole=parsed.json
            )
            for channel, report in reports.items()
        }
    return answers[next(iter(answers))] if len(answers) == 1 else _of_channels(answers, output)


def output_of(output: Path, channel: str, count: int) -> Path:
    """Where the result of one of several channels goes: its name is appended."""
    if count == 1:
        return output
    stem, suffix = split_suffix(output.name)
    return output.with_name(f"{stem}_{plain_name(channel)}{suffix}")


def _delivered(
    report: ChannelReport, output: Path, sink: Any, job: Job, *, whole: bool = True
) -> dict[str, Any]:
    answer = answer_of(report, whole=whole)
    if sink is not None:
        written = sink.export(report.volume, output, job)
    else:
        written = writers.write(report.volume, output, writers.preset_for(output), job, overwrite=True)
    answer["output"] = str(output)
    answer["files"] = [str(path) for path in written.files]
    answer["warnings"] += written.notes
    return answer


def _of_channels(answers: dict[str, dict[str, Any]], output: Path) -> dict[str, Any]:
    """One answer from those of several channels."""
    return {
        "channels": answers,
        "output": str(output.parent),
        "files": [file for answer in answers.values() for file in answer["files"]],
        "warnings": list(dict.fromkeys(note for answer in answers.values() for note in answer["warnings"])),
    }


@contextlib.contextmanager
def workshop(output: Path) -> Iterator[Path]:
    """A hidden folder beside the output, because that is the disk the result has to fit on anyway."""
    with contextlib.ExitStack() as stack:
        place = Path(os.path.abspath(output)).parent
        stack.enter_context(folder_for(place))
        with writing(output):
            folder = tempfile.TemporaryDirectory(prefix=".trueslice-", dir=place)
        yield Path(stack.enter_context(folder))


def answer_of(report: ChannelReport, *, whole: bool = True) -> dict[str, Any]:
    """What is told of the result of one channel; to people (not `whole`), estimates are told in brief."""
    info = report.volume.info
    answer: dict[str, Any] = {
        "shape_zyx": list(info.shape),
        "dtype": str(info.dtype),
        "voxel_nm_zyx": list(info.voxel_nm),
    }
    if info.content == "binary":
        answer["solid_fraction"] = _solid_fraction(report.volume)
    for estimate in report.estimates.values():
        answer |= estimate.model_dump(mode="json") if whole else estimate.brief()
    answer["warnings"] = list(report.notes)
    return answer


def _solid_fraction(volume: Volume) -> float:
    solid = sum(int(np.count_nonzero(plane)) for plane in volume.slices())
    return solid / float(np.prod(volume.info.shape, dtype=np.int64))
