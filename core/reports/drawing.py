"""Draw figures with matplotlib: sizes in mm, 8 pt, colours that everybody can tell apart, text as text.

Axes stand at fixed places, so that a figure looks the same alone, in a page, and on every machine.
"""

from __future__ import annotations

import contextlib
import io
import re
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any

from core.job import Job
from core.reports.numbers import number
from core.reports.pictures import Bar, Curve, Key, Level, Panel, Picture

PANEL_MM = (85.0, 58.0)
MARGINS_MM = (15.5, 3.5, 10.5, 5.5)
"""Left, right, bottom and top of the axes within a panel."""
KEY_MM = 4.3
HANDLE_MM, SIGN_MM = 10.5, 1.6
"""Of a legend: width of a line with its gaps, and of a sign."""
TITLE_SIGNS = 40
MM_PER_INCH = 25.4
FONT_PT = 8

PALETTE = ("#0072b2", "#d55e00", "#009e73", "#cc79a7", "#e69f00", "#56b4e9", "#000000")
"""Okabe M., Ito K., Color Universal Design (2008): told apart by colour-blind people, too."""
GREY = "#6b7480"
DASHES: tuple[Any, ...] = ("-", (0, (5, 1.6)), (0, (1.2, 1.4)), (0, (6, 1.5, 1.2, 1.5)))
STYLE: dict[Any, Any] = {
    "font.size": FONT_PT,
    "axes.titlesize": FONT_PT,
    "axes.labelsize": FONT_PT,
    "xtick.labelsize": FONT_PT - 1,
    "ytick.labelsize": FONT_PT - 1,
    "legend.fontsize": FONT_PT,
    "axes.linewidth": 0.6,
    "xtick.major.width": 0.6,
    "ytick.major.width": 0.6,
    "lines.linewidth": 1.2,
    "hatch.linewidth": 0.6,
    "axes.spines.top": False,
    "axes.spines.right": False,
    "axes.formatter.limits": (-6, 6),
    "text.parse_math": False,
    "svg.fonttype": "none",
    "pdf.fonttype": 42,
}
NOTHING_IS_STATED = {"Date": None, "Creator": None}


@contextlib.contextmanager
def drawing_style(name: str) -> Iterator[None]:
    """Use our settings, whatever the user's own are, for as long as the block lasts.

    Parameters
    ----------
    name : str
        From which the names of parts within an SVG are made: different figures can stand in one page.
    """
    import matplotlib

    with matplotlib.rc_context():
        matplotlib.rcdefaults()
        matplotlib.rcParams.update({**STYLE, "svg.hashsalt": f"trueslice {name}"})
        yield


