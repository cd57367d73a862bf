"""What a bad input is, how it is tried, and what has to be true afterwards."""

from __future__ import annotations

import hashlib
import os
import stat
import sys
import tempfile
import threading
import time
import traceback
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import Any, Literal

from core.errors import NotEnoughMemoryError, StepFailedError, TruesliceError
from core.io import ReadOptions, describe, open_stack

LONGEST_S = 5.0
MOST_BYTES = 400 << 20
STUCK_S = 20.0
FEW_BYTES = 8 << 20
DEFAULT = ReadOptions()

Outcome = Literal["error", "either", "works"]
Asked = Path | Sequence[Path]


@dataclass(frozen=True)
class Case:
    """One thing that can go wrong.

    Attributes
    ----------
    id : str
        Name of the case.
    build : callable
        ``(empty folder) -> call``: makes the files and returns the function to try.
    outcome : {'error', 'either', 'works'}
        What is right: an error, or a result, or one of the two.
    kind : type of TruesliceError, or several
        The expected kind of error.
    says : str
        Part of the message: the file, step or parameter it is about.
    leaves : tuple of str
        Entries of the folder that a failure may leave or change, such as an unfinished project.
    """

    id: str
    build: Callable[[Path], Callable[[], object]]
    outcome: Outcome = "error"
    kind: type[TruesliceError] | tuple[type[TruesliceError], ...] = TruesliceError
    says: str = ""
    leaves: tuple[str, ...] = ()


@dataclass(frozen=True)
class Reading:
    """A damaged, mislabelled or strange input.

    Attributes
    ----------
    id : str
        Name of the case.
    make : callable
        ``(empty folder) -> path or paths``.
    outcome, kind
        See `Case`.
    options : ReadOptions
        How it is read.
    """

    id: str
    make: Callable[[Path], Asked]
    outcome: Outcome = "error"
    kind: type[TruesliceError] | tuple[type[TruesliceError], ...] = TruesliceError
    options: ReadOptions = DEFAULT
    says: str | None = None

    def case(self) -> Case:
        """The same as a case that opens the input and reads slices of it."""

        def build(folder: Path) -> Callable[[], object]:
            asked = self.make(folder)
            return lambda: read_whole(asked, self.options)

        return Case(self.id, build, self.outcome, self.kind, self.says or "")


