"""Whole journeys through the window, each by hand from the drop to the result; also played by a benchmark."""

from __future__ import annotations

import os
import subprocess
import sys
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import tifffile
from PySide6.QtCore import Qt
from PySide6.QtTest import QTest
from PySide6.QtWidgets import QApplication

from app.dialogs.question import QuestionDialog
from app.geometry import Z
from app.marks import Mark
from app.panels.guide_bar import GuideBar
from app.panels.simulate import SimulatePage
from app.panels.simulate_result import SET
from app.panels.train import TrainPage
from app.panels.train_form import TrainForm
from core.job import Job
from core.learn.params.optimise import OptimiseParams
from core.simulate.acquisition.acquire import acquire
from core.simulate.electrons.conditions import Physics
from core.simulate.plan import Plan
from core.simulate.plan_parts import Field, Milling, Ruler
from core.simulate.structures.kinds import LeveledWave
from core.simulate.variation import Variation
from core.step import Stage
from tests.system.hand import Desk, Hand, slowed, texts

VOLTAGES = ("1kV", "2kV", "4kV")
RULER_DEG = 30
PLAN = Plan(
    voltages_kv=(1.0, 2.0, 4.0),
    electrons_per_pixel=20,
    structure=LeveledWave(ligament_nm=(60.0,), solid_fraction=(0.35,)),
    field=Field(slices=20, rows=80, columns=160, pixel_nm=5, voxel_nm=5),
    milling=Milling(slice_nm=10, thickness="gamma", sd_nm=2.5),
    ruler=Ruler(on=True),
)
SMALL = Plan(
    voltages_kv=(2.0,),
    electrons_per_pixel=4,
    structure=LeveledWave(ligament_nm=(40.0,), solid_fraction=(0.4,), waves=100),
    field=Field(slices=4, rows=48, columns=64, pixel_nm=5, voxel_nm=5),
    physics=Physics(cut_off_ev=200),
)
VOXEL_NM = 10.0
"""Of the real stack as its publication states them, and of the others that state none."""


@dataclass(frozen=True)
class Result:
    """What a journey has come to.

    Attributes
    ----------
    project, recipe : Path
        Folder of the project, and the recipe that was run.
    exported : tuple of Path
        Volumes that were written.
    """

    project: Path
    recipe: Path
    exported: tuple[Path, ...]


def acquisition(folder: Path) -> Path:
    """A virtual acquisition at three voltages, with a ruler."""
    acquire(PLAN, folder, job=Job())
    return folder


def halves(folder: Path) -> Path:
    """Slices that are dark on the left and bright on the right."""
    folder.mkdir(parents=True)
    rng = np.random.default_rng(1)
    for number in range(8):
        grey = np.where(np.arange(64) < 32, 70, 170) + rng.normal(0, 20, (64, 64))
        tifffile.imwrite(folder / f"slice_{number:03d}.tif", np.clip(grey, 0, 255).astype(np.uint8))
    return folder


# ---------------------------------------------------------------------------------- parts of a day
def propose(hand: Hand, *paths: Path) -> None:
    """Drop something and wait for what is proposed."""
    hand.drop(*paths)
    hand.until(lambda: hand.program.guide.proposals, "for proposals")


def state_voxels(hand: Hand) -> None:
    """Type in the voxel size that no file states."""
    page = hand.window.importing
    for name in ("Pixel x (nm)", "Pixel y (nm)", "Slice distance (nm)"):
        hand.enter(name, f"{VOXEL_NM:g}", page)
    hand.click("Read again with these", page)
    session = hand.program.session
    hand.until(
        lambda: session.volume is not None and session.volume.info.voxel_nm == (VOXEL_NM,) * 3,
        "for the voxel size",
    )


def walk_to_the_end(hand: Hand) -> GuideBar:
    """*Next* until there is no other stage."""
    bar = hand.window.guide_bar
    while bar.next_button.text() != "Run all steps":
        hand.press(bar.next_button)
    return bar


