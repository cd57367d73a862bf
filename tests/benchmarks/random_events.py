"""Random users on the real window: ``python -m tests.benchmarks.random_events --sequences 1000 [--first 0]``.

What a sequence is: `tests.system.random_sequence`. They run in worker processes, each with a home of its own;
one that crashes or hangs is told with its seed and what it printed, and the others go on in a new process.
``--first N --sequences 1 --verbose`` plays one again. Needs a display.
"""

from __future__ import annotations

import argparse
import faulthandler
import json
import os
import subprocess
import sys
import tempfile
import traceback
from collections.abc import Iterator
from dataclasses import asdict
from pathlib import Path
from typing import Any

from PySide6.QtGui import QDesktopServices

from app.application import made_application
from tests.system.random_sequence import EVENTS, Outcome, Sequence

HANGS_S, PER_WORKER, TOLD = 90, 20, 25
SHOWN = 20


def play_here(first: int, count: int, events: int) -> None:
    """Play sequences in this process; a line of JSON for each, before it and after it."""
    application = made_application()
    QDesktopServices.openUrl = staticmethod(lambda _url: True)  # type: ignore[method-assign]
    for seed in range(first, first + count):
        print(json.dumps({"begins": seed}), flush=True)
        faulthandler.dump_traceback_later(HANGS_S, exit=True)
        with tempfile.TemporaryDirectory(prefix="random-") as name:
            sequence = Sequence(application, seed, Path(name), events)
            outcome = None
            try:
                outcome = sequence.play()
            finally:
                if outcome is None:  # its threads are still there, and nobody would end them
                    traceback.print_exc(file=sys.stdout)
                    sys.stdout.flush()
                    os._exit(1)
        faulthandler.cancel_dump_traceback_later()
        if not outcome.faults:
            outcome.last = []
        print(json.dumps(asdict(outcome)), flush=True)


def worker(first: int, count: int, events: int, home: Path) -> subprocess.Popen[str]:
    """Start a process that plays sequences with a home of its own."""
    command = [sys.executable, "-X", "faulthandler", "-m", "tests.benchmarks.random_events", "--here"]
    command += ["--first", str(first), "--sequences", str(count), "--events", str(events)]
    places = {key: str(home) for key in ("HOME", "XDG_DATA_HOME", "XDG_CONFIG_HOME", "XDG_CACHE_HOME")}
    return subprocess.Popen(
        command, env={**os.environ, **places}, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True
    )


def outcomes(first: int, count: int, events: int) -> Iterator[Outcome]:
    """Play sequences in worker processes; a crash is an outcome, and the next ones go on in a new process."""
    seed, last = first, first + count
    while seed < last:
        with tempfile.TemporaryDirectory(prefix="random-home-") as home:
            process = worker(seed, min(PER_WORKER, last - seed), events, Path(home))
            other: list[str] = []
            begun = None
            assert process.stdout is not None
            for line in process.stdout:
                told = _told(line)
                if told is None:
                    other.append(line.rstrip())
                elif "begins" in told:
                    begun, other = told["begins"], []
                else:
                    yield Outcome(**told)
                    begun, seed = None, told["seed"] + 1
            process.wait()
        if begun is not None:
            yield Outcome(begun, [f"crashed or hung, exit code {process.returncode}", *_shortened(other)])
            seed = begun + 1
        elif process.returncode:
            raise RuntimeError("\n".join(other))


def _shortened(lines: list[str]) -> list[str]:
    """What a dying process has said, of all stacks only that of the thread that died, or of Qt's."""
    threads = [at for at, line in enumerate(lines) if line.startswith(("Current thread", "Thread"))]
    said = lines[: threads[0]] if threads else lines
    stack = lines[threads[-1] :] if threads else []
    return [*said[-TOLD:], *(line for line in stack if not line.startswith("Extension modules"))][: 2 * TOLD]


def _told(line: str) -> dict[str, Any] | None:
    try:
        told = json.loads(line)
    except ValueError:
        return None
    return told if isinstance(told, dict) else None


def tell_stalls(stalls: list[tuple[float, str, int]]) -> None:
    """The longest of each place, longest first."""
    places: dict[str, list[tuple[float, str, int]]] = {}
    for stall in stalls:
        places.setdefault(stall[1].rpartition(" > ")[2], []).append(stall)
    found = sorted((max(each), len(each)) for each in places.values())[::-1]
    print(f"{len(stalls) - 1} times the window did not answer for over 50 ms; the longest of each kind:")
    for (ms, where, seed), count in found[:SHOWN]:
        print(f"  {ms:6.0f} ms, {count} times, seed {seed}: {where}")


def main() -> int:
    """Play, and tell what went wrong."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--first", type=int, default=0)
    parser.add_argument("--sequences", type=int, default=1000)
    parser.add_argument("--events", type=int, default=EVENTS)
    parser.add_argument("--verbose", action="store_true")
    parser.add_argument("--here", action="store_true", help=argparse.SUPPRESS)
    given = parser.parse_args()
    if given.here:
        play_here(given.first, given.sequences, given.events)
        return 0
    bad, played, stalls = 0, 0, [(0.0, "", -1)]
    for outcome in outcomes(given.first, given.sequences, given.events):
        played += 1
        stalls += [(ms, where, outcome.seed) for ms, where in outcome.stalls]
        if outcome.faults:
            bad += 1
            print(f"seed {outcome.seed}:", *outcome.faults, sep="\n  ")
            print("  after:", *outcome.last[-TOLD:], sep="\n    ", flush=True)
        elif given.verbose:
            print(asdict(outcome), flush=True)
    print(f"{played} sequences of {given.events} events: {bad} with faults")
    tell_stalls(stalls)
    return 1 if bad else 0


if __name__ == "__main__":
    sys.exit(main())
