"""Which of several colours, channels or frames is meant: asked, never guessed."""

from __future__ import annotations

from pathlib import Path
from typing import Final

from core.errors import AmbiguousInputError, ParameterError

COLOURS: Final = ("red", "green", "blue", "alpha")
COLOUR_PHOTOMETRIC: Final = (2, 6)  # TIFF: RGB, YCbCr


def sample_names(samples: int, *, coloured: bool) -> tuple[str, ...]:
    """Names of the values that one pixel holds."""
    if samples == 1:
        return ("grey",)
    if samples == 2:
        return ("grey", "transparency")
    if coloured and samples <= len(COLOURS):
        return COLOURS[:samples]
    return tuple(str(number) for number in range(1, samples + 1))


def chosen_sample(
    names: tuple[str, ...], wanted: str | None, path: Path
) -> tuple[int, tuple[str, ...], tuple[str, ...]]:
    """Index of the value to deliver of each pixel, notes, and all choices.

    Raises
    ------
    AmbiguousInputError
        If there are several and none is asked for.
    """
    if len(names) == 1:
        return 0, (), ()
    if names[0] == "grey":
        return 0, ("the transparency of each pixel is left out.",), ()
    coloured = names[0] == COLOURS[0]
    what = "a colour image" if coloured else f"{len(names)} channels"
    index = pick(names, wanted, path, what)
    note = f"only the channel {names[index]} of {len(names)} is read."
    return index, (note,), names


def pick(choices: tuple[str, ...], wanted: str | None, path: Path, what: str) -> int:
    """Index of the choice called `wanted` (case does not matter).

    Raises
    ------
    AmbiguousInputError
        If nothing is asked for.
    ParameterError
        If there is no such choice.
    """
    if wanted is None:
        raise AmbiguousInputError(
            f"{path.name} is {what}" if what.startswith("a ") else f"{path.name} holds {what}",
            choices=choices,
            option="dataset",
            expected="one grey value per voxel",
            got=", ".join(choices[:20]),
            remedy="choose one of them (command line: --dataset NAME)",
        )
    folded = [choice.casefold() for choice in choices]
    if wanted.casefold() not in folded:
        raise ParameterError(
            f"{path.name} has no '{wanted}'",
            expected=", ".join(choices[:50]),
            got=wanted,
            remedy="choose one of them",
        )
    return folded.index(wanted.casefold())


def chosen_plane(
    sizes: dict[str, int], order: str, names: tuple[str, ...], wanted: str | None, path: Path
) -> tuple[range, tuple[str, ...], str, tuple[str, ...]]:
    """Indices of the planes that are the slices of one channel and frame.

    Parameters
    ----------
    sizes : dict
        Number of slices ``Z``, channels ``C`` and frames ``T``.
    order : str
        Order in the file, fastest first, for example ``CZT``.
    names : tuple of str
        Names of the channels, where known.
    wanted : str or None
        The choice.
    path : Path
        For messages.

    Returns
    -------
    tuple
        Range of plane indices, all choices, name of the chosen channel, notes.
    """
    depth, channels, frames = (sizes.get(axis, 1) for axis in "ZCT")
    notes: tuple[str, ...] = ()
    if depth == 1 and frames > 1:
        depth, frames = frames, 1
        order = "".join({"Z": "T", "T": "Z"}.get(axis, axis) for axis in order)
        notes = ("the images are marked as frames in time; they are taken as slices.",)
    steps, stride = {}, 1
    counts = {"Z": depth, "C": channels, "T": frames}
    for axis in order:
        steps[axis] = stride
        stride *= counts[axis]
    if channels == 1 and frames == 1:
        return range(0, depth * steps["Z"], steps["Z"]), (), "", notes
    labels = (
        names
        if len(names) == channels and len(set(names)) == channels
        else tuple(map(str, range(1, channels + 1)))
    )
    if frames == 1:
        choices = labels
    elif channels == 1:
        choices = tuple(f"t{frame + 1}" for frame in range(frames))
    else:
        choices = tuple(f"{label}-t{frame + 1}" for frame in range(frames) for label in labels)
    index = pick(
        choices,
        wanted,
        path,
        f"{channels} channels and {frames} frames" if frames > 1 else f"{channels} channels",
    )
    frame, channel = divmod(index, channels)
    start = frame * steps.get("T", 0) + channel * steps.get("C", 0)
    return range(start, start + depth * steps["Z"], steps["Z"]), choices, choices[index], notes
