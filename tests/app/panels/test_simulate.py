"""The form of a virtual acquisition, what it costs, and where it goes."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
from PySide6.QtWidgets import QWidget
from pytestqt.qtbot import QtBot

from app.foreseeing import Foreseen, foreseen, middle_of, stills_of
from app.forms_number import UnreadableError
from app.panels.simulate import SimulatePage
from app.panels.simulate_editors import DetectorsEditor, MaterialsEditor, material_names
from app.panels.simulate_foot import SimulateFoot, cost_text, count_text
from app.panels.simulate_form import KIND_NAMES, PlanForm
from app.simulate_work import free_folder, loaded_plan
from app.theme import Theme
from core.errors import ParameterError, RecipeError
from core.job import Job
from core.simulate.acquisition import Cost
from core.simulate.acquisition.delivery import face_labels
from core.simulate.acquisition.scene import scene_of
from core.simulate.acquisition.schedule import schedule_of
from core.simulate.electrons.conditions import ICD, TLD, Detector
from core.simulate.electrons.materials import MATERIALS, material_of
from core.simulate.image.artefacts import Artefacts
from core.simulate.image.secondary import Secondary
from core.simulate.plan import Plan
from core.simulate.plan_parts import Drift, Field, Milling, Ruler
from core.simulate.structures import KINDS
from core.simulate.structures.kinds import Cuboids, LabelFile, LeveledWave, Polycrystal

pytestmark = pytest.mark.gui

SMALL = Field(slices=4, rows=40, columns=48)


@pytest.fixture
def form(qtbot: QtBot) -> PlanForm:
    """The form with the default plan."""
    made = PlanForm()
    made.finish()
    qtbot.addWidget(made)
    return made


PLANS = (
    Plan(),
    Plan(
        structure=LeveledWave(ligament_nm=(110.0, 15.0), solid_fraction=(0.35, 0.35)),
        voltages_kv=(1.0, 1.5, 30.0),
        detectors=(TLD, ICD),
        materials={"pore": "vacuum", "solid": "Al2O3@3.9"},
        field=SMALL,
        milling=Milling(thickness="gamma", sd_nm=2.0),
        ruler=Ruler(on=True, angle_deg=20),
        drift=Drift(walk_px=0.5, slant_nm_yx=(0.1, -0.2)),
        artefacts=Artefacts(curtain_percent=5, blank_slices=(1,)),
        secondary=Secondary(),
        seed=9,
    ),
    Plan(structure=Cuboids(), electrons="surrogate"),
    Plan(
        structure=Polycrystal(second_fraction=0.1),
        materials={"pore": "vacuum", "solid": "ZrO2", "second phase": "Al2O3"},
    ),
    Plan(structure=LabelFile(path="a.tif", voxel_nm_zyx=(2.0, 2.0, 2.0))),
)


@pytest.mark.parametrize("plan", PLANS)
def test_the_form_gives_back_the_plan(form: PlanForm, plan: Plan) -> None:
    form.set_value(plan)
    assert form.is_valid(), form.errors()
    assert form.value() == plan
    assert Plan.loads(plan.dumps()) == form.value()


def test_every_setting_of_a_plan_is_in_the_form(form: PlanForm) -> None:
    assert set(form.editors) == set(Plan.model_fields)
    assert set(KIND_NAMES) == set(KINDS)


def test_a_fault_that_concerns_several_settings_is_said(form: PlanForm) -> None:
    form.set_value(Plan(field=SMALL))
    form.editors["voltages_kv"].write((2.0, 2.0))
    assert not form.is_valid()
    assert "stands twice" in "\n".join(form.errors().values())


# ---------------------------------------------------------------- materials, detectors
def test_materials_are_asked_for_by_phase_and_kept(qtbot: QtBot) -> None:
    editor = MaterialsEditor()
    qtbot.addWidget(editor)
    editor.write({"pore": "epoxy", "solid": "Au"})
    assert editor.set_phases(("pore", "solid", "second phase"))
    assert not editor.set_phases(("pore", "solid", "second phase"))
    assert editor.read() == {"pore": "epoxy", "solid": "Au", "second phase": "vacuum"}
    editor.boxes["second phase"].setCurrentText("ZrO2@5.6")
    editor.set_phases(("pore", "solid"))
    assert editor.read() == {"pore": "epoxy", "solid": "Au"}
    editor.set_phases(("pore", "solid", "second phase"))
    assert editor.read() == {"pore": "epoxy", "solid": "Au", "second phase": "ZrO2@5.6"}


@pytest.mark.parametrize("text", ["Unobtainium", "Au@-3", "", "Al2O3@", "Xx@2"])
def test_an_impossible_material_is_refused_while_typing(qtbot: QtBot, text: str) -> None:
    editor = MaterialsEditor(("solid",))
    qtbot.addWidget(editor)
    editor.boxes["solid"].setCurrentText(text)
    with pytest.raises(UnreadableError, match="solid"):
        editor.read()


def test_all_materials_are_offered_once() -> None:
    names = material_names()
    assert sorted(names) == sorted(MATERIALS)
    assert names[:3] == ["epoxy", "vacuum", "Au"]
    assert all(material_of(name) is MATERIALS[name] for name in names)


def test_detectors_of_a_loaded_plan_are_kept(qtbot: QtBot) -> None:
    own = Detector(name="ring", min_polar_deg=10, max_polar_deg=40)
    editor = DetectorsEditor()
    qtbot.addWidget(editor)
    editor.write((TLD,))
    assert editor.read() == (TLD,)
    editor.write((ICD, own))
    assert editor.read() == (ICD, own)
    editor.boxes["TLD"].click()
    assert editor.read() == (TLD, ICD, own)
    editor.write((ICD,))
    assert set(editor.boxes) == {"TLD", "ICD"}


# ---------------------------------------------------------------- page and foot
def test_start_needs_settings_and_a_folder(qtbot: QtBot, theme: Theme, tmp_path: Path) -> None:
    page = SimulatePage(theme)
    qtbot.addWidget(page)
    page.set_plan(Plan(field=SMALL))
    foot = page.foot
    assert not foot.start_button.isEnabled()
    foot.folder.setText("not absolute")
    assert not foot.start_button.isEnabled()
    foot.folder.setText(str(tmp_path))
    assert foot.start_button.isEnabled()
    assert page.form is not None
    page.form.finish()
    page.form.editors["voltages_kv"].write(())
    assert page.plan() is None
    assert not foot.start_button.isEnabled()


def test_the_cost_is_said_in_words(qtbot: QtBot, theme: Theme) -> None:
    foot = SimulateFoot(theme)
    qtbot.addWidget(foot)
    foot.show_cost(Cost(1_258_291_200, 2600.0, 130_000_000, 396_000_000, {}))
    said = ("1,258 million electrons", "about 43 min", "130 MB on disk", "396 MB of memory")
    assert tuple(foot.cost.text().split("  ·  ")) == said
    foot.show_cost(Cost(0, None, 1000, 2000, {}))
    assert foot.cost.text() == "1 kB on disk  ·  2 kB of memory"
    foot.show_no_cost(ParameterError("no pixels"))
    assert "no pixels" in foot.cost.text()
    foot.show_no_cost(ParameterError("the marks of the ruler meet or leave the field " * 8))
    assert foot.minimumSizeHint().width() < 700, "a long message does not widen the window"
    assert count_text(12_345) == "12,345"
    assert count_text(3.25e6) == "3.25 million"
    assert cost_text(Cost(10, 1.0, 0, 0, {})).startswith("10 electrons")


def test_nothing_is_cut_off_in_a_narrow_form(qtbot: QtBot, theme: Theme) -> None:
    page = SimulatePage(theme)
    qtbot.addWidget(page)
    page.resize(1280, 700)
    page.show()
    page.set_plan(PLANS[1])
    assert page.form is not None
    for editor in page.form.editors.values():
        for fold in editor.findChildren(QWidget):
            if hasattr(fold, "head"):
                fold.open()
    qtbot.wait(50)
    body = page.form.parentWidget()
    assert body is not None
    viewport = body.parentWidget()
    assert viewport is not None
    assert body.minimumSizeHint().width() <= viewport.width()


# ---------------------------------------------------------------- what is computed in the background
def test_the_last_settings_come_back_and_damaged_ones_do_not(tmp_path: Path) -> None:
    file = tmp_path / "plan.toml"
    assert loaded_plan(file, True, Job()) == Plan()
    PLANS[1].save(file)
    assert loaded_plan(file, True, Job()) == PLANS[1]
    file.write_text("format = 99\n")
    assert loaded_plan(file, True, Job()) == Plan()
    with pytest.raises(RecipeError):
        loaded_plan(file, False, Job())


def test_a_free_folder_or_the_one_that_was_begun(tmp_path: Path) -> None:
    root = tmp_path / "simulation"
    assert free_folder(root, Plan()) == root
    root.mkdir()
    assert free_folder(root, Plan()) == tmp_path / "simulation-2"
    (root / "plan.toml").write_text(Plan().dumps())
    assert free_folder(root, Plan()) == root
    assert free_folder(root, Plan(seed=5)) == tmp_path / "simulation-2"


def test_a_part_of_the_field_shows_what_is_there(tmp_path: Path) -> None:
    plan = Plan(field=Field(slices=3, rows=300, columns=280, pixel_nm=2.5, voxel_nm=2.5))
    whole = schedule_of(plan)
    part = middle_of(whole, 1, 100, from_top=False)
    assert part.shape == (100, 100)
    corner = part.raster(0, 1).corner_nm
    assert corner == pytest.approx((100 * 2.5, 90 * 2.5))
    assert middle_of(whole, 1, 100, from_top=True).raster(0, 1).corner_nm == pytest.approx((0, 90 * 2.5))
    assert middle_of(whole, 2, 1000, from_top=False).raster(0, 2) == whole.raster(0, 2)


def test_the_truth_of_the_preview_is_that_of_the_acquisition(qtbot: QtBot) -> None:
    plan = Plan(field=Field(slices=3, rows=300, columns=280), voltages_kv=(1.0,))
    made = foreseen(plan, 2, "noisy", Job())
    schedule = schedule_of(plan)
    whole = face_labels(scene_of(plan, schedule, Job()), schedule.raster(0, 2))
    assert made.truth is not None
    assert np.array_equal(made.truth, whole[22:278, 12:268])
    assert "256 × 256 px" in made.note


def test_phases_without_a_material_are_asked_for(qtbot: QtBot) -> None:
    plan = Plan(field=SMALL, materials={"pore": "epoxy"}, voltages_kv=(1.0,))
    made = foreseen(plan, 0, "noisy", Job())
    assert made.phases == ("pore", "solid")
    assert stills_of(made) == []


def test_a_channel_without_approximation_says_so() -> None:
    truth = np.eye(4, dtype=np.uint8)
    error = ParameterError("no approximation for Xe at 3 kV", remedy="it can be simulated all the same")
    images = (("1kV", truth), ("3kV", error))
    stills = stills_of(Foreseen(("pore", "solid"), ("pore", "solid"), truth, images))
    assert [still.caption for still in stills] == ["Truth", "1kV", "3kV"]
    assert stills[0].plane is not None
    assert stills[0].plane.max() == 255
    assert stills[2].plane is None
    assert "Xe" in stills[2].message
