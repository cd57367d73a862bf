"""Which column of a table says where the slices are: by its head, never by its numbers."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final, Literal, TypeAlias

from core.errors import AmbiguousInputError, ParameterError
from core.thickness.table_text import NM_PER, Column

Quantity: TypeAlias = Literal["z", "thickness"]

_Z: Final = frozenset(
    {
        "z", "z pos", "z position", "zpos", "zposition", "position", "position z", "pos", "depth", "z depth",
        "slice position", "sliceposition", "slice z", "z coordinate", "slice depth", "height",
    }
)  # fmt: skip
_THICKNESS: Final = frozenset(
    {
        "thickness", "slice thickness", "slicethickness", "dz", "delta z", "d z", "deltaz", "step", "z step",
        "measured thickness", "measuredthickness", "thickness measured", "spacing", "slice spacing",
        "z spacing", "cut thickness", "milled thickness", "distance",
    }
)  # fmt: skip
_MEASURED: Final = frozenset({"measured thickness", "measuredthickness", "thickness measured"})
_SLICE: Final = frozenset(
    {
        "slice", "slice number", "slicenumber", "slice no", "slice index", "index", "number", "no", "nr", "#",
        "image", "image number", "frame", "n", "i", "id", "slice id",
    }
)  # fmt: skip
_SIGMA: Final = frozenset(
    {"sigma", "standard error", "error", "uncertainty", "thickness sigma", "sigma thickness"}
)
_FLAGGED: Final = frozenset({"flagged", "flag"})


@dataclass(frozen=True)
class TableOptions:
    """What the user knows of a table.

    Attributes
    ----------
    column : str
        Head of the column to read; empty for the one that its head gives away.
    quantity : {'', 'z', 'thickness'}
        What it holds: positions of slices, or thicknesses. Empty: by the head.
    unit : str
        ``nm``, ``um``, ``mm``, ``m`` or ``pm``; empty: by the head.
    lies : {'after', 'before'}
        Where there are as many thicknesses as slices: whether each lies below its slice, between it and the
        next (the last one is not used), or above, between it and the one before (the first one is not used).
    """

    column: str = ""
    quantity: Literal["", "z", "thickness"] = ""
    unit: str = ""
    lies: Literal["after", "before"] = "after"


@dataclass(frozen=True)
class Chosen:
    """The columns that matter, and what the main one holds."""

    main: Column
    quantity: Quantity
    nm_per_unit: float
    slices: Column | None
    sigma: Column | None
    flagged: Column | None


def chosen_columns(columns: Sequence[Column], options: TableOptions) -> Chosen:
    """Find the columns.

    Raises
    ------
    AmbiguousInputError
        If several columns could be meant, none is recognised, or the unit is not stated; it names them.
    ParameterError
        If the options name a column that is not there.
    """
    main = _named(columns, options.column) if options.column else _recognised(columns, options)
    quantity = options.quantity or _quantity_of(main)
    return Chosen(
        main=main,
        quantity=quantity,
        nm_per_unit=NM_PER[_unit(main, options)],
        slices=_only(columns, _SLICE),
        sigma=_only(columns, _SIGMA),
        flagged=_only(columns, _FLAGGED),
    )


def _named(columns: Sequence[Column], head: str) -> Column:
    wanted = head.strip().lower()
    found = [column for column in columns if column.head.strip().lower() == wanted]
    if len(found) != 1:
        raise ParameterError(
            f"the table has {'several columns' if found else 'no column'} '{head:.60}'",
            expected="one of " + ", ".join(column.head for column in columns),
        )
    return found[0]


def _recognised(columns: Sequence[Column], options: TableOptions) -> Column:
    positions = [column for column in columns if column.name in _Z]
    thicknesses = [column for column in columns if column.name in _THICKNESS]
    if len(thicknesses) > 1:  # what was measured, rather than what was asked for
        thicknesses = [column for column in thicknesses if column.name in _MEASURED] or thicknesses
    # Positions say the same as thicknesses and need no rule for which side of a slice they lie on.
    groups = {"z": [positions], "thickness": [thicknesses], "": [positions, thicknesses]}[options.quantity]
    found = next((group for group in groups if group), [])
    if len(found) == 1:
        return found[0]
    heads = tuple(column.head for column in (found or columns))
    raise AmbiguousInputError(
        "several columns could hold the places of slices"
        if found
        else "no column is named like a position or a thickness of slices",
        expected="one column such as z_nm, 'Z position (µm)', thickness_nm or dz [nm]",
        got=", ".join(heads),
        choices=heads,
        option="column",
        remedy="say which one it is (--column)",
    )


def _quantity_of(column: Column) -> Quantity:
    if column.name in _Z:
        return "z"
    if column.name in _THICKNESS:
        return "thickness"
    raise AmbiguousInputError(
        f"column '{column.head}' may hold positions or thicknesses",
        choices=("z", "thickness"),
        option="quantity",
        remedy="say which (--quantity z or thickness)",
    )


def _unit(column: Column, options: TableOptions) -> str:
    unit = options.unit or column.unit
    if unit is None:
        raise AmbiguousInputError(
            f"the head of column '{column.head}' states no unit",
            choices=tuple(NM_PER),
            option="unit",
            remedy="say which (--unit nm), or write it into the head, such as thickness_nm",
        )
    if unit not in NM_PER:
        raise ParameterError("the unit is not known", expected=", ".join(NM_PER), got=unit[:20])
    return unit


def _only(columns: Sequence[Column], names: frozenset[str]) -> Column | None:
    found = [column for column in columns if column.name in names]
    return found[0] if len(found) == 1 else None
