"""The command line: one sub-command per step, generated from its parameters, and a few of their own.

Exit code 0 success, 1 failed, 2 wrong use, 130 cancelled. With ``--json`` standard output holds exactly one
JSON object; progress and warnings go to standard error.
"""

from __future__ import annotations

import argparse
import json
import signal
import sys
import threading
import traceback
from collections.abc import Callable, Iterator, Sequence
from pathlib import Path
from typing import Any, TextIO, TypeAlias

from core import __version__
from core.errors import Cancelled, ParameterError, RecipeError, TruesliceError, plain
from core.job import Job, Progress

Answer: TypeAlias = dict[str, Any]
Command: TypeAlias = Callable[[argparse.Namespace, Job], Answer]
OK, FAILED, WRONG_USE, CANCELLED = 0, 1, 2, 130


def main(argv: Sequence[str] | None = None) -> int:
    """Run the program with these arguments (without its name); return the exit code."""
    parser = build_parser()
    try:
        parsed = parser.parse_args(argv)
    except SystemExit as stop:  # argparse has printed what is wrong, or the help that was asked for
        return stop.code if isinstance(stop.code, int) else WRONG_USE
    return _run(parsed)


def build_parser() -> argparse.ArgumentParser:
    """The whole command line."""
    from core import commands

    parser = argparse.ArgumentParser(
        prog="trueslice",
        description="Turns FIB-SEM slice stacks into trustworthy 3D. Without a command, or with "
        "`open PATH...`, the window opens.",
    )
    parser.add_argument("--version", action="version", version=f"trueslice {__version__}")
    parser.add_argument("--debug", action="store_true", help="show where an unforeseen error came from")
    commands.add_all(parser.add_subparsers(dest="command", required=True, metavar="COMMAND"))
    return parser


def _run(parsed: argparse.Namespace) -> int:
    stop = threading.Event()
    job = Job(_Reporter(), stop)
    before = _stop_on_interrupt(stop)
    try:
        answer = parsed.function(parsed, job)
    except Cancelled:
        return _failed(parsed, {"error": "cancelled"}, CANCELLED)
    except (ParameterError, RecipeError) as error:
        return _failed(parsed, _told(error), WRONG_USE)
    except TruesliceError as error:
        return _failed(parsed, _told(error), FAILED)
    except Exception as error:  # noqa: BLE001 - the outermost border: no traceback for a scientist
        if parsed.debug:
            traceback.print_exc()
        text = f"unforeseen error: {type(error).__name__}: {error}"
        return _failed(parsed, {"error": text, "remedy": "please report it; --debug shows more"}, FAILED)
    finally:
        if before is not None:
            signal.signal(signal.SIGINT, before)
    _print_answer(parsed, answer)
    return OK


def _stop_on_interrupt(stop: threading.Event) -> Any:
    """Turn Ctrl-C into a clean cancel; a second one ends the program at once."""
    if threading.current_thread() is not threading.main_thread():
        return None

    def interrupt(_number: int, _frame: object) -> None:
        if stop.is_set():
            raise KeyboardInterrupt
        stop.set()
        print("\nstopping after the blocks in flight ...", file=sys.stderr)

    return signal.signal(signal.SIGINT, interrupt)


def _told(error: TruesliceError) -> Answer:
    told = {"error": error.what, "kind": type(error).__name__}
    for name in ("expected", "got", "remedy"):
        value = getattr(error, name)
        if value not in (None, ""):
            told[name] = plain(value)
    return told


def _failed(parsed: argparse.Namespace, told: Answer, code: int) -> int:
    lines = [f"trueslice: {told['error']}"]
    lines += [f"  {name}: {told[name]}" for name in ("expected", "got") if name in told]
    if "remedy" in told:
        lines.append(f"  what to do: {told['remedy']}")
    _say("\n".join(lines), sys.stderr)
    if getattr(parsed, "json", False):
        _print_json(told)
    return code


def _print_answer(parsed: argparse.Namespace, answer: Answer) -> None:
    for note in answer.get("warnings", []):
        _say(f"note: {note}", sys.stderr)
    if getattr(parsed, "json", False):
        _print_json(answer)
        return
    for line in _lines(answer):
        if not line.startswith("warnings"):
            _say(line, sys.stdout)


def _say(text: str, stream: TextIO) -> None:
    """Print; signs that the terminal or a name's broken encoding does not allow appear as codes."""
    encoding = stream.encoding or "utf-8"
    print(text.encode(encoding, "backslashreplace").decode(encoding), file=stream)


def _print_json(value: Answer) -> None:
    text = json.dumps(value, ensure_ascii=False, default=_plain)
    try:
        text.encode(sys.stdout.encoding or "utf-8")
    except UnicodeEncodeError:
        text = json.dumps(value, default=_plain)
    print(text)


def _plain(value: object) -> object:
    if isinstance(value, Path):
        return str(value)
    raise TypeError(f"cannot write {type(value).__name__} as JSON")


def _lines(answer: Answer, indent: str = "") -> Iterator[str]:
    """The answer for people: nothing that is empty, long lists as their range."""
    for key, value in answer.items():
        if value in (None, "", [], {}):
            continue
        if isinstance(value, dict):
            if key:
                yield f"{indent}{key}"
            yield from _lines(value, indent + "  " if key else indent)
        else:
            yield f"{indent}{key}: {_readable(value)}"


def _readable(value: object) -> str:
    if isinstance(value, float):
        return f"{value:.5g}"
    if isinstance(value, (list, tuple)):
        numbers = [item for item in value if isinstance(item, (int, float))]
        if len(value) > 8 and len(numbers) == len(value):
            return f"{len(value)} values, {min(numbers):.5g} to {max(numbers):.5g}"
        if len(value) > 8:
            return f"{_readable(value[0])} ... {_readable(value[-1])} ({len(value)} in all)"
        return ", ".join(map(_readable, value))
    return "unknown" if value is None else str(value)


class _Reporter:
    """Progress on standard error: a moving line on a terminal, a few lines elsewhere."""

    def __init__(self) -> None:
        self._last = ("", -1)
        self._lock = threading.Lock()

    def __call__(self, progress: Progress) -> None:
        percent = int(100 * progress.fraction)
        live = sys.stderr.isatty()
        mark = (progress.message, percent if live else percent // 50)
        with self._lock:
            if mark == self._last:
                return
            self._last = mark
            end = "\n" if not live or percent == 100 else ""
            start = "\r\033[K" if live else ""
            print(f"{start}{progress.message} {percent} %", end=end, file=sys.stderr, flush=True)
