"""Exceptions become words a user can act on: one look for all errors, and one log for the details."""

from __future__ import annotations

import logging
import sys
import threading
import traceback
from collections.abc import Callable
from dataclasses import dataclass
from logging.handlers import RotatingFileHandler
from pathlib import Path
from types import TracebackType

from PySide6.QtCore import QObject, Qt, Signal

from core import errors

LOG_BYTES = 2_000_000
LOG_FORMAT = "%(asctime)s %(levelname)s %(name)s: %(message)s"
HEADINGS: tuple[tuple[type[BaseException], str], ...] = (
    (errors.ParameterError, "A setting does not fit"),
    (errors.RecipeError, "The recipe does not fit"),
    (errors.UnsupportedFormatError, "This file is of no known format"),
    (errors.DamagedFileError, "This file is damaged"),
    (errors.IncompleteStackError, "The stack is incomplete"),
    (errors.AmbiguousInputError, "Several readings are possible"),
    (errors.ReadError, "The input cannot be read"),
    (errors.MissingMetadataError, "A quantity is missing"),
    (errors.WriteError, "The result cannot be written"),
    (errors.NotEnoughMemoryError, "There is not enough memory"),
    (errors.NotEnoughDiskError, "There is not enough disk space"),
    (errors.InputChangedError, "An input file has changed"),
    (errors.ProjectError, "The project cannot be used"),
    (errors.MissingExtraError, "A part of the program is not installed"),
    (errors.StepFailedError, "A step failed"),
    (errors.TruesliceError, "This did not work"),
    (MemoryError, "There is not enough memory"),
    (OSError, "The system refused"),
)
UNFORESEEN = "Something unforeseen happened"
UNFORESEEN_REMEDY = (
    "Your data and results are unharmed: inputs are only read, and results are stored block by block. "
    "Try again; if it happens again, copy the details and report them."
)


@dataclass(frozen=True)
class Problem:
    """An error in words: what happened, what was expected and found, what to do, and the details."""

    heading: str
    what: str
    expected: str = ""
    got: str = ""
    remedy: str = ""
    details: str = ""

    def text(self) -> str:
        """Everything as plain text, for the clipboard."""
        return "\n".join([self.summary(), *(("", self.details) if self.details else ())])

    def summary(self) -> str:
        """All but the details."""
        lines = [self.heading, self.what]
        for label, value in (("expected", self.expected), ("got", self.got), ("what to do", self.remedy)):
            if value:
                lines.append(f"{label}: {value}")
        return "\n".join(lines)


def problem_of(error: BaseException, doing: str = "") -> Problem:
    """Words for an exception.

    Parameters
    ----------
    error : BaseException
        What was raised.
    doing : str
        What the program was at, for errors that do not say it themselves ("opening the stack").
    """
    heading = next((text for kind, text in HEADINGS if isinstance(error, kind)), UNFORESEEN)
    details = "".join(traceback.format_exception(error)).strip()
    if isinstance(error, errors.TruesliceError):
        return Problem(heading, error.what, _said(error.expected), _said(error.got), error.remedy, details)
    what = str(error) or type(error).__name__
    if doing:
        what = f"While {doing}: {what}"
    remedy = "" if heading != UNFORESEEN else UNFORESEEN_REMEDY
    return Problem(heading, what, remedy=remedy, details=details)


def _said(value: object) -> str:
    return "" if value in (None, "") else errors.plain(value)


class Problems(QObject):
    """Where every error of the window goes: into the log, then to whoever shows it.

    `occurred` carries a `Problem` and is always delivered on the GUI thread.
    """

    occurred = Signal(object)
    _raised = Signal(object)

    def __init__(self, parent: QObject | None = None) -> None:
        super().__init__(parent)
        self._log = logging.getLogger("trueslice.problems")
        self._raised.connect(self.occurred, Qt.ConnectionType.QueuedConnection)
        self._restore: Callable[[], None] | None = None

    def report(self, error: BaseException, doing: str = "") -> Problem:
        """Log an error and have it shown; may be called from any thread."""
        problem = problem_of(error, doing)
        self._log.error("%s", problem.summary())
        self._log.debug("%s", problem.details)
        self._raised.emit(problem)
        return problem

    def install(self) -> None:
        """Catch what nobody caught, in all threads."""
        before = (sys.excepthook, threading.excepthook)
        sys.excepthook = self._uncaught
        threading.excepthook = self._uncaught_in_thread

        def restore() -> None:
            sys.excepthook, threading.excepthook = before

        self._restore = restore

    def uninstall(self) -> None:
        """Give the hooks back as they were."""
        if self._restore is not None:
            self._restore()
            self._restore = None

    def _uncaught(self, kind: type[BaseException], error: BaseException, trace: TracebackType | None) -> None:
        if issubclass(kind, KeyboardInterrupt):
            sys.__excepthook__(kind, error, trace)
            return
        self.report(error)

    def _uncaught_in_thread(self, args: threading.ExceptHookArgs) -> None:
        if args.exc_value is not None:
            self.report(args.exc_value)


class LogRelay(QObject):
    """Brings log records of all threads to the GUI thread; `line` carries (level, text)."""

    line = Signal(int, str)

    def __init__(self, parent: QObject | None = None) -> None:
        super().__init__(parent)
        self.handler = _RelayHandler(self)
        self.handler.setFormatter(logging.Formatter("%(asctime)s  %(message)s", datefmt="%H:%M:%S"))

    def attach(self) -> None:
        """Begin to listen."""
        logger = logging.getLogger("trueslice")
        logger.setLevel(logging.DEBUG)
        logger.addHandler(self.handler)

    def detach(self) -> None:
        """Listen no more."""
        logging.getLogger("trueslice").removeHandler(self.handler)


class _RelayHandler(logging.Handler):
    def __init__(self, relay: LogRelay) -> None:
        super().__init__(logging.INFO)
        self._relay = relay

    def emit(self, record: logging.LogRecord) -> None:
        self._relay.line.emit(record.levelno, self.format(record))


def log_to_file(folder: Path) -> logging.Handler:
    """Keep the program's log in `folder`; the caller closes the handler.

    Returns
    -------
    logging.Handler
        Attached to the logger ``trueslice``; writes nowhere if the folder cannot be written.
    """
    logger = logging.getLogger("trueslice")
    logger.setLevel(logging.DEBUG)
    handler: logging.Handler
    try:
        folder.mkdir(parents=True, exist_ok=True)
        handler = RotatingFileHandler(
            folder / "trueslice.log", maxBytes=LOG_BYTES, backupCount=2, encoding="utf-8"
        )
    except OSError as error:
        handler = logging.NullHandler()
        logger.warning("no log file can be kept in %s: %s", folder, error)
    handler.setFormatter(logging.Formatter(LOG_FORMAT))
    logger.addHandler(handler)
    return handler
