"""Train a network that makes grey planes: ``python -m core.learn.inpainting.grey -o FOLDER [RECIPE.toml]``.

Without a recipe, the bundled model. A command that was stopped goes on where it was.
"""

from __future__ import annotations

import argparse
import sys
from pathlib import Path

from core.errors import TruesliceError
from core.job import Job
from core.learn.inpainting.grey.recipe import GreyFillingRecipe
from core.learn.inpainting.grey.train import train_grey
from core.learn.training.device import Machine
from core.learn.training.state import CurvePoint


def main(arguments: list[str] | None = None) -> int:
    """Train; 0 if all went well."""
    parser = argparse.ArgumentParser(prog="python -m core.learn.inpainting.grey", description=__doc__)
    parser.add_argument("recipe", nargs="?", type=Path, metavar="RECIPE.toml")
    parser.add_argument("-o", "--output", type=Path, required=True, metavar="FOLDER")
    parser.add_argument("--threads", type=int, default=None)
    parser.add_argument("--device", choices=("auto", "cpu", "cuda", "mps"), default="auto")
    parsed = parser.parse_args(arguments)
    try:
        recipe = GreyFillingRecipe() if parsed.recipe is None else GreyFillingRecipe.load(parsed.recipe)
        machine = Machine(parsed.device, parsed.threads)
        found = train_grey(recipe, parsed.output, job=Job(), machine=machine, on_point=_told)
    except TruesliceError as error:
        sys.stderr.write(f"{error}\n")
        return 1
    for measured in found.measured:
        values = ", ".join(f"{name} {value:.4g}" for name, value in measured.values.items())
        sys.stdout.write(f"{measured.condition_long}: {values}. {measured.remark}\n")
    sys.stdout.write(f"{found.model.folder}\n")
    return 0


def _told(point: CurvePoint) -> None:
    sys.stdout.write(f"{point}\n")
    sys.stdout.flush()


if __name__ == "__main__":
    raise SystemExit(main())
