"""The panels around the views, each opened alone."""

from __future__ import annotations

import logging
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from pydantic import Field
from PySide6.QtCore import Qt
from PySide6.QtWidgets import QLabel, QPushButton, QWidget
from pytestqt.qtbot import QtBot

from app.guiding import Guide
from app.jobs import JobQueue
from app.marks import Mark, overall
from app.panels.empty import EmptyPage
from app.panels.exports import ExportsPanel
from app.panels.found import FoundBox, lines_of, unit_of, value_text
from app.panels.importing import ImportPanel, facts, size_text
from app.panels.inspector import Inspector
from app.panels.log import LogPanel
from app.panels.rail import StageRail
from app.panels.recipe import DETAIL, MARK, TITLE, RecipePanel, differences
from app.panels.run import RunPanel, duration
from app.panels.stage import StagePanel
from app.panels.step import StepPanel
from app.panels.threshold import sample, single_threshold, with_threshold
from app.problems import LogRelay
from app.program import Program
from app.session import Opened, Session
from app.standing import Standings
from app.theme import Theme
from core.errors import ParameterError
from core.job import Job
from core.step import Stage
from core.steps.crop import CropParams
from core.steps.denoise import DenoiseEstimate
from core.steps.segment import SegmentEstimate, SegmentParams
from core.thickness.results import ThicknessEstimate
from tests.app.leftovers import flush_deletions, nothing_left

Wait = Callable[[Callable[[], bool]], None]


@pytest.fixture
def standings(session: Session, wait: Wait) -> Iterator[Standings]:
    queue = JobQueue(1)
    yield Standings(session, queue)
    wait(lambda: not queue.active)
    queue.close()


@pytest.fixture
def guide(session: Session, wait: Wait) -> Iterator[Guide]:
    queue = JobQueue(1)
    yield Guide(session, queue)
    wait(lambda: not queue.active)
    queue.close()


def texts(widget: QWidget) -> list[str]:
    return [found.text() for found in widget.findChildren(QLabel) if found.text()]


def press(widget: QWidget, text: str) -> None:
    flush_deletions()
    buttons = [found for found in widget.findChildren(QPushButton) if found.text() == text]
    assert len(buttons) == 1, [found.text() for found in widget.findChildren(QPushButton)]
    assert buttons[0].isEnabled()
    buttons[0].click()


# ---- empty page


def test_recent_stacks_are_offered(qtbot: QtBot, theme: Theme, stack: Path) -> None:
    page = EmptyPage(theme)
    qtbot.addWidget(page)
    page.show_recent([(stack,), (stack / "other",)])
    with qtbot.waitSignal(page.open_recent) as signal:
        press(page, f"gold   —   {stack.parent}")
    assert signal.args == [(stack,)]


# ---- rail


def test_stages_without_steps_cannot_be_chosen(qtbot: QtBot, theme: Theme) -> None:
    rail = StageRail(theme, frozenset({Stage.IMPORT, Stage.CLEAN}))
    qtbot.addWidget(rail)
    assert rail.buttons[Stage.CLEAN].isEnabled()
    assert not rail.buttons[Stage.ALIGN].isEnabled()
    assert "no steps" in rail.buttons[Stage.ALIGN].toolTip()
    with qtbot.waitSignal(rail.chosen) as signal:
        rail.buttons[Stage.CLEAN].click()
    assert signal.args == [Stage.CLEAN]
    rail.choose(Stage.IMPORT)
    assert rail.buttons[Stage.IMPORT].isChecked()
    assert not rail.buttons[Stage.CLEAN].isChecked()
    rail.choose(None)
    assert not any(button.isChecked() for button in rail.buttons.values())


@pytest.mark.parametrize("mark", list(Mark))
def test_every_mark_is_drawn_and_said(qtbot: QtBot, theme: Theme, mark: Mark) -> None:
    rail = StageRail(theme, frozenset(Stage))
    qtbot.addWidget(rail)
    rail.show()
    before = rail.buttons[Stage.CLEAN].grab().toImage()
    rail.set_marks({Stage.CLEAN: mark})
    after = rail.buttons[Stage.CLEAN].grab().toImage()
    assert (before == after) is (mark is Mark.EMPTY)
    assert mark.value in rail.buttons[Stage.CLEAN].toolTip()


def test_a_stage_is_as_far_as_its_worst_step() -> None:
    assert overall([]) is Mark.EMPTY
    assert overall([Mark.DONE, Mark.TODO]) is Mark.TODO
    assert overall([Mark.DONE, Mark.STALE, Mark.TODO]) is Mark.STALE
    assert overall([Mark.WRONG, Mark.DONE]) is Mark.WRONG


