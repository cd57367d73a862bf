"""What a report consists of, before it becomes a web page or paper: headings, sentences, tables, figures.

Both outputs are made from the same blocks, so they cannot say different things.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TypeAlias

from core.reports.numbers import Value
from core.reports.pictures import Picture


@dataclass(frozen=True)
class Heading:
    """A heading; level 1 is the title."""

    text: str
    level: int = 2


@dataclass(frozen=True)
class Paragraph:
    """Sentences."""

    text: str


@dataclass(frozen=True)
class Note:
    """Sentences that have to be seen."""

    text: str
    good: bool = False


@dataclass(frozen=True)
class Cell:
    """A number with its unrounded value."""

    text: str
    value: Value = None


@dataclass(frozen=True)
class Table:
    """Rows of texts and numbers.

    Attributes
    ----------
    head : tuple of str
        One text per column; empty for no head.
    rows : tuple of tuple
        A row of a single cell is a heading within the table.
    widths : tuple of float
        Shares of the width of a page, for paper.
    """

    head: tuple[str, ...]
    rows: tuple[tuple[str | Cell, ...], ...]
    widths: tuple[float, ...]


@dataclass(frozen=True)
class Code:
    """Lines kept as they are."""

    text: str


@dataclass(frozen=True)
class Drawing:
    """A figure with its caption."""

    picture: Picture


Block: TypeAlias = Heading | Paragraph | Note | Table | Code | Drawing


def text_of(cell: str | Cell) -> str:
    """What a cell shows."""
    return cell if isinstance(cell, str) else cell.text
