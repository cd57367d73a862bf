"""A recipe: the ordered list of steps that turns raw data into a result. Saved as TOML, validated whole."""

from __future__ import annotations

import hashlib
import json
import tomllib
from bisect import bisect_left
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any, TypeAlias

import tomli_w
from pydantic import ValidationError

from core.errors import ParameterError, RecipeError, TruesliceError
from core.files import write_text
from core.params import Params, parameter_error
from core.step import AnyStep, Estimate, Stage
from core.steps import step_named
from core.volume import VolumeInfo

FORMAT = 1
Table: TypeAlias = dict[str, Any]


@dataclass(frozen=True)
class RecipeStep:
    """One entry of a recipe.

    Attributes
    ----------
    step : Step
        Which step.
    params : Params
        Its parameters.
    estimate : Estimate, optional
        The user's own value in place of what the first pass would find (an edited threshold, shifts from
        another channel).
    """

    step: AnyStep
    params: Params
    estimate: Estimate | None = None

    def table(self) -> Table:
        """Plain values as written to a recipe file."""
        table: Table = {"step": self.step.name, "version": self.step.version}
        table["params"] = _without_none(self.params.model_dump(mode="json"))
        if self.estimate is not None:
            table["estimate"] = _without_none(self.estimate.model_dump(mode="json"))
        return table

    @property
    def fuses(self) -> bool:
        """Whether it makes one result from all channels."""
        return self.step.fuses(self.params)

    def ground(self) -> RecipeStep | None:
        """The entry whose stored result this one works on, if that is not its input."""
        found = self.step.stands_on(self.params)
        return None if found is None else RecipeStep(step_named(found[0]), found[1])

    def foreseen(self, info: VolumeInfo) -> VolumeInfo:
        """Describe its result on an input, as far as parameters decide; what it stands on comes in between.

        Raises
        ------
        TruesliceError
            If the parameters do not fit the input.
        """
        ground = self.ground()
        if ground is not None:
            info = ground.foreseen(info)
        return self.step.result_info(info, self.params)

    def key(self, parent: str) -> str:
        """Name of the result of this entry on the result named `parent`; equal work has equal names."""
        return _name_of([parent, self.table(), *self._identity()])

    def finding_key(self, parent: str) -> str:
        """Name of what its first pass or survey finds: parameters that come later do not change it."""
        table = self.table()
        table["params"] = {k: v for k, v in table["params"].items() if k not in self.step.late}
        return _name_of([parent, table, *self._identity()])

    def _identity(self) -> list[Table]:
        identity = dict(self.step.identity(self.params))
        return [identity] if identity else []


