"""The blocks of a report of measures, in order: what to mind first, numbers, figures, all tables, origin."""

from __future__ import annotations

import hashlib
from collections.abc import Iterator, Sequence
from dataclasses import replace

from core import __version__
from core.measure.results import Measured
from core.reports.definitions import HEADLINE, QUANTITIES, pretty_unit
from core.reports.document import Block, Cell, Code, Drawing, Heading, Note, Paragraph, Table
from core.reports.figures import Named, pictures_of
from core.reports.numbers import number
from core.reports.pictures import Picture
from core.reports.sources import InputFile, ReportInput
from core.reports.tables import NOT_MEASURED, Compared, Row, compared, rows_of

SLICES = "Slices: all, or measured ones only (those that were filled in are left out)."
NO_SUCH_PHASE = "no such phase"
SHOWN_FILES = 8
PHASES_BESIDE = 4
"""Of a single result, so many phases stand beside each other; more below each other."""


def named(results: Sequence[ReportInput]) -> tuple[Named, ...]:
    """Results with titles that differ, for legends and columns."""
    found: list[Named] = []
    taken: dict[str, int] = {}
    for result in results:
        title = " ".join(result.title.split()) or "untitled"
        taken[title] = taken.get(title, 0) + 1
        found.append(Named(title if taken[title] == 1 else f"{title} ({taken[title]})", result.measured))
    return tuple(found)


def report_blocks(
    title: str, results: Sequence[ReportInput], pictures: Sequence[Picture] | None = None
) -> list[Block]:
    """The whole report.

    Parameters
    ----------
    title : str
        Heading of the whole.
    results : sequence of ReportInput
        One or more; more are shown beside each other.
    pictures : sequence of Picture, optional
        The figures, where they have been made already.
    """
    names = named(results)
    columns = _columns(names)
    rows = compared(list(columns.values()))
    blocks: list[Block] = [Heading(title, 1), Paragraph(f"Written by Trueslice {__version__}.")]
    blocks += [*_verdicts(names), *_notes(names), Heading("In short")]
    blocks.append(_values(rows, tuple(columns), pair=len(names) == 2, short=True))
    if len(names) == 2:
        blocks.append(Paragraph(_difference(names)))
    drawn = pictures_of(names) if pictures is None else pictures
    if drawn:
        blocks += [Heading("Figures"), *map(Drawing, drawn)]
    blocks.append(Heading("All values"))
    blocks.append(_values(rows, tuple(columns), pair=len(names) == 2, short=False))
    blocks += [Paragraph(SLICES), *_definitions(rows)]
    recipes: dict[str, str] = {}
    for name, result in zip(names, results, strict=True):
        blocks += _origin(name, result, recipes)
    return blocks


def _columns(names: Sequence[Named]) -> dict[str, list[Row]]:
    """Columns of values: one per result, or of a single result one per phase."""
    tables = {name.name: list(rows_of(name.measured)) for name in names}
    if len(names) > 1:
        return tables
    [rows] = tables.values()
    phases = list(dict.fromkeys(row.phase for row in rows))
    if len(phases) > PHASES_BESIDE:
        return {"Value": rows}
    return {phase: [replace(row, phase="") for row in rows if row.phase == phase] for phase in phases}


def _verdicts(names: Sequence[Named]) -> Iterator[Block]:
    for name in names:
        start = f"{name.name}: " if len(names) > 1 else ""
        yield Note(start + (name.measured.verdict or "No verdict: isotropy was not measured."), good=True)


def _notes(names: Sequence[Named]) -> Iterator[Block]:
    for name in names:
        start = f"{name.name}: " if len(names) > 1 else ""
        for note in dict.fromkeys(name.measured.notes):
            yield Note(start + note)


def _difference(names: Sequence[Named]) -> str:
    return f"Differences: {names[1].name} less {names[0].name}, and in percent of {names[0].name}."


# ---- tables
def _values(rows: Sequence[Compared], columns: Sequence[str], *, pair: bool, short: bool) -> Table:
    """The table of values; the short one holds the headline quantities only, with no column of slices."""
    shown = [found for found in rows if not short or _is_headline(found)]
    head = ["Quantity", "Direction", *columns]
    widths = [4.2, 1.6, *([2.4] * len(columns))]
    if pair:
        head += ["Difference", "in %"]
        widths += [1.9, 1.3]
    head += ["Unit"] if short else ["Unit", "Slices"]
    widths += [1.1] if short else [1.1, 1.5]
    lines: list[tuple[str | Cell, ...]] = []
    phase = ""
    for found in shown:
        if found.row.phase != phase:
            phase = found.row.phase
            lines.append((phase,))
        lines.append(_line(found, pair=pair, short=short))
    return Table(tuple(head), tuple(lines), tuple(widths))


