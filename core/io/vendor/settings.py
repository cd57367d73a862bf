"""Settings of one source, read by key into numbers with units; what is malformed is left out and noted."""

from __future__ import annotations

import math
import re
from collections.abc import Mapping
from dataclasses import dataclass

from core.io.vendor.text import shortened

NM_PER_M, PA_PER_A, US_PER_S, KV_PER_V = 1e9, 1e12, 1e6, 1e-3
DEG_PER_RAD = 180 / math.pi

UNITS: Mapping[str, Mapping[str, float]] = {
    "nm": {"m": 1e9, "mm": 1e6, "um": 1e3, "nm": 1.0, "pm": 1e-3, "fm": 1e-6, "å": 0.1},
    "pA": {"a": 1e12, "ma": 1e9, "ua": 1e6, "na": 1e3, "pa": 1.0, "fa": 1e-3},
    "us": {"s": 1e6, "secs": 1e6, "ms": 1e3, "us": 1.0, "ns": 1e-3, "mins": 6e7},
    "kV": {"kv": 1.0, "v": 1e-3, "volt": 1e-3, "volts": 1e-3},
    # Some writers turn the degree sign into something unreadable.
    "deg": {"°": 1.0, "deg": 1.0, "": 1.0, "\ufffd": 1.0, "?": 1.0, "rad": DEG_PER_RAD},
}
"""Factor from a written unit to the unit used inside the program."""

_NUMBER = re.compile(r"[-+]?(?:\d{1,400}(?:[.,]\d{0,400})?|[.,]\d{1,400})(?:[eE][-+]?\d{1,4})?")
_FLAGS = {
    "yes": True,
    "true": True,
    "on": True,
    "1": True,
    "no": False,
    "false": False,
    "off": False,
    "0": False,
}


@dataclass(frozen=True)
class Settings:
    """Texts by key, the name of their source, and the list that collects notes.

    Every method takes alternative keys; the first that holds text counts.
    """

    texts: Mapping[str, str]
    label: str
    notes: list[str]

    def text(self, *keys: str) -> str | None:
        """Text of the first key that holds any."""
        return next((self.texts[key].strip() for key in keys if self.texts.get(key, "").strip()), None)

    def name(self, *keys: str) -> str | None:
        """Like `text`, made printable and short enough to show."""
        text = self.text(*keys)
        return None if text is None else shortened(text).strip() or None

    def number(self, *keys: str, scale: float = 1.0) -> float | None:
        """Finite number times `scale`."""
        text = self.text(*keys)
        if text is None:
            return None
        value = _as_float(text) if _NUMBER.fullmatch(text) else None
        if value is None or not math.isfinite(value * scale):
            self._left_out(text, keys[0], "which is not a usable number")
            return None
        return _rounded(value * scale)

    def size(self, *keys: str, scale: float = 1.0) -> float | None:
        """Like `number` for what must be above zero; a plain 0 means "not stated" and needs no note."""
        value = self.number(*keys, scale=scale)
        if value is not None and value < 0:
            self._left_out(str(self.text(*keys)), keys[0], "which cannot be negative")
        return value if value is not None and value > 0 else None

    def quantity(self, *keys: str, unit: str) -> float | None:
        """Value of a text such as ``12.33 nm`` in `unit` (a key of UNITS)."""
        text = self.text(*keys)
        if text is None or not (text := text.lstrip("=: \t")):
            return None
        match = _NUMBER.match(text)
        if match:
            written = text[match.end() :].strip().replace("µ", "u").replace("μ", "u").lower()
            factor, value = UNITS[unit].get(written), _as_float(match[0])
            if factor is not None and value is not None and math.isfinite(value * factor):
                return _rounded(value * factor)
        self._left_out(text, keys[0], f"which could not be read in {unit}")
        return None

    def positive(self, *keys: str, unit: str) -> float | None:
        """Like `quantity` for what must be above zero; a plain 0 means "not stated"."""
        value = self.quantity(*keys, unit=unit)
        if value is not None and value < 0:
            self._left_out(str(self.text(*keys)), keys[0], "which cannot be negative")
        return value if value is not None and value > 0 else None

    def flag(self, *keys: str) -> bool | None:
        """Yes or no; None where the text is neither."""
        return _FLAGS.get((self.text(*keys) or "").lower())

    def note(self, sentence: str) -> None:
        """Add a sentence the user must see."""
        self.notes.append(sentence)

    def _left_out(self, text: str, key: str, why: str) -> None:
        self.notes.append(f'{self.label}, {key} says "{shortened(text)}", {why}; it was left out.')


def _rounded(value: float) -> float:
    """12 digits: enough for every instrument, and 8.99306e-9 m stays 8.99306 nm."""
    return float(f"{value:.12g}") + 0.0  # no negative zero


def _as_float(text: str) -> float | None:
    try:
        value = float(text.replace(",", "."))
    except ValueError:
        return None
    return value if math.isfinite(value) else None
