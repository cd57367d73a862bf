"""Work in small pieces, and forms that get their rows that way."""

from __future__ import annotations

import time
from collections.abc import Iterator

import pytest
from PySide6.QtCore import QObject
from pytestqt.qtbot import QtBot

from app.forms import StepForm
from app.turns import Turns
from core.steps.denoise import DenoiseParams

PIECE_S = 0.02


@pytest.fixture
def done() -> list[int]:
    """Pieces that have been done."""
    return []


def pieces(done: list[int]) -> Iterator[None]:
    for number in range(4):
        time.sleep(PIECE_S)
        done.append(number)
        yield


def test_one_long_piece_a_turn(qtbot: QtBot, done: list[int], qapp: QObject) -> None:
    turns = Turns(pieces(done), qapp)
    ended: list[bool] = []
    turns.ended.connect(lambda: ended.append(True))
    assert not done
    qtbot.waitUntil(lambda: len(done) >= 1)
    assert len(done) < 4, "the window could answer in between"
    assert not ended
    qtbot.waitUntil(lambda: bool(ended))
    assert done == [0, 1, 2, 3]
    assert ended == [True]
    turns.deleteLater()


def test_the_rest_can_be_wanted_now(qtbot: QtBot, done: list[int], qapp: QObject) -> None:
    turns = Turns(pieces(done), qapp)
    with qtbot.waitSignal(turns.ended):
        turns.finish()
    assert done == [0, 1, 2, 3]
    turns.finish()
    qtbot.wait(5)
    assert done == [0, 1, 2, 3]
    turns.deleteLater()


def test_a_form_has_its_value_before_its_rows(qtbot: QtBot) -> None:
    form = StepForm(DenoiseParams, gradual=True)
    qtbot.addWidget(form)
    assert form.is_valid()
    assert form.value() == DenoiseParams()
    assert not form.errors()
    told: list[object] = []
    form.value_changed.connect(told.append)
    with qtbot.waitSignal(form.completed):
        form.set_value(DenoiseParams(method="gaussian", sigma_px=3))
        assert form.value() == DenoiseParams(method="gaussian", sigma_px=3)
    assert not told
    assert form.value() == DenoiseParams(method="gaussian", sigma_px=3)
    at_once = StepForm(DenoiseParams)
    qtbot.addWidget(at_once)
    at_once.set_value(form.value())
    shown = [[one._rows[name].cell.isHidden() for name in one._rows] for one in (form, at_once)]
    assert shown[0] == shown[1]


def test_an_edit_completes_the_form(qtbot: QtBot) -> None:
    form = StepForm(DenoiseParams, gradual=True)
    qtbot.addWidget(form)
    form.set_value(DenoiseParams(method="gaussian", sigma_px=3))
    form.put("sigma_px", 5)
    assert list(form._rows) == list(DenoiseParams.model_fields)
    assert form.value() == DenoiseParams(method="gaussian", sigma_px=5)
