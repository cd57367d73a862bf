"""A figure as data: panels with curves, bands, levels and bars; nothing here draws."""

from __future__ import annotations

from dataclasses import dataclass

from core.measure.results import Values

REFERENCE = -1
"""Colour number of what is only there for orientation: grey."""


@dataclass(frozen=True)
class Curve:
    """Connected points.

    Attributes
    ----------
    x, y : tuple of float
        Equally long; where `steps` is set, `x` holds the borders of bins and is one longer.
    colour, dash : int
        Numbers within the palette and the line styles.
    error : tuple of float
        Half lengths of error bars; empty for none. Points with error bars are marked.
    steps : bool
        Drawn as a histogram without filling.
    dots : bool
        Points are marked.
    """

    x: Values
    y: Values
    colour: int = 0
    dash: int = 0
    error: Values = ()
    steps: bool = False
    dots: bool = False


@dataclass(frozen=True)
class Level:
    """A horizontal line with its name, and a band of `half` above and below it where that is not 0."""

    y: float
    text: str = ""
    colour: int = REFERENCE
    half: float = 0.0


@dataclass(frozen=True)
class Bar:
    """One horizontal bar; without a value, only the text."""

    label: str
    value: float | None
    text: str
    colour: int = 0
    hatched: bool = False


@dataclass(frozen=True)
class Panel:
    """One pair of axes, or a table of bars where there are bars."""

    title: str
    x_label: str
    y_label: str
    curves: tuple[Curve, ...] = ()
    levels: tuple[Level, ...] = ()
    bars: tuple[Bar, ...] = ()
    log_x: bool = False
    log_y: bool = False
    whole_x: bool = False
    from_zero: bool = True


@dataclass(frozen=True)
class Key:
    """One entry of the legend: a line, or a patch where it stands for bars."""

    text: str
    colour: int
    dash: int = 0
    patch: bool = False
    hatched: bool = False


@dataclass(frozen=True)
class Picture:
    """A figure: one panel is 85 mm wide, more stand in rows of two, 170 mm wide.

    Attributes
    ----------
    name : str
        File name without ending.
    caption : str
        What is shown, with its definition.
    panels : tuple of Panel
        At least one.
    keys : tuple of Key
        Legend above the panels.
    """

    name: str
    caption: str
    panels: tuple[Panel, ...]
    keys: tuple[Key, ...] = ()
