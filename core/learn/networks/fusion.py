"""Several imaging conditions joined: at the input, between encoder and decoder, or from probabilities.

Article III, sections 2.2 and 3.1 and appendix 1: early, intermediate and late fusion, and voting weights in
place of the last layer of late fusion.
"""

from __future__ import annotations

from collections.abc import Mapping

import torch
from torch import Tensor, nn

from core.errors import ParameterError
from core.learn.networks.base import SegmentationNetwork
from core.learn.networks.family import Family
from core.learn.params.network import NetworkParams

STEEPNESS = 8.0
"""Of the logits that late fusion starts with: half the votes give 0, all of them half of it, 0.98."""
LEAST_PROBABILITY = 1e-6


class PyramidNetwork(SegmentationNetwork):
    """One encoder for all channels together, or one for each, and one decoder."""

    def __init__(self, spec: NetworkParams, family: Family, encoders: int) -> None:
        super().__init__(spec, family.path())
        self.encoders = nn.ModuleList(family.encoder(spec.inputs // encoders) for _ in range(encoders))
        self.decoder = family.decoder(encoders)

    def forward(self, images: Tensor) -> Tensor:
        """Logits of solid, (b, 1, [z,] y, x)."""
        self.check(images)
        parts = images.chunk(len(self.encoders), dim=1)
        pyramids = [encoder(part) for encoder, part in zip(self.encoders, parts, strict=True)]
        features = pyramids[0]
        if len(pyramids) > 1:
            features = [torch.cat(level, dim=1) for level in zip(*pyramids, strict=True)]
        logits: Tensor = self.decoder(features)
        return logits


class BranchedNetwork(SegmentationNetwork):
    """A whole network for each imaging condition; a small layer makes one result of their probabilities."""

    def __init__(self, spec: NetworkParams, family: Family) -> None:
        super().__init__(spec, family.path())
        self.networks = nn.ModuleList(
            PyramidNetwork(alone(spec, channel), family, 1) for channel in spec.channels
        )
        self._frozen = False

    def freeze_branches(self, frozen: bool = True) -> None:
        """Keep the branches as they are, their batch statistics included, while the rest is trained."""
        self._frozen = frozen
        self.networks.requires_grad_(not frozen)
        self.train(self.training)

    def train(self, mode: bool = True) -> BranchedNetwork:
        """Set the mode; branches that are frozen stay in that of evaluation."""
        super().train(mode)
        if self._frozen:
            self.networks.eval()
        return self

    def branches(self, images: Tensor) -> Tensor:
        """Logits of each imaging condition, (b, conditions, [z,] y, x)."""
        self.check(images)
        parts = images.chunk(len(self.networks), dim=1)
        return torch.cat([network(part) for network, part in zip(self.networks, parts, strict=True)], dim=1)

    def forward(self, images: Tensor) -> Tensor:
        """Logits of solid, (b, 1, [z,] y, x)."""
        return self.joined(torch.sigmoid(self.branches(images).float()))

    def outputs(self, images: Tensor) -> tuple[Tensor, Tensor]:
        """Probability of solid and of each imaging condition, 0-1."""
        each = torch.sigmoid(self.branches(images).float())
        return torch.sigmoid(self.joined(each)), each

    def joined(self, each: Tensor) -> Tensor:
        """Logits of solid from the probabilities of the branches."""
        raise NotImplementedError


class LateFusion(BranchedNetwork):
    """A 1 x 1 convolution over the probabilities, which starts as a vote of equals."""

    def __init__(self, spec: NetworkParams, family: Family) -> None:
        super().__init__(spec, family)
        count = len(spec.channels)
        self.ensemble = nn.Conv3d(count, 1, 1) if spec.is_volume else nn.Conv2d(count, 1, 1)
        nn.init.constant_(self.ensemble.weight, STEEPNESS / count)
        nn.init.constant_(self.ensemble.bias, -STEEPNESS / 2)  # type: ignore[arg-type]

    def joined(self, each: Tensor) -> Tensor:
        """Logits of solid from the probabilities of the branches."""
        with torch.autocast(each.device.type, enabled=False):
            logits: Tensor = self.ensemble(each)
        return logits


class Voting(BranchedNetwork):
    """One weight for each imaging condition, not negative, all adding up to 1."""

    def __init__(self, spec: NetworkParams, family: Family) -> None:
        super().__init__(spec, family)
        self.votes = nn.Parameter(torch.zeros(len(spec.channels)))

    def joined(self, each: Tensor) -> Tensor:
        """Logits of the weighted mean of the probabilities."""
        mean = self._mean(each)
        return torch.logit(mean, eps=LEAST_PROBABILITY)

    def outputs(self, images: Tensor) -> tuple[Tensor, Tensor]:
        """Weighted mean of the probabilities, and those of each imaging condition, 0-1."""
        each = torch.sigmoid(self.branches(images).float())
        return self._mean(each), each

    def _mean(self, each: Tensor) -> Tensor:
        shares = torch.softmax(self.votes, dim=0).view(1, -1, *[1] * (each.dim() - 2))
        return (each * shares).sum(dim=1, keepdim=True)

    def weights(self) -> dict[str, float]:
        """Voting weight of each imaging condition, adding up to 1."""
        shares = torch.softmax(self.votes.detach().double(), dim=0).tolist()
        return dict(zip(self.spec.channels, shares, strict=True))


def alone(spec: NetworkParams, channel: str) -> NetworkParams:
    """Describe the branch of one imaging condition."""
    return spec.model_copy(update={"channels": (channel,)})


def from_branches(
    spec: NetworkParams, trained: Mapping[str, SegmentationNetwork], *, freeze: bool = False
) -> SegmentationNetwork:
    """Join networks that were trained on one imaging condition each.

    Parameters
    ----------
    spec : NetworkParams
        With fusion ``late`` or ``voting``.
    trained : mapping of str to SegmentationNetwork
        A network for each channel of `spec`, alike in all else; their numbers are copied.
    freeze : bool
        Whether only the layer that joins them will be trained.

    Raises
    ------
    ParameterError
        If `spec` has no branches, or a network is missing or of another kind.
    """
    from core.learn.networks import build

    network = build(spec)
    if not isinstance(network, BranchedNetwork):
        raise ParameterError(
            "only late fusion and voting join networks that were trained alone",
            expected="several channels and fusion late or voting",
            got=f"{len(spec.channels)} channel(s), fusion {spec.fusion}",
        )
    for channel, branch in zip(spec.channels, network.networks, strict=True):
        branch.load_state_dict(_fitting(spec, channel, trained).state_dict())
    network.freeze_branches(freeze)
    return network


def _fitting(
    spec: NetworkParams, channel: str, trained: Mapping[str, SegmentationNetwork]
) -> SegmentationNetwork:
    expected = alone(spec, channel)
    if channel not in trained:
        raise ParameterError(
            f"there is no trained network for {channel}", expected=spec.channels, got=tuple(trained)
        )
    got = trained[channel].spec.model_copy(update={"fusion": spec.fusion})
    if got != expected:
        raise ParameterError(
            f"the network trained for {channel} is not the one that fits",
            expected=expected.model_dump(exclude={"fusion"}),
            got=got.model_dump(exclude={"fusion"}),
        )
    return trained[channel]
