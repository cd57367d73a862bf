"""Article I, Table 3: on which structures to train? ``python -m tests.benchmarks.article_one FOLDER``.

Three training sets of porous gold in epoxy at 2 kV (ligaments about 40 nm, solid fraction about 0.34) by the
fast approximation: leveled waves (LWM), self-similar (SSM), random pores (RPGM). One U-Net for each, at the
same processor time of its steps (`_budget`), from the same seed. All are tested on Monte Carlo acquisitions
of structures of all three kinds, so that each is also tested on what it was not trained on, and of two more.

The article tests on "npg40", simulated from k-means segmentations of real porous gold, which we do not have.
Its stand-in "spinodal" demixes and coarsens (`_spinodal`): it begins like leveled waves and favours them;
SSM is made from other such structures, as the article's is from real gold, and is favoured too. "Fibres",
overlapping rods, are kin to none of the three. Read the table as what a mismatch costs, not as Table 3 again.

FOLDER keeps what is finished: structures, training sets, acquisitions, trainings.
"""

from __future__ import annotations

import argparse
import json
from collections.abc import Mapping
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

import numpy as np
import tifffile

from core.files import replacing, write_json
from core.job import Job
from core.learn.params.recipe import TrainingRecipe
from core.measure.confusion import confusion
from core.models.library import model_named
from core.models.predict import predict_stack
from core.models.session import open_session
from core.segment.histogram import counted, histogram_of
from core.segment.thresholds import brightest_cluster, kmeans, otsu
from core.simulate.acquisition import acquire, training_set
from core.simulate.plan import Plan
from core.simulate.training_plan import TrainingPlan
from core.volume import Array
from tests.benchmarks._budget import MODEL, trained
from tests.benchmarks._spinodal import spinodal
from tests.benchmarks.architectures import AUGMENT, EPOCHS, OPTIMISE, TABLE_6

SEED = 4401
CHANNEL, ELECTRONS, PIXEL_NM, SLICE_NM = "2kV", 21, 2.5, 10.0
LIGAMENT_NM, FRACTION = 40.0, 0.34
LIGAMENTS_NM, FRACTIONS = (32.0, 50.0), (0.28, 0.42)
COPY = 0.4
RADIUS_PER_LIGAMENT = 3 * -np.log(FRACTION) / 4
"""Overlapping pores: chords between them are exponentially distributed, 4 R / (3 |ln phi|) in the mean."""
STRUCTURES, HELD_OUT = 5, 1
KINDS = {"LWM": "leveled waves", "SSM": "self-similar", "RPGM": "random pores"}
TESTS = ("LWM", "SSM", "RPGM", "spinodal", "fibres")
HEAD = ("phi", "error %", "Dice", "MP")
TABLE_3 = {  # solid fraction, its relative error in % (of Otsu and k-means not what fractions give), Dice
    "target": (0.34, 0.00, 1.00),
    "network (SSM)": (0.34, -1.99, 0.98),
    "network (LWM)": (0.34, 0.50, 0.99),
    "network (RPGM)": (0.36, 4.33, 0.89),
    "Otsu": (0.55, 33.69, 0.75),
    "k-means": (0.49, 17.94, 0.78),
}


@dataclass(frozen=True)
class Setting:
    """Where everything is kept, and how large it is."""

    folder: Path
    slices: int
    side: int
    patches: int
    minutes: float
    threads: int


# ---------------------------------------------------------------------------------- structures
def structure(kind: str, number: int, at: Setting, ligament_nm: float, fraction: float) -> dict[str, Any]:
    """Parameters of one structure; files it is made from are written."""
    if kind == "LWM":
        return {"kind": "leveled-wave", "ligament_nm": [ligament_nm], "solid_fraction": [fraction]}
    if kind == "RPGM":
        radius_nm = float(RADIUS_PER_LIGAMENT * ligament_nm)
        sizes = {"radius_nm": radius_nm, "radius_sd_nm": radius_nm / 5}
        return {"kind": "random-pores", "solid_fraction": fraction, **sizes}
    if kind == "fibres":
        sizes = {"radius_nm": 0.4 * ligament_nm, "length_nm": 6 * ligament_nm}
        return {"kind": "fibres", "solid_fraction": fraction, **sizes}
    whole = fraction if kind == "spinodal" else fraction**0.5  # what stack and copy have in common
    path, voxel_nm = _stack(at.folder / "stacks" / f"{kind}-{number}", number, whole, ligament_nm)
    file = {"path": str(path), "voxel_nm_zyx": [voxel_nm] * 3}
    return (
        {"kind": "file", **file}
        if kind == "spinodal"
        else {"kind": "self-similar", **file, "size_ratio": COPY}
    )