def size_mm(picture: Picture) -> tuple[float, float]:
    """Width and height of a figure."""
    columns = min(2, len(picture.panels))
    rows = -(-len(picture.panels) // 2)
    width = columns * PANEL_MM[0]
    return width, rows * PANEL_MM[1] + KEY_MM * _key_rows(picture, width)


def svg(picture: Picture) -> str:
    """The figure as SVG, text as text; the same figure gives the same bytes."""
    stream = io.StringIO()
    with drawing_style(picture.name):
        _alone(picture).savefig(stream, format="svg", metadata=NOTHING_IS_STATED)
    text = stream.getvalue()
    # matplotlib numbers its groups; several figures in one page would have the same numbers.
    return re.sub(r'<g id="[^"]*"', "<g", text)


def inline_svg(picture: Picture, text: str = "") -> str:
    """The figure for a web page, half as large again; `text` is its SVG if that was drawn before."""
    text = text or svg(picture)
    width, height = (round(1.5 * mm * 96 / MM_PER_INCH) for mm in size_mm(picture))
    start = re.sub(r' (width|height)="[^"]*pt"', "", text[text.index("<svg") :], count=2)
    return start.replace("<svg", f'<svg width="{width}" height="{height}" role="img"', 1)


def write_figures_pdf(path: Path, pictures: Sequence[Picture], job: Job) -> None:
    """One figure a page, each page as large as its figure; text as text.

    A file of its own for each figure would hold the fonts again each time, which takes long.
    """
    from matplotlib.backends.backend_pdf import PdfPages

    with drawing_style("figures"), PdfPages(path, metadata={"CreationDate": None, "Creator": None}) as pages:
        for picture in job.track(pictures, len(pictures), "Figures as PDF"):
            pages.savefig(_alone(picture))


def _alone(picture: Picture) -> Any:
    from matplotlib.figure import Figure

    width, height = size_mm(picture)
    figure = Figure(figsize=(width / MM_PER_INCH, height / MM_PER_INCH))
    draw(figure, picture, 0.0, 0.0)
    return figure


def draw(figure: Any, picture: Picture, left_mm: float, top_mm: float) -> None:
    """Draw into a matplotlib figure with the upper left corner at a place, from its upper left corner."""
    page_width, page_height = (inches * MM_PER_INCH for inches in figure.get_size_inches())
    width, _height = size_mm(picture)
    rows = _key_rows(picture, width)
    _legends(figure, picture, left_mm, top_mm)
    left, right, bottom, top = MARGINS_MM
    for index, panel in enumerate(picture.panels):
        x = left_mm + (index % 2) * PANEL_MM[0] + left
        y = top_mm + KEY_MM * rows + (index // 2) * PANEL_MM[1] + top
        inner = (PANEL_MM[0] - left - right, PANEL_MM[1] - bottom - top)
        place = (x / page_width, 1 - (y + inner[1]) / page_height)
        axes = figure.add_axes((*place, inner[0] / page_width, inner[1] / page_height))
        (_bars if panel.bars else _lines)(axes, panel)


# ---- legend: results in one block, directions in another below it
def _blocks(picture: Picture) -> list[list[Key]]:
    results = [key for key in picture.keys if key.colour >= 0]
    directions = [key for key in picture.keys if key.colour < 0]
    return [keys for keys in (results, directions) if keys]


def _columns(keys: Sequence[Key], width: float) -> int:
    longest = max(len(_short(key.text, _most(width))) for key in keys)
    return max(1, min(len(keys), int((width - MARGINS_MM[0]) / (HANDLE_MM + SIGN_MM * longest))))


def _most(width: float) -> int:
    """Signs that a text in the legend may have."""
    return int((width - MARGINS_MM[0] - HANDLE_MM) / SIGN_MM)


def _key_rows(picture: Picture, width: float) -> int:
    return sum(-(-len(keys) // _columns(keys, width)) for keys in _blocks(picture))


def _short(text: str, most: int) -> str:
    text = printable(text)
    return text if len(text) <= most else text[: most - 1] + "…"


def _legends(figure: Any, picture: Picture, left_mm: float, top_mm: float) -> None:
    page_width, page_height = (inches * MM_PER_INCH for inches in figure.get_size_inches())
    width = size_mm(picture)[0]
    for keys in _blocks(picture):
        columns = _columns(keys, width)
        figure.legend(
            handles=[_handle(key, _most(width)) for key in keys],
            loc="upper left",
            bbox_to_anchor=((left_mm + MARGINS_MM[0]) / page_width, 1 - top_mm / page_height),
            ncols=columns,
            frameon=False,
            borderaxespad=0.2,
            borderpad=0.1,
            handlelength=3.0,
            columnspacing=1.5,
            labelspacing=0.35,
        )
        top_mm += KEY_MM * -(-len(keys) // columns)


def _handle(key: Key, most: int) -> Any:
    from matplotlib.lines import Line2D
    from matplotlib.patches import Patch

    text = _short(key.text, most)
    if key.patch:
        return Patch(facecolor=colour_of(key.colour), label=text)
    return Line2D([], [], color=colour_of(key.colour), linestyle=DASHES[key.dash % len(DASHES)], label=text)


# ---- panels
def _lines(axes: Any, panel: Panel) -> None:
    for level in panel.levels:
        _level(axes, level)
    for curve in panel.curves:
        _curve(axes, curve)
    if panel.log_x:
        _logarithmic(axes, axes.xaxis, (1.0, 2.0, 5.0))
    elif panel.from_zero:
        axes.set_xlim(left=0)
    if panel.log_y:
        _logarithmic(axes, axes.yaxis, (1.0,))
    elif panel.from_zero:
        axes.set_ylim(bottom=0)
    if panel.whole_x:
        axes.xaxis.get_major_locator().set_params(integer=True)
    _labels(axes, panel)


def _logarithmic(axes: Any, axis: Any, marks: tuple[float, ...]) -> None:
    """A logarithmic axis whose labels are plain text."""
    from matplotlib.ticker import LogLocator, NullLocator

    (axes.set_xscale if axis is axes.xaxis else axes.set_yscale)("log")
    axis.set_major_locator(LogLocator(subs=marks))
    axis.set_minor_locator(NullLocator())
    axis.set_major_formatter(_tick)


def _tick(value: float, _place: int | None) -> str:
    return number(float(value), digits=3) if value < 1e5 else number(float(f"{value:.3e}"), digits=3)


def _curve(axes: Any, curve: Curve) -> None:
    colour, dash = colour_of(curve.colour), DASHES[curve.dash % len(DASHES)]
    if curve.steps:
        axes.stairs(curve.y, curve.x, color=colour, linestyle=dash, linewidth=1.2)
    elif curve.error:
        axes.errorbar(
            curve.x, curve.y, curve.error, color=colour, marker="o", markersize=3, capsize=2, elinewidth=0.8
        )
    else:
        marker = "o" if curve.dots else None
        axes.plot(curve.x, curve.y, color=colour, linestyle=dash, marker=marker, markersize=3)


def _level(axes: Any, level: Level) -> None:
    colour = colour_of(level.colour)
    if level.half:
        low, high = level.y - level.half, level.y + level.half
        axes.axhspan(low, high, color=colour, alpha=0.15, linewidth=0)
    axes.axhline(level.y, color=colour, linewidth=0.7, linestyle=(0, (1, 2)))
    if level.text:
        place = {
            "xycoords": ("axes fraction", "data"),
            "textcoords": "offset points",
            "annotation_clip": False,
        }
        axes.annotate(
            level.text, (1, level.y), xytext=(-1, 1), ha="right", va="bottom", color=colour, **place
        )


def _bars(axes: Any, panel: Panel) -> None:
    greatest = max((bar.value for bar in panel.bars if bar.value is not None), default=0.0) or 1.0
    for place, bar in enumerate(panel.bars):
        _bar(axes, place, bar, greatest)
    places = [place for place, bar in enumerate(panel.bars) if bar.label]
    group = len(panel.bars) / max(1, len(places))
    middle = [place + (group - 1) / 2 for place in places]
    axes.set_yticks(middle, [bar.label for bar in panel.bars if bar.label])
    axes.tick_params(axis="y", length=0)
    axes.set_ylim(len(panel.bars) - 0.4, -0.6)
    axes.set_xlim(0, 1.25 * greatest)
    _labels(axes, panel)


def _bar(axes: Any, place: int, bar: Bar, greatest: float) -> None:
    colour = colour_of(bar.colour)
    if bar.value is not None:
        fill = {"facecolor": "white", "hatch": "/////"} if bar.hatched else {"facecolor": colour}
        axes.barh(place, bar.value, 0.78, edgecolor=colour, linewidth=0.8, **fill)
    axes.text((bar.value or 0) + 0.02 * greatest, place, bar.text, va="center", fontsize=FONT_PT - 1)


def _labels(axes: Any, panel: Panel) -> None:
    axes.set_xlabel(printable(panel.x_label), labelpad=2)
    axes.set_ylabel(printable(panel.y_label), labelpad=2)
    axes.set_title(_short(panel.title, TITLE_SIGNS), loc="left", pad=3, fontweight="bold")


def colour_of(number: int) -> str:
    """Colour of a number; grey for what is only for orientation."""
    return GREY if number < 0 else PALETTE[number % len(PALETTE)]


def printable(text: str) -> str:
    """The text in one line, with � for signs that the fonts of figures and PDF lack."""
    from matplotlib.font_manager import findfont, get_font

    known = get_font(findfont("DejaVu Sans")).get_charmap()
    return "".join(
        sign if ord(sign) in known else "\N{REPLACEMENT CHARACTER}" for sign in " ".join(text.split())
    )
