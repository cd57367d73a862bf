"""Real labelled sections of a ceramic: train on one, test on the other, beside the published table.

    python3 dev.py bench ceramics
    python -m tests.benchmarks.ceramics [--minutes 3] [--both] [--model NAME]

Prints Markdown. Needs the real data beside the project (``../shared/data``). The two images share the last 59
rows of the first and the first 59 of the second (found by correlation, which is 1); these rows are never part
of a test. Networks see one image, except its rows next to the other one, by which their best state is chosen:
random crops, rotations, flips, cross entropy + Dice, and the step rule of the article on a shorter scale, all
with the same budget. The bundled model has seen simulated images only; "fine-tuned" goes on from it.
"""

from __future__ import annotations

import argparse
import sys
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from tempfile import TemporaryDirectory

import numpy as np

from core.errors import TruesliceError
from core.io import open_stack
from core.job import Job
from core.learn.params.data import NO_AUGMENTATION, DataParams
from core.learn.params.network import NetworkParams
from core.learn.params.optimise import OptimiseParams
from core.learn.params.recipe import TrainingRecipe
from core.learn.training import Machine, train
from core.learn.training.cases import Case
from core.learn.training.start import read_start
from core.learn.training.trial import probabilities
from core.measure.confusion import confusion
from core.models.card import Model
from core.models.library import model_named
from core.volume import Array
from tests.benchmarks.real_labels import segmented

DATA = Path(__file__).resolve().parents[3] / "shared" / "data" / "yamamoto_Ba122" / "labelled"
SHARED_ROWS = 59
# Rows by which the best state is chosen: those next to the other image, the shared ones among them.
CHOOSING_ROWS = 96
VOXEL_NM = (20.0, 26.4, 20.8)
# npj Comput. Mater. 10 (2024), doi 10.1038/s41524-024-01226-5, Table 1: precision, recall, IoU.
PUBLISHED = {
    "Otsu": (0.9417, 0.6478, 0.6136),
    "Sauvola": (0.9316, 0.9936, 0.9246),
    "FCN-32s": (0.8456, 0.9524, 0.8095),
    "FCN-16s": (0.9147, 0.9425, 0.8642),
    "FCN-8s": (0.9597, 0.9574, 0.9188),
    "U-Net": (0.9751, 0.9712, 0.9464),
}
NETWORKS: dict[str, NetworkParams] = {
    "FCN-32s": NetworkParams(kind="fcn-32s", channels=("SE",), slices=1, width=16),
    "FCN-16s": NetworkParams(kind="fcn-16s", channels=("SE",), slices=1, width=16),
    "FCN-8s": NetworkParams(kind="fcn-8s", channels=("SE",), slices=1, width=16),
    "U-Net": NetworkParams(kind="unet", channels=("SE",), slices=1, depth=5, width=8),
}


@dataclass(frozen=True)
class Half:
    """One direction: the image that is learnt from, and the one that is tested with, counted from 1."""

    train: int
    test: int

    @property
    def test_rows(self) -> slice:
        """Rows of the test image that the other one does not show."""
        return slice(SHARED_ROWS, None) if self.test == 2 else slice(None, -SHARED_ROWS)

    @property
    def choosing_rows(self) -> tuple[int, int]:
        """Rows of the training image next to the other image."""
        return (256 - CHOOSING_ROWS, 256) if self.train == 1 else (0, CHOOSING_ROWS)


def path_of(number: int, what: str) -> Path:
    """File of an image (``sem``) or its mask (``th``)."""
    return DATA / f"sample_{number:03d}_{what}.bmp"


def plane_of(number: int, what: str) -> Array:
    """Grey values or mask, shape (y, x)."""
    return open_stack(path_of(number, what)).slice(0)


def shared_rows() -> tuple[int, float]:
    """Rows that both images show, and their correlation; the second lies a column farther."""
    first, second = plane_of(1, "sem")[:, 1:].astype(float), plane_of(2, "sem")[:, :-1].astype(float)
    found = {
        rows: float(np.corrcoef(first[-rows:].ravel(), second[:rows].ravel())[0, 1])
        for rows in range(20, 200)
    }
    best = max(found, key=lambda rows: found[rows])
    return best, found[best]


