"""Every field of every form says its name, what it means, its unit, limits and default."""

from __future__ import annotations

import typing
from collections.abc import Callable, Iterator

import pytest
from pydantic.fields import FieldInfo
from PySide6.QtWidgets import QPushButton, QWidget
from pytestqt.qtbot import QtBot

from app.forms import StepForm
from app.forms_editors import Editor
from app.forms_tips import default_text, limits_words, meaning
from app.panels.simulate_form import PlanForm
from app.panels.train_network import NetworkForm, budget_form, names_form
from app.tips import tip
from core.learn.params.recipe import TrainingRecipe
from core.params import Params, hint
from core.simulate.plan import Plan
from core.steps import STEPS
from core.steps.crop import CropParams
from core.steps.denoise import DenoiseParams


def nested(params: type[Params], seen: set[type[Params]]) -> Iterator[type[Params]]:
    """A class and all classes of settings inside it."""
    if params in seen:
        return
    seen.add(params)
    yield params
    for field in params.model_fields.values():
        for inner in classes_in(field.annotation):
            yield from nested(inner, seen)


def classes_in(annotation: object) -> Iterator[type[Params]]:
    if isinstance(annotation, type) and issubclass(annotation, Params):
        yield annotation
    for part in typing.get_args(annotation):
        yield from classes_in(part)


SEEN: set[type[Params]] = set()
KINDS = [
    kind for top in (*(step.params for step in STEPS), Plan, TrainingRecipe) for kind in nested(top, SEEN)
]


def discriminates(field: FieldInfo) -> bool:
    """Whether a field only tells kinds of settings apart: no form shows it."""
    return (
        typing.get_origin(field.annotation) is typing.Literal and len(typing.get_args(field.annotation)) == 1
    )


def explained(editor: Editor) -> list[QWidget]:
    """What edits the value; the button that chooses a file says something of its own."""
    return [control for control in editor.controls() if not isinstance(control, QPushButton)]


@pytest.mark.parametrize("params", KINDS, ids=lambda kind: kind.__name__)
def test_every_field_is_explained(qtbot: QtBot, params: type[Params]) -> None:
    tells = [name for name, field in params.model_fields.items() if discriminates(field)]
    form = StepForm(params, leave_out=tells)
    qtbot.addWidget(form)
    for name, row in form._rows.items():
        assert row.label, f"{name} has no label"
        assert meaning(row.field), f"{name} is not explained"
        for control in explained(row.editor):
            assert control.accessibleName(), name
            shown = control.toolTip()
            assert tip("", meaning(row.field)).split("<br>", 1)[1].removesuffix("</p>") in shown, name
            assert row.label in shown or control.accessibleName() in shown, name
            assert control.accessibleDescription().startswith(meaning(row.field)), name


@pytest.mark.parametrize("make", [PlanForm, NetworkForm, budget_form, names_form])
def test_fields_of_the_tools_are_explained(qtbot: QtBot, make: Callable[[], StepForm]) -> None:
    form = make()
    qtbot.addWidget(form)
    form.finish()
    for name, row in form._rows.items():
        for control in row.editor.controls():
            assert len(control.toolTip()) > 10, name
            assert control.accessibleName() or getattr(control, "text", str)(), name


def test_unit_limits_and_default_are_said() -> None:
    said = meaning(DenoiseParams.model_fields["sigma_px"])
    assert said.endswith("\nIn px, at least 0 and at most 50, default 1.")
    assert limits_words(DenoiseParams.model_fields["strength"]) == "more than 0 and at most 10"
    method = DenoiseParams.model_fields["method"]
    assert default_text(method) == hint(method, "choices")["nlm"]
    assert default_text(CropParams.model_fields["z_start"]) == "0"


def test_a_tooltip_shows_signs_as_they_are() -> None:
    assert tip("a < b", "c & d\ne") == "<p style='white-space: normal'><b>a &lt; b</b><br>c &amp; d<br>e</p>"
