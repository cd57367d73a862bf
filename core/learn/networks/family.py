"""A family of networks: encoders that make features of several sizes, a decoder that makes logits of them."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Protocol

from torch import nn

from core.learn.networks.reach import Operation


class Family(Protocol):
    """How the parts of one kind of network are made.

    An encoder takes ``(b, inputs, [z,] y, x)`` and gives a list of features; a decoder takes such a list,
    each with `joined` times the feature maps of one encoder, and gives logits ``(b, 1, [z,] y, x)``.
    """

    def encoder(self, inputs: int) -> nn.Module:
        """Make an encoder."""

    def decoder(self, joined: int) -> nn.Module:
        """Make a decoder for the features of `joined` encoders."""

    def path(self) -> Sequence[Operation]:
        """Give the longest way from input to logits."""