def run_all(hand: Hand) -> Result:
    """Run from the bar below the last stage, and wait for the files."""
    hand.press(walk_to_the_end(hand).next_button)
    return ran(hand)


def ran(hand: Hand) -> Result:
    """Wait for the end of a run that has begun; everything has to be done."""
    hand.until(lambda: not hand.program.runner.running, "for the run")
    hand.until_idle()
    session = hand.program.session
    assert set(session.marks) == {Mark.DONE}, f"{session.marks}: {hand.desk.said()}"
    assert session.project is not None
    exported = tuple(sorted(session.project.exports.glob("*.tif")))
    listed = texts(hand.window.exports)
    assert any(file.name in listed for file in exported), listed
    return Result(session.project.folder, session.project.folder / "recipe.toml", exported)


def look_at_it(hand: Hand) -> None:
    """In slices, in 3D, and in both."""
    for name in ("volume", "both", "slices"):
        hand.act(name)
        QTest.qWait(300)
        hand.until_idle()


def save_recipe(hand: Hand, file: Path) -> None:
    """*Save recipe…*, by its keys."""
    QTest.keyClick(hand.window, Qt.Key.Key_S, Qt.KeyboardModifier.ControlModifier)
    hand.choose_file(file)
    hand.until(file.is_file)


def on_command_line(recipe: Path, inputs: list[str], output: Path) -> tuple[Path, ...]:
    """The same with ``trueslice run``; the files it exported."""
    command = [sys.executable, "-m", "core", "run", str(recipe), *inputs, "--output", str(output)]
    done = subprocess.run(command, capture_output=True, text=True, timeout=280, check=False, env=os.environ)
    assert done.returncode == 0, done.stderr
    return tuple(sorted((output / "exports").glob("*.tif")))


# ---------------------------------------------------------------------------------- the journeys
def three_voltages(desk: Desk, acquired: Path, folder: Path) -> Result:
    """A virtual acquisition with ruler: all that is proposed, the angle typed in, run, looked at, saved."""
    hand = desk.open()
    propose(hand, acquired)
    assert tuple(hand.program.session.inputs) == VOLTAGES
    hand.click("Propose all steps", hand.window.importing)
    # It cannot run before somebody has said the angle: the keyboard is where it is typed.
    hand.press(hand.window.running.run_button)
    said = hand.answer(QuestionDialog, "Say it now")
    assert "angle of the ruler" in said, said
    assert not hand.program.runner.running
    assert hand.type_here(str(RULER_DEG)) == "Angle of the ruler"
    result = run_all(hand)
    look_at_it(hand)
    save_recipe(hand, folder / "by hand.toml")
    hand.close()
    return Result(result.project, folder / "by hand.toml", result.exported)


def real_stack(desk: Desk, stack: Path, folder: Path) -> Result:
    """A real stack that states no voxel size: typed in where it is asked for, then all that is proposed."""
    del folder
    hand = desk.open()
    propose(hand, stack)
    page, before = hand.window.importing, hand.program.guide.proposals
    hand.click("Type it in", page)
    assert QApplication.focusWidget() is page.voxel["x"]
    state_voxels(hand)
    hand.until(lambda: hand.program.guide.proposals not in ({}, before), "for other proposals")
    hand.click("Propose all steps", page)
    result = run_all(hand)
    look_at_it(hand)
    hand.close()
    return result


