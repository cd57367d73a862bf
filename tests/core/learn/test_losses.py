"""Losses have the values of their definitions, in any precision."""

from __future__ import annotations

from math import log
from typing import Any, get_args

import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st

from core.errors import ParameterError
from core.learn.losses import GAMMA, SMOOTHING, loss_named
from core.learn.params.optimise import LossName

NAMES = get_args(LossName)


def _logits(*probabilities: float) -> torch.Tensor:
    return torch.logit(torch.tensor(probabilities, dtype=torch.float32)).view(1, 1, 1, -1)


def _target(*values: float) -> torch.Tensor:
    return torch.tensor(values).view(1, 1, 1, -1)


def test_known_answers() -> None:
    logits, target = _logits(0.8, 0.4, 0.1), _target(1.0, 0.0, 0.0)
    expected = {
        "dice": 1 - (2 * 0.8 + SMOOTHING) / (1.3 + 1 + SMOOTHING),
        "squared-dice": 1 - (2 * 0.8 + SMOOTHING) / (0.64 + 0.16 + 0.01 + 1 + SMOOTHING),
        "mse": (0.04 + 0.16 + 0.01) / 3,
        "bce-dice": (
            -(log(0.8) + log(0.6) + log(0.9))
            + (1 - (1.6 + GAMMA) / (1.8 + GAMMA))
            + (1 - GAMMA / (0.4 + GAMMA))
            + (1 - GAMMA / (0.1 + GAMMA))
        )
        / 3,
    }
    assert set(expected) == set(NAMES)
    for name in NAMES:
        assert float(loss_named(name)(logits, target)) == pytest.approx(expected[name], abs=1e-6)


@pytest.mark.parametrize("name", NAMES)
@given(values=st.lists(st.tuples(st.floats(-90, 90), st.booleans()), min_size=1, max_size=12))
@settings(max_examples=40)
def test_finite_never_negative_and_downhill(name: Any, values: list[tuple[float, bool]]) -> None:
    logits = torch.tensor([value for value, _ in values]).view(1, 1, 1, -1).requires_grad_()
    target = torch.tensor([float(solid) for _, solid in values]).view(1, 1, 1, -1)
    loss = loss_named(name)(logits, target)
    loss.backward()
    assert torch.isfinite(loss)
    assert loss.item() >= -1e-6
    assert logits.grad is not None
    assert torch.isfinite(logits.grad).all()
    # A perfect answer is at most as far away as any other.
    best = loss_named(name)((target * 2 - 1) * 90, target)
    assert best.item() <= loss.item() + 1e-6


@pytest.mark.parametrize("name", NAMES)
@pytest.mark.parametrize("solid", [0.0, 1.0])
def test_a_perfect_answer_costs_nothing(name: Any, solid: float) -> None:
    target = torch.full((2, 1, 3, 4, 4), solid)
    assert float(loss_named(name)((target * 2 - 1) * 50, target)) == pytest.approx(0, abs=1e-5)


@pytest.mark.parametrize("name", NAMES)
def test_single_precision_within_autocast(name: Any) -> None:
    torch.manual_seed(0)
    logits, target = torch.randn(4, 1, 64, 64), (torch.rand(4, 1, 64, 64) > 0.9).float()
    exact = loss_named(name)(logits.bfloat16().float(), target)
    with torch.autocast("cpu", torch.bfloat16):
        rough = loss_named(name)(logits.bfloat16(), target)
    assert rough.dtype == torch.float32
    assert float(rough) == pytest.approx(float(exact), rel=1e-6)


def test_dice_is_of_the_whole_batch() -> None:
    """A patch without solid adds what is wrong in it, and does not count as a Dice of 0."""
    one_solid, none_solid = torch.ones(1, 1, 8, 8), torch.zeros(1, 1, 8, 8)
    target = torch.cat([one_solid, none_solid])
    logits = torch.cat([one_solid * 50, none_solid - 50])
    logits[1, 0, 0, 0] = 50.0
    assert float(loss_named("dice")(logits, target)) < 0.01


def test_what_does_not_fit_is_refused() -> None:
    unknown: Any = "hinge"
    with pytest.raises(ParameterError, match="no loss 'hinge'"):
        loss_named(unknown)
    with pytest.raises(ParameterError, match="another shape"):
        loss_named("mse")(torch.zeros(2, 1, 4, 4), torch.zeros(2, 4, 4))
