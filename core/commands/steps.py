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

from core.commands.inputs import (
    add_inputs,
    add_limits,
    read_inputs,
    read_limits,
    refuse_overwriting_input,
)
from core.errors import ParameterError
from core.execute import ChannelReport, run
from core.files import folder_for, writing
from core.io import writers
from core.job import Job
from core.options import add_options, read_options
from core.project import Project
from core.recipe import Recipe, RecipeStep
from core.step import AnyStep
from core.steps import STEPS
from core.volume import Volume


def add(subparsers: Any) -> None:
    """Add one sub-command per step."""
    from core.commands import new_parser

    for step in STEPS:
        if step.survey is not None:
            continue  # has a command of its own
        parser = new_parser(subparsers, step.name, step.summary)
        add_inputs(parser)
        parser.add_argument(
            "-o",
            "--output",
            type=Path,
            required=True,
            metavar="OUTPUT",
            help="result; its ending chooses the format (.tif .ome.zarr .nrrd .mhd .raw; none: a folder)",
        )
        add_options(parser, step.params, title="parameters")
        add_limits(parser)
        parser.set_defaults(function=partial(_run_step, step))


def _run_step(step: AnyStep, parsed: argparse.Namespace, job: Job) -> dict[str, Any]:
    params = read_options(parsed, step.params, owner=step.name)
    specs = read_inputs(parsed)
    if len(specs) != 1:
        raise ParameterError(f"{step.name} takes one channel", got=", ".join(specs), remedy="use `run`")
    output: Path = parsed.output
    preset = None if step.sink else writers.preset_for(output)
    paths = [path for spec in specs.values() for path in spec.paths]
    refuse_overwriting_input(output, paths, replaces=True)
    recipe = Recipe(() if step.sink else (RecipeStep(step, params),))
    with _workshop(output) as folder:
        project = Project.create(folder, specs, recipe=recipe, job=job)
        [report] = run(project, job=job, limits=read_limits(parsed)).values()
        answer = _answer(report)
        if preset is None:
            written = params.export(report.volume, output, job)
        else:
            written = writers.write(report.volume, output, preset, job, overwrite=True)
        answer["output"] = str(output)
        answer["files"] = [str(path) for path in written.files]
        answer["warnings"] += written.notes
    return answer


@contextlib.contextmanager
def _workshop(output: Path) -> Iterator[Path]:
    """A hidden folder beside the output, because that is the disk the result has to fit on anyway."""
    with contextlib.ExitStack() as stack:
        place = Path(os.path.abspath(output)).parent
        stack.enter_context(folder_for(place))
        with writing(output):
            folder = tempfile.TemporaryDirectory(prefix=".trueslice-", dir=place)
        yield Path(stack.enter_context(folder))


def _answer(report: ChannelReport) -> dict[str, Any]:
    info = report.volume.info
    answer: dict[str, Any] = {
        "shape_zyx": list(info.shape),
        "dtype": str(info.dtype),
        "voxel_nm_zyx": list(info.voxel_nm),
    }
    if info.content == "binary":
        answer["solid_fraction"] = _solid_fraction(report.volume)
    for estimate in report.estimates.values():
        answer |= estimate.model_dump(mode="json")
    answer["warnings"] = list(report.notes)
    return answer


def _solid_fraction(volume: Volume) -> float:
    solid = sum(int(np.count_nonzero(plane)) for plane in volume.slices())
    return solid / float(np.prod(volume.info.shape, dtype=np.int64))
