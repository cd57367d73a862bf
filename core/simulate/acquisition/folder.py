"""The folder of an acquisition: to which plan it belongs, how far it is, who works on it."""

from __future__ import annotations

import contextlib
import json
import shutil
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from filelock import FileLock, Timeout

from core.errors import InputChangedError, ProjectError, WriteError
from core.files import make_folder, write_json, writing
from core.simulate.acquisition.truth import versions
from core.simulate.plan_file import NAME as PLAN

TRUTH, TRUTH_STACK, EXPECTED = "truth.json", "truth.tif", "expected.zarr"
_PROGRESS = ".progress"
_KEPT = "inputs.json"
_INPUTS = {
    "structure": "the file of the structure is",
    "cards": "the cards (calibrations) of the fast approximation are",
}


def stack_name(channel: str) -> str:
    """File of a channel."""
    return f"{channel}.tif"


@dataclass(frozen=True)
class WorkFolder:
    """A folder that one plan fills; `finish` writes the file that says it is complete, last of all."""

    path: Path

    @property
    def scratch(self) -> Path:
        """Folder for what only matters until the work is finished."""
        return self.path / _PROGRESS

    @property
    def journal(self) -> Path:
        """List of finished images."""
        return self.scratch / "images.log"

    @property
    def plan_file(self) -> Path:
        """Where the plan is kept while the work is going on."""
        return self.path / PLAN

    def found_plan(self) -> str | None:
        """Text of the plan that the folder belongs to."""
        return _text(self.plan_file)

    def is_done(self) -> bool:
        """Whether everything is there; of the expected signals, the group."""
        return self.is_described() and not self.missing()

    def is_described(self) -> bool:
        """Whether it was finished once: the file that says so is written last."""
        return (self.path / TRUTH).is_file()

    def missing(self) -> set[str]:
        """Names of files that belong to the finished folder and are not there."""
        stacks = [stack_name(channel) for channel in self.answer()["channels"]]
        names = {PLAN, TRUTH, TRUTH_STACK, f"{EXPECTED}/zarr.json", *stacks}
        return {name for name in names if not (self.path / name).is_file()}

    def answer(self) -> dict[str, Any]:
        """What the finished work says of itself.

        Raises
        ------
        ProjectError
            If the file is damaged.
        """
        table = read_json(self.path / TRUTH)
        if not {"channels", "shape_zyx", "versions"} <= set(table):
            raise ProjectError(
                f"{self.path / TRUTH} does not say what was simulated",
                remedy="delete the folder and simulate again",
            )
        return table

    def finish(self, answer: dict[str, Any]) -> None:
        """Say that everything is there."""
        write_json(self.path / TRUTH, answer)

    def check(self, plan_text: str) -> None:
        """Refuse a folder that belongs to another plan or to something else.

        Raises
        ------
        WriteError
            Naming what is in the way.
        """
        if self.path.is_file():
            raise WriteError(f"{self.path} is a file", remedy="choose another folder")
        if not self.path.is_dir() or {entry.name for entry in self.path.iterdir()} <= {_PROGRESS}:
            return
        found = self.found_plan()
        if found is None:
            raise WriteError(
                f"{self.path} holds something else", remedy="choose a folder that is new or empty"
            )
        if found != plan_text:
            raise WriteError(
                f"{self.path} belongs to another plan",
                expected="the plan it was begun with",
                remedy="choose another folder, delete this one, or run its own plan",
            )

    @contextlib.contextmanager
    def claimed(
        self,
        plan_text: str,
        structure_sha256: str | None = None,
        cards: Mapping[str, str] | None = None,
    ) -> Iterator[None]:
        """Make the folder, put the plan into it and keep other processes out.

        Parameters
        ----------
        plan_text : str
            The plan as its file holds it.
        structure_sha256 : str, optional
            Checksum of the file that the structure is read from.
        cards : mapping of str to str, optional
            Checksums of the cards of the fast approximation.

        Raises
        ------
        InputChangedError
            If the file or a card is another one than when the work was begun.
        WriteError
            If it belongs to another plan or cannot be written.
        ProjectError
            If another process works on it.
        """
        self.check(plan_text)
        make_folder(self.scratch)
        lock = FileLock(self.scratch / "lock", timeout=0, thread_local=False)
        try:
            lock.acquire()
        except Timeout as error:
            raise ProjectError(
                f"another run works on {self.path}", remedy="wait for it, or choose another folder"
            ) from error
        except OSError as error:
            raise WriteError(f"cannot write {self.path}: {error.strerror}") from error
        try:
            if not self.plan_file.is_file():
                with writing(self.plan_file):
                    temporary = self.scratch / "plan.new"
                    temporary.write_bytes(plan_text.encode())
                    temporary.replace(self.plan_file)
            self._keep_inputs({"structure": structure_sha256, "cards": dict(cards or {})})
            yield
        finally:
            lock.release()

    def _keep_inputs(self, inputs: dict[str, Any]) -> None:
        kept, now = self.scratch / _KEPT, versions()
        if not kept.is_file():
            write_json(kept, {**inputs, "versions": [now]})
            return
        before = read_json(kept)
        for name, what in _INPUTS.items():
            if before.get(name) != inputs[name]:
                raise InputChangedError(
                    f"{what} not what {self.path} was begun with",
                    expected=before.get(name),
                    got=inputs[name],
                    remedy="put the old one back, or choose another folder",
                )
        if now not in before["versions"]:
            write_json(kept, {**before, "versions": [*before["versions"], now]})

    def versions(self) -> list[dict[str, str]]:
        """Versions of the program and its parts that have worked on it so far, the first first."""
        found: list[dict[str, str]] = read_json(self.scratch / _KEPT)["versions"]
        return found

    def tidy(self) -> None:
        """Remove what only mattered until the work was finished."""
        with contextlib.suppress(OSError):
            shutil.rmtree(self.scratch)


