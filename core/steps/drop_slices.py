"""Leave single slices out."""

from __future__ import annotations

from collections.abc import Sequence

from pydantic import field_validator

from core.errors import ParameterError
from core.params import Params, param
from core.step import Block, Estimate, Stage, Step
from core.volume import Array, VolumeInfo


class DropSlicesParams(Params):
    """Which slices go."""

    slices: str = param(
        "",
        label="Slices",
        description="Indices counted from 0 as in the slice view, for example 3, 7-9; empty = none.",
    )

    @field_validator("slices")
    @classmethod
    def _readable(cls, value: str) -> str:
        numbers_of(value)
        return value


def numbers_of(text: str) -> frozenset[int]:
    """Numbers in a list such as ``3, 7-9`` (ranges include both ends).

    Raises
    ------
    ValueError
        If a part is neither a number nor a range.
    """
    found: set[int] = set()
    for part in filter(None, (piece.strip() for piece in text.replace(";", ",").split(","))):
        first, dash, last = (piece.strip() for piece in part.partition("-"))
        # isdecimal() alone would let other scripts' digits and thousands of them pass.
        if not all(
            piece.isascii() and piece.isdecimal() and len(piece) < 10 for piece in (first, last or "0")
        ):
            raise ValueError(f"'{part}' is no slice number or range such as 7-9")
        if dash and (not last or int(last) < int(first)):
            raise ValueError(f"'{part}' is no range: its end must not lie before its start")
        if dash and int(last) - int(first) > _LONGEST_RANGE:
            raise ValueError(f"'{part}' spans more than {_LONGEST_RANGE} slices")
        found.update(range(int(first), int(last or first) + 1))
    return frozenset(found)


_LONGEST_RANGE = 1_000_000


def _kept(info: VolumeInfo, params: DropSlicesParams) -> Sequence[int]:
    dropped = numbers_of(params.slices)
    count = info.shape[0]
    beyond = sorted(number for number in dropped if number >= count)
    if beyond:
        raise ParameterError(
            "drop-slices: there are no such slices", expected=f"0-{count - 1}", got=beyond[:10]
        )
    if len(dropped) == count:
        raise ParameterError("drop-slices: no slice would be left", expected=f"fewer than {count} dropped")
    return [index for index in range(count) if index not in dropped]


def _apply(block: Block, _params: DropSlicesParams, _estimate: Estimate | None) -> Array:
    return block.data


DROP_SLICES = Step(
    name="drop-slices",
    version=1,
    label="Drop slices",
    stage=Stage.IMPORT,
    summary="Leave out slices that are blank or spoilt; the others keep their distances along z.",
    params=DropSlicesParams,
    apply=_apply,
    select=_kept,
    stored=False,
    bytes_per_pixel=1,
)
