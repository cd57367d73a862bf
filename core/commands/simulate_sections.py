"""``trueslice simulate sections``: sections of dense ceramics with their truth, to train networks with."""

from __future__ import annotations

import argparse
from pathlib import Path
from typing import Any

from core.commands.plan_options import toml_value
from core.errors import ParameterError
from core.job import Job


def add(subparsers: Any) -> None:
    """Add the sub-command to the group ``simulate``."""
    from core.commands import new_parser

    parser = new_parser(
        subparsers,
        "sections",
        "Simulate a training set of secondary-electron images of dense ceramics: grains, pores whose back "
        "walls show, a darker second phase, curtains, shade. Goes on where an earlier run was stopped.",
    )
    parser.add_argument("-o", "--output", type=Path, required=True, metavar="NAME.zarr", help="Zarr v3 group")
    parser.add_argument(
        "--recipe", type=Path, metavar="PLAN.toml", help="a plan; options given beside it win"
    )
    parser.add_argument(
        "--set",
        nargs="+",
        default=[],
        metavar="KEY=VALUE",
        help="any entry of the plan, for example seed=2 train=40 grains.porosity=[0.1,0.2]",
    )
    parser.set_defaults(function=_make)


def _make(parsed: argparse.Namespace, job: Job) -> dict[str, Any]:
    from core.simulate.sections.params import SectionPlan
    from core.simulate.sections.training import section_set
    from core.simulate.training_plan import put

    base = SectionPlan.load(parsed.recipe) if parsed.recipe else SectionPlan()
    table = base.model_dump(mode="json")
    for text in parsed.set:
        key, equals, value = text.partition("=")
        if not equals:
            raise ParameterError("--set takes KEY=VALUE", expected="for example seed=2", got=text)
        put(table, key, toml_value(value))
    plan = SectionPlan.parse(table, owner=str(parsed.recipe or "options"))
    made = section_set(plan, parsed.output, job=job)
    return {
        "folder": made.folder,
        "was_done": made.was_done,
        "channels": made.table["channels"],
        "splits": made.table["splits"],
        "structures": made.table["structures"],
    }