def _stack(place: Path, number: int, fraction: float, ligament_nm: float) -> tuple[Path, float]:
    """A spinodal structure as a file, and its voxel size."""
    path, scale = place.with_suffix(".tif"), place.with_suffix(".json")
    if not scale.is_file():
        place.parent.mkdir(parents=True, exist_ok=True)
        solid, ligament_px = spinodal(SEED + number, fraction)
        with replacing(path) as temporary:
            tifffile.imwrite(temporary, solid.astype(np.uint8) * 255)
        write_json(scale, {"ligament_px": ligament_px})
    return path, ligament_nm / float(json.loads(scale.read_text())["ligament_px"])


def _plan(made: Mapping[str, Any], seed: int, at: Setting) -> dict[str, Any]:
    field = {
        "slices": at.slices,
        "rows": at.side,
        "columns": at.side,
        "pixel_nm": PIXEL_NM,
        "voxel_nm": PIXEL_NM,
    }
    return {
        "seed": seed,
        "voltages_kv": [float(CHANNEL.removesuffix("kV"))],
        "electrons_per_pixel": ELECTRONS,
        "structure": made,
        "materials": {"pore": "epoxy", "solid": "Au"},
        "field": field,
        "milling": {"slice_nm": SLICE_NM, "faces": "border"},
    }


# ---------------------------------------------------------------------------------- training
def set_of(kind: str, at: Setting) -> Path:
    """Training set of one kind; simulated if it is not there."""
    rng = np.random.default_rng([SEED, list(KINDS).index(kind)])
    drawn = [(rng.uniform(*LIGAMENTS_NM), rng.uniform(*FRACTIONS)) for _ in range(STRUCTURES)]
    made = [structure(kind, number, at, *sizes) for number, sizes in enumerate(drawn)]
    each = {
        f"structure.{key}": [one[key] for one in made] for key in made[0] if key not in ("kind", "size_ratio")
    }
    table = {"train": 0, "validation": 0, "test": 0, "quick": STRUCTURES, "each": each}
    seed = SEED + 1000 * (1 + list(KINDS).index(kind))
    plan = TrainingPlan.parse(table | {"plan": _plan(made[0], seed, at)}, owner=kind)
    folder = at.folder / "sets" / f"{kind}.zarr"
    folder.parent.mkdir(parents=True, exist_ok=True)
    training_set(plan, folder, job=Job(), threads=at.threads)
    return folder


