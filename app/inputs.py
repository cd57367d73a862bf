"""Whether what was begun in the background belongs to what is open now."""

from __future__ import annotations

import os
from collections.abc import Mapping
from typing import TYPE_CHECKING

from app.session import Session

if TYPE_CHECKING:
    from core.project import InputSpec


def are_open(session: Session, specs: Mapping[str, InputSpec]) -> bool:
    """Whether these are the inputs that are open, read in the same way."""
    return _read_as(specs) == _read_as({name: opened.spec for name, opened in session.inputs.items()})


def _read_as(specs: Mapping[str, InputSpec]) -> dict[str, object]:
    """Files and options by channel; a project has the whole paths."""
    return {name: ([os.path.abspath(p) for p in spec.paths], spec.options) for name, spec in specs.items()}
