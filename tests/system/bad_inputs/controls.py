"""Undamaged inputs, without which every refusal would prove nothing."""

from __future__ import annotations

from collections.abc import Iterator

from tests.system.bad_inputs.case import Reading
from tests.system.bad_inputs.valid import FILES, FOLDERS


def cases() -> Iterator[Reading]:
    """All of them."""
    for kind in (*FILES, *FOLDERS):
        yield Reading(f"{kind.id}-undamaged", kind.make, "works", options=kind.options)
