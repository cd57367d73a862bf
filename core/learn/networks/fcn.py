"""Fully convolutional networks that answer at 1/32, 1/16 or 1/8 of the resolution.

Long, Shelhamer & Darrell (2015), doi:10.1109/CVPR.2015.7298965, on the convolutions of VGG-16 (Simonyan &
Zisserman 2014, arXiv:1409.1556), trained from nothing. FCN-16s and FCN-8s put the features of one or two
finer pooling levels beside the enlarged coarser ones (`002`, Models). A width of 64 gives the sizes of the
original. Difference: batch normalisation in place of drop-out.
"""

from __future__ import annotations

from collections.abc import Sequence

import torch
from torch import Tensor, nn

from core.learn.networks.layers import activated, convolution, growing, pooled
from core.learn.networks.reach import Bilinear, Operation, Repeat, Shrink, Window
from core.learn.params.network import NetworkParams

CONVOLUTIONS = (2, 2, 3, 3, 3)
WIDENING = (1, 2, 4, 8, 8)
HEAD_WIDENING = 64
HEAD_SIDE_PX = 7
FINER_LEVELS = {"fcn-32s": 0, "fcn-16s": 1, "fcn-8s": 2}


class FCNEncoder(nn.Module):
    """Five stages of 3 x 3 convolutions, each followed by pooling."""

    def __init__(self, inputs: int, width: int, finer: int) -> None:
        super().__init__()
        self.kept = finer + 1
        self.stages = nn.ModuleList()
        given = inputs
        for count, widening in zip(CONVOLUTIONS, WIDENING, strict=True):
            layers = []
            for _ in range(count):
                layers.append(activated(2, given, width * widening))
                given = width * widening
            self.stages.append(nn.Sequential(*layers))

    def forward(self, images: Tensor) -> list[Tensor]:
        """Pooled features of the last stages, finest first."""
        features = [images]
        for stage in self.stages:
            features.append(pooled(stage(features[-1])))
        return features[-self.kept :]


class FCNDecoder(nn.Module):
    """Classifier at 1/32, joined with finer levels step by step, then bilinear enlargement of the logits."""

    def __init__(self, joined: int, width: int, finer: int) -> None:
        super().__init__()
        head = HEAD_WIDENING * width
        self.head = nn.Sequential(
            activated(2, joined * width * WIDENING[-1], head, side=HEAD_SIDE_PX),
            activated(2, head, head, side=1),
        )
        self.grow, self.join = nn.ModuleList(), nn.ModuleList()
        given = head
        for widening in reversed(WIDENING[-1 - finer : -1]):
            made = width * widening
            self.grow.append(growing(2, given, made))
            self.join.append(activated(2, (joined + 1) * made, made))
            given = made
        self.score = convolution(2, given, 1, side=1, bias=True)
        self.enlarge = nn.Upsample(scale_factor=32 >> finer, mode="bilinear", align_corners=False)

    def forward(self, features: list[Tensor]) -> Tensor:
        """Logits at full resolution."""
        *skips, now = features
        now = self.head(now)
        for grow, join, skip in zip(self.grow, self.join, reversed(skips), strict=True):
            now = join(torch.cat([skip, grow(now)], dim=1))
        logits: Tensor = self.enlarge(self.score(now))
        return logits


class FCNFamily:
    """Kinds ``fcn-32s``, ``fcn-16s`` and ``fcn-8s``; the depth is always that of VGG-16."""

    def __init__(self, spec: NetworkParams) -> None:
        self.width = spec.width
        self.finer = FINER_LEVELS[spec.kind]

    def encoder(self, inputs: int) -> nn.Module:
        """Make an encoder."""
        return FCNEncoder(inputs, self.width, self.finer)

    def decoder(self, joined: int) -> nn.Module:
        """Make a decoder for the features of `joined` encoders."""
        return FCNDecoder(joined, self.width, self.finer)

    def path(self) -> Sequence[Operation]:
        """Give the longest way from input to logits."""
        path: list[Operation] = []
        for count in CONVOLUTIONS:
            path += [Window(count), Shrink()]
        path.append(Window(HEAD_SIDE_PX // 2))
        path += [Repeat(), Window(1)] * self.finer
        return [*path, Bilinear(32 >> self.finer)]
