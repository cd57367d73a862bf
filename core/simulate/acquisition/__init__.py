"""Whole virtual acquisitions: every slice at every voltage, with everything known about them."""

from __future__ import annotations

from core.simulate.acquisition.acquire import Acquired, acquire
from core.simulate.acquisition.cost import Cost, estimate_cost
from core.simulate.acquisition.training import TrainingSet, estimate_training, training_set

__all__ = ["Acquired", "Cost", "TrainingSet", "acquire", "estimate_cost", "estimate_training", "training_set"]
