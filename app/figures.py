"""What the plots of measures show: plain values made from results, without widgets."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from core.measure.results import AxisCurves, Distribution, Measured, PhaseResult

Values = npt.NDArray[np.float64]
AXES = ("z", "y", "x")
UNKNOWN = "Not known: see the notes."
NOT_MEASURED = "Not measured: the settings of a Measure step choose what is; or not known: see the notes."


@dataclass(frozen=True, eq=False)
class Line:
    """One curve.

    Attributes
    ----------
    name : str
        What the legend says; empty for none.
    x, y : ndarray, shape (n,)
        For ``steps`` x holds the n + 1 borders of the bins.
    sd : ndarray, shape (n,), or None
        Half lengths of error bars.
    kind : str
        ``line``, ``points`` (with a line) or ``steps``.
    """

    name: str
    x: Values
    y: Values
    sd: Values | None = None
    kind: str = "line"


@dataclass(frozen=True, eq=False)
class Figure:
    """One plot.

    Attributes
    ----------
    x_label, y_label : str
        With units.
    lines : tuple of Line
        What is drawn; none: `message` says why.
    levels : tuple of (str, float)
        Named horizontal lines.
    log_y : bool
        Whether the vertical axis is logarithmic.
    whole_x : bool
        Whether the horizontal axis counts.
    message : str
        What to say where there is nothing to draw.
    """

    x_label: str
    y_label: str
    lines: tuple[Line, ...] = ()
    levels: tuple[tuple[str, float], ...] = ()
    log_y: bool = False
    whole_x: bool = False
    message: str = UNKNOWN


PLOTS: dict[str, str] = {
    "fraction": "Fraction per slice",
    "tpcf": "Two-point correlation",
    "lineal": "Lineal path",
    "chords": "Chord lengths",
    "thickness": "Local thickness",
    "representative": "Representative size",
    "components": "Components",
}


def figure_of(name: str, found: Measured, phase: PhaseResult) -> Figure:
    """The plot of one quantity of a phase; ``fraction`` is drawn elsewhere, one value per slice."""
    makers: dict[str, Callable[[Measured, PhaseResult], Figure]] = {
        "tpcf": _correlation,
        "lineal": _lineal_path,
        "chords": _chords,
        "thickness": _thickness,
        "representative": _representative,
        "components": _components,
    }
    return makers[name](found, phase)


def _correlation(found: Measured, phase: PhaseResult) -> Figure:
    lines, unit = _along(found, phase.tpcf)
    square = phase.fraction**2
    return Figure(
        f"distance ({unit})", "correlation S\N{SUBSCRIPT TWO}", lines,
        ((f"φ² = {square:.3g}", square),),
    )  # fmt: skip


def _lineal_path(found: Measured, phase: PhaseResult) -> Figure:
    lines, unit = _along(found, phase.lineal_path)
    return Figure(f"length ({unit})", "lineal path L", lines)


def _along(found: Measured, curves: AxisCurves | None) -> tuple[tuple[Line, ...], str]:
    """Curves over distance: in nm where every axis that is drawn has its size, else in voxels."""
    values = (
        {}
        if curves is None
        else {
            # Beyond half a side there are few places to count, and much noise to see.
            axis: getattr(curves, axis)[: max(2, side // 2 + 1)]
            for axis, side in zip(AXES, found.shape_zyx, strict=True)
        }
    )
    drawn = {axis: each for axis, each in values.items() if len(each) > 1}
    steps = dict(zip(AXES, found.step_nm, strict=True))
    known = bool(drawn) and all(steps[axis] is not None for axis in drawn)
    lines = []
    for axis, each in drawn.items():
        step = (steps[axis] or 1.0) if known else 1.0
        lines.append(Line(axis, np.arange(len(each), dtype=np.float64) * step, np.asarray(each, np.float64)))
    return tuple(lines), "nm" if known else "px"


def _chords(_found: Measured, phase: PhaseResult) -> Figure:
    chords = phase.chords
    each = {} if chords is None else {axis: getattr(chords, axis) for axis in AXES}
    lines = [_steps(axis, one) for axis, one in each.items() if one is not None and one.count]
    return Figure("chord length (nm)", "share of chords", tuple(lines))


def _thickness(_found: Measured, phase: PhaseResult) -> Figure:
    one = phase.thickness
    lines = () if one is None or not one.count else (_steps("", one),)
    said = NOT_MEASURED if one is None else "No voxels of this phase."
    return Figure("local thickness (nm)", "share of volume", lines, message=said)


def _steps(name: str, one: Distribution) -> Line:
    shown = name and f"{name}: mean {one.mean_nm:.3g} nm"
    return Line(shown, np.asarray(one.edges_nm), np.asarray(one.shares), kind="steps")


def _representative(_found: Measured, phase: PhaseResult) -> Figure:
    result = phase.representative
    sizes = () if result is None else result.sizes
    if result is None or not sizes:
        return Figure("side of sub-volumes", "", message=NOT_MEASURED)
    known = all(size.side_nm is not None for size in sizes)
    sides = [float(size.side_nm or 0.0) if known else float(size.side_px) for size in sizes]
    means, spreads = np.array([size.mean for size in sizes]), np.array([size.sd for size in sizes])
    line = Line("mean ± sd of sub-volumes", np.array(sides), means, spreads, "points")
    whole = phase.fraction
    levels = ((f"whole: {whole:.4g}", whole),) if "fraction" in result.quantity.lower() else ()
    return Figure(f"side of sub-volumes ({'nm' if known else 'px'})", result.quantity, (line,), levels)


def _components(_found: Measured, phase: PhaseResult) -> Figure:
    largest = () if phase.components is None else phase.components.largest
    if not largest or not phase.voxels:
        return Figure("component", "", message=UNKNOWN if phase.components is None else "No components.")
    shares = np.array(largest, np.float64) / phase.voxels
    line = Line("", np.arange(1.0, len(largest) + 1), shares, kind="points")
    return Figure(
        "component, largest first", f"share of {phase.name}", (line,), log_y=len(largest) > 1, whole_x=True
    )
