"""Real labelled volumes: segmenting scored against experts, and phase fractions beside those stated.

    python3 dev.py bench real_labels          python -m tests.benchmarks.real_labels

Prints Markdown. Needs the real data beside the project (``../shared/data``); what is not there is left out.

Sauvola runs with the program's own defaults (Gaussian 1 px, window 51 px, k = 0.1, R = half the span of the
grey values), which were not chosen by the masks scored here.
"""

from __future__ import annotations

import sys
from collections.abc import Mapping
from pathlib import Path

import numpy as np

from core.io import open_stack
from core.job import Job
from core.measure.compare_params import CompareParams
from core.measure.compared import Scores, scores_of
from core.measure.comparison import compare
from core.measure.confusion import Confusion, total
from core.segment.histogram import Histogram, counted, histogram_of
from core.segment.sauvola import sauvola
from core.segment.thresholds import as_binary, brighter, brightest_cluster, kmeans, otsu
from core.steps.segment import SegmentParams
from core.volume import Array, volume_of

DATA = Path(__file__).resolve().parents[3] / "shared" / "data"
SAUVOLA = SegmentParams(method="sauvola")
METHODS = ("otsu", "sauvola", "k-means, 2", "k-means, 3")
# npj Comput. Mater. 10 (2024), doi 10.1038/s41524-024-01226-5, Table 1: precision, recall, IoU.
PUBLISHED = {
    "Otsu": (0.9417, 0.6478, 0.6136),
    "Sauvola": (0.9316, 0.9936, 0.9246),
    "U-Net": (0.9751, 0.9712, 0.9464),
}
# Fractions by value as stated with the data.
STATED: Mapping[str, Mapping[int, float]] = {
    "superres_electrodes/SOFC_lr_input.tif": {0: 0.354, 1: 0.341, 2: 0.305},
    "superres_electrodes/SOFC_hr_input.tif": {0: 0.359, 1: 0.333, 2: 0.308},
    "superres_electrodes/NMC_lr_input.tif": {},
    "superres_electrodes/SEM_lr_input.tif": {},
    "superres_electrodes/SEM_hr_input.tif": {},
    "superres_electrodes/Separator_lr_input.tif": {},
    "superres_electrodes/Separator_hr_input_rods.tif": {},
    "superres_electrodes/Separator_hr_input_speckles.tif": {},
    "sofc_anode_hsu2018/anode_segmented_tiff_z050.tif": {0: 0.2089, 128: 0.3450, 255: 0.4461},
}
# The merged labels that the binary masks went into.
MASKS = {"membranes": range(0, 129), "mitochondria": (191,), "synapses": (223,)}


def segmented(plane: Array, method: str) -> Array:
    """Solid (255) and pore (0) of one image."""
    histogram = histogram_of(counted(plane), plane.dtype)
    if method == "otsu":
        return brighter(plane, otsu(histogram))
    if method == "sauvola":
        return as_binary(
            sauvola(
                plane,
                smoothing_px=SAUVOLA.smoothing_px,
                window_px=SAUVOLA.window_px,
                k=SAUVOLA.k,
                dynamic_range=half_span(histogram),
            )
        )
    return brighter(plane, brightest_cluster(kmeans(histogram, int(method[-1]))))


def half_span(histogram: Histogram) -> float:
    """R as the step sets it."""
    return (histogram.quantile(0.999) - histogram.quantile(0.001)) / 2


def scored(sample: int, method: str) -> Scores:
    """One image of the ceramic against its expert mask, white above 127."""
    folder = DATA / "yamamoto_Ba122" / "labelled"
    grey = open_stack(folder / f"sample_{sample:03}_sem.bmp").slice(0)
    truth = open_stack(folder / f"sample_{sample:03}_th.bmp")
    found = compare(
        volume_of(segmented(grey, method)[None]), truth, CompareParams(truth_threshold=127), Job()
    )
    if found.result.scores is None:
        raise ValueError("no scores")
    return found.result.scores


