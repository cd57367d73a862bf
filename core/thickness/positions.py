"""From the rows of a table or log to one position per slice."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from itertools import pairwise
from typing import Final, Literal

import numpy as np

from core.errors import DamagedFileError, ParameterError
from core.thickness.assemble import listed
from core.thickness.ruler_order import increasing
from core.volume import Array, VolumeInfo

_MOST_FALLING: Final = 0.5


@dataclass(frozen=True)
class Rows:
    """Places of slices as a source lists them.

    Attributes
    ----------
    z_nm : ndarray, shape (rows,), float64
        In nm; not yet made to increase.
    sigma_nm : ndarray, shape (rows - 1,), float64
        Standard error of each distance to the next row; 0 where none is stated.
    unmeasured : frozenset of int
        Rows whose place was not measured.
    numbers : tuple of int or None
        Slice numbers of the rows, increasing.
    notes : tuple of str
        What the user has to see.
    """

    z_nm: Array
    sigma_nm: Array
    unmeasured: frozenset[int] = frozenset()
    numbers: tuple[int, ...] | None = None
    notes: tuple[str, ...] = ()


def rows_of_positions(
    z_nm: Sequence[float | None], sigma_nm: Sequence[float], flagged: Sequence[int] = ()
) -> Rows:
    """Rows of a source that states positions; empty ones are put between their neighbours.

    Raises
    ------
    DamagedFileError
        If fewer than two are stated.
    """
    places = np.array([np.nan if value is None else value for value in z_nm], dtype=np.float64)
    known = np.flatnonzero(np.isfinite(places))
    if len(known) < 2:
        raise DamagedFileError("fewer than two positions are stated", got=f"{len(known)} of {len(places)}")
    notes: tuple[str, ...] = ()
    if (np.diff(places[known]) < 0).all():
        places, notes = (
            -places,
            ("the positions fall from slice to slice: z is counted the other way round.",),
        )
    steps = np.diff(places[known]) / np.diff(known)
    index = np.arange(len(places), dtype=np.float64)
    filled = np.interp(index, known, places[known])
    usual = float(np.median(steps))  # what is missing at the ends lies at the usual distance
    filled = np.where(index < known[0], places[known[0]] - (known[0] - index) * usual, filled)
    filled = np.where(index > known[-1], places[known[-1]] + (index - known[-1]) * usual, filled)
    missing = set(range(len(places))) - {int(row) for row in known}
    return Rows(filled, np.asarray(sigma_nm, dtype=np.float64), frozenset({*missing, *flagged}), notes=notes)


def rows_of_thicknesses(
    thickness_nm: Sequence[float | None],
    sigma_nm: Sequence[float],
    slices: int,
    lies: Literal["after", "before"],
    flagged: Sequence[int] = (),
) -> Rows:
    """Rows of a source that states thicknesses: one between each slice and the next, or one per slice.

    Parameters
    ----------
    thickness_nm : sequence of float or None
        In nm; None where nothing was measured: taken as the mean of the others, and flagged.
    sigma_nm : sequence of float
        Standard error of each, in nm.
    slices : int
        Slices that the volume has.
    lies : {'after', 'before'}
        Which of as many thicknesses as slices is not used: the last, or the first.
    flagged : sequence of int
        Rows that the source itself calls doubtful.

    Raises
    ------
    DamagedFileError
        If none is stated.
    """
    values, sigmas, notes = list(thickness_nm), list(sigma_nm), []
    if len(values) != slices - 1:
        if lies == "after" and values[0] is None and values[-1] is not None:
            lies = "before"
        used = slice(1, None) if lies == "before" else slice(0, -1)
        values, sigmas = values[used], sigmas[used]
        place, end = ("above", "first") if lies == "before" else ("below", "last")
        notes.append(f"each thickness is taken to lie {place} its slice; the {end} one is not used.")
    known = [value for value in values if value is not None]
    if not known:
        raise DamagedFileError("no thickness is stated", expected="at least one")
    usual = float(np.mean(known))
    missing = {row + 1 for row, value in enumerate(values) if value is None}
    if missing:
        notes.append(
            f"{len(missing)} thicknesses are not stated (above slice {listed(missing)}): they are set to the"
            " mean of the others and flagged."
        )
    z_nm = np.concatenate([[0.0], np.cumsum([usual if value is None else value for value in values])])
    return Rows(
        z_nm, np.asarray(sigmas, dtype=np.float64), frozenset({*missing, *flagged}), notes=tuple(notes)
    )


def in_order(numbers: Sequence[float | None]) -> tuple[int, ...]:
    """Order in which the rows come by their slice numbers.

    Raises
    ------
    DamagedFileError
        If a number is missing, no whole number, or stands twice.
    """
    odd = [row for row, number in enumerate(numbers) if number is None or number != int(number)]
    if odd:
        raise DamagedFileError(f"row {odd[0] + 1} has no slice number", got=numbers[odd[0]])
    whole = [int(number) for number in numbers if number is not None]
    order = tuple(sorted(range(len(whole)), key=whole.__getitem__))
    twice = next((whole[b] for a, b in pairwise(order) if whole[a] == whole[b]), None)
    if twice is not None:
        raise DamagedFileError(
            f"slice {twice} stands twice in the table", remedy="remove or correct one of the rows"
        )
    return order


def matched(rows: Rows, info: VolumeInfo) -> Rows:
    """The rows of the slices that the volume has.

    Raises
    ------
    ParameterError
        If rows and slices do not fit, with both numbers.
    """
    count, numbers, slices = len(rows.z_nm), rows.numbers, info.slice_numbers
    if count == info.shape[0]:
        if (
            numbers
            and slices
            and any(a - b != numbers[0] - slices[0] for a, b in zip(numbers, slices, strict=True))
        ):
            raise ParameterError(
                "the table is of other slices than the volume",
                expected=f"slices {listed(slices)}",
                got=listed(numbers),
            )
        gaps = numbers and not slices and len({b - a for a, b in pairwise(numbers)}) > 1
        note = "the table leaves out slice numbers, the volume does not: make sure that they belong together."
        return replace(rows, notes=(*rows.notes, note)) if gaps else rows
    if numbers and slices and set(slices) <= set(numbers):
        return _picked(rows, [numbers.index(number) for number in slices])
    raise ParameterError(
        "the table does not fit the stack",
        expected=f"{info.shape[0]} positions, or {info.shape[0]} or {info.shape[0] - 1} thicknesses",
        got=f"places of {count} slices",
        remedy="use the table of this stack, or remove the rows of slices that it lacks",
    )


def _picked(rows: Rows, kept: Sequence[int]) -> Rows:
    variance = np.concatenate([[0.0], np.cumsum(rows.sigma_nm**2)])
    places = {row: place for place, row in enumerate(kept)}
    note = f"{len(rows.z_nm)} slices are listed; those of the {len(kept)} that the volume has are used."
    return Rows(
        rows.z_nm[list(kept)],
        np.sqrt(np.maximum(np.diff(variance[list(kept)]), 0.0)),
        frozenset(places[row] for row in rows.unmeasured if row in places),
        numbers=None if rows.numbers is None else tuple(rows.numbers[row] for row in kept),
        notes=(*rows.notes, note),
    )


def rising(z_nm: Array) -> tuple[Array, tuple[int, ...], tuple[str, ...]]:
    """Positions that increase, as near as possible to those given.

    Returns
    -------
    z_nm : ndarray
        Isotonic regression with a least step; as given if they increase.
    moved : tuple of int
        Slices that had to be moved.
    notes : tuple of str
        A sentence on that.

    Raises
    ------
    DamagedFileError
        If most steps do not go down into the sample.
    """
    falling = np.flatnonzero(np.diff(z_nm) <= 0)
    if falling.size == 0:
        return z_nm, (), ()
    if falling.size > _MOST_FALLING * (len(z_nm) - 1):
        raise DamagedFileError(
            "most slices do not lie below the one before",
            expected="positions that rise, or thicknesses above 0",
            got=f"{falling.size} of {len(z_nm) - 1} steps are 0 or less",
            remedy="check whether the right column and unit were chosen",
        )
    fitted, moved = increasing(z_nm, np.ones(len(z_nm)))
    note = (
        f"{falling.size} thicknesses are 0 or less (below slice {listed(falling.tolist())}), which cannot "
        f"be: {len(moved)} slices were moved by up to {np.abs(fitted - z_nm).max():.2g} nm, and are flagged."
    )
    return fitted, moved, (note,)
