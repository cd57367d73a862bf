"""Forms show every declared parameter and give back exactly what they were given."""

from __future__ import annotations

from enum import Enum
from pathlib import Path
from typing import Annotated, Any, Literal

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from pydantic import Field, model_validator
from PySide6.QtCore import Qt
from PySide6.QtWidgets import QAbstractSpinBox, QCheckBox, QComboBox, QLineEdit, QWidget
from pytestqt.qtbot import QtBot

from app.forms import StepForm, build_form
from app.forms_number import NumberBox, UnreadableError
from app.forms_suggested import SuggestionEditor
from core.errors import ParameterError
from core.params import Params, param
from core.steps import STEPS

pytestmark = pytest.mark.gui


class Edge(Enum):
    MIRROR = "mirror"
    ZERO = "zero"


class Everything(Params):
    """One parameter of every supported type."""

    whole: int = param(3, ge=1, le=9, step=2, label="Whole", unit="px", description="A whole number.")
    huge: int = param(10**15, label="Huge", description="Larger than 32 bits.")
    real: float = param(0.1, gt=0, lt=1, label="Real", description="A real number.", decimals=2)
    tiny: float = param(1.5e-11, label="Tiny", description="Kept exactly.")
    tick: bool = param(True, label="Tick", description="Yes or no.")
    text: str = param("abc", label="Text", description="Some text.", min_length=1)
    path: Path = param(Path("a.tif"), label="Path", description="A file.")
    choice: Literal["a", "b"] = param(
        "a", label="Choice", description="One of two.", choices={"a": "First", "b": "Second"}
    )
    number_choice: Literal[2, 3] = param(2, label="Clusters", description="Two or three.")
    edge: Edge = param(Edge.MIRROR, label="Edge", description="An enumeration.")
    maybe_whole: int | None = param(None, label="Maybe", description="May be empty.")
    maybe_real: float | None = param(None, ge=0, label="Maybe real", description="May be empty.")
    maybe_text: str | None = param(None, label="Maybe text", description="May be empty.")
    maybe_tick: bool | None = param(None, label="Maybe tick", description="Yes, no or unknown.")
    maybe_choice: Literal["a", "b"] | None = param(None, label="Maybe choice", description="Or none.")
    limited: Annotated[int, Field(ge=0)] | None = param(None, label="Limited", description="Within.")
    size_yx: tuple[int, int] = param((3, 4), label="Size", unit="px", description="Two numbers.")
    voxel_nm_zyx: tuple[float | None, float | None, float | None] = param(
        (None, None, None), label="Voxel", unit="nm", description="Three numbers or none."
    )
    shape_zyx: tuple[int, int, int] | None = param(None, label="Shape", description="All or none.")
    angles: tuple[float, ...] = param((0.0, 90.0), label="Angles", unit="°", description="Any number.")
    counts: tuple[int, ...] = param((), label="Counts", description="Any number.")
    names: tuple[str, ...] = param(("x",), label="Names", description="Any number.")
    ranges: tuple[tuple[int, int], ...] = param(((1, 2),), label="Ranges", description="Nested.")
    mixed: float | Literal["auto"] = param("auto", label="Mixed", description="A number or a word.")
    hidden: float = param(
        5.0, ge=0, label="Hidden", description="For b only.", visible_when={"choice": ["b"]}, advanced=True
    )

    @model_validator(mode="after")
    def _sum(self) -> Everything:
        if self.size_yx[0] + self.size_yx[1] > 1000:
            raise ValueError("rows and columns together must not exceed 1000")
        return self


class Required(Params):
    """One parameter without a default."""

    needed: int = param(..., ge=0, label="Needed", description="Has no default.")


@pytest.fixture
def form(qtbot: QtBot) -> StepForm:
    made = build_form(Everything)
    qtbot.addWidget(made)
    made.show()
    return made


def control(form: StepForm, label: str) -> Any:
    kinds = (QAbstractSpinBox, QComboBox, QLineEdit, QCheckBox)
    found = [
        child
        for kind in kinds
        for child in form.findChildren(kind)
        if child.accessibleName() == label and not isinstance(child.parent(), QAbstractSpinBox)
    ]
    assert len(found) == 1, f"{label}: {found}"
    return found[0]


def test_defaults_are_shown_and_returned(form: StepForm) -> None:
    assert form.value() == Everything()


