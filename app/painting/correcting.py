"""Painted labels put into the recipe: the pixels in which they differ from a segmentation."""

from __future__ import annotations

from PySide6.QtCore import QObject

from app.painting.disk import geometry_of
from app.painting.painting import Painting
from app.session import Session
from app.standing import Standings
from core.labels import LabelledStack, LabelStore
from core.labels.corrections import CorrectEstimate, correction_of, merged_corrections
from core.recipe import Recipe, RecipeStep, default_step
from core.step import Stage
from core.steps.correct import NAME
from core.volume import Volume

NO_STEP = "Add a Segment step first: corrections replace voxels of its result."
NOT_RUN = "Run the recipe up to Segment first: the labels are compared with its result."
NOTHING = "No slice is painted yet."
AGREE = "The labels agree with the segmentation: there is nothing to correct."


class Corrector(QObject):
    """Puts a Correct step behind the segmentation, or brings the one that is there up to date."""

    def __init__(
        self, session: Session, standings: Standings, painting: Painting, parent: QObject | None = None
    ) -> None:
        super().__init__(parent)
        self._session, self._standings, self._painting = session, standings, painting

    def correct(self) -> None:
        """Compare the painted slices with the segmentation, in the background."""
        painting, recipe = self._painting, self._session.recipe
        stack, store, slices = painting.stack, painting.store, painting.slices
        index = segmented_by(recipe, stack)
        volume = None if index is None else self._standings.result(index + 1)
        if index is None or volume is None or stack is None or store is None or not slices:
            painting.told.emit(NO_STEP if index is None else NOT_RUN if volume is None else NOTHING)
            return
        painting.flush()  # what is compared is read from disk, after all that waits to be saved
        before = earlier(recipe, index)
        painting.disk.add(
            "comparing labels with the segmentation",
            lambda: corrections(store, stack, slices, volume, before),
            lambda found: self._put(recipe, index, found),
        )

    def _put(self, compared: Recipe, index: int, found: CorrectEstimate) -> None:
        self._session.settle()
        recipe = self._session.recipe
        if recipe.steps[: index + 1] != compared.steps[: index + 1]:
            return  # changed meanwhile: what was compared is not the result any more
        there = earlier(recipe, index)
        if not found.slices and there is None:
            self._painting.told.emit(AGREE)
            return
        entry = RecipeStep(default_step(NAME).step, default_step(NAME).params, found)
        place = index + 1
        changed = recipe.inserted(place, entry) if there is None else recipe.replaced(place, entry)
        self._session.change("correct by hand", changed, place)
        self._painting.told.emit(" ".join(found.remarks()) or AGREE)


def segmented_by(recipe: Recipe, stack: LabelledStack | None) -> int | None:
    """The last step that segments the slices that were painted on; None where there is none."""
    wanted = () if stack is None else stack.steps
    found = [
        index
        for index, entry in enumerate(recipe.steps)
        if entry.step.stage is Stage.SEGMENT
        and entry.step.keeps
        and geometry_of(recipe.steps[: index + 1]) == wanted
    ]
    return found[-1] if found else None


def earlier(recipe: Recipe, index: int) -> CorrectEstimate | None:
    """Corrections that follow a segmentation already."""
    after = recipe.steps[index + 1 : index + 2]
    if not after or after[0].step.name != NAME:
        return None
    return after[0].estimate if isinstance(after[0].estimate, CorrectEstimate) else CorrectEstimate()


def corrections(
    store: LabelStore,
    stack: LabelledStack,
    slices: tuple[int, ...],
    volume: Volume,
    before: CorrectEstimate | None,
) -> CorrectEstimate:
    """Compare all painted slices with a segmentation; in a worker thread."""
    found = (
        correction_of(z, volume.slice(z), store.labels(z, stack), stack.solid_values)
        for z in slices
        if z < volume.info.shape[0]
    )
    return merged_corrections(volume.info.shape, before, tuple(one for one in found if one), slices)
