"""The guided run: what is proposed for each stage, what is skipped, and what comes next."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import replace
from typing import TYPE_CHECKING, TypeAlias

from PySide6.QtCore import QObject, Signal

from app.jobs import JobQueue
from app.latest import Latest
from app.marks import Mark, overall
from app.session import Session
from core.job import Job
from core.recipe import Recipe, RecipeStep
from core.step import Stage
from core.volume import Volume, VolumeInfo

if TYPE_CHECKING:
    from core.project import InputSpec
    from core.propose import Proposal

STAGES = tuple(Stage)
PAUSE_MS = 300  # the first slice and its preview come first
MOST_KEPT = 8
Inputs: TypeAlias = tuple[tuple[str, "InputSpec", VolumeInfo], ...]


class Guide(QObject):
    """Looks at whatever is open and keeps what is proposed; every change it makes can be undone.

    Signals: `changed` when there are other proposals, or it has begun or stopped to look.

    Attributes
    ----------
    proposals : mapping of Stage to Proposal
        Of what is open; empty while nothing is known.
    error : Exception or None
        Why there are no proposals.
    """

    changed = Signal()

    def __init__(self, session: Session, queue: JobQueue, parent: QObject | None = None) -> None:
        super().__init__(parent)
        self._session = session
        self.proposals: Mapping[Stage, Proposal] = {}
        self.error: Exception | None = None
        self._known: list[tuple[Inputs, Mapping[Stage, Proposal]]] = []
        self._asked: Inputs = ()
        self._latest = Latest("Look at the stack", queue, self, pause_ms=PAUSE_MS)
        self._latest.ready.connect(self._found)
        self._latest.failed.connect(self._not_found)
        session.inputs_changed.connect(self._look)

    @property
    def looking(self) -> bool:
        """Whether proposals are on their way."""
        return self._latest.waiting

    def drop(self) -> None:
        """Stop looking."""
        self._latest.drop()
        self.changed.emit()

    def proposal(self, stage: Stage) -> Proposal | None:
        """What is proposed for a stage; None where nothing is known."""
        return self.proposals.get(stage)

    def used(self, stage: Stage) -> bool:
        """Whether the recipe has what is proposed for a stage."""
        made = self.proposal(stage)
        return made is not None and bool(made.steps) and self._as_proposed(made)

    def asks(self, stage: Stage) -> str:
        """What only the user can say, as long as nobody has."""
        made = self.proposal(stage)
        if made is None or not made.missing:
            return "" if made is None else made.asks
        present = steps_of(self._session.recipe, stage)
        open_ = not present or (present[-1] == made.steps[-1] and self._as_proposed(made))
        return made.asks if open_ else ""

    def question(self, upto: int | None = None) -> Stage | None:
        """The first stage whose proposal is used, in the steps up to one, and still asks something.

        Import comes in where slices are measured: that needs a scale.
        """
        steps = self._session.recipe.steps[:upto]
        for stage in STAGES:
            place = Stage.THICKNESS if stage is Stage.IMPORT else stage
            reached = any(entry.step.stage is place for entry in steps)
            if reached and self.asks(stage) and self.used(place):
                return stage
        return None

    def waits(self, stage: Stage) -> bool:
        """Whether steps are proposed for a stage that the user has decided nothing about."""
        made, recipe = self.proposal(stage), self._session.recipe
        undecided = not steps_of(recipe, stage) and stage not in recipe.skipped
        return made is not None and bool(made.steps) and undecided

    def use(self, stage: Stage) -> None:
        """Put what is proposed in place of the steps of a stage, and choose the last of it."""
        made = self.proposal(stage)
        if made is not None and made.steps:
            self._session.settle()
            recipe = with_proposal(self._session.recipe, made)
            last = max(index for index, entry in enumerate(recipe.steps) if entry.step.stage is stage)
            self._session.change(f"use proposal for {stage.value}", recipe, last)

    def use_all(self) -> None:
        """Make the whole recipe from what is proposed; stages that need nothing are skipped."""
        self._session.settle()
        recipe = whole_recipe(self.proposals.values())
        if recipe.steps:
            self._session.change("propose all steps", recipe, 0)

    def skip(self, stage: Stage, on: bool = True) -> None:
        """Do nothing at a stage, which takes out the steps it has; or take that back."""
        self._session.settle()
        recipe = self._session.recipe
        changed = skipping(recipe, stage) if on else unskipped(recipe, stage)
        chosen = self._session.chosen if changed.steps == recipe.steps else None
        verb = "skip" if on else "do not skip"
        self._session.change(f"{verb} {stage.value}", changed, chosen)

    def _as_proposed(self, made: Proposal) -> bool:
        """Whether the recipe has these steps, whatever has been answered in the last of them."""
        present = steps_of(self._session.recipe, made.stage)
        if made.missing and len(present) == len(made.steps):
            proposed = made.steps[-1]
            last = present[-1]
            if last.step is proposed.step:
                kept = {made.missing: getattr(proposed.params, made.missing)}
                present = (*present[:-1], replace(last, params=last.params.model_copy(update=kept)))
        return present == made.steps

    def marks(self) -> Mapping[Stage, Mark]:
        """How far each stage is."""
        session = self._session
        by_stage: dict[Stage, list[Mark]] = {stage: [] for stage in Stage}
        for entry, mark in zip(session.recipe.steps, session.marks, strict=False):
            by_stage[entry.step.stage].append(mark)
        if session.volume is not None:
            by_stage[Stage.IMPORT].append(Mark.DONE)
        return {stage: overall(marks or [self._empty(stage)]) for stage, marks in by_stage.items()}

    def _empty(self, stage: Stage) -> Mark:
        if stage in self._session.recipe.skipped:
            return Mark.SKIPPED
        return Mark.PROPOSED if self.waits(stage) else Mark.EMPTY

    def _look(self) -> None:
        opened = self._session.inputs
        inputs = tuple((name, one.spec, one.volume.info) for name, one in opened.items())
        if inputs == self._asked and (self.proposals or self.looking):
            return
        self._asked, self.error = inputs, None
        self._latest.drop()
        self.proposals = next((made for known, made in self._known if known == inputs), {})
        if inputs and not self.proposals:
            volumes = {name: one.volume for name, one in opened.items()}
            self._latest.ask(lambda job: looked(volumes, job))
        self.changed.emit()

    def _found(self, made: tuple[Proposal, ...]) -> None:
        self.proposals = {one.stage: one for one in made}
        self._known = [*self._known, (self._asked, self.proposals)][-MOST_KEPT:]
        self.changed.emit()

    def _not_found(self, error: Exception) -> None:
        self.error = error
        self.changed.emit()


def looked(volumes: Mapping[str, Volume], job: Job) -> tuple[Proposal, ...]:
    """Decide what to propose; in a worker thread."""
    from core.propose import proposed

    return proposed(volumes, job)


def steps_of(recipe: Recipe, stage: Stage) -> tuple[RecipeStep, ...]:
    """The entries of one stage, in order."""
    return tuple(entry for entry in recipe.steps if entry.step.stage is stage)


def with_proposal(recipe: Recipe, made: Proposal) -> Recipe:
    """The recipe with other steps at one stage, where those of the stage were, or where it belongs."""
    own = [index for index, entry in enumerate(recipe.steps) if entry.step.stage is made.stage]
    rest = [entry for entry in recipe.steps if entry.step.stage is not made.stage]
    if own:
        place = own[0]
    else:
        order = STAGES.index(made.stage)
        before = [STAGES.index(entry.step.stage) < order for entry in rest]
        place = len(before) - before[::-1].index(True) if True in before else 0
    changed = replace(recipe, steps=tuple(rest))
    for offset, entry in enumerate(made.steps):
        changed = changed.inserted(place + offset, entry)
    return changed


def whole_recipe(proposals: Iterable[Proposal]) -> Recipe:
    """All that is proposed; where nothing has to be done, and nothing is asked, the stage is skipped."""
    recipe = Recipe()
    for made in proposals:
        recipe = with_proposal(recipe, made)
        if not made.steps and not made.asks and made.stage is not Stage.IMPORT:
            recipe = skipping(recipe, made.stage)
    return recipe


def skipping(recipe: Recipe, stage: Stage) -> Recipe:
    """The recipe without the steps of a stage, which counts as decided."""
    steps = tuple(entry for entry in recipe.steps if entry.step.stage is not stage)
    skipped = tuple(one for one in Stage if one is stage or one in recipe.skipped)
    return replace(recipe, steps=steps, skipped=skipped)


def unskipped(recipe: Recipe, stage: Stage) -> Recipe:
    """The recipe with a stage that is undecided again."""
    return replace(recipe, skipped=tuple(one for one in recipe.skipped if one is not stage))


def after(stage: Stage) -> Stage | None:
    """The stage that comes next; None after the last."""
    place = STAGES.index(stage) + 1
    return STAGES[place] if place < len(STAGES) else None
