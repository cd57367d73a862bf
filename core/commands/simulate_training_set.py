"""``trueslice simulate training-set``: many small acquisitions with their truth in one Zarr group."""

from __future__ import annotations

import argparse
from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

from core.commands.plan_options import add_machine, add_plan, planned, toml_value
from core.errors import ParameterError, RecipeError
from core.job import Job

if TYPE_CHECKING:
    from core.simulate.training_plan import TrainingPlan

_COUNTS = {
    "train": "to train with (6)",
    "validation": "for validation (1)",
    "test": "for tests (1)",
    "quick": "more to train with, by the fast approximation (0)",
}


def add(subparsers: Any) -> None:
    """Add the sub-command to the group ``simulate``."""
    from core.commands import new_parser

    parser = new_parser(
        subparsers,
        "training-set",
        "Simulate a training set: several structures, each imaged at every voltage, with the true labels. "
        "Whole structures go to training, validation or test. Goes on where an earlier run was stopped.",
    )
    parser.add_argument("-o", "--output", type=Path, required=True, metavar="NAME.zarr", help="Zarr v3 group")
    group = parser.add_argument_group("training set")
    for name, what in _COUNTS.items():
        group.add_argument(f"--{name}", metavar="N", help=f"structures {what}")
    group.add_argument(
        "--vary",
        nargs="+",
        default=[],
        metavar="KEY=LOW,HIGH",
        help="draw an entry of the plan evenly from a range for each structure; structure.ligament_nm.0 is "
        "the first of a list",
    )
    group.add_argument(
        "--each",
        nargs="+",
        default=[],
        metavar="KEY=A,B,...",
        help="one value of an entry for each structure, for example structure.path=a.tif,b.tif or "
        "'structure.ligament_nm=[110,15],[100,12]'",
    )
    add_plan(parser)
    add_machine(parser)
    parser.set_defaults(function=_make)


def _make(parsed: argparse.Namespace, job: Job) -> dict[str, Any]:
    from core.simulate.acquisition import estimate_training, training_set

    plan = _read(parsed, job)
    machine = {"threads": parsed.threads, "device": parsed.device}
    if parsed.estimate_only:
        return {"cost": estimate_training(plan, job, folder=parsed.output, **machine).table()}
    made = training_set(plan, parsed.output, job=job, announce=True, **machine)
    return {
        "folder": made.folder,
        "was_done": made.was_done,
        "channels": made.table["channels"],
        "splits": made.table["splits"],
        "structures": made.table["structures"],
    }


def _read(parsed: argparse.Namespace, job: Job) -> TrainingPlan:
    """A training plan, or a plan of one acquisition, with options put over it."""
    from core.simulate.plan import Plan
    from core.simulate.plan_file import read_table
    from core.simulate.training_plan import TrainingPlan

    base = TrainingPlan()
    if parsed.recipe is not None:
        origin, text = str(parsed.recipe), _recipe_text(parsed.recipe)
        if "plan" in read_table(text, origin):
            base = TrainingPlan.loads(text, origin=origin)
        else:
            base = TrainingPlan(plan=Plan.loads(text, origin=origin))
    table = base.model_dump(mode="json")
    table["plan"] = planned(parsed, base.plan, job)
    table |= {name: getattr(parsed, name) for name in _COUNTS if getattr(parsed, name) is not None}
    table["vary"] |= _listed(parsed.vary, "--vary")
    table["each"] |= _listed(parsed.each, "--each")
    return TrainingPlan.parse(table, owner=str(parsed.recipe or "options"))


def _recipe_text(recipe: Path) -> str:
    """Text of a plan file, or of the plan that a training set was made by."""
    from core.simulate.acquisition.folder import WorkGroup
    from core.simulate.plan_file import read_plan_text

    if recipe.is_file():
        return read_plan_text(recipe)
    group = WorkGroup(recipe)
    text = group.answer().get("plan_file") if group.is_done() else group.found_plan()
    if isinstance(text, str):
        return text
    if group.is_done():
        raise RecipeError(
            f"{recipe} is no training set", remedy="name a plan (.toml) or a training set (.zarr)"
        )
    return read_plan_text(recipe)


def _listed(texts: Sequence[str], option: str) -> dict[str, list[Any]]:
    found = {}
    for text in texts:
        key, equals, values = text.partition("=")
        if not equals or not key or not values:
            raise ParameterError(f"{option} takes KEY=VALUE,VALUE", got=text)
        # As an array of TOML, in which a value may be a list; file names and words may do without quotes.
        array = toml_value(f"[{values}]")
        found[key] = array if isinstance(array, list) else [toml_value(value) for value in values.split(",")]
    return found
