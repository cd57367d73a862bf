"""A few random users; a thousand: ``python3 dev.py bench random_events``."""

from __future__ import annotations

from pathlib import Path

import pytest
from PySide6.QtGui import QDesktopServices
from PySide6.QtWidgets import QApplication

from tests.system.random_sequence import Sequence

pytestmark = [pytest.mark.gui, pytest.mark.proposes]
SEEDS, EVENTS = (1, 2, 3), 50


@pytest.mark.parametrize("seed", SEEDS)
def test_whatever_is_pressed(
    seed: int, qapp: QApplication, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(QDesktopServices, "openUrl", staticmethod(lambda _url: True))
    outcome = Sequence(qapp, seed, tmp_path, EVENTS).play()
    assert not outcome.faults, outcome
    assert outcome.events > 1
