"""How long the window does not answer: ``python -m tests.benchmarks.window [JOURNEY ...]``.

Plays the journeys of `tests.system.journeys`, with a second thread knocking at the GUI thread. Told are, for
each, the longest stall and where it was, every stall above 50 ms by place, and the longest time from a cancel
to its end. Frames of the 3D view are counted apart: here they come from a renderer in software. The time in
which a window is made is left out: `window_start` measures it. It needs a display, and a machine that does
nothing else.
"""

from __future__ import annotations

import argparse
import os
import sys
import tempfile
import time
from collections.abc import Callable
from pathlib import Path

from PySide6.QtWidgets import QApplication

from app.application import made_application
from app.heartbeat import Heartbeat, Stall
from tests.app.conftest import made_stack
from tests.benchmarks._home import own_home
from tests.shared_data import SHARED_DATA
from tests.system import journeys
from tests.system.hand import Desk, Hand

REAL = SHARED_DATA / "flyem_medulla_fibsem" / "training_sample1"
CANVAS = tuple(f"{file.name}:" for file in (Path(__file__).parents[2] / "app" / "canvas").glob("*.py"))
DRAWS_3D = ("paintGL", "_gl2.py:", "glir.py:", "context.py:")
SHOWN = 12


class WatchedDesk(Desk):
    """A desk at which only what happens in finished windows counts."""

    def __init__(self, application: QApplication, folder: Path, heartbeat: Heartbeat) -> None:
        super().__init__(application, folder)
        self._heartbeat = heartbeat

    def open(self) -> Hand:
        """A new window; the knocking begins when it is there."""
        self._heartbeat.stop()
        hand = super().open()
        self._heartbeat.start()
        return hand


def played(application: QApplication) -> dict[str, Callable[[Desk, Path], object]]:
    """The journeys by name, each with what it starts from."""
    del application

    def real(desk: Desk, place: Path) -> object:
        beside = place / "data" / "medulla"
        beside.parent.mkdir()
        beside.symlink_to(REAL, target_is_directory=True)
        return journeys.real_stack(desk, beside, place)

    found: dict[str, Callable[[Desk, Path], object]] = {
        "three-voltages": lambda desk, place: journeys.three_voltages(
            desk, journeys.acquisition(place / "data" / "virtual gold"), place
        ),
        "cancel-close-resume": lambda desk, place: journeys.cancel_close_resume(
            desk, made_stack(place / "data" / "gold", (24, 256, 256)), place
        ),
        "paint-train-segment": lambda desk, place: journeys.paint_train_segment(
            desk, journeys.halves(place / "data" / "halves"), place
        ),
        "simulate-train": journeys.simulate_train,
    }
    return {**found, "real-stack": real} if REAL.is_dir() else found


def in_3d(stall: Stall) -> bool:
    """Whether a frame of the 3D view was drawn."""
    return any(part in stall.where for part in (*DRAWS_3D, *CANVAS) if part not in ("look.py:", "pages.py:"))


def tell(name: str, took_s: float, stalls: list[Stall], cancels: dict[str, float]) -> None:
    """Say how a journey went."""
    flat = sorted((stall for stall in stalls if not in_3d(stall)), key=lambda stall: -stall.ms)
    deep = [stall.ms for stall in stalls if in_3d(stall)]
    longest = f"longest stall {flat[0].ms:.0f} ms" if flat else "no stall above 50 ms"
    frames = f"; 3D: {len(deep)} frames above 50 ms, longest {max(deep):.0f} ms" if deep else ""
    print(f"{name}: {took_s:.0f} s, {longest}, {len(flat)} above 50 ms{frames}")
    places: dict[str, list[float]] = {}
    for stall in flat:
        places.setdefault(" > ".join(stall.where.split(" > ")[-3:]), []).append(stall.ms)
    for where, lengths in sorted(places.items(), key=lambda item: -max(item[1]))[:SHOWN]:
        print(f"  {max(lengths):6.0f} ms, {len(lengths)} times: {where}")
    for what, seconds in cancels.items():
        print(f"  {what}: ended after {seconds:.2f} s")
    sys.stdout.flush()


def main() -> int:
    """Play what was asked for, and tell."""
    own_home()
    application = made_application()
    known = played(application)
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("journeys", nargs="*", metavar="JOURNEY", help=", ".join(known))
    names = parser.parse_args().journeys or list(known)
    unknown = [name for name in names if name not in known]
    if unknown:
        parser.error(f"there is no journey {unknown[0]}; there are {', '.join(known)}")
    every: list[Stall] = []
    for name in names:
        with tempfile.TemporaryDirectory(prefix="journey-") as folder:
            os.environ["TRUESLICE_MODELS"] = str(Path(folder, "models"))
            heartbeat = Heartbeat()
            began = time.perf_counter()
            with WatchedDesk(application, Path(folder), heartbeat) as desk:
                known[name](desk, Path(folder))
                heartbeat.stop()
            tell(name, time.perf_counter() - began, heartbeat.stalls, desk.cancels)
            every += heartbeat.stalls
            heartbeat.deleteLater()
    flat = [stall.ms for stall in every if not in_3d(stall)]
    print(f"longest stall of all: {max(flat, default=0):.0f} ms; {len(flat)} above 50 ms")
    return 0


if __name__ == "__main__":
    sys.exit(main())
