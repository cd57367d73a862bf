"""The panel of measures: cards, verdict, notes, plots, the region as numbers."""

from __future__ import annotations

from collections.abc import Callable, Iterator

import pytest
from PySide6.QtWidgets import QApplication, QLabel, QLineEdit, QPushButton, QWidget
from pytestqt.qtbot import QtBot

from app.actions import Actions
from app.figures import PLOTS
from app.jobs import JobQueue
from app.measuring import Measuring, RegionNumbers
from app.panels.measures import MeasuresPanel
from app.panels.region_row import RegionRow
from app.panels.shown import curves_of, numbers_of
from app.region import Region
from app.session import Session
from app.standing import Standings
from app.theme import Theme
from core.errors import VoxelError
from core.measure.params import MeasureParams
from core.recipe import Recipe
from core.steps.measure import MeasureEstimate
from tests.app.leftovers import flush_deletions
from tests.app.measures import found, pore, solid

pytestmark = pytest.mark.gui
Wait = Callable[[Callable[[], bool]], None]
REGION = Region((2, 5, 6), (6, 20, 30))


@pytest.fixture
def measuring(session: Session, wait: Wait) -> Iterator[Measuring]:
    queue = JobQueue(1)
    made = Measuring(session, queue)
    made.set_subject(session.volume)
    yield made
    made.stop()
    wait(lambda: not queue.active)
    queue.close()


@pytest.fixture
def panel(
    qtbot: QtBot, session: Session, measuring: Measuring, theme: Theme, wait: Wait
) -> Iterator[MeasuresPanel]:
    queue, owner = JobQueue(1), QWidget()
    qtbot.addWidget(owner)
    made = MeasuresPanel(session, Standings(session, queue), measuring, Actions(owner, theme))
    made.region.set_shape((12, 40, 48))
    qtbot.addWidget(made)
    made.resize(800, 300)
    made.show()
    yield made
    wait(lambda: not queue.active)
    queue.close()


def texts(widget: QWidget) -> str:
    QApplication.processEvents()  # what is new becomes visible
    flush_deletions()
    return "\n".join(each.text() for each in widget.findChildren(QLabel) if each.isVisibleTo(widget))


def whole() -> MeasureEstimate:
    return MeasureEstimate(voxels=2000, measured=found())


def plain() -> MeasureEstimate:
    return MeasureEstimate(
        solid_fraction=0.25, solid_fraction_per_slice=(0.2, 0.3), solid_voxels=500, voxels=2000
    )


def test_numbers_and_curves_without_details() -> None:
    assert ("Solid fraction", "0.25") in [(card.name, card.value) for card in numbers_of(plain())]
    assert [values for _name, values in curves_of(plain())] == [(0.2, 0.3)]


def test_results_of_measuring_steps_are_shown(panel: MeasuresPanel, session: Session) -> None:
    assert "Add a Measure step" in texts(panel)
    session.add("measure")
    session.set_estimate(0, whole())
    said = texts(panel)
    for part in ("Whole volume, step 1: Measure", "Solid fraction", "62 nm", "No sign of shine-through",
                 "Slice 3 was interpolated"):  # fmt: skip
        assert part in said
    session.load(Recipe())
    assert "62 nm" not in texts(panel)


def test_numbers_without_details_are_shown_too(panel: MeasuresPanel, session: Session) -> None:
    session.add("measure")
    session.set_estimate(0, plain())
    assert "0.25" in texts(panel)
    assert not panel.phase.isVisible()


def test_every_phase_can_be_chosen(panel: MeasuresPanel, session: Session, measuring: Measuring) -> None:
    session.add("measure")
    session.set_estimate(0, whole())
    assert panel.phase.currentText() == "solid"
    panel.phase.setCurrentText("pore")
    said = texts(panel)
    assert "Pore fraction" in said
    assert "Not measured, or not known: ligament size" in said
    assert (measuring.phase.value, measuring.phase.connectivity) == (0, 26)


def test_the_plot_follows_the_choice(panel: MeasuresPanel, session: Session) -> None:
    session.add("measure")
    session.set_estimate(0, whole())
    assert panel.curves.isVisible()
    panel.plot.setCurrentIndex(list(PLOTS).index("chords"))
    assert panel.figure.isVisible()
    assert panel.figure.figure is not None
    assert panel.figure.figure.x_label == "chord length (nm)"


def test_a_click_goes_to_the_slice_of_the_input(
    panel: MeasuresPanel, session: Session, measuring: Measuring, qtbot: QtBot
) -> None:
    session.add("crop")
    session.set_params(0, session.recipe.steps[0].params.model_copy(update={"z_start": 3, "z_stop": 7}))
    session.add("measure")
    session.set_estimate(1, whole())
    with qtbot.waitSignal(panel.slice_chosen, timeout=1000) as signal:
        panel.curves.choose_at(0)
    assert signal.args == [3]
    panel.input_slice = lambda z: z + 3
    measuring.set_region(REGION)
    measuring.numbers = RegionNumbers(REGION, MeasureEstimate(voxels=1, measured=found()))
    panel.refresh()
    with qtbot.waitSignal(panel.slice_chosen, timeout=1000) as signal:
        panel.curves.choose_at(1e9)
    assert signal.args == [2 + 3 + 3]


