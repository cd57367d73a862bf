"""``trueslice run``: a recipe on one or several channels, into a project folder."""

from __future__ import annotations

import argparse
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from core.commands.inputs import (
    add_inputs,
    add_limits,
    read_inputs,
    read_limits,
    refuse_overwriting_input,
)
from core.execute import ChannelReport, run
from core.job import Job
from core.project import Project
from core.recipe import Recipe


def add(subparsers: Any) -> None:
    """Add the sub-command."""
    from core.commands import new_parser

    parser = new_parser(
        subparsers, "run", "Run a recipe. Started again after a crash, it goes on where it was."
    )
    parser.add_argument("recipe", type=Path, metavar="RECIPE", help="recipe file (.toml)")
    add_inputs(parser)
    parser.add_argument("--output", type=Path, required=True, metavar="DIR", help="project folder")
    add_limits(parser)
    parser.set_defaults(function=_run)


def _run(parsed: argparse.Namespace, job: Job) -> dict[str, Any]:
    recipe = Recipe.load(parsed.recipe)
    specs = read_inputs(parsed)
    refuse_overwriting_input(parsed.output, [path for spec in specs.values() for path in spec.paths])
    project = Project.create(parsed.output, specs, recipe=recipe, job=job)
    reports = run(project, job=job, limits=read_limits(parsed))
    return run_answer(project, reports, whole=parsed.json)


def run_answer(project: Project, reports: Mapping[str, ChannelReport], *, whole: bool) -> dict[str, Any]:
    """What a run tells: where things are, what was found (the whole of it for programs), what to mind."""
    return {
        "output": str(project.folder),
        "recipe": str(project.folder / "recipe.toml"),
        "files": [str(path) for report in reports.values() for path in report.files],
        "channels": {name: channel_answer(report, whole=whole) for name, report in reports.items()},
        "warnings": list(dict.fromkeys(note for report in reports.values() for note in report.notes)),
    }


def channel_answer(report: ChannelReport, *, whole: bool) -> dict[str, Any]:
    """What a run has found of one channel."""
    info = report.volume.info
    return {
        "shape_zyx": list(info.shape),
        "dtype": str(info.dtype),
        "voxel_nm_zyx": list(info.voxel_nm),
        "estimates": {
            name: estimate.model_dump(mode="json") if whole else estimate.brief()
            for name, estimate in report.estimates.items()
        },
    }
