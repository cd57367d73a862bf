"""Networks at one budget: ``python -m tests.benchmarks.architectures SET TEST -o FOLDER [--minutes 1.5]``.

SET is the training set of ``resources/training/gold-set.toml``, TEST the folder of `article_three`, whose
volumes and numbers these are. Each row is trained by the program's own loop for the same processor time of
its steps (`_budget`), from the same seed, with the same augmentation and optimiser; networks of several
voltages share it among all their parts, except where a row says otherwise. What is finished is kept in
FOLDER/ROW and not made again; a set that has grown since, or other test volumes, are noticed. Trained
at 10 nm: where slices are 2.5 nm apart, every fourth is a neighbour.

Beside it: article I, Table 6 (2D, adjacent slices, 3D), Table 4 and Figure 8 (noise and blur, number of
slices; there on real data without a truth, here on the simulated volumes), article III, Table 2 (fusion).
"""

from __future__ import annotations

import argparse
import hashlib
import json
from collections.abc import Iterable, Mapping
from dataclasses import asdict, dataclass, field
from pathlib import Path
from typing import Any

from core.files import write_json
from core.learn.data.training_sets import simulated_stacks
from core.learn.params.network import VOLUMES
from core.learn.params.recipe import TrainingRecipe
from core.learn.training.whole import BRANCHES
from core.volume import Array
from tests.benchmarks import article_three as three
from tests.benchmarks._budget import MODEL, TRAINING, Spent, trained

RESULT = "result.json"
ALL = ("1kV", "2kV", "4kV")
SEED = 61
EPOCHS = 100_000
PATCHES, VALIDATION, VOLUME_SLICES = 2048, 256, 16
BASE: dict[str, Any] = {
    "kind": "residual-unet",
    "channels": ["2kV"],
    "slices": 7,
    "depth": 3,
    "width": 16,
}
AUGMENT = {
    "brightness": 0.05,
    "contrast": 0.1,
    "gamma": 0.05,
    "dose_low": 8.0,
    "dose_high": 80.0,
    "share": 0.15,
}
NO_BLUR = {"blur_px": 0.0, "edge_blur_px": 0.0, "noise": 0.0}
NO_NOISE = {**NO_BLUR, "dose_low": 1e6, "dose_high": 1e6}
OPTIMISE = {"loss": "bce-dice", "learning_rate": 0.004}
TABLE_6 = {  # article I: MP as a fraction; solid fraction; e_TPCF, e_LPF, e_D
    "k-means": (0.26, 0.33, 0.83, 0.75, 0.95),
    "Otsu": (0.43, 0.54, 0.96, 0.65, 0.71),
    "2D CNN": (0.04, 0.12, 0.18, 0.03, 0.02),
    "2D CNN with adjacent slices": (0.03, 0.13, 0.18, 0.02, 0.02),
    "3D CNN": (0.03, 0.12, 0.17, 0.01, 0.003),
}
TABLE_4 = {  # article I, real data: MP against a second detector, e_TPCF, e_LPF, e_D
    "adjacent slices, as simulated": (0.08, 0.12, 0.07, 0.02),
    "adjacent slices, noise and blur": (0.10, 0.07, 0.008, 0.004),
    "3D CNN, as simulated": (0.12, 0.15, 0.18, 0.12),
    "3D CNN, noise and blur": (0.10, 0.13, 0.12, 0.08),
}


@dataclass(frozen=True)
class Trial:
    """One row: a network, and how its patches are varied.

    `taken` names, by channel, the row and the part of it whose finished network is a branch.
    """

    name: str
    network: dict[str, Any] = field(default_factory=dict)
    augment: dict[str, float] = field(default_factory=dict)
    taken: dict[str, str] = field(default_factory=dict)
    remark: str = ""

    @property
    def needs(self) -> set[str]:
        """Rows that have to be trained first."""
        return {place.partition("/")[0] for place in self.taken.values()}


