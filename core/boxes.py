"""Boxes within a slice, as people type them: ``120-180, 0-1024`` is rows 120 to 179, columns 0 to 1023."""

from __future__ import annotations

import re
from typing import Final, TypeAlias

from core.errors import ParameterError

Box: TypeAlias = tuple[int, int, int, int]
"""First row, first row after, first column, first column after, in px (``y0, y1, x0, x1``)."""

MAX_BOXES: Final = 1000
_RANGE: Final = r"([0-9]{1,7})\s*[-–:]\s*([0-9]{1,7})"
_BOX: Final = re.compile(rf"\s*{_RANGE}\s*,\s*{_RANGE}\s*")


def box_of(text: str) -> Box | None:
    """Box that a text such as ``120-180, 0-1024`` (rows, columns; ends are not part of it) stands for.

    Returns
    -------
    tuple of int or None
        ``(y0, y1, x0, x1)`` in px; None for an empty text.

    Raises
    ------
    ValueError
        If the text is no box, or holds no pixel.
    """
    if not text.strip():
        return None
    match = _BOX.fullmatch(text)
    if match is None:
        raise ValueError(f"'{text.strip():.40}' is no box such as 120-180, 0-1024 (rows, columns)")
    y0, y1, x0, x1 = (int(number) for number in match.groups())
    if y0 >= y1 or x0 >= x1:
        raise ValueError(f"'{text.strip():.40}' holds no pixel: each range has to end after its start")
    return y0, y1, x0, x1


def boxes_of(text: str) -> tuple[Box, ...]:
    """Boxes of a text in which they stand between semicolons.

    Raises
    ------
    ValueError
        If a part is no box, or there are more than `MAX_BOXES`.
    """
    parts = [part for part in text.split(";") if part.strip()]
    if len(parts) > MAX_BOXES:
        raise ValueError(f"{len(parts)} boxes are more than {MAX_BOXES}")
    return tuple(box for part in parts if (box := box_of(part)) is not None)


def text_of(*boxes: Box) -> str:
    """The text that `boxes_of` reads (and `box_of`, if it is one box)."""
    return "; ".join(f"{y0}-{y1}, {x0}-{x1}" for y0, y1, x0, x1 in boxes)


def require_inside(box: Box, shape_yx: tuple[int, int], *, what: str) -> Box:
    """The box, if it lies within slices of this shape.

    Parameters
    ----------
    box : tuple of int
        ``(y0, y1, x0, x1)`` in px.
    shape_yx : tuple of int
        Rows and columns of a slice.
    what : str
        For the message (``thickness: the region``).

    Raises
    ------
    ParameterError
        If a part of it lies outside.
    """
    rows, columns = shape_yx
    if box[1] > rows or box[3] > columns:
        raise ParameterError(
            f"{what} does not lie within the slices",
            expected=f"within {text_of((0, rows, 0, columns))}",
            got=text_of(box),
        )
    return box
