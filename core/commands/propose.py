"""``trueslice propose``: a recipe that suits the data, and why."""

from __future__ import annotations

import argparse
from pathlib import Path
from typing import Any

from core.commands.inputs import add_inputs, read_inputs, refuse_overwriting_input
from core.job import Job


def add(subparsers: Any) -> None:
    """Add the sub-command."""
    from core.commands import new_parser

    parser = new_parser(subparsers, "propose", "Propose a recipe from a sample of the slices, and say why.")
    add_inputs(parser)
    parser.add_argument(
        "-o", "--output", type=Path, required=True, metavar="RECIPE", help="recipe file to write (.toml)"
    )
    parser.set_defaults(function=_propose)


def _propose(parsed: argparse.Namespace, job: Job) -> dict[str, Any]:
    from core.io import open_stack
    from core.propose import proposed, recipe_of

    specs = read_inputs(parsed)
    refuse_overwriting_input(parsed.output, [path for spec in specs.values() for path in spec.paths])
    inputs = {
        name: open_stack(spec.paths[0] if len(spec.paths) == 1 else spec.paths, spec.options, job)
        for name, spec in specs.items()
    }
    found = proposed(inputs, job)
    recipe = recipe_of(found)
    recipe.save(parsed.output)
    notes = dict.fromkeys(note for volume in inputs.values() for note in volume.notes)
    return {
        "recipe": str(parsed.output),
        "stages": {one.stage.value: _stage(one) for one in found},
        "warnings": list(notes),
    }


def _stage(one: Any) -> dict[str, Any]:
    told: dict[str, Any] = {
        "steps": [step.step.name for step in one.steps],
        "why": one.why,
        "sure": one.sure,
    }
    return {**told, "asks": one.asks} if one.asks else told
