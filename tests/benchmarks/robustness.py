"""Models on images unlike those they were trained on:
``python -m tests.benchmarks.robustness DATA [--models NAME ...] [--plain NAME ...]``.

Hierarchical gold in epoxy at 1, 2 and 4 kV as in `article_three` (its doses, slices 10 ± 3 nm apart), and the
same acquisition with one thing changed. All by the Monte Carlo, structures of seeds that no training has.
DATA is the folder of the acquisitions; what is not there yet is simulated (all variants of the default size:
about ten minutes on two idle cores). How each change is made:

- noise: a quarter of the electrons (rounded down) is simulated; nothing is added.
- gain: the stored grey values times 1.2 or 0.8, rounded and clipped; or times a factor drawn for each slice
  and voltage between 0.8 and 1.2.
- blur: a Gaussian with a standard deviation of 1 px. Once the beam is as wide as that (before noise, as in a
  microscope out of focus), once the finished image is blurred, which smooths noise as well.
- ligaments, vacuum, thickness, curtains: entries of the plan. Curtains (standard deviation of the signal 10 %
  at the lower edge) act on the signal of the same electrons, noise included.

Seeds, and so structures and thicknesses where they are drawn alike, are the same for all variants. Beside MP,
which is that of the forced answer, stands what the program says: `refused` is what `segment` stops at unless
it is told ``--force``, `noted` what it reports, then what it says of an answer unlike its training. k-means
has three clusters; with several voltages it is the best one. A gain common to all slices is taken out by the
levels of the stack, all but clipping and rounding.

What augmentation bought is told by models trained without it (``--plain``), otherwise alike, from the start
on: one that goes on from an augmented network is not plain. For 2 kV::

    PLAIN="augment.flip_x=false augment.flip_y=false augment.rotate_90=false augment.stretch=0 \\
      augment.brightness=0 augment.contrast=0 augment.gamma=0 augment.blur_px=0 augment.edge_blur_px=0 \\
      augment.noise=0 augment.stripes=0 augment.slice_gain=0 augment.slice_loss=0 \\
      augment.dose_low=30 augment.dose_high=30 augment.electrons=fixed"
    trueslice train resources/training/gold-start-2kv.toml -o start-plain --set data.path=gold-set.zarr $PLAIN
    trueslice train resources/training/gold-2kv.toml -o gold-2kv-plain \\
      --set name=gold-2kv-plain start=start-plain data.path=gold-mc-set.zarr $PLAIN

Without augmentation, too, noise is drawn anew for every patch of the first part, at 30 electrons per pixel,
which are those of the second.
"""

from __future__ import annotations

import argparse
import json
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

import numpy as np
import tifffile

from core.errors import TruesliceError, VoxelError
from core.job import Job
from core.models.answer import CODES, answer_of, tallied, unlike
from core.models.fit import contrast_findings, slice_step_for, voxel_findings
from core.models.intensity import levels_of_planes
from core.models.library import model_named
from core.models.spec import ModelSpec
from core.simulate.acquisition import acquire
from core.simulate.plan import Plan
from core.simulate.training_plan import TrainingPlan, put
from core.volume import Array, VolumeInfo
from tests.benchmarks import article_three as gold
from tests.benchmarks._variants import REFERENCE, VARIANTS, Variant

ROOT = Path(__file__).resolve().parents[2]
SEED = 910_001
SLICE_NM, SD_NM = 10.0, 3.0
TRAINING_SETS = sorted((ROOT / "resources" / "training").glob("gold*set.toml"))


@dataclass(frozen=True)
class Row:
    """One model on one variant, mean of the seeds; MP in percent, None where there is no answer at all."""

    variant: str
    model: str
    mp: float | None
    kmeans: float
    verdict: str
    seeds: int = 1

    def text(self, reference: float | None) -> str:
        front = f"{VARIANTS[self.variant].title:24}{model_named(self.model).spec.name:20}"
        if self.mp is None:
            return f"{front}{'-':>8}{self.kmeans:9.2f}{'':18}  {self.verdict}"
        ratio = f"1/{self.kmeans / self.mp:.1f}" if self.mp else "0"
        worse = f"{self.mp / reference:.2f}" if reference else ""
        return f"{front}{self.mp:8.3f}{self.kmeans:9.2f}{ratio:>9}{worse:>9}  {self.verdict}".rstrip()


