"""What the system tests share."""

from __future__ import annotations

from pathlib import Path

import pytest


@pytest.fixture
def place(tmp_path: Path) -> Path:
    """An empty folder with a short name."""
    folder = tmp_path / "f"
    folder.mkdir()
    return folder
