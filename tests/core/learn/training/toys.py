"""A network and patches so small that a training takes moments."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import numpy as np
import torch
from torch import nn

from core.learn.data.batch import Batch
from core.learn.params.optimise import OptimiseParams
from core.models.spec import Known

FAST = OptimiseParams(
    loss="bce-dice", epochs=3, batch_size=8, learning_rate=0.05, warm_up=0, average=0.8, precision="float32"
)


class Toy(nn.Module):
    """A convolution with batch statistics, and a drop-out, which draws numbers."""

    def __init__(self, seed: int = 3) -> None:
        super().__init__()
        with torch.random.fork_rng(devices=[]):
            torch.manual_seed(seed)
            self.layers = nn.Sequential(
                nn.Conv2d(1, 4, 3, padding=1, bias=False),
                nn.BatchNorm2d(4),
                nn.ReLU(inplace=True),
                nn.Dropout(0.1),
                nn.Conv2d(4, 1, 1),
            )

    def forward(self, images: torch.Tensor) -> torch.Tensor:
        """Logits of solid."""
        found: torch.Tensor = self.layers(images)
        return found


class Spots:
    """Bright spots in noise; counts how many batches were made."""

    def __init__(self, batches: int = 3, size: int = 8, seed: int = 1) -> None:
        self.batches_per_epoch, self.size, self.seed = batches, size, seed
        self.asked: list[tuple[int, int]] = []

    def batch(self, epoch: int, index: int) -> Batch:
        """Make one batch from seed, epoch and index alone."""
        self.asked.append((epoch, index))
        return self._made([self.seed, 0, epoch, index])

    def validation(self) -> Iterator[Batch]:
        """Give two batches, the same each time."""
        yield from (self._made([self.seed, 1, index]) for index in range(2))

    def known(self) -> Known:
        """Say nothing much."""
        return Known(pixel_nm=(1, 1))

    def describe(self) -> dict[str, Any]:
        """Say nothing."""
        return {}

    def _made(self, words: list[int]) -> Batch:
        rng = np.random.default_rng(words)
        solid = (rng.random((self.size, 1, 8, 8)) < 0.3).astype(np.float32)
        grey = 2 * solid - 1 + rng.normal(0, 0.4, solid.shape)
        return Batch(torch.from_numpy(grey.astype(np.float32)), torch.from_numpy(solid))
