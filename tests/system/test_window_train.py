"""Training in the window: data, start, curves, cancel, resume, a crash, the model among the models."""

from __future__ import annotations

import os
import signal
import time
from collections.abc import Callable
from pathlib import Path

import pytest
from PySide6.QtCore import Qt
from PySide6.QtWidgets import QLineEdit, QToolButton
from pytestqt.qtbot import QtBot

import app.training
from app.dialogs.problem import ProblemDialog
from app.dialogs.question import QuestionDialog
from app.main_window import MainWindow
from app.panels.train import TrainPage
from app.panels.train_data import Source
from app.train_run import last_recipe_file
from core.learn.params.optimise import OptimiseParams
from core.learn.params.recipe import TrainingRecipe
from tests.app.leftovers import flush_deletions
from tests.core.learn.training.sets import make_set
from tests.system.test_window import (
    OpenWindow,
    answer,
    dialog_of,
    drop,
    open_window,
    texts,
)
from tests.system.test_window_simulate import choose

__all__ = ["open_window"]  # a fixture

pytestmark = pytest.mark.gui

TIMEOUT_MS = 120_000
CANCEL_S = 2.0  # 1 s, and as much again for a machine that does other things, too


@pytest.fixture(autouse=True)
def models(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """The folder of the user's models of this test."""
    monkeypatch.setenv("TRUESLICE_MODELS", str(tmp_path / "models"))
    monkeypatch.setenv("OMP_NUM_THREADS", "1")
    last_recipe_file().unlink(missing_ok=True)  # of the test before
    return tmp_path / "models"


@pytest.fixture
def blobs(tmp_path: Path) -> Path:
    """A training set of one channel."""
    return make_set(tmp_path / "blobs.zarr")


def until(qtbot: QtBot, condition: Callable[[], bool]) -> None:
    """Let events run until something is true."""
    qtbot.waitUntil(condition, timeout=TIMEOUT_MS)


def shown_page(qtbot: QtBot, window: MainWindow) -> TrainPage:
    """The page, by its button in the tool bar."""
    buttons = window.findChildren(QToolButton)
    mine = next(one for one in buttons if one.defaultAction() is window.acts["train"])
    qtbot.mouseClick(mine, Qt.MouseButton.LeftButton)
    until(
        qtbot, lambda: window.tools["train"].page is not None and window.tools["train"].page.form is not None
    )
    page = window.tools["train"].page
    assert isinstance(page, TrainPage)
    assert window.centre.currentWidget() is page
    until(qtbot, lambda: not window.program.busy)
    return page


def with_set(qtbot: QtBot, window: MainWindow, blobs: Path) -> TrainPage:
    """The page with a training set dropped on it."""
    page = shown_page(qtbot, window)
    drop(window, blobs)
    until(qtbot, page.foot.start_button.isEnabled)
    until(qtbot, lambda: not window.program.busy)
    return page


def make_tiny(page: TrainPage, **optimise: object) -> TrainingRecipe:
    """Settings of a training that takes a moment."""
    assert page.form is not None
    recipe = page.form.recipe()
    assert recipe is not None
    fast = {"batch_size": 16, "epochs": 2, "minutes": 0.0, "learning_rate": 0.03, "loss": "bce-dice"}
    page.form.put(
        network=recipe.network.model_copy(update={"kind": "unet", "slices": 3, "depth": 2, "width": 4}),
        data=recipe.data.model_copy(
            update={"patch_px": 32, "patches_per_epoch": 32, "validation_patches": 16}
        ),
        optimise=OptimiseParams.model_validate({**recipe.optimise.model_dump(), **fast, **optimise}),
    )
    made = page.form.recipe()
    assert made is not None
    return made


def write(qtbot: QtBot, line: QLineEdit, text: str) -> None:
    """Type over what is there."""
    line.selectAll()
    qtbot.keyClicks(line, text)


def test_cancel_resume_and_into_the_models(
    qtbot: QtBot, open_window: OpenWindow, blobs: Path, tmp_path: Path, models: Path
) -> None:
    window = open_window()
    page = with_set(qtbot, window, blobs)
    assert page.form is not None
    assert "2 to train with, 1 for validation, 1 for tests" in page.form.data.says.text()
    assert page.form.data.why.text().startswith("Proposed: patches of 48 px")
    assert [name for name, box in page.form.network.channels.boxes.items() if box.isChecked()] == ["2kV"]
    make_tiny(page, epochs=100_000)
    page.form.put(name="tiny", limits="For nothing but a test.")
    folder, trainer = tmp_path / "runs" / "tiny", window.program.trainer
    page.foot.folder.setText(str(folder))
    until(qtbot, page.foot.start_button.isEnabled)
    qtbot.mouseClick(page.foot.start_button, Qt.MouseButton.LeftButton)
    until(qtbot, lambda: len(page.live.plot.points) >= 2 and page.live.examples.examples is not None)
    assert page.live.plot.drawn().keys() == {"training", "validation", "best"}
    window.close()
    assert window.isVisible(), "a training is not given up unasked"
    answer(qtbot, dialog_of(qtbot, window, QuestionDialog), "Cancel")
    flush_deletions()
    asked = time.monotonic()
    qtbot.mouseClick(page.foot.stop_button, Qt.MouseButton.LeftButton)
    until(qtbot, lambda: not trainer.active)
    assert time.monotonic() - asked < CANCEL_S
    assert page.foot.state.text().startswith("Stopped")
    done = page.live.plot.points[-1].epoch
    assert (folder / "state.npz").is_file()
    make_tiny(page, epochs=done + 1)
    qtbot.mouseClick(page.foot.start_button, Qt.MouseButton.LeftButton)
    until(qtbot, lambda: not trainer.active)
    assert page.foot.state.text().startswith("Done"), page.foot.state.text()
    until(qtbot, lambda: [point.epoch for point in page.live.plot.points] == list(range(1, done + 2)))
    assert "Otsu" in page.result.words.text()
    qtbot.mouseClick(page.result.add_button, Qt.MouseButton.LeftButton)
    until(qtbot, lambda: "among your models" in page.result.state.text())
    assert "For nothing but a test." in (models / "tiny" / "rdf.yaml").read_text()
    assert (models / "tiny" / "checkpoint.npz").is_file(), "it can be trained on"
    window.tools["train"].enter()
    until(qtbot, lambda: "tiny" in [page.form.start.itemText(n) for n in range(page.form.start.count())])  # type: ignore[union-attr]
    until(qtbot, lambda: not window.program.busy)


@pytest.mark.slow  # the same training, and its export once more
def test_another_name_and_limits_are_written_into_the_card(
    qtbot: QtBot, open_window: OpenWindow, blobs: Path, tmp_path: Path, models: Path
) -> None:
    window = open_window()
    page = with_set(qtbot, window, blobs)
    make_tiny(page)
    page.foot.folder.setText(str(tmp_path / "run"))
    qtbot.mouseClick(page.foot.start_button, Qt.MouseButton.LeftButton)
    until(qtbot, lambda: page.result.isVisible())
    write(qtbot, page.result.name, "other")
    write(qtbot, page.result.limits, "For nothing but a test.")
    for _time in range(2):
        until(qtbot, page.result.add_button.isEnabled)
        qtbot.mouseClick(page.result.add_button, Qt.MouseButton.LeftButton)
        if _time:
            answer(qtbot, dialog_of(qtbot, window, QuestionDialog), "Replace it")
        until(qtbot, lambda: "among your models" in page.result.state.text())
    assert "For nothing but a test." in (models / "other" / "rdf.yaml").read_text()


def test_a_worker_that_is_killed_is_an_error_in_words(
    qtbot: QtBot, open_window: OpenWindow, blobs: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    script = tmp_path / "worker.py"
    script.write_text(
        "import os, signal, sys\nsys.stderr.write('the last words\\n')\nsys.stderr.flush()\n"
        + ("os._exit(3)\n" if os.name == "nt" else "os.kill(os.getpid(), signal.SIGKILL)\n")
    )
    import sys

    monkeypatch.setattr(app.training, "worker_command", lambda: [sys.executable, str(script)])
    window = open_window()
    page = with_set(qtbot, window, blobs)
    page.foot.folder.setText(str(tmp_path / "run"))
    qtbot.mouseClick(page.foot.start_button, Qt.MouseButton.LeftButton)
    dialog = dialog_of(qtbot, window, ProblemDialog)
    said = texts(dialog)
    assert "the last words" in said
    assert "unexpectedly" in said
    assert os.name == "nt" or f"signal {int(signal.SIGKILL)}" in said
    answer(qtbot, dialog, "Close")
    assert page.foot.state.text().startswith("Failed")
    assert page.foot.start_button.isEnabled()


def test_a_worker_that_does_not_listen_is_ended_at_once(
    qtbot: QtBot, open_window: OpenWindow, blobs: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    import sys

    script = tmp_path / "worker.py"
    script.write_text("import time\ntime.sleep(60)\n")
    monkeypatch.setattr(app.training, "worker_command", lambda: [sys.executable, str(script)])
    window = open_window()
    page = with_set(qtbot, window, blobs)
    page.foot.folder.setText(str(tmp_path / "run"))
    qtbot.mouseClick(page.foot.start_button, Qt.MouseButton.LeftButton)
    until(qtbot, lambda: window.program.trainer.active)
    asked = time.monotonic()
    window.close()
    answer(qtbot, dialog_of(qtbot, window, QuestionDialog), "Stop and close")
    until(qtbot, lambda: not window.isVisible())
    assert time.monotonic() - asked < CANCEL_S
    assert not window.program.trainer.active


def test_without_torch_it_says_how_to_get_it(
    qtbot: QtBot, open_window: OpenWindow, blobs: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    before = app.training.find_spec
    monkeypatch.setattr(app.training, "find_spec", lambda name: None if name == "torch" else before(name))
    window = open_window()
    page = shown_page(qtbot, window)
    assert page.missing_box.isVisible()
    assert 'pip install "trueslice[train]"' in page.missing.text()
    drop(window, blobs)
    until(qtbot, lambda: page.form is not None and page.form.facts is not None)
    assert not page.foot.start_button.isEnabled()
    until(qtbot, lambda: not window.program.busy)


def test_what_does_not_fit_is_said_before_the_start(
    qtbot: QtBot, open_window: OpenWindow, blobs: Path, tmp_path: Path
) -> None:
    window = open_window()
    page = with_set(qtbot, window, blobs)
    assert page.form is not None
    recipe = page.form.recipe()
    assert recipe is not None
    page.form.put(data=recipe.data.model_copy(update={"patch_px": 64}))
    assert "Patches of 64 px do not fit into images of 48 px" in page.form.data.fault.text()
    assert not page.foot.start_button.isEnabled()
    page.form.put(data=recipe.data)
    assert page.form.data.fault.text() == ""
    place = page.form.start.findText("gold-1kv")
    page.form.start.setCurrentIndex(place)
    assert "no channel 1kV" in page.form.data.fault.text(), (
        "the network of the start looks at another voltage"
    )
    assert not page.form.network.isEnabled()
    (tmp_path / "none.zarr").mkdir()
    drop(window, tmp_path / "none.zarr")
    until(qtbot, lambda: "is no training set" in page.form.data.fault.text())  # type: ignore[union-attr]
    assert not page.foot.start_button.isEnabled()


def test_painted_labels_and_recipes_as_files(qtbot: QtBot, open_window: OpenWindow, tmp_path: Path) -> None:
    from tests.core.learn.params.painted_slices import paint

    store = paint(tmp_path / "gold.trueslice" / "labels" / "mine")
    window = open_window()
    window.program.session.home = tmp_path / "gold.trueslice"
    page = shown_page(qtbot, window)
    form = page.form
    assert form is not None
    names = [form.data.choice.itemText(n) for n in range(form.data.choice.count())]
    assert "Painted labels: mine" in names
    form.data.choice.setCurrentIndex(names.index("Painted labels: mine"))
    until(qtbot, page.foot.start_button.isEnabled)
    until(qtbot, lambda: not window.program.busy)
    recipe = form.recipe()
    assert recipe is not None
    assert recipe.data.images == tuple(str(store.grey_path(z)) for z in (2, 5))
    assert recipe.data.validation_images == (str(store.grey_path(9)),)
    assert recipe.network.slices == 1
    assert form.data.source() == Source("painted", str(store.folder))
    file = tmp_path / "mine.toml"
    qtbot.mouseClick(page.save_button, Qt.MouseButton.LeftButton)
    choose(qtbot, window, file)
    until(qtbot, file.is_file)
    assert TrainingRecipe.load(file) == recipe
    changed = recipe.model_copy(update={"name": "other"})
    changed.save(file)
    drop(window, file)
    until(qtbot, lambda: form.recipe() == changed)
    until(qtbot, lambda: not window.program.busy)
