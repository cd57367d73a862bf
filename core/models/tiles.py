"""How a plane is cut for a network: windows with real context, so that no cut can be seen in the result.

A network that pools gives each pixel an answer that depends on where the pooling grid lies, on what is within
its receptive field, and on nothing else. So windows begin on multiples of the stride, reach at least the halo
beyond what is taken from them, and are cut off only where the plane ends.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path
from typing import Any

import numpy as np

from core import machine
from core.volume import Array

MOST_PX = 1 << 21
"""Larger windows are no faster: what they save at the edges they lose by leaving the processor's cache."""
USUAL_BYTES_PER_PX = 1024
"""Assumed of a network whose tensors cannot be counted."""
_MOST_BYTES = 1 << 30
_SHARE_OF_FREE = 0.5


@dataclass(frozen=True)
class Stretch:
    """A piece of one axis: what goes into the network, and what is taken from its answer.

    Attributes
    ----------
    start, stop : int
        The window, in pixels of the axis padded to a multiple of the stride.
    first, last : int
        What is taken, in pixels of the axis: ``first <= pixel < last``.
    """

    start: int
    stop: int
    first: int
    last: int

    @property
    def taken(self) -> slice:
        """What is taken, counted from the beginning of the window."""
        return slice(self.first - self.start, self.last - self.start)

    @property
    def place(self) -> slice:
        """Where it goes on the axis."""
        return slice(self.first, self.last)


@dataclass(frozen=True)
class Tile:
    """One window of a plane."""

    y: Stretch
    x: Stretch

    def window(self, plane: Array) -> Array:
        """What the network sees of a plane ``(..., y, x)``, mirrored beyond its lower right ends."""
        inside = plane[..., self.y.start : self.y.stop, self.x.start : self.x.stop]
        beyond = [
            stretch.stop - stretch.start - length
            for stretch, length in zip((self.y, self.x), inside.shape[-2:], strict=True)
        ]
        if not any(beyond):
            return inside
        return mirrored_to(plane, self)


def mirrored_to(plane: Array, tile: Tile) -> Array:
    """A window that reaches beyond the plane; edge pixels are not repeated (... c b a b c ...)."""
    rows, columns = (
        _mirrored(np.arange(stretch.start, stretch.stop), length)
        for stretch, length in zip((tile.y, tile.x), plane.shape[-2:], strict=True)
    )
    window: Array = plane[..., rows[:, None], columns]
    return window


def _mirrored(places: Array, length: int) -> Array:
    if length == 1:
        return np.zeros_like(places)
    period = 2 * (length - 1)
    folded: Array = places % period
    return np.where(folded < length, folded, period - folded)


