"""Where everything stands on A4 pages: lines are broken, tables split between rows, nothing is cut.

The only thing asked of a library is how wide a sign is.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, field
from typing import Literal, TypeAlias

from core.reports.document import Block, Cell, Code, Drawing, Heading, Note, Paragraph, Table, text_of
from core.reports.pictures import Picture

PAGE_MM = (210.0, 297.0)
LEFT, RIGHT, TOP, BOTTOM = 20.0, 190.0, 18.0, 277.0
WIDTH = RIGHT - LEFT
MM_PER_PT = 25.4 / 72
LINE = 1.35
Font: TypeAlias = Literal["plain", "bold", "mono"]
Measure: TypeAlias = Callable[[str, Font, float], float]
"""Width in mm of a text in a font at a size in points."""

HEADING_PT = {1: 16.0, 2: 12.0, 3: 10.0}
TEXT_PT, CELL_PT, CODE_PT, CAPTION_PT = 9.0, 7.5, 7.0, 7.5


@dataclass(frozen=True)
class Words:
    """One line of text; `y` is its upper border, all in mm from the upper left corner of the page."""

    x: float
    y: float
    text: str
    size_pt: float
    font: Font = "plain"
    colour: str = "#1c2430"


@dataclass(frozen=True)
class Box:
    """A filled rectangle; thin ones are lines."""

    x: float
    y: float
    width: float
    height: float
    colour: str


@dataclass(frozen=True)
class Placed:
    """A figure at its place."""

    x: float
    y: float
    picture: Picture


Item: TypeAlias = Words | Box | Placed


def pages_of(
    blocks: Sequence[Block], measure: Measure, size_mm: Callable[[Picture], tuple[float, float]]
) -> list[list[Item]]:
    """Lay out blocks on pages.

    Parameters
    ----------
    blocks : sequence of Block
        In order.
    measure : callable
        Width of texts.
    size_mm : callable
        Width and height of figures; none is higher than a page.
    """
    flow = _Flow(measure, size_mm)
    for index, block in enumerate(blocks):
        following = blocks[index + 1] if index + 1 < len(blocks) else None
        flow.add(block, following)
    return flow.pages


def broken(text: str, width: float, font: Font, size_pt: float, measure: Measure) -> list[str]:
    """Lines no wider than `width` mm, broken at spaces; words that are wider are broken anywhere."""
    lines: list[str] = []
    for paragraph in text.splitlines() or [""]:
        line = ""
        for word in paragraph.split(" "):
            together = f"{line} {word}" if line else word
            if measure(together, font, size_pt) <= width:
                line = together
                continue
            if line:
                lines.append(line)
            *pieces, line = _pieces(word, width, font, size_pt, measure)
            lines += pieces
        lines.append(line)
    return lines


def _pieces(word: str, width: float, font: Font, size_pt: float, measure: Measure) -> list[str]:
    pieces = [""]
    for sign in word:
        if pieces[-1] and measure(pieces[-1] + sign, font, size_pt) > width:
            pieces.append("")
        pieces[-1] += sign
    return pieces


@dataclass
class _Flow:
    """Fills one page after the other."""

    measure: Measure
    size_mm: Callable[[Picture], tuple[float, float]]
    pages: list[list[Item]] = field(default_factory=lambda: [[]])
    y: float = TOP

    def add(self, block: Block, following: Block | None) -> None:
        match block:
            case Heading():
                self._heading(block, following)
            case Paragraph(text):
                self._lines(text, TEXT_PT, after=1.5)
            case Note():
                self._note(block)
            case Code(text):
                self._lines(text, CODE_PT, font="mono", after=2)
            case Drawing(picture):
                self._picture(picture)
            case Table():
                self._table(block)

    # ---- room
    def _need(self, height: float) -> bool:
        """Start a page where the rest of this one is too short; say whether that was so."""
        if self.y + height <= BOTTOM or self.y == TOP:
            return False
        self.pages.append([])
        self.y = TOP
        return True

    def _put(self, item: Item) -> None:
        self.pages[-1].append(item)

    def _least(self, block: Block | None) -> float:
        """Height that has to follow a heading on the same page."""
        match block:
            case Drawing(picture):
                return self._picture_height(picture)
            case Heading(_, level):
                return HEADING_PT[level] * LINE * MM_PER_PT + 25
            case None:
                return 0
        return 16

    # ---- blocks
    def _heading(self, block: Heading, following: Block | None) -> None:
        size = HEADING_PT[block.level]
        lines = broken(block.text, WIDTH, "bold", size, self.measure)
        height = len(lines) * size * LINE * MM_PER_PT
        before = 0.0 if self.y == TOP else {1: 0.0, 2: 5.0, 3: 3.0}[block.level]
        if not self._need(before + height + 2 + self._least(following)):
            self.y += before
        for line in lines:
            self._put(Words(LEFT, self.y, line, size, "bold"))
            self.y += size * LINE * MM_PER_PT
        if block.level == 2:
            self._put(Box(LEFT, self.y, WIDTH, 0.2, "#9aa3af"))
        self.y += 2

    def _lines(
        self,
        text: str,
        size: float,
        *,
        font: Font = "plain",
        after: float = 0,
        x: float = LEFT,
        width: float = WIDTH,
    ) -> None:
        step = size * LINE * MM_PER_PT
        for line in broken(text, width, font, size, self.measure):
            self._need(step)
            self._put(Words(x, self.y, line, size, font))
            self.y += step
        self.y += after

    def _note(self, note: Note) -> None:
        lines = broken(note.text, WIDTH - 6, "plain", TEXT_PT, self.measure)
        step = TEXT_PT * LINE * MM_PER_PT
        fill, edge = ("#e8f1fa", "#0072b2") if note.good else ("#fff5dd", "#d9a400")
        while lines:
            self._need(step + 2)
            fits = max(1, int((BOTTOM - self.y - 2) / step))
            here, lines = lines[:fits], lines[fits:]
            height = len(here) * step + 2
            self._put(Box(LEFT, self.y, WIDTH, height, fill))
            self._put(Box(LEFT, self.y, 1.0, height, edge))
            for number, line in enumerate(here):
                self._put(Words(LEFT + 3.5, self.y + 1 + number * step, line, TEXT_PT))
            self.y += height
        self.y += 1.5

    def _caption(self, picture: Picture) -> tuple[float, float, list[str]]:
        """Left border, distance below the figure's upper border, and lines: beside narrow figures."""
        width, height = self.size_mm(picture)
        beside = width <= WIDTH / 2
        room = WIDTH - width - 4 if beside else WIDTH
        lines = broken(picture.caption, room, "plain", CAPTION_PT, self.measure)
        return (LEFT + width + 4, 6.0, lines) if beside else (LEFT, height + 0.5, lines)

    def _picture_height(self, picture: Picture) -> float:
        _x, below, lines = self._caption(picture)
        return max(self.size_mm(picture)[1], below + len(lines) * CAPTION_PT * LINE * MM_PER_PT)

    def _picture(self, picture: Picture) -> None:
        height = self._picture_height(picture)
        self._need(height)
        x, below, lines = self._caption(picture)
        self._put(Placed(LEFT, self.y, picture))
        for number, line in enumerate(lines):
            y = self.y + below + number * CAPTION_PT * LINE * MM_PER_PT
            self._put(Words(x, y, line, CAPTION_PT, colour="#55606e"))
        self.y += height + 4

    # ---- tables
    def _table(self, table: Table) -> None:
        total = sum(table.widths)
        widths = [WIDTH * share / total for share in table.widths]
        head = self._cells(table.head, widths, "bold") if table.head else []
        self._table_row(head, widths, line="#1c2430")
        for row in table.rows:
            part = len(row) == 1
            cells = self._cells(row, [WIDTH] if part else widths, "bold" if part else "plain")
            # The title of a part stays with the row after it.
            room = _height(cells) + (1.2 * CELL_PT if part else 0)
            if self._need(room) and head:
                self._table_row(head, widths, line="#1c2430")
            self._table_row(cells, [WIDTH] if part else widths, line="#9aa3af" if part else "#e3e7ec")
        self.y += 3

    def _cells(self, row: Sequence[str | Cell], widths: Sequence[float], font: Font) -> list[list[str]]:
        return [
            broken(text_of(cell), width - 2, font, CELL_PT, self.measure)
            for cell, width in zip(row, widths, strict=True)
        ]

    def _table_row(self, cells: Sequence[Sequence[str]], widths: Sequence[float], *, line: str) -> None:
        if not cells:
            return
        self._need(_height(cells))
        for x, item in _positions(cells, widths):
            for number, text in enumerate(item):
                y = self.y + 0.6 + number * CELL_PT * LINE * MM_PER_PT
                self._put(Words(x, y, text, CELL_PT, "bold" if line != "#e3e7ec" else "plain"))
        self.y += _height(cells)
        self._put(Box(LEFT, self.y - 0.15, WIDTH, 0.15, line))


def _height(cells: Sequence[Sequence[str]]) -> float:
    return max((len(cell) for cell in cells), default=0) * CELL_PT * LINE * MM_PER_PT + 1.2


def _positions(
    cells: Sequence[Sequence[str]], widths: Sequence[float]
) -> Iterator[tuple[float, Sequence[str]]]:
    x = LEFT
    for cell, width in zip(cells, widths, strict=True):
        yield x, cell
        x += width
