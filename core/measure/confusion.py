"""Confusion of a segmentation with the truth, and the numbers that follow from it.

Solid is the positive phase. MP and MGP are percentages, as in thesis eq. 2.9 and 2.10 (article I prints
fractions in its Tables 4 and 6-8: 0.03 there is 3 % here); all other numbers lie between 0 and 1.

Where nothing can be divided: a phase that is empty in both has Dice, IoU, precision and recall 1 (nothing is
wrong with it) and MGP 0. A phase that is only predicted has no recall (and no MGP), one that is only true no
precision: None. Dice and IoU are 0 then.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from functools import reduce

import numpy as np

from core.errors import ParameterError
from core.volume import Array


@dataclass(frozen=True)
class Confusion:
    """Voxels by what was predicted and what is true.

    Attributes
    ----------
    tp, fp, fn, tn : int
        Solid in both; only predicted solid; only truly solid; pore in both.
    """

    tp: int
    fp: int
    fn: int
    tn: int

    def __add__(self, other: Confusion) -> Confusion:
        return Confusion(self.tp + other.tp, self.fp + other.fp, self.fn + other.fn, self.tn + other.tn)

    @property
    def voxels(self) -> int:
        """All voxels."""
        return self.tp + self.fp + self.fn + self.tn

    @property
    def complement(self) -> Confusion:
        """The same with pore as the positive phase."""
        return Confusion(self.tn, self.fn, self.fp, self.tp)

    @property
    def mp(self) -> float:
        """Misplaced pixels in percent (thesis eq. 2.9)."""
        return 100.0 * (self.fp + self.fn) / self.voxels

    @property
    def mgp(self) -> float | None:
        """Misplaced gold (solid) pixels: share of the true solid that is missed, in percent (eq. 2.10)."""
        recall = self.recall
        return None if recall is None else 100.0 * _ratio(self.fn, self.tp + self.fn, 0.0)

    @property
    def precision(self) -> float | None:
        """Share of the predicted solid that is true."""
        return self._share(self.tp + self.fp)

    @property
    def recall(self) -> float | None:
        """Share of the true solid that is predicted."""
        return self._share(self.tp + self.fn)

    @property
    def iou(self) -> float:
        """Intersection over union of the solid."""
        return _ratio(self.tp, self.tp + self.fp + self.fn, 1.0)

    @property
    def dice_solid(self) -> float:
        """Dice score of the solid (thesis eq. 2.11)."""
        return _ratio(2 * self.tp, 2 * self.tp + self.fp + self.fn, 1.0)

    @property
    def dice_pore(self) -> float:
        """Dice score of the pores."""
        return self.complement.dice_solid

    @property
    def mds(self) -> float:
        """Mean Dice score of the two phases."""
        return (self.dice_solid + self.dice_pore) / 2

    def _share(self, whole: int) -> float | None:
        if whole:
            return self.tp / whole
        return 1.0 if self.fp == self.fn == 0 else None


def _ratio(part: int, whole: int, otherwise: float) -> float:
    return part / whole if whole else otherwise


def total(parts: Iterable[Confusion]) -> Confusion:
    """Sum of confusions, for example of slices."""
    return reduce(Confusion.__add__, parts, Confusion(0, 0, 0, 0))


def confusion(prediction: Array, truth: Array) -> Confusion:
    """Compare two arrays in memory.

    Parameters
    ----------
    prediction, truth : ndarray of bool, same shape
        True where solid.

    Raises
    ------
    ParameterError
        If the arrays differ in shape, are empty or not of bool.
    """
    if prediction.shape != truth.shape or not prediction.size:
        raise ParameterError(
            "prediction and truth must have the same shape", expected=truth.shape, got=prediction.shape
        )
    if prediction.dtype != np.bool_ or truth.dtype != np.bool_:
        raise ParameterError(
            "prediction and truth must be masks", expected="bool", got=f"{prediction.dtype}, {truth.dtype}"
        )
    both, predicted, true = map(np.count_nonzero, (prediction & truth, prediction, truth))
    return Confusion(
        int(both), int(predicted - both), int(true - both), int(truth.size - predicted - true + both)
    )


@dataclass(frozen=True)
class LabelConfusion:
    """Voxels of several phases by what was predicted and what is true.

    Attributes
    ----------
    labels : tuple of int or float
        Values of the phases, increasing; every one that occurs in either.
    table : ndarray of int64, shape (labels, labels)
        Rows: predicted, columns: true.
    """

    labels: tuple[float, ...]
    table: Array

    @property
    def voxels(self) -> int:
        """All voxels."""
        return int(self.table.sum())

    @property
    def mp(self) -> float:
        """Percentage of voxels with another label than the truth."""
        return 100.0 * (self.voxels - int(np.trace(self.table))) / self.voxels

    def one(self, place: int) -> Confusion:
        """Confusion of one label, by its place among `labels`, with all others together."""
        tp = int(self.table[place, place])
        fp = int(self.table[place].sum()) - tp
        fn = int(self.table[:, place].sum()) - tp
        return Confusion(tp, fp, fn, self.voxels - tp - fp - fn)

    @property
    def each(self) -> tuple[Confusion, ...]:
        """Confusion of every label with all others together."""
        return tuple(self.one(place) for place in range(len(self.labels)))

    @property
    def mds(self) -> float:
        """Mean of the Dice scores of all labels."""
        return float(np.mean([one.dice_solid for one in self.each]))