def recipe_of(kind: str, at: Setting) -> TrainingRecipe:
    """A U-Net with seven slices, as in the article's preliminary test as far as it is told."""
    patches = {"patches_per_epoch": at.patches, "validation_patches": at.patches // 8}
    table = {
        "name": kind.lower(),
        "seed": SEED,
        "network": {"kind": "unet", "channels": [CHANNEL], "slices": 7, "depth": 3, "width": 16},
        "data": {"path": str(set_of(kind, at)), "held_out": HELD_OUT, **patches},
        "augment": AUGMENT,
        "optimise": OPTIMISE | {"epochs": EPOCHS, "minutes": at.minutes, "batch_size": 32},
    }
    return TrainingRecipe.parse(table, owner=kind)


def model_of(kind: str, at: Setting) -> Path:
    """The network trained on one kind; trained if it is not there."""
    folder, recipe = at.folder / "networks" / kind, recipe_of(kind, at)
    size = {"slices": at.slices, "side": at.side}  # of the set, which the recipe only names
    asked = {**json.loads(recipe.model_dump_json()), "threads": at.threads, **size}
    kept = folder / "result.json"
    if not kept.is_file():
        spent = trained(recipe, folder, at.threads)
        write_json(kept, {"recipe": asked, "spent": asdict(spent)})
    found = json.loads(kept.read_text())
    if found["recipe"] != asked:
        raise SystemExit(f"{kept} is of another recipe or budget: delete {folder}, or choose another folder")
    spent_s, patches = found["spent"]["seconds"], found["spent"]["slices"]
    print(f"trained on {KINDS[kind]}: {patches} patches, {spent_s:.0f} s of processor time", flush=True)
    return folder / MODEL


# ---------------------------------------------------------------------------------- tests
def test_of(kind: str, at: Setting) -> tuple[Array, Array]:
    """Image stack and what its faces truly show; simulated by the Monte Carlo if it is not there."""
    number = 500 + TESTS.index(kind)  # files and seeds apart from those of the training sets
    made = structure(kind, number, at, LIGAMENT_NM, FRACTION)
    folder = at.folder / "tests" / kind
    plan = Plan.parse(_plan(made, SEED + number, at), owner=kind)
    acquire(plan, folder, job=Job(), threads=at.threads)
    truth = tifffile.imread(folder / "truth.tif") > 0
    z_nm = np.array(json.loads((folder / "truth.json").read_text())["z_nm"])
    faces = truth[np.floor(z_nm / PIXEL_NM + 0.5).astype(int)]
    return np.asarray(tifffile.imread(folder / f"{CHANNEL}.tif")), np.asarray(faces)


def answers(stack: Array, models: Mapping[str, Path], threads: int) -> dict[str, Array]:
    """What each method takes for solid."""
    histogram = histogram_of(np.sum([counted(plane) for plane in stack], axis=0), stack.dtype)
    found = {
        "Otsu": stack > otsu(histogram),
        "k-means": stack > brightest_cluster(kmeans(histogram, 3)),
    }
    for kind, folder in models.items():
        model = model_named(str(folder))
        session = open_session(model.weights, "cpu", threads)
        found[f"network ({kind})"] = predict_stack(session, model.spec, {CHANNEL: stack}) > 0.5
    return found


def table(kind: str, models: Mapping[str, Path], at: Setting) -> dict[str, dict[str, float]]:
    """All methods on one test structure, printed."""
    stack, faces = test_of(kind, at)
    phi = float(faces.mean())
    own = {"LWM", "SSM"} if kind == "spinodal" else {kind}
    print(f"\ntested on {KINDS.get(kind, kind)}, {faces.shape}; true phi {phi:.4f}")
    print(f"{'':18}" + "".join(f"{name:>10}" for name in HEAD))
    rows = {}
    for name, solid in answers(stack, models, at.threads).items():
        counts, found = confusion(solid, faces), float(solid.mean())
        error = 100 * (found - phi) / phi
        rows[name] = {"phi": found, "error_percent": error, "dice": counts.dice_solid, "mp": counts.mp}
        kin = "   kin to what it was trained on" if any(f"({one})" in name for one in own) else ""
        print(
            f"{name:18}{found:10.4f}{error:10.2f}{counts.dice_solid:10.4f}{counts.mp:10.3f}{kin}", flush=True
        )
    return rows


def show_all(rows: Mapping[str, Mapping[str, Mapping[str, float]]]) -> None:
    """Print training kinds by test structures, and the article's tables."""
    for key, title in (
        ("mp", "MP in %"),
        ("dice", "Dice of the solid"),
        ("error_percent", "error of phi in %"),
    ):
        print(f"\n{title:18}" + "".join(f"{name:>10}" for name in rows))
        for name in next(iter(rows.values())):
            print(f"{name:18}" + "".join(f"{rows[test][name][key]:10.3f}" for test in rows))
    print("\narticle I, Table 3 (npg40): phi, error in %, Dice")
    for name, numbers in TABLE_3.items():
        print(f"{name:18}" + "".join(f"{number:10.2f}" for number in numbers))
    print("\narticle I, Table 6 (hierarchical leveled waves; see `architectures`): MP in %")
    print(", ".join(f"{name} {100 * numbers[0]:.0f}" for name, numbers in TABLE_6.items()))


def main() -> None:
    """Simulate, train and test what is missing, and print all."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("folder", type=Path)
    parser.add_argument("--minutes", type=float, default=1.5, help="processor time of the steps of each")
    parser.add_argument("--tests", nargs="+", choices=TESTS, default=list(TESTS))
    parser.add_argument("--threads", type=int, default=1)
    parser.add_argument("--slices", type=int, default=24)
    parser.add_argument("--side", type=int, default=128)
    parser.add_argument("--patches", type=int, default=2048, help="of an epoch")
    parser.add_argument("--json", type=Path)
    parsed = parser.parse_args()
    at = Setting(parsed.folder, parsed.slices, parsed.side, parsed.patches, parsed.minutes, parsed.threads)
    models = {kind: model_of(kind, at) for kind in KINDS}
    rows = {kind: table(kind, models, at) for kind in parsed.tests}
    show_all(rows)
    if parsed.json:
        write_json(parsed.json, rows)


if __name__ == "__main__":
    main()
