"""Learning rates: known values of each rule."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from core.learn.params.optimise import OptimiseParams
from core.learn.training.rate import rate_at, share_done


def test_the_step_rule_is_that_of_the_paper() -> None:
    rule = OptimiseParams(schedule="step", learning_rate=0.001, factor=0.5, every_epochs=20)
    assert rate_at(rule, done=0, epoch=0) == 0.001
    assert rate_at(rule, done=0.5, epoch=20) == pytest.approx(0.0005)
    assert rate_at(rule, done=0.5, epoch=10) == pytest.approx(0.001 * 0.5**0.5)
    assert rate_at(rule, done=1, epoch=120) == pytest.approx(0.001 / 64)


def test_a_plateau_lowers_by_its_factors() -> None:
    rule = OptimiseParams(schedule="plateau", learning_rate=1e-4)
    assert rate_at(rule, done=0.9, epoch=90) == 1e-4
    assert rate_at(rule, done=0.9, epoch=90, lowered=0.01) == pytest.approx(1e-6)


def test_the_cosine_rises_and_falls() -> None:
    rule = OptimiseParams(learning_rate=0.01, warm_up=0.1)
    assert rate_at(rule, done=0.05, epoch=0) == pytest.approx(0.005)
    assert rate_at(rule, done=0.1, epoch=0) == pytest.approx(0.01)
    assert rate_at(rule, done=0.55, epoch=0) == pytest.approx(0.005)
    assert 0 < rate_at(rule, done=1, epoch=0) < 1e-4


@given(st.floats(0, 1), st.floats(0, 0.5))
def test_no_rate_is_greater_than_stated_or_none(done: float, warm_up: float) -> None:
    rule = OptimiseParams(learning_rate=0.01, warm_up=warm_up)
    assert 0 < rate_at(rule, done=done, epoch=3) <= 0.01


def test_whichever_is_used_up_first_counts() -> None:
    both = OptimiseParams(epochs=10, minutes=2)
    assert share_done(both, epochs=5, seconds=12) == 0.5
    assert share_done(both, epochs=1, seconds=90) == 0.75
    assert share_done(both, epochs=1, seconds=900) == 1
    assert share_done(OptimiseParams(epochs=10), epochs=1, seconds=1e9) == 0.1
