"""The guided run in the whole window: walked with Enter, skipped, run at once; several voltages dropped."""

from __future__ import annotations

import time
from collections.abc import Mapping
from pathlib import Path

import pytest
from PySide6.QtCore import Qt
from PySide6.QtWidgets import QApplication, QLabel, QPushButton
from pytestqt.qtbot import QtBot

from app.dialogs.channels import ChannelsDialog
from app.main_window import MainWindow
from app.marks import Mark
from core.job import Job
from core.propose import Proposal
from core.step import Stage
from core.volume import Volume
from tests.app.conftest import made_stack
from tests.app.test_guiding import PROPOSALS
from tests.system.test_window import OpenWindow, dialog_of, drop, open_window, opened, texts, until

__all__ = ["open_window"]
pytestmark = [pytest.mark.gui, pytest.mark.proposes]


@pytest.fixture(autouse=True)
def known(monkeypatch: pytest.MonkeyPatch) -> None:
    """Proposals that do not depend on how they are found."""

    def proposed(inputs: Mapping[str, Volume], job: Job) -> tuple[Proposal, ...]:
        job.check()
        return PROPOSALS

    monkeypatch.setattr("core.propose.proposed", proposed)


@pytest.fixture
def small(tmp_path: Path) -> Path:
    return made_stack(tmp_path / "data" / "gold")


def proposing(qtbot: QtBot, open_window: OpenWindow, small: Path) -> MainWindow:
    """A window with a stack of which everything is proposed."""
    made = open_window()
    made.activateWindow()
    drop(made, small)
    until(qtbot, lambda: opened(made) and bool(made.program.guide.proposals))
    return made


def press_enter(qtbot: QtBot) -> None:
    """Enter, wherever the keyboard is."""
    focused = QApplication.focusWidget()
    assert isinstance(focused, QPushButton), focused
    qtbot.keyClick(focused, Qt.Key.Key_Return)


def click(qtbot: QtBot, button: QPushButton) -> None:
    until(qtbot, button.isVisible)
    qtbot.mouseClick(button, Qt.MouseButton.LeftButton)


def marks(window: MainWindow) -> list[Mark]:
    return [button.mark for button in window.rail.buttons.values()]


def names(window: MainWindow) -> list[str]:
    return [entry.step.name for entry in window.program.session.recipe.steps]


def test_enter_alone_leads_from_import_to_export(qtbot: QtBot, open_window: OpenWindow, small: Path) -> None:
    window = proposing(qtbot, open_window, small)
    walked, keys = [], 0
    while not window.program.runner.running:
        walked.append(next(stage for stage, made in window.rail.buttons.items() if made.isChecked()))
        press_enter(qtbot)
        keys += 1
        assert keys < 20, walked
    assert list(dict.fromkeys(walked)) == list(Stage)
    assert keys == len(Stage) + 4, "one for each stage, one for each proposal of steps"
    until(qtbot, lambda: not window.program.busy)
    assert names(window) == ["normalise", "denoise", "segment", "measure", "export"]
    assert set(window.program.session.marks) == {Mark.DONE}
    assert "volume.tif" in texts(window.exports)


def test_a_proposal_says_why_and_shows_its_preview(
    qtbot: QtBot, open_window: OpenWindow, small: Path
) -> None:
    window = proposing(qtbot, open_window, small)
    assert marks(window)[3:5] == [Mark.PROPOSED, Mark.PROPOSED]
    click(qtbot, window.rail.buttons[Stage.SEGMENT])  # type: ignore[arg-type]
    said = texts(window.stage.card)
    assert "Two peaks." in said
    assert "Not sure" in said
    rest = next(each for each in window.stage.card.findChildren(QLabel) if "12.5 %" in each.text())
    assert not rest.isVisible(), "one sentence is enough at first"
    click(qtbot, window.stage.card.more_button)
    assert rest.isVisible()
    with qtbot.waitSignal(window.program.previewer.ready, timeout=20_000):
        click(qtbot, window.stage.card.use_button)
    assert window.inspector.currentWidget() is window.step
    assert names(window) == ["segment"]
    click(qtbot, window.rail.buttons[Stage.SEGMENT])  # type: ignore[arg-type]
    assert "This is in the recipe." in texts(window.stage.card)
    assert not window.stage.card.use_button.isVisible()
    window.acts["undo"].trigger()
    assert names(window) == []
    until(qtbot, lambda: not window.program.busy)


def test_what_only_the_user_can_say_is_asked_on_the_import_page(
    qtbot: QtBot, open_window: OpenWindow, small: Path
) -> None:
    window = proposing(qtbot, open_window, small)
    click(qtbot, window.rail.buttons[Stage.THICKNESS])  # type: ignore[arg-type]
    assert "the slice thickness in nm" in texts(window.stage.card)
    click(qtbot, window.stage.card.ask_button)
    assert window.inspector.currentWidget() is window.importing
    assert QApplication.focusWidget() is window.importing.voxel["z"]


