"""``trueslice demo``: the whole pipeline on the bundled sample."""

from __future__ import annotations

import argparse
from pathlib import Path
from typing import Any

import numpy as np

import resources
from core.commands.run import run_answer
from core.execute import run
from core.execute.lazy import applied
from core.io import open_stack
from core.job import Job
from core.project import InputSpec, Project
from core.recipe import Recipe
from core.volume import Volume


def add(subparsers: Any) -> None:
    """Add the sub-command."""
    from core.commands import new_parser
    from core.commands.inputs import add_limits

    parser = new_parser(subparsers, "demo", "Run the whole pipeline on the bundled sample.")
    parser.add_argument(
        "--output", type=Path, default=Path("trueslice-demo"), metavar="DIR", help="project folder"
    )
    add_limits(parser)
    parser.set_defaults(function=_demo)


def _demo(parsed: argparse.Namespace, job: Job) -> dict[str, Any]:
    from core.commands.inputs import read_limits
    from core.report import write_report

    sample = resources.path("sample")
    project = Project.create(parsed.output, {"": InputSpec(paths=(sample / "sample.tif",))})
    project.save_recipe(Recipe.load(sample / "recipe.toml"))
    reports = run(project, job=job, limits=read_limits(parsed))
    report = write_report(project, reports, job)
    answer = run_answer(project, reports, whole=parsed.json)
    answer["misplaced_percent"] = _misplaced_percent(reports[""].volume, project.recipe, job)
    return {**answer, "report": str(report)}


def _misplaced_percent(solid: Volume, recipe: Recipe, job: Job) -> float:
    """Share of voxels that differ from the sample's truth, cut like the result."""
    truth = open_stack(resources.path("sample/truth.tif"), job=job)
    for entry in recipe.steps:
        if entry.step.name in ("crop", "drop-slices", "trim"):
            truth = applied(truth, entry, None)
    wrong = sum(
        int(np.count_nonzero(ours != real)) for ours, real in zip(solid.slices(), truth.slices(), strict=True)
    )
    return 100 * wrong / float(np.prod(solid.info.shape, dtype=np.int64))
