"""The Qt binding itself must be sound, whatever version is installed."""

from __future__ import annotations

import sys

import pytest

pytestmark = pytest.mark.gui


def test_calls_keep_the_reference_counts_of_none_and_true() -> None:
    from PySide6.QtCore import QObject, QRectF

    rect, thing = QRectF(), QObject()
    before = [sys.getrefcount(value) for value in (None, True, False)]
    for _ in range(2000):
        rect.setRect(0, 0, 1, 1)
        thing.setProperty("name", True)
        thing.blockSignals(False)
        rect.isEmpty()
    after = [sys.getrefcount(value) for value in (None, True, False)]
    assert all(abs(b - a) < 1000 for a, b in zip(before, after, strict=True))
