"""What the Simulate page takes from the open stack: a likeness of it, or its segmentation as structure."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from PySide6.QtCore import QObject

from core.errors import ParameterError, TruesliceError, VoxelError
from core.job import Job
from core.step import Estimate
from core.volume import Volume

if TYPE_CHECKING:
    from app.main_window import MainWindow
    from app.panels.simulate import SimulatePage
    from app.session import Opened
    from core.simulate.like import Likeness
    from core.simulate.plan import Plan

SEGMENTED = ("binary", "labels")
FEW_VALUES = 2
REMEDY = "segment the stack (Segment stage) and run the recipe, or open a segmented stack"


@dataclass(frozen=True)
class Segmented:
    """A segmentation that is open: its voxels, where they are on disk, and what it is."""

    volume: Volume
    place: Path | None
    words: str


@dataclass(frozen=True, eq=False)
class Look:
    """What is open: the inputs, the results of the recipe (the last first) with words for each, findings."""

    inputs: Mapping[str, Opened]
    results: tuple[tuple[Volume, str], ...]
    estimates: tuple[Estimate | None, ...]


class LikeOpen(QObject):
    """Answers *Like my sample* and *Use the open segmentation*; the measuring runs in a worker."""

    def __init__(self, window: MainWindow, plan: Callable[[], Plan | None]) -> None:
        super().__init__(window)
        self._window = window
        self._program = window.program
        self._plan = plan
        self._page: SimulatePage | None = None
        self.measuring = False

    def attach(self, page: SimulatePage) -> None:
        """Answer what the page asks for."""
        self._page = page
        page.like.connect(self._measure)
        page.use_open.connect(self._use_open)

    # ---- like my sample
    def _measure(self) -> None:
        plan, session = self._plan(), self._program.session
        if plan is None or self.measuring:
            return
        if session.volume is None:
            self._report(
                ParameterError(
                    "no stack is open, so there is nothing to be like",
                    expected="slices of your sample, open in this window",
                    remedy="drop them on the window first",
                )
            )
            return
        look = self._look()
        task = self._program.quick.prepare("Like my sample", lambda job: likeness(look, plan, job))
        task.succeeded.connect(self._show)
        task.failed.connect(self._report)
        task.ended.connect(lambda _state: self._busy(False))
        self._busy(True)
        self._program.quick.start(task)

    def _busy(self, busy: bool) -> None:
        self.measuring = busy
        if self._page is not None:
            self._page.say_measuring(busy)

    def _show(self, found: Likeness) -> None:
        if self._page is not None:
            self._page.take_likeness(found)

    def _report(self, error: Exception) -> None:
        self._program.problems.report(error, "looking at the open stack")

    def _look(self) -> Look:
        """What is open and what was found of it, as it stands now."""
        session, standings = self._program.session, self._program.standings
        steps = session.recipe.steps
        results = [
            (standings.result(count), f"the result of step {count} ({steps[count - 1].step.label})")
            for count in range(len(steps), 0, -1)
        ]
        estimates = tuple(standings.estimate(index) for index in range(len(steps)))
        return Look(
            dict(session.inputs), tuple((found, words) for found, words in results if found), estimates
        )

    # ---- the open segmentation as the structure
    def _use_open(self) -> None:
        look = self._look()
        task = self._program.quick.prepare("Look for a segmentation", lambda job: required(look, job))
        task.succeeded.connect(self._put)
        task.failed.connect(self._report)
        self._program.quick.start(task)

    def _put(self, found: Segmented) -> None:
        if self._page is not None and found.place is not None:
            self._page.put_structure_file(found.place, found.volume.info.voxel_nm)
            self._window.statusBar().showMessage(f"The structure is made from {found.words}", 8000)


# ---------------------------------------------------------------------------------- in a worker thread
def likeness(look: Look, plan: Plan, job: Job) -> Likeness:
    """Measure the sample, and make the plan like it."""
    from core.simulate.like import Sample, like
    from core.thickness.results import ThicknessEstimate

    stacks = {name: opened.volume for name, opened in look.inputs.items()}
    found = [each for each in look.estimates if isinstance(each, ThicknessEstimate) and each.z_nm]
    thickness = found[-1] if found else None
    segmented = segmented_of(look, job)
    if segmented is None:
        return like(Sample(stacks, thickness=thickness), plan, job)
    return like(Sample(stacks, segmented.volume, segmented.words, thickness), plan, job)


def segmented_of(look: Look, job: Job) -> Segmented | None:
    """The last segmented result of the recipe, else the input if it is segmented."""
    for volume, words in look.results:
        if volume.info.content in SEGMENTED:
            return Segmented(volume, stored_place(volume), words)
    for name, opened in look.inputs.items():
        if is_segmented(opened.volume, job):
            paths = opened.spec.paths
            words = f"the open stack{f' {name}' if name else ''}, which is segmented"
            return Segmented(opened.volume, paths[0] if len(paths) == 1 else None, words)
    return None


def required(look: Look, job: Job) -> Segmented:
    """A segmentation that is in a file.

    Raises
    ------
    VoxelError, ParameterError
        If nothing segmented is open, or it is not on disk as it is.
    """
    found = segmented_of(look, job)
    if found is None:
        raise VoxelError(
            "nothing segmented is open", expected="pore and solid, voxel by voxel", remedy=REMEDY
        )
    if found.place is None:
        raise ParameterError(
            f"{found.words} is in no single file that could be named",
            expected="a stored result, or one file or folder",
            remedy="export it, and choose the exported file",
        )
    return found


def stored_place(volume: Volume) -> Path | None:
    """The group on disk that a result is, if it is stored as it is."""
    from core.store import StoredSource

    return volume.source.path if isinstance(volume.source, StoredSource) else None


def is_segmented(volume: Volume, job: Job) -> bool:
    """Whether an input is segmented: it says so, or some of its slices hold two values only."""
    import numpy as np

    if volume.info.content in SEGMENTED:
        return True
    found: set[float] = set()
    count = volume.info.shape[0]
    for index in sorted({0, count // 2, count - 1}):
        job.check()
        try:
            found |= set(np.unique(volume.slice(index)).tolist()[: FEW_VALUES + 1])
        except TruesliceError:
            return False
        if len(found) > FEW_VALUES:
            return False
    return len(found) == FEW_VALUES