# ---- recipe


@pytest.fixture
def recipe_panel(qtbot: QtBot, session: Session, theme: Theme, guide: Guide) -> RecipePanel:
    panel = RecipePanel(session, theme, guide)
    qtbot.addWidget(panel)
    return panel


def rows(panel: RecipePanel) -> list[str]:
    return [panel.list.item(index).data(TITLE) for index in range(panel.list.count())]


def test_the_list_shows_input_and_steps_with_what_differs(
    recipe_panel: RecipePanel, session: Session
) -> None:
    session.add("crop")
    session.set_params(0, CropParams(y_start=5))
    session.add("segment")
    assert rows(recipe_panel) == ["Input", "1  Crop", "2  Segment"]
    assert recipe_panel.list.item(1).data(DETAIL) == "First row 5 px"
    assert recipe_panel.list.item(2).data(DETAIL) == "default settings"
    assert "12 slices" in recipe_panel.list.item(0).data(DETAIL)
    assert recipe_panel.list.currentRow() == 2


def test_choosing_a_row_chooses_the_step(recipe_panel: RecipePanel, session: Session) -> None:
    session.add("crop")
    session.add("segment")
    recipe_panel.list.setCurrentRow(1)
    assert session.chosen == 0
    recipe_panel.list.setCurrentRow(0)
    assert session.chosen is None


def test_dragging_and_buttons_move_steps(recipe_panel: RecipePanel, session: Session) -> None:
    for name in ("crop", "invert", "segment"):
        session.add(name)
    recipe_panel.list.moved.emit(1, 2)
    assert rows(recipe_panel)[1:] == ["1  Invert", "2  Crop", "3  Segment"]
    recipe_panel.list.moved.emit(0, 2)
    assert rows(recipe_panel)[1:] == ["1  Invert", "2  Crop", "3  Segment"], "the input stays first"
    session.choose(1)
    recipe_panel._tools["up"].click()
    assert rows(recipe_panel)[1:] == ["1  Crop", "2  Invert", "3  Segment"]
    recipe_panel._tools["duplicate"].click()
    assert len(session.recipe.steps) == 4
    recipe_panel._tools["remove"].click()
    assert len(session.recipe.steps) == 3
    assert not recipe_panel._tools["up"].isEnabled() or session.chosen != 0


def test_marks_reach_the_rows(recipe_panel: RecipePanel, session: Session) -> None:
    session.add("crop")
    session.set_marks((Mark.STALE,))
    item = recipe_panel.list.item(1)
    assert item.data(MARK) is Mark.STALE
    assert item.data(Qt.ItemDataRole.AccessibleDescriptionRole) == Mark.STALE.value


def test_the_menu_offers_every_step(recipe_panel: RecipePanel, session: Session) -> None:
    actions = {
        action.text(): action for action in recipe_panel.add_menu.actions() if not action.isSeparator()
    }
    actions["Denoise"].trigger()
    assert session.recipe.steps[0].step.name == "denoise"


def test_differences_use_the_words_of_the_form() -> None:
    assert differences(SegmentParams()) == ""
    assert differences(SegmentParams(method="kmeans", clusters=3)) == "Method k-means · Clusters 3"


# ---- import


def test_facts_and_gaps_of_a_stack(
    qtbot: QtBot, session: Session, theme: Theme, guide: Guide, opened: Opened
) -> None:
    panel = ImportPanel(session, theme, guide)
    qtbot.addWidget(panel)
    assert ("Slice size", "48 × 40 px") in facts(opened)
    assert ("Pixel x", "not stated") in facts(opened)
    assert any("nothing is guessed" in text for text in texts(panel))
    panel.voxel["z"].set_value(10)
    panel.voxel["x"].setText("5.25")
    with qtbot.waitSignal(panel.reread) as signal:
        press(panel, "Read again with these")
    channel, options = signal.args
    assert channel == ""
    assert options["voxel_nm_zyx"] == (10.0, None, 5.25)
    assert options["tilt_correction_angle_deg"] is None
    assert options["reverse"] is None


def test_a_tilt_correction_needs_its_angle(
    qtbot: QtBot, session: Session, theme: Theme, guide: Guide
) -> None:
    panel = ImportPanel(session, theme, guide)
    qtbot.addWidget(panel)
    panel.uncorrected.setChecked(True)
    assert not panel.apply.isEnabled()
    panel.angle.set_value(38)
    assert panel.apply.isEnabled()
    assert panel.options()["tilt_correction_angle_deg"] == 38