def cancel_close_resume(desk: Desk, stack: Path, folder: Path) -> tuple[Result, dict[Path, int]]:
    """Stopped, closed during a run, opened again by a drop, resumed; also what was finished before."""
    del folder
    hand = desk.open()
    hand.drop(stack)
    for stage, name in ((Stage.CLEAN, "Normalise"), (Stage.CLEAN, "Denoise"), (Stage.EXPORT, "Export")):
        hand.stage(stage)
        hand.click(f"Add {name}", hand.window.stage)
    with slowed("2/3"):
        hand.press(hand.window.running.run_button)
        hand.until(lambda: at_work(hand, "2/3"), "for the second step")
        stop = hand.window.running.stop_button
        hand.cancelled("stopping a run", lambda: hand.press(stop), lambda: not hand.program.runner.running)
        assert "Stopped" in texts(hand.window.running)
        hand.until_idle()
        hand.press(hand.window.running.run_button)
        assert hand.program.session.volume is not None
        count = hand.program.session.volume.info.shape[0]  # that many chunks are of the first step
        hand.until(lambda: at_work(hand, "2/3") and len(finished(hand)) > count, "for some blocks")
        hand.window.close()
        hand.answer(QuestionDialog, "Cancel")
        assert hand.window.isVisible()
        assert hand.program.runner.running, "the run goes on"
        hand.window.close()
        hand.cancelled(
            "closing during a run",
            lambda: hand.answer(QuestionDialog, "Stop and close"),
            lambda: not hand.window.isVisible(),
        )
    before = finished(hand)
    again = desk.open()
    again.drop(stack)
    again.until(lambda: again.program.session.project is not None, "for the project")
    assert [entry.step.name for entry in again.program.session.recipe.steps] == [
        "normalise", "denoise", "export",
    ]  # fmt: skip
    again.press(again.window.running.run_button)
    result = ran(again)
    after = finished(again)
    assert before
    assert {path: after.get(path) for path in before} == before, "what was finished is not computed again"
    assert len(after) > len(before)
    again.close()
    return result, before


def paint_train_segment(desk: Desk, stack: Path, folder: Path) -> Result:
    """Labels painted on three slices, a network trained with them, the stack segmented by it."""
    hand = desk.open()
    hand.drop(stack)
    state_voxels(hand)
    paint_halves(hand)
    train_tiny(hand, "Painted labels: ", folder / "training", "painted")
    hand.act("slices")
    hand.stage(Stage.SEGMENT)
    hand.click("Add Segment", hand.window.stage)
    hand.enter("Method", "model:painted", hand.window.step)
    hand.press(hand.window.step.apply_button)
    hand.stage(Stage.EXPORT)
    hand.click("Add Export", hand.window.stage)
    hand.press(hand.window.running.run_button)
    result = ran(hand)
    hand.close()
    return result


def simulate_train(desk: Desk, folder: Path) -> None:
    """A training set made on the Simulate page, stopped and gone on with, then trained with."""
    hand = desk.open()
    hand.click("Simulate…", hand.window.empty)
    tool = hand.window.tools["simulate"]
    hand.until(lambda: tool.page is not None and tool.page.form is not None, "for the page")
    page = tool.page
    assert isinstance(page, SimulatePage)
    page.set_plan(SMALL)
    hand.enter("What is made", SET, page)
    for field, count in (("train", 1), ("validation", 1), ("test", 1)):
        hand.enter(str(Variation.model_fields[field].title), str(count), page)
    hand.until(lambda: not hand.program.foreseen.waiting and not hand.program.priced.waiting)
    hand.write(page.foot.folder, str(folder / "mine.zarr"))
    simulator = hand.program.simulator
    with slowed("training set"):
        hand.press(page.foot.start_button)
        hand.until((folder / "mine.zarr" / "0000").is_dir, "for the first structure")
        hand.cancelled(
            "stopping a simulation",
            lambda: hand.press(page.foot.stop_button),
            lambda: not simulator.running,
        )
    hand.press(page.foot.start_button)
    hand.until(lambda: not simulator.running, "for the set")
    assert page.foot.state.text().startswith("Done"), f"{page.foot.state.text()} {hand.desk.said()}"
    hand.press(page.foot.train_button)
    train = hand.window.tools["train"]
    hand.until(lambda: train.page is not None and train.page.form is not None, "for the page")
    assert isinstance(train.page, TrainPage)
    train_on(hand, train.page, folder / "training", "simulated")
    hand.close()