def recipe_of(half: Half, network: NetworkParams, minutes: float, start: str = "") -> TrainingRecipe:
    """Train as the article does, on a tenth of its epochs."""
    return TrainingRecipe(
        name="labelled",
        network=network,
        start=start,
        data=DataParams(
            kind="labelled",
            images=(str(path_of(half.train, "sem")),),
            labels=(str(path_of(half.train, "th")),),
            validation_rows=half.choosing_rows,
            voxel_nm_zyx=VOXEL_NM,
            patch_px=CHOOSING_ROWS,
            patches_per_epoch=1000,
            validation_patches=64,
        ),
        augment=NO_AUGMENTATION.model_copy(
            update={"flip_x": True, "flip_y": True, "rotate_90": True, "rotate_deg": 45.0, "share": 0.3}
        ),
        optimise=OptimiseParams(
            loss="bce-dice",
            optimiser="adam",
            schedule="step",
            factor=0.5,
            every_epochs=2,
            learning_rate=1e-3 if not start else 5e-4,
            batch_size=16,
            epochs=12,
            minutes=minutes,
        ),
    )


def classical(plane: Array) -> Iterator[tuple[str, Array]]:
    """Solid by the methods without a network, bool."""
    for name in ("Otsu", "Sauvola"):
        yield name, segmented(plane, name.lower()) > 0


def by_model(model: Model, number: int) -> Array:
    """Solid by a network through the program's own inference, bool."""
    plane, truth = plane_of(number, "sem"), plane_of(number, "th") > 127
    case = Case("test", "independent", {model.spec.channels[0]: plane[None]}, truth[None])
    return np.asarray(probabilities(model, case, Job(), 1)[0][0] > 0.5)


def row_of(name: str, mask: Array, half: Half) -> str:
    """One line of the table."""
    truth = plane_of(half.test, "th") > 127
    found = confusion(mask[half.test_rows], truth[half.test_rows])
    pore = found.tn / max(1, found.tn + found.fp + found.fn)
    right = (found.tp + found.tn) / found.voxels
    published = " / ".join(f"{value:.3f}" for value in PUBLISHED.get(name.split(",")[0], ())) or "-"
    return (
        f"| {name} | {found.precision:.3f} | {found.recall:.3f} | {found.iou:.3f} | {pore:.3f} | {right:.3f} "
        f"| {published} |"
    )


def learnt(half: Half, minutes: float, bundled: Model | None, threads: int) -> Iterator[tuple[str, Array]]:
    """Networks trained on the other image."""
    plans = {name: recipe_of(half, network, minutes) for name, network in NETWORKS.items()}
    if bundled is not None:
        start = str(bundled.folder)
        plans["bundled, fine-tuned"] = recipe_of(half, read_start(start).network, minutes, start)
    for name, recipe in plans.items():
        with TemporaryDirectory() as place:
            made = train(recipe, Path(place, "training"), job=Job(), machine=Machine("cpu", threads))
            yield name, by_model(made.model, half.test)


def print_half(half: Half, minutes: float, bundled: Model | None, threads: int) -> None:
    """All methods on one test image."""
    print(f"\n## Learnt from image {half.train}, tested with image {half.test} without the shared rows\n")
    print("| method | precision | recall | IoU | pore IoU | accuracy | article, Table 1: P / R / IoU |")
    print("|---|---|---|---|---|---|---|")
    for name, mask in classical(plane_of(half.test, "sem")):
        print(row_of(name, mask, half))
    if bundled is not None:
        print(row_of("bundled, never saw a real image", by_model(bundled, half.test), half), flush=True)
    for name, mask in learnt(half, minutes, bundled, threads) if minutes > 0 else ():
        print(row_of(name, mask, half), flush=True)


def main(arguments: list[str] | None = None) -> int:
    """Print the tables there is data for."""
    parser = argparse.ArgumentParser(prog="ceramics")
    parser.add_argument("--minutes", type=float, default=3.0, help="training of each network; 0: none (3)")
    parser.add_argument("--both", action="store_true", help="also learn from image 2 and test with image 1")
    parser.add_argument("--model", default="ceramics", help="model that only saw simulations: name or folder")
    parser.add_argument("--threads", type=int, default=2, help="threads of the processor (2)")
    parsed = parser.parse_args(arguments)
    if not DATA.is_dir():
        print(f"the real data are not at {DATA}")
        return 0
    rows, correlation = shared_rows()
    print(f"The images share {rows} rows (correlation {correlation:.4f}); {parsed.minutes:g} minutes each.")
    try:
        bundled = model_named(parsed.model)
    except TruesliceError as error:
        bundled = None
        print(f"Without the bundled model: {error.what}.")
    for half in (Half(1, 2), Half(2, 1)) if parsed.both else (Half(1, 2),):
        print_half(half, parsed.minutes, bundled, parsed.threads)
    return 0 if rows == SHARED_ROWS else 1


if __name__ == "__main__":
    sys.exit(main())
