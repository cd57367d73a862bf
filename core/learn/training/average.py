"""A running mean of the weights, which is often better than the weights of the last step."""

from __future__ import annotations

from collections.abc import Mapping

import torch
from torch import nn


class Average:
    """Exponential mean of everything a network keeps; whole numbers are those of the last step.

    Early on the mean is of the last few steps only: the decay is ``min(decay, (1 + n) / (10 + n))`` after
    `n` steps, so that the first weights, which are random, are soon forgotten.

    Parameters
    ----------
    network : nn.Module
    decay : float
        0-1; the mean is over about ``1 / (1 - decay)`` steps.
    """

    def __init__(self, network: nn.Module, decay: float) -> None:
        self.decay = decay
        self.values = {name: value.detach().clone() for name, value in network.state_dict().items()}

    @torch.no_grad()
    def update(self, network: nn.Module, steps: int) -> None:
        """Take in the weights after this many steps."""
        weight = 1 - min(self.decay, (1 + steps) / (10 + steps))
        for name, value in network.state_dict().items():
            mean = self.values[name]
            if mean.is_floating_point():
                mean.lerp_(value, weight)
            else:
                mean.copy_(value)

    def load(self, values: Mapping[str, torch.Tensor]) -> None:
        """Go on from values that were kept."""
        for name, mean in self.values.items():
            mean.copy_(values[name])