# ---------------------------------------------------------------------------------- images
def varied(variant: Variant, channel: str, *, slices: int, side: int, seed: int) -> Plan:
    """The acquisition of one voltage; faces leave voxels whole, as in the training set."""
    changes = {
        "milling.slice_nm": SLICE_NM,
        "milling.thickness": "gamma",
        "milling.sd_nm": SD_NM,
        "milling.snap_to_voxels": True,
        "milling.faces": "border",
        "electrons_per_pixel": max(1, int(gold.ELECTRONS[channel] * variant.dose)),
        **variant.plan,
    }
    table = gold.plan_of(channel, "10", slices=slices, side=side, seed=seed).model_dump(mode="json")
    for key, value in changes.items():
        put(table, key, value)
    return Plan.parse(table, owner="plan")


def shown(
    parsed: argparse.Namespace, key: str, seed: int, channels: Sequence[str]
) -> tuple[dict[str, Array], Array]:
    """Images by channel, and what the faces truly show; simulates what is not there."""
    variant = VARIANTS[key]
    made = REFERENCE if variant.finished else key
    images: dict[str, Array] = {}
    faces: Array | None = None
    for channel in channels:
        place = parsed.data / "robustness" / made / str(seed) / channel
        plan = varied(VARIANTS[made], channel, slices=parsed.slices, side=parsed.side, seed=seed)
        acquire(plan, place, job=Job())
        stack = tifffile.imread(place / f"{channel}.tif")
        rng = np.random.default_rng([seed, list(gold.ELECTRONS).index(channel)])
        images[channel] = variant.finished(stack, rng) if variant.finished else stack
        truth = gold.faces_of(place)
        if faces is not None and not np.array_equal(faces, truth):
            raise SystemExit(f"{place} shows another structure than the other voltages")
        faces = truth
    assert faces is not None
    return images, faces


# ---------------------------------------------------------------------------------- models
def verdict(spec: ModelSpec, images: Mapping[str, Array]) -> str:
    """What the program says before it uses the model on these images, as step `probability` finds it."""
    stack = images[spec.channels[0]]
    z, y, x = stack.shape
    info = VolumeInfo(
        (z, y, x), stack.dtype, (SLICE_NM, gold.VOXEL_NM, gold.VOXEL_NM), channel=spec.channels[0]
    )
    try:
        levels = {name: levels_of_planes(images[name]) for name in spec.channels}
        step = slice_step_for(spec, info)
    except TruesliceError as error:
        return f"refused: {error.what}"
    found = [*voxel_findings(spec, info, step), *contrast_findings(spec, levels)]
    texts = [f"{'refused' if finding.refused else 'noted'}: {finding.text}" for finding in found]
    return " ".join(sorted(texts, reverse=True))  # what is refused first


def judged(key: str, name: str, images: Mapping[str, Array], faces: Array, hard: Mapping[str, float]) -> Row:
    """One model on one variant of one seed."""
    spec = model_named(name).spec
    easiest = min(hard[channel] for channel in spec.channels)
    said = verdict(spec, images)
    try:
        _, probability, _ = gold.answered(name, images, "10")
    except VoxelError:  # no levels: `said` has the reason, and nobody can insist
        return Row(key, name, None, easiest, said)
    found = gold.scored(spec.name, probability > 0.5, faces, cubes=False)
    return Row(key, name, found.mp, easiest, " ".join((said, *afterwards(spec, probability))).strip())


def afterwards(spec: ModelSpec, probability: Array) -> tuple[str, ...]:
    """What the program says of the finished answer, kept with 8 bits."""
    codes = (probability * (CODES - 1) + 0.5).astype(np.uint8)
    answer = answer_of(tallied(codes), (gold.VOXEL_NM, gold.VOXEL_NM), len(codes))
    return unlike(answer, spec)


def rows_of(parsed: argparse.Namespace, key: str, names: Sequence[str]) -> list[Row]:
    """All models on one variant, mean of the seeds."""
    channels = needed(names)
    found: dict[str, list[Row]] = {name: [] for name in names}
    for seed in parsed.seeds:
        images, faces = shown(parsed, key, seed, channels)
        rows = gold.classical(images, faces, cubes=False)
        hard = {row.method.split()[1]: row.mp for row in rows if row.method.startswith("k-means")}
        for name in names:
            found[name].append(judged(key, name, images, faces, hard))
    return [_mean(rows) for rows in found.values()]


