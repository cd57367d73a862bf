"""How sure a finished network is of the patches that it was not trained with."""

from __future__ import annotations

from dataclasses import dataclass

import torch

from core.job import Job
from core.learn.data.batch import PatchSource
from core.learn.data.source import at_full_dose
from core.learn.networks import SegmentationNetwork
from core.learn.training.device import Machine, calculating, chosen_device, settle
from core.learn.training.evaluate import evaluated, misplaced
from core.learn.training.steps import Portion
from core.models.answer import CODES, Tally, tallied
from core.models.spec import Known
from core.volume import Array


@dataclass
class _Tallied:
    """Counts misplaced pixels, and keeps how sure the network is of all."""

    total: Tally | None = None

    def __call__(self, logits: torch.Tensor, target: torch.Tensor) -> tuple[int, int]:
        found = tallied(stored(logits))
        self.total = found if self.total is None else self.total + found
        return misplaced(logits, target)


def stored(logits: torch.Tensor) -> Array:
    """Probabilities as the step `probability` keeps them.

    Returns
    -------
    ndarray of uint8, same shape
    """
    codes = torch.sigmoid(logits.float()) * (CODES - 1) + 0.5
    return codes.to(torch.uint8).cpu().numpy()


def with_certainty(
    known: Known, network: SegmentationNetwork, source: PatchSource, machine: Machine, job: Job
) -> Known:
    """The same with mean entropy and width of indecision of a network on the validation patches.

    What was counted is shown at its full dose: thinned to less, a network is less sure, and answers that are
    unlike it would pass.

    Parameters
    ----------
    known : Known
    network : SegmentationNetwork
        With the weights that are delivered, on the processor, where it is afterwards.
    source : PatchSource
    machine : Machine
    job : Job

    Raises
    ------
    ParameterError, NotEnoughMemoryError
        If there are no such patches, or one does not fit into memory.
    Cancelled
        If the user asked to stop.
    """
    device, seen = chosen_device(machine.device), _Tallied()
    with calculating(device, machine.stated_threads):
        settle(network, device)
        try:
            evaluated(
                network, at_full_dose(source), _no_loss, seen, device=device, portion=Portion(), job=job
            )
        finally:
            network.to("cpu")
    if seen.total is None or not seen.total.crossings.any():
        return known  # a network that finds one phase alone is no measure
    return known.model_copy(
        update={"entropy_bits": seen.total.entropy_bits, "undecided_px": seen.total.undecided_px}
    )


def _no_loss(logits: torch.Tensor, _target: torch.Tensor) -> torch.Tensor:
    return logits.new_zeros(())
