"""The panel of shifts and thicknesses, and what the step panel says before a run."""

from __future__ import annotations

from collections.abc import Callable, Iterator

import pytest
from PySide6.QtCore import Qt
from PySide6.QtWidgets import QApplication, QLabel, QWidget
from pytestqt.qtbot import QtBot

from app.aligning import Aligning
from app.jobs import JobQueue
from app.opening import named
from app.panels.alignment import FOR_ALL, AlignmentPanel
from app.panels.found import MOST_EDITED, lines_of, size_of, still_holds, value_text
from app.panels.step import StepPanel
from app.session import Session
from app.standing import Standings
from core.align.results import RegisterChannelsEstimate, RegisterEstimate
from core.recipe import default_step
from core.steps.register import RegisterParams
from tests.app.alignment import register_estimate, thickness_estimate
from tests.app.leftovers import flush_deletions

pytestmark = pytest.mark.gui
Wait = Callable[[Callable[[], bool]], None]


@pytest.fixture
def standings(session: Session, wait: Wait) -> Iterator[Standings]:
    queue = JobQueue(1)
    yield Standings(session, queue)
    wait(lambda: not queue.active)
    queue.close()


@pytest.fixture
def panel(qtbot: QtBot, session: Session, standings: Standings) -> AlignmentPanel:
    made = AlignmentPanel(session, Aligning(session, standings, standings._queue))
    made.resize(900, 300)
    qtbot.addWidget(made)
    made.show()
    made.slice_chosen.connect(session.show_slice)
    return made


def said(widget: QWidget) -> str:
    QApplication.processEvents()
    flush_deletions()
    return "\n".join(label.text() for label in widget.findChildren(QLabel) if label.isVisible())


def registered(session: Session) -> RegisterEstimate:
    session.add("register")
    session.set_estimate(0, register_estimate())
    return register_estimate()


def own(session: Session) -> RegisterEstimate:
    estimate = session.recipe.steps[0].estimate
    assert isinstance(estimate, RegisterEstimate)
    return estimate


def test_it_says_how_to_begin_and_offers_to_run(
    panel: AlignmentPanel, session: Session, qtbot: QtBot
) -> None:
    assert "Add a Register step" in said(panel)
    assert not panel.run_button.isVisible()
    session.add("register")
    assert "Step 1: Register has not been run" in said(panel)
    with qtbot.waitSignal(panel.run_wanted, timeout=1000):
        qtbot.mouseClick(panel.run_button, Qt.MouseButton.LeftButton)
    assert panel.load_button.isVisible()
    assert not panel.table_button.isVisible()
    session.add("thickness")
    assert panel.table_button.isVisible()


def test_shifts_are_shown_with_what_they_mean(panel: AlignmentPanel, session: Session) -> None:
    registered(session)
    text = said(panel)
    assert "Step 1: Register, your own values" in text
    assert "2 of 12 slices did not lock." in text
    assert "0.500 → 0.900" in text
    assert "Two slices are blank." in text
    assert panel.drift.plot.marked() == [3, 7]


def test_flagged_slices_are_gone_to_with_the_buttons(
    panel: AlignmentPanel, session: Session, qtbot: QtBot
) -> None:
    registered(session)
    session.show_slice(4)
    qtbot.mouseClick(panel.drift.next_button, Qt.MouseButton.LeftButton)
    assert session.z_index == 7
    qtbot.mouseClick(panel.drift.previous_button, Qt.MouseButton.LeftButton)
    assert session.z_index == 3
    assert "SHIFT OF SLICE 3" in said(panel)


def test_a_slice_is_nudged_and_typed(panel: AlignmentPanel, session: Session, qtbot: QtBot) -> None:
    before = registered(session).shifts_px_yx
    session.show_slice(3)
    up, _down, _left, right = panel.drift.arrows
    qtbot.mouseClick(up, Qt.MouseButton.LeftButton)
    qtbot.mouseClick(right, Qt.MouseButton.LeftButton)
    assert own(session).shifts_px_yx[3] == pytest.approx((before[3][0] - 0.1, before[3][1] + 0.1))
    box = panel.drift._boxes[0]
    box.lineEdit().setText("-7.5")
    panel.drift.following.setChecked(True)
    box.editingFinished.emit()
    assert own(session).shifts_px_yx[3][0] == pytest.approx(-7.5)
    assert own(session).shifts_px_yx[11][0] == pytest.approx(before[11][0] - 7.5 - before[3][0] + 0.1)
    assert own(session).shifts_px_yx[2] == before[2]
    assert 3 not in own(session).flagged, "somebody has looked at it"
    steps = session.undo.index()
    box.editingFinished.emit()
    assert session.undo.index() == steps, "leaving the field changes nothing"
    box.lineEdit().setText("much")
    box.editingFinished.emit()
    assert session.undo.index() == steps
    qtbot.mouseClick(panel.drift.reset_button, Qt.MouseButton.LeftButton)
    assert session.recipe.steps[0].estimate is None


def test_the_slow_part_is_chosen_here_or_in_the_form(panel: AlignmentPanel, session: Session) -> None:
    registered(session)
    assert panel.drift.trend.currentText() == "Is drift: correct it"
    panel.drift.trend.setCurrentIndex(1)
    assert session.recipe.steps[0].params == RegisterParams(trend="keep")
    session.set_params(0, RegisterParams())
    assert panel.drift.trend.currentIndex() == 0


