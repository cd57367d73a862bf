"""How two volumes lie over each other, or channels; for workers, holds no Qt object."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from app.differences import Place
from app.framing import canvas_corner, framed
from app.laying import place_in
from app.quantities import ENTROPY, PROBABILITY, Quantity, quantity_of
from app.region import Region, cropped
from app.shelf import Shelf, Side
from app.tracing import input_slices, passes_through
from core.errors import ParameterError
from core.job import Job
from core.volume import Volume, VolumeInfo

CANNOT = "these two do not lie over each other"


@dataclass(frozen=True, eq=False)
class Pinned:
    """What is shown in place of the chosen step.

    Attributes
    ----------
    base, other : Volume
        Left and right; without the right one there is nothing to compare.
    offset : tuple of int
        Voxel of the left one at which the right one begins.
    names : tuple of str
        Of both.
    traced : sequence of int
        Slice of the input for each slice of the left one.
    count : int
        Steps that the left one has gone through.
    own : bool
        Whether the left one is a result of the shown channel as it is stored.
    quantity : Quantity or None
        What the right one holds.
    both : bool
        Whether the left one holds the same.
    channels : tuple of (name, Volume)
        Laid over each other in colours, the left one first.
    sources : tuple of Volume
        What it was made from; tells one from another.
    """

    base: Volume
    other: Volume | None
    offset: Place
    names: tuple[str, str]
    traced: Sequence[int]
    count: int
    own: bool
    quantity: Quantity | None = None
    both: bool = False
    channels: tuple[tuple[str, Volume], ...] = ()
    sources: tuple[Volume, ...] = ()


def paired(shelf: Shelf, left: Side, right: Side, shown: str) -> Pinned:
    """Lay two volumes over each other.

    Parameters
    ----------
    shown : str
        The channel that is chosen in the window.

    Raises
    ------
    ParameterError
        With the reason where that cannot be done.
    """
    first, second = shelf.require(left), shelf.require(right)
    at = place_of(shelf, left, right)
    base, other, offset = laid(first, second, at)
    names = tuple(side.name(shelf.recipe) for side in (left, right))
    if left.channel != right.channel and not (left.file or right.file):
        names = tuple(f"{side.channel} {name}" for side, name in zip((left, right), names, strict=True))
    where = left if left.file is None else _in_place_of(shelf, left, right)
    return Pinned(
        base,
        other,
        offset,
        (names[0], names[1]),
        _traced(shelf, where, base.info.shape[0]),
        where.count,
        base is first and left.channel == shown and left.file is None and left.part == "result",
        _quantity(shelf, right),
        _quantity(shelf, left) == _quantity(shelf, right),
        sources=(first, second),
    )


def place_of(shelf: Shelf, left: Side, right: Side) -> Place:
    """Voxel of the left volume at which the right one begins.

    Raises
    ------
    ParameterError
        If it is not known.
    """
    one, other = (
        side if side.file is None else _in_place_of(shelf, side, partner)
        for side, partner in ((left, right), (right, left))
    )
    if one.channel == other.channel:
        low, high = sorted((one.count, other.count))
        moved = chain(shelf, one.channel, low, high)
        return moved if one.count == low else _minus((0, 0, 0), moved)
    first, second = shelf.require(left).info.shape, shelf.require(right).info.shape
    inputs = {shelf.inputs[side.channel].info.shape for side in (one, other)}
    try:
        places = [chain(shelf, side.channel, 0, side.count) for side in (one, other)]
    except ParameterError:
        if one.count == other.count and first == second:
            return 0, 0, 0
        raise
    if len(inputs) > 1:
        raise ParameterError(CANNOT, expected="channels of one size", got=" and ".join(map(str, inputs)))
    return _minus(places[1], places[0])


def chain(shelf: Shelf, channel: str, low: int, high: int) -> Place:
    """Voxel of the volume after `low` steps at which that after `high` steps begins.

    Raises
    ------
    ParameterError
        Naming the step that puts its slices elsewhere.
    """
    place = (0, 0, 0)
    for index in range(low, high):
        entry = shelf.recipe.steps[index]
        if passes_through(entry):
            continue
        before, after = shelf.info(channel, index), shelf.info(channel, index + 1)
        found = None if before is None or after is None else _moved(shelf, channel, index, before, after)
        if found is None:
            raise ParameterError(
                CANNOT,
                expected="slices that stay in their place",
                got=f"step {index + 1} ({entry.step.label}) puts them elsewhere",
                remedy="compare results before it, or results after it",
            )
        place = (place[0] + found[0], place[1] + found[1], place[2] + found[2])
    return place


def _moved(shelf: Shelf, channel: str, index: int, before: VolumeInfo, after: VolumeInfo) -> Place | None:
    entry = shelf.recipe.steps[index]
    if entry.step.gather is not None:
        return None
    found = place_in(before, entry, after)
    if found is not None or before.shape[0] != after.shape[0]:
        return found
    corner = canvas_corner(entry, before, shelf.estimate(channel, index))
    return None if corner is None else (0, -corner[0], -corner[1])


def laid(left: Volume, right: Volume, at: Place) -> tuple[Volume, Volume, Place]:
    """Both volumes on the canvas of the one that holds the other, and where the right one begins.

    All slices of the left one stay; of the right one those beyond them are left out.

    Raises
    ------
    ParameterError
        If they have nothing in common.
    """
    pairs = list(zip(at, left.info.shape, right.info.shape, strict=True))
    low = [max(0, begin) for begin, _, _ in pairs]
    high = [min(n, begin + m) for begin, n, m in pairs]
    if any(first >= last for first, last in zip(low, high, strict=True)):
        shapes = f"{left.info.shape} and {right.info.shape}"
        raise ParameterError(CANNOT, expected="a part in common", got=f"{shapes}, {at} apart")
    holds = all(first <= 0 and first + m >= n for first, n, m in pairs[1:])
    if holds and right.info.shape[1:] != left.info.shape[1:]:
        left = framed(left, (-at[1], -at[2]), right.info.shape[1:])
        low[1:], high[1:] = (0, 0), right.info.shape[1:]
        at = (at[0], 0, 0)
    inside = Region(
        (low[0] - at[0], low[1] - at[1], low[2] - at[2]), (high[0] - at[0], high[1] - at[1], high[2] - at[2])
    )
    other = right if inside.shape == right.info.shape else cropped(right, inside)
    return left, other, (low[0], low[1], low[2])


def _minus(first: Place, second: Place) -> Place:
    return first[0] - second[0], first[1] - second[1], first[2] - second[2]


def _in_place_of(shelf: Shelf, file: Side, partner: Side) -> Side:
    """The result of the partner's channel that a file has the shape of, and is taken to lie over."""
    shape = shelf.require(file).info.shape
    if partner.file is not None:
        channel = next(iter(shelf.inputs))
        counts = [0, *range(len(shelf.recipe.steps), 0, -1)]
    else:
        channel = partner.channel
        counts = [partner.count, 0, *range(len(shelf.recipe.steps), 0, -1)]
    for count in counts:
        info = shelf.info(channel, count)
        if info is not None and info.shape == shape:
            return Side(channel, count)
    raise ParameterError(
        f"{file.name(shelf.recipe)} has another size than the stack and all its results",
        expected=shelf.inputs[channel].info.shape,
        got=shape,
        remedy="open a file of the same slices, rows and columns",
    )


