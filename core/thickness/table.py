"""The thickness table ``slice,z_nm,thickness_nm,sigma_nm,flagged``, and tables of other programs."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path
from typing import Final

import numpy as np

from core.errors import AmbiguousInputError, DamagedFileError
from core.files import write_text
from core.io.guard import file_size, reading
from core.io.vendor.text import decoded
from core.thickness.assemble import estimate_of, require_slices
from core.thickness.positions import Rows, in_order, matched, rising, rows_of_positions, rows_of_thicknesses
from core.thickness.results import ThicknessEstimate
from core.thickness.statistics import IMPLAUSIBLE_NM
from core.thickness.table_columns import Chosen, TableOptions, chosen_columns
from core.thickness.table_text import NM_PER, Column, columns_of
from core.volume import VolumeInfo

METHOD: Final = "file"
HEADS: Final = ("slice", "z_nm", "thickness_nm", "sigma_nm", "flagged")
MAX_BYTES: Final = 2**26
_OWN_TOLERANCE_NM, _TOLERANCE_NM = 0.01, 1.0
_DEFAULT: Final = TableOptions()


def table_text(estimate: ThicknessEstimate, slice_numbers: Sequence[int] | None = None) -> str:
    """The table as text: one row per slice; the last one has no thickness.

    Parameters
    ----------
    estimate : ThicknessEstimate
        Positions and thicknesses in nm.
    slice_numbers : sequence of int, optional
        Acquisition numbers; otherwise counted from 0.
    """
    numbers = slice_numbers or range(len(estimate.z_nm))
    flagged = frozenset(estimate.flagged)
    lines = [",".join(HEADS)]
    for index, (number, z_nm) in enumerate(zip(numbers, estimate.z_nm, strict=True)):
        last = index == len(estimate.thickness_nm)
        rest = ("", "") if last else (repr(estimate.thickness_nm[index]), repr(estimate.sigma_nm[index]))
        lines.append(",".join((str(number), repr(z_nm), *rest, str(int(index in flagged)))))
    return "\n".join(lines) + "\n"


def write_table(path: Path, estimate: ThicknessEstimate, info: VolumeInfo | None = None) -> None:
    """Write the table, whole or not at all.

    Raises
    ------
    WriteError
        If that is not possible.
    """
    write_text(path, table_text(estimate, None if info is None else info.slice_numbers))


def read_thickness(path: Path, info: VolumeInfo, options: TableOptions = _DEFAULT) -> ThicknessEstimate:
    """Read where slices lie from a table or a log; its content decides what it is.

    Parameters
    ----------
    path : Path
        A table of this or another program (CSV, TSV, or columns between semicolons or blanks; UTF-8, UTF-16
        or Windows-1252), or a log that `core.thickness.logs` knows.
    info : VolumeInfo
        The stack that it belongs to; at least two slices.
    options : TableOptions
        What the file does not say.

    Raises
    ------
    ReadError
        If it cannot be read: `DamagedFileError`; or `AmbiguousInputError` if several columns could be meant.
    MissingMetadataError
        If it says nothing of thickness.
    ParameterError
        If it does not fit the stack.
    """
    with reading(path, "table or log of thicknesses"):
        require_slices(info)
        text = read_text(path)
        if not text.lstrip("\ufeff \t\r\n").startswith("<"):
            return estimate_from_text(text, info, options)
        from core.thickness.logs import estimate_from_log

        return estimate_from_log(text, path.name, info, options)


def read_text(path: Path) -> str:
    """Text of a file that is not too long to be about slices.

    Raises
    ------
    DamagedFileError
        If it is empty or longer than `MAX_BYTES`.
    """
    size = file_size(path)
    if size > MAX_BYTES:
        raise DamagedFileError(
            f"{path.name} is too long to be about slices",
            expected=f"at most {MAX_BYTES >> 20} MiB",
            got=f"{size / 2**20:.0f} MiB",
        )
    data = path.read_bytes()
    if b"\0\0\0" in data[:4096]:
        raise DamagedFileError(f"{path.name} is no text", expected="a table of text (CSV, TSV)")
    return decoded(data)


def estimate_from_text(text: str, info: VolumeInfo, options: TableOptions = _DEFAULT) -> ThicknessEstimate:
    """As `read_thickness`, from the text of a table."""
    return estimate_from_columns(columns_of(text), info, options)


def estimate_from_columns(
    columns: Sequence[Column], info: VolumeInfo, options: TableOptions = _DEFAULT
) -> ThicknessEstimate:
    """As `read_thickness`, from columns."""
    require_slices(info)
    chosen = chosen_columns(columns, options)
    numbers = None if chosen.slices is None else chosen.slices.numbers()
    if numbers is not None:
        order = in_order(numbers)
        columns = [replace(column, cells=tuple(column.cells[row] for row in order)) for column in columns]
        chosen = chosen_columns(columns, options)
        numbers = tuple(numbers[row] for row in order)
    own = tuple(column.head for column in columns) == HEADS
    rows = _rows(chosen, info, options, own=own)
    if numbers is not None and len(rows.z_nm) == len(numbers):
        rows = replace(rows, numbers=tuple(int(number) for number in numbers if number is not None))
    _require_agreement(rows, columns, chosen, own=own)
    return _estimate(matched(rows, info), chosen, info, own=own)


def _rows(chosen: Chosen, info: VolumeInfo, options: TableOptions, *, own: bool) -> Rows:
    values = [None if value is None else value * chosen.nm_per_unit for value in chosen.main.numbers()]
    flags = () if chosen.flagged is None else chosen.flagged.numbers()
    flagged = [row for row, flag in enumerate(flags) if flag]
    sigma = _sigma(chosen, len(values), own=own)
    if chosen.quantity == "z":
        return rows_of_positions(values, sigma[:-1], flagged)
    return rows_of_thicknesses(values, sigma, info.shape[0], options.lies, flagged)


def _sigma(chosen: Chosen, count: int, *, own: bool) -> list[float]:
    """Standard error of each thickness; beside positions only this program's tables state that."""
    if chosen.sigma is None or (chosen.quantity == "z" and not own):
        return [0.0] * count
    factor = NM_PER[chosen.sigma.unit] if chosen.sigma.unit else chosen.nm_per_unit
    values = [0.0 if value is None else value * factor for value in chosen.sigma.numbers()]
    if min(values) < 0:
        raise DamagedFileError("a standard error is negative", got=min(values))
    return values