def test_what_is_drawn_already_is_not_drawn_again(panel: AlignmentPanel, session: Session) -> None:
    registered(session)
    before = panel.drift.plot.drift
    session.add("denoise")
    session.choose(0)
    session.show_slice(2)
    assert panel.drift.plot.drift is before
    session.set_estimate(0, register_estimate(flagged=()))
    assert panel.drift.plot.drift is not before


def test_own_values_are_said_to_hold_for_all_channels(panel: AlignmentPanel, session: Session) -> None:
    registered(session)
    assert FOR_ALL not in said(panel)
    opened = next(iter(session.inputs.values()))
    session.reread(named([("1kV", opened), ("2kV", opened)]))
    session.set_estimate(0, register_estimate(flagged=(5,)))
    assert FOR_ALL in said(panel)


def test_thicknesses_are_shown_with_their_histogram(
    panel: AlignmentPanel, session: Session, qtbot: QtBot
) -> None:
    session.add("thickness")
    session.set_estimate(0, thickness_estimate())
    text = said(panel)
    assert "from: ruler" in text
    assert "1 outlier (z-score over 1.5), 1 implausible (1 nm or less), 1 slice not measured." in text
    assert "The ruler was read in 11 of 12 slices." in text
    assert panel.thickness.histogram.counts.sum() == 9
    session.show_slice(3)
    qtbot.mouseClick(panel.thickness.next_button, Qt.MouseButton.LeftButton)
    assert session.z_index == 5
    for button, signal in (
        (panel.thickness.compare_button, panel.compare),
        (panel.thickness.save_button, panel.save_table),
        (panel.thickness.use_button, panel.use_table),
    ):
        with qtbot.waitSignal(signal, timeout=1000) as asked:
            button.click()
        assert asked.args[0].estimate == thickness_estimate()


def test_the_lower_plot_and_its_choice_agree(panel: AlignmentPanel, session: Session) -> None:
    session.add("register")
    bare = register_estimate().model_copy(update={"correlation_before": (), "correlation_after": ()})
    for estimate, shown in ((bare, "Confidence"), (register_estimate(), "Correlation")):
        session.set_estimate(0, estimate)
        assert panel.drift.quality.currentText() == panel.drift.plot.quality == shown
    panel.drift.quality.setCurrentText("Confidence")
    session.set_estimate(0, register_estimate(flagged=()))
    assert panel.drift.plot.quality == panel.drift.quality.currentText() == "Confidence"


def test_moves_between_channels_can_be_looked_at(panel: AlignmentPanel, session: Session) -> None:
    session.add("register-channels")
    moves = {
        "channel": session.channel, "shape_yx": (40, 48), "confidence": (1.0,) * 12, "flagged": (2,),
        "transforms": register_estimate().transforms,
    }  # fmt: skip
    session.set_estimate(0, RegisterChannelsEstimate.model_validate({"reference": "2kV", "moves": (moves,)}))
    assert "onto 2kV" in said(panel)
    assert panel.drift.plot.marked() == [2]
    assert not panel.drift._hand.isVisible(), "nothing to correct by hand"
    assert not panel.drift.trend.isVisible()


# ---------------------------------------------------------------------- the step panel
def test_a_step_that_was_not_run_says_so(qtbot: QtBot, session: Session, standings: Standings) -> None:
    step = StepPanel(session, standings)
    qtbot.addWidget(step)
    step.show()
    session.add("register")
    assert "nothing to show before it has been run" in said(step)
    with qtbot.waitSignal(step.run_to, timeout=1000):
        step.run_button.click()
    session.set_estimate(0, register_estimate())
    assert not step._unrun_box.isVisible()
    session.add("denoise")
    assert not step._unrun_box.isVisible()


def test_estimates_of_many_slices_are_told_in_brief(
    qtbot: QtBot, session: Session, standings: Standings
) -> None:
    step = StepPanel(session, standings)
    qtbot.addWidget(step)
    step.show()
    session.add("register")
    session.set_estimate(0, register_estimate())
    text = said(step.found)
    assert "12 × 2 values, -2.75 to 6.5" in text
    assert "Alignment tab" in text
    assert not step.found.edit_button.isVisible()
    session.add("thickness")
    session.set_estimate(1, thickness_estimate())
    assert "4 values" in said(step.found)
    assert "x_px" not in said(step.found)


def test_settings_that_change_nothing_that_was_found() -> None:
    entry = default_step("register")
    assert still_holds(entry, RegisterParams(trend="keep", canvas="grow"))
    assert not still_holds(entry, RegisterParams(region="0-9, 0-9"))


def test_sizes_of_estimates() -> None:
    assert size_of(register_estimate(1000)) > 10_000 > MOST_EDITED
    assert size_of(default_step("normalise").step.estimate_type(gain=(1.0,), offset=(0.0,))) <= MOST_EDITED  # type: ignore[misc]
    assert value_text(((1.0, 2.0),) * 7) == "7 × 2 values, 1 to 2"
    assert ("Did not lock", "3, 7") in lines_of(register_estimate())
