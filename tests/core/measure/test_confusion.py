"""Confusion counts and what follows from them."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra.numpy import array_shapes, arrays

from core.errors import ParameterError
from core.measure.agreement import agreement_of
from core.measure.compared import labels_of
from core.measure.confusion import Confusion, LabelConfusion, confusion, total

PAIR = array_shapes(min_dims=3, max_dims=3, max_side=6).flatmap(
    lambda shape: st.tuples(arrays(np.bool_, shape), arrays(np.bool_, shape))
)
COUNTS = st.tuples(*[st.integers(0, 50)] * 4).filter(any).map(lambda four: Confusion(*four))


def test_numbers_by_hand() -> None:
    found = Confusion(tp=6, fp=2, fn=3, tn=9)
    assert found.mp == 25.0  # 5 of 20
    assert found.mgp == pytest.approx(100 / 3)  # 3 of 9
    assert found.precision == 0.75
    assert found.recall == pytest.approx(2 / 3)
    assert found.iou == pytest.approx(6 / 11)
    assert found.dice_solid == pytest.approx(12 / 17)
    assert found.dice_pore == pytest.approx(18 / 23)
    assert found.mds == pytest.approx((12 / 17 + 18 / 23) / 2)


def test_a_phase_empty_in_both_is_right() -> None:
    empty = Confusion(0, 0, 0, 8)
    assert (empty.dice_solid, empty.dice_pore, empty.mds, empty.iou) == (1, 1, 1, 1)
    assert (empty.precision, empty.recall, empty.mp, empty.mgp) == (1, 1, 0, 0)
    full = empty.complement
    assert (full.dice_solid, full.dice_pore, full.precision, full.recall) == (1, 1, 1, 1)


def test_what_cannot_be_divided_is_not_invented() -> None:
    invented = Confusion(0, 3, 0, 5)
    assert (invented.recall, invented.mgp) == (None, None)
    assert (invented.precision, invented.iou, invented.dice_solid, invented.mp) == (0, 0, 0, 37.5)
    missed = Confusion(0, 0, 3, 5)
    assert missed.precision is None
    assert (missed.recall, missed.mgp, missed.iou, missed.dice_solid) == (0, 100, 0, 0)


@given(PAIR)
def test_array_counts(pair) -> None:
    prediction, truth = pair
    found = confusion(prediction, truth)
    assert found.tp == (prediction & truth).sum()
    assert found.fp == (prediction & ~truth).sum()
    assert found.fn == (~prediction & truth).sum()
    assert found.tn == (~prediction & ~truth).sum()
    assert confusion(prediction.T, truth.T) == found
    assert confusion(~prediction, ~truth) == found.complement
    assert total(confusion(p, t) for p, t in zip(prediction, truth, strict=True)) == found
    perfect = confusion(truth, truth)
    assert (perfect.mp, perfect.mgp, perfect.mds, perfect.precision, perfect.recall, perfect.iou) == (
        0, 0, 1, 1, 1, 1,
    )  # fmt: skip


@given(COUNTS)
def test_relations(found: Confusion) -> None:
    assert found.dice_solid == pytest.approx(2 * found.iou / (1 + found.iou))
    if found.recall is not None:
        assert found.mgp == pytest.approx(100 * (1 - found.recall))
    assert found.mds == found.complement.mds
    assert found.mp == found.complement.mp


@given(COUNTS)
def test_agreement_is_symmetric(found: Confusion) -> None:
    one, other = agreement_of(found), agreement_of(Confusion(found.tp, found.fn, found.fp, found.tn))
    for name in ("disagreement_percent", "dice_solid", "dice_pore", "iou"):
        assert getattr(one, name) == getattr(other, name)
    identical = found.tp + found.tn
    assert one.disagreement_percent == pytest.approx(100 * (found.voxels - identical) / found.voxels)


def test_labels_by_hand() -> None:
    found = LabelConfusion((0, 1, 2), np.array([[4, 1, 0], [0, 3, 2], [0, 0, 0]]))
    assert found.mp == 30.0
    assert found.one(0) == Confusion(4, 1, 0, 5)
    assert found.one(1) == Confusion(3, 2, 1, 4)
    assert found.one(2) == Confusion(0, 0, 2, 8)
    assert found.mds == pytest.approx((8 / 9 + 6 / 9 + 0) / 3)
    named = labels_of({(0, 0): 4, (0, 1): 1, (1, 1): 3, (1, 2): 2})
    assert named.confusion == ((4, 1, 0), (0, 3, 2), (0, 0, 0))
    assert (named.mp, named.mds) == (found.mp, found.mds)
    assert named.labels[2].precision is None
    assert named.precision == pytest.approx((4 / 5 + 3 / 5) / 2)


@given(COUNTS)
def test_two_labels_are_two_phases(found: Confusion) -> None:
    labels = LabelConfusion((0, 1), np.array([[found.tn, found.fn], [found.fp, found.tp]]))
    assert labels.one(1) == found
    assert labels.one(0) == found.complement
    assert labels.mds == pytest.approx(found.mds)
    assert labels.mp == pytest.approx(found.mp)


@pytest.mark.parametrize(
    ("prediction", "truth"),
    [
        (np.ones((2, 2), bool), np.ones((2, 3), bool)),
        (np.ones((0, 2), bool), np.ones((0, 2), bool)),
        (np.ones((2, 2), np.uint8), np.ones((2, 2), bool)),
    ],
)
def test_misfits_are_refused(prediction, truth) -> None:
    with pytest.raises(ParameterError):
        confusion(prediction, truth)
