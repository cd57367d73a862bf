"""The folder of an acquisition: to which plan it belongs, how far it is, who works on it."""

from __future__ import annotations

import contextlib
import json
import shutil
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from filelock import FileLock, Timeout

from core.errors import InputChangedError, ProjectError, WriteError
from core.files import make_folder, write_json, writing

PLAN, TRUTH, EXPECTED = "plan.toml", "truth.json", "expected.zarr"
_PROGRESS = ".progress"


@dataclass(frozen=True)
class WorkFolder:
    """A folder that one plan fills; `finish` writes the file that says it is complete, last of all.

    Attributes
    ----------
    path : Path
    result : str
        Name of the file, or of the attribute file, whose presence says that all is there.
    """

    path: Path
    result: str = TRUTH

    @property
    def journal(self) -> Path:
        """List of finished images."""
        return self.path / _PROGRESS / "images.log"

    @property
    def scratch(self) -> Path:
        """Folder for what only matters until the work is finished."""
        return self.path / _PROGRESS

    def is_done(self) -> bool:
        """Whether everything is there."""
        return (self.path / self.result).is_file()

    def answer(self) -> dict[str, Any]:
        """What the finished work says of itself.

        Raises
        ------
        ProjectError
            If the file is damaged.
        """
        target = self.path / self.result
        try:
            answer: dict[str, Any] = json.loads(target.read_text(encoding="utf-8"))
        except (OSError, ValueError) as error:
            raise ProjectError(
                f"{target} cannot be read",
                got=str(error)[:200],
                remedy="delete the folder and simulate again",
            ) from error
        return answer

    def check(self, plan_text: str) -> None:
        """Refuse a folder that belongs to another plan or to something else.

        Raises
        ------
        WriteError
            Naming what is in the way.
        """
        if self.path.is_file():
            raise WriteError(f"{self.path} is a file", remedy="choose another folder")
        if not self.path.is_dir() or not any(self.path.iterdir()):
            return
        own = self.path / PLAN
        try:
            found = own.read_text(encoding="utf-8")
        except FileNotFoundError:
            if {entry.name for entry in self.path.iterdir()} <= {_PROGRESS}:
                return
            raise WriteError(
                f"{self.path} holds something else", remedy="choose a folder that is new or empty"
            ) from None
        except (OSError, UnicodeDecodeError) as error:
            raise WriteError(f"cannot read {own}", remedy="choose another folder") from error
        if found != plan_text:
            raise WriteError(
                f"{self.path} belongs to another plan",
                expected=f"the plan in {own}",
                remedy="choose another folder, delete this one, or run its own plan",
            )

    @contextlib.contextmanager
    def claimed(self, plan_text: str, structure_sha256: str | None = None) -> Iterator[None]:
        """Make the folder, put the plan into it and keep other processes out.

        Parameters
        ----------
        plan_text : str
            The plan as its file holds it.
        structure_sha256 : str, optional
            Checksum of the file that the structure is read from.

        Raises
        ------
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
            own = self.path / PLAN
            if not own.is_file():
                with writing(own):
                    temporary = self.scratch / PLAN
                    temporary.write_bytes(plan_text.encode())
                    temporary.replace(own)
            self._keep_input(structure_sha256)
            yield
        finally:
            lock.release()

    def _keep_input(self, checksum: str | None) -> None:
        kept = self.scratch / "structure.json"
        if not kept.is_file():
            write_json(kept, checksum)
        elif json.loads(kept.read_text(encoding="utf-8")) != checksum:
            raise InputChangedError(
                f"the file of the structure is not the one that {self.path} was begun with",
                got=checksum,
                remedy="put the old file back, or choose another folder",
            )

    def finish(self, answer: dict[str, Any]) -> None:
        """Say that everything is there."""
        write_json(self.path / self.result, answer)

    def tidy(self) -> None:
        """Remove what only mattered until the work was finished."""
        with contextlib.suppress(OSError):
            shutil.rmtree(self.scratch)
