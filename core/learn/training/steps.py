"""One step of the optimiser, in portions that fit into memory."""

from __future__ import annotations

import math
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from typing import TypeAlias

import torch
from torch import nn

from core.errors import NotEnoughMemoryError, ParameterError
from core.learn.data.batch import Batch
from core.learn.params.optimise import OptimiseParams
from core.learn.training.average import Average
from core.learn.training.device import free_cache, is_out_of_memory, on_device, uses_bfloat16

Loss: TypeAlias = Callable[[torch.Tensor, torch.Tensor], torch.Tensor]
"""``loss(logits, target)`` -> mean over the patches."""
_SURE = 20.0  # a logit so high that no loss is left
SMALLEST_MAP_PX = 4


@dataclass
class Portion:
    """How many patches are calculated at once: as many as there are, until memory is full.

    Attributes
    ----------
    size : int
        0: all of a batch.
    notes : list of str
        What was said about it.
    """

    size: int = 0
    notes: list[str] = field(default_factory=list)

    def parts(self, count: int) -> Iterator[slice]:
        """Cut a batch of so many patches."""
        size = self.size or count
        return (slice(first, min(first + size, count)) for first in range(0, count, size))

    def halve(self, count: int, device: torch.device) -> None:
        """Take half as many from now on.

        Raises
        ------
        NotEnoughMemoryError
            If it was one.
        """
        free_cache(device)
        size = min(self.size or count, count)
        if size <= 1:
            raise NotEnoughMemoryError(
                f"the memory of {device.type} is too small for one patch",
                remedy="choose smaller patches, a narrower network, or another device",
            )
        self.size = size // 2
        self.notes.append(
            f"Memory of {device.type} was full: {self.size} patches are calculated at once, not {size}; "
            f"a step of the optimiser still sees {count}, batch normalisation {self.size}."
        )


def optimiser_for(network: nn.Module, optimise: OptimiseParams) -> torch.optim.Optimizer:
    """The optimiser of everything in the network that is not frozen.

    Raises
    ------
    ParameterError
        If all is frozen.
    """
    weights = [weight for weight in network.parameters() if weight.requires_grad]
    if not weights:
        raise ParameterError("the network has nothing to train", remedy="leave some of it unfrozen")
    if optimise.optimiser == "adam":
        return torch.optim.Adam(weights, lr=optimise.learning_rate)
    return torch.optim.AdamW(weights, lr=optimise.learning_rate, weight_decay=optimise.weight_decay)


def training_mode(network: nn.Module) -> None:
    """Training mode, except in what is frozen: its batch statistics must not move either."""
    network.train()
    for module in network.modules():
        own = list(module.parameters())
        if own and not any(weight.requires_grad for weight in own):
            module.eval()


def counting(logits: torch.Tensor, target: torch.Tensor, sparse: bool) -> tuple[torch.Tensor, torch.Tensor]:
    """What counts for the loss: all pixels, or, in one row, those whose truth is known.

    Where there is none, one pixel that is right and pulls nowhere: a mean over nothing is no number.
    """
    if not sparse:
        return logits, target
    known = target >= 0
    if bool(known.any()):
        return logits[known], target[known]
    nothing = logits.sum() * 0
    return nothing[None] + _SURE, torch.ones_like(nothing)[None]


def wide_enough(images: torch.Tensor, network: nn.Module, device: torch.device) -> bool:
    """Whether the smallest maps are wide enough for gradients in bfloat16 on the processor.

    Where a kernel is much wider than the map (7 px on 2 x 2 in an FCN with patches of 64 px), oneDNN gives
    gradients of weights of 1e33 instead of 1.
    """
    stride = getattr(network, "stride", 1)
    return device.type != "cpu" or min(images.shape[-2:]) // stride >= SMALLEST_MAP_PX


class Stepper:
    """Makes steps; one that is cancelled or runs out of memory leaves the network as it was."""

    def __init__(
        self, network: nn.Module, optimise: OptimiseParams, loss: Loss, device: torch.device, portion: Portion
    ) -> None:
        self.network, self.loss, self.device, self.portion = network, loss, device, portion
        self.optimiser = optimiser_for(network, optimise)
        self.average = Average(network, optimise.average) if optimise.average else None
        self._clip = optimise.clip_norm or math.inf
        self._half = uses_bfloat16(device, optimise.precision)
        self._weights = [weight for weight in network.parameters() if weight.requires_grad]
        self._kept = [buffer.clone() for buffer in network.buffers()]

    def step(self, batch: Batch, rate: float, steps: int) -> float:
        """Make one step with a batch and return its loss.

        Raises
        ------
        ParameterError
            If the loss or its gradient is not finite.
        NotEnoughMemoryError
            If one patch does not fit into memory.
        Cancelled
        """
        for group in self.optimiser.param_groups:
            group["lr"] = rate
        for kept, buffer in zip(self._kept, self.network.buffers(), strict=True):
            kept.copy_(buffer)
        while (found := self._descend(batch)) is None:
            self.portion.halve(len(batch.images), self.device)
        self._require_finite(found, "the loss", rate)
        norm = nn.utils.clip_grad_norm_(self._weights, self._clip)
        self._require_finite(float(norm), "the gradient", rate)
        self.optimiser.step()
        if self.average is not None:
            self.average.update(self.network, steps)
        return found

    def _descend(self, batch: Batch) -> float | None:
        """Gradient of the loss of a batch, and the loss; None if memory did not suffice."""
        try:
            return self._gradient(batch)
        except Exception as error:
            self._put_back()
            if not is_out_of_memory(error):
                raise
            return None

    def _gradient(self, batch: Batch) -> float:
        self.optimiser.zero_grad(set_to_none=True)
        count = len(batch.images)
        total = torch.zeros((), device=self.device)
        for part in self.portion.parts(count):
            images, target = (on_device(tensor[part], self.device) for tensor in (batch.images, batch.target))
            half = self._half and wide_enough(images, self.network, self.device)
            with torch.autocast(self.device.type, torch.bfloat16, enabled=half):
                logits = self.network(images)
            loss = self.loss(*counting(logits.float(), target, batch.sparse)) * (len(images) / count)
            loss.backward()
            total += loss.detach()
        return float(total)

    def _put_back(self) -> None:
        self.optimiser.zero_grad(set_to_none=True)
        for kept, buffer in zip(self._kept, self.network.buffers(), strict=True):
            buffer.copy_(kept)

    def _require_finite(self, value: float, what: str, rate: float) -> None:
        if math.isfinite(value):
            return
        self._put_back()
        raise ParameterError(
            f"{what} of the training is not finite any more (learning rate {rate:.3g})",
            expected="a number",
            got=value,
            remedy="lower learning_rate, or set clip_norm; the best weights so far are kept",
        )