def _quantity(shelf: Shelf, side: Side) -> Quantity | None:
    if side.part == "uncertainty":
        return ENTROPY
    if side.part == "probability":
        return PROBABILITY
    return quantity_of(shelf.recipe.steps[side.count - 1]) if side.count and side.file is None else None


def _traced(shelf: Shelf, side: Side, slices: int) -> Sequence[int]:
    """Slice of the input for each slice of a result."""

    def real(count: int) -> VolumeInfo | None:
        return shelf.info(side.channel, count)

    found = input_slices(shelf.inputs[side.channel].info, shelf.recipe, side.count, real)
    return found if len(found) == slices else range(slices)


# ---------------------------------------------------------------------------------- channels over each other
def overlaid(shelf: Shelf, channels: Sequence[str], shown: str, wanted: int, job: Job) -> Pinned:
    """Several channels over each other, after as many steps as all of them have gone through.

    Parameters
    ----------
    channels : sequence of str
        With the shown one.
    wanted : int
        After how many steps they are to be shown, if they are there.

    Raises
    ------
    ParameterError
        If they have different sizes.
    """
    order = (shown, *(name for name in channels if name != shown))
    for count in range(wanted, -1, -1):
        job.check()
        volumes = [shelf.volume(Side(name, count)) for name in order]
        there = [volume for volume in volumes if volume is not None]
        if len(there) == len(order) and len({volume.info.shape for volume in there}) == 1:
            base, name = there[0], Side(shown, count).name(shelf.recipe)
            traced = _traced(shelf, Side(shown, count), base.info.shape[0])
            pairs = tuple(zip(order, there, strict=True))
            return Pinned(
                base, None, (0, 0, 0), (name, name), traced, count, True, channels=pairs, sources=tuple(there)
            )
    shapes = {name: shelf.inputs[name].info.shape for name in order}
    raise ParameterError(
        "the channels cannot be laid over each other",
        expected="channels of one size",
        got=", ".join(f"{name} {shape}" for name, shape in shapes.items()),
        remedy="register the channels first",
    )
