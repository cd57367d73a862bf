"""Dates as vendors write them, into ISO 8601 local time."""

from __future__ import annotations

from datetime import datetime

# Month names are English whatever the locale of the reading machine, so no strptime("%b").
_MONTHS = {
    name: number
    for number, name in enumerate(
        ("jan", "feb", "mar", "apr", "may", "jun", "jul", "aug", "sep", "oct", "nov", "dec"), start=1
    )
}


def iso(text: str | None, *patterns: str) -> str | None:
    """Text by the first pattern (of `strptime`) that fits, as ``YYYY-MM-DDTHH:MM:SS``; None if none fits."""
    for pattern in patterns:
        try:
            return datetime.strptime((text or "").strip(), pattern).isoformat(timespec="seconds")
        except ValueError:
            continue
    return None


def iso_of_english(text: str | None) -> str | None:
    """``13 Jul 2021 18:23:36`` as ISO 8601; None where it is something else."""
    words = (text or "").split()
    if len(words) < 3 or words[1][:3].lower() not in _MONTHS:
        return None
    month = _MONTHS[words[1][:3].lower()]
    return iso(" ".join([words[0], str(month), *words[2:]]), "%d %m %Y %H:%M:%S", "%d %m %Y")
