"""Parts of the Simulate page for training sets, materials of one's own and structures from open stacks."""

from __future__ import annotations

from pathlib import Path

import pytest
from PySide6.QtCore import Qt
from PySide6.QtWidgets import QPushButton, QWidget
from pytestqt.qtbot import QtBot

from app.dialogs.material import MaterialDialog
from app.panels.simulate_editors import MaterialsEditor
from app.panels.simulate_form import PlanForm
from app.panels.simulate_like import LikeCard
from app.panels.simulate_result import SET, STACK, ResultPanel
from app.simulate_work import free_folder, loaded_plan
from app.theme import Theme
from core.job import Job
from core.simulate.like import Likeness
from core.simulate.like_told import Told
from core.simulate.plan import Plan
from core.simulate.structures.kinds import LabelFile, LeveledWave, SelfSimilar
from core.simulate.training_plan import TrainingPlan

pytestmark = pytest.mark.gui

GOLD = Plan(structure=LeveledWave(ligament_nm=(20.0,), solid_fraction=(0.4,)))


@pytest.fixture
def panel(qtbot: QtBot) -> ResultPanel:
    """What is made."""
    made = ResultPanel()
    qtbot.addWidget(made)
    return made


def test_a_stack_is_made_unless_a_set_is_asked_for(panel: ResultPanel) -> None:
    assert panel.wanted(GOLD) == GOLD
    panel.choice.setCurrentText(SET)
    made = panel.wanted(GOLD)
    assert isinstance(made, TrainingPlan)
    assert len(made.splits) == 8
    assert made.vary["structure.ligament_nm.0"] == (15.0, 25.0)
    assert panel.form is not None
    panel.form.put("size_percent", 50.0)
    made = panel.wanted(GOLD)
    assert isinstance(made, TrainingPlan)
    assert made.vary["structure.ligament_nm.0"] == (10.0, 30.0)


def test_settings_of_a_set_come_back(panel: ResultPanel) -> None:
    panel.choice.setCurrentText(SET)
    made = panel.wanted(GOLD)
    assert isinstance(made, TrainingPlan)
    panel.choice.setCurrentText(STACK)
    assert panel.show_wanted(made) == GOLD
    assert panel.makes_set()
    assert panel.wanted(GOLD) == made
    assert panel.show_wanted(GOLD) == GOLD
    assert not panel.makes_set()


def test_ranges_of_a_file_stay_until_a_variation_is_given(panel: ResultPanel) -> None:
    own = TrainingPlan(train=2, plan=GOLD, vary={"milling.slice_nm": (5.0, 9.0)})
    panel.show_wanted(own)
    assert panel.wanted(GOLD) == own
    assert "milling.slice_nm 5–9" in panel.ranges.text()
    assert panel.form is not None
    panel.form.put("size_percent", 10.0)
    changed = panel.wanted(GOLD)
    assert isinstance(changed, TrainingPlan)
    assert set(changed.vary) == {"structure.ligament_nm.0"}
    assert panel.ranges.text() == ""


def test_a_set_of_one_stack_says_what_is_wrong(panel: ResultPanel) -> None:
    panel.choice.setCurrentText(SET)
    assert panel.wanted(Plan(structure=LabelFile(path="mine.tif"))) is None
    assert "the same each time" in panel.fault.text()
    assert panel.wanted(GOLD) is not None
    assert panel.fault.text() == ""


def test_both_kinds_of_settings_are_read_and_find_their_folders(tmp_path: Path) -> None:
    made = TrainingPlan(train=1, validation=0, test=0, plan=GOLD)
    made.save(tmp_path / "set.toml")
    GOLD.save(tmp_path / "one.toml")
    assert loaded_plan(tmp_path / "set.toml", False, Job()) == made
    assert loaded_plan(tmp_path / "one.toml", False, Job()) == GOLD
    (tmp_path / "training-set.zarr").mkdir()
    assert free_folder(tmp_path / "training-set.zarr", made) == tmp_path / "training-set-2.zarr"


# ---------------------------------------------------------------------------------- materials
def button_of(widget: QWidget, text: str) -> QPushButton:
    """The button of that name."""
    return next(found for found in widget.findChildren(QPushButton) if found.text() == text)


