"""``trueslice train``: a recipe from nothing to a tested model."""

from __future__ import annotations

import argparse
from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING, Any

from core.commands.plan_options import toml_value
from core.errors import MissingExtraError, ParameterError
from core.job import Job

if TYPE_CHECKING:
    from core.learn.params.recipe import TrainingRecipe
    from core.learn.training import CurvePoint, Trained


def add(subparsers: Any) -> None:
    """Add the sub-command."""
    from core.commands import new_parser

    parser = new_parser(
        subparsers,
        "train",
        "Train a network that tells solid from pore: simulate a training set if the recipe says so, train, "
        "export to ONNX with a card, compare with the methods without a network. Goes on where an earlier "
        "run was stopped.",
    )
    parser.add_argument(
        "recipe",
        type=Path,
        nargs="?",
        metavar="RECIPE.toml",
        help="what is trained on what; --write-default gives one to begin with",
    )
    parser.add_argument("-o", "--output", type=Path, metavar="FOLDER", help="state, curve, model, report")
    parser.add_argument(
        "--set",
        nargs="+",
        default=[],
        metavar="KEY=VALUE",
        help="an entry of the recipe, for example optimise.epochs=20 network.slices=5",
    )
    parser.add_argument(
        "--write-default", type=Path, metavar="FILE.toml", help="write the recipe of the defaults and stop"
    )
    group = parser.add_argument_group("machine")
    group.add_argument("--threads", type=_threads, metavar="N", help="threads of the processor")
    group.add_argument(
        "--device", choices=("auto", "cpu", "cuda", "mps"), default="auto", help="where it is trained (auto)"
    )
    group.add_argument(
        "--estimate-only", action="store_true", help="say what it would cost, and do nothing else"
    )
    group.add_argument(
        "--follow",
        action="store_true",
        help="for a program that watches: progress as JSON, one object in each line of standard error, with "
        "example predictions in the folder; stops when standard input is closed",
    )
    parser.set_defaults(function=_train)


def _train(parsed: argparse.Namespace, job: Job) -> dict[str, Any]:
    if parsed.write_default is not None:
        recipe = _recipe(parsed)
        recipe.save(parsed.write_default)
        return {"recipe": parsed.write_default}
    if parsed.recipe is None or parsed.output is None:
        raise ParameterError(
            "train needs a recipe and a folder",
            expected="trueslice train RECIPE.toml -o FOLDER",
            remedy="write a recipe to begin with: trueslice train --write-default RECIPE.toml",
        )
    recipe = _recipe(parsed)
    _require_torch()
    if not parsed.follow:
        return _done(recipe, parsed, job)
    from core.commands.following import Follower

    follower = Follower(job)
    return _done(recipe, parsed, follower.job, lambda point: follower.tell({"point": point.model_dump()}))


def _done(
    recipe: TrainingRecipe,
    parsed: argparse.Namespace,
    job: Job,
    on_point: Callable[[CurvePoint], None] | None = None,
) -> dict[str, Any]:
    job.progress(0, 0, "Getting ready")
    from core.learn.training import Machine, estimate, train

    machine = Machine(parsed.device, parsed.threads)
    if parsed.estimate_only:
        return {"cost": estimate(recipe, parsed.output, job=job, machine=machine).table()}
    if on_point is None:
        return _answer(train(recipe, parsed.output, job=job, machine=machine))
    return _answer(train(recipe, parsed.output, job=job, machine=machine, on_point=on_point, examples=True))


def _recipe(parsed: argparse.Namespace) -> TrainingRecipe:
    """The recipe of the file with the entries of ``--set`` put over it."""
    from core.learn.params.recipe import TrainingRecipe
    from core.simulate.training_plan import put

    base = TrainingRecipe() if parsed.recipe is None else TrainingRecipe.load(parsed.recipe)
    if not parsed.set:
        return base
    table = base.model_dump(mode="json")
    for text in parsed.set:
        key, equals, value = text.partition("=")
        if not equals:
            raise ParameterError("--set takes KEY=VALUE", expected="for example optimise.epochs=20", got=text)
        put(table, key, toml_value(value))
    return TrainingRecipe.parse(table, owner=str(parsed.recipe or "--set"))


def _require_torch() -> None:
    from importlib.util import find_spec

    if find_spec("torch") is None:
        raise MissingExtraError(
            "training needs PyTorch, which is not installed here",
            remedy='install the extra: pip install "trueslice[train]"; models are run without it',
        )


def _answer(trained: Trained) -> dict[str, Any]:
    own, best = trained.trial.network, trained.fitted.fitted.best
    return {
        "folder": trained.folder,
        "model": {"name": trained.model.name, "file": trained.model.weights},
        "was_done": trained.was_done,
        "mp": None if own is None else own.mp,
        "mgp": None if own is None else own.mgp,
        "mds": None if own is None else own.mds,
        "solid_fraction": None if own is None else own.phi,
        "tested_on": trained.report["tested_on"],
        "best_classical": trained.report["best_classical"],
        "share_of_best_classical": trained.report["share_of_best_classical"],
        "validation_mp": best.mp,
        "epochs": len(trained.fitted.fitted.curve),
        "training_seconds": round(trained.fitted.seconds, 1),
        "rows": {
            f"{row['method']} {' '.join(row['channels'])}": {
                name: row[name] for name in ("mp", "mgp", "mds", "phi")
            }
            for row in trained.report["rows"]
        },
        "report": trained.folder / "report.txt",
        "warnings": list(trained.notes),
    }


def _threads(text: str) -> int:
    number = int(text)
    if not 1 <= number <= 1024:
        raise argparse.ArgumentTypeError("1-1024")
    return number
