"""Planes between measured ones, made by a network that corrects shape-based interpolation."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Protocol

import numpy as np

from core.job import Job
from core.rebuild.network_input import CAP_PX, SMOOTHING_PX, Between, as_input, interpolated
from core.rebuild.signed import reach_of, signed_distances
from core.volume import Array

TILE_PX = 256
"""Side of what is computed at once: the layers of the network then hold some 50 MB."""
_HALF = 0.5


class Runner(Protocol):
    """What runs a network; see `core.models.session`."""

    def run(self, x: Array, job: Job | None = None) -> tuple[Array, Array | None]:
        """Probabilities of solid, 0-1, and something else or nothing."""
        ...


@dataclass(frozen=True)
class Filling:
    """A network that fills gaps.

    Attributes
    ----------
    runner : Runner
        Gives the probability of solid for an input of `core.rebuild.network_input`.
    halo_px : int
        How far in the plane it looks.
    job : Job, optional
        Says when to stop: a single plane may take long.
    """

    runner: Runner
    halo_px: int
    job: Job | None = None


@dataclass(frozen=True)
class Window:
    """A piece of a plane with what the network sees around it.

    Attributes
    ----------
    rows, columns : tuple of int
        First and stop of what is filled.
    margin : int
        How far it sees beyond.
    shape : tuple of int
        Of the plane.
    """

    rows: tuple[int, int]
    columns: tuple[int, int]
    margin: int
    shape: tuple[int, int]

    @property
    def place(self) -> tuple[slice, slice]:
        """Where the result goes."""
        return slice(*self.rows), slice(*self.columns)

    def seen(self, further: int) -> tuple[slice, slice]:
        """What is needed of the slices: margin and so much more, as far as the plane reaches."""
        y, x = (
            slice(max(0, low - self.margin - further), min(side, high + self.margin + further))
            for (low, high), side in zip((self.rows, self.columns), self.shape, strict=True)
        )
        return y, x

    def framed(self, distances: Array, further: int) -> Array:
        """Cut what was seen to the margin, and mirror it beyond the border of the plane."""
        cut, missing = [slice(None)], [(0, 0)]
        near, far = self.seen(0), self.seen(further)
        for (low, high), inner, outer in zip((self.rows, self.columns), near, far, strict=True):
            cut.append(slice(inner.start - outer.start, inner.stop - outer.start))
            missing.append((inner.start - (low - self.margin), high + self.margin - inner.stop))
        return np.pad(distances[tuple(cut)], missing, mode="symmetric")


def windows(shape: tuple[int, int], margin: int, side: int = TILE_PX) -> Iterator[Window]:
    """Cut a plane into windows of at most `side` pixels, margins not counted."""
    for y in range(0, shape[0], side):
        for x in range(0, shape[1], side):
            rows, columns = (y, min(y + side, shape[0])), (x, min(x + side, shape[1]))
            yield Window(rows, columns, margin, shape)


def network_into(
    out: Array,
    places: Sequence[int],
    planes: Array,
    made_from: Sequence[Between],
    first_knot: int,
    solid: float,
    *,
    network: Filling,
    tile_px: int = TILE_PX,
) -> None:
    """Planes between measured ones by a network.

    Parameters
    ----------
    out, places, planes, first_knot, solid
        As in `core.rebuild.blend.blend_phases_into`.
    made_from : sequence of Between
        What each is made from. Those beyond the outermost measured plane repeat it.
    network : Filling
    tile_px : int
        Side of what is computed at once; no matter for the result.

    Notes
    -----
    Beyond the border of the planes distances are mirrored.
    """
    further = int(np.ceil(CAP_PX)) + 1 + reach_of(SMOOTHING_PX)
    for window in windows(planes.shape[1:], network.halo_px, tile_px):
        seen = signed_distances(planes[(slice(None), *window.seen(further))] > 0, CAP_PX, SMOOTHING_PX)
        distances = window.framed(seen, further)
        for place, item in zip(places, made_from, strict=True):
            found = _inside(distances, item, first_knot, network)
            out[place][window.place] = np.where(found, solid, 0).astype(out.dtype)


def _inside(distances: Array, item: Between, first_knot: int, network: Filling) -> Array:
    """Whether each pixel of a window is solid."""
    height, width = distances.shape[1:]
    halo_px = network.halo_px
    inner = (slice(halo_px, height - halo_px), slice(halo_px, width - halo_px))
    if len(item.row.weights) == 1:
        alone: Array = distances[item.row.first - first_knot][inner] > 0
        return alone
    middle = interpolated(distances, item.row, first_knot)
    slices = distances[[knot - first_knot for knot in item.knots]]
    seen = as_input(slices, middle, item.offsets_px)[np.newaxis]
    probability, _ = network.runner.run(seen, network.job)
    found: Array = probability[0, 0][inner] > _HALF
    return found