VALUES = st.builds(
    Everything,
    whole=st.integers(1, 9),
    huge=st.integers(-(10**30), 10**30),
    real=st.floats(0, 1, exclude_min=True, exclude_max=True),
    tiny=st.floats(allow_nan=False, allow_infinity=False),
    tick=st.booleans(),
    text=st.text(st.characters(categories=("L", "N")), min_size=1),
    choice=st.sampled_from(["a", "b"]),
    number_choice=st.sampled_from([2, 3]),
    edge=st.sampled_from(Edge),
    maybe_whole=st.none() | st.integers(),
    maybe_real=st.none() | st.floats(0, 1e300),
    maybe_text=st.none() | st.just("") | st.just("x, y"),
    maybe_tick=st.none() | st.booleans(),
    maybe_choice=st.none() | st.sampled_from(["a", "b"]),
    limited=st.none() | st.integers(0),
    voxel_nm_zyx=st.tuples(*[st.none() | st.floats(-1e9, 1e9)] * 3),
    shape_zyx=st.none() | st.tuples(*[st.integers()] * 3),
    angles=st.lists(st.floats(-360, 360), max_size=4).map(tuple),
    counts=st.lists(st.integers(), max_size=4).map(tuple),
    names=st.lists(st.sampled_from(["x", "y z"]), max_size=3).map(tuple),
    ranges=st.lists(st.tuples(st.integers(), st.integers()), max_size=2).map(tuple),
    mixed=st.just("auto") | st.floats(-1e9, 1e9),
    hidden=st.floats(0, 1e9),
)


