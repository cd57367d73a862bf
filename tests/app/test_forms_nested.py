"""Forms of settings that contain settings: groups, kinds, and groups that may be left out."""

from __future__ import annotations

from typing import Annotated, Any, Literal, get_args

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from pydantic import Field
from PySide6.QtWidgets import QComboBox, QLineEdit, QToolButton, QWidget
from pytestqt.qtbot import QtBot

from app.forms import StepForm, build_form
from app.forms_nested import changes, kinds_of
from core.errors import ParameterError
from core.params import Params, param

pytestmark = pytest.mark.gui


class Round(Params):
    """Balls."""

    kind: Literal["round"] = "round"
    radius: float = param(2.0, gt=0, label="Radius", description="Of the ball.", unit="nm")


class Square(Params):
    """Cubes."""

    kind: Literal["square-block"] = "square-block"
    side: float = param(3.0, gt=0, label="Side", description="Of the cube.", unit="nm")
    path: str = param("a.tif", label="File", description="A stack.")


class Extra(Params):
    """What may be left out."""

    strength: int = param(4, ge=0, label="Strength", description="How strong.")


class Whole(Params):
    """One of each."""

    shape: Annotated[Round | Square, Field(discriminator="kind")] = Field(
        default_factory=Round, title="Shape", description="What it looks like."
    )
    group: Extra = Field(default_factory=Extra, title="Group")
    extra: Extra | None = Field(None, title="Extra", description="May be left out.")
    last: int = param(1, ge=0, label="Last", description="A plain number.")


@pytest.fixture
def form(qtbot: QtBot) -> StepForm:
    """A form with the defaults."""
    made = build_form(Whole)
    qtbot.addWidget(made)
    made.show()
    return made


def named(form: QWidget, kind: type[QWidget], name: str) -> Any:
    """The visible control of an accessible name."""
    return next(
        each for each in form.findChildren(kind) if each.accessibleName() == name and each.isVisible()
    )


def type_into(form: QWidget, name: str, text: str) -> None:
    """Type into a field."""
    control = named(form, QWidget, name)
    line = control if isinstance(control, QLineEdit) else control.findChild(QLineEdit)
    line.setText(text)


VALUES = st.builds(
    Whole,
    shape=st.one_of(
        st.builds(Round, radius=st.floats(0.001, 1e6)),
        st.builds(Square, side=st.floats(0.001, 1e6), path=st.text("abc/.", max_size=9)),
    ),
    group=st.builds(Extra, strength=st.integers(0, 10**6)),
    extra=st.none() | st.builds(Extra, strength=st.integers(0, 99)),
    last=st.integers(0, 99),
)


@given(first=VALUES, second=VALUES)
@settings(max_examples=40, suppress_health_check=[HealthCheck.function_scoped_fixture])
def test_gives_back_what_it_was_given(form: StepForm, first: Whole, second: Whole) -> None:
    for value in (first, second):
        form.set_value(value)
        assert form.value() == value


def test_choosing_a_kind_swaps_the_form_and_keeps_what_was_typed(qtbot: QtBot, form: StepForm) -> None:
    type_into(form, "Radius", "7")
    kinds = named(form, QComboBox, "Shape")
    assert [kinds.itemText(n) for n in range(kinds.count())] == ["Round", "Square block"]
    with qtbot.waitSignal(form.value_changed):
        kinds.setCurrentIndex(1)
    assert form.value().shape == Square()  # type: ignore[attr-defined]
    with pytest.raises(StopIteration):
        named(form, QWidget, "Radius")
    type_into(form, "Side", "9")
    kinds.setCurrentIndex(0)
    assert form.value().shape == Round(radius=7)  # type: ignore[attr-defined]
    kinds.setCurrentIndex(1)
    assert form.value().shape.side == 9  # type: ignore[attr-defined]


def test_a_group_is_folded_until_it_is_opened_and_says_what_is_set(qtbot: QtBot, form: StepForm) -> None:
    form.set_value(Whole(group=Extra(strength=11)))
    with pytest.raises(StopIteration):
        named(form, QWidget, "Strength")
    named(form, QToolButton, "Group").click()
    with qtbot.waitSignal(form.value_changed):
        type_into(form, "Strength", "12")
    assert form.value().group.strength == 12  # type: ignore[attr-defined]
    assert changes(Extra(strength=12)) == "Strength 12"
    assert changes(Extra()) == ""


def test_a_wrong_value_inside_makes_the_whole_form_invalid(form: StepForm) -> None:
    type_into(form, "Radius", "-1")
    assert not form.is_valid()
    assert set(form.errors()) == {"shape"}
    with pytest.raises(ParameterError):
        form.value()
    type_into(form, "Radius", "1")
    assert form.is_valid()


def test_settings_that_may_be_left_out_have_a_tick(form: StepForm) -> None:
    assert form.value().extra is None  # type: ignore[attr-defined]
    named(form, QWidget, "Extra").click()
    assert form.value().extra == Extra()  # type: ignore[attr-defined]
    type_into(form, "Strength", "8")
    named(form, QWidget, "Extra").click()
    assert form.value().extra is None  # type: ignore[attr-defined]
    named(form, QWidget, "Extra").click()
    assert form.value().extra == Extra(strength=8)  # type: ignore[attr-defined]


def test_kinds_that_cannot_be_told_apart_are_refused() -> None:
    annotation = Round | Extra
    with pytest.raises(ParameterError, match="told apart"):
        kinds_of(annotation, Whole.model_fields["last"])
    assert kinds_of(int | str, Whole.model_fields["shape"]) is None
    assert kinds_of(Round | Square, Whole.model_fields["shape"]) == ("kind", get_args(Round | Square))
