"""The library of networks in the window: cards, a test on a slice, use, import, removal."""

from __future__ import annotations

import shutil
import time
from pathlib import Path

import pytest
from PySide6.QtCore import Qt
from PySide6.QtWidgets import QLineEdit
from pytestqt.qtbot import QtBot

from app.dialogs.question import QuestionDialog
from app.forms_number import NumberBox
from app.main_window import MainWindow
from app.models_tool import ModelsTool
from app.opening import Request
from app.panels.models import ModelsPage
from app.panels.models_import import ImportDialog
from core.models.library import VARIABLE, models
from core.models.predict import predict_planes
from tests.app.conftest import made_stack
from tests.core.models.networks import mean_network
from tests.system.test_window import OpenWindow, answer, dialog_of, open_window, opened, texts, until

__all__ = ["open_window"]  # a fixture

pytestmark = pytest.mark.gui


@pytest.fixture(autouse=True)
def own_models(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A folder of models of this test alone."""
    monkeypatch.setenv(VARIABLE, str(tmp_path / "models"))
    return tmp_path / "models"


def shown_page(qtbot: QtBot, window: MainWindow, stack: Path | None = None) -> ModelsPage:
    """The page, from the menu; a stack may be open behind it."""
    if stack is not None:
        window.program.opener.open(Request((stack,), {"voxel_nm_zyx": (10.0, 2.5, 2.5)}))
        until(qtbot, lambda: opened(window))
    window.acts["models"].trigger()
    until(qtbot, lambda: window.tools["models"].page is not None)
    page = window.tools["models"].page
    assert isinstance(page, ModelsPage)
    assert window.centre.currentWidget() is page
    until(qtbot, lambda: page.list.count() > 0)
    return page


def test_cards_are_shown_and_bundled_models_stay(qtbot: QtBot, open_window: OpenWindow) -> None:
    window = open_window()
    page = shown_page(qtbot, window)
    assert page.list.count() == len(models())
    page.choose("gold-late")
    until(qtbot, lambda: "1 + 2 + 4 kV" in texts(page.card))
    said = texts(page.card)
    for part in ("Not for other materials", "1kV, 2kV, 4kV", "SHA-256", "MIT", "39 x 39 px", "0.989"):
        assert part in said, part
    assert not page.remove_button.isEnabled()
    assert not page.test_button.isEnabled(), "no stack is open"
    assert "Open a stack" in page.test_button.toolTip()
    qtbot.mouseClick(page.leave_button, Qt.MouseButton.LeftButton)
    assert window.centre.currentWidget() is window.empty
    assert not window.acts["models"].isChecked()


def test_a_model_is_tried_on_the_visible_slice_and_used(
    qtbot: QtBot, open_window: OpenWindow, tmp_path: Path
) -> None:
    window = open_window()
    stack = made_stack(tmp_path / "data" / "gold 4kV", (9, 48, 56))
    page = shown_page(qtbot, window, stack)
    page.choose("gold-2kv")
    qtbot.mouseClick(page.test_button, Qt.MouseButton.LeftButton)
    until(qtbot, lambda: len(page.trial.grid.views) == 3)
    captions = [view.accessibleName() for view in page.trial.grid.views]
    assert captions == ["Image. ", "Probability of solid. ", "Entropy. "] or all(captions)
    for view in page.trial.grid.views:
        image = view.image()
        assert image is not None
        assert (image.width(), image.height()) == (56, 48)
    assert f"slice {window.program.session.z_index}".lower() in page.trial.status.text().lower()
    assert "was taken for the 2kV" in texts(page.trial), "the stack does not say which condition it is"
    qtbot.mouseClick(page.use_button, Qt.MouseButton.LeftButton)
    assert window.centre.currentWidget() is window.views
    step = window.program.session.recipe.steps[0]
    assert (step.step.name, step.params.method) == ("segment", "model:gold-2kv")
    window.acts["undo"].trigger()
    assert not window.program.session.recipe.steps
    until(qtbot, lambda: not window.program.busy)


def test_a_model_of_several_channels_says_what_is_missing(
    qtbot: QtBot, open_window: OpenWindow, tmp_path: Path
) -> None:
    window = open_window()
    page = shown_page(qtbot, window, made_stack(tmp_path / "data" / "gold", (9, 48, 56)))
    page.choose("gold-late")
    qtbot.mouseClick(page.test_button, Qt.MouseButton.LeftButton)
    until(qtbot, lambda: page.trial.trouble.isVisible())
    assert "looks at 3 channels" in page.trial.trouble.text()
    assert not page.trial.grid.views
    page.choose("fill-grey")
    assert not page.test_button.isEnabled()
    assert page.use_button.isEnabled()


def test_a_test_is_cancelled_at_once(
    qtbot: QtBot, open_window: OpenWindow, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    window = open_window()
    page = shown_page(qtbot, window, made_stack(tmp_path / "data" / "gold", (9, 48, 56)))
    began: list[float] = []

    def slow(work, *arguments, **more):
        began.append(time.monotonic())
        while time.monotonic() - began[0] < 30:
            work.job.check()
            time.sleep(0.05)
        return predict_planes(work, *arguments, **more)

    monkeypatch.setattr("core.models.predict.predict_planes", slow)
    page.choose("gold-2kv")
    qtbot.mouseClick(page.test_button, Qt.MouseButton.LeftButton)
    until(qtbot, lambda: bool(began))
    assert page.trial.cancel_button.isVisible()
    pressed = time.monotonic()
    qtbot.mouseClick(page.trial.cancel_button, Qt.MouseButton.LeftButton)
    until(qtbot, lambda: not window.program.busy)
    assert time.monotonic() - pressed < 1
    assert "stopped" in page.trial.status.text()
    assert not page.trial.cancel_button.isVisible()


def test_a_network_without_a_card_is_checked_stated_added_and_removed(
    qtbot: QtBot, open_window: OpenWindow, tmp_path: Path, own_models: Path
) -> None:
    window = open_window()
    page = shown_page(qtbot, window)
    tool = window.tools["models"]
    assert isinstance(tool, ModelsTool)
    file = mean_network(tmp_path / "mine.onnx", 1)
    tool._import((file,))
    dialog = dialog_of(qtbot, window, ImportDialog)
    assert isinstance(dialog, ImportDialog)
    until(qtbot, lambda: dialog.form is not None)
    assert not dialog.add_button.isEnabled(), "the voxel size is not guessed"
    sizes = [box for box in dialog.findChildren(NumberBox) if "Voxel" in box.accessibleName()]
    for box, size in zip(sizes, ("10", "2,5", "2.5"), strict=True):
        qtbot.keyClicks(box.lineEdit(), size)
        assert box.lineEdit().width() > 40, "what is typed can be seen"
    assert dialog.add_button.isEnabled()
    said = texts(dialog)
    assert "It passed the check" in said
    assert "depends on 1 px around it" in said
    assert not own_models.exists(), "nothing is taken in before the user says so"
    line = next(each for each in dialog.findChildren(QLineEdit) if each.accessibleName() == "Name")
    line.clear()
    qtbot.keyClicks(line, "gold-2kv")
    qtbot.mouseClick(dialog.add_button, Qt.MouseButton.LeftButton)
    until(qtbot, lambda: dialog.trouble_box.isVisible())
    assert "already" in dialog.trouble.text()
    assert dialog.replace.isVisible()
    line.clear()
    qtbot.keyClicks(line, "mine")
    qtbot.mouseClick(dialog.add_button, Qt.MouseButton.LeftButton)
    until(qtbot, lambda: page.name == "mine")
    assert (own_models / "mine" / "rdf.yaml").is_file()
    assert page.remove_button.isEnabled()
    qtbot.mouseClick(page.remove_button, Qt.MouseButton.LeftButton)
    answer(qtbot, dialog_of(qtbot, window, QuestionDialog), "Remove")
    until(qtbot, lambda: page.name not in ("mine", ""))
    assert not (own_models / "mine").exists()


def test_what_cannot_be_used_is_not_taken_in(
    qtbot: QtBot, open_window: OpenWindow, tmp_path: Path, own_models: Path
) -> None:
    window = open_window()
    shown_page(qtbot, window)
    file = tmp_path / "text.onnx"
    file.write_text("this is no network")
    tool = window.tools["models"]
    assert isinstance(tool, ModelsTool)
    tool._import((file,))
    dialog = dialog_of(qtbot, window, ImportDialog)
    assert isinstance(dialog, ImportDialog)
    until(qtbot, lambda: dialog.bar.isHidden())
    assert "cannot be used" in texts(dialog) or dialog.trouble_box.isVisible()
    assert not dialog.add_button.isEnabled()
    qtbot.mouseClick(dialog.cancel_button, Qt.MouseButton.LeftButton)
    until(qtbot, lambda: not window.program.busy)
    assert not own_models.exists()


def test_the_list_keeps_up_with_what_a_training_adds(
    qtbot: QtBot, open_window: OpenWindow, own_models: Path
) -> None:
    own_models.mkdir()
    window = open_window()
    page = shown_page(qtbot, window)
    before = page.list.count()
    until(qtbot, lambda: not window.program.busy)
    bundled = next(model for model in models() if model.name == "gold-2kv")
    shutil.copytree(bundled.folder, own_models / ".fresh")
    card = own_models / ".fresh" / "rdf.yaml"
    card.write_text(card.read_text().replace("name: gold-2kv", "name: fresh"))
    (own_models / ".fresh").rename(own_models / "fresh")
    until(qtbot, lambda: page.list.count() == before + 1)
    until(qtbot, lambda: not window.program.busy)


def test_a_test_ends_with_the_page_and_its_answer_with_the_stack(
    qtbot: QtBot, open_window: OpenWindow, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    window = open_window()
    page = shown_page(qtbot, window, made_stack(tmp_path / "data" / "gold", (9, 48, 56)))
    page.choose("gold-2kv")
    qtbot.mouseClick(page.test_button, Qt.MouseButton.LeftButton)
    until(qtbot, lambda: page.trial.cancel_button.isVisible())
    qtbot.mouseClick(page.leave_button, Qt.MouseButton.LeftButton)
    until(qtbot, lambda: not window.program.busy)
    window.acts["models"].trigger()
    assert not page.trial.cancel_button.isVisible(), "nothing is computed any more"
    qtbot.mouseClick(page.test_button, Qt.MouseButton.LeftButton)
    until(qtbot, lambda: len(page.trial.grid.views) == 3)
    window.program.opener.open(Request((made_stack(tmp_path / "data" / "other", (5, 32, 32), seed=2),)))
    until(qtbot, lambda: not window.program.busy)
    window.acts["models"].trigger()
    assert not page.trial.grid.views, "that was another stack"
