"""Killed at any moment and started again, a run ends with the same bytes and repeats no finished block."""

from __future__ import annotations

import random
import shutil
import signal
import subprocess
import sys
import time
from pathlib import Path

import pytest

from core.project import Project
from tests.system.runs import ROOT, command, digest, make_stack, run_command, write_recipe

SHAPE = (60, 300, 320)
POSIX = pytest.mark.skipif(sys.platform == "win32", reason="SIGKILL is POSIX; Windows has TerminateProcess")


class Killing:
    """Starts a run, kills it at a random moment of its work, and checks what it left."""

    def __init__(self, folder: Path, seed: int) -> None:
        self.stack = make_stack(folder / "stack.tif", SHAPE)
        self.recipe = write_recipe(folder)
        self.out = folder / "out"
        self.chance = random.Random(seed)
        self.phases: list[str] = []

    def arguments(self, out: Path) -> list[str]:
        return command(
            "run", self.recipe, self.stack, "--output", out, "--workers", 2, "--block-slices", 2,
            "--voxel-nm-zyx", 10, 5, 5,
        )  # fmt: skip

    def undisturbed(self, folder: Path) -> tuple[str, float, float]:
        """Checksum of the export, and the seconds from start to work and to the end."""
        begin = time.monotonic()
        with subprocess.Popen(self.arguments(folder), stderr=subprocess.PIPE, text=True, cwd=ROOT) as process:
            assert process.stderr is not None
            process.stderr.readline()
            start = time.monotonic() - begin
            process.stderr.read()
        assert process.returncode == 0
        return digest(folder / "exports" / "solid.tif"), start, time.monotonic() - begin

    def kill_once(self, longest_s: float) -> bool:
        """Kill within `longest_s` of the first sign of work; False if the run had ended before."""
        with subprocess.Popen(
            self.arguments(self.out), stderr=subprocess.PIPE, stdout=subprocess.DEVNULL, text=True, cwd=ROOT
        ) as process:
            assert process.stderr is not None
            process.stderr.readline()
            time.sleep(self.chance.uniform(0, longest_s))
            ended = process.poll() is not None
            process.send_signal(signal.SIGKILL)
            said = process.stderr.read()
        if not ended:
            self.phases.append(said.strip().splitlines()[-1] if said.strip() else "before the first block")
        return not ended

    def finished_blocks(self) -> dict[Path, int]:
        """Voxel files of the slices that the journals list, with the time they were written."""
        stamps = {}
        for journal in (self.out / "results").glob("*/blocks.log"):
            store = Project.open(self.out).store(journal.parent.name)
            for part in store.done_ranges():
                for index in part:
                    for chunk in (store.volume_path / "data" / "c" / str(index)).rglob("*"):
                        if chunk.is_file():
                            stamps[chunk] = chunk.stat().st_mtime_ns
        return stamps


def killed_and_resumed(folder: Path, kills: int, seed: int) -> Killing:
    scene = Killing(folder, seed)
    expected, start, seconds = scene.undisturbed(folder / "undisturbed")
    alive, before = 0, {}
    while alive < kills:
        # Each life adds its blocks; a few lives make a run, which is then begun anew: kills fall everywhere.
        alive += scene.kill_once(0.6 * (seconds - start))
        now = scene.finished_blocks()
        rewritten = [path for path, stamp in before.items() if now.get(path) != stamp]
        assert not rewritten, f"finished blocks were computed again: {rewritten[:3]}"
        before = now
        if (scene.out / "exports" / "solid.tif").is_file():
            assert digest(scene.out / "exports" / "solid.tif") == expected
            shutil.rmtree(scene.out)
            before = {}
    ended = run_command(*scene.arguments(scene.out)[3:])
    assert ended.returncode == 0, ended.stderr
    now = scene.finished_blocks()
    assert all(now[path] == stamp for path, stamp in before.items())
    assert digest(scene.out / "exports" / "solid.tif") == expected
    assert [path.name for path in (scene.out / "exports").iterdir()] == ["solid.tif"]
    return scene


@POSIX
def test_a_few_kills(tmp_path):
    killed_and_resumed(tmp_path, kills=2, seed=1)


@POSIX
@pytest.mark.kill
@pytest.mark.timeout(1200)
def test_many_kills_spread_over_the_run(tmp_path, record_property):
    scene = killed_and_resumed(tmp_path, kills=40, seed=2)
    steps = {phase.split(" ")[0] for phase in scene.phases}
    record_property("phases", scene.phases)
    inside = [phase for phase in scene.phases if phase[0].isdigit()]
    assert len(inside) > len(scene.phases) / 2, scene.phases
    assert len(steps) >= 4, scene.phases
