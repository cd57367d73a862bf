"""Figures of measured results as data: which curves, with which names and units.

One result: colours and dashes tell the directions. Several: colours tell the results, dashes the directions.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from itertools import pairwise

from core.measure.results import AxisCurves, Distribution, Measured, PhaseResult, PlaneCurves, Values
from core.reports.pictures import Curve, Key, Level, Panel, Picture
from core.reports.transport_figure import transport_panels

AXES = ("z", "y", "x")
PLANES = ("xy", "xz", "yz")
PANELS_PER_PICTURE = 6
FEW = 5
TAIL = 2e-3
"""Curves that fall to nothing are drawn to this share of their first value."""


@dataclass(frozen=True)
class Named:
    """A result and what it is called in legends."""

    name: str
    measured: Measured


@dataclass(frozen=True)
class Found:
    """One phase of one result, with the number of the result."""

    index: int
    measured: Measured
    phase: PhaseResult


def pictures_of(results: Sequence[Named]) -> tuple[Picture, ...]:
    """Every figure that the results have something for."""
    return tuple(_Figures(tuple(results)).all())


@dataclass(frozen=True)
class _Figures:
    results: tuple[Named, ...]

    def all(self) -> Iterator[Picture]:
        yield from self._curves(
            "tpcf",
            AXES,
            "tpcf",
            "two-point correlation S₂(r)",
            "Two-point correlation along z, y and x: share of pairs of voxels at lag r that are both of the "
            "phase. Levels: φ, its value at 0, and φ², where nothing is correlated.",
        )
        yield from self._curves(
            "tpcf_plane",
            PLANES,
            "tpcf-planes",
            "two-point correlation S₂(r)",
            "Two-point correlation averaged over all directions within the planes xy, xz and yz.",
        )
        yield from self._curves(
            "lineal_path",
            AXES,
            "lineal-path",
            "lineal path L(r)",
            "Lineal path along z, y and x: share of lines of length r that lie within the phase, drawn to "
            f"{100 * TAIL:g} % of its value at 0.",
        )
        yield from self._chords()
        yield from self._thickness()
        yield from self._per_slice()
        yield from self._representative()
        yield from self._components()
        yield from self._transport()

    # ---- the parts of a figure
    @property
    def many(self) -> bool:
        return len(self.results) > 1

    def _by_phase(self) -> Iterator[tuple[str, list[Found]]]:
        """Phases of the same name beside each other, in the order of first appearance."""
        names = dict.fromkeys(phase.name for result in self.results for phase in result.measured.phases)
        for name in names:
            yield (
                name,
                [
                    Found(index, result.measured, phase)
                    for index, result in enumerate(self.results)
                    for phase in result.measured.phases
                    if phase.name == name
                ],
            )

    def _keys(self, directions: Sequence[str]) -> tuple[Key, ...]:
        if not self.many:
            return tuple(Key(f"along {name}", i, i) for i, name in enumerate(directions))
        names = [Key(result.name, index) for index, result in enumerate(self.results)]
        return (*names, *(Key(name, -1, dash) for dash, name in enumerate(directions)))

    def _colour(self, found: Found, direction: int) -> int:
        return found.index if self.many else direction

    def _pictures(
        self, name: str, caption: str, panels: Sequence[Panel], keys: tuple[Key, ...] = ()
    ) -> Iterator[Picture]:
        filled = [panel for panel in panels if panel.curves or panel.bars]
        for start in range(0, len(filled), PANELS_PER_PICTURE):
            part = tuple(filled[start : start + PANELS_PER_PICTURE])
            number = "" if start == 0 else f"-{start // PANELS_PER_PICTURE + 1}"
            yield Picture(name + number, caption, part, keys)

    @property
    def _in_nm(self) -> bool:
        """Whether every lag of every result has a known length."""
        return all(step is not None for result in self.results for step in result.measured.step_nm)

    # ---- functions of distance
    def _curves(
        self, group: str, directions: Sequence[str], name: str, y_label: str, caption: str
    ) -> Iterator[Picture]:
        panels = []
        for phase, found in self._by_phase():
            curves = tuple(curve for one in found for curve in self._directions(one, group, directions))
            levels = tuple(level for one in found for level in self._levels(one, group))
            panels.append(Panel(phase, f"lag r ({self._unit})", y_label, curves, levels if curves else ()))
        keys = self._keys(directions)
        if group == "tpcf_plane" and not self.many:
            keys = tuple(replace(key, text=key.text.replace("along", "in")) for key in keys)
        yield from self._pictures(name, caption, panels, keys)

    @property
    def _unit(self) -> str:
        return "nm" if self._in_nm else "voxels"

    def _directions(self, found: Found, group: str, directions: Sequence[str]) -> Iterator[Curve]:
        curves: AxisCurves | PlaneCurves | None = getattr(found.phase, group)
        for number, direction in enumerate(directions):
            values: Values = () if curves is None else getattr(curves, direction)
            if group == "lineal_path":
                values = _without_tail(values)
            if values and values[0] > 0:
                step = (lag_nm(found.measured, direction) or 1.0) if self._in_nm else 1.0
                lags = tuple(lag * step for lag in range(len(values)))
                yield Curve(lags, values, self._colour(found, number), number)

    def _levels(self, found: Found, group: str) -> Iterator[Level]:
        if group != "lineal_path":
            colour = found.index if self.many else -1
            yield Level(found.phase.fraction, "φ", colour)
            yield Level(found.phase.fraction**2, "φ²", colour)

    # ---- distributions
    def _chords(self) -> Iterator[Picture]:
        panels = []
        for name, found in self._by_phase():
            curves = tuple(
                density(chord, self._colour(one, number), number)
                for one in found
                if one.phase.chords is not None
                for number, axis in enumerate(AXES)
                if (chord := getattr(one.phase.chords, axis)) is not None
            )
            panels.append(Panel(name, "chord length (nm)", "share per length (nm⁻¹)", curves))
        caption = "Chord lengths along z, y and x, by number; the area below each curve is 1."
        yield from self._pictures("chords", caption, panels, self._keys(AXES))

    def _thickness(self) -> Iterator[Picture]:
        panels = []
        for name, found in self._by_phase():
            there = [(one.index, one.phase.thickness) for one in found if one.phase.thickness is not None]
            curves = tuple(density(thickness, index, 0) for index, thickness in there)
            panels.append(Panel(name, "local thickness (nm)", "share per length (nm⁻¹)", curves))
        caption = "Local thickness (diameter of the largest ball that fits) by volume; the area below is 1."
        yield from self._pictures("local-thickness", caption, panels, self._names())

    def _names(self) -> tuple[Key, ...]:
        return self._keys(()) if self.many else ()

    # ---- along the stack, with size, by rank
    def _per_slice(self) -> Iterator[Picture]:
        """Solid of binary volumes (pore is the rest), every phase of labels."""
        panels = []
        for name, found in self._by_phase():
            shown = [one for one in found if _is_worth_showing(one)]
            curves = tuple(
                Curve(
                    tuple(map(float, range(len(one.phase.fraction_per_slice)))),
                    one.phase.fraction_per_slice,
                    one.index,
                    dots=len(one.phase.fraction_per_slice) < FEW,
                )
                for one in shown
            )
            levels = tuple(
                Level(one.phase.fraction, "", one.index, half=one.phase.fraction_sd) for one in shown
            )
            y_label = "solid fraction" if name == "solid" else "volume fraction"
            panels.append(Panel(name, "slice", y_label, curves, levels, from_zero=False, whole_x=True))
        caption = (
            "Volume fraction in each slice; level and band: mean and ± 1 standard deviation over the slices."
        )
        yield from self._pictures("fraction-per-slice", caption, panels, self._names())

    def _representative(self) -> Iterator[Picture]:
        panels = []
        for name, found in self._by_phase():
            shown = [one for one in found if one.phase.representative and _is_worth_showing(one)]
            quantity = next(
                (one.phase.representative.quantity for one in shown if one.phase.representative), ""
            )
            curves = tuple(self._sizes(one) for one in shown)
            x_label = f"side of sub-volumes ({self._unit})"
            panels.append(Panel(name, x_label, _quantity(quantity), curves, from_zero=False, log_x=True))
        caption = (
            "Sub-volumes that do not overlap: mean and ± 1 standard deviation among them, against their side."
        )
        yield from self._pictures("representative", caption, panels, self._names())

    def _sizes(self, found: Found) -> Curve:
        sizes = () if found.phase.representative is None else found.phase.representative.sizes
        sides = tuple((size.side_nm if self._in_nm else None) or float(size.side_px) for size in sizes)
        means, sds = tuple(size.mean for size in sizes), tuple(size.sd for size in sizes)
        return Curve(sides, means, found.index, error=sds, dots=True)

    def _components(self) -> Iterator[Picture]:
        panels = []
        for name, found in self._by_phase():
            curves = tuple(
                Curve(
                    tuple(float(rank) for rank in range(1, len(parts.largest) + 1)),
                    tuple(map(float, parts.largest)),
                    one.index,
                    dots=True,
                )
                for one in found
                if (parts := one.phase.components) is not None and parts.largest
            )
            panels.append(Panel(name, "rank of component", "size (voxels)", curves, log_y=True, whole_x=True))
        caption = "Voxels of the largest connected components (at most 20)."
        yield from self._pictures("components", caption, panels, self._names())

    def _transport(self) -> Iterator[Picture]:
        panels: list[Panel] = []
        for name, found in self._by_phase():
            there = [(one.index, one.phase.transport) for one in found if one.phase.transport is not None]
            panels += transport_panels(name, there)
        caption = (
            "Transport through one phase along z, y and x: effective conductivity as a share of the phase's "
            "own, and tortuosity (filled: diffusive; hatched: geometric)."
        )
        keys = tuple(Key(result.name, index, patch=True) for index, result in enumerate(self.results))
        yield from self._pictures("transport", caption, panels, keys if self.many else ())


def lag_nm(measured: Measured, direction: str) -> float | None:
    """Length of one lag along an axis, or within a plane; None where it is not known.

    Lags within planes are counted in voxels of the finest axis.
    """
    if len(direction) == 1:
        return measured.step_nm[AXES.index(direction)]
    known = [step for step in measured.step_nm if step is not None]
    return min(known) if len(known) == len(AXES) else None


def density(found: Distribution, colour: int, dash: int) -> Curve:
    """Share per length, so that bins of different widths can be compared."""
    edges = found.edges_nm
    widths = [high - low for low, high in pairwise(edges)]
    pairs = zip(found.shares, widths, strict=True)
    values = tuple(share / width if width > 0 else 0.0 for share, width in pairs)
    return Curve(edges, values, colour, dash, steps=True)


def _without_tail(values: Values) -> Values:
    if not values or values[0] <= 0:
        return values
    last = max(index for index, value in enumerate(values) if value >= TAIL * values[0])
    return values[: min(last + 2, len(values))]


def _quantity(name: str) -> str:
    return {"fraction": "volume fraction", "surface": "specific surface (nm⁻¹)"}.get(name, name)


def _is_worth_showing(found: Found) -> bool:
    """The pore of a binary volume mirrors the solid."""
    return len(found.measured.phases) != 2 or found.phase is found.measured.phases[-1]
