"""U-Nets in the plane and in the volume.

Ronneberger, Fischer & Brox (2015), doi:10.1007/978-3-319-24574-4_28; in the volume Çiçek et al. (2016),
doi:10.1007/978-3-319-46723-8_49. Differences: convolutions keep the size, batch normalisation, enlargement by
repetition, and no pooling along z. The finest level works at full resolution: ligaments are a few pixels
wide, and networks that begin with a strided convolution answer only for every other pixel. A network that
folds answers for every pixel too: the last layer gives each of the four pixels of a square its own numbers.
"""

from __future__ import annotations

from collections.abc import Sequence

import torch
from torch import Tensor, nn

from core.learn.networks.layers import Block, Repeated, convolution, growing, pooled, shares
from core.learn.networks.reach import Operation, Repeat, Shrink, Window
from core.learn.params.network import NetworkParams

BLOCK_RADIUS_PX = 2


class UNetEncoder(nn.Module):
    """Two convolutions a level, a pooling between levels."""

    def __init__(
        self,
        dims: int,
        inputs: int,
        widths: Sequence[int],
        reaches: Sequence[int],
        *,
        residual: bool,
        folds: bool,
    ) -> None:
        super().__init__()
        before = [inputs, *widths[:-1]]
        self.levels = nn.ModuleList(
            Block(dims, given, made, residual=residual, reach_z=reach, folds=folds and not level)
            for level, (given, made, reach) in enumerate(zip(before, widths, reaches, strict=True))
        )

    def forward(self, images: Tensor) -> list[Tensor]:
        """Features of all levels, finest first."""
        features: list[Tensor] = []
        for level in self.levels:
            features.append(level(pooled(features[-1]) if features else images))
        return features


class UNetDecoder(nn.Module):
    """From the coarsest level up: enlarge, put beside the features of the encoder, two convolutions."""

    def __init__(
        self,
        dims: int,
        joined: int,
        widths: Sequence[int],
        reaches: Sequence[int],
        *,
        residual: bool,
        folds: bool,
    ) -> None:
        super().__init__()
        below = [*widths[1:-1], joined * widths[-1]]
        self.grow = nn.ModuleList(
            Repeated(dims, given, made) for given, made in zip(below, widths[:-1], strict=True)
        )
        self.levels = nn.ModuleList(
            Block(dims, (joined + 1) * made, made, residual=residual, reach_z=reach)
            for made, reach in zip(widths[:-1], reaches, strict=True)
        )
        score = convolution(dims, widths[0], 1, side=1, bias=True)
        self.score = growing(dims, widths[0], 1) if folds else score

    def forward(self, features: list[Tensor]) -> Tensor:
        """Logits at full resolution."""
        *skips, now = features
        for grow, level, skip in reversed(list(zip(self.grow, self.levels, skips, strict=True))):
            now = level(torch.cat([skip, grow(now)], dim=1))
        logits: Tensor = self.score(now)
        return logits


class UNetFamily:
    """Kinds ``unet``, ``residual-unet``, ``unet-3d`` and ``residual-unet-3d``."""

    def __init__(self, spec: NetworkParams) -> None:
        self.dims = 3 if spec.is_volume else 2
        self.depth = spec.depth
        self.residual = spec.kind.startswith("residual")
        self.folds = spec.fold_px == 2
        self.widths = [spec.width << level for level in range(spec.depth)]
        self.reaches = shares(spec.slices // 2 if spec.is_volume else 0, 2 * spec.depth - 1)

    def encoder(self, inputs: int) -> nn.Module:
        """Make an encoder."""
        reaches = self.reaches[: self.depth]
        return UNetEncoder(self.dims, inputs, self.widths, reaches, residual=self.residual, folds=self.folds)

    def decoder(self, joined: int) -> nn.Module:
        """Make a decoder for the features of `joined` encoders."""
        # Blocks of the decoder come after those of the encoder, the coarsest first.
        reaches = self.reaches[: self.depth - 1 : -1]
        return UNetDecoder(self.dims, joined, self.widths, reaches, residual=self.residual, folds=self.folds)

    def path(self) -> Sequence[Operation]:
        """Give the longest way from input to logits."""
        block = Window(BLOCK_RADIUS_PX)
        down: list[Operation] = [Shrink(), block]
        up: list[Operation] = [Repeat(), block]
        path = [block, *down * (self.depth - 1), *up * (self.depth - 1)]
        return [Shrink(), *path, Repeat()] if self.folds else path