@dataclass(frozen=True)
class Recipe:
    """An ordered list of steps; a value that edits by making new ones.

    Attributes
    ----------
    steps : tuple of RecipeStep
    name : str
    flat : bool
        Whether steps that others stand on are entries of their own, as execution needs them; see `flattened`.
    skipped : tuple of Stage
        Stages that the user wants nothing done at; no result depends on it.
    """

    steps: tuple[RecipeStep, ...] = field(default_factory=tuple)
    name: str = ""
    flat: bool = False
    skipped: tuple[Stage, ...] = ()

    @classmethod
    def loads(cls, text: str, *, origin: str = "recipe") -> Recipe:
        """Parse TOML and check every entry before anything runs.

        Raises
        ------
        RecipeError
            With every fault of every entry, not only the first.
        """
        try:
            table = tomllib.loads(text)
        except tomllib.TOMLDecodeError as error:
            raise RecipeError(f"{origin} is not TOML: {error}", remedy="check the line named") from error
        except RecursionError as error:
            raise RecipeError(f"{origin} is no recipe: its lists lie too deep within each other") from error
        _check_head(table, origin)
        entries, faults = [], []
        for number, entry in enumerate(table.get("step", []), start=1):
            try:
                entries.append(_entry(entry, number))
            except (ParameterError, RecipeError) as error:
                faults.append(str(error))
        if faults:
            raise RecipeError(f"{origin}: {len(faults)} step(s) are wrong:\n" + "\n".join(faults))
        skipped = tuple(stage for stage in Stage if stage.value in table.get("skipped", []))
        return cls(tuple(entries), str(table.get("name", "")), skipped=skipped)

    @classmethod
    def load(cls, path: Path) -> Recipe:
        """Read a recipe file; see `loads`."""
        try:
            text = path.read_text(encoding="utf-8")
        except UnicodeDecodeError as error:
            raise RecipeError(
                f"{path} is not a text file in UTF-8", remedy="name a recipe (.toml)"
            ) from error
        except OSError as error:
            raise RecipeError(
                f"cannot read the recipe {path}: {error.strerror}", remedy="name a recipe file (.toml)"
            ) from error
        return cls.loads(text, origin=str(path))

    def dumps(self) -> str:
        """Write as TOML; `loads` gives back an equal recipe."""
        table: Table = {"format": FORMAT, "name": self.name}
        if self.skipped:
            table["skipped"] = [stage.value for stage in self.skipped]
        table["step"] = [entry.table() for entry in self.steps]
        return tomli_w.dumps(table)

    def save(self, path: Path) -> None:
        """Write the file whole or not at all."""
        write_text(path, self.dumps())

    def flattened(self) -> tuple[Recipe, tuple[int, ...]]:
        """The recipe with what its steps stand on as entries of their own, and where its own steps are."""
        if self.flat:
            return self, tuple(range(len(self.steps)))
        steps: list[RecipeStep] = []
        places = []
        for entry in self.steps:
            ground = entry.ground()
            steps += [entry] if ground is None else [ground, entry]
            places.append(len(steps) - 1)
        return Recipe(tuple(steps), self.name, flat=True), tuple(places)

    def infos(self, info: VolumeInfo) -> tuple[VolumeInfo, ...]:
        """Describe the volume after 0, 1, ... n steps, as far as it can be foreseen.

        Raises
        ------
        RecipeError
            Naming the first step whose parameters do not fit what it gets.
        """
        flat, places = self.flattened()
        found = [info]
        for index, entry in enumerate(flat.steps):
            number = bisect_left(places, index) + 1
            try:
                found.append(entry.step.result_info(found[-1], entry.params, entry.estimate))
            except TruesliceError as error:
                raise RecipeError(
                    f"step {number} ({entry.step.name}) does not fit its input: {error.what}",
                    expected=error.expected,
                    got=error.got,
                    remedy=error.remedy,
                ) from error
        return (info, *(found[place + 1] for place in places))

    def keys(self, root: str, peers: Sequence[str] = ()) -> tuple[str, ...]:
        """Names of the results after 0, 1, ... n steps on the input `root`; sinks make no new volume.

        Parameters
        ----------
        root : str
            Name of the input.
        peers : sequence of str
            Names of the inputs of all channels, where there are several: steps that look at all of them
            together depend on all.
        """
        flat, places = self.flattened()
        rows = {name: [name] for name in (root, *peers)}
        for entry in flat.steps:
            last = {name: row[-1] for name, row in rows.items()}
            together = " ".join(sorted(set(last.values())))
            for row in rows.values():
                parent = together if entry.fuses else joined(row[-1], entry, peers)
                row.append(row[-1] if entry.step.sink else entry.key(parent))
        names = rows[root]
        return (root, *(names[place + 1] for place in places))

    def replaced(self, index: int, entry: RecipeStep) -> Recipe:
        """Return the recipe with another entry at `index`."""
        return replace(self, steps=(*self.steps[:index], entry, *self.steps[index + 1 :]))

    def inserted(self, index: int, entry: RecipeStep) -> Recipe:
        """Return the recipe with one more entry, before `index`; its stage is not skipped any more."""
        skipped = tuple(stage for stage in self.skipped if stage is not entry.step.stage)
        return replace(self, steps=(*self.steps[:index], entry, *self.steps[index:]), skipped=skipped)

    def removed(self, index: int) -> Recipe:
        """Return the recipe without the entry at `index`."""
        return replace(self, steps=(*self.steps[:index], *self.steps[index + 1 :]))

    def moved(self, index: int, target: int) -> Recipe:
        """Return the recipe with the entry at `index` moved so that it stands at `target`."""
        return self.removed(index).inserted(target, self.steps[index])


