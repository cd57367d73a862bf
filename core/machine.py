"""How much of this computer the program may use: said once, kept to wherever work is cut to fit.

What is said stands in environment variables, so that processes that this one starts keep to it, too.
Nothing of it changes a result, but for the last digits of what networks learn and of what a card computes.
"""

from __future__ import annotations

import os
from typing import Literal, TypeAlias, get_args

import psutil

from core.errors import ParameterError

Device: TypeAlias = Literal["auto", "cpu", "gpu"]

DEVICE = "TRUESLICE_DEVICE"
THREADS = "TRUESLICE_THREADS"
MEMORY = "TRUESLICE_MEMORY_MB"
MODELS = "TRUESLICE_MODELS"
"""Environment variable that names another folder for the user's models."""

_MEBI = 1 << 20
_before: dict[str, str | None] = {}
"""By variable that `say` has set: what the environment said before."""


def say(variable: str, value: str) -> None:
    """Set one of these variables for this process and those it starts; empty goes back to what was there."""
    if value:
        _before.setdefault(variable, os.environ.get(variable))
        os.environ[variable] = value
    elif variable in _before:
        earlier = _before.pop(variable)
        if earlier is None:
            os.environ.pop(variable, None)
        else:
            os.environ[variable] = earlier


def say_nothing() -> None:
    """Go back to what the environment said before anything was said."""
    for variable in tuple(_before):
        say(variable, "")


def device() -> Device:
    """What networks compute on: ``auto`` is the graphics card where one can be used.

    Raises
    ------
    ParameterError
        If the environment names something else.
    """
    named = os.environ.get(DEVICE, "") or "auto"
    for known in get_args(Device):
        if named == known:
            return known  # type: ignore[no-any-return]
    raise ParameterError(
        f"{DEVICE} names no device", expected=" or ".join(get_args(Device)), got=named, remedy="correct it"
    )


def stated_threads() -> int | None:
    """Threads that may compute at once; None where nobody has said.

    Raises
    ------
    ParameterError
        If the environment states no whole number above 0.
    """
    return _positive(THREADS)


def threads() -> int:
    """Threads to compute with: as stated, else one per processor."""
    return stated_threads() or os.cpu_count() or 1


def stated_bytes() -> int | None:
    """Memory that the work may take, in bytes; None where nobody has said.

    Raises
    ------
    ParameterError
        If the environment states no whole number of MiB above 0.
    """
    stated = _positive(MEMORY)
    return None if stated is None else stated * _MEBI


def free_bytes(share: float = 1.0) -> int:
    """Memory there is for the work: a share of what is free, and not more than may be taken."""
    free = int(psutil.virtual_memory().available * share)
    stated = stated_bytes()
    return free if stated is None else min(free, stated)


def _positive(variable: str) -> int | None:
    text = os.environ.get(variable, "").strip()
    if not text:
        return None
    if text.isdecimal() and int(text) > 0:
        return int(text)
    raise ParameterError(
        f"{variable} is no number", expected="a whole number above 0", got=text, remedy="correct it"
    )
