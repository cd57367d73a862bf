from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import numpy as np
from PySide6.QtWidgets import QPushButton
from pytestqt.qtbot import QtBot

from app.asking import Asker
from app.dialogs.question import Answer, QuestionDialog
from app.dialogs.raw import RawDialog, raw_params
from app.opening import Request
from app.program import Program
from app.theme import Theme
from tests.app.leftovers import flush_deletions

Wait = Callable[[Callable[[], bool]], None]


def buttons(dialog: QuestionDialog) -> dict[str, QPushButton]:
    return {found.text(): found for found in dialog.findChildren(QPushButton)}


def test_an_answer_carries_its_value_and_closing_says_nothing(qtbot: QtBot) -> None:
    heard: list[object] = []
    for text in ("Blue", "Cancel"):
        dialog = QuestionDialog("Which?", "Choose one.", [Answer("Red", 1), Answer("Blue", 2, primary=True)])
        qtbot.addWidget(dialog)
        dialog.answered.connect(heard.append)
        dialog.open()
        buttons(dialog)[text].click()
        assert not dialog.isVisible()
    assert heard == [2]


def test_many_answers_stand_below_each_other(qtbot: QtBot) -> None:
    dialog = QuestionDialog("Which?", "", [Answer(str(n), n) for n in range(6)])
    qtbot.addWidget(dialog)
    dialog.show()
    tops = [dialog.buttons[n].geometry().top() for n in range(6)]
    assert tops == sorted(set(tops))


def described(dialog: RawDialog, shape: tuple[int, int, int], dtype: str = "uint16") -> None:
    dialog.form.set_value(raw_params_value(dialog, shape, dtype))
    dialog._judge()


def raw_params_value(dialog: RawDialog, shape: tuple[int, int, int], dtype: str) -> object:
    return dialog.form.params_type.parse({"raw_shape_zyx": shape, "raw_dtype": dtype}, owner="raw")


def test_a_raw_file_is_described_and_checked_against_its_size(qtbot: QtBot, tmp_path: Path) -> None:
    path = tmp_path / "bare.raw"
    path.write_bytes(bytes(2 * 3 * 4 * 5))
    dialog = RawDialog(path)
    qtbot.addWidget(dialog)
    assert not dialog.open_button.isEnabled()
    described(dialog, (3, 4, 6))
    assert "24 bytes too short" in dialog.verdict.text()
    assert not dialog.open_button.isEnabled()
    described(dialog, (3, 4, 4))
    assert "24 bytes of the file would be left over" in dialog.verdict.text()
    described(dialog, (3, 4, 5))
    assert "exactly" in dialog.verdict.text()
    with qtbot.waitSignal(dialog.described) as signal:
        dialog.open_button.click()
    assert signal.args[0]["raw_shape_zyx"] == (3, 4, 5)


def test_the_raw_form_has_the_declarations_of_the_reader() -> None:
    from core.io import ReadOptions

    for name, field in raw_params().model_fields.items():
        assert field.description == ReadOptions.model_fields[name].description


def test_a_raw_file_opens_after_its_description(
    qtbot: QtBot, program: Program, theme: Theme, tmp_path: Path, wait: Wait
) -> None:
    path = tmp_path / "bare.raw"
    np.arange(60, dtype=np.uint16).tofile(path)
    asked: list[Request] = []
    program.opener.description_needed.connect(asked.append)
    program.opener.open(Request((path,)))
    wait(lambda: bool(asked))
    parent = QPushButton()
    qtbot.addWidget(parent)
    parent.show()
    Asker(parent, theme, program.settings).description(program.opener, asked[0])
    dialog = parent.findChildren(RawDialog)[0]
    described(dialog, (3, 4, 5))
    dialog.open_button.click()
    wait(lambda: program.session.volume is not None)
    assert program.session.volume is not None
    assert program.session.volume.slice(2)[3, 4] == 59
    flush_deletions()
