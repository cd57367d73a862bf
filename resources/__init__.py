"""Data files that ship with the program."""

from __future__ import annotations

from importlib import resources
from pathlib import Path


def path(name: str) -> Path:
    """
    Path of the bundled file `name` (relative, with forward slashes).

    Raises
    ------
    FileNotFoundError
        When no such file is bundled.
    """
    found = Path(str(resources.files(__name__).joinpath(*name.split("/"))))
    if not found.exists():
        raise FileNotFoundError(f"no bundled resource {name!r} at {found}")
    return found
