"""The same values for spreadsheets and scripts: long tables, one value a line, unrounded, UTF-8."""

from __future__ import annotations

import csv
import io
from collections.abc import Iterable, Iterator, Sequence

from core.measure.results import Measured, PhaseResult
from core.reports.figures import AXES, PLANES, Named, lag_nm
from core.reports.tables import compared, rows_of

Line = Sequence[object]


def csv_files(results: Sequence[Named]) -> dict[str, str]:
    """Name and text of every table; of comparisons only where there are two results or more."""
    tables: dict[str, tuple[Line, Iterable[Line]]] = {
        "summary.csv": (
            (
                "result", "quantity", "key", "phase", "direction", "value", "unit", "slices", "missing",
                "definition",
            ),
            _summary(results),
        ),
        "per_slice.csv": (("result", "phase", "slice", "volume_fraction"), _per_slice(results)),
        "curves.csv": (
            ("result", "function", "phase", "direction", "lag", "lag_nm", "value"),
            _curves(results),
        ),
        "distributions.csv": (
            ("result", "quantity", "phase", "direction", "from_nm", "to_nm", "share"),
            _distributions(results),
        ),
        "components.csv": (("result", "phase", "rank", "voxels"), _components(results)),
        "representative.csv": (
            ("result", "phase", "quantity", "side_voxels", "side_nm", "count", "mean", "sd"),
            _sizes(results),
        ),
    }  # fmt: skip
    if len(results) > 1:
        tables["comparison.csv"] = (_comparison_head(results), _comparison(results))
    return {name: _text(head, lines) for name, (head, lines) in tables.items()}


def _text(head: Line, lines: Iterable[Line]) -> str:
    stream = io.StringIO()
    writer = csv.writer(stream, lineterminator="\n")
    writer.writerow(head)
    writer.writerows([_plain(value) for value in line] for line in lines)
    return stream.getvalue()


def _plain(value: object) -> object:
    if isinstance(value, bool):
        return "yes" if value else "no"
    return "" if value is None else value


def _phases(results: Sequence[Named]) -> Iterator[tuple[str, Measured, PhaseResult]]:
    for result in results:
        for phase in result.measured.phases:
            yield result.name, result.measured, phase


def _summary(results: Sequence[Named]) -> Iterator[Line]:
    for result in results:
        for row in rows_of(result.measured):
            place = (row.label, row.key, row.phase, row.direction)
            yield result.name, *place, row.value, row.unit, row.slices, row.missing, row.definition


def _comparison_head(results: Sequence[Named]) -> Line:
    differences = ("difference", "difference_percent") if len(results) == 2 else ()
    return (
        "quantity",
        "key",
        "phase",
        "direction",
        "unit",
        *(result.name for result in results),
        *differences,
    )


def _comparison(results: Sequence[Named]) -> Iterator[Line]:
    for found in compared([rows_of(result.measured) for result in results]):
        row = found.row
        values = [None if one is None else one.value for one in found.rows]
        differences = (found.difference, found.relative) if len(results) == 2 else ()
        yield row.label, row.key, row.phase, row.direction, row.unit, *values, *differences


def _per_slice(results: Sequence[Named]) -> Iterator[Line]:
    for name, _measured, phase in _phases(results):
        for index, value in enumerate(phase.fraction_per_slice):
            yield name, phase.name, index, value


def _curves(results: Sequence[Named]) -> Iterator[Line]:
    for name, measured, phase in _phases(results):
        for group, directions in (("tpcf", AXES), ("tpcf_plane", PLANES), ("lineal_path", AXES)):
            curves = getattr(phase, group)
            for direction in directions if curves is not None else ():
                step = lag_nm(measured, direction)
                for lag, value in enumerate(getattr(curves, direction)):
                    length = None if step is None else lag * step
                    yield name, group, phase.name, direction, lag, length, value


def _distributions(results: Sequence[Named]) -> Iterator[Line]:
    for name, _measured, phase in _phases(results):
        found = [("local_thickness", "", phase.thickness)]
        if phase.chords is not None:
            found += [("chord_length", axis, getattr(phase.chords, axis)) for axis in AXES]
        for quantity, direction, distribution in found:
            if distribution is not None:
                edges = distribution.edges_nm
                for low, high, share in zip(edges[:-1], edges[1:], distribution.shares, strict=True):
                    yield name, quantity, phase.name, direction, low, high, share


def _components(results: Sequence[Named]) -> Iterator[Line]:
    for name, _measured, phase in _phases(results):
        largest = () if phase.components is None else phase.components.largest
        for rank, voxels in enumerate(largest, start=1):
            yield name, phase.name, rank, voxels


def _sizes(results: Sequence[Named]) -> Iterator[Line]:
    for name, _measured, phase in _phases(results):
        if phase.representative is not None:
            for size in phase.representative.sizes:
                sides = (size.side_px, size.side_nm, size.count)
                yield name, phase.name, phase.representative.quantity, *sides, size.mean, size.sd
