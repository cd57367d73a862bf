"""The folder of a training: for one process at a time, and for the recipe that it was begun with."""

from __future__ import annotations

import contextlib
from collections.abc import Callable, Iterator, Mapping
from pathlib import Path
from typing import Any, TypeVar

from filelock import FileLock, Timeout

from core.errors import ProjectError, RecipeError, WriteError
from core.files import make_folder
from core.learn.training.report import REPORT, TABLE
from core.learn.training.start import MODEL
from core.learn.training.state import STATE
from core.learn.training.summary import refuse_another
from core.learn.training.whole import BRANCHES
from core.simulate.plan_file import PlanFile

RECIPE = "recipe.toml"
_LOCK = ".lock"
R = TypeVar("R", bound=PlanFile)


@contextlib.contextmanager
def claimed(recipe: R, folder: Path, identity: Callable[[R], Mapping[str, Any]]) -> Iterator[None]:
    """Keep other processes out, and the recipe in the folder; what is refused leaves the old one there.

    Parameters
    ----------
    recipe : PlanFile
    folder : Path
        New, empty, or of the same recipe.
    identity : callable
        What of a recipe may not change once something was learnt.

    Raises
    ------
    ProjectError
        If another run works on the folder, or it belongs to another recipe, or to no training.
    WriteError
        If it cannot be written.
    """
    _require_free(folder)
    make_folder(folder)
    lock = FileLock(folder / _LOCK, timeout=0, thread_local=False)
    try:
        lock.acquire()
    except Timeout as error:
        raise ProjectError(
            f"another run works on {folder}", remedy="wait for it, or choose another folder"
        ) from error
    except OSError as error:
        raise WriteError(f"cannot write {folder}: {error.strerror}") from error
    try:
        kept = folder / RECIPE
        if kept.is_file():
            found, own = identity(_kept(kept, type(recipe))), identity(recipe)
            if found != own and _has_begun(folder):
                refuse_another(folder, found, own)
        recipe.save(kept)
        yield
    finally:
        lock.release()


def _kept(path: Path, kind: type[R]) -> R:
    try:
        return kind.load(path)
    except RecipeError as error:
        raise ProjectError(
            f"{path} is not a recipe of this kind of training",
            got=error.what[:300],
            remedy="choose another folder, or delete this one",
        ) from error


def _has_begun(folder: Path) -> bool:
    """Whether there are weights; before, a recipe may be put right."""
    return (folder / STATE).is_file() or any(folder.glob(f"{BRANCHES}/*/{STATE}"))


def _require_free(folder: Path) -> None:
    """The model replaces what lies in its place, which must not be somebody else's."""
    taken = [name for name in (MODEL, REPORT, TABLE) if (folder / name).exists()]
    if taken and not (folder / RECIPE).is_file():
        raise ProjectError(
            f"{folder} holds {', '.join(taken)}, but no training",
            expected="a new or empty folder, or that of a training",
            remedy="choose another folder",
        )
