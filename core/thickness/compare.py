"""Several sources of thickness of the same slices beside each other: numbers, and one figure."""

from __future__ import annotations

from collections.abc import Mapping
from itertools import combinations
from pathlib import Path
from typing import Any, Final

import numpy as np

from core.errors import ParameterError
from core.files import replacing, write_text
from core.reports.pictures import Curve, Key, Level, Panel, Picture
from core.thickness.assemble import unmeasured_of
from core.thickness.results import ThicknessEstimate
from core.thickness.statistics import gamma_density, histogram_of, statistics_of
from core.volume import Array

FORMATS: Final = (".svg", ".png", ".pdf")
_PNG_DPI: Final = 200
_POINTS: Final = 200
_MAX_SOURCES: Final = 20


def compared(sources: Mapping[str, ThicknessEstimate]) -> dict[str, Any]:
    """Numbers of each source, and of every two of them.

    Parameters
    ----------
    sources : mapping of str to ThicknessEstimate
        By name; all of the same slices.

    Returns
    -------
    dict
        ``sources``: per name mean, standard deviation, gamma fit, depth of the last slice and what was left
        out, in nm. ``pairs``: per two names, over the thicknesses that both have measured, their number
        (``common``), the mean difference (second less first), the root mean square difference and the
        correlation; ``greatest_z_difference_nm`` over all slices.

    Raises
    ------
    ParameterError
        If they are of different numbers of slices.
    """
    _require_same_slices(sources)
    return {
        "sources": {name: numbers_of(estimate) for name, estimate in sources.items()},
        "pairs": [_pair(one, other, sources) for one, other in combinations(sources, 2)],
    }


def picture_of(sources: Mapping[str, ThicknessEstimate]) -> Picture:
    """One figure: thickness along the stack, depth against the mean source, histogram with gamma fit.

    Raises
    ------
    ParameterError
        If the sources are of different numbers of slices.
    """
    _require_same_slices(sources)
    shown = list(enumerate(sources.values()))
    along = tuple(_thicknesses(estimate, colour) for colour, estimate in shown)
    middle = np.mean([estimate.z_nm for estimate in sources.values()], axis=0)
    line = middle if len(shown) > 1 else np.linspace(0, middle[-1], len(middle))
    depth = tuple(_curve(np.asarray(estimate.z_nm) - line, colour) for colour, estimate in shown)
    bins = tuple(curve for colour, estimate in shown for curve in _histogram(estimate, colour))
    than = "the mean of all" if len(shown) > 1 else "even spacing"
    return Picture(
        "thickness",
        "Thickness of slices; depth less "
        f"{than}; histogram of the thicknesses with the fitted gamma distribution (dashed).",
        (
            Panel("Thickness", "slice", "thickness (nm)", along, whole_x=True),
            Panel("Depth", "slice", f"depth less {than} (nm)", depth, (Level(0.0),), from_zero=False),
            Panel("Histogram", "thickness (nm)", "share per length (nm⁻¹)", bins),
        ),
        tuple(Key(name, colour) for colour, name in enumerate(sources)),
    )


def write_picture(path: Path, picture: Picture) -> None:
    """Write a figure; the ending of the name chooses SVG, PNG or PDF.

    Raises
    ------
    ParameterError
        If the ending is another one.
    WriteError
        If the file cannot be written.
    """
    ending = path.suffix.lower()
    require_format(path)
    from core.reports.drawing import MM_PER_INCH, draw, drawing_style, size_mm, svg

    if ending == ".svg":
        write_text(path, svg(picture))
        return
    from matplotlib.figure import Figure

    with drawing_style(picture.name), replacing(path) as temporary:
        width, height = size_mm(picture)
        figure = Figure(figsize=(width / MM_PER_INCH, height / MM_PER_INCH))
        draw(figure, picture, 0.0, 0.0)
        stated = {"Software": None} if ending == ".png" else {"CreationDate": None, "Creator": None}
        figure.savefig(temporary, format=ending[1:], dpi=_PNG_DPI, metadata=stated)


