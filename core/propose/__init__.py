"""What the data themselves say about how to process them: a method for each stage, and why."""

from core.propose.decide import proposed
from core.propose.proposal import Proposal, recipe_of

__all__ = ["Proposal", "proposed", "recipe_of"]
