"""Virtual acquisitions in the window: settings, preview, start, cancel, resume, the result opened."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
from PySide6.QtCore import Qt
from PySide6.QtWidgets import QComboBox, QFileDialog, QPushButton, QWidget
from pytestqt.qtbot import QtBot

from app.dialogs.problem import ProblemDialog
from app.dialogs.question import QuestionDialog
from app.main_window import MainWindow
from app.panels.simulate import SimulatePage
from core.simulate.electrons.conditions import Physics
from core.simulate.plan import Plan
from core.simulate.plan_parts import Field
from core.simulate.structures.kinds import Spheres
from tests.app.conftest import made_stack
from tests.app.leftovers import flush_deletions
from tests.system.test_window import (
    OpenWindow,
    answer,
    dialog_of,
    drop,
    open_window,
    opened,
    slow_down,
    texts,
    until,
)

__all__ = ["open_window"]  # a fixture

pytestmark = pytest.mark.gui

TINY = Plan(
    voltages_kv=(1.0, 2.0),
    electrons_per_pixel=20,
    field=Field(slices=3, rows=24, columns=32, pixel_nm=5, voxel_nm=5),
    physics=Physics(cut_off_ev=200),
)


def shown_page(qtbot: QtBot, window: MainWindow, plan: Plan | None = TINY) -> SimulatePage:
    """The page, with settings that take a second or two to simulate."""
    qtbot.mouseClick(button_of(window.empty, "Simulate…"), Qt.MouseButton.LeftButton)
    until(
        qtbot,
        lambda: window.tools["simulate"].page is not None and window.tools["simulate"].page.form is not None,
    )
    page = window.tools["simulate"].page
    assert page is not None
    assert window.centre.currentWidget() is page
    if plan is not None:
        page.set_plan(plan)
    return page


def button_of(widget: QWidget, text: str) -> QPushButton:
    """The push button of that name."""
    return next(found for found in widget.findChildren(QPushButton) if found.text() == text)


def settled(qtbot: QtBot, window: MainWindow) -> None:
    """Wait until preview and cost are there."""
    until(qtbot, lambda: not window.program.foreseen.waiting and not window.program.priced.waiting)


def truth_shown(page: SimulatePage) -> bytes:
    """The picture of the labels as on the screen."""
    image = page.preview.grid.views[0].image()
    assert image is not None
    return bytes(image.constBits())


def test_preview_and_cost_follow_the_settings(qtbot: QtBot, open_window: OpenWindow) -> None:
    window = open_window()
    page = shown_page(qtbot, window)
    settled(qtbot, window)
    waves, cost = truth_shown(page), page.foot.cost.text()
    assert "electrons" in cost
    assert len(page.preview.grid.views) == 3, "truth and two voltages"
    kinds = next(box for box in page.findChildren(QComboBox) if box.accessibleName() == "Structure")
    kinds.setCurrentIndex(kinds.findText("Random pores in a solid"))
    plan = page.plan()
    assert plan is not None
    assert plan.structure.kind == "random-pores"
    until(qtbot, lambda: truth_shown(page) != waves)
    page.preview.slider.setValue(2)
    pores = truth_shown(page)
    until(qtbot, lambda: truth_shown(page) != pores)
    page.set_plan(TINY.model_copy(update={"electrons_per_pixel": 40}))
    until(qtbot, lambda: page.foot.cost.text() != cost)
    settled(qtbot, window)


def test_stop_resume_and_open(
    qtbot: QtBot, open_window: OpenWindow, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    window = open_window()
    page = shown_page(qtbot, window)
    settled(qtbot, window)
    folder = tmp_path / "virtual gold"
    page.foot.folder.setText(str(folder))
    simulator = window.program.simulator
    with monkeypatch.context() as patch:
        slow_down(patch, "Following electrons")
        qtbot.mouseClick(page.foot.start_button, Qt.MouseButton.LeftButton)
        until(qtbot, lambda: finished_images(folder) >= 1)
        qtbot.mouseClick(page.foot.stop_button, Qt.MouseButton.LeftButton)
        until(qtbot, lambda: not simulator.running)
    done = finished_images(folder)
    assert page.foot.state.text().startswith("Stopped")
    assert 1 <= done < 6
    assert not (folder / "truth.json").exists()
    qtbot.mouseClick(page.foot.start_button, Qt.MouseButton.LeftButton)
    until(qtbot, lambda: not simulator.running)
    assert page.foot.state.text().startswith("Done"), page.foot.state.text()
    assert json.loads((folder / "truth.json").read_text())["channels"] == ["1kV", "2kV"]
    qtbot.mouseClick(page.foot.open_button, Qt.MouseButton.LeftButton)
    until(qtbot, lambda: len(window.program.session.inputs) == 2)
    assert window.centre.currentWidget() is window.views
    assert set(window.program.session.inputs) == {"1kV", "2kV"}
    volume = window.program.session.volume
    assert volume is not None
    assert volume.info.shape == (3, 24, 32)
    assert volume.info.voxel_nm == pytest.approx((10, 5, 5))
    until(qtbot, lambda: not window.program.busy)


def finished_images(folder: Path) -> int:
    """Images that the journal lists."""
    journal = folder / ".progress" / "images.log"
    return sum(bool(line) for line in journal.read_text().split("\n")) if journal.exists() else 0


def test_settings_are_saved_opened_and_remembered(
    qtbot: QtBot, open_window: OpenWindow, tmp_path: Path
) -> None:
    window = open_window()
    page = shown_page(qtbot, window, Plan(structure=Spheres(radius_nm=40), field=TINY.field, seed=7))
    plan = page.plan()
    file = tmp_path / "spheres.toml"
    qtbot.mouseClick(page.save_button, Qt.MouseButton.LeftButton)
    choose(qtbot, window, file)
    until(qtbot, file.is_file)
    assert Plan.load(file) == plan
    qtbot.mouseClick(page.defaults_button, Qt.MouseButton.LeftButton)
    assert page.plan() == Plan()
    qtbot.mouseClick(page.load_button, Qt.MouseButton.LeftButton)
    choose(qtbot, window, file)
    until(qtbot, lambda: page.plan() == plan)
    plan = TINY.model_copy(update={"seed": 12})
    plan.save(file)
    drop(window, file)
    until(qtbot, lambda: page.plan() == plan)
    file.write_text("format = 1\nvoltages_kv = [-3.0]\n")
    qtbot.mouseClick(page.load_button, Qt.MouseButton.LeftButton)
    choose(qtbot, window, file)
    dialog = dialog_of(qtbot, window, ProblemDialog)
    assert "voltages_kv" in texts(dialog)
    answer(qtbot, dialog, "Close")
    assert page.plan() == plan, "what was there stays"


def choose(qtbot: QtBot, window: MainWindow, file: Path) -> None:
    """Name a file in the dialog that is open."""
    dialog = dialog_of(qtbot, window, QFileDialog)
    assert isinstance(dialog, QFileDialog)
    dialog.setDirectory(str(file.parent))
    dialog.selectFile(file.name)
    qtbot.wait(50)
    dialog.accept()
    until(qtbot, lambda: not dialog.isVisible())
    flush_deletions()


def test_closing_during_a_simulation_asks_and_the_next_start_goes_on(
    qtbot: QtBot, open_window: OpenWindow, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    window = open_window()
    page = shown_page(qtbot, window)
    folder = tmp_path / "later"
    page.foot.folder.setText(str(folder))
    slow_down(monkeypatch, "Following electrons")
    qtbot.mouseClick(page.foot.start_button, Qt.MouseButton.LeftButton)
    until(qtbot, lambda: finished_images(folder) >= 1)
    window.close()
    assert window.isVisible()
    answer(qtbot, dialog_of(qtbot, window, QuestionDialog), "Stop and close")
    until(qtbot, lambda: not window.isVisible())
    done = finished_images(folder)
    monkeypatch.undo()
    again = open_window()
    page = shown_page(qtbot, again, None)
    assert page.plan() == TINY, "the settings of the last start are remembered"
    assert 1 <= done == finished_images(folder)
    page.foot.folder.setText(str(folder))
    qtbot.mouseClick(page.foot.start_button, Qt.MouseButton.LeftButton)
    until(qtbot, lambda: (folder / "truth.json").is_file())
    until(qtbot, lambda: not again.program.busy)


def test_a_folder_of_something_else_is_refused_in_words(
    qtbot: QtBot, open_window: OpenWindow, tmp_path: Path
) -> None:
    window = open_window()
    page = shown_page(qtbot, window)
    (tmp_path / "mine").mkdir()
    (tmp_path / "mine" / "letter.txt").write_text("dear reader")
    page.foot.folder.setText(str(tmp_path / "mine"))
    qtbot.mouseClick(page.foot.start_button, Qt.MouseButton.LeftButton)
    dialog = dialog_of(qtbot, window, ProblemDialog)
    assert "something else" in texts(dialog)
    answer(qtbot, dialog, "Close")
    assert page.foot.state.text().startswith("Failed")
    assert page.foot.start_button.isEnabled()
    assert [path.name for path in (tmp_path / "mine").iterdir()] == ["letter.txt"]


def test_the_open_stack_waits_behind_the_page(qtbot: QtBot, open_window: OpenWindow, tmp_path: Path) -> None:
    window = open_window()
    drop(window, made_stack(tmp_path / "data" / "gold"))
    until(qtbot, lambda: opened(window))
    window.acts["simulate"].trigger()
    until(qtbot, lambda: window.tools["simulate"].page is not None)
    page = window.tools["simulate"].page
    assert window.centre.currentWidget() is page
    assert not window.docks["recipe"].isVisible()
    window.acts["slices"].trigger()
    assert window.centre.currentWidget() is window.views
    assert window.docks["recipe"].isVisible()
    assert not window.acts["simulate"].isChecked()
    window.acts["simulate"].trigger()
    assert window.centre.currentWidget() is page
    drop(window, made_stack(tmp_path / "data" / "other", seed=2))
    answer(qtbot, dialog_of(qtbot, window, QuestionDialog), "Open instead")
    until(qtbot, lambda: window.centre.currentWidget() is window.views)
    until(qtbot, lambda: not window.program.busy)