def require_format(path: Path) -> None:
    """Refuse a figure whose ending is not known.

    Raises
    ------
    ParameterError
        Naming the endings there are.
    """
    if path.suffix.lower() not in FORMATS:
        raise ParameterError(
            "a figure is written as SVG, PNG or PDF", expected=", ".join(FORMATS), got=path.name
        )


def _require_same_slices(sources: Mapping[str, ThicknessEstimate]) -> None:
    counts = {name: len(estimate.z_nm) for name, estimate in sources.items()}
    if not 1 <= len(counts) <= _MAX_SOURCES or len(set(counts.values())) != 1:
        raise ParameterError(
            "sources of thickness are compared slice by slice",
            expected=f"1 to {_MAX_SOURCES} sources of the same slices",
            got=", ".join(f"{name}: {count}" for name, count in counts.items())[:300] or "none",
        )


def numbers_of(estimate: ThicknessEstimate) -> dict[str, Any]:
    """Statistics of one source, lengths in nm, with and without outliers."""
    found = statistics_of(estimate.thickness_nm, unmeasured_of(estimate), estimate.across)
    return {
        "method": estimate.method,
        "mean_nm": found.mean_nm,
        "sd_nm": found.sd_nm,
        "mean_without_outliers_nm": found.inner_mean_nm,
        "sd_without_outliers_nm": found.inner_sd_nm,
        "gamma_shape": None if found.gamma is None else found.gamma[0],
        "gamma_scale_nm": None if found.gamma is None else found.gamma[1],
        "depth_nm": estimate.z_nm[-1],
        "used": found.used,
        "left_out": len(found.left_out),
        "outliers": len(found.outliers),
        "implausible": len(found.implausible),
    }


def _pair(one: str, other: str, sources: Mapping[str, ThicknessEstimate]) -> dict[str, Any]:
    first, second = sources[one], sources[other]
    use = _measured(first) & _measured(second)
    a, b = np.asarray(first.thickness_nm)[use], np.asarray(second.thickness_nm)[use]
    varies = a.size > 2 and np.ptp(a) > 1e-9 * abs(a).max() and np.ptp(b) > 1e-9 * abs(b).max()
    return {
        "first": one,
        "second": other,
        "common": int(a.size),
        "mean_difference_nm": float(np.mean(b - a)) if a.size else None,
        "rms_difference_nm": float(np.sqrt(np.mean((b - a) ** 2))) if a.size else None,
        "correlation": float(np.corrcoef(a, b)[0, 1]) if varies else None,
        "greatest_z_difference_nm": float(np.abs(np.subtract(first.z_nm, second.z_nm)).max()),
    }


def _measured(estimate: ThicknessEstimate) -> Array:
    use = np.ones(len(estimate.thickness_nm), dtype=bool)
    use[list(statistics_of(estimate.thickness_nm, unmeasured_of(estimate), estimate.across).left_out)] = False
    return use


def _thicknesses(estimate: ThicknessEstimate, colour: int) -> Curve:
    return _curve(np.asarray(estimate.thickness_nm), colour)


def _curve(values: Array, colour: int) -> Curve:
    return Curve(tuple(map(float, range(len(values)))), tuple(map(float, values)), colour)


def _histogram(estimate: ThicknessEstimate, colour: int) -> tuple[Curve, ...]:
    values = np.asarray(estimate.thickness_nm)[_measured(estimate)]
    if not values.size or np.ptp(values) < 1e-9 * values.max():
        return ()
    edges, counts = histogram_of(values)
    shares = counts / (values.size * np.diff(edges))
    bars = Curve(tuple(map(float, edges)), tuple(map(float, shares)), colour, steps=True)
    if estimate.gamma_shape is None or estimate.gamma_scale_nm is None:
        return (bars,)
    lengths = np.linspace(edges[-1] / _POINTS, edges[-1], _POINTS)
    fitted = gamma_density(lengths, estimate.gamma_shape, estimate.gamma_scale_nm)
    return bars, Curve(tuple(map(float, lengths)), tuple(map(float, fitted)), colour, dash=1)
