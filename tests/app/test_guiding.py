"""What is proposed, used and skipped; the proposals themselves are known here."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import replace
from pathlib import Path

import pytest

from app.guiding import Guide, after, skipping, whole_recipe, with_proposal
from app.marks import Mark
from app.opening import Request
from app.program import Program
from core.errors import RecipeError, VoxelError
from core.job import Job
from core.propose import Proposal
from core.propose.proposal import entry
from core.recipe import Recipe, default_step
from core.step import Stage
from core.steps.denoise import DenoiseParams
from core.volume import Volume
from tests.app.conftest import made_stack

Wait = Callable[[Callable[[], bool]], None]
PROPOSALS = (
    Proposal(Stage.IMPORT, (), "Nothing is cut off."),
    Proposal(Stage.ALIGN, (), "Neighbours lie within 0.1 px."),
    Proposal(Stage.THICKNESS, (), "No ruler.", sure=False, asks="the slice thickness in nm"),
    Proposal(Stage.CLEAN, (entry("normalise"), entry("denoise", method="median")), "12 % noise."),
    Proposal(Stage.SEGMENT, (entry("segment"),), "Two peaks. The valley is 12.5 % deep.", sure=False),
    Proposal(Stage.REBUILD, (), "Nothing is missing."),
    Proposal(Stage.MEASURE, (entry("measure"),), "It is binary."),
    Proposal(Stage.EXPORT, (entry("export"),), "For Fiji."),
)


@pytest.fixture
def asked(monkeypatch: pytest.MonkeyPatch) -> list[tuple[str, ...]]:
    """Known proposals; the list holds the channels of every question."""
    questions: list[tuple[str, ...]] = []

    def proposed(inputs: Mapping[str, Volume], job: Job) -> tuple[Proposal, ...]:
        job.check()
        questions.append(tuple(inputs))
        return PROPOSALS

    monkeypatch.setattr("core.propose.proposed", proposed)
    return questions


@pytest.fixture
def guide(program: Program, stack: Path, wait: Wait, asked: list[tuple[str, ...]]) -> Guide:
    """The guide of a program that has looked at the stack."""
    program.opener.open(Request((stack,)))
    wait(lambda: bool(program.guide.proposals))
    return program.guide


def names(program: Program) -> list[str]:
    return [step.step.name for step in program.session.recipe.steps]


def test_the_same_inputs_are_looked_at_once(
    program: Program, guide: Guide, asked: list[tuple[str, ...]], stack: Path, wait: Wait, tmp_path: Path
) -> None:
    assert asked == [("",)]
    program.session.add("invert")
    program.opener.open(Request((made_stack(tmp_path / "data" / "other", (4, 20, 20)),)))
    wait(lambda: len(asked) == 2 and not guide.looking)
    program.opener.open(Request((stack,)))
    wait(lambda: program.session.volume is not None and program.session.volume.info.shape[0] == 12)
    assert guide.proposals
    assert not guide.looking
    program.opener.reread("", {"voxel_nm_zyx": (10.0, 5.0, 5.0)})
    wait(lambda: len(asked) == 3 and not guide.looking)
    program.session.end()
    assert not guide.proposals
    assert guide.marks() == dict.fromkeys(Stage, Mark.EMPTY)


def test_looking_stops_when_the_stack_is_closed(
    program: Program, stack: Path, wait: Wait, monkeypatch: pytest.MonkeyPatch
) -> None:
    begun, stopped = [], []

    def proposed(inputs: Mapping[str, Volume], job: Job) -> tuple[Proposal, ...]:
        begun.append(inputs)
        job.stop.wait(20)
        stopped.append(job.stop.is_set())
        job.check()
        return ()

    monkeypatch.setattr("core.propose.proposed", proposed)
    program.opener.open(Request((stack,)))
    wait(lambda: bool(begun))
    assert program.guide.looking
    program.session.end()
    wait(lambda: not program.busy)
    assert stopped == [True]
    assert not program.guide.looking


def test_no_proposals_are_told_and_tried_again(
    program: Program, stack: Path, wait: Wait, monkeypatch: pytest.MonkeyPatch
) -> None:
    def proposed(inputs: Mapping[str, Volume], job: Job) -> tuple[Proposal, ...]:
        raise VoxelError("all slices are blank")

    monkeypatch.setattr("core.propose.proposed", proposed)
    program.opener.open(Request((stack,)))
    wait(lambda: program.guide.error is not None)
    assert not program.guide.proposals
    monkeypatch.setattr("core.propose.proposed", lambda inputs, job: PROPOSALS)
    program.opener.open(Request((stack,)))
    wait(lambda: bool(program.guide.proposals))
    assert program.guide.error is None


def test_what_is_proposed_is_used_in_one_step(program: Program, guide: Guide) -> None:
    session = program.session
    session.add("segment")
    session.add("flatten")
    session.try_out(session.recipe.steps[0].params)
    before, undone = session.recipe, session.undo.count()
    guide.use(Stage.CLEAN)
    assert names(program) == ["normalise", "denoise", "segment"]
    assert session.recipe.steps[1].params == DenoiseParams(method="median")
    assert session.chosen == 1, "its preview is shown"
    assert guide.used(Stage.CLEAN)
    assert session.undo.count() == undone + 1
    session.undo.undo()
    assert session.recipe == before
    guide.use(Stage.ALIGN)
    assert session.recipe == before, "nothing to use"


def test_marks_of_the_rail(program: Program, guide: Guide) -> None:
    marks = guide.marks()
    assert [marks[stage] for stage in (Stage.IMPORT, Stage.ALIGN, Stage.CLEAN)] == [
        Mark.DONE, Mark.EMPTY, Mark.PROPOSED,
    ]  # fmt: skip
    guide.skip(Stage.CLEAN)
    assert guide.marks()[Stage.CLEAN] is Mark.SKIPPED
    assert not guide.waits(Stage.CLEAN)
    program.session.undo.undo()
    assert guide.marks()[Stage.CLEAN] is Mark.PROPOSED
    program.session.undo.redo()
    program.session.add("invert")
    assert guide.marks()[Stage.CLEAN] is Mark.TODO
    program.session.remove(0)
    assert guide.marks()[Stage.CLEAN] is Mark.PROPOSED, "a stage that was taken up again is not skipped"


def test_skipping_takes_steps_out_and_can_be_taken_back(program: Program, guide: Guide) -> None:
    session = program.session
    for name in ("segment", "measure"):
        session.add(name)
    guide.skip(Stage.SEGMENT)
    assert names(program) == ["measure"]
    assert session.chosen is None
    guide.skip(Stage.SEGMENT, on=False)
    assert session.recipe.skipped == ()
    session.undo.undo()
    session.undo.undo()
    assert names(program) == ["segment", "measure"]


def test_all_steps_at_once(program: Program, guide: Guide) -> None:
    session = program.session
    session.add("flatten")
    guide.use_all()
    assert names(program) == ["normalise", "denoise", "segment", "measure", "export"]
    assert session.recipe.skipped == (Stage.ALIGN, Stage.REBUILD), "thickness is asked for: it stays open"
    assert session.chosen == 0
    session.undo.undo()
    assert names(program) == ["flatten"]


def test_what_is_skipped_is_kept_with_the_recipe(
    program: Program, guide: Guide, stack: Path, wait: Wait
) -> None:
    guide.skip(Stage.REBUILD)
    program.session.add("segment")
    program.keeper.flush()
    wait(lambda: not program.busy)
    program.session.end()
    program.opener.open(Request((stack,)))
    wait(lambda: program.session.volume is not None)
    assert program.session.recipe.skipped == (Stage.REBUILD,)
    assert guide.marks()[Stage.REBUILD] is Mark.SKIPPED


def test_the_recipe_file_says_what_is_skipped() -> None:
    recipe = skipping(skipping(Recipe((default_step("segment"),), "x"), Stage.REBUILD), Stage.ALIGN)
    assert "skipped = [" in recipe.dumps()
    assert Recipe.loads(recipe.dumps()) == recipe
    assert recipe.skipped == (Stage.ALIGN, Stage.REBUILD)
    assert recipe.keys("root") == replace(recipe, skipped=()).keys("root"), "no result depends on it"
    assert "skipped" not in Recipe().dumps()
    for wrong in ('"Align"', '["Dance"]', "[1]"):
        with pytest.raises(RecipeError, match="list of stages"):
            Recipe.loads(f"format = 1\nskipped = {wrong}\n")


def test_where_proposed_steps_go() -> None:
    clean = PROPOSALS[3]
    moved = Recipe(tuple(map(default_step, ("segment", "flatten", "measure"))))
    changed = with_proposal(moved, clean)
    assert [step.step.name for step in changed.steps] == ["segment", "normalise", "denoise", "measure"], (
        "the user has put cleaning behind"
    )
    late = with_proposal(Recipe(tuple(map(default_step, ("register", "measure")))), clean)
    assert [step.step.name for step in late.steps] == ["register", "normalise", "denoise", "measure"]
    assert whole_recipe(PROPOSALS).steps[0].step.name == "normalise"


def test_one_stage_after_the_other() -> None:
    walked = [Stage.IMPORT]
    while (following := after(walked[-1])) is not None:
        walked.append(following)
    assert walked == list(Stage)


RULER = Proposal(
    Stage.THICKNESS, (entry("thickness", method="ruler"),), "4 marks.", asks="the angle", missing="angle_deg"
)


def test_what_is_used_asks_until_it_is_answered(
    program: Program, stack: Path, wait: Wait, monkeypatch: pytest.MonkeyPatch
) -> None:
    known = tuple(RULER if one.stage is Stage.THICKNESS else one for one in PROPOSALS)
    monkeypatch.setattr("core.propose.proposed", lambda _inputs, _job: known)
    program.opener.open(Request((stack,)))
    wait(lambda: bool(program.guide.proposals))
    guide, session = program.guide, program.session
    assert guide.asks(Stage.THICKNESS) == "the angle"
    assert guide.question() is None, "nobody wants it yet"
    guide.use_all()
    assert guide.question() is Stage.THICKNESS
    place = [one.step.name for one in session.recipe.steps].index("thickness")
    assert guide.question(place) is None, "a run that ends before it needs no answer"
    params = session.recipe.steps[place].params
    session.set_params(place, params.model_copy(update={"angle_deg": 30.0}))
    assert guide.question() is None
    assert guide.asks(Stage.THICKNESS) == ""
    assert guide.used(Stage.THICKNESS), "an answer does not make it another step"
    session.set_params(place, params.model_copy(update={"method": "image"}))
    assert not guide.used(Stage.THICKNESS)
    assert guide.question() is None
    wait(lambda: not program.busy)
