"""Trains networks in a process of their own: torch, its threads and its memory never touch the window.

The process is the command ``trueslice train --follow``. It tells how far it is in lines of JSON on standard
error, and stops when its standard input is closed, as that of a window that has crashed is.
"""

from __future__ import annotations

import contextlib
import json
import logging
import os
import sys
from collections import deque
from collections.abc import Sequence
from importlib.util import find_spec
from pathlib import Path
from typing import TYPE_CHECKING, Any

from PySide6.QtCore import QObject, QProcess, QProcessEnvironment, QTimer, Signal

import core
from app.places import program_data
from core import errors
from core.errors import MissingExtraError, TruesliceError
from core.files import make_folder
from core.job import JobState, Progress

if TYPE_CHECKING:
    from core.learn.params.recipe import TrainingRecipe

CANCELLED, MOST_LINES, UNITS = 130, 20, 1000
AT_ONCE_MS, SAVING_MS = 600, 10_000
GOES_ON = "what is finished is kept: start it again with the same folder, and it goes on"

log = logging.getLogger("trueslice.train")


def trainable() -> bool:
    """Whether PyTorch is there; looked for, not imported."""
    return find_spec("torch") is not None


def no_torch() -> MissingExtraError:
    """What is missing, and how to get it."""
    return MissingExtraError(
        "training needs PyTorch, which this installation does not have",
        expected="the package torch",
        remedy='install it with pip install "trueslice[train]", and start the program again; models are run '
        "without it",
    )


def worker_command() -> list[str]:
    """The program that is started, up to its sub-command."""
    if getattr(sys, "frozen", False):
        return [sys.executable]
    return [sys.executable, "-m", "core"]


class Trainer(QObject):
    """One training at a time, or one estimate of what it would cost.

    Signals: `started` (folder), `progressed` (`Progress`), `pointed` (table of an epoch), `succeeded` (answer
    of the command), `priced` (cost), `cancelled`, `failed` (exception), `ended` (`JobState`); `added` (name)
    when a model has come among the user's.
    """

    started = Signal(object)
    progressed = Signal(object)
    pointed = Signal(object)
    succeeded = Signal(object)
    priced = Signal(object)
    cancelled = Signal()
    failed = Signal(object)
    ended = Signal(object)
    added = Signal(str)

    def __init__(self, parent: QObject | None = None) -> None:
        super().__init__(parent)
        self.folder: Path | None = None
        self._process: QProcess | None = None
        self._recipe: Path | None = None
        self._estimates = self._stopping = self._begun = False
        self._rest, self._answer = b"", b""
        self._said = deque[str](maxlen=MOST_LINES)
        self._patience = QTimer(self)
        self._patience.setSingleShot(True)
        self._patience.timeout.connect(self._kill)

    @property
    def running(self) -> bool:
        """Whether a network is being trained."""
        return self.active and not self._estimates

    @property
    def active(self) -> bool:
        """Whether there is a process, for a training or an estimate."""
        return self._process is not None

    @property
    def stopping(self) -> bool:
        """Whether it was asked to stop and has not ended yet."""
        return self.active and self._stopping

    def tell_added(self, name: str) -> None:
        """Tell everybody who lists models that there is one more."""
        self.added.emit(name)

    # ---- starting and stopping
    def start(
        self, recipe: TrainingRecipe, folder: Path, *, device: str = "auto", threads: int | None = None
    ) -> None:
        """Train in `folder`, or go on with what is there of the same recipe.

        Raises
        ------
        MissingExtraError
            If PyTorch is not installed.
        WriteError
            If the recipe cannot be handed over.
        """
        self._launch(recipe, folder, _machine(device, threads))

    def estimate(
        self, recipe: TrainingRecipe, folder: Path, *, device: str = "auto", threads: int | None = None
    ) -> None:
        """Find out what it would cost: a few steps are measured, nothing is written."""
        self._launch(recipe, folder, (*_machine(device, threads), "--estimate-only"))

    def stop(self) -> None:
        """Ask it to stop; what is finished is kept. Who does not listen is ended."""
        if self._process is not None and not self._stopping:
            self._stopping = True
            self._process.closeWriteChannel()
            # Before the first step nothing has to be saved; libraries that are being loaded do not listen.
            self._patience.start(SAVING_MS if self._begun else AT_ONCE_MS)

    def _launch(self, recipe: TrainingRecipe, folder: Path, options: Sequence[str]) -> None:
        if self.active:
            return
        if not trainable():
            raise no_torch()
        self._recipe = _handed_over(recipe)
        self._estimates = "--estimate-only" in options
        self.folder, self._stopping, self._begun = folder, False, False
        self._rest = self._answer = b""
        self._said.clear()
        process = QProcess(self)
        process.setProcessEnvironment(_environment())
        process.readyReadStandardError.connect(self._read)
        process.readyReadStandardOutput.connect(self._read_answer)
        process.finished.connect(self._finished)
        process.errorOccurred.connect(self._not_started)
        self._process = process
        program, *before = worker_command()
        words = [*before, "train", str(self._recipe), "-o", str(folder), "--json", "--follow", *options]
        if not self._estimates:
            log.info("The training begins: %s", folder)
        self.started.emit(folder)
        process.start(program, words)

    def _kill(self) -> None:
        if self._process is not None:
            self._process.kill()

    # ---- what it says
    def _read(self) -> None:
        if self._process is None:
            return
        *lines, self._rest = (self._rest + self._process.readAllStandardError().data()).split(b"\n")
        for line in lines:
            self._take(line.decode("utf-8", "replace").rstrip())

    def _read_answer(self) -> None:
        if self._process is not None:
            self._answer += self._process.readAllStandardOutput().data()
            if self._stopping and self._answer.endswith(b"\n"):
                self._process.kill()  # everything is saved; libraries take their time to end

    def _take(self, line: str) -> None:
        told = _table(line)
        if "point" in told:
            self.pointed.emit(told["point"])
        elif "message" in told:
            share = told.get("progress")
            self._begun |= "epoch" in str(told["message"])
            total = 0 if share is None else UNITS
            self.progressed.emit(Progress(round(UNITS * (share or 0)), total, str(told["message"])))
        elif line:
            self._said.append(line)

    # ---- how it ends
    def _not_started(self, error: QProcess.ProcessError) -> None:
        if error is QProcess.ProcessError.FailedToStart and self._process is not None:
            words = TruesliceError(
                "the training could not be started", got=self._process.errorString(), remedy="try again"
            )
            self._end(JobState.FAILED, words)

    def _finished(self, code: int, status: QProcess.ExitStatus) -> None:
        process = self._process
        if process is None:
            return
        self._read()
        self._take(self._rest.decode("utf-8", "replace"))
        answer = _table((self._answer + process.readAllStandardOutput().data()).decode("utf-8", "replace"))
        crashed = status is QProcess.ExitStatus.CrashExit
        if self._stopping and (crashed or code == CANCELLED):
            self._end(JobState.CANCELLED)
        elif code == 0 and answer and not crashed:
            self._end(JobState.SUCCEEDED, answer)
        else:
            told = not crashed and answer.get("error")
            self._end(JobState.FAILED, error_of(answer) if told else _crash(code, crashed, self._said))

    def _end(self, state: JobState, value: Any = None) -> None:
        estimates, process, recipe = self._estimates, self._process, self._recipe
        self._process = self._recipe = None
        self._patience.stop()
        if process is not None:
            process.deleteLater()
        if recipe is not None:
            with contextlib.suppress(OSError):
                recipe.unlink()
        if state is JobState.SUCCEEDED:
            self._succeed(value, estimates)
        elif state is JobState.CANCELLED:
            if not estimates:
                log.info("The training was stopped; %s.", GOES_ON)
            self.cancelled.emit()
        else:
            self.failed.emit(value)
        self.ended.emit(state)

    def _succeed(self, answer: dict[str, Any], estimates: bool) -> None:
        if estimates:
            self.priced.emit(answer.get("cost", {}))
            return
        for note in answer.get("warnings", ()):
            log.warning("%s", note)
        log.info("The training is done: %s", self.folder)
        self.succeeded.emit(answer)