def test_skipping_is_shown_kept_and_taken_back(qtbot: QtBot, open_window: OpenWindow, small: Path) -> None:
    window = proposing(qtbot, open_window, small)
    click(qtbot, window.importing.propose_button)
    assert marks(window)[1] is Mark.SKIPPED
    assert not window.recipe.propose.isVisible()
    click(qtbot, window.rail.buttons[Stage.CLEAN])  # type: ignore[arg-type]
    click(qtbot, window.stage.card.skip_button)
    assert names(window) == ["segment", "measure", "export"]
    assert marks(window)[3] is Mark.SKIPPED
    window.close()
    until(qtbot, lambda: not window.isVisible())
    again = open_window()
    drop(again, small)
    until(qtbot, lambda: opened(again))
    assert marks(again)[3] is Mark.SKIPPED
    click(qtbot, again.rail.buttons[Stage.CLEAN])  # type: ignore[arg-type]
    assert "This stage is skipped." in texts(again.stage.card)
    until(qtbot, lambda: bool(again.program.guide.proposals))
    click(qtbot, again.stage.card.skip_button)
    assert marks(again)[3] is Mark.PROPOSED
    again.acts["undo"].trigger()
    assert marks(again)[3] is Mark.SKIPPED


def test_the_rail_follows_a_run_with_one_progress(
    qtbot: QtBot, open_window: OpenWindow, small: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    window = proposing(qtbot, open_window, small)
    click(qtbot, window.recipe.propose)
    before = Job.progress

    def progress(self: Job, done: int, total: int, message: str) -> None:
        time.sleep(0.03)  # long enough for the window to hear of every part
        before(self, done, total, message)

    monkeypatch.setattr(Job, "progress", progress)
    seen: list[list[Mark]] = []
    shares: list[int] = []
    window.program.session.marks_changed.connect(lambda: seen.append(marks(window)))
    window.running.bar.valueChanged.connect(shares.append)
    click(qtbot, window.running.run_button)
    until(qtbot, lambda: not window.program.busy)
    running = [
        stage for each in seen for stage, mark in zip(Stage, each, strict=True) if mark is Mark.RUNNING
    ]
    assert list(dict.fromkeys(running)) == [Stage.CLEAN, Stage.SEGMENT, Stage.MEASURE, Stage.EXPORT]
    whole = [share for share in shares if share > 0]
    assert len(whole) > 4
    assert whole == sorted(whole), "one progress, not one for each part"
    assert marks(window)[3:5] == [Mark.DONE, Mark.DONE]


def test_a_folder_of_voltages_becomes_channels(qtbot: QtBot, open_window: OpenWindow, tmp_path: Path) -> None:
    for seed, name in enumerate(("4kV", "1kV", "2kV")):
        made_stack(tmp_path / "data" / "gold" / name, seed=seed)
    window = open_window()
    drop(window, tmp_path / "data" / "gold")
    until(qtbot, lambda: opened(window))
    shown = [window.recipe.channels.itemText(number) for number in range(window.recipe.channels.count())]
    assert shown == ["1kV", "2kV", "4kV"]


def test_what_dropped_folders_are_is_asked_once(
    qtbot: QtBot, open_window: OpenWindow, tmp_path: Path
) -> None:
    folders = [made_stack(tmp_path / "data" / name, seed=seed) for seed, name in enumerate(("a", "b", "c"))]
    window = open_window()
    drop(window, *folders)
    dialog = dialog_of(qtbot, window, ChannelsDialog)
    assert isinstance(dialog, ChannelsDialog)
    dialog.names[0].selectAll()
    qtbot.keyClicks(dialog.names[0], "b")
    assert not dialog.channels_button.isEnabled(), "two of one name"
    dialog.names[0].selectAll()
    qtbot.keyClicks(dialog.names[0], "2kV TLD")
    qtbot.keyClick(dialog.boxes[2], Qt.Key.Key_Space)
    click(qtbot, dialog.channels_button)
    until(qtbot, lambda: opened(window))
    assert list(window.program.session.inputs) == ["2kV TLD", "b"]


def test_slices_dropped_as_files_are_one_stack(
    qtbot: QtBot, open_window: OpenWindow, small: Path, tmp_path: Path
) -> None:
    window = open_window()
    drop(window, *sorted(small.iterdir()))
    until(qtbot, lambda: opened(window))
    assert list(window.program.session.inputs) == [""]
    window.acts["close-project"].trigger()
    halves = [tmp_path / "data" / "gold 1st", tmp_path / "data" / "gold 2nd"]
    files = sorted(small.iterdir())
    for half, part in zip(halves, (files[:6], files[6:]), strict=True):
        half.mkdir()
        for file in part:
            file.rename(half / file.name)
    drop(window, *halves)
    dialog = dialog_of(qtbot, window, ChannelsDialog)
    assert isinstance(dialog, ChannelsDialog)
    click(qtbot, dialog.single_button)
    until(qtbot, lambda: opened(window))
    volume = window.program.session.volume
    assert volume is not None
    assert volume.info.shape[0] == 12
