"""The learning rate in the course of a training."""

from __future__ import annotations

import math

from core.learn.params.optimise import OptimiseParams

_LEAST = 1e-3
"""Share of the learning rate at the end of the cosine: the last steps still count."""


def share_done(optimise: OptimiseParams, *, epochs: float, seconds: float) -> float:
    """How much of a training is done, 0-1: of its epochs or its minutes, whichever is more."""
    done = epochs / optimise.epochs
    if optimise.minutes > 0:
        done = max(done, seconds / (60 * optimise.minutes))
    return min(1.0, done)


def rate_at(optimise: OptimiseParams, *, done: float, epoch: int, lowered: float = 1.0) -> float:
    """Learning rate of the next step.

    Parameters
    ----------
    optimise : OptimiseParams
    done : float
        Share of the training that is done, 0-1.
    epoch : int
        Finished epochs; of the step rule ``initial * gamma ** (epoch / step)`` (Yamamoto et al., eq. 1).
    lowered : float
        Product of the factors applied on plateaus so far.
    """
    if optimise.schedule == "plateau":
        return optimise.learning_rate * lowered
    if optimise.schedule == "step":
        return float(optimise.learning_rate * optimise.factor ** (epoch / optimise.every_epochs))
    if optimise.schedule == "constant":
        return optimise.learning_rate
    if done < optimise.warm_up:
        return optimise.learning_rate * max(_LEAST, done / optimise.warm_up)
    falling = (done - optimise.warm_up) / (1 - optimise.warm_up)
    return optimise.learning_rate * max(_LEAST, (1 + math.cos(math.pi * falling)) / 2)
