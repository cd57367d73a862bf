"""What the system tests share."""

from __future__ import annotations

from pathlib import Path

import pytest


@pytest.fixture(autouse=True)
def _no_proposals(request: pytest.FixtureRequest, monkeypatch: pytest.MonkeyPatch) -> None:
    """Windows look at what they open to propose steps: seconds that most tests need not spend."""
    if "gui" in request.keywords and "proposes" not in request.keywords:
        monkeypatch.setattr("core.propose.proposed", lambda _inputs, _job: ())


@pytest.fixture
def place(tmp_path: Path) -> Path:
    """An empty folder with a short name."""
    folder = tmp_path / "f"
    folder.mkdir()
    return folder