def paint_halves(hand: Hand) -> None:
    """Two strokes on each of three slices: solid on the right, pore on the left."""
    painting, slices = hand.program.painting, hand.window.views.slices
    assert hand.program.session.volume is not None
    count, rows, columns = hand.program.session.volume.info.shape
    hand.act("paint")
    for z in (1, count // 2, count - 2):
        slices.set_cursor(z, rows // 2, columns // 2)
        hand.until(lambda z=z: painting.ready_page() is not None and painting.z == z, "for the slice")
        hand.until(lambda: slices._panes[Z].plane() is not None, "for its picture")
        for key, column in ((Qt.Key.Key_1, columns // 4), (Qt.Key.Key_2, 3 * columns // 4)):
            QTest.keyClick(hand.window, key)
            hand.stroke(*[(row, column) for row in range(4, rows - 4, 4)])
    hand.until(lambda: not painting.disk.busy and not any(page.dirty for page in painting.pages))
    assert len(painting.slices) == 3
    hand.act("paint")


def train_tiny(hand: Hand, data: str, into: Path, name: str) -> None:
    """Train a network of a moment with something on the list of data, and put it among the models."""
    tool = hand.window.tools["train"]
    hand.act("train")
    hand.until(lambda: tool.page is not None and tool.page.form is not None, "for the page")
    page = tool.page
    assert isinstance(page, TrainPage)
    assert page.form is not None
    choice = page.form.data.choice
    hand.until(lambda: choice.findText(data, Qt.MatchFlag.MatchStartsWith) >= 0, f"for {data!r}")
    listed = choice.itemText(choice.findText(data, Qt.MatchFlag.MatchStartsWith))
    hand.enter("What to train with", listed, page)
    train_on(hand, page, into, name)


def train_on(hand: Hand, page: TrainPage, into: Path, name: str) -> None:
    """Train with the data that are chosen, and put the network among the models."""
    form = page.form
    assert form is not None
    hand.until(lambda: form.facts is not None, "for what the data hold")
    hand.until_idle()
    make_tiny(form, name)
    hand.enter("Folder of the training", str(into), page)
    hand.press(page.foot.start_button)
    trainer = hand.program.trainer
    hand.until(lambda: trainer.active, "for the training to begin")
    hand.until(lambda: not trainer.active, "for the training to end")
    assert page.foot.state.text().startswith("Done"), f"{page.foot.state.text()} {hand.desk.said()}"
    hand.press(page.result.add_button)
    hand.until(lambda: "among your models" in page.result.state.text(), "for the model")
    hand.until_idle()


def make_tiny(form: TrainForm, name: str) -> None:
    """Settings of a training that takes a moment."""
    recipe = form.recipe()
    assert recipe is not None
    fast = {"batch_size": 16, "epochs": 12, "minutes": 0.0, "learning_rate": 0.03, "loss": "bce-dice"}
    form.put(
        name=name,
        limits="For nothing but a test.",
        network=recipe.network.model_copy(update={"kind": "unet", "slices": 1, "depth": 2, "width": 4}),
        data=recipe.data.model_copy(
            update={"patch_px": 32, "patches_per_epoch": 32, "validation_patches": 16}
        ),
        optimise=OptimiseParams.model_validate({**recipe.optimise.model_dump(), **fast}),
    )


def at_work(hand: Hand, part: str) -> bool:
    """Whether a run has come to a part, in the words of its progress."""
    task = hand.program.runner.task
    return task is not None and part in task.progress.message


def finished(hand: Hand) -> dict[Path, int]:
    """Chunks of finished blocks, and when they were written, in ns.

    A block that is listed may be followed by one that was being written.
    """
    home = hand.program.session.home
    folder = home or next(iter(hand.program.session.inputs.values())).spec.paths[0].parent
    found = {}
    for journal in sorted(folder.glob("**/results/*/blocks.log")):
        slices = {
            number
            for line in journal.read_text().splitlines()
            for number in range(*map(int, line.split()[:2]))
        }
        for chunk in (journal.parent / "volume.zarr").glob("data/c/*/**/*"):
            relative = chunk.relative_to(journal.parent / "volume.zarr" / "data" / "c")
            if chunk.is_file() and int(relative.parts[0]) in slices:
                found[chunk] = chunk.stat().st_mtime_ns
    return found
