"""Numbers where the language of the system writes a decimal comma."""

from __future__ import annotations

from collections.abc import Iterator

import pytest
from PySide6.QtCore import QLocale, Qt
from pytestqt.qtbot import QtBot

from app.application import enlarge
from app.forms_number import NumberBox
from app.panels.importing import Number
from app.panels.settings_rows import Amount


@pytest.fixture(autouse=True)
def german() -> Iterator[None]:
    """German numbers: 1.234,5."""
    before = QLocale()
    QLocale.setDefault(QLocale(QLocale.Language.German, QLocale.Country.Germany))
    yield
    QLocale.setDefault(before)


@pytest.mark.parametrize(("text", "value"), [("5.125", 5.125), ("5,125", 5.125), ("10", 10.0), ("0,5", 0.5)])
def test_comma_and_point_mean_the_same_everywhere(qtbot: QtBot, text: str, value: float) -> None:
    line, box = Number("nm", 0.001, 1e6), NumberBox(whole=False)
    amount = Amount("GB", whole=False, upper=100, automatic="automatic")
    for widget in (line, box, amount):
        qtbot.addWidget(widget)
    qtbot.keyClicks(line, text)
    qtbot.keyClicks(box.lineEdit(), text)
    picked: list[object] = []
    amount.picked.connect(picked.append)
    qtbot.keyClicks(amount.box.lineEdit(), text)
    qtbot.keyClick(amount.box.lineEdit(), Qt.Key.Key_Return)
    assert (line.value(), box.number(), picked) == (value, value, [value])


def test_numbers_are_shown_with_a_point(qtbot: QtBot) -> None:
    line, box = Number("nm", 0.001, 1e6), NumberBox(whole=False)
    for widget in (line, box):
        qtbot.addWidget(widget)
    line.set_value(5.125)
    box.show_number(1234.5)
    assert (line.text(), box.text()) == ("5.125", "1234.5")
    assert (line.value(), box.number()) == (5.125, 1234.5)


def test_thousands_and_what_is_out_of_range_are_not_guessed(qtbot: QtBot) -> None:
    line = Number("nm", 0.001, 1000)
    qtbot.addWidget(line)
    qtbot.keyClicks(line, "1.234,5")
    assert line.text() == "1.2345", "a second sign is not taken"
    line.setText("2000")
    assert line.value() is None


def test_the_size_is_asked_of_qt_before_it_starts(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("QT_SCALE_FACTOR", raising=False)
    enlarge(100)
    monkeypatch.setenv("QT_SCALE_FACTOR", "3")
    enlarge(150)
    import os

    assert os.environ["QT_SCALE_FACTOR"] == "3", "the environment goes first"
    monkeypatch.delenv("QT_SCALE_FACTOR")
    enlarge(150)
    assert os.environ.pop("QT_SCALE_FACTOR") == "1.5"
