"""Losses: how far the probabilities are from the truth.

All are computed in single precision whatever the network calculates in. Targets are 0 or 1.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import TypeAlias, get_args

import torch
from torch import Tensor
from torch.nn import functional

from core.errors import ParameterError
from core.learn.params.optimise import LossName

Loss: TypeAlias = Callable[[Tensor, Tensor], Tensor]

SMOOTHING = 1.0
"""Added to numerator and denominator of a Dice over a whole batch: none of it solid is no division by 0."""
GAMMA = 1.0
"""The same for the term of a single pixel (γ of eq. 2; its value is not stated there)."""


def loss_named(name: LossName) -> Loss:
    """Give a loss: logits (b, 1, [z,] y, x) and targets of the same shape to a scalar, float32.

    Parameters
    ----------
    name : str
        ``dice``: 1 - 2 Σpy / (Σp + Σy) over the batch, so that patches without solid do not count as much as
        the others. ``squared-dice``: the denominator is Σp² + Σy² (Milletari et al. 2016,
        doi:10.1109/3DV.2016.79). ``bce-dice``: `bce_dice`. ``mse``: mean of (p - y)².

    Raises
    ------
    ParameterError
        If there is no such loss; when called, if the shapes differ.
    """
    makers: dict[str, Callable[[], Loss]] = {
        "dice": lambda: _dice(squared=False),
        "squared-dice": lambda: _dice(squared=True),
        "bce-dice": lambda: bce_dice,
        "mse": lambda: mean_squared,
    }
    if name not in makers:
        raise ParameterError(f"there is no loss {name!r}", expected=", ".join(get_args(LossName)), got=name)
    return _safe(makers[name]())


def _safe(loss: Loss) -> Loss:
    def computed(logits: Tensor, target: Tensor) -> Tensor:
        if logits.shape != target.shape:
            raise ParameterError(
                "the truth has another shape than what the network gives",
                expected=tuple(logits.shape),
                got=tuple(target.shape),
            )
        with torch.autocast(logits.device.type, enabled=False):
            return loss(logits.float(), target.float())

    return computed


def _dice(*, squared: bool) -> Loss:
    def loss(logits: Tensor, target: Tensor) -> Tensor:
        probability = torch.sigmoid(logits)
        both = probability.square() + target.square() if squared else probability + target
        overlap = 2 * (probability * target).sum()
        return 1 - (overlap + SMOOTHING) / (both.sum() + SMOOTHING)

    return loss


def bce_dice(logits: Tensor, target: Tensor) -> Tensor:
    """Cross entropy plus 1 - Dice of each pixel by itself, averaged over all pixels (`002`, eq. 2)."""
    probability = torch.sigmoid(logits)
    entropy = functional.binary_cross_entropy_with_logits(logits, target)
    dice = (2 * probability * target + GAMMA) / (probability + target + GAMMA)
    return entropy + (1 - dice).mean()


def mean_squared(logits: Tensor, target: Tensor) -> Tensor:
    """Mean squared difference of probability and truth (article II, supplement 3)."""
    return functional.mse_loss(torch.sigmoid(logits), target)