def test_sizes_are_readable() -> None:
    assert [size_text(n) for n in (5, 15_625_000, 10**10, 5 * 10**12)] == [
        "5 B",
        "15.6 MB",
        "10 GB",
        "5000 GB",
    ]


# ---- step


@pytest.fixture
def step_panel(qtbot: QtBot, session: Session, standings: Standings) -> StepPanel:
    panel = StepPanel(session, standings)
    qtbot.addWidget(panel)
    return panel


def test_edits_are_tried_out_then_applied_or_reset(step_panel: StepPanel, session: Session) -> None:
    session.add("crop")
    assert step_panel.form is not None
    assert not step_panel.apply_button.isEnabled()
    step_panel.form.value_changed.emit(CropParams(y_start=3))
    assert session.tried().steps[0].params == CropParams(y_start=3)
    assert step_panel.apply_button.isEnabled()
    step_panel.reset_button.click()
    assert session.draft is None
    assert step_panel.form.value() == CropParams()
    step_panel.form.value_changed.emit(CropParams(y_start=4))
    step_panel.apply_button.click()
    assert session.recipe.steps[0].params == CropParams(y_start=4)
    assert step_panel.form.value() == CropParams(y_start=4)
    step_panel.defaults_button.click()
    assert session.draft == CropParams()
    session.settle()
    session.undo.undo()
    assert step_panel.form.value() == CropParams(y_start=4)


def test_trouble_is_said_in_the_panel(step_panel: StepPanel, session: Session) -> None:
    session.add("crop")
    session.set_params(0, CropParams(y_start=900))
    assert any("row" in text and "Expected" in text for text in texts(step_panel))
    session.undo.undo()
    assert step_panel._trouble_box.isHidden()
    step_panel.say_trouble(ParameterError("odd"))
    assert not step_panel._trouble_box.isHidden()


def test_a_moved_threshold_becomes_the_users_own_estimate(step_panel: StepPanel, session: Session) -> None:
    session.add("segment")
    step_panel._previewed = SegmentEstimate(thresholds=(100.0,))
    step_panel.threshold.moved.emit(120.0)
    assert session.recipe.steps[0].estimate == SegmentEstimate(thresholds=(120.0,))


def test_a_moved_threshold_goes_into_the_settings_where_it_is_typed(
    step_panel: StepPanel, session: Session
) -> None:
    session.add("segment")
    session.set_params(0, SegmentParams(method="threshold"))
    step_panel._previewed = SegmentEstimate(thresholds=(127.0,))
    step_panel.threshold.moved.emit(90.0)
    assert session.draft == SegmentParams(method="threshold", threshold=90.0)
    assert step_panel.form is not None
    assert step_panel.form.value() == session.draft


def test_thresholds_of_estimates() -> None:
    one = SegmentEstimate(thresholds=(5.0,))
    assert single_threshold(one) == 5.0
    assert single_threshold(SegmentEstimate(thresholds=(1.0, 2.0))) is None
    assert single_threshold(None) is None
    of_network = SegmentEstimate(thresholds=(127.5,), model="gold")
    assert single_threshold(of_network) is None
    assert with_threshold(one, 6.0) == SegmentEstimate(thresholds=(6.0,))


def test_samples_are_small() -> None:
    import numpy as np

    assert sample(np.zeros((40, 50))).shape == (40, 50)
    assert max(sample(np.zeros((5000, 700))).shape) <= 512


# ---- found


def test_found_values_can_be_replaced_and_given_back(
    qtbot: QtBot, session: Session, standings: Standings
) -> None:
    box = FoundBox(session, standings)
    qtbot.addWidget(box)
    assert box.isHidden()
    session.add("segment")
    assert not box.isHidden()
    box.show_previewed(SegmentEstimate(thresholds=(131.5,)), True)
    assert "131.5" in texts(box)
    assert any("sample" in text for text in texts(box))
    box.edit_button.click()
    assert box.form is not None
    box.form.set_value(SegmentEstimate(thresholds=(99.0,)))  # type: ignore[arg-type]
    box.take_button.click()
    assert session.recipe.steps[0].estimate == SegmentEstimate(thresholds=(99.0,))
    assert any("own" in text for text in texts(box))
    box.back_button.click()
    assert session.recipe.steps[0].estimate is None
    session.add("measure")
    assert box.isHidden(), "what is measured is a result, not a setting"


