"""``trueslice simulate acquisition``: a folder of stacks with everything known about them."""

from __future__ import annotations

import argparse
from pathlib import Path
from typing import Any

from core.commands.plan_options import add_machine, add_plan, read_plan
from core.job import Job


def add(subparsers: Any) -> None:
    """Add the sub-command to the group ``simulate``."""
    from core.commands import new_parser

    parser = new_parser(
        subparsers,
        "acquisition",
        "Simulate a whole acquisition: one stack per voltage and detector, the true structure, positions and "
        "movements. Goes on where an earlier run with the same plan was stopped.",
    )
    parser.add_argument("-o", "--output", type=Path, required=True, metavar="FOLDER", help="folder to fill")
    add_plan(parser)
    add_machine(parser)
    parser.set_defaults(function=_acquire)


def _acquire(parsed: argparse.Namespace, job: Job) -> dict[str, Any]:
    from core.simulate.acquisition import acquire, estimate_cost

    plan = read_plan(parsed, job)
    machine = {"threads": parsed.threads, "device": parsed.device}
    if parsed.estimate_only:
        return {"cost": estimate_cost(plan, job, folder=parsed.output, **machine).table()}
    done = acquire(plan, parsed.output, job=job, announce=True, **machine)
    truth = done.truth
    return {
        "folder": done.folder,
        "stacks": {name: str(path) for name, path in done.stacks.items()},
        "truth": done.truth_path,
        "was_done": done.was_done,
        "channels": truth["channels"],
        "shape_zyx": truth["shape_zyx"],
        "voxel_nm_zyx": truth["voxel_nm_zyx"],
        "solid_fraction": truth["solid_fraction"],
        "mean_thickness_nm": _mean(truth["thickness_nm"]),
        "electrons": sum(part["electrons"] for part in truth["balance"].values()),
        "warnings": truth["warnings"],
    }


def _mean(values: list[float]) -> float | None:
    return sum(values) / len(values) if values else None