def read_whole(asked: Asked, options: ReadOptions) -> tuple[int, int, int]:
    """Describe and open a stack and read it, only three slices of a large one; return its shape."""
    describe(asked, options)
    volume = open_stack(asked, options)
    depth = volume.info.shape[0]
    small = volume.info.nbytes <= FEW_BYTES
    for index in range(depth) if small else sorted({0, depth // 2, depth - 1}):
        plane = volume.slice(index)
        assert plane.shape == volume.info.shape[1:]
        assert plane.dtype == volume.info.dtype
    return volume.info.shape


@dataclass(frozen=True)
class Tried:
    """What came of a call."""

    value: object
    error: BaseException | None
    seconds: float
    grown_bytes: int | None


def attempt(call: Callable[[], object]) -> Tried:
    """Call in a thread of its own, so that a call that hangs can be told from one that takes long.

    Raises
    ------
    AssertionError
        If it hangs, with the place where.
    """
    found: list[object] = []
    failed: list[BaseException] = []

    def work() -> None:
        try:
            found.append(call())
        except BaseException as error:  # noqa: BLE001 - what ends a call is what is examined here
            failed.append(error)

    thread = threading.Thread(target=work, daemon=True)
    before = memory_bytes()
    forget_peak()
    start = time.monotonic()
    thread.start()
    thread.join(STUCK_S)
    seconds = time.monotonic() - start
    if thread.is_alive():
        frame = sys._current_frames().get(thread.ident or 0)
        raise AssertionError(f"hangs for {STUCK_S} s at\n" + "".join(traceback.format_stack(frame)[-6:]))
    after = memory_bytes("VmHWM")
    grown = None if before is None or after is None else after - before
    return Tried(found[0] if found else None, failed[0] if failed else None, seconds, grown)


def memory_bytes(what: str = "VmRSS") -> int | None:
    """Resident memory of this process, or its peak (``VmHWM``); None where the system does not tell."""
    try:
        text = Path("/proc/self/status").read_text(encoding="ascii")
    except OSError:
        return None
    return next((int(line.split()[1]) << 10 for line in text.splitlines() if line.startswith(what)), None)


def forget_peak() -> None:
    """Let the peak start again from what is used now, where the system can do that."""
    try:
        Path("/proc/self/clear_refs").write_text("5", encoding="ascii")
    except OSError:
        return


def check(case: Case, folder: Path) -> None:
    """Build a case in an empty folder, try it, and check all that is promised of a failure."""
    call = case.build(folder)
    before = snapshot(folder)
    tried = attempt(call)
    check_outcome(case, tried)
    check_nothing_left(case, before, snapshot(folder), failed=tried.error is not None)


def check_outcome(case: Case, tried: Tried) -> None:
    """Check kind and message of the error, time and memory."""
    error = tried.error
    if error is not None and not isinstance(error, TruesliceError):
        raise AssertionError(f"not an error of ours: {type(error).__name__}: {error}") from error
    if case.outcome == "works" and error is not None:
        raise AssertionError(f"should have worked: {error}") from error
    if error is None:
        assert case.outcome != "error", f"accepted without an error: {tried.value}"
    else:
        assert isinstance(error, case.kind), f"another kind: {type(error).__name__}: {error}"
        assert not isinstance(error, StepFailedError), f"nobody has foreseen this: {error}"
        check_message(str(error), says=case.says, helps=bool(error.remedy) or error.expected is not None)
        refused_early = case.kind is NotEnoughMemoryError
        assert refused_early or not isinstance(error.__cause__, MemoryError), f"memory ran out: {error}"
    assert tried.seconds < LONGEST_S, f"took {tried.seconds:.1f} s"
    assert tried.grown_bytes is None or tried.grown_bytes < MOST_BYTES, f"{tried.grown_bytes >> 20} MiB"


def check_message(text: str, *, says: str, helps: bool) -> None:
    """A message tells what it is about and what to do, in a readable length, without innards."""
    assert 25 <= len(text) <= 5000, text[:600]
    assert says in text, f"does not name {says!r}: {text}"
    assert helps, f"says neither what is expected nor what to do: {text}"
    assert "Traceback" not in text
    assert " object at 0x" not in text, text


def check_nothing_left(
    case: Case, before: dict[str, object], after: dict[str, object], *, failed: bool
) -> None:
    """A failure changes no file; success and failure leave no temporary one."""
    torn = [name for name in after if is_temporary(name) and name not in before]
    assert not torn, f"temporary files left: {torn}"
    if failed:
        changed = sorted(name for name in before | after if before.get(name) != after.get(name))
        changed = [name for name in changed if name.split("/")[0] not in case.leaves]
        assert not changed, f"left or changed: {changed[:8]}"


def is_temporary(name: str) -> bool:
    """Whether a path is one of the names that unfinished files have."""
    parts = name.split("/")
    return any(part.endswith(".part") or part.startswith((".trueslice-", ".making")) for part in parts)


def snapshot(folder: Path) -> dict[str, object]:
    """Everything below a folder, by relative path: contents of files, targets of links, kind of the rest."""
    found: dict[str, object] = {}
    for root, folders, files in os.walk(folder):
        for name in [*folders, *files]:
            path = os.path.join(root, name)
            found[os.path.relpath(path, folder).replace(os.sep, "/")] = _entry(path)
    return found


def _entry(path: str) -> object:
    status = os.lstat(path)
    if stat.S_ISLNK(status.st_mode):
        return ("link", os.readlink(path))
    if not stat.S_ISREG(status.st_mode):
        return stat.S_IFMT(status.st_mode)
    if status.st_size > FEW_BYTES or not os.access(path, os.R_OK):
        return (status.st_size, status.st_mtime_ns)
    with open(path, "rb") as stream:
        return (status.st_size, hashlib.sha256(stream.read()).hexdigest())


@cache
def permissions_bind() -> bool:
    """Whether a forbidden file is really forbidden: not to root, and not on every system."""
    with tempfile.NamedTemporaryFile() as file:
        os.chmod(file.name, 0)
        try:
            with open(file.name, "rb"):
                return False
        except OSError:
            return True


def option_words(options: ReadOptions) -> list[str]:
    """Reading options as one would type them on the command line."""
    words: list[str] = []
    for name, value in options.model_dump(exclude_defaults=True).items():
        option = "--" + name.replace("_", "-")
        if isinstance(value, bool):
            words.append(option if value else option.replace("--", "--no-", 1))
        elif isinstance(value, tuple):
            words += [option, *("unknown" if part is None else str(part) for part in value)]
        else:
            words += [option, str(value)]
    return words


def names_of(asked: Asked) -> list[str]:
    """Paths as words of a command line."""
    return [str(asked)] if isinstance(asked, Path) else [str(path) for path in asked]


def unique(cases: Sequence[Any]) -> list[Any]:
    """The cases, after checking that no two have the same name."""
    names = [case.id for case in cases]
    twice = sorted({name for name in names if names.count(name) > 1})
    if twice:
        raise ValueError(f"two cases are called {twice}")
    return list(cases)
