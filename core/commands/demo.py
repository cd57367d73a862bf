"""``trueslice demo``: the whole pipeline on the bundled sample."""

from __future__ import annotations

import argparse
from pathlib import Path
from typing import Any

import resources
from core.commands.run import run_answer
from core.execute import run
from core.job import Job
from core.project import InputSpec, Project
from core.recipe import Recipe
from core.report import write_report


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

    sample = resources.path("sample")
    project = Project.create(parsed.output, {"": InputSpec(paths=(sample / "sample.tif",))})
    project.save_recipe(Recipe.load(sample / "recipe.toml"))
    reports = run(project, job=job, limits=read_limits(parsed))
    report = write_report(project, reports, job)
    return {**run_answer(project, reports), "report": str(report)}
