"""What the Simulate page needs of files: settings, prices, free folders; all of it runs in worker threads."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, TypeAlias, Union

from core.job import Job

if TYPE_CHECKING:
    from core.simulate.acquisition import Cost
    from core.simulate.plan import Plan
    from core.simulate.training_plan import TrainingPlan

Wanted: TypeAlias = Union["Plan", "TrainingPlan"]
"""One acquisition, or a set of them."""
NAME, SET_NAME = "simulation", "training-set.zarr"


@dataclass(frozen=True)
class Price:
    """What is wanted costs, of how many structures, and a folder it can go to."""

    cost: Cost
    folder: Path
    structures: int = 1


def is_set(wanted: Wanted) -> bool:
    """Whether a training set is wanted."""
    return hasattr(wanted, "splits")


def loaded_plan(file: Path, usual: bool, job: Job) -> Wanted:
    """Settings from a file: of one acquisition or of a training set.

    Parameters
    ----------
    file : Path
    usual : bool
        The file is that of the last time: where it is missing, damaged or of another version, the default
        settings are used.
    job : Job
        Cancelling.
    """
    import app.panels.simulate  # noqa: F401 - the window needs it, and must not wait for it
    import core.simulate.variation  # noqa: F401 - the page needs it
    from core.errors import RecipeError
    from core.simulate.plan import Plan

    job.check()
    if not usual:
        return _read(file)
    try:
        return _read(file) if file.is_file() else Plan()
    except RecipeError:
        return Plan()


def _read(file: Path) -> Wanted:
    from core.simulate.plan import Plan
    from core.simulate.plan_file import read_plan_text, read_table
    from core.simulate.training_plan import TrainingPlan

    text, origin = read_plan_text(file), str(file)
    kind = TrainingPlan if "plan" in read_table(text, origin) else Plan
    return kind.loads(text, origin=origin)


def priced(wanted: Wanted, root: Path, measure: bool, job: Job) -> Price:
    """What it costs, and where it can go: `root` or the same with a number.

    Without `measure` the time is not estimated: while the processors have other work, it would come out long.
    """
    from core.simulate.acquisition import estimate_cost, estimate_training
    from core.simulate.training_plan import TrainingPlan

    folder = free_folder(root, wanted)
    if isinstance(wanted, TrainingPlan):
        cost = estimate_training(wanted, job, folder=folder, measure=measure)
        return Price(cost, folder, len(wanted.splits))
    return Price(estimate_cost(wanted, job, folder=folder, measure=measure), folder)


def free_folder(folder: Path, wanted: Wanted) -> Path:
    """The folder, or the same with the first number that is free or begun with the same plan."""
    free, number = folder, 2
    while free.exists() and not _begun(free, wanted):
        free, number = folder.with_name(f"{folder.stem}-{number}{folder.suffix}"), number + 1
    return free


def _begun(folder: Path, wanted: Wanted) -> bool:
    if is_set(wanted):
        from core.errors import TruesliceError
        from core.simulate.acquisition.folder import WorkGroup

        try:
            return WorkGroup(folder).found_plan() == wanted.dumps()
        except TruesliceError:
            return False
    try:
        return (folder / "plan.toml").read_text(encoding="utf-8") == wanted.dumps()
    except (OSError, UnicodeDecodeError):
        return False
