"""Which array of a container, and which of its axes, make the volume: asked where several do."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Final

from core.errors import AmbiguousInputError, DamagedFileError, ParameterError, UnsupportedFormatError
from core.io.guard import MAX_COMPRESSED_PIXELS
from core.volume import Shape

_MAX_CHANNELS: Final = 64
_INDEX: Final = re.compile(r"^(?P<name>.*?)(?:\[(?P<index>[\d,.\s]*)\])?$", re.DOTALL)


@dataclass(frozen=True)
class Selection:
    """Where the axes of an array go: an index for each axis left out, None for z, y and x in order."""

    index: tuple[int | None, ...]
    notes: tuple[str, ...] = ()

    def shape_of(self, shape: Sequence[int]) -> Shape:
        """Shape (z, y, x) of the selected volume; an image is a stack of one slice."""
        kept = [int(length) for length, at in zip(shape, self.index, strict=True) if at is None]
        z, y, x = [1, *kept] if len(kept) == 2 else kept
        return z, y, x


def region(selection: Selection, parts: Sequence[slice]) -> tuple[int | slice, ...]:
    """Index into the array for the three ranges `parts`."""
    wanted = list(parts[-sum(at is None for at in selection.index) :])
    return tuple(wanted.pop(0) if at is None else at for at in selection.index)


def candidates(shapes: Mapping[str, tuple[int, ...]]) -> dict[str, tuple[int, ...]]:
    """Arrays that could be a volume: those of three and more axes, else those of two."""
    sizes = {name: shape for name, shape in shapes.items() if len(shape) >= 2 and min(shape, default=0) > 0}
    deep = {name: shape for name, shape in sizes.items() if sum(length > 1 for length in shape) >= 3}
    return deep or sizes


def chosen(arrays: Mapping[str, tuple[int, ...]], wanted: str | None, path: Path) -> tuple[str, Selection]:
    """Name of the array that is meant, and where its axes go.

    Parameters
    ----------
    arrays : mapping of str to tuple of int
        Shape of each array that could be meant.
    wanted : str or None
        ``NAME`` or ``NAME[INDEX]``, where INDEX picks from the leading axes (``[...,INDEX]``: the last).
    path : Path
        For messages.

    Raises
    ------
    AmbiguousInputError
        If several answers are possible.
    ParameterError
        If there is no such array.
    """
    if not arrays:
        raise UnsupportedFormatError(
            f"{path.name} holds no image or volume of numbers", expected="an array of two or three axes"
        )
    name, index = _parsed(wanted)
    names = list(arrays)
    if name is None:
        if len(names) > 1:
            raise AmbiguousInputError(
                f"{path.name} holds {len(names)} data sets",
                choices=names,
                option="dataset",
                got=", ".join(f"{each} {arrays[each]}" for each in names[:12]),
                remedy="choose one of them (command line: --dataset NAME)",
            )
        name = names[0]
    match = next((each for each in names if each.strip("/") == name.strip("/")), None)
    if match is None:
        raise ParameterError(f"{path.name} has no data set {name}", expected=", ".join(names[:50]), got=name)
    selection = _selection(match, arrays[match], index, path)
    shape = selection.shape_of(arrays[match])
    if min(shape) < 1:
        raise DamagedFileError(f"{path.name}: {match or 'the array'} holds no voxels", got=shape)
    if shape[1] * shape[2] > MAX_COMPRESSED_PIXELS:
        raise DamagedFileError(
            f"{path.name}: {match} claims slices of {shape[1] * shape[2]:,} pixels",
            expected=f"at most {MAX_COMPRESSED_PIXELS:,}",
            got=shape,
        )
    return match, selection


def _parsed(wanted: str | None) -> tuple[str | None, str | None]:
    match = None if wanted is None else _INDEX.match(wanted)
    if match is None:
        return None, None
    return match["name"], match["index"]


def _selection(name: str, shape: tuple[int, ...], index: str | None, path: Path) -> Selection:
    extra = len(shape) - 3
    if index is not None:
        return _indexed(name, shape, index, path)
    free: list[int | None] = [None] * len(shape)
    singles = [axis for axis, length in enumerate(shape) if length == 1]
    for axis in (*singles[:extra],) if extra > 0 else ():
        free[axis] = 0
    left = sum(at is None for at in free) - 3
    if left <= 0:
        return Selection(tuple(free))
    if left == 1 and extra == 1:
        last = shape[-1] <= 4 < shape[0]
        count = shape[-1] if last else shape[0]
        if count <= _MAX_CHANNELS:
            choices = [f"{name}[...,{i}]" if last else f"{name}[{i}]" for i in range(count)]
            raise AmbiguousInputError(
                f"{path.name}: {name} holds {count} channels",
                choices=choices,
                option="dataset",
                got=shape,
                remedy="choose one of them (command line: --dataset 'NAME[INDEX]')",
            )
    raise UnsupportedFormatError(
        f"{path.name}: {name} has {len(shape)} axes",
        expected="three axes (z, y, x)",
        got=shape,
        remedy="name the place on the leading axes (command line: --dataset 'NAME[INDEX,INDEX]')",
    )


def _indexed(name: str, shape: tuple[int, ...], text: str, path: Path) -> Selection:
    words = [word.strip() for word in text.split(",")]
    trailing = words[:1] == ["..."]
    numbers = [int(word) for word in words if word.isdecimal()]
    rest: list[int | None] = [None] * (len(shape) - len(numbers))
    index: tuple[int | None, ...] = (*rest, *numbers) if trailing else (*numbers, *rest)
    sound = len(numbers) + trailing == len(words) and 2 <= len(rest) <= 3
    if not sound or any(at is not None and at >= length for at, length in zip(index, shape, strict=False)):
        raise ParameterError(
            f"{path.name}: '{name}[{text}]' does not fit",
            expected=f"indices into the shape {shape}",
            got=text,
        )
    return Selection(index)
