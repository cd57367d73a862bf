from __future__ import annotations

from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from app.session import Opened, Session
from core.models.card import write_model
from core.recipe import Recipe, RecipeStep, default_step
from core.step import Estimate, Stage
from core.steps import STEPS, step_named
from core.steps.crop import CropParams
from core.steps.segment import SegmentParams
from tests.app.alignment import register_estimate, thickness_estimate
from tests.core.models.tiny import mean_network, spec_of

NAMES = tuple(step.name for step in STEPS)


def names(session: Session) -> list[str]:
    return [entry.step.name for entry in session.recipe.steps]


def test_steps_go_where_their_stage_belongs(session: Session) -> None:
    for name in ("export", "segment", "crop", "denoise", "measure", "invert"):
        session.add(name)
    stages = [list(Stage).index(entry.step.stage) for entry in session.recipe.steps]
    assert stages == sorted(stages)
    assert names(session)[-1] == "export"
    assert session.chosen == names(session).index("invert")


def test_undo_and_redo_bring_back_recipe_and_selection(session: Session) -> None:
    session.add("crop")
    session.add("segment")
    with_both = session.recipe
    session.remove(0)
    assert names(session) == ["segment"]
    session.undo.undo()
    assert session.recipe == with_both
    assert session.chosen == 1
    session.undo.redo()
    assert names(session) == ["segment"]
    assert session.undo.undoText() == "remove Crop"


def test_what_is_tried_out_changes_nothing_until_it_is_settled(session: Session) -> None:
    session.add("crop")
    before = session.recipe
    session.try_out(CropParams(y_start=7))
    assert session.recipe == before
    assert session.tried().steps[0].params == CropParams(y_start=7)
    session.try_out(None)
    assert session.tried() == before
    session.try_out(CropParams(y_start=8))
    session.settle()
    assert session.recipe.steps[0].params == CropParams(y_start=8)
    session.undo.undo()
    assert session.recipe == before


def test_going_on_applies_what_was_tried_out_on_the_right_step(session: Session) -> None:
    session.add("crop")
    session.add("segment")
    session.choose(0)
    session.try_out(CropParams(x_start=3))
    session.remove(1)
    assert session.recipe.steps[0].params == CropParams(x_start=3)
    session.try_out(CropParams(x_start=4))
    session.choose(None)
    assert session.recipe.steps[0].params == CropParams(x_start=4)
    assert session.draft is None


def test_values_that_are_applied_already_are_no_draft(session: Session) -> None:
    session.add("crop")
    session.try_out(CropParams())
    assert session.draft is None


def test_a_step_that_does_not_fit_is_found_and_named(session: Session) -> None:
    session.add("crop")
    assert session.fault() is None
    session.set_params(0, CropParams(y_start=1000))
    fault = session.fault()
    assert fault is not None
    assert fault.index == 0
    assert "row" in fault.error.what
    assert len(session.infos()) == 1


def test_own_estimate_can_be_set_and_taken_back(session: Session) -> None:
    session.add("segment")
    estimate = step_named("segment").estimate_type
    assert estimate is not None
    session.set_estimate(0, estimate(thresholds=(99.0,)))
    assert session.recipe.steps[0].estimate == estimate(thresholds=(99.0,))
    session.set_estimate(0, None)
    assert session.recipe.steps[0].estimate is None


def test_rereading_keeps_recipe_and_history(session: Session, opened: Opened) -> None:
    session.add("crop")
    session.reread({"2kV": opened})
    assert names(session) == ["crop"]
    assert session.channel == "2kV"
    assert session.undo.canUndo()


def test_choosing_what_is_not_there_chooses_the_input(session: Session) -> None:
    session.add("crop")
    session.choose(5)
    assert session.chosen is None


EDITS = st.lists(
    st.tuples(
        st.sampled_from(["add", "remove", "duplicate", "move", "params", "choose", "try", "load"]),
        st.integers(0, 10),
        st.integers(0, 10),
    ),
    max_size=25,
)


