"""How far a result depends on the input: known exactly, because tiles are cut by it."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from math import floor, prod
from typing import Protocol

Span = tuple[int, int]


class Operation(Protocol):
    """One stage of a network, as far as it matters which pixels it looks at."""

    @property
    def shrinks(self) -> int:
        """By how much the sides become smaller."""

    def needs(self, span: Span) -> Span:
        """First and last pixel of the input that those of the output depend on."""


@dataclass(frozen=True)
class Window:
    """Convolutions that keep the size; radii of several in a row add up."""

    radius_px: int
    shrinks: int = 1

    def needs(self, span: Span) -> Span:
        """Wider by the radius on both sides."""
        return span[0] - self.radius_px, span[1] + self.radius_px


@dataclass(frozen=True)
class Shrink:
    """Pooling, or a convolution as wide as its stride: squares that do not overlap become pixels."""

    shrinks: int = 2

    def needs(self, span: Span) -> Span:
        """All pixels of the squares."""
        return span[0] * self.shrinks, span[1] * self.shrinks + self.shrinks - 1


@dataclass(frozen=True)
class Repeat:
    """Pixels become squares: nearest neighbour, or a transposed convolution as wide as its stride."""

    grows: int = 2
    shrinks: int = 1

    def needs(self, span: Span) -> Span:
        """The pixels the squares come from."""
        return span[0] // self.grows, span[1] // self.grows


@dataclass(frozen=True)
class Bilinear:
    """Bilinear enlargement by an even factor, pixel centres kept (``align_corners=False``)."""

    grows: int
    shrinks: int = 1

    def needs(self, span: Span) -> Span:
        """The two pixels on either side of the centre."""
        low, high = (floor((place + 0.5) / self.grows - 0.5) for place in span)
        return low, high + 1


def stride_of(path: Sequence[Operation]) -> int:
    """What the sides of the input have to be a multiple of, in pixels."""
    return prod(operation.shrinks for operation in path)


def reach_of(path: Sequence[Operation]) -> int:
    """Greatest distance in the plane between a pixel of the result and one it depends on, in pixels.

    Parameters
    ----------
    path : sequence of Operation
        The longest way through the network, from the input to the result. Shorter ways (skip connections)
        need not be looked at: what they see lies within.

    Returns
    -------
    int
        For the worst place within the squares that are pooled.
    """
    reach = 0
    for place in range(stride_of(path)):
        span = (place, place)
        for operation in reversed(path):
            span = operation.needs(span)
        reach = max(reach, place - span[0], span[1] - place)
    return reach