def joined(parent: str, entry: RecipeStep, peers: Sequence[str]) -> str:
    """Name of all that an entry looks at: its own channel, or all of them."""
    return " ".join((parent, *sorted(peers))) if entry.step.joint is not None and peers else parent


def _name_of(what: list[Any]) -> str:
    text = json.dumps(what, sort_keys=True, separators=(",", ":"))
    return hashlib.sha256(text.encode()).hexdigest()[:24]


def default_step(name: str) -> RecipeStep:
    """A recipe entry with the step's default parameters.

    Raises
    ------
    ParameterError
        If the step has parameters without default.
    """
    step = step_named(name)
    return RecipeStep(step, step.params.parse({}, owner=name))


def _without_none(table: Mapping[str, Any]) -> Table:
    # TOML has no null: what is absent takes its default, and every None here is a default.
    return {key: value for key, value in table.items() if value is not None}


def _check_head(table: Mapping[str, Any], origin: str) -> None:
    if table.get("format") != FORMAT:
        raise RecipeError(
            f"{origin} is of another recipe format",
            expected=f"format = {FORMAT}",
            got=table.get("format"),
            remedy="open it with the version of Trueslice that wrote it, or a newer one",
        )
    unknown = set(table) - {"format", "name", "skipped", "step"}
    if unknown:
        raise RecipeError(
            f"{origin} has unknown entries", expected="format, name, skipped, step", got=sorted(unknown)
        )
    stages, skipped = [stage.value for stage in Stage], table.get("skipped", [])
    if not isinstance(skipped, list) or any(stage not in stages for stage in skipped):
        raise RecipeError(
            f"{origin}: what is skipped is a list of stages",
            expected=", ".join(stages),
            got=f"{skipped!r:.80}",
        )
    if not isinstance(table.get("name", ""), str):
        raise RecipeError(f"{origin}: the name of a recipe is a text", got=f"{table['name']!r:.80}")
    if not isinstance(table.get("step", []), list):
        raise RecipeError(f"{origin}: steps are written as [[step]]", got=type(table["step"]).__name__)


def _entry(entry: object, number: int) -> RecipeStep:
    if not isinstance(entry, dict) or not isinstance(entry.get("step"), str):
        raise RecipeError(f"step {number} has no name", expected='step = "crop"', got=entry)
    owner = f"step {number} ({entry['step']})"
    unknown = set(entry) - {"step", "version", "params", "estimate"}
    if unknown:
        raise RecipeError(
            f"{owner} has unknown entries", expected="step, version, params, estimate", got=sorted(unknown)
        )
    step = step_named(entry["step"])
    values = _migrated(step, entry.get("version", step.version), entry.get("params", {}), owner)
    params = step.params.parse(values, owner=owner)
    return RecipeStep(step, params, _own_estimate(step, entry.get("estimate"), owner))


def _migrated(step: AnyStep, version: object, values: object, owner: str) -> Table:
    if not isinstance(values, dict):
        raise RecipeError(f"{owner}: parameters are written as a table [step.params]", got=values)
    if type(version) is not int or version > step.version or version < 1:
        raise RecipeError(
            f"{owner} is of another version",
            expected=f"1-{step.version}",
            got=version,
            remedy="update Trueslice",
        )
    for old in range(version, step.version):
        if old not in step.migrations:
            raise RecipeError(
                f"{owner}: version {old} gave other results and cannot be repeated by this program",
                expected=f"version {step.version}",
                remedy="check the parameters and set the version by hand",
            )
        values = step.migrations[old](values)
    return values


def _own_estimate(step: AnyStep, values: object, owner: str) -> Estimate | None:
    if values is None:
        return None
    if step.estimate_type is None:
        raise RecipeError(f"{owner} estimates nothing, so its estimate cannot be given")
    if step.survey is not None and step.refine is None and step.apply is None:
        raise RecipeError(
            f"{owner} measures, so its numbers cannot be given", remedy="delete the table [step.estimate]"
        )
    try:
        estimate: Estimate = step.estimate_type.model_validate(values)
    except ValidationError as error:
        raise parameter_error(error, step.estimate_type, f"{owner} estimate") from None
    return estimate


__all__ = ["FORMAT", "Recipe", "RecipeStep", "default_step"]