def error_of(told: dict[str, Any]) -> TruesliceError:
    """The error that the command has told."""
    kind = getattr(errors, str(told.get("kind", "")), TruesliceError)
    known = isinstance(kind, type) and issubclass(kind, TruesliceError)
    made: TruesliceError = (kind if known else TruesliceError)(str(told["error"]))
    made.expected, made.got = told.get("expected"), told.get("got")
    made.remedy = str(told.get("remedy", "")) or made.remedy
    return made


def _crash(code: int, crashed: bool, lines: Sequence[str]) -> TruesliceError:
    """The words for a process that has ended without any."""
    how = f"signal {code}" if crashed and os.name != "nt" else f"exit code {code}"
    memory = " The system ends programs so when memory runs out." if crashed and code == 9 else ""
    return TruesliceError(
        f"the training ended unexpectedly ({how}).{memory}",
        got="\n".join(lines) or "nothing was said",
        remedy=f"{GOES_ON}; where memory is short, choose smaller batches or patches",
    )


def _machine(device: str, threads: int | None) -> tuple[str, ...]:
    """Options that say what computes."""
    named = ("mps" if sys.platform == "darwin" else "cuda") if device == "gpu" else device
    return ("--device", named, *(() if threads is None else ("--threads", str(threads))))


def _table(text: str) -> dict[str, Any]:
    """A JSON object; empty for anything else."""
    try:
        found = json.loads(text)
    except ValueError:
        return {}
    return found if isinstance(found, dict) else {}


def _handed_over(recipe: TrainingRecipe) -> Path:
    """A file of this window alone; it is deleted when the training has ended."""
    folder = program_data() / "training"
    make_folder(folder)
    file = folder / f"handed-over-{os.getpid()}.toml"
    recipe.save(file)
    return file


def _environment() -> QProcessEnvironment:
    made = QProcessEnvironment.systemEnvironment()
    root = str(Path(core.__file__).parents[1])
    made.insert("PYTHONPATH", os.pathsep.join(filter(None, [root, made.value("PYTHONPATH", "")])))
    made.insert("PYTHONUTF8", "1")
    made.insert("PYTHONUNBUFFERED", "1")  # else the answer would wait for the end of the process
    return made
