"""Measured values as flat rows: the one source of tables, CSV and comparisons."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from core.measure.results import (
    AxisTransport,
    Distribution,
    Measured,
    PhaseResult,
    RepresentativeResult,
    TransportResult,
)
from core.reports.definitions import QUANTITIES
from core.reports.numbers import Value

AXES = ("z", "y", "x")
NOT_MEASURED = "not measured"
NOT_KNOWN = "not known"
NO_VOXEL_SIZE = "not known (voxel size not stated)"
NO_WAY_THROUGH = "no way through"
NOTHING_THERE = "nothing to measure"
SINGLE_PATCH = "not known (one patch)"


@dataclass(frozen=True)
class Row:
    """One value.

    Attributes
    ----------
    key : str
        Name of the quantity in `QUANTITIES`.
    phase, direction : str
        Where it was measured; the direction is an axis, a plane, or empty.
    value : float, int, bool, str or None
        Unrounded.
    slices : str
        ``all``, ``measured`` (invented slices left out), or ``not stated``.
    missing : str
        Why there is no value, where it is None.
    """

    key: str
    phase: str
    direction: str
    value: Value
    slices: str
    missing: str = ""

    @property
    def label(self) -> str:
        """Name for tables."""
        return QUANTITIES[self.key].label

    @property
    def unit(self) -> str:
        """Unit in plain signs."""
        return QUANTITIES[self.key].unit

    @property
    def definition(self) -> str:
        """What the quantity means."""
        return QUANTITIES[self.key].definition

    @property
    def place(self) -> tuple[str, str, str]:
        """What has to be equal for two rows to be compared."""
        return self.phase, self.key, self.direction


@dataclass(frozen=True)
class Compared:
    """The same quantity of several results.

    Attributes
    ----------
    row : Row
        The first that there is; its own value is one of them.
    rows : tuple of Row or None
        One per column; None where a result lacks the quantity altogether.
    """

    row: Row
    rows: tuple[Row | None, ...]

    @property
    def difference(self) -> float | None:
        """Second value less the first; None unless there are two numbers."""
        pair = self._pair()
        return None if pair is None else pair[1] - pair[0]

    @property
    def relative(self) -> float | None:
        """The difference in percent of the first value; None where that is 0."""
        pair = self._pair()
        return None if pair is None or pair[0] == 0 else 100 * (pair[1] - pair[0]) / abs(pair[0])

    def _pair(self) -> tuple[float, float] | None:
        values = [None if row is None else row.value for row in self.rows]
        if len(values) != 2 or any(isinstance(value, (bool, str)) or value is None for value in values):
            return None
        return float(values[0] or 0), float(values[1] or 0)


def rows_of(measured: Measured) -> tuple[Row, ...]:
    """All values of a result, phase by phase."""
    return tuple(row for phase in measured.phases for row in _Phase(measured, phase).rows())


def compared(columns: Sequence[Sequence[Row]]) -> tuple[Compared, ...]:
    """Rows of the same phase, quantity and direction beside each other.

    Phases, and quantities within them, stay in the order in which they first appear.
    """
    tables = [{row.place: row for row in rows} for rows in columns]
    places = list(dict.fromkeys(place for table in tables for place in table))
    phases = list(dict.fromkeys(phase for phase, _key, _direction in places))
    found = []
    for place in sorted(places, key=lambda place: phases.index(place[0])):
        rows = tuple(table.get(place) for table in tables)
        found.append(Compared(next(row for row in rows if row is not None), rows))
    return tuple(found)


@dataclass(frozen=True)
class _Phase:
    measured: Measured
    phase: PhaseResult

    def rows(self) -> Iterator[Row]:
        phase = self.phase
        yield self._row("fraction", phase.fraction)
        yield self._row("fraction_sd", phase.fraction_sd)
        yield self._row("voxels", phase.voxels)
        for direction in ("xy", "xz", "yz", *AXES):
            size = None if phase.ligament_nm is None else getattr(phase.ligament_nm, direction)
            yield self._row("ligament_nm", size, direction, self._why_no_length(phase.ligament_nm))
        for axis in AXES:
            curve = () if phase.correlation_length_nm is None else getattr(phase.correlation_length_nm, axis)
            missing = self._why_no_length(phase.correlation_length_nm)
            yield self._row("correlation_length_nm", curve[0] if curve else None, axis, missing)
        yield from self._chords()
        yield from self._lengths("thickness", [("", phase.thickness)], self._why(phase.thickness, NOT_KNOWN))
        yield from self._isotropy()
        yield from self._surface()
        yield from self._components()
        yield from self._transport(phase.transport)
        yield from self._representative(phase.representative)

    def _row(self, key: str, value: Value, direction: str = "", missing: str = NOT_KNOWN) -> Row:
        slices = self.measured.slices_of.get(QUANTITIES[key].group, "not stated")
        return Row(key, self.phase.name, direction, value, slices, missing if value is None else "")

    def _why(self, group: object, otherwise: str) -> str:
        """Why a value is missing: its whole group, or the value alone."""
        if group is not None:
            return otherwise
        return NOTHING_THERE if self.phase.voxels == 0 else NOT_MEASURED

    def _why_no_length(self, group: object) -> str:
        """Why a length is missing."""
        if self.phase.voxels and None in self.measured.step_nm:
            return NO_VOXEL_SIZE
        return self._why(group, NOT_KNOWN)

    def _lengths(
        self, name: str, found: Sequence[tuple[str, Distribution | None]], missing: str
    ) -> Iterator[Row]:
        for key in ("mean_nm", "sd_nm", "median_nm"):
            for direction, one in found:
                yield self._row(
                    f"{name}_{key}", None if one is None else getattr(one, key), direction, missing
                )

    def _chords(self) -> Iterator[Row]:
        chords = self.phase.chords
        missing = NOTHING_THERE if chords is not None else self._why_no_length(chords)
        found = [(axis, None if chords is None else getattr(chords, axis)) for axis in AXES]
        yield from self._lengths("chord", found, missing)
        for axis, one in found:
            yield self._row("chord_count", None if one is None else one.count, axis, missing)

    def _isotropy(self) -> Iterator[Row]:
        found = self.phase.isotropy
        missing = self._why(found, NOT_KNOWN)
        for key in ("e_tpcf", "e_lpf", "e_d", "e_tpcf_plane"):
            yield self._row(key, None if found is None else getattr(found, key), missing=missing)
        spread = (None, None, None) if found is None or found.spread is None else found.spread
        alone = SINGLE_PATCH if found is not None else missing
        for key, value in zip(("e_tpcf_sd", "e_lpf_sd", "e_d_sd"), spread, strict=True):
            yield self._row(key, value, missing=alone)
        patch = None if found is None else " × ".join(map(str, found.patch_px))
        yield self._row("isotropy_patches", None if found is None else found.patches, missing=missing)
        yield self._row("isotropy_patch", patch, missing=missing)
        length = None if found is None else found.range_nm
        yield self._row("isotropy_range_nm", length, missing=missing if found is None else NO_VOXEL_SIZE)
        yield self._row("isotropy_range_px", None if found is None else found.range_px, missing=missing)

    def _surface(self) -> Iterator[Row]:
        found = self.phase.surface
        missing = self._why_no_length(found)
        specific = None if found is None else found.specific_surface_per_nm
        yield self._row("specific_surface", specific, missing=missing)
        euler = None if found is None else found.euler_number
        yield self._row("euler_number", euler, missing=self._why(found, NOT_KNOWN))
        yield self._row("euler_density", None if found is None else found.euler_per_nm3, missing=missing)

    def _components(self) -> Iterator[Row]:
        found = self.phase.components
        missing = self._why(found, NOT_KNOWN)
        yield self._row("connectivity", self.phase.connectivity)
        yield self._row("components", None if found is None else found.count, missing=missing)
        for key in ("largest_fraction", "isolated_fraction"):
            yield self._row(key, None if found is None else getattr(found, key), missing=missing)
        for key in ("percolates", "percolating_fraction"):
            for index, axis in enumerate(AXES):
                value = None if found is None else getattr(found, key)[index]
                yield self._row(key, value, axis, missing)

    def _transport(self, found: TransportResult | None) -> Iterator[Row]:
        missing = self._why(found, NO_WAY_THROUGH)
        keys = ("geometric_tortuosity", "conductivity", "diffusive_tortuosity")
        for key in (*keys, "transport_residual"):
            for axis in AXES:
                along: AxisTransport | None = None if found is None else getattr(found, axis)
                name = key.removeprefix("transport_")
                yield self._row(key, None if along is None else getattr(along, name), axis, missing)
        box = None if found is None else found.box_px
        part = "all" if box is None else ", ".join(f"{start}–{stop - 1}" for start, stop in box)
        yield self._row("transport_part", None if found is None else part, missing=missing)

    def _representative(self, found: RepresentativeResult | None) -> Iterator[Row]:
        fields = {
            "representative_error": "standard_error",
            "integral_range": "integral_range_nm3",
            "side_for_1_percent": "side_for_1_percent_nm",
            "representative": "representative",
        }
        missing = self._why(found, NOT_KNOWN)
        for key, name in fields.items():
            yield self._row(key, None if found is None else getattr(found, name), missing=missing)