def up_to_multiple(length: int, stride: int) -> int:
    """The least multiple of the stride that is not less."""
    return -(-length // stride) * stride


def stretches(length: int, parts: int, halo: int, stride: int) -> tuple[Stretch, ...]:
    """Cut an axis into about equal parts, each with its halo, on the grid of the stride.

    Parameters
    ----------
    length : int
        Pixels of the axis.
    parts : int
        At most so many.
    halo : int
        Pixels of context that the network needs on each side.
    stride : int
        Windows begin and end on multiples of it.
    """
    padded, reach = up_to_multiple(length, stride), up_to_multiple(halo, stride)
    core = up_to_multiple(-(-length // parts), stride)
    return tuple(
        Stretch(max(0, first - reach), min(padded, first + core + reach), first, min(first + core, length))
        for first in range(0, length, core)
    )


def tiles_of(shape_yx: tuple[int, int], parts_yx: tuple[int, int], halo: int, stride: int) -> Iterator[Tile]:
    """All windows of a plane, row by row."""
    rows, columns = (
        stretches(length, parts, halo, stride) for length, parts in zip(shape_yx, parts_yx, strict=True)
    )
    for y in rows:
        for x in columns:
            yield Tile(y, x)


@lru_cache(maxsize=64)
def parts_for(shape_yx: tuple[int, int], halo: int, stride: int, most_px: int) -> tuple[int, int]:
    """Into how many parts a plane is cut: the least work for the network, with windows of `most_px` at most.

    Where not even the smallest windows are that small, these are taken.
    """
    lengths = [up_to_multiple(length, stride) for length in shape_yx]
    options = [_numbers(length, stride) for length in lengths]
    ranked = []
    for rows in options[0]:
        y = _spans(shape_yx[0], rows, halo, stride)
        for columns in options[1]:
            x = _spans(shape_yx[1], columns, halo, stride)
            ranked.append((max(0, max(y) * max(x) - most_px), sum(y) * sum(x), rows * columns, rows, columns))
    *_, rows, columns = min(ranked)
    return rows, columns


def most_px(bytes_for_px: int, at_once: int = 1, free_bytes: int | None = None) -> int:
    """Pixels of the largest window for which there is memory.

    Parameters
    ----------
    bytes_for_px : int
        See `bytes_per_px`.
    at_once : int
        Windows that are computed at the same time.
    free_bytes : int or None
        Memory there is, of the graphics card where that computes; None for the free memory of the machine.
    """
    if free_bytes is None:
        # A fixed limit, so that a repeated run cuts the same tiles although other programs need memory too.
        limit = min(_MOST_BYTES, machine.free_bytes(_SHARE_OF_FREE) // at_once)
    else:
        limit = int(free_bytes * _SHARE_OF_FREE / at_once)
    return min(MOST_PX, max(1, limit // bytes_for_px))


def _numbers(length: int, stride: int) -> list[int]:
    """Numbers of parts that are worth comparing."""
    most = length // stride
    return sorted({min(most, number) for number in (*range(1, 17), 20, 24, 32, 48, 64, 96, 128)})


def _spans(length: int, parts: int, halo: int, stride: int) -> list[int]:
    return [piece.stop - piece.start for piece in stretches(length, parts, halo, stride)]


@lru_cache(maxsize=32)
def bytes_per_px(weights: Path, inputs: int, stride: int, slices: int = 0) -> int:
    """Memory that a network needs for each pixel of its window, from the tensors it holds at once.

    Parameters
    ----------
    weights : Path
        ONNX file with one input.
    inputs : int
        Channels of the input.
    stride : int
        Pixels of the window are multiples of it.
    slices : int
        Length of the input along z; 0 for networks in the plane.

    Returns
    -------
    int
        `USUAL_BYTES_PER_PX` where the sizes of the tensors cannot be inferred.
    """
    import onnx
    from onnx import shape_inference

    side = up_to_multiple(128, stride)
    shape = (1, inputs, slices, side, side) if slices else (1, inputs, side, side)
    try:
        model = onnx.load(weights, load_external_data=False)
        dims = model.graph.input[0].type.tensor_type.shape
        del dims.dim[:]
        for size in shape:
            dims.dim.add().dim_value = size
        for output in model.graph.output:
            output.type.tensor_type.ClearField("shape")
        graph = shape_inference.infer_shapes(model, data_prop=True).graph
        return max(1, _peak_bytes(graph) // (side * side))
    except (shape_inference.InferenceError, ValueError, KeyError):
        return USUAL_BYTES_PER_PX


def _peak_bytes(graph: Any) -> int:
    """The most that tensors occupy at once when nodes run in order and each tensor goes after its last use.

    Raises
    ------
    KeyError, ValueError
        If the size of a tensor is not known.
    """
    known = {item.name: _bytes(item) for item in (*graph.input, *graph.value_info, *graph.output)}
    last_use = {name: place for place, node in enumerate(graph.node) for name in node.input}
    kept = {item.name for item in graph.output}
    live = {item.name: known[item.name] for item in graph.input if item.name in last_use}
    peak = 0
    for place, node in enumerate(graph.node):
        live |= {name: known[name] for name in node.output if name}
        peak = max(peak, sum(live.values()))
        live = {
            name: size for name, size in live.items() if name in kept or last_use.get(name, place) > place
        }
    return peak


def _bytes(item: Any) -> int:
    sizes = [dim.dim_value for dim in item.type.tensor_type.shape.dim]
    if any(size <= 0 for size in sizes):
        raise ValueError(f"{item.name} has no known size")
    return int(np.prod(sizes, dtype=np.int64)) * 4