def test_a_region_is_named_and_its_trouble_told(panel: MeasuresPanel, measuring: Measuring) -> None:
    measuring.set_region(REGION)
    assert "Region z 2–5, y 5–19, x 6–29 px" in texts(panel)
    assert "Measuring …" in texts(panel)
    measuring.stop()
    measuring._take_trouble(VoxelError("grey values cannot be measured", remedy="segment first"))
    assert "segment first" in texts(panel)
    measuring._take_numbers(RegionNumbers(REGION, MeasureEstimate(voxels=1, measured=found(pore(), solid()))))
    assert "62 nm" in texts(panel)
    assert "segment first" not in texts(panel)


def test_colours_can_be_chosen_and_are_explained(panel: MeasuresPanel, measuring: Measuring) -> None:
    panel.colours.setCurrentIndex(1)
    assert measuring.way == "component"
    assert "Computing colours" in texts(panel)
    measuring.tint_said.emit("colours for the region only")
    assert "region only" in texts(panel)
    panel.colours.setCurrentIndex(0)
    assert "region only" not in texts(panel)


# ---- the row of numbers


@pytest.fixture
def numbers(qtbot: QtBot, theme: Theme) -> RegionRow:
    owner = QWidget()
    qtbot.addWidget(owner)
    made = RegionRow(Actions(owner, theme)["region"])
    qtbot.addWidget(made)
    made.set_shape((12, 40, 48))
    made.show()
    made.show_region(REGION)
    return made


def box(numbers: RegionRow, name: str) -> QLineEdit:
    return next(each for each in numbers.findChildren(QLineEdit) if each.accessibleName() == name)


@pytest.mark.parametrize(
    ("name", "typed", "low", "high"),
    [
        ("First y of the region", "7", (2, 7, 6), (6, 20, 30)),
        ("Last x of the region", "99", (2, 5, 6), (6, 20, 48)),
        ("First z of the region", "9", (9, 5, 6), (10, 20, 30)),
        ("Last z of the region", "0", (0, 5, 6), (1, 20, 30)),
    ],
)
def test_typed_numbers_become_a_region(
    numbers: RegionRow, qtbot: QtBot, name: str, typed: str, low: tuple[int, ...], high: tuple[int, ...]
) -> None:
    line = box(numbers, name)
    line.selectAll()
    with qtbot.waitSignal(numbers.changed, timeout=1000) as signal:
        qtbot.keyClicks(line, typed)
        line.editingFinished.emit()
    assert signal.args == [Region(low, high)]


def test_what_is_not_changed_is_not_announced(numbers: RegionRow, qtbot: QtBot) -> None:
    with qtbot.assertNotEmitted(numbers.changed):
        box(numbers, "First z of the region").editingFinished.emit()


def test_buttons_say_what_can_be_done(numbers: RegionRow, qtbot: QtBot) -> None:
    measure, stop = (
        next(each for each in numbers.findChildren(QPushButton) if each.text() == text)
        for text in ("Measure", "Stop")
    )
    assert not measure.isVisible()
    numbers.show_work(busy=False, due=True)
    with qtbot.waitSignal(numbers.measure, timeout=1000):
        measure.click()
    numbers.show_work(busy=True, due=False)
    assert not measure.isVisible()
    with qtbot.waitSignal(numbers.stop, timeout=1000):
        stop.click()
    numbers.show_region(None)
    assert not box(numbers, "First z of the region").isVisible()


def test_a_report_can_be_saved_of_what_is_shown_in_detail(
    panel: MeasuresPanel, session: Session, measuring: Measuring
) -> None:
    assert not panel._save.isEnabled()
    session.add("measure")
    session.set_params(0, MeasureParams(range_px=40))
    session.set_estimate(0, plain())
    assert not panel._save.isEnabled()
    session.set_estimate(0, whole())
    assert panel._save.isEnabled()
    assert panel.shown is not None
    assert (panel.shown.params, panel.shown.recipe, panel.shown.region) == (
        MeasureParams(range_px=40), session.recipe, ""
    )  # fmt: skip
    panel.show_saving(True)
    assert not panel._save.isEnabled()
    panel.show_saving(False)
    measuring.set_region(REGION)
    assert not panel._save.isEnabled(), "it is being measured"
    measuring.stop()
    params = MeasureParams(range_px=20)
    measuring._take_numbers(RegionNumbers(REGION, MeasureEstimate(voxels=1, measured=found()), params))
    assert panel._save.isEnabled()
    assert panel.shown is not None
    assert (panel.shown.params, panel.shown.region) == (params, REGION.text)


def test_what_is_said_already_is_not_said_again(panel: MeasuresPanel, measuring: Measuring) -> None:
    measuring.set_region(REGION)
    measuring.stop()
    error = VoxelError("grey values cannot be measured", remedy="segment first")
    measuring.tint_said.emit(str(error))
    assert texts(panel).count("segment first") == 1
    measuring._take_trouble(error)
    assert texts(panel).count("segment first") == 1


def test_a_step_that_has_not_run_is_to_be_run(panel: MeasuresPanel, session: Session) -> None:
    assert "Add a Measure step" in texts(panel)
    session.add("measure")
    assert "Run the recipe with its Measure step" in texts(panel)
