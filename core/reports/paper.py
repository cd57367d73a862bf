"""A report as PDF on A4 pages: text as text, figures as vectors, the same bytes for the same content."""

from __future__ import annotations

from collections.abc import Sequence
from functools import cache
from pathlib import Path
from typing import Any

from core.job import Job
from core.reports.document import Block
from core.reports.drawing import MM_PER_INCH, draw, drawing_style, printable, size_mm
from core.reports.layout import LEFT, PAGE_MM, RIGHT, Box, Font, Item, Placed, Words, pages_of

FAMILIES = {"plain": "DejaVu Sans", "bold": "DejaVu Sans", "mono": "DejaVu Sans Mono"}
FOOT_MM = 284.0


def write_pdf(path: Path, title: str, blocks: Sequence[Block], job: Job) -> int:
    """Write the file; return the number of pages.

    Raises
    ------
    OSError
        If it cannot be written.
    Cancelled
        If the job was stopped; what is there of the file is of no use.
    """
    from matplotlib.backends.backend_pdf import PdfPages

    nothing = {"CreationDate": None, "Creator": None, "Title": title}
    with drawing_style("paper"):
        pages = pages_of(blocks, text_width_mm, size_mm)
        with PdfPages(path, metadata=nothing) as pdf:
            for number, items in job.track(enumerate(pages, start=1), len(pages), "Pages"):
                foot = [
                    Words(LEFT, FOOT_MM, title[:90], 7.0, colour="#55606e"),
                    _right(f"{number} / {len(pages)}"),
                ]
                pdf.savefig(page_figure([*items, *foot], job))
    return len(pages)


def _right(text: str) -> Words:
    return Words(RIGHT - text_width_mm(text, "plain", 7.0), FOOT_MM, text, 7.0, colour="#55606e")


def page_figure(items: Sequence[Item], job: Job) -> Any:
    """One page as a matplotlib figure."""
    from matplotlib.figure import Figure
    from matplotlib.patches import Rectangle

    width, height = PAGE_MM
    figure = Figure(figsize=(width / MM_PER_INCH, height / MM_PER_INCH))
    for item in items:
        job.check()
        match item:
            case Box(x, y, w, h, colour):
                corner = (x / width, 1 - (y + h) / height)
                figure.add_artist(Rectangle(corner, w / width, h / height, facecolor=colour, linewidth=0))
            case Placed(x, y, picture):
                draw(figure, picture, x, y)
            case Words():
                _write(figure, item)
    return figure


def _write(figure: Any, words: Words) -> None:
    # Lines stand on their base line: letters with descenders must not lift the others.
    base_mm = words.y + 0.95 * words.size_pt * MM_PER_INCH / 72
    figure.text(
        words.x / PAGE_MM[0],
        1 - base_mm / PAGE_MM[1],
        _kept(words.text),
        fontsize=words.size_pt,
        family=FAMILIES[words.font],
        fontweight="bold" if words.font == "bold" else "normal",
        color=words.colour,
        va="baseline",
    )


def _kept(text: str) -> str:
    """Printable, with the spaces at the start of a line of code."""
    return " " * (len(text) - len(text.lstrip(" "))) + printable(text)


def text_width_mm(text: str, font: Font, size_pt: float) -> float:
    """Width of a text on paper, without kerning."""
    return sum(_advance(sign, font) for sign in text) * size_pt * MM_PER_INCH / 72


@cache
def _advance(sign: str, font: Font) -> float:
    """Width of a sign as a share of the size of the font."""
    from matplotlib.font_manager import FontProperties, findfont, get_font
    from matplotlib.ft2font import LoadFlags

    weight = "bold" if font == "bold" else "normal"
    face = get_font(findfont(FontProperties(family=FAMILIES[font], weight=weight)))
    face.set_size(100, 72)
    shown = printable(sign) or " "
    return float(face.load_char(ord(shown), flags=LoadFlags.NO_HINTING).linearHoriAdvance) / 65536 / 100