def trials() -> dict[str, Trial]:
    """All rows in order."""
    found = [Trial(f"slices-{count}", {"slices": count}) for count in (1, 3, 5, 7, 9)]
    found += [Trial("unet", {"kind": "unet"})]
    found += [Trial(kind, {"kind": kind}) for kind in ("unet-3d", "residual-unet-3d", "vnet")]
    found += [Trial(kind, {"kind": kind}) for kind in ("fcn-32s", "fcn-16s", "fcn-8s")]
    found += [
        Trial("no-noise-no-blur", augment=NO_NOISE, remark="trained without any noise"),
        Trial("no-blur", augment=NO_BLUR, remark="trained with the noise of the electrons alone"),
        Trial("1kV", {"channels": ["1kV"]}),
        Trial("4kV", {"channels": ["4kV"]}),
        Trial("early", {"channels": ALL, "fusion": "early"}),
        Trial("intermediate", {"channels": ALL, "fusion": "intermediate"}),
        Trial("late", {"channels": ALL, "fusion": "late"}),
    ]
    own = {kv: f"late/{TRAINING}/{BRANCHES}/{kv}" for kv in ALL}
    voting = {"channels": ALL, "fusion": "voting"}
    found.append(Trial("voting", voting, taken=own, remark="the branches of late, joined by weights"))
    whole = {"1kV": f"1kV/{TRAINING}", "2kV": f"slices-7/{TRAINING}", "4kV": f"4kV/{TRAINING}"}
    late = {"channels": ALL, "fusion": "late"}
    found.append(Trial("late-of-three", late, taken=whole, remark="three budgets: rows 1kV, slices-7, 4kV"))
    found += [
        Trial("folded-2kV", {"fold_px": 2, "width": 32}),
        Trial("folded-late", {"channels": ALL, "fusion": "late", "fold_px": 2, "width": 32}),
    ]
    return {trial.name: trial for trial in found}


def recipe_of(trial: Trial, parsed: argparse.Namespace) -> TrainingRecipe:
    """The training of one row."""
    network = BASE | trial.network
    each = VOLUME_SLICES if network["kind"] in VOLUMES else 1
    batch = parsed.batch // each
    epochs = {"epochs": EPOCHS, "minutes": parsed.minutes, "batch_size": batch}
    table = {
        "name": trial.name.lower(),
        "seed": SEED,
        "network": network,
        "branch_from": {kv: str(parsed.output / place) for kv, place in trial.taken.items()},
        "data": {
            "path": str(parsed.set),
            "unfinished": parsed.unfinished,
            "patch_slices": VOLUME_SLICES,
            "patches_per_epoch": PATCHES // each,
            "validation_patches": VALIDATION // each,
        },
        "augment": AUGMENT | trial.augment,
        "optimise": OPTIMISE | epochs,
        "ensemble": {"loss": "bce-dice", "learning_rate": 0.02, "epochs": EPOCHS, "batch_size": batch},
    }
    return TrainingRecipe.parse(table, owner=trial.name)


@dataclass(frozen=True)
class Volume:
    """A test volume, its rows without a network, and how hard it is: MP of k-means by voltage."""

    step: str
    images: Mapping[str, Array]
    faces: Array
    rows: tuple[three.Row, ...]
    hard: Mapping[str, float]

    @property
    def checksum(self) -> str:
        """Of what is shown and of the truth: rows of another volume are not kept."""
        digest = hashlib.sha256(f"{self.faces.shape}".encode() + self.faces.tobytes())
        for channel in sorted(self.images):
            digest.update(self.images[channel].tobytes())
        return digest.hexdigest()


def volumes(parsed: argparse.Namespace) -> list[Volume]:
    """The test volumes, with the rows that need no network, printed."""
    found = []
    for step in parsed.steps:
        cubes = step == "2"
        places, faces = three.loaded(parsed.test, step, slices=parsed.slices, side=parsed.side)
        images, _ = three.imaged(places, "simulated", faces)
        print(f"\n{three.TITLES[step]}; {faces.shape}; electrons per pixel {three.ELECTRONS}")
        print(f"{'':28}" + "".join(f"{name:>9}" for name in three.HEAD))
        rows = [three.scored("truth", faces, faces, cubes=cubes)]
        rows += three.classical(images, faces, cubes=cubes)
        for row in rows:
            print(row.text(), flush=True)
        prefix = "k-means "
        hard = {row.method.removeprefix(prefix): row.mp for row in rows if row.method.startswith(prefix)}
        found.append(Volume(step, images, faces, tuple(rows), hard))
    return found


