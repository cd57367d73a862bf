"""What a comparison with the truth has found, as values that can be written as JSON and read back."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any

import numpy as np
from pydantic import Field

from core.measure.confusion import Confusion, LabelConfusion
from core.measure.curves import Curves
from core.measure.results import Result, Slices

Pairs = Mapping[tuple[float, float], int]


class Scores(Result):
    """Numbers of `Confusion`: MP and MGP in percent, the others 0-1; None where not defined."""

    tp: int
    fp: int
    fn: int
    tn: int
    mp: float
    mgp: float | None
    mds: float
    dice_solid: float
    dice_pore: float
    precision: float | None
    recall: float | None
    iou: float


class LabelScores(Result):
    """One phase against all others; `predicted` and `true` count its voxels."""

    label: float
    predicted: int
    true: int
    precision: float | None
    recall: float | None
    iou: float
    dice: float


class LabelsCompared(Result):
    """Several phases.

    Attributes
    ----------
    mp : float
        Percentage of voxels with another label.
    mds, precision, recall, iou : float or None
        Means over the labels, each counted once; of precision and recall over those that have one.
    labels : tuple of LabelScores
        By value; every label that occurs in either volume.
    confusion : tuple of tuple of int
        Voxels; rows predicted, columns true, in the order of `labels`.
    """

    mp: float
    mds: float
    precision: float | None
    recall: float | None
    iou: float
    labels: tuple[LabelScores, ...]
    confusion: tuple[tuple[int, ...], ...]


class SliceCompared(Result):
    """One slice; `index` counts from 0 in the volumes as they were given."""

    index: int
    scores: Scores | None = None
    labels: LabelsCompared | None = None
    psnr: float | None = None
    ssim: float | None = None


class GreyCompared(Result):
    """Grey images.

    Attributes
    ----------
    psnr : float or None
        In dB, from the mean squared error of all voxels; None if they are identical.
    ssim : float
        Mean over the slices.
    data_range : float
        Span of the grey values that both relate to.
    """

    psnr: float | None
    ssim: float
    data_range: float


class Compared(Result):
    """Everything found.

    Attributes
    ----------
    shape_zyx : tuple of int
        Voxels compared.
    region_zyx : tuple of int or None
        Box they lie in: z0, z1, y0, y1, x0, x1; None: the whole volumes.
    slices : {'all', 'measured'}
        Which slices were asked for.
    slices_used : int
        How many were compared.
    slices_left_out : tuple of int
        Indices within the box that were not.
    agreement : bool
        Neither volume is the truth: what would change if they were swapped means nothing.
    solid : mapping of str to str
        For prediction and truth: which value counted as solid.
    scores : Scores or None
        Two phases.
    labels : LabelsCompared or None
        Several phases.
    grey : GreyCompared or None
        Grey images.
    roc : Curves or None
        Probabilities.
    per_slice : tuple of SliceCompared
        In order.
    regions : mapping of str to Scores or LabelsCompared
        By label of the region.
    notes : tuple of str
        Sentences the user has to see.
    """

    shape_zyx: tuple[int, int, int]
    region_zyx: tuple[int, int, int, int, int, int] | None
    slices: Slices
    slices_used: int
    slices_left_out: tuple[int, ...]
    agreement: bool = False
    solid: dict[str, str]
    scores: Scores | None = None
    labels: LabelsCompared | None = None
    grey: GreyCompared | None = None
    roc: Curves | None = None
    per_slice: tuple[SliceCompared, ...]
    regions: dict[str, Scores | LabelsCompared] = Field(default_factory=dict)
    notes: tuple[str, ...] = ()


def scores_of(counts: Confusion) -> Scores:
    """All numbers of a confusion."""
    return Scores(**{name: getattr(counts, name) for name in Scores.model_fields})


def confusion_of(pairs: Pairs, solid: tuple[float | None, float | None]) -> Confusion:
    """Two phases from counted pairs of values (predicted, true), given the value that is solid in each."""
    found = {(p, t): 0 for p in (True, False) for t in (True, False)}
    for (predicted, true), count in pairs.items():
        found[predicted == solid[0], true == solid[1]] += count
    return Confusion(found[True, True], found[True, False], found[False, True], found[False, False])


def labels_of(pairs: Pairs) -> LabelsCompared:
    """Several phases from counted pairs of values (predicted, true)."""
    labels = sorted({value for pair in pairs for value in pair})
    place = {value: number for number, value in enumerate(labels)}
    table = np.zeros((len(labels), len(labels)), dtype=np.int64)
    for (predicted, true), count in pairs.items():
        table[place[predicted], place[true]] += count
    whole = LabelConfusion(tuple(labels), table)
    each = tuple(_label_scores(label, one) for label, one in zip(labels, whole.each, strict=True))
    return LabelsCompared(
        mp=whole.mp,
        mds=whole.mds,
        precision=_mean(one.precision for one in each),
        recall=_mean(one.recall for one in each),
        iou=float(np.mean([one.iou for one in each])),
        labels=each,
        confusion=tuple(tuple(map(int, row)) for row in table),
    )


def per_slice_table(compared: Compared) -> dict[str, list[Any]]:
    """Columns of a table with one row per slice; only what was compared, and means something."""
    columns: dict[str, list[Any]] = {"slice": [row.index for row in compared.per_slice]}
    kinds: list[tuple[str, list[str]]] = [
        ("scores", SYMMETRIC if compared.agreement else list(Scores.model_fields)),
        ("labels", ["mp", "mds", "iou"] + ([] if compared.agreement else ["precision", "recall"])),
    ]
    for kind, names in kinds:
        if getattr(compared, kind) is not None:
            columns |= {n: [getattr(getattr(row, kind), n) for row in compared.per_slice] for n in names}
    if compared.grey is not None:
        columns |= {name: [getattr(row, name) for row in compared.per_slice] for name in ("psnr", "ssim")}
    return columns


SYMMETRIC = ["mp", "mds", "dice_solid", "dice_pore", "iou"]


def _label_scores(label: float, one: Confusion) -> LabelScores:
    return LabelScores(
        label=label,
        predicted=one.tp + one.fp,
        true=one.tp + one.fn,
        precision=one.precision,
        recall=one.recall,
        iou=one.iou,
        dice=one.dice_solid,
    )


def _mean(values: Iterable[float | None]) -> float | None:
    known = [value for value in values if value is not None]
    return float(np.mean(known)) if known else None
