"""Where the volumes lie that can be looked at beside each other; for workers, holds no Qt object."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, Literal, TypeAlias

import numpy as np

from app.laying import is_cheap
from app.quantities import PROBABILITY, quantity_of, uncertainty
from app.tracing import passes_through
from core.errors import ParameterError, TruesliceError
from core.job import Job
from core.recipe import Recipe, RecipeStep
from core.step import Estimate
from core.volume import ALL, Array, Shape, Source, Volume, VolumeInfo

if TYPE_CHECKING:
    from core.project import Project

Part: TypeAlias = Literal["result", "probability", "uncertainty"]
MOST_LABELS = 16  # different values in a slice, up to which a file is taken for one of labels


@dataclass(frozen=True)
class Side:
    """One of the volumes that can be compared.

    Attributes
    ----------
    channel : str
        Imaging condition.
    count : int
        How many steps it has gone through.
    part : {'result', 'probability', 'uncertainty'}
        Of the last of them.
    file : Path or None
        A file in place of a result.
    """

    channel: str
    count: int
    part: Part = "result"
    file: Path | None = None

    def name(self, recipe: Recipe) -> str:
        """How it is called, without its channel."""
        if self.file is not None:
            return self.file.name
        if self.count == 0:
            return "Input"
        label = recipe.steps[self.count - 1].step.label if self.count <= len(recipe.steps) else "?"
        return f"{self.count} {label if self.part == 'result' else self.part}"


@dataclass(frozen=True, eq=False)
class Shelf:
    """Where volumes are looked for.

    Attributes
    ----------
    inputs : mapping of str to Volume
        Raw volumes by channel.
    files : mapping of Path to Volume
        What the user has opened to compare with.
    """

    inputs: Mapping[str, Volume]
    recipe: Recipe
    project: Project | None
    files: Mapping[Path, Volume] = field(default_factory=dict)
    _known: dict[Side, Volume | None] = field(default_factory=dict)

    def volume(self, side: Side) -> Volume | None:
        """A volume, if it is there or quick to make."""
        if side not in self._known:
            self._known[side] = self._looked_up(side)
        return self._known[side]

    def require(self, side: Side) -> Volume:
        """The same.

        Raises
        ------
        ParameterError
            If it is not there.
        """
        found = self.volume(side)
        if found is None:
            name = side.name(self.recipe)
            raise ParameterError(f"{name} is not there", remedy="run the recipe up to this step")
        return found

    def info(self, channel: str, count: int) -> VolumeInfo | None:
        """Describe the volume after some steps, as far as it can be foreseen."""
        found = self.volume(Side(channel, count))
        if found is not None:
            return found.info
        before = self.info(channel, count - 1)
        try:
            return None if before is None else self.recipe.steps[count - 1].foreseen(before)
        except TruesliceError:
            return None

    def _looked_up(self, side: Side) -> Volume | None:
        if side.file is not None:
            return self.files.get(side.file)
        if side.channel not in self.inputs or side.count > len(self.recipe.steps):
            return None
        if side.part != "result":
            return self._probability(side)
        if side.count == 0:
            return self.inputs[side.channel]
        if self.project is not None:
            return self.project.volume(side.channel, side.count, self.recipe)
        from core.execute.lazy import applied

        entry, before = self.recipe.steps[side.count - 1], self.volume(Side(side.channel, side.count - 1))
        if before is None or not is_cheap(entry):
            return None
        try:
            return before if entry.step.sink else applied(before, entry, entry.estimate)
        except TruesliceError:
            return None  # the step does not fit; its form says so

    def _probability(self, side: Side) -> Volume | None:
        """What a network has said, behind a step."""
        if self.project is None or side.count == 0 or not has_probability(self.recipe.steps[side.count - 1]):
            return None
        flat, places = self.recipe.flattened()
        behind = self.recipe.steps[side.count - 1].ground() is not None
        count = places[side.count - 1] + (0 if behind else 1)
        found = self.project.volume(side.channel, count, flat)
        return uncertainty(found) if found is not None and side.part == "uncertainty" else found

    def estimate(self, channel: str, index: int) -> Estimate | None:
        """What a step has found."""
        entry = self.recipe.steps[index]
        if entry.estimate is not None or self.project is None:
            return entry.estimate
        return self.project.estimate(channel, index, self.recipe)


def has_probability(entry: RecipeStep) -> bool:
    """Whether a network's probabilities lie behind the result of a step, or are it."""
    return entry.ground() is not None or quantity_of(entry) is PROBABILITY


def sides_of(shelf: Shelf, job: Job) -> tuple[Side, ...]:
    """All that can be chosen; what passes its voxels on unchanged is left out."""
    found: list[Side] = []
    for channel in shelf.inputs:
        for count in range(len(shelf.recipe.steps) + 1):
            job.check()
            entry = shelf.recipe.steps[count - 1] if count else None
            if entry is not None and passes_through(entry):
                continue
            parts: tuple[Part, ...] = ("result", "probability", "uncertainty")
            if entry is None or not has_probability(entry):
                parts = ("result",)
            elif entry.ground() is None:
                parts = ("result", "uncertainty")
            found += [side for part in parts if shelf.volume(side := Side(channel, count, part)) is not None]
    return (*found, *(Side("", 0, file=path) for path in shelf.files))


@dataclass(frozen=True, eq=False)
class MaskSource:
    """A volume of two values as a binary one: 0 and 255."""

    upstream: Source
    solid: float

    @property
    def shape(self) -> Shape:
        """As of the file."""
        return self.upstream.shape

    @property
    def dtype(self) -> np.dtype[np.uint8]:
        """Of a binary volume."""
        return np.dtype(np.uint8)

    def read(self, z: slice, y: slice = ALL, x: slice = ALL) -> Array:
        """Return a new array of the asked range."""
        return np.where(self.upstream.read(z, y, x) == self.solid, np.uint8(255), np.uint8(0))


def file_at(path: Path, job: Job) -> Volume:
    """Open a file to compare with; two values are taken for a binary volume, a few for labels."""
    from core.io import ReadOptions, open_stack

    found = open_stack((path,), ReadOptions(), job)
    if found.info.content != "grey" or not np.issubdtype(found.info.dtype, np.integer):
        return found
    values = np.unique(found.slice(found.info.shape[0] // 2))
    if len(values) == 2:
        info = found.info.with_(dtype=np.dtype(np.uint8), content="binary")
        return Volume(info, MaskSource(found.source, float(values[-1])), found.metadata, found.notes)
    if len(values) <= MOST_LABELS:
        return Volume(found.info.with_(content="labels"), found.source, found.metadata, found.notes)
    return found
