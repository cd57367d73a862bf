"""V-Net: Milletari, Navab & Ahmadi (2016), doi:10.1109/3DV.2016.79.

One to three convolutions with kernels of 5 pixels a level, added to what the level was given; strided
convolutions between levels, PReLU. Differences: batch normalisation; along z kernels have 3 slices or 1, and
z is not shrunk.
"""

from __future__ import annotations

from collections.abc import Sequence
from itertools import pairwise

import torch
from torch import Tensor, nn

from core.learn.networks.layers import convolution, growing, normalised, shares, shrinking
from core.learn.networks.reach import Operation, Repeat, Shrink, Window
from core.learn.params.network import NetworkParams

SIDE_PX = 5
MOST_CONVOLUTIONS = 3


def convolutions_at(level: int) -> int:
    """Number of convolutions at a level, 0 the finest."""
    return min(level + 1, MOST_CONVOLUTIONS)


class Stage(nn.Module):
    """Convolutions in a row, to which `known` is added at the end."""

    def __init__(self, inputs: int, outputs: int, count: int, reach_z: int) -> None:
        super().__init__()
        layers: list[nn.Module] = []
        for number in range(count):
            given, reach = (outputs, 0) if number else (inputs, reach_z)
            layers += [nn.PReLU(outputs)] if number else []
            layers += normalised(3, given, outputs, side=SIDE_PX, reach_z=reach)
        self.convolutions = nn.Sequential(*layers)
        self.activation = nn.PReLU(outputs)

    def forward(self, features: Tensor, known: Tensor) -> Tensor:
        """(b, inputs, z, y, x) and (b, outputs, z, y, x) to (b, outputs, z, y, x)."""
        out: Tensor = self.activation(self.convolutions(features) + known)
        return out


class VNetEncoder(nn.Module):
    """Stages with strided convolutions between them."""

    def __init__(self, inputs: int, widths: Sequence[int], reaches: Sequence[int]) -> None:
        super().__init__()
        self.enter = convolution(3, inputs, widths[0], side=1)
        self.shrink = nn.ModuleList(
            nn.Sequential(shrinking(3, given, made), nn.BatchNorm3d(made), nn.PReLU(made))
            for given, made in pairwise(widths)
        )
        self.stages = nn.ModuleList(
            Stage(width, width, convolutions_at(level), reach)
            for level, (width, reach) in enumerate(zip(widths, reaches, strict=True))
        )

    def forward(self, images: Tensor) -> list[Tensor]:
        """Features of all levels, finest first."""
        now = self.enter(images)
        features = [self.stages[0](now, now)]
        for shrink, stage in zip(self.shrink, self.stages[1:], strict=True):
            now = shrink(features[-1])
            features.append(stage(now, now))
        return features


class VNetDecoder(nn.Module):
    """From the coarsest level up: enlarge, put beside the features of the encoder, a stage."""

    def __init__(self, joined: int, widths: Sequence[int], reaches: Sequence[int]) -> None:
        super().__init__()
        below = [*widths[1:-1], joined * widths[-1]]
        self.grow = nn.ModuleList(growing(3, *sizes) for sizes in zip(below, widths[:-1], strict=True))
        self.stages = nn.ModuleList(
            Stage((joined + 1) * width, width, convolutions_at(level), reach)
            for level, (width, reach) in enumerate(zip(widths[:-1], reaches, strict=True))
        )
        self.score = convolution(3, widths[0], 1, side=1, bias=True)

    def forward(self, features: list[Tensor]) -> Tensor:
        """Logits at full resolution."""
        *skips, now = features
        for grow, stage, skip in reversed(list(zip(self.grow, self.stages, skips, strict=True))):
            grown = grow(now)
            now = stage(torch.cat([skip, grown], dim=1), grown)
        logits: Tensor = self.score(now)
        return logits


class VNetFamily:
    """Kind ``vnet``."""

    def __init__(self, spec: NetworkParams) -> None:
        self.depth = spec.depth
        self.widths = [spec.width << level for level in range(spec.depth)]
        self.reaches = shares(spec.slices // 2, 2 * spec.depth - 1)

    def encoder(self, inputs: int) -> nn.Module:
        """Make an encoder."""
        return VNetEncoder(inputs, self.widths, self.reaches[: self.depth])

    def decoder(self, joined: int) -> nn.Module:
        """Make a decoder for the features of `joined` encoders."""
        return VNetDecoder(joined, self.widths, self.reaches[: self.depth - 1 : -1])

    def path(self) -> Sequence[Operation]:
        """Give the longest way from input to logits."""
        stages = [Window(SIDE_PX // 2 * convolutions_at(level)) for level in range(self.depth)]
        path: list[Operation] = [stages[0]]
        for stage in stages[1:]:
            path += [Shrink(), stage]
        for stage in reversed(stages[:-1]):
            path += [Repeat(), stage]
        return path
