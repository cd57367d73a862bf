"""Real data that lies beside the project (``../shared/data``) and is not part of it."""

from __future__ import annotations

from pathlib import Path

import pytest

SHARED_DATA = Path(__file__).resolve().parents[2] / "shared" / "data"


def shared_path(name: str) -> Path:
    """Path of the real file or folder `name`; skips the test that asks where it is not there."""
    path = SHARED_DATA / name
    if not path.exists():
        pytest.skip(f"the real data {name!r} is not beside the project")
    return path