class WorkGroup(WorkFolder):
    """The same for a Zarr v3 group, which must hold nothing but its parts: the plan is an attribute."""

    @property
    def plan_file(self) -> Path:
        """Where the plan is kept while the work is going on."""
        return self.scratch / PLAN

    def found_plan(self) -> str | None:
        """Text of the plan that the group belongs to."""
        if self.is_done():
            return str(self.answer().get("plan_file"))
        return _text(self.plan_file)

    def is_done(self) -> bool:
        """Whether everything is there: the description of the group is written last."""
        return (self.path / "zarr.json").is_file()

    def answer(self) -> dict[str, Any]:
        """Attributes of the group."""
        attributes: dict[str, Any] = read_json(self.path / "zarr.json").get("attributes", {})
        return attributes

    def finish(self, answer: dict[str, Any]) -> None:
        """Describe the group."""
        write_group(self.path, {**answer, "plan_file": self.plan_file.read_text(encoding="utf-8")})


def write_group(path: Path, attributes: dict[str, Any]) -> None:
    """Write the description of a Zarr v3 group, whole or not at all."""
    write_json(path / "zarr.json", {"zarr_format": 3, "node_type": "group", "attributes": attributes})


def read_json(path: Path) -> dict[str, Any]:
    """Contents of a file of one JSON object.

    Raises
    ------
    ProjectError
        If it is damaged.
    """
    try:
        table = json.loads(path.read_text(encoding="utf-8"))
    except (OSError, ValueError) as error:
        raise ProjectError(
            f"{path} cannot be read", got=str(error)[:200], remedy="delete the folder and simulate again"
        ) from error
    return table if isinstance(table, dict) else {}


def _text(path: Path) -> str | None:
    try:
        return path.read_text(encoding="utf-8")
    except FileNotFoundError:
        return None
    except (OSError, UnicodeDecodeError) as error:
        raise WriteError(f"cannot read {path}", remedy="choose another folder") from error