def edit(session: Session, what: str, one: int, two: int) -> None:
    count = len(session.recipe.steps)
    if what == "add":
        session.add(NAMES[one % len(NAMES)])
    elif what == "load":
        session.load(Recipe(session.recipe.steps[:1], "other"))
    elif count == 0:
        return
    elif what == "remove":
        session.remove(one % count)
    elif what == "duplicate":
        session.duplicate(one % count)
    elif what == "move":
        session.move(one % count, two % count)
    elif what == "choose":
        session.choose(one % count)
    elif what in ("params", "try") and session.chosen is not None:
        params = session.recipe.steps[session.chosen].params
        changed = CropParams(y_start=two) if isinstance(params, CropParams) else params
        session.try_out(changed) if what == "try" else session.set_params(session.chosen, changed)


@settings(max_examples=60, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(EDITS)
def test_any_edits_can_be_taken_back_and_made_again(
    session: Session, edits: list[tuple[str, int, int]]
) -> None:
    session.begin(session.inputs, Recipe())
    recipes = [session.recipe]
    for what, one, two in edits:
        edit(session, what, one, two)
        assert session.chosen is None or session.chosen < len(session.recipe.steps)
        assert session.recipe == Recipe.loads(session.recipe.dumps())
    session.settle()
    end, count = session.recipe, session.undo.count()
    while session.undo.canUndo():
        session.undo.undo()
        recipes.append(session.recipe)
    assert session.recipe == recipes[0]
    for _ in range(count):
        session.undo.redo()
    assert session.recipe == end


def test_signals_come_after_the_change(session: Session) -> None:
    seen: list[tuple[str, object]] = []
    session.recipe_changed.connect(lambda: seen.append(("recipe", names(session))))
    session.chosen_changed.connect(lambda: seen.append(("chosen", session.chosen)))
    session.add("crop")
    assert seen == [("recipe", ["crop"]), ("chosen", 0)]


@pytest.mark.parametrize("name", NAMES)
def test_every_step_can_be_added_with_its_defaults(session: Session, name: str) -> None:
    session.add(name)
    assert names(session) == [name]


def test_a_canvas_that_is_yet_to_be_found_makes_no_fault(session: Session) -> None:
    """Whether the crop fits is known once the slices have been registered."""
    crop = RecipeStep(step_named("crop"), CropParams(y_start=42))
    session.load(Recipe((default_step("register"), crop)))
    assert session.fault() is None
    assert len(session.infos()) == 2
    session.load(Recipe((default_step("invert"), crop)))
    fault = session.fault()
    assert fault is not None
    assert fault.index == 1
    assert session.volume is not None
    session.load(Recipe((default_step("register"), crop)))
    known = session.volume.info
    session.real = lambda count: known if count == 1 else None
    fault = session.fault()
    assert fault is not None, "the canvas is known by now, and too small"
    assert fault.index == 1


def test_real_descriptions_go_before_foreseen_ones(session: Session) -> None:
    session.add("register")
    assert session.volume is not None
    grown = session.volume.info.with_(shape=(12, 44, 50))
    session.real = lambda count: grown if count == 1 else None
    assert session.infos()[1] is grown


@pytest.mark.parametrize(
    ("step", "fitting", "other"),
    [
        ("register", register_estimate(12), register_estimate(11)),
        ("thickness", thickness_estimate(12), thickness_estimate(13)),
    ],
)
def test_own_values_of_another_stack_are_a_fault(
    session: Session, step: str, fitting: Estimate, other: Estimate
) -> None:
    session.add(step)
    session.set_estimate(0, fitting)
    assert session.fault() is None
    session.set_estimate(0, other)
    fault = session.fault()
    assert fault is not None
    assert fault.index == 0
    assert "those of another stack" in str(fault.error)
    session.set_estimate(0, None)
    assert session.fault() is None


def test_a_network_gets_its_probabilities_before_it_is_said_not_to_fit(
    session: Session, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("TRUESLICE_MODELS", str(tmp_path / "models"))
    write_model(tmp_path / "models" / "plane", mean_network(tmp_path / "a.onnx", [1]), spec_of(name="plane"))
    session.add("segment")
    params = SegmentParams(method="model:plane", force=True)
    session.put(Recipe((RecipeStep(step_named("segment"), params),)), 0)
    assert session.fault() is None
    assert session.infos()[1].content == "binary"
    missing = SegmentParams(method="model:elsewhere")
    session.put(Recipe((RecipeStep(step_named("segment"), missing),)), 0)
    fault = session.fault()
    assert fault is not None
    assert "elsewhere" in str(fault.error)