def result_of(trial: Trial, tests: Iterable[Volume], parsed: argparse.Namespace) -> dict[str, Any]:
    """Numbers of one row: kept ones, or new ones."""
    folder = parsed.output / trial.name
    recipe = recipe_of(trial, parsed)
    structures = {one.name: one.split for one in simulated_stacks(recipe.data, recipe.network.channels)}
    asked = {
        **json.loads(recipe.model_dump_json()),
        "threads": parsed.threads,
        "structures": structures,  # of a set that is not finished, each row would see more than the last
    }
    kept = folder / RESULT
    result: dict[str, Any] = json.loads(kept.read_text()) if kept.is_file() else {}
    if result and result["recipe"] != asked:
        raise SystemExit(
            f"{kept} is of another recipe, budget or set: delete {folder}, or choose another folder"
        )
    if not result:
        spent = trained(recipe, folder, parsed.threads)
        result = {"recipe": asked, "spent": asdict(spent), "rows": {}, "tests": {}}
        write_json(kept, result)
    for test in tests:
        if result["tests"].get(test.step) != test.checksum:
            result["rows"][test.step] = _tested(folder, test)
            result["tests"][test.step] = test.checksum
            write_json(kept, result)
    return result


def _tested(folder: Path, test: Volume) -> dict[str, Any]:
    row = three.network(
        str(folder / MODEL), test.images, test.faces, test.hard, step=test.step, cubes=test.step == "2"
    )
    return asdict(row)


def text_of(trial: Trial, result: Mapping[str, Any], step: str) -> str:
    """One line of the table."""
    row = three.Row(**{**result["rows"][step], "method": trial.name})
    spent = Spent(**result["spent"])
    told = f"   {spent.weights} weights, {spent.slices} patches, {spent.seconds:.0f} s"
    if spent.votes:
        told += ", votes " + " ".join(f"{name} {vote:.2f}" for name, vote in spent.votes.items())
    return row.text() + told + (f" ({trial.remark})" if trial.remark else "")


def in_order(names: Iterable[str], known: Mapping[str, Trial]) -> list[Trial]:
    """The rows asked for and those they are made from, in the order of the table."""
    wanted = set(names)
    wanted |= {need for name in wanted for need in known[name].needs}
    return [trial for name, trial in known.items() if name in wanted]


def show_articles() -> None:
    """Print what the articles found."""
    print("\narticle I, Table 6 (synthetic): MP in %, phi, e_TPCF, e_LPF, e_D; true phi 0.12")
    for name, (mp, *others) in TABLE_6.items():
        print(f"{name:28}{100 * mp:9.1f}" + "".join(f"{number:9.3f}" for number in others))
    print("\narticle I, Table 4 (real, against a second detector): MP in %, e_TPCF, e_LPF, e_D")
    for name, (mp, *others) in TABLE_4.items():
        print(f"{name:32}{100 * mp:5.0f}" + "".join(f"{number:9.3f}" for number in others))
    print("article I, Figure 8 (real): best with 9 slices on one data set, with 5 on another")
    print("\narticle III, Tables 2 and 3: MP in %, MGP, MDS; votes 0.5, 0.3, 0.2")
    for name in three.ARTICLE:
        print(f"{name:28}" + "".join(f"{number:9.3f}" for number in three.ARTICLE[name][:3]))


def main() -> None:
    """Train and test all rows, print them as they come, and once more as tables."""
    known = trials()
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("set", type=Path)
    parser.add_argument("test", type=Path)
    parser.add_argument("-o", "--output", type=Path, required=True)
    parser.add_argument("--minutes", type=float, default=1.5, help="processor time of the steps of each row")
    parser.add_argument("--rows", nargs="+", choices=tuple(known), default=list(known), metavar="NAME")
    parser.add_argument("--steps", nargs="+", choices=tuple(three.STEPS), default=list(three.STEPS))
    parser.add_argument("--threads", type=int, default=1)
    parser.add_argument("--batch", type=int, default=32, help="patches of one slice in a step")
    parser.add_argument("--unfinished", action="store_true", help="take the structures that are finished")
    parser.add_argument("--slices", type=int, default=64)
    parser.add_argument("--side", type=int, default=256)
    parsed = parser.parse_args()
    tests = volumes(parsed)
    print(f"\n{parsed.minutes:g} minutes of processor time for each, {parsed.threads} thread(s)")
    found: dict[str, dict[str, Any]] = {}
    for trial in in_order(parsed.rows, known):
        found[trial.name] = result_of(trial, tests, parsed)
        if len({json.dumps(one["recipe"]["structures"]) for one in found.values()}) > 1:
            raise SystemExit(f"{parsed.set} has grown: {trial.name} saw other structures than the rows above")
        print(text_of(trial, found[trial.name], parsed.steps[0]), flush=True)
    for test in tests:
        print(f"\n{three.TITLES[test.step]}\n{'':28}" + "".join(f"{name:>9}" for name in three.HEAD))
        for row in test.rows:
            print(row.text())
        for name, result in found.items():
            print(text_of(known[name], result, test.step))
    show_articles()


if __name__ == "__main__":
    main()
