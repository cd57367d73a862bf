"""Calls of a step's functions. What a step did not foresee becomes an error that says which step it was."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from typing import Any

from core.block import Block, Observation
from core.errors import Cancelled, NotEnoughMemoryError, StepFailedError, TruesliceError
from core.job import Job
from core.recipe import RecipeStep
from core.step import Estimate, Room
from core.volume import Volume, VolumeInfo


def guarded(function: Any, block: Block, *values: Any, name: str) -> Any:
    """Call a step's function; what it did not foresee becomes an error that names step and slices."""
    where = f"step {name}, slices {block.first}-{block.first + block.data.shape[0] - 1}"
    with _named(name, where):
        return function(block, *values)


def estimated(entry: RecipeStep, seen: Observation, info: VolumeInfo) -> Estimate:
    """What a two-pass step concludes from what it has seen; errors name the step."""
    if entry.step.estimate is None:
        raise TypeError(f"step {entry.step.name} estimates nothing")
    with _named(entry.step.name, f"step {entry.step.name}, after its first pass"):
        found: Estimate = entry.step.estimate(seen, info, entry.params)
        return found


def surveyed(entry: RecipeStep, volume: Volume, job: Job, room: Room) -> Estimate:
    """What a step finds that looks at the whole stack by itself; errors name the step."""
    if entry.step.survey is None:
        raise TypeError(f"step {entry.step.name} has no survey")
    with _named(entry.step.name, f"step {entry.step.name}"):
        found: Estimate = entry.step.survey(volume, entry.params, job, room)
        return found


def reviewed(entry: RecipeStep, result: Volume, estimate: Estimate, job: Job) -> Estimate:
    """The estimate with what a step finds in its finished result; errors name the step."""
    if entry.step.review is None:
        raise TypeError(f"step {entry.step.name} reviews nothing")
    with _named(entry.step.name, f"step {entry.step.name}, looking at its result"):
        found: Estimate = entry.step.review(result, entry.params, estimate, job)
        return found


def surveyed_jointly(
    entry: RecipeStep, volumes: Mapping[str, Volume], job: Job, room: Room
) -> Mapping[str, Estimate]:
    """What a step finds that looks at all channels together; errors name the step."""
    if entry.step.joint is None:
        raise TypeError(f"step {entry.step.name} looks at one channel")
    with _named(entry.step.name, f"step {entry.step.name}"):
        found: Mapping[str, Estimate] = entry.step.joint(volumes, entry.params, job, room)
        return found


@contextmanager
def _named(name: str, where: str) -> Iterator[None]:
    try:
        yield
    except TruesliceError as error:
        error.about(name)
        raise
    except Cancelled:
        raise
    except MemoryError as error:
        raise NotEnoughMemoryError(
            f"{where}: the memory ran out", remedy="set a lower memory limit or fewer workers"
        ) from error
    except Exception as error:  # the border where a step's fault gets its place and name
        raise StepFailedError(f"{where}: {type(error).__name__}: {error}") from error
