"""Chemical formulas: ``Al2O3``, ``Ca5(PO4)3OH``, ``Zr0.92Y0.16O2.08``."""

from __future__ import annotations

import re
import unicodedata

from core.errors import ParameterError
from core.simulate.electrons.elements import atomic_number

LONGEST = 200
_TOKEN = re.compile(r"([A-Za-z][a-z]?)|([(\[{])|([)\]}])|(\d+(?:\.\d*)?|\.\d+)|(.)", re.DOTALL)
_CLOSING = {"(": ")", "[": "]", "{": "}"}
_Counts = dict[int, float]


def parse_formula(text: str) -> tuple[tuple[int, float], ...]:
    """Atomic number and number of atoms of each element, in the order of their first mention.

    Parameters
    ----------
    text : str
        Symbols, brackets of any kind and positive (also broken) numbers; subscript digits are digits too.

    Raises
    ------
    ParameterError
        If it is no formula, or names an unknown element.
    """
    plain = unicodedata.normalize("NFKC", text).replace(" ", "")
    if not plain or len(plain) > LONGEST:
        raise _bad(text[:LONGEST], "nothing" if not plain else f"{len(plain)} characters")
    groups: list[_Counts] = [{}]
    opened: list[str] = []
    last: _Counts = {}  # what a number that follows multiplies
    for symbol, opening, closing, number, other in _TOKEN.findall(plain):
        if number:
            if not last or float(number) <= 0:
                raise _bad(text, number)
            last = {z: count * float(number) for z, count in last.items()}
            _add(groups[-1], last)
            last = {}
            continue
        _add(groups[-1], last)
        last = {}
        if symbol:
            last = {atomic_number(symbol): 1.0}
        elif opening:
            opened.append(opening)
            groups.append({})
        elif closing and opened and _CLOSING[opened.pop()] == closing and groups[-1]:
            last = groups.pop()
        else:
            raise _bad(text, closing or other)
    _add(groups[-1], last)
    if opened:
        raise _bad(text, f"{opened[-1]} that is not closed")
    return tuple(groups[0].items())


def _add(whole: _Counts, part: _Counts) -> None:
    for z, count in part.items():
        whole[z] = whole.get(z, 0.0) + count


def _bad(text: str, found: str) -> ParameterError:
    return ParameterError(
        f"{text!r} is no chemical formula",
        expected="symbols with numbers above 0 and closed brackets, such as Al2O3 or Ca5(PO4)3OH",
        got=found,
        remedy="mind capital letters: Co is cobalt, CO carbon and oxygen",
    )
