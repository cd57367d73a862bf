"""Values as text."""

from __future__ import annotations

from typing import TypeAlias

Value: TypeAlias = float | int | bool | str | None
RAISED = str.maketrans("-0123456789", "⁻⁰¹²³⁴⁵⁶⁷⁸⁹")


def number(value: Value, *, digits: int = 5) -> str:
    """Show a value: 5 significant digits, powers of ten with a raised exponent, yes or no."""
    if isinstance(value, bool):
        return "yes" if value else "no"
    if not isinstance(value, float):
        return str(value)
    text = f"{value:.{digits}g}"
    if "e" not in text:
        return text.replace("-", "\N{MINUS SIGN}")
    factor, exponent = text.split("e")
    power = "10" + str(int(exponent)).translate(RAISED)
    return power if factor == "1" else f"{factor} × {power}".replace("-", "\N{MINUS SIGN}")
