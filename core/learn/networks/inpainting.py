"""Networks that make the planes between measured slices."""

from __future__ import annotations

from collections.abc import Sequence
from itertools import pairwise

import torch
from torch import Tensor, nn
from torch.nn import functional

from core.errors import ParameterError
from core.rebuild.network_input import CHANNELS, DISTANCE_UNIT_PX, DISTANCES

NEAR_PX = 3.0
"""Farther from the interpolated edge the network changes nothing."""


class ShapeNetwork(nn.Module):
    """Corrects the interpolated distance of each pixel by what the slices around it look like.

    One window of the distances in all slices goes through layers that look at single pixels only. Training
    therefore needs no whole planes: windows are drawn where edges are, so that few numbers tell much.

    Input: (b, 9, y, x) of `core.rebuild.network_input`; output: logits of solid, (b, 1, y - 2 reach,
    x - 2 reach), which are not padded.

    Attributes
    ----------
    reach_px : int
        Pixels that the window reaches to each side.
    """

    def __init__(self, reach_px: int = 4, widths: Sequence[int] = (96, 64, 32)) -> None:
        super().__init__()
        self.reach_px, first = reach_px, widths[0]
        self.window = nn.Conv2d(DISTANCES, first, 2 * reach_px + 1, bias=False)
        self.offsets = nn.Conv2d(len(CHANNELS) - DISTANCES, first, 1, bias=False)
        self.norm = nn.BatchNorm2d(first)
        layers: list[nn.Module] = []
        for before, width in pairwise(widths):
            layers += [nn.Conv2d(before, width, 1, bias=False), nn.BatchNorm2d(width), nn.ReLU(inplace=True)]
        self.pixels = nn.Sequential(*layers)
        self.correction = nn.Conv2d(widths[-1], 1, 1)
        nn.init.zeros_(self.correction.weight)  # the training begins with shape-based interpolation
        nn.init.zeros_(self.correction.bias)  # type: ignore[arg-type]
        self.log_gain = nn.Parameter(torch.tensor(1.6))

    def forward(self, images: Tensor) -> Tensor:
        """Logits of solid."""
        margin = self.reach_px
        inner = images[:, :, margin : images.shape[2] - margin, margin : images.shape[3] - margin]
        return self._judged(self._looked(images[:, :DISTANCES]), inner)

    def padded(self, images: Tensor) -> Tensor:
        """Logits of as many pixels as there are; within `reach_px` of the border they are of no use."""
        distances = images[:, :DISTANCES]
        return self._judged(functional.conv2d(distances, self.window.weight, padding=self.reach_px), images)

    def _judged(self, looked: Tensor, inner: Tensor) -> Tensor:
        middle = inner[:, DISTANCES - 1 : DISTANCES]
        found = looked + self.offsets(inner[:, DISTANCES:])
        correction = self.correction(self.pixels(functional.relu(self.norm(found))))
        near = (middle.abs() < NEAR_PX / DISTANCE_UNIT_PX).to(middle.dtype)
        logits: Tensor = self.log_gain.exp() * middle + near * correction
        return logits

    def _looked(self, distances: Tensor) -> Tensor:
        side = 2 * self.reach_px + 1
        if distances.shape[2:] == (side, side):
            # One window each: a product of matrices, several times as fast as a convolution.
            found: Tensor = functional.linear(distances.flatten(1), self.window.weight.flatten(1))
            return found.reshape(*found.shape, 1, 1)
        looked: Tensor = self.window(distances)
        return looked


