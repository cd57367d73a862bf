"""Tables as instruments and spreadsheets write them: separators, decimal commas, heads with units."""

from __future__ import annotations

import csv
import math
import re
import unicodedata
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final

from core.errors import AmbiguousInputError, DamagedFileError
from core.io.vendor.text import shortened

MAX_ROWS: Final = 1_000_000
NM_PER: Final = {"pm": 1e-3, "nm": 1.0, "um": 1e3, "mm": 1e6, "m": 1e9}
"""Units that a head may state."""
_SEPARATORS: Final = ("\t", ";", ",")
_UNIT: Final = re.compile(r"[(\[/_\s]\s*(pm|nm|um|mm|m|micron|microns|metre|meter|metres|meters)\s*[)\]]?$")
_LONG_UNITS: Final = {"micron": "um", "microns": "um"}
_MISSING: Final = frozenset({"", "nan", "na", "n/a", "none", "null", "-", "--"})
_PLAIN: Final = re.compile(r"[-+]?(\d{1,40}(\.\d{0,40})?|\.\d{1,40})([eE][-+]?\d{1,3})?")
_COMMA: Final = re.compile(r"[-+]?(\d{1,40},\d{0,40}|,\d{1,40})([eE][-+]?\d{1,3})?")


@dataclass(frozen=True)
class Column:
    """One column of a table.

    Attributes
    ----------
    head : str
        As it stands in the file, shortened.
    name : str
        Small letters, without unit and punctuation.
    unit : str or None
        Key of `NM_PER`; None where the head states none.
    cells : tuple of str
        One text per row.
    """

    head: str
    name: str
    unit: str | None
    cells: tuple[str, ...]

    def numbers(self) -> tuple[float | None, ...]:
        """Values; None where a cell is empty or says that there is none.

        Raises
        ------
        DamagedFileError
            If a cell is no number, or points and commas are mixed as decimal signs.
        """
        commas = sum(_COMMA.fullmatch(cell) is not None for cell in self.cells)
        points = sum("." in cell for cell in self.cells)
        if commas and points:
            raise DamagedFileError(
                f"column '{self.head}' mixes decimal points and commas", remedy="write all numbers alike"
            )
        return tuple(self._number(row, cell) for row, cell in enumerate(self.cells))

    def _number(self, row: int, cell: str) -> float | None:
        if cell.lower() in _MISSING:
            return None
        text = cell.replace(",", ".") if _COMMA.fullmatch(cell) else cell
        value = float(text) if _PLAIN.fullmatch(text) else math.nan
        if not math.isfinite(value):
            raise DamagedFileError(
                f"column '{self.head}', row {row + 1}: no number",
                expected="a number, or an empty cell where nothing was measured",
                got=repr(shortened(cell)),
            )
        return value


def columns_of(text: str) -> tuple[Column, ...]:
    """Columns of a text with a head line; lines that are empty or begin with # are skipped.

    Raises
    ------
    DamagedFileError
        If it is no table, its rows differ in length, or it has more than `MAX_ROWS` rows.
    AmbiguousInputError
        If there is no head line, so that nobody can tell what the numbers mean.
    """
    lines = [
        line
        for line in text.lstrip("\ufeff").splitlines()
        if line.strip() and not line.lstrip().startswith("#")
    ]
    _require_table(lines)
    rows = _rows(lines)
    heads, body = rows[0], rows[1:]
    if any(_is_number(cell) for cell in heads):
        raise AmbiguousInputError(
            "the table has no head line, so that nobody can tell what its numbers are",
            expected="names of the columns in the first line, such as slice,thickness_nm",
            got=shortened(lines[0]),
            choices=(),
            option="column",
            remedy="put a line with the names of the columns first",
        )
    odd = next((number for number, row in enumerate(body, 2) if len(row) != len(heads)), None)
    if odd is not None:
        raise DamagedFileError(
            f"line {odd} of the table has another number of cells than its head",
            expected=len(heads),
            got=len(body[odd - 2]),
            remedy="correct the line; with commas as decimal signs, columns are separated by semicolons",
        )
    return tuple(_column(head, [row[place] for row in body]) for place, head in enumerate(heads))


def _rows(lines: Sequence[str]) -> list[list[str]]:
    separator = next((sign for sign in _SEPARATORS if sign in lines[0]), None)
    if separator is not None:
        return [[cell.strip() for cell in row] for row in csv.reader(lines, delimiter=separator)]
    words = [line.split() for line in lines]
    aligned = len(words[0]) > 1 and {len(row) for row in words} == {len(words[0])}
    return words if aligned else [[line.strip()] for line in lines]  # columns of blanks, or one column


def column_from(head: str, cells: Sequence[str]) -> Column:
    """A column whose cells come from elsewhere than a text table."""
    return _column(head, [cell.strip() for cell in cells])


def _require_table(lines: Sequence[str]) -> None:
    if len(lines) < 2:
        raise DamagedFileError("the file holds no table", expected="a head line and rows of numbers")
    if len(lines) > MAX_ROWS:
        raise DamagedFileError(
            "the table is too long for one row per slice",
            expected=f"at most {MAX_ROWS:,} rows",
            got=f"{len(lines):,}",
        )
    # csv would stop at cells of more than 128 kB with an error of its own.
    longest = max(map(len, lines))
    start = "".join(line[:500] for line in lines[:50]).replace("\t", "")
    if longest > 50_000 or any(unicodedata.category(sign) in ("Cc", "Co", "Cn") for sign in start):
        raise DamagedFileError(
            "the file is no text table", expected="a table of text (CSV, TSV)", got=repr(shortened(lines[0]))
        )


def _column(head: str, cells: Sequence[str]) -> Column:
    plain = unicodedata.normalize("NFKC", head).strip().strip('"').lower().replace("μ", "u")
    match = _UNIT.search(plain)
    unit = None
    if match is not None:
        unit, plain = match[1], plain[: match.start()]
        unit = _LONG_UNITS.get(unit, "m" if unit.startswith("met") else unit)
    name = " ".join(re.findall(r"[^\W_]+|#", plain.replace("δ", "delta ")))
    return Column(shortened(head, 40), name, unit, tuple(cells))


def _is_number(cell: str) -> bool:
    return _PLAIN.fullmatch(cell) is not None or _COMMA.fullmatch(cell) is not None
