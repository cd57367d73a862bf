"""The Simulate page and the open stack: a plan like it, its segmentation as structure, a set for Train."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
import tifffile
from PySide6.QtCore import Qt
from pytestqt.qtbot import QtBot

from app.dialogs.problem import ProblemDialog
from app.main_window import MainWindow
from app.panels.simulate import SimulatePage
from app.panels.simulate_form import KIND_NAMES
from app.panels.simulate_result import SET
from core.io import open_stack
from core.job import Job
from core.simulate.electrons.conditions import Physics
from core.simulate.plan import Plan
from core.simulate.plan_parts import Field
from core.simulate.structures import pattern_of
from core.simulate.structures.kinds import LeveledWave
from core.simulate.training_plan import TrainingPlan
from core.step import Stage
from tests.system.test_window import (
    OpenWindow,
    add,
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
    voltages_kv=(2.0,),
    electrons_per_pixel=4,
    structure=LeveledWave(ligament_nm=(20.0,), solid_fraction=(0.4,), waves=100),
    field=Field(slices=2, rows=16, columns=24, pixel_nm=5, voxel_nm=5),
    physics=Physics(cut_off_ev=200),
)
VOXEL_NM = 2.5


def sample_file(folder: Path, *, grey: bool) -> Path:
    """A stack of known ligaments (20 nm, 40 %) with its voxel size, segmented or as noisy images."""
    folder.mkdir(parents=True, exist_ok=True)
    wave = LeveledWave(ligament_nm=(20.0,), solid_fraction=(0.4,), waves=100)
    shape = (48, 64, 80)
    solid = (
        pattern_of(wave, shape=shape, voxel_nm=VOXEL_NM, seed=2, job=Job()).read(*((0, n) for n in shape)) > 0
    )
    values = np.where(solid, 255, 0)
    if grey:
        noise = np.random.default_rng(1).normal(0, 12, shape)
        values = np.clip(np.where(solid, 170, 60) + noise, 0, 255)
    path = folder / "sample 2kV-TLD.tif"
    calibration = {"axes": "ZYX", "unit": "nm", "spacing": VOXEL_NM}
    data = values.astype(np.uint8)
    tifffile.imwrite(path, data, imagej=True, resolution=(1 / VOXEL_NM, 1 / VOXEL_NM), metadata=calibration)
    return path


def shown_page(qtbot: QtBot, window: MainWindow, plan: Plan = TINY) -> SimulatePage:
    """The page, with these settings."""
    tool = window.tools["simulate"]
    window.acts["simulate"].trigger()
    until(qtbot, lambda: tool.page is not None and tool.page.form is not None)
    page = tool.page
    assert page is not None
    page.set_plan(plan)
    return page


def settled(qtbot: QtBot, window: MainWindow) -> None:
    """Wait until preview and cost are there."""
    until(qtbot, lambda: not window.program.foreseen.waiting and not window.program.priced.waiting)


def truth_shown(page: SimulatePage) -> bytes:
    """The picture of the labels as on the screen."""
    assert page.preview.grid.views
    image = page.preview.grid.views[0].image()
    assert image is not None
    return bytes(image.constBits())


def test_like_my_sample_fills_the_form(qtbot: QtBot, open_window: OpenWindow, tmp_path: Path) -> None:
    window = open_window()
    page = shown_page(qtbot, window)
    qtbot.mouseClick(page.like_button, Qt.MouseButton.LeftButton)
    dialog = dialog_of(qtbot, window, ProblemDialog)
    assert "no stack is open" in texts(dialog).lower()
    answer(qtbot, dialog, "Close")
    drop(window, sample_file(tmp_path / "data", grey=True))
    until(qtbot, lambda: opened(window))
    add(qtbot, window, Stage.SEGMENT, "Segment")
    window.acts["run"].trigger()
    until(qtbot, lambda: not window.program.busy and window.program.standings.result(1) is not None)
    page = shown_page(qtbot, window)
    qtbot.mouseClick(page.like_button, Qt.MouseButton.LeftButton)
    until(qtbot, lambda: not page.card.isHidden())
    plan = page.plan()
    assert plan is not None
    assert isinstance(plan.structure, LeveledWave)
    assert plan.structure.ligament_nm == pytest.approx((20.0,), rel=0.1)
    assert plan.structure.solid_fraction == pytest.approx((0.4,), rel=0.1)
    assert plan.field.pixel_nm == pytest.approx(VOXEL_NM)
    assert plan.physics == TINY.physics, "what the stack does not tell stays"
    assert "the result of step 1 (Segment)" in page.card.text()
    assert "Could not be told" in page.card.text()
    settled(qtbot, window)
    kinds = page.form.editors["structure"].choice.controls()[0]  # type: ignore[union-attr]
    kinds.setCurrentIndex(kinds.findText(KIND_NAMES["self-similar"]))
    qtbot.mouseClick(page.form.editors["structure"].open_button, Qt.MouseButton.LeftButton)  # type: ignore[union-attr]
    until(qtbot, lambda: page.plan() is not None and page.plan().structure.kind == "self-similar")  # type: ignore[union-attr]
    settled(qtbot, window)
    assert page.preview.grid.views
    stored = Path(page.plan().structure.path)  # type: ignore[union-attr]
    assert open_stack(stored).info.shape == (48, 64, 80)
    until(qtbot, lambda: not window.program.busy)


def test_every_kind_of_structure_has_its_preview(
    qtbot: QtBot, open_window: OpenWindow, tmp_path: Path
) -> None:
    window = open_window()
    page = shown_page(qtbot, window)
    drop(window, sample_file(tmp_path / "data", grey=False))
    until(qtbot, lambda: opened(window))
    page = shown_page(qtbot, window)
    editor = page.form.editors["structure"]  # type: ignore[union-attr]
    kinds = editor.choice.controls()[0]  # type: ignore[attr-defined]
    wave = LeveledWave(ligament_nm=(60.0, 15.0), solid_fraction=(0.5, 0.5), waves=100)
    page.set_plan(TINY.model_copy(update={"structure": wave}))
    settled(qtbot, window)
    seen = {"hierarchy": truth_shown(page)}
    page.set_plan(TINY)
    for kind in ("leveled-wave", "random-pores", "self-similar", "file"):
        kinds.setCurrentIndex(kinds.findText(KIND_NAMES[kind]))
        if kind in ("self-similar", "file"):
            qtbot.mouseClick(editor.open_button, Qt.MouseButton.LeftButton)  # type: ignore[attr-defined]
            until(qtbot, lambda: page.plan() is not None)
        settled(qtbot, window)
        plan = page.plan()
        assert plan is not None
        assert plan.structure.kind == kind
        assert page.preview.grid.views, kind
        seen[kind] = truth_shown(page)
    assert len(set(seen.values())) == 5
    until(qtbot, lambda: not window.program.busy)


def test_a_set_is_made_stopped_gone_on_with_and_trained_with(
    qtbot: QtBot, open_window: OpenWindow, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    window = open_window()
    page = shown_page(qtbot, window)
    settled(qtbot, window)
    one = page.foot.cost.text()
    page.result.choice.setCurrentText(SET)
    form = page.result.form
    assert form is not None
    for name, count in (("train", 1), ("validation", 1), ("test", 0)):
        form.put(name, count)
    settled(qtbot, window)
    assert page.foot.cost.text().startswith("2 structures")
    assert page.foot.cost.text() != one
    assert page.foot.folder.text().endswith("training-set.zarr")
    folder = tmp_path / "mine.zarr"
    page.foot.folder.setText(str(folder))
    simulator = window.program.simulator
    with monkeypatch.context() as patch:
        slow_down(patch, "training set")
        qtbot.mouseClick(page.foot.start_button, Qt.MouseButton.LeftButton)
        until(qtbot, lambda: (folder / "0000").is_dir())
        qtbot.mouseClick(page.foot.stop_button, Qt.MouseButton.LeftButton)
        qtbot.waitUntil(lambda: not simulator.running, timeout=5000)
    assert page.foot.state.text().startswith("Stopped")
    assert not (folder / "zarr.json").exists()
    qtbot.mouseClick(page.foot.start_button, Qt.MouseButton.LeftButton)
    until(qtbot, lambda: not simulator.running)
    assert page.foot.state.text().startswith("Done"), page.foot.state.text()
    made = page.wanted()
    assert isinstance(made, TrainingPlan)
    assert [member.split for member in made.members()] == ["train", "validation"]
    assert not page.foot.open_button.isVisible()
    qtbot.mouseClick(page.foot.train_button, Qt.MouseButton.LeftButton)
    train = window.tools["train"]
    until(qtbot, lambda: train.page is not None and train.page.form is not None)
    until(qtbot, lambda: train.page.form.recipe() is not None and train.page.form.facts is not None)  # type: ignore[union-attr]
    assert window.centre.currentWidget() is train.page
    assert Path(train.page.form.recipe().data.path) == folder  # type: ignore[union-attr]
    assert window.program.settings.training_sets()[0] == folder
    until(qtbot, lambda: not window.program.busy)