def test_values_in_words() -> None:
    assert value_text(True) == "yes"
    assert value_text(1234567) == "1\u202f234\u202f567"
    assert value_text((1.0, 2.5)) == "1, 2.5"
    assert value_text(tuple(float(n) for n in range(9))) == "9 values, 0 to 8"
    assert value_text(((1.0, 2.0), (3.0, 4.0))) == "1, 2 | 3, 4"
    assert lines_of(SegmentEstimate()) == []


def test_found_values_have_their_units() -> None:
    thickness = ThicknessEstimate(
        method="ruler", thickness_nm=(9.5, 10.25), sigma_nm=(), z_nm=(0.0, 9.5, 19.75), mean_nm=9.875,
        gamma_shape=8.5, drift_px_yx=((0.0, 0.0), (1.0, 2.5), (2.0, 3.0)), angle_deg=30.0, flagged=(2,),
    )  # fmt: skip
    told = dict(lines_of(thickness))
    assert told["Thickness"] == "9.5, 10.25 nm"
    assert told["Mean"] == "9.875 nm"
    assert told["Drift"].endswith(" px")
    assert told["Angle"] == "30°"
    assert (told["Gamma shape"], told["Flagged"], told["Method"]) == ("8.5", "2", "ruler")
    assert dict(lines_of(DenoiseEstimate(noise_grey=4.25))) == {"Noise": "4.25 grey"}
    field = Field(0.0, title="Share", json_schema_extra={"unit": "%"})
    assert unit_of("share_nm", field) == "%", "what the field states counts first"


# ---- exports, log


def test_exports_are_empty_at_first(
    qtbot: QtBot, session: Session, standings: Standings, theme: Theme
) -> None:
    panel = ExportsPanel(session, standings, theme)
    qtbot.addWidget(panel)
    assert any("Add an Export step" in text for text in texts(panel))


def test_the_log_shows_lines_in_order(qtbot: QtBot, theme: Theme) -> None:
    relay = LogRelay()
    panel = LogPanel(relay, theme)
    qtbot.addWidget(panel)
    relay.line.emit(logging.INFO, "one")
    relay.line.emit(logging.ERROR, "two")
    assert panel.text() == "one\ntwo"


# ---- run


def test_durations_in_words() -> None:
    assert [duration(seconds) for seconds in (0.2, 45, 300, 7200)] == ["1 s", "45 s", "5 min", "2.0 h"]


@pytest.mark.parametrize("ending", ["Done", "Stopped", "Failed"])
def test_the_run_panel_follows_a_task_to_its_end(qtbot: QtBot, theme: Theme, wait: Wait, ending: str) -> None:
    with nothing_left():
        panel, queue = RunPanel(theme), JobQueue(1)
        panel.set_possible(True, True)

        def work(job: Job) -> None:
            job.progress(3, 4, "1/1 Denoise")
            while ending == "Stopped":
                job.check()
            if ending == "Failed":
                raise ParameterError("odd")

        task = queue.prepare("Run the recipe", work)
        panel.follow(task)
        assert not panel.run_button.isEnabled()
        assert panel.stop_button.isEnabled()
        queue.start(task)
        wait(lambda: task.progress.done == 3)
        if ending == "Stopped":
            assert "1/1 Denoise" in panel.part.text()
            task.cancel()
        wait(lambda: not queue.active)
        assert panel.title.text().startswith(ending)
        assert panel.run_button.isEnabled()
        assert not panel.stop_button.isEnabled()
        queue.close()
        panel.deleteLater()
        queue.deleteLater()
        flush_deletions()


# ---- inspector


def test_the_right_page_is_shown(
    qtbot: QtBot, session: Session, standings: Standings, theme: Theme, guide: Guide
) -> None:
    importing, stage = ImportPanel(session, theme, guide), StagePanel(session, theme, guide)
    step = StepPanel(session, standings)
    inspector = Inspector(session, importing, stage, step)
    qtbot.addWidget(inspector)
    stages: list[Stage] = []
    inspector.stage_shown.connect(stages.append)
    inspector.show_stage(Stage.CLEAN)
    assert inspector.currentWidget() is stage
    stage.added.connect(session.add)
    add = next(b for b in stage.findChildren(QPushButton) if b.accessibleName() == "Add Denoise")
    add.click()
    assert inspector.currentWidget() is step
    assert session.recipe.steps[0].step.name == "denoise"
    inspector.show_stage(Stage.CLEAN)
    press(stage, "1  Denoise")
    assert inspector.currentWidget() is step
    inspector.show_stage(Stage.IMPORT)
    assert inspector.currentWidget() is importing
    assert stages[-1] is Stage.IMPORT


def test_program_alone_is_idle(program: Program) -> None:
    assert not program.busy