def _is_headline(found: Compared) -> bool:
    """Whether to show it in short: what nobody has asked for is not."""
    row = found.row
    asked = any(one is not None and one.missing != NOT_MEASURED for one in found.rows)
    return asked and row.key in HEADLINE and (row.key != "ligament_nm" or len(row.direction) == 2)


def _line(found: Compared, *, pair: bool, short: bool) -> tuple[str | Cell, ...]:
    row = found.row
    values = [Cell(NO_SUCH_PHASE) if one is None else shown_value(one) for one in found.rows]
    line: list[str | Cell] = [row.label, row.direction, *values]
    if pair:
        line += [_number(found.difference), _number(found.relative, digits=3)]
    line.append(pretty_unit(row.unit))
    if not short:
        slices = dict.fromkeys(one.slices for one in found.rows if one is not None)
        line.append("; ".join(slices))
    return tuple(line)


def shown_value(row: Row) -> Cell:
    """The value as it is shown, or why there is none."""
    if row.value is None:
        return Cell(row.missing)
    return Cell(number(row.value), row.value)


def _number(value: float | None, *, digits: int = 5) -> Cell:
    return Cell("–" if value is None else number(value, digits=digits), value)


def _definitions(rows: Sequence[Compared]) -> list[Block]:
    keys = dict.fromkeys(found.row.key for found in rows)
    lines = tuple((QUANTITIES[key].label, QUANTITIES[key].definition) for key in keys)
    return [Heading("Definitions"), Table(("Quantity", "Definition"), lines, (3.0, 9.0))]


# ---- where it comes from
def _origin(name: Named, result: ReportInput, recipes: dict[str, str]) -> Iterator[Block]:
    """Versions, parameters, files and recipe; `recipes` holds those shown before, with whose they are."""
    yield Heading(f"Origin: {name.name}")
    yield Table((), tuple(_facts(result)), (3.0, 9.0))
    yield Heading("Input files", 3)
    if result.inputs:
        yield Table(("File", "SHA-256"), tuple(_files(result.inputs)), (4.0, 8.0))
    else:
        yield Paragraph("Not known.")
    yield Heading("Recipe", 3)
    if result.recipe is None:
        yield Paragraph("Not known.")
    elif result.recipe in recipes:
        yield Paragraph(f"The same as of {recipes[result.recipe]}.")
    else:
        recipes[result.recipe] = name.name
        yield Code(result.recipe.rstrip("\n"))


def _facts(result: ReportInput) -> Iterator[tuple[str, str]]:
    measured = result.measured
    yield "Measured with", f"Trueslice {result.program}"
    libraries = ", ".join(f"{name} {version}" for name, version in result.libraries.items())
    yield "Libraries", libraries or "not known"
    yield "Voxels (z × y × x)", " × ".join(map(str, measured.shape_zyx))
    yield "Voxel size (z × y × x)", _lengths(measured.voxel_nm_zyx)
    yield "Slices used", _slices_used(measured)
    for key, value in result.params.items():
        yield f"Parameter {key.replace('_', ' ')}", _parameter(value)


def _lengths(lengths: Sequence[float | None]) -> str:
    return " × ".join("not known" if length is None else f"{length:g}" for length in lengths) + " nm"


def _slices_used(measured: Measured) -> str:
    which = "all" if measured.slices == "all" else "those that were measured, none that was filled in"
    return f"{measured.slices_used} of {measured.shape_zyx[0]} ({which})"


def _parameter(value: object) -> str:
    if value is None:
        return "none"
    if isinstance(value, (list, tuple)):
        return ", ".join(map(_parameter, value)) or "none"
    return number(value) if isinstance(value, (bool, float)) else str(value) or "none"


def _files(inputs: Sequence[InputFile]) -> Iterator[tuple[str, str]]:
    """All files, or of long stacks the first and last with one checksum over the list of checksums."""
    if len(inputs) <= SHOWN_FILES:
        yield from ((file.path, file.sha256) for file in inputs)
        return
    yield inputs[0].path, inputs[0].sha256
    yield f"… {len(inputs) - 2} more, each in measures.json", "…"
    yield inputs[-1].path, inputs[-1].sha256
    together = hashlib.sha256("".join(f"{file.sha256}\n" for file in inputs).encode()).hexdigest()
    yield "all of them (SHA-256 of the checksums, one a line)", together
