"""ROC and precision-recall curves."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from core.errors import ParameterError, VoxelError
from core.measure.curves import MOST_POINTS, binned, bins_of, curves, even_threshold


def of(values: np.ndarray, truth: np.ndarray):
    places, bins = binned(values), bins_of(values.dtype)
    return curves(
        np.bincount(places[~truth], minlength=bins),
        np.bincount(places[truth], minlength=bins),
        dtype=values.dtype,
    )


def test_by_hand() -> None:
    # Thresholds 9, 7, 5, 2 take in: solid; pore; solid and pore; pore.
    values = np.array([9, 7, 5, 5, 2], dtype=np.uint8)
    truth = np.array([True, False, True, False, False])
    found = of(values, truth)
    assert found.at_least == (9, 7, 5, 2)
    assert found.tpr == (0, 0.5, 0.5, 1, 1)
    assert found.fpr == pytest.approx((0, 0, 1 / 3, 2 / 3, 1))
    assert found.precision == pytest.approx((1, 1 / 2, 2 / 4, 2 / 5))
    assert found.recall == (0.5, 0.5, 1, 1)
    # 6 pairs of solid and pore: 9 beats three; 5 beats one and ties with one.
    assert found.auc == pytest.approx(4.5 / 6)
    assert found.average_precision == pytest.approx(0.5 * 1 + 0.5 * 0.5)
    assert found.exact


@given(st.lists(st.tuples(st.integers(0, 255), st.booleans()), min_size=2, max_size=40))
def test_area_is_the_share_of_pairs_in_order(pixels) -> None:
    values = np.array([value for value, _ in pixels], dtype=np.uint8)
    truth = np.array([solid for _, solid in pixels])
    found = of(values, truth)
    if truth.all() or not truth.any():
        assert found.auc is None
        assert found.fpr == ()
        return
    solid, pore = values[truth].astype(int)[:, None], values[~truth].astype(int)[None]
    assert found.auc == pytest.approx(((solid > pore) + 0.5 * (solid == pore)).mean())
    for least, fpr, tpr in zip(found.at_least, found.fpr[1:], found.tpr[1:], strict=True):
        assert tpr == pytest.approx((values[truth] >= least).mean())
        assert fpr == pytest.approx((values[~truth] >= least).mean())


def test_types_agree() -> None:
    rng = np.random.default_rng(1)
    truth = rng.random(4000) < 0.4
    eight = np.clip(rng.normal(110 + 40 * truth, 40), 0, 255).astype(np.uint8)
    first = of(eight, truth)
    second = of(eight.astype(np.uint16) * 257, truth)
    third = of((eight / 255).astype(np.float32), truth)
    assert first.auc == pytest.approx(second.auc, abs=1e-12)
    assert first.auc == pytest.approx(third.auc, abs=1e-12)
    assert first.average_precision == pytest.approx(third.average_precision, abs=1e-12)
    assert (first.exact, second.exact, third.exact) == (True, True, False)


def test_many_points_are_thinned_but_areas_are_not() -> None:
    values = np.arange(65536, dtype=np.uint16)
    truth = values % 3 != 0
    found = of(values, truth)
    assert len(found.at_least) == MOST_POINTS == len(found.fpr) - 1
    assert (found.fpr[0], found.tpr[0], found.fpr[-1], found.tpr[-1]) == (0, 0, 1, 1)
    assert found.auc == pytest.approx(0.5, abs=1e-4)


def test_bins_of_floats_do_not_round_up() -> None:
    below = np.nextafter(np.float32(0.5), np.float32(0))
    assert binned(np.array([0, below, 0.5, 1], dtype=np.float32)).tolist() == [0, 32767, 32768, 65535]


def test_thresholds_at_half() -> None:
    assert even_threshold(np.dtype(np.uint8)) == 127
    assert even_threshold(np.dtype(np.uint16)) == 32767
    assert even_threshold(np.dtype(np.float32)) == 0.5


def test_refusals() -> None:
    with pytest.raises(ParameterError, match="cannot hold probabilities"):
        bins_of(np.dtype(np.int16))
    for wrong in (1.5, -0.1, np.nan):
        with pytest.raises(VoxelError, match="no probabilities"):
            binned(np.array([0.5, wrong], dtype=np.float32))
    with pytest.raises(ParameterError, match="another type"):
        curves(np.zeros(256, int), np.zeros(256, int), dtype=np.dtype(np.uint16))