class PlaneFiller(nn.Module):
    """What networks that fill planes are exported as: as many pixels come out as go in.

    Parameters
    ----------
    channels : tuple of str
        Of the input.
    fills : str
        What it fills, for people.

    Attributes
    ----------
    stride, stride_z : int
        1: any side will do.
    """

    stride = stride_z = 1

    def __init__(self, channels: tuple[str, ...], fills: str) -> None:
        super().__init__()
        self._channels, self._fills = channels, fills

    def branches(self, images: Tensor) -> None:
        """There are none."""

    def check(self, images: Tensor) -> None:
        """Refuse images this network cannot take.

        Raises
        ------
        ParameterError
            If the number of axes or of channels does not fit.
        """
        if not torch.onnx.is_in_onnx_export() and images.shape[1:2] != (len(self._channels),):
            raise ParameterError(
                f"these images do not fit the network that fills gaps in {self._fills}",
                expected=f"(batch, {len(self._channels)}, y, x): {', '.join(self._channels)}",
                got=f"an array of {tuple(images.shape)}",
            )


class WholePlanes(PlaneFiller):
    """A `ShapeNetwork` that gives as many pixels as it gets."""

    def __init__(self, network: ShapeNetwork) -> None:
        super().__init__(CHANNELS, "two phases")
        self.network = network

    def forward(self, images: Tensor) -> Tensor:
        """Logits of solid, (b, 1, y, x)."""
        return self.network.padded(images)

    def outputs(self, images: Tensor) -> tuple[Tensor, None]:
        """Probability of solid, 0-1."""
        return torch.sigmoid(self(images).float()), None


EXTRACTION = (96, 81, 70, 60, 50, 41, 32, 16)
"""Filters of the blocks that extract features, article II, Table S1 (eight; the text counts seven)."""


class ArticleNetwork(nn.Module):
    """The inpainting network of article II on sections along z, after Yamanaka et al. 2017.

    Features of all blocks are joined and brought back to one plane (A1; B1, B2, B3; L1); beside it goes the
    input with its gaps interpolated, and one filter (L2) weighs both. Chosen here, as the article does not
    say: kernels of 3 x 3 (1 x 1 for A1, B1, L1, L2) and PReLU. The spline through the slices takes the place
    of bicubic upscaling, which has no meaning where gaps are uneven.

    Input: (b, 3, z, x): voxels (0 in gaps), mask (1 where measured), voxels with interpolated gaps, the
    first and the last 0-1 or signed distances. Output: logits, (b, 1, z, x).

    References
    ----------
    Article II, supplement, 2, Figure S1, Table S1; Yamanaka J., Kuwashima S., Kurita T., ICONIP 2017,
    doi:10.1007/978-3-319-70096-0_23.
    """

    def __init__(
        self, filters: Sequence[int] = EXTRACTION, rebuilt: Sequence[int] = (96, 64, 48, 32)
    ) -> None:
        super().__init__()
        a1, b1, b2, b3 = rebuilt
        self.extraction = nn.ModuleList(
            _block(before, width, 3) for before, width in zip((2, *filters[:-1]), filters, strict=True)
        )
        joined = sum(filters)
        self.a1 = _block(joined, a1, 1)
        self.b = nn.Sequential(_block(joined, b1, 1), _block(b1, b2, 3), _block(b2, b3, 3))
        self.l1 = nn.Conv2d(a1 + b3, 1, 1)
        self.l2 = nn.Conv2d(2, 1, 1)
        with torch.no_grad():  # the training begins with the interpolation, in logits
            self.l2.weight.copy_(torch.tensor([1.0, 8.0]).reshape(1, 2, 1, 1))
            self.l2.bias.fill_(-4.0)  # type: ignore[union-attr]

    def forward(self, images: Tensor) -> Tensor:
        """Logits of solid."""
        features, found = [], images[:, :2]
        for block in self.extraction:
            found = block(found)
            features.append(found)
        joined = torch.cat(features, dim=1)
        rebuilt = self.l1(torch.cat([self.a1(joined), self.b(joined)], dim=1))
        logits: Tensor = self.l2(torch.cat([rebuilt, images[:, 2:]], dim=1))
        return logits


def _block(before: int, width: int, kernel: int) -> nn.Sequential:
    return nn.Sequential(nn.Conv2d(before, width, kernel, padding=kernel // 2), nn.PReLU(width))
