"""A project folder: inputs with checksums, a recipe, and the results of its prefixes.

::

    trueslice.json     marker and inputs            recipe.toml   the recipe
    inputs.json        checksums of the inputs      results/KEY/  one stored result each
    exports/           exported files               report/       pictures and numbers
    models.json        of the networks that were asked: what tells whose results these are
"""

from __future__ import annotations

import contextlib
import hashlib
import json
import os
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from enum import Enum
from functools import cached_property
from pathlib import Path
from typing import Any

from filelock import FileLock, Timeout
from pydantic import BaseModel, ConfigDict, Field, TypeAdapter, ValidationError

from core import __version__
from core.errors import InputChangedError, ProjectError, TruesliceError
from core.execute.lazy import applied
from core.files import make_folder, sha256, write_json
from core.io import ReadOptions, input_files, open_stack
from core.job import Job
from core.models.memory import of_project, recall, remember
from core.recipe import Recipe, joined
from core.step import Estimate
from core.store import ResultStore
from core.volume import Volume

FORMAT = 1
MARKER = "trueslice.json"


class InputSpec(BaseModel):
    """One channel: where its slices are and how they are read."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    paths: tuple[Path, ...] = Field(min_length=1)
    options: ReadOptions = ReadOptions()


class StepState(Enum):
    """How far a recipe entry has been computed."""

    TODO = "to do"
    PARTIAL = "begun"
    DONE = "done"


@dataclass(frozen=True)
class Project:
    """A project on disk. Volumes are opened when first asked for."""

    folder: Path
    specs: Mapping[str, InputSpec]
    _inputs: dict[str, Volume] = field(default_factory=dict, compare=False, repr=False)
    _roots: dict[str, str] = field(default_factory=dict, compare=False, repr=False)

    # ---- making and opening
    @classmethod
    def create(
        cls,
        folder: Path,
        inputs: Mapping[str, InputSpec],
        *,
        recipe: Recipe | None = None,
        job: Job | None = None,
    ) -> Project:
        """Make a project, or open the one that is there with the same inputs.

        Nothing is written unless every input opens and the recipe fits it.

        Parameters
        ----------
        folder : Path
            Where the project is, or will be.
        inputs : mapping of str to InputSpec
            Channels by name.
        recipe : Recipe, optional
            Takes the place of the saved recipe.
        job : Job, optional
            Progress and cancelling.

        Raises
        ------
        ProjectError
            If the folder holds a project of other inputs.
        ReadError
            If an input cannot be opened.
        RecipeError
            If the recipe does not fit.
        """
        folder = Path(os.path.abspath(folder))
        specs = {
            name: spec.model_copy(update={"paths": tuple(Path(os.path.abspath(p)) for p in spec.paths)})
            for name, spec in inputs.items()
        }
        if not specs:
            raise ProjectError("a project needs at least one input")
        if os.path.isfile(folder / MARKER):
            found = cls.open(folder)
            if dict(found.specs) != specs:
                raise ProjectError(
                    f"{folder} is a project of other inputs",
                    expected=_shown(specs),
                    got=_shown(found.specs),
                    remedy="choose another output folder",
                )
            found._prepare(recipe, job)
            return found
        project = cls(folder, specs)
        project._prepare(recipe, job, new=True)
        return project

    def _prepare(self, recipe: Recipe | None, job: Job | None, *, new: bool = False) -> None:
        if new or recipe is not None:
            for channel in self.specs:
                volume = self.input(channel, job)
                if recipe is not None:
                    recipe.infos(volume.info)
        if new:
            make_folder(self.folder)
            self._write_marker()
        if recipe is not None:
            self.save_recipe(recipe)

    @classmethod
    def open(cls, folder: Path) -> Project:
        """Open an existing project folder.

        Raises
        ------
        ProjectError
            If it is none, or was made by a newer version.
        """
        folder = Path(os.path.abspath(folder))
        try:
            table = json.loads((folder / MARKER).read_text(encoding="utf-8"))
        except FileNotFoundError as error:
            raise ProjectError(f"{folder} is not a project", expected=f"a folder with {MARKER}") from error
        except (OSError, ValueError, RecursionError) as error:
            raise ProjectError(f"{folder / MARKER} cannot be read: {error}") from error
        if not isinstance(table, dict) or table.get("format") != FORMAT:
            table = table if isinstance(table, dict) else {}
            raise ProjectError(
                f"{folder} was made by another version of Trueslice ({table.get('program', 'unknown')})",
                expected=f"format {FORMAT}",
                got=table.get("format"),
                remedy="open it with that version or a newer one",
            )
        try:
            specs = {name: InputSpec.model_validate(spec) for name, spec in table["input"].items()}
        except (KeyError, AttributeError, ValidationError) as error:
            raise ProjectError(f"{folder / MARKER} is damaged: {error}") from error
        if not specs:
            raise ProjectError(f"{folder / MARKER} is damaged", expected="at least one input", got="none")
        recall(folder)
        return cls(folder, {name: _found_again(specs[name], folder) for name in _ordered(table, specs)})

    # ---- parts
    @property
    def channels(self) -> tuple[str, ...]:
        """Names of all channels, the first one first."""
        return tuple(self.specs)

    @cached_property
    def inputs(self) -> Mapping[str, Volume]:
        """The raw volumes by channel, opened lazily and never changed."""
        return {name: self.input(name) for name in self.specs}

    def input(self, channel: str, job: Job | None = None) -> Volume:
        """The raw volume of one channel."""
        if channel not in self._inputs:
            spec = self.specs[channel]
            volume = open_stack(spec.paths, spec.options, job or Job())
            info = volume.info.with_(channel=channel)
            self._inputs[channel] = Volume(info, volume.source, volume.metadata, volume.notes)
        return self._inputs[channel]

    @property
    def recipe(self) -> Recipe:
        """The saved recipe; empty if none was saved."""
        path = self.folder / "recipe.toml"
        return Recipe.load(path) if os.path.isfile(path) else Recipe()

    def save_recipe(self, recipe: Recipe) -> None:
        """Keep the recipe with the project."""
        recipe.save(self.folder / "recipe.toml")

    def remember_models(self, recipe: Recipe) -> None:
        """Keep what is needed to show the results of a recipe when the models it asks are gone."""
        names = {entry.step.model(entry.params) for entry in recipe.flattened()[0].steps} - {""}
        if names:
            remember(self.folder, sorted(names))

    @property
    def exports(self) -> Path:
        """Folder of exported files."""
        return self.folder / "exports"

    def store(self, key: str) -> ResultStore:
        """Where the result named `key` lives."""
        return ResultStore(self.folder / "results" / key)

    # ---- names of results
    def root_key(self, channel: str, job: Job | None = None) -> str:
        """Name of the raw volume: its bytes and how they are read, wherever the files are.

        Raises
        ------
        InputChangedError
            If a file is not the one this project was made from.
        """
        spec = self.specs[channel]
        sums = self._checksums(channel, job or Job())
        options = spec.options.model_dump(mode="json", exclude_none=True)
        text = json.dumps([FORMAT, channel, sums, options], sort_keys=True)
        self._roots[channel] = hashlib.sha256(text.encode()).hexdigest()[:24]
        return self._roots[channel]

    def _root(self, channel: str) -> str:
        """`root_key` as last checked: looking things up must not look at 10 000 files each time."""
        return self._roots.get(channel) or self.root_key(channel)

    def keys(self, channel: str, recipe: Recipe) -> tuple[str, ...]:
        """Names of the channel's results after 0, 1, ... n steps."""
        with of_project(self.folder):
            return recipe.keys(self._root(channel), self._peers(recipe))

    def findings(self, channel: str, recipe: Recipe, index: int) -> ResultStore:
        """Where that lives which step `index` finds."""
        recipe, count = _flat(recipe, index + 1)
        index = count - 1
        entry, keys = recipe.steps[index], self.keys(channel, recipe)
        if not entry.step.late:
            return self.store(keys[index + 1])
        with of_project(self.folder):
            return self.store(entry.finding_key(joined(keys[index], entry, self._peers(recipe))))

    def _peers(self, recipe: Recipe) -> tuple[str, ...]:
        flat = recipe.flattened()[0].steps
        alone = len(self.specs) == 1 or not any(entry.step.joint or entry.fuses for entry in flat)
        return () if alone else tuple(self._root(name) for name in self.specs)

    def volume(self, channel: str, count: int, recipe: Recipe | None = None) -> Volume | None:
        """Result after `count` steps, or None if that has not been computed."""
        recipe, count = _flat(recipe or self.recipe, count)
        keys = self.keys(channel, recipe)
        volume = self.input(channel)
        for index, entry in enumerate(recipe.steps[:count]):
            if entry.step.sink:
                continue
            store = self.store(keys[index + 1])
            estimate = self.estimate(channel, index, recipe)
            if entry.step.estimate_type is not None and estimate is None:
                return None
            try:
                with of_project(self.folder):
                    result = applied(volume, entry, estimate)
            except TruesliceError:
                return None  # it does not fit what was found before it; a run says so
            if entry.step.keeps:
                if not store.is_done():
                    return None
                result = store.volume(result.info, volume)
            volume = result
        return volume

    def estimate(self, channel: str, index: int, recipe: Recipe | None = None) -> Estimate | None:
        """What the first pass of step `index` found (or the user's own value); None if not there yet."""
        recipe = recipe or self.recipe
        entry = recipe.steps[index]
        if entry.estimate is not None or entry.step.estimate_type is None:
            return entry.estimate
        store = self.findings(channel, recipe, index)
        estimate: Estimate | None = store.load_estimate(entry.step.estimate_type)
        return estimate

    def states(self, channel: str, recipe: Recipe | None = None) -> tuple[StepState, ...]:
        """How far each step of the recipe has been computed."""
        recipe = recipe or self.recipe
        return tuple(self._state(channel, recipe, index) for index in range(len(recipe.steps)))

    @contextlib.contextmanager
    def locked(self) -> Iterator[None]:
        """Keep other processes from writing to this project; the lock falls with the process.

        Raises
        ------
        ProjectError
            If somebody else holds it.
        """
        lock = FileLock(self.folder / ".lock", timeout=0, thread_local=False)
        try:
            lock.acquire()
        except Timeout as error:
            raise ProjectError(
                f"{self.folder} is in use by another window or run",
                remedy="wait for it, or close the other window",
            ) from error
        except OSError as error:
            raise ProjectError(f"cannot write to the project {self.folder}: {error.strerror}") from error
        try:
            yield
        finally:
            lock.release()

    # ---- details
    def _state(self, channel: str, recipe: Recipe, index: int) -> StepState:
        keys = self.keys(channel, recipe)
        entry, store = recipe.steps[index], self.store(keys[index + 1])
        if entry.step.sink:
            export = self.store(entry.key(keys[index]))
            return StepState.DONE if export.is_done() else StepState.TODO
        estimated = entry.step.estimate_type is None or entry.estimate is not None
        estimated = estimated or self.findings(channel, recipe, index).has_estimate()
        if entry.step.keeps:
            if store.is_done():
                return StepState.DONE
            begun = (store.folder, *self._grounds(channel, recipe, index))
            return StepState.PARTIAL if any(folder.is_dir() for folder in begun) else StepState.TODO
        if not estimated:
            return StepState.PARTIAL if store.folder.is_dir() else StepState.TODO
        before = index == 0 or self._state(channel, recipe, index - 1) is StepState.DONE
        return StepState.DONE if before else StepState.TODO

    def _grounds(self, channel: str, recipe: Recipe, index: int) -> tuple[Path, ...]:
        """Folders of the results that step `index` stands on."""
        flat, count = _flat(recipe, index + 1)
        before = _flat(recipe, index)[1]
        keys = self.keys(channel, flat)
        return tuple(self.store(key).folder for key in keys[before + 1 : count])

    def _write_marker(self) -> None:
        inputs = {
            name: spec.model_dump(mode="json", exclude_defaults=True) for name, spec in self.specs.items()
        }
        # JSON is written with sorted names, but "the first channel" has to stay the same one.
        order = {"order": list(inputs)} if len(inputs) > 1 else {}
        write_json(self.folder / MARKER, {"format": FORMAT, "program": __version__, "input": inputs, **order})

    def _checksums(self, channel: str, job: Job) -> list[str]:
        """SHA-256 of every input file; unchanged files (size and time) are not read again."""
        path = self.folder / "inputs.json"
        known = _known_sums(path)
        before = known.get(channel, {})
        spec = self.specs[channel]
        files = input_files(spec.paths, spec.options)
        base = Path(os.path.commonpath([file.parent for file in files]))
        names = [file.relative_to(base).as_posix() for file in files]
        now: dict[str, Any] = {}
        for name, file in job.track(zip(names, files, strict=True), len(files), "checking input files"):
            stamp = file.stat()
            old = before.get(name, {})
            if (old.get("bytes"), old.get("mtime_ns")) == (stamp.st_size, stamp.st_mtime_ns):
                now[name] = old
                continue
            found = sha256(file, job)
            if old and old.get("sha256") != found:
                raise InputChangedError(
                    f"{file} has changed since this project was made",
                    expected=old.get("sha256"),
                    got=found,
                    remedy="restore the file, or start a new project",
                )
            now[name] = {"bytes": stamp.st_size, "mtime_ns": stamp.st_mtime_ns, "sha256": found}
        if before and set(before) != set(now):
            raise InputChangedError(
                f"files of {channel or 'the input'} were added or removed since this project was made",
                got=sorted(set(before) ^ set(now))[:5],
                remedy="restore the files, or start a new project",
            )
        if now != before:
            write_json(path, {**known, channel: now})
        return [now[name]["sha256"] for name in names]


