"""What a report is made from: measured values with title, parameters, recipe and checksums of the input.

They come from ``measures.json`` (format 1), from a report folder, or from a project.
"""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from importlib.metadata import PackageNotFoundError, version
from pathlib import Path
from typing import Any

from pydantic import BaseModel, ConfigDict, Field, ValidationError

from core import __version__
from core.errors import DamagedFileError, ProjectError, ReadError, UnsupportedFormatError
from core.job import Job
from core.measure.results import Measured
from core.project import MARKER, Project
from core.recipe import Recipe

FORMAT = 1
MEASURES = "measures.json"
LIBRARIES = ("numpy", "scipy", "numba")
STEP = "measure"


@dataclass(frozen=True)
class InputFile:
    """A file that the voxels came from: its name without folder, and the checksum of its bytes."""

    path: str
    sha256: str


def library_versions() -> dict[str, str]:
    """Versions of the libraries that compute."""
    found = {}
    for name in LIBRARIES:
        try:
            found[name] = version(name)
        except PackageNotFoundError:
            found[name] = "not installed"
    return found


@dataclass(frozen=True)
class ReportInput:
    """One measured volume.

    Attributes
    ----------
    title : str
        For headings and legends.
    measured : Measured
        The values.
    params : dict
        Parameters of the measuring step, plain values.
    recipe : str or None
        The recipe (TOML) that led to the volume, with the measuring step.
    inputs : sequence of InputFile
        Where the voxels came from.
    program, libraries : str, dict
        Versions that made the values.
    """

    title: str
    measured: Measured
    params: Mapping[str, Any] = field(default_factory=dict)
    recipe: str | None = None
    inputs: Sequence[InputFile] = ()
    program: str = __version__
    libraries: Mapping[str, str] = field(default_factory=library_versions)

    def table(self) -> dict[str, Any]:
        """Plain values as written to ``measures.json``."""
        return {
            "format": FORMAT,
            "program": self.program,
            "libraries": dict(self.libraries),
            "title": self.title,
            "input": [{"path": file.path, "sha256": file.sha256} for file in self.inputs],
            "recipe": self.recipe,
            "params": dict(self.params),
            "measured": self.measured.model_dump(mode="json"),
        }


class _File(BaseModel):
    model_config = ConfigDict(extra="ignore")

    path: str
    sha256: str


class _Saved(BaseModel):
    """What a file of format 1 holds; newer programs may add to it."""

    model_config = ConfigDict(extra="ignore")

    program: str
    title: str
    input: list[_File]
    recipe: str | None
    params: dict[str, Any]
    measured: Measured
    libraries: dict[str, str] = Field(default_factory=dict)


def load_measures(path: Path, job: Job | None = None) -> tuple[ReportInput, ...]:
    """Read measured values.

    Parameters
    ----------
    path : Path
        A ``measures.json``, a report folder, or a project whose measuring step has finished.
    job : Job, optional
        Checking a project's input files can be cancelled.

    Returns
    -------
    tuple of ReportInput
        One from a file; one per result from a report of several; one per channel from a project.

    Raises
    ------
    ReadError
        If the file is not there or is none of ours.
    DamagedFileError
        If its values cannot be right.
    ProjectError
        If a project has not been measured.
    """
    if path.is_dir():
        if (path / MARKER).is_file():
            return tuple(_from_project(Project.open(path), job or Job()))
        files = sorted(path.glob("measures*.json"), key=lambda file: (len(file.name), file.name))
        if not files:
            raise UnsupportedFormatError(
                f"{path} holds nothing measured",
                expected=f"a project ({MARKER}), a report folder ({MEASURES}), or such a file",
                remedy="measure first: trueslice run, or trueslice measure",
            )
        return tuple(_from_file(file) for file in files)
    return (_from_file(path),)


def _from_file(path: Path) -> ReportInput:
    try:
        table = json.loads(path.read_bytes())
    except OSError as error:
        raise ReadError(
            f"cannot read {path}: {error.strerror or error}", remedy=f"name a {MEASURES} or a project folder"
        ) from error
    except (ValueError, RecursionError) as error:
        raise DamagedFileError(
            f"{path} is not JSON",
            expected=MEASURES,
            got=str(error)[:200],
            remedy=f"name a {MEASURES}, a report folder, or a project that was measured",
        ) from error
    if not isinstance(table, dict) or "measured" not in table:
        raise UnsupportedFormatError(
            f"{path} holds nothing measured",
            expected='an object with "format" and "measured"',
            remedy=f"name a {MEASURES} that a report has written, or a project folder",
        )
    if table.get("format") != FORMAT or isinstance(table.get("format"), bool):
        raise UnsupportedFormatError(
            f"{path} is of another format",
            expected=FORMAT,
            got=repr(table.get("format"))[:80],
            remedy="open it with the version of Trueslice that wrote it, or a newer one",
        )
    try:
        saved = _Saved.model_validate(table)
    except ValidationError as error:
        first = error.errors()[0]
        place = ".".join(map(str, first["loc"]))
        raise DamagedFileError(
            f"{path} is damaged: {place}: {first['msg']}", got=f"{error.error_count()} values that are wrong"
        ) from error
    return ReportInput(
        title=saved.title,
        measured=saved.measured,
        params=saved.params,
        recipe=saved.recipe,
        inputs=tuple(InputFile(file.path, file.sha256) for file in saved.input),
        program=saved.program,
        libraries=saved.libraries,
    )


def _from_project(project: Project, job: Job) -> Iterator[ReportInput]:
    recipe = project.recipe
    steps = [index for index, entry in enumerate(recipe.steps) if entry.step.name == STEP]
    name = project.folder.resolve().name
    if not steps:
        raise ProjectError(
            f"the recipe of {project.folder} measures nothing",
            expected=f"a step '{STEP}'",
            got=", ".join(entry.step.name for entry in recipe.steps) or "no steps",
            remedy=f"add the step '{STEP}' and run the recipe",
        )
    for channel in project.specs:
        project.root_key(channel, job)
        found = _last_measured(project, channel, recipe, steps)
        if found is None:
            raise ProjectError(
                f"{project.folder} has not been measured yet" + (f" ({channel})" if channel else ""),
                expected=f"a finished step '{STEP}' with all its values",
                remedy="run the recipe to its end: trueslice run, or Run in the window",
            )
        index, measured = found
        title = f"{name}, {channel}" if channel else name
        params = recipe.steps[index].params.model_dump(mode="json")
        yield ReportInput(title, measured, params, recipe.dumps(), input_sums(project, channel))


def _last_measured(
    project: Project, channel: str, recipe: Recipe, steps: Sequence[int]
) -> tuple[int, Measured] | None:
    for index in reversed(steps):
        measured = getattr(project.estimate(channel, index, recipe), "measured", None)
        if isinstance(measured, Measured):
            return index, measured
    return None


def input_sums(project: Project, channel: str) -> tuple[InputFile, ...]:
    """Names and checksums of a channel's files as the project keeps them; empty before they were computed."""
    path = project.folder / "inputs.json"
    try:
        files = json.loads(path.read_bytes())[channel]
        return tuple(InputFile(Path(name).name, file["sha256"]) for name, file in files.items())
    except FileNotFoundError:
        return ()
    except (OSError, ValueError, KeyError, TypeError, AttributeError) as error:
        raise ProjectError(f"the checksums of the input files in {path} cannot be read: {error}") from error