def test_a_material_is_composed_with_the_keyboard(qtbot: QtBot) -> None:
    editor = MaterialsEditor(("pore", "solid"))
    qtbot.addWidget(editor)
    editor.write({"pore": "epoxy", "solid": "Au"})
    assert editor.facts["solid"].text() == "mean Z 79, 19.3 g/cm³"
    compose = next(b for b in editor.findChildren(QPushButton) if "solid" in b.accessibleName())
    qtbot.mouseClick(compose, Qt.MouseButton.LeftButton)
    dialog = editor.findChild(MaterialDialog)
    assert dialog is not None
    assert [row.read() for row in dialog.rows] == [("Au", 1.0)]
    dialog.rows[0].symbol.selectAll()
    qtbot.keyClicks(dialog.rows[0].symbol, "Al")
    dialog.rows[0].amount.setFocus()
    dialog.rows[0].amount.selectAll()
    qtbot.keyClicks(dialog.rows[0].amount, "2")
    qtbot.mouseClick(dialog.more_button, Qt.MouseButton.LeftButton)
    qtbot.keyClicks(dialog.rows[1].symbol, "Oo")
    assert not dialog.use_button.isEnabled()
    assert "unknown element" in dialog.verdict.text().lower()
    dialog.rows[1].symbol.setText("O")
    dialog.rows[1].amount.show_number(3)
    dialog.density.show_number(3.95)
    dialog.ways.setCurrentIndex(1)
    dialog.ways.setCurrentIndex(0)
    assert "mean Z 10.6" in dialog.verdict.text()
    qtbot.mouseClick(dialog.use_button, Qt.MouseButton.LeftButton)
    assert editor.read() == {"pore": "epoxy", "solid": "Al2O3@3.95"}
    assert editor.facts["solid"].text() == "mean Z 10.6, 3.95 g/cm³"


def test_elements_can_be_taken_out(qtbot: QtBot) -> None:
    dialog = MaterialDialog("solid", "Al2O3")
    qtbot.addWidget(dialog)
    assert len(dialog.rows) == 2
    qtbot.mouseClick(dialog.rows[1].remove_button, Qt.MouseButton.LeftButton)
    assert dialog.material().name == "Al2@3.97"
    qtbot.mouseClick(dialog.rows[0].remove_button, Qt.MouseButton.LeftButton)
    assert len(dialog.rows) == 1
    assert not dialog.use_button.isEnabled()


# ---------------------------------------------------------------------------------- structure and likeness
def test_an_open_segmentation_becomes_the_structure(qtbot: QtBot) -> None:
    form = PlanForm()
    form.finish()
    qtbot.addWidget(form)
    form.put("structure", SelfSimilar(path="before.tif"))
    with qtbot.waitSignal(form.wants_open):
        button_of(form, "Use the open segmentation").click()
    form.put_structure_file(Path("/data/mine.tif"), (10.0, 5.0, 5.0))
    plan = form.value()
    assert isinstance(plan, Plan)
    assert plan.structure == SelfSimilar(path=str(Path("/data/mine.tif")), voxel_nm_zyx=(10.0, 5.0, 5.0))
    form.put("structure", LeveledWave())
    assert button_of(form, "Use the open segmentation").isHidden()
    form.put_structure_file(Path("/data/mine.tif"), (None, 5.0, 5.0))
    plan = form.value()
    assert isinstance(plan, Plan)
    assert plan.structure == LabelFile(path=str(Path("/data/mine.tif")))


def test_the_card_lists_what_was_taken_and_what_not(qtbot: QtBot, theme: Theme) -> None:
    card = LikeCard(theme)
    qtbot.addWidget(card)
    assert card.isHidden()
    told = (Told("Pixel", "5 nm", "as the stack states it"),)
    card.show_likeness(Likeness(GOLD, told, ("tilt: stays 0°: not stated",), "Segment it."))
    for text in ("5 nm", "as the stack states it", "Tilt: stays 0°", "Segment it."):
        assert text in card.text()
    qtbot.mouseClick(card.close_button, Qt.MouseButton.LeftButton)
    assert card.isHidden()
