"""A network that makes grey planes between measured slices."""

from __future__ import annotations

from collections.abc import Sequence
from typing import cast

from torch import Tensor, nn
from torch.nn import functional

from core.learn.networks.inpainting import PlaneFiller
from core.rebuild.network_grey_input import CHANNELS, CUBIC, PLANES


class GreyNetwork(nn.Module):
    """Corrects planes of a cubic spline by what the slices around them look like.

    It needs no levels of the stack: grey values with another offset or gain (> 0) give the same plane with
    this offset and gain, also where these differ from one part of a plane to another, farther than `reach_px`
    from where they change. No layer that grey values pass has a bias or
    a norm, so that a factor passes through (after Mohan et al. 2020), and the kernels of the first one add up
    to zero. How far the slices are only multiplies features.

    Input: (b, 10, y, x) of `core.rebuild.network_grey_input`; output: grey values, (b, 1, y - 2 reach_px,
    x - 2 reach_px), which are not padded.

    Parameters
    ----------
    width : int
        Feature maps.
    first_px : int
        Side of the first kernels, odd.
    steps : sequence of int
        Distance of the taps of each further layer of 3 x 3.

    Attributes
    ----------
    reach_px : int
        Pixels that it looks to each side.

    References
    ----------
    Mohan S., Kadkhodaie Z., Simoncelli E. P., Fernandez-Granda C., ICLR 2020, arXiv:1906.05478.
    """

    def __init__(self, width: int = 32, first_px: int = 5, steps: Sequence[int] = (1, 2, 2, 1)) -> None:
        super().__init__()
        self.reach_px = first_px // 2 + sum(steps)
        self._steps = tuple(steps)
        self.window = nn.Conv2d(PLANES, width, first_px, bias=False)
        layers = [nn.Conv2d(width, width, 3, dilation=step, bias=False) for step in steps]
        self.layers = nn.ModuleList(layers)
        self.correction = nn.Conv2d(width, 1, 1, bias=False)
        first, last = nn.Conv2d(len(CHANNELS) - PLANES, 16, 1), nn.Conv2d(16, width * (len(steps) + 1), 1)
        self.gates = nn.Sequential(first, nn.ReLU(inplace=True), last)
        nn.init.zeros_(self.correction.weight)  # the training begins with the spline
        nn.init.zeros_(last.weight)
        nn.init.ones_(last.bias)  # type: ignore[arg-type]

    def forward(self, images: Tensor) -> Tensor:
        """Grey values."""
        inner = images[:, CUBIC : CUBIC + 1]
        # One number stands for the whole plane, so one pixel of it will do.
        gates = self.gates(images[:, PLANES:, :1, :1])
        found: Tensor = _cut(inner, self.reach_px) + self._corrected(images, self.kernels(), gates, False)
        return found

    def padded(self, images: Tensor, kernels: Tensor) -> Tensor:
        """As many pixels as there are; within `reach_px` of the border they are of no use."""
        gates = self.gates(images[:, PLANES:])
        return images[:, CUBIC : CUBIC + 1] + self._corrected(images, kernels, gates, True)

    def kernels(self) -> Tensor:
        """Those of the first layer, each with a sum of zero."""
        weight = self.window.weight
        return weight - weight.mean(dim=(1, 2, 3), keepdim=True)

    def _corrected(self, images: Tensor, kernels: Tensor, gates: Tensor, padded: bool) -> Tensor:
        gate = gates.split(self.correction.in_channels, dim=1)
        found = functional.conv2d(
            images[:, :PLANES], kernels, padding=kernels.shape[-1] // 2 if padded else 0
        )
        for number, (step, layer) in enumerate(zip(self._steps, self.layers, strict=True)):
            shown = functional.relu(found * gate[number])
            weight = cast("Tensor", layer.weight)
            more = functional.conv2d(shown, weight, padding=step if padded else 0, dilation=step)
            found = (found if padded else _cut(found, step)) + more
        corrected: Tensor = self.correction(functional.relu(found * gate[-1]))
        return corrected


def _cut(images: Tensor, margin: int) -> Tensor:
    return images[:, :, margin : images.shape[2] - margin, margin : images.shape[3] - margin]


class WholeGreyPlanes(PlaneFiller):
    """A `GreyNetwork` that gives as many pixels as it gets."""

    def __init__(self, network: GreyNetwork) -> None:
        super().__init__(CHANNELS, "grey values")
        self.network = network
        self.kernels = nn.Parameter(network.kernels().detach().clone(), requires_grad=False)

    def forward(self, images: Tensor) -> Tensor:
        """Grey values, (b, 1, y, x)."""
        return self.network.padded(images, self.kernels)

    def outputs(self, images: Tensor) -> tuple[Tensor, None]:
        """Grey values; no probabilities."""
        return self(images).float(), None