@settings(max_examples=60, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(value=VALUES)
def test_any_value_comes_back_unchanged(form: StepForm, value: Everything) -> None:
    form.set_value(value)
    assert form.errors() == {}
    back = form.value()
    assert back == value
    assert isinstance(back, Everything)
    assert type(back.mixed) is type(value.mixed)


@pytest.mark.parametrize("step", STEPS, ids=lambda step: step.name)
def test_every_step_round_trips_through_its_form(qtbot: QtBot, step: Any) -> None:
    form = build_form(step.params)
    qtbot.addWidget(form)
    if form.is_valid():  # every parameter has a default
        assert form.value() == step.params()
        form.set_value(step.params())
        assert form.value() == step.params()
    for name, field in step.params.model_fields.items():
        assert field.title, f"{step.name}.{name} has no label"
        assert field.description, f"{step.name}.{name} has no description"


@pytest.mark.parametrize("step", STEPS, ids=lambda step: step.name)
def test_every_choice_of_every_step_comes_back(qtbot: QtBot, step: Any) -> None:
    form = build_form(step.params)
    qtbot.addWidget(form)
    for combo in form.findChildren(QComboBox):
        seen = set()
        for index in range(combo.count()):
            combo.setCurrentIndex(index)
            if form.is_valid():
                seen.add(form.value().model_dump_json())
        needing_more = combo.accessibleName() == "Position from"  # a fixed mark needs its region as well
        assert len(seen) in (0, combo.count() - needing_more)
        combo.setCurrentIndex(0)


def test_an_edit_is_announced_once_with_the_new_value(form: StepForm, qtbot: QtBot) -> None:
    with qtbot.waitSignal(form.value_changed, timeout=500) as seen:
        control(form, "Tick").toggle()
    assert seen.args[0] == Everything(tick=False)


def test_setting_a_value_is_not_announced(form: StepForm, qtbot: QtBot) -> None:
    with qtbot.assertNotEmitted(form.value_changed):
        form.set_value(Everything(whole=5, choice="b"))


def test_a_value_beyond_its_limits_is_said_beside_the_field(form: StepForm, qtbot: QtBot) -> None:
    with qtbot.waitSignal(form.validity_changed, timeout=500) as seen:
        control(form, "Whole").lineEdit().setText("12")
    assert seen.args == [False]
    assert form.errors() == {"whole": "at most 9"}
    assert not form.is_valid()
    with pytest.raises(ParameterError, match="Whole: at most 9"):
        form.value()
    assert "at most 9" in control(form, "Whole").accessibleDescription()
    control(form, "Whole").lineEdit().setText("7")
    assert form.errors() == {}
    assert form.value() == Everything(whole=7)


@pytest.mark.parametrize(
    ("label", "text", "message"),
    [
        ("Whole", "2.5", "a whole number is needed"),
        ("Whole", "", "a number is needed"),
        ("Real", "1e", "is no number"),
        ("Real", "1", "less than 1"),
        ("Angles", "0, ninety", "numbers with commas"),
        ("Text", "", "at least 1 characters"),
        ("Maybe real", "-1", "at least 0"),
    ],
)
def test_wrong_text_never_raises(form: StepForm, label: str, text: str, message: str) -> None:
    field = control(form, label)
    (field.lineEdit() if isinstance(field, QAbstractSpinBox) else field).setText(text)
    assert message in next(iter(form.errors().values()))


def test_a_rule_over_several_fields_is_said_below_them(form: StepForm) -> None:
    value = Everything(size_yx=(400, 600))
    form.set_value(value)
    field = next(box for box in form.findChildren(NumberBox) if box.text() == "600")
    field.lineEdit().setText("601")
    assert form.errors() == {"": "rows and columns together must not exceed 1000"}


def test_fields_appear_only_when_they_matter(form: StepForm) -> None:
    more = next(b for b in form.findChildren(QWidget) if getattr(b, "text", lambda: "")() == "More settings")
    assert more.isHidden()
    control(form, "Choice").setCurrentIndex(1)
    assert not more.isHidden()
    more.click()
    assert control(form, "Hidden").isVisible()
    control(form, "Hidden").lineEdit().setText("-1")
    assert form.errors() == {"hidden": "at least 0"}
    control(form, "Choice").setCurrentIndex(0)
    assert form.value() == Everything(), "an unseen mistake must not stop the step"


def test_a_field_without_default_starts_empty(qtbot: QtBot) -> None:
    form = build_form(Required)
    qtbot.addWidget(form)
    assert form.errors() == {"needed": "a number is needed"}
    control(form, "Needed").lineEdit().setText("4")
    assert form.value() == Required(needed=4)


def test_another_step_s_settings_are_refused(form: StepForm) -> None:
    with pytest.raises(ParameterError, match="another step"):
        form.set_value(Required(needed=1))


def test_errors_from_outside_are_shown_until_the_next_edit(form: StepForm) -> None:
    form.show_errors({"whole": "larger than the image", "": "does not fit"})
    assert "larger than the image" in control(form, "Whole").accessibleDescription()
    assert form.is_valid()
    control(form, "Tick").toggle()
    assert "larger" not in control(form, "Whole").accessibleDescription()


def test_every_control_is_named_and_reached_by_the_keyboard(form: StepForm) -> None:
    for kind in (QAbstractSpinBox, QComboBox, QCheckBox):
        for child in form.findChildren(kind):
            assert child.accessibleName()
            assert child.focusPolicy() & Qt.FocusPolicy.TabFocus


def test_arrows_keep_decimals_and_limits(qtbot: QtBot) -> None:
    box = NumberBox(whole=False, lower=0.0, upper=0.35, step=0.1)
    qtbot.addWidget(box)
    box.show_number(0.1)
    box.stepBy(2)
    assert box.number() == 0.3
    box.stepBy(1)
    assert box.number() == 0.35
    box.stepBy(-50)
    assert box.number() == 0.0


def test_commas_and_typographic_minus_are_understood(qtbot: QtBot) -> None:
    box = NumberBox(whole=False)
    qtbot.addWidget(box)
    box.lineEdit().setText("−2,5")
    assert box.number() == -2.5
    box.lineEdit().setText("2,5,1")
    with pytest.raises(UnreadableError):
        box.number()


class Suggested(Params):
    """Values of which some are known only at run time."""

    method: str = param(
        "otsu",
        label="Method",
        description="One of a list.",
        choices={"otsu": "Otsu", "kmeans": "k-means"},
        suggestions=lambda: tuple(FOUND),
    )
    model: str = param("", label="Model", description="Any text.", suggestions=lambda: tuple(FOUND))
    share: float = param(
        0.5, label="Share", description="Of a model.", visible_when={"method": ["kmeans", "model:*"]}
    )


FOUND: list[str] = []


@pytest.fixture
def suggested(qtbot: QtBot) -> StepForm:
    FOUND[:] = ["model:a"]
    made = build_form(Suggested)
    qtbot.addWidget(made)
    made.show()
    return made


def test_suggestions_are_offered_beside_the_choices(suggested: StepForm) -> None:
    box = control(suggested, "Method")
    assert not box.isEditable()
    assert [box.itemText(i) for i in range(box.count())] == ["Otsu", "k-means", "model:a"]
    assert suggested.value() == Suggested()
    box.setCurrentIndex(2)
    assert suggested.value() == Suggested(method="model:a")
    FOUND.append("model:b")
    box.showPopup()
    box.hidePopup()
    assert box.currentText() == "model:a"
    assert box.itemText(3) == "model:b"
    suggested.set_value(Suggested(method="model:elsewhere"))
    assert suggested.value() == Suggested(method="model:elsewhere")


def test_a_text_with_suggestions_can_be_typed(suggested: StepForm) -> None:
    box = control(suggested, "Model")
    assert box.isEditable()
    assert box.currentText() == ""
    box.setEditText("model:typed")
    assert suggested.value() == Suggested(model="model:typed")
    box.setCurrentIndex(0)
    assert suggested.value() == Suggested(model="model:a")
    suggested.reset()
    assert suggested.value() == Suggested()


def test_what_matters_with_any_model_is_shown_with_each(suggested: StepForm) -> None:
    share = control(suggested, "Share")
    seen = {}
    for method in ("otsu", "kmeans", "model:a"):
        suggested.put("method", method)
        seen[method] = share.isVisible()
    assert seen == {"otsu": False, "kmeans": True, "model:a": True}


def test_a_library_that_cannot_be_read_leaves_the_choices(qtbot: QtBot) -> None:
    def fails() -> tuple[str, ...]:
        raise ParameterError("no library")

    editor = SuggestionEditor([("otsu", "Otsu")], fails, editable=False)
    qtbot.addWidget(editor)
    editor.write("otsu")
    assert editor.read() == "otsu"
