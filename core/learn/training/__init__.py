"""Training: one loop for all networks, and recipes from nothing to a tested model."""

from core.learn.training.device import Machine
from core.learn.training.epochs import Fitted, OnPoint
from core.learn.training.estimate import TrainingCost, estimate
from core.learn.training.loop import fit
from core.learn.training.run import Trained, train
from core.learn.training.state import CurvePoint

__all__ = [
    "CurvePoint",
    "Fitted",
    "Machine",
    "OnPoint",
    "Trained",
    "TrainingCost",
    "estimate",
    "fit",
    "train",
]
