"""Lists of slices as people type them."""

from __future__ import annotations


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
