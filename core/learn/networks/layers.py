"""Layers in the plane and in the volume.

Sizes change in the plane only, never along z: a stack has few slices, and these lie further apart than pixels
do. Only batch normalisation is used: what an instance or layer norm gives depends on how the image is cut
into tiles. A bias in front of it would have no effect, so there is none.
"""

from __future__ import annotations

import torch
from torch import Tensor, nn
from torch.nn import functional


def convolution(
    dims: int, inputs: int, outputs: int, *, side: int = 3, reach_z: int = 0, bias: bool = False
) -> nn.Module:
    """Convolution that keeps the size; zeros lie beyond the edges.

    Parameters
    ----------
    dims : int
        2 in the plane, 3 in the volume.
    inputs, outputs : int
        Feature maps.
    side : int
        Side of the kernel in the plane in pixels, odd.
    reach_z : int
        Slices it sees to both sides; only in the volume.
    bias : bool
        Whether a constant is added.
    """
    if dims == 2:
        return nn.Conv2d(inputs, outputs, side, padding=side // 2, bias=bias)
    kernel = (2 * reach_z + 1, side, side)
    return nn.Conv3d(inputs, outputs, kernel, padding=(reach_z, side // 2, side // 2), bias=bias)


def normalised(dims: int, inputs: int, outputs: int, *, side: int = 3, reach_z: int = 0) -> list[nn.Module]:
    """Convolution and batch normalisation, which become one convolution when exported."""
    norm = nn.BatchNorm2d(outputs) if dims == 2 else nn.BatchNorm3d(outputs)
    return [convolution(dims, inputs, outputs, side=side, reach_z=reach_z), norm]


def folding(dims: int, inputs: int, outputs: int, *, reach_z: int = 0) -> nn.Module:
    """Convolution of 3 x 3 squares of 2 x 2 pixels each, which gives one place for each square."""
    if dims == 2:
        return nn.Conv2d(inputs, outputs, 6, stride=2, padding=2, bias=False)
    kernel, edge = (2 * reach_z + 1, 6, 6), (reach_z, 2, 2)
    return nn.Conv3d(inputs, outputs, kernel, stride=(1, 2, 2), padding=edge, bias=False)


def activated(dims: int, inputs: int, outputs: int, *, side: int = 3, reach_z: int = 0) -> nn.Sequential:
    """Convolution, batch normalisation and ReLU."""
    layers = normalised(dims, inputs, outputs, side=side, reach_z=reach_z)
    return nn.Sequential(*layers, nn.ReLU(inplace=True))


def pooled(features: Tensor) -> Tensor:
    """Greatest value of squares of 2 x 2 pixels."""
    return functional.max_pool2d(features, 2) if features.dim() == 4 else _pooled_planes(features)


def _pooled_planes(features: Tensor) -> Tensor:
    return functional.max_pool3d(features, (1, 2, 2))


def shrinking(dims: int, inputs: int, outputs: int) -> nn.Module:
    """Convolution of squares of 2 x 2 pixels, each of which becomes one."""
    if dims == 2:
        return nn.Conv2d(inputs, outputs, 2, stride=2, bias=False)
    return nn.Conv3d(inputs, outputs, (1, 2, 2), stride=(1, 2, 2), bias=False)


def growing(dims: int, inputs: int, outputs: int) -> nn.Module:
    """Transposed convolution: each pixel becomes a square of 2 x 2."""
    if dims == 2:
        return nn.ConvTranspose2d(inputs, outputs, 2, stride=2)
    return nn.ConvTranspose3d(inputs, outputs, (1, 2, 2), stride=(1, 2, 2))


class Repeated(nn.Module):
    """Fewer feature maps, then each pixel four times.

    Mixing the maps before they are enlarged costs a quarter; inference and training are faster than with a
    transposed convolution, and the convolutions that follow shape the edges.
    """

    def __init__(self, dims: int, inputs: int, outputs: int) -> None:
        super().__init__()
        self.mix = convolution(dims, inputs, outputs, side=1, bias=True)
        self.grow = nn.Upsample(scale_factor=(2, 2) if dims == 2 else (1, 2, 2), mode="nearest")

    def forward(self, features: Tensor) -> Tensor:
        """(b, inputs, [z,] y, x) to (b, outputs, [z,] 2 y, 2 x)."""
        grown: Tensor = self.grow(self.mix(features))
        return grown


class Block(nn.Module):
    """Two 3 x 3 convolutions with batch normalisation and ReLU.

    With a residual connection the second one is added to what it was given; this needs no further
    convolution, since it keeps the number of feature maps. A block that folds makes one place of each square
    of 2 x 2 pixels first.
    """

    def __init__(
        self, dims: int, inputs: int, outputs: int, *, residual: bool, reach_z: int = 0, folds: bool = False
    ) -> None:
        super().__init__()
        self.residual = residual
        self.first = activated(dims, inputs, outputs, reach_z=reach_z)
        if folds:
            self.first[0] = folding(dims, inputs, outputs, reach_z=reach_z)
        self.second = nn.Sequential(*normalised(dims, outputs, outputs))

    def forward(self, features: Tensor) -> Tensor:
        """(b, inputs, ...) to (b, outputs, ...); the size is kept, or halved where it folds."""
        first = self.first(features)
        second = self.second(first)
        return functional.relu_(torch.add(second, first) if self.residual else second)


def shares(reach: int, blocks: int) -> list[int]:
    """Deal out the slices seen to each side among the blocks of a network, those near the input first."""
    return [reach // blocks + (block < reach % blocks) for block in range(blocks)]
