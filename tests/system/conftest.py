"""What the system tests share."""

from __future__ import annotations

from pathlib import Path

import pytest

PROPOSING = ("test_window_guided", "test_window_help", "test_window_journeys", "test_window_random")


@pytest.fixture(autouse=True)
def _no_proposals(request: pytest.FixtureRequest, monkeypatch: pytest.MonkeyPatch) -> None:
    """Windows look at what they open to propose steps: seconds that most tests need not spend."""
    if "gui" in request.keywords and request.path.stem not in PROPOSING:
        monkeypatch.setattr("core.propose.proposed", lambda _inputs, _job: ())


@pytest.fixture
def place(tmp_path: Path) -> Path:
    """An empty folder with a short name."""
    folder = tmp_path / "f"
    folder.mkdir()
    return folder