def pooled(parts: list[Scores]) -> Scores:
    """The images together."""
    return scores_of(total(Confusion(one.tp, one.fp, one.fn, one.tn) for one in parts))


def fractions(name: str) -> dict[int, float]:
    """Share of every value of a labelled volume."""
    volume = open_stack(DATA / name)
    found: dict[int, int] = {}
    for plane in volume.slices():
        for value, count in zip(*np.unique(plane, return_counts=True), strict=True):
            found[int(value)] = found.get(int(value), 0) + int(count)
    return {value: count / np.prod(volume.info.shape) for value, count in sorted(found.items())}


def masked(name: str) -> float:
    """Share of a mask of stack1; every slice is opened by itself, because their types differ."""
    files = sorted((DATA / "vnc_sstem" / "stack1" / name).glob("*.png"))
    planes = [open_stack(file).slice(0) for file in files]
    # Some slices are 0 and 1, others 0 and 255 with stray values (8, 17, 40) in between.
    return float(np.mean([(plane > (0 if plane.max() <= 1 else 127)).mean() for plane in planes]))


def print_scores() -> None:
    """Precision, recall and IoU beside those published."""
    print("## Ceramic (2 images of 256 x 256) against expert masks; solid is positive\n")
    print("| method | image | precision | recall | IoU | MP % | MDS | pore IoU |")
    print("|---|---|---|---|---|---|---|---|")
    for method in METHODS:
        parts = [scored(sample, method) for sample in (1, 2)]
        for name, one in (("1", parts[0]), ("2", parts[1]), ("both", pooled(parts))):
            pore = one.tn / (one.tn + one.fp + one.fn)
            row = (one.precision, one.recall, one.iou)
            numbers = " | ".join("-" if value is None else f"{value:.4f}" for value in row)
            print(f"| {method} | {name} | {numbers} | {one.mp:.2f} | {one.mds:.4f} | {pore:.4f} |")
    for name, row in PUBLISHED.items():
        print(f"| {name}, published | theirs | {' | '.join(f'{value:.4f}' for value in row)} | | | |")
    print(
        "\nThe published numbers are of another, larger test set (768 x 768 images); the two images here "
        "share about 60 rows.\nSauvola: "
        f"Gaussian {SAUVOLA.smoothing_px:g} px, window {SAUVOLA.window_px} px, k = {SAUVOLA.k:g}, "
        "R = half the span of 0.1-99.9 % of the values. k-means with 3: only the brightest is solid.\n"
    )


def print_fractions() -> bool:
    """Phase fractions beside those stated; whether all agree."""
    print("## Phase fractions\n\n| volume | value | measured | stated |\n|---|---|---|---|")
    right = True
    for name, stated in STATED.items():
        if not (DATA / name).exists():
            continue
        for value, share in fractions(name).items():
            told = f"{stated[value]:.4g}" if value in stated else ""
            # Stated to three decimals or a hundredth of a per cent.
            wrong = value in stated and abs(share - stated[value]) > 6e-4
            right &= not wrong
            print(f"| {Path(name).name} | {value} | {share:.4f} | {told}{' !' if wrong else ''} |")
    return right


def print_masks() -> None:
    """Masks of the nerve cord beside the merged labels."""
    labels = fractions("vnc_sstem/stack1/labels")
    print("\n## Nerve cord, stack1 (20 sections)\n\n| structure | its mask | merged labels |\n|---|---|---|")
    for name, values in MASKS.items():
        merged = sum(share for value, share in labels.items() if value in values)
        print(f"| {name} | {masked(name):.4f} | {merged:.4f} |")
    print("\n| merged label | share |\n|---|---|")
    for value, share in labels.items():
        print(f"| {value} | {share:.4f} |")


def main() -> int:
    """Print everything there is data for."""
    if not DATA.is_dir():
        print(f"the real data are not at {DATA}")
        return 0
    if (DATA / "yamamoto_Ba122").is_dir():
        print_scores()
    right = print_fractions()
    if (DATA / "vnc_sstem").is_dir():
        print_masks()
    return 0 if right else 1


if __name__ == "__main__":
    sys.exit(main())
