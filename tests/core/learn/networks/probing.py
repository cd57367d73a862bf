"""Networks whose dependences can be seen."""

from __future__ import annotations

import torch
from torch import Tensor, nn

from core.learn.networks import SegmentationNetwork
from core.learn.params.network import NetworkParams

SMALL = {"width": 4, "depth": 3, "slices": 3}


def spec(kind: str, channels: int = 1, **values: object) -> NetworkParams:
    """A small network."""
    names = tuple(f"{2**number}kV" for number in range(channels))
    return NetworkParams.model_validate({"kind": kind, "channels": names, **SMALL, **values})


def images_for(params: NetworkParams, *, side: int = 32, batch: int = 1, depth: int = 4) -> Tensor:
    """Noise that fits."""
    z = (depth,) if params.is_volume else ()
    return torch.randn(batch, params.inputs, *z, side, side)


def settled(network: SegmentationNetwork) -> SegmentationNetwork:
    """Batch statistics and shifts that are not those of the beginning, so that zeros beyond edges matter."""
    draw = torch.Generator().manual_seed(1)
    for module in network.modules():
        if isinstance(module, nn.BatchNorm2d | nn.BatchNorm3d):
            for values, low, high in (
                (module.running_mean, -0.3, 0.3),
                (module.running_var, 0.5, 1.5),
                (module.weight.data, 0.5, 1.5),
                (module.bias.data, -0.3, 0.3),
            ):
                assert values is not None
                values.copy_(low + (high - low) * torch.rand(values.shape, generator=draw))
    return network.eval()


def monotone(network: SegmentationNetwork) -> SegmentationNetwork:
    """All weights positive: whatever a result depends on raises it, and nothing cancels."""
    network = network.eval()
    with torch.no_grad():
        for parameter in network.parameters():
            parameter.fill_(0.0 if parameter.dim() == 1 else 4.0 / parameter[0].numel())
        for module in network.modules():
            if isinstance(module, nn.BatchNorm2d | nn.BatchNorm3d | nn.PReLU):
                module.weight.fill_(1.0)
    return network