def _require_agreement(rows: Rows, columns: Sequence[Column], chosen: Chosen, *, own: bool) -> None:
    """Refuse a table whose positions and thicknesses contradict each other."""
    if chosen.quantity != "z":
        return
    others = [column for column in columns if column is not chosen.main]
    try:
        other = chosen_columns(others, TableOptions(quantity="thickness"))
    except AmbiguousInputError:
        return  # none, several, or one without a unit
    stated = np.array([np.nan if v is None else v * other.nm_per_unit for v in other.main.numbers()])
    steps, limit = np.diff(rows.z_nm), _OWN_TOLERANCE_NM if own else _TOLERANCE_NM
    misfit = [np.nanmax(np.abs(part - steps), initial=0.0) for part in (stated[:-1], stated[1:])]
    if min(misfit[:1] if own else misfit) > limit:
        raise DamagedFileError(
            f"columns '{chosen.main.head}' and '{other.main.head}' contradict each other",
            expected=f"thicknesses that are the distances of the positions, within {limit:g} nm",
            got=f"{min(misfit):.3g} nm of difference",
            remedy=f"remove one of the columns, or choose one (--column '{other.main.head}')",
        )


def _estimate(rows: Rows, chosen: Chosen, info: VolumeInfo, *, own: bool) -> ThicknessEstimate:
    z_nm, moved, notes = rising(rows.z_nm)
    # This program's own tables flag implausible slices too; they were measured nevertheless.
    implausible = np.flatnonzero(np.diff(z_nm) <= IMPLAUSIBLE_NM).tolist() if own else ()
    unmeasured = (rows.unmeasured - set(implausible)) | set(moved)
    described = () if own else (f"the {chosen.quantity} of slices is read from column '{chosen.main.head}'.",)
    return estimate_of(
        z_nm,
        method=METHOD,
        sigma_nm=rows.sigma_nm,
        unmeasured=sorted(unmeasured),
        numbers=info.slice_numbers,
        notes=(*described, *rows.notes, *notes),
    )