def _flat(recipe: Recipe, count: int) -> tuple[Recipe, int]:
    """The recipe as it is executed, and how many of its entries the first `count` steps are."""
    flat, places = recipe.flattened()
    return flat, places[count - 1] + 1 if count else 0


def _known_sums(path: Path) -> dict[str, dict[str, dict[str, Any]]]:
    """Checksums by channel and file name as they were last; empty if there are none yet."""
    if not path.is_file():
        return {}
    try:
        return _SUMS.validate_json(path.read_bytes())
    except (OSError, ValueError) as error:
        raise ProjectError(
            f"the checksums of the input files in {path} cannot be read",
            got=str(error)[:300],
            remedy="make sure that the input files are the right ones, delete this file, and run again",
        ) from error


_SUMS = TypeAdapter(dict[str, dict[str, dict[str, Any]]])


def _found_again(spec: InputSpec, folder: Path) -> InputSpec:
    """Inputs that moved together with the project are found beside it."""
    if all(map(os.path.exists, spec.paths)):
        return spec
    beside = tuple(folder.parent / path.name for path in spec.paths)
    return spec.model_copy(update={"paths": beside}) if all(map(os.path.exists, beside)) else spec


def _ordered(table: Mapping[str, Any], names: Iterable[str]) -> list[str]:
    """Channels in the order they were given in; those that a marker does not order come last."""
    order = table.get("order", [])
    places = {name: place for place, name in enumerate(order)} if isinstance(order, list) else {}
    return sorted(names, key=lambda name: places.get(name, len(places)))


def _shown(specs: Mapping[str, InputSpec]) -> str:
    return "; ".join(f"{name or 'input'}: {spec.paths[0]}" for name, spec in specs.items())