def _mean(rows: Sequence[Row]) -> Row:
    reached = [row.mp for row in rows if row.mp is not None]
    mp = float(np.mean(reached)) if len(reached) == len(rows) else None
    kmeans = float(np.mean([row.kmeans for row in rows]))
    said = max((row.verdict for row in rows), key=lambda text: (text.startswith("refused"), text))
    return Row(rows[0].variant, rows[0].model, mp, kmeans, said, len(rows))


def needed(names: Sequence[str]) -> list[str]:
    """Voltages that any of the models looks at."""
    seen = {channel: name for name in names for channel in model_named(name).spec.channels}
    for channel, name in seen.items():
        if channel not in gold.ELECTRONS:
            raise SystemExit(f"{name} looks at {channel}; this is simulated: {', '.join(gold.ELECTRONS)}")
    return [channel for channel in gold.ELECTRONS if channel in seen]


def require_unseen(seeds: Sequence[int]) -> None:
    """Stop at a seed whose structure the gold models were trained with."""
    plans = [TrainingPlan.load(path) for path in TRAINING_SETS]
    trained = {member.plan.seed for plan in plans for member in plan.members()}
    if trained & set(seeds):
        raise SystemExit(f"trained with: {sorted(trained & set(seeds))}")


# ---------------------------------------------------------------------------------- tables
def bought(rows: Sequence[Row], augmented: Sequence[str], plain: Sequence[str]) -> Iterator[dict[str, Any]]:
    """MP without and with augmentation, of models that look at the same voltages."""
    by_place = {(row.model, row.variant): row.mp for row in rows}
    looks = {name: model_named(name).spec.channels for name in (*augmented, *plain)}
    for without in plain:
        for with_it in (name for name in augmented if looks[name] == looks[without]):
            for key in dict.fromkeys(row.variant for row in rows):
                before, after = by_place[without, key], by_place[with_it, key]
                yield {"variant": key, "plain": without, "augmented": with_it, "mp": (before, after)}


def table(parsed: argparse.Namespace, names: Sequence[str]) -> list[Row]:
    """All variants, printed as they come."""
    print(f"{parsed.slices} x {parsed.side}² px, seeds {parsed.seeds}, electrons per pixel {gold.ELECTRONS}")
    print(f"{'':24}{'':20}{'MP %':>8}{'k-means':>9}{'ratio':>9}{'by ref.':>9}")
    rows: list[Row] = []
    for key in dict.fromkeys((REFERENCE, *parsed.variants)):
        rows += rows_of(parsed, key, names)
        for row in rows[-len(names) :]:
            print(row.text(next(one.mp for one in rows if one.model == row.model)), flush=True)
    return rows


def main() -> None:
    """Print the tables; with ``--json``, keep them in a file as well."""
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("data", type=Path)
    parser.add_argument("--models", nargs="+", default=["gold-1kv", "gold-2kv", "gold-4kv", "gold-late"])
    parser.add_argument("--plain", nargs="*", default=[], help="models trained without augmentation")
    parser.add_argument("--variants", nargs="*", choices=tuple(VARIANTS), default=list(VARIANTS))
    parser.add_argument("--slices", type=int, default=40)
    parser.add_argument("--side", type=int, default=192)
    parser.add_argument("--seeds", type=int, nargs="+", default=[SEED])
    parser.add_argument("--json", type=Path)
    parsed = parser.parse_args()
    try:
        require_unseen(parsed.seeds)
        rows = table(parsed, list(dict.fromkeys((*parsed.models, *parsed.plain))))
    except TruesliceError as error:
        raise SystemExit(str(error)) from None
    differences = list(bought(rows, parsed.models, parsed.plain))
    for one in differences:
        before, after = one["mp"]
        if one["variant"] == REFERENCE:
            print(f"\nMP % of {one['plain']}, of {one['augmented']} and what augmentation bought")
        gain = "" if before is None or after is None else f"{before:8.3f}{after:9.3f}{before - after:9.3f}"
        print(f"{VARIANTS[one['variant']].title:24}{gain}")
    if parsed.json:
        found = {"rows": [asdict(row) for row in rows], "bought": differences}
        parsed.json.write_text(json.dumps(found, indent=2) + "\n")


if __name__ == "__main__":
    main()
