"""Killed and started again, or made by any number of threads, a virtual acquisition has the same bytes."""

from __future__ import annotations

import hashlib
import random
import shutil
import signal
import subprocess
import sys
import time
from pathlib import Path

import pytest

from tests.system.runs import ROOT, command, run_command

STRUCTURE = 'kind = "leveled-wave"\nligament_nm = [40.0, 15.0]\nsolid_fraction = [0.5, 0.5]\n'
OPTIONS = (
    "--kv", 1, 2, 4, "--rows", 40, "--columns", 44, "--voxel-nm", 5, "--pixel-nm", 5,
    "--slice-nm", 10, "--seed", 3, "--thickness", "gamma", "--sd-nm", 3, "--lost-slices", 1,
)  # fmt: skip
EVERYTHING = (
    "drift.walk_px=0.5", "misalignment.jitter_px=0.5", "artefacts.curtain_percent=5",
    "artefacts.flicker_percent=2",
)  # fmt: skip
POSIX = pytest.mark.skipif(sys.platform == "win32", reason="SIGKILL is POSIX; Windows has TerminateProcess")


def arguments(folder: Path, *more: object, slices: int, electrons: int) -> list[str]:
    structure = folder / "structure.toml"
    structure.write_text(STRUCTURE, encoding="utf-8")
    return command(
        "simulate", "acquisition", "--structure", structure, *OPTIONS, "--slices", slices,
        "--electrons-per-pixel", electrons, "--set", *EVERYTHING, *more,
    )  # fmt: skip


def bytes_of(folder: Path) -> dict[str, str]:
    """Checksum of every file below `folder`."""
    return {
        path.relative_to(folder).as_posix(): hashlib.sha256(path.read_bytes()).hexdigest()
        for path in sorted(folder.rglob("*"))
        if path.is_file()
    }


def finish(call: list[str]) -> None:
    done = run_command(*call[3:])
    assert done.returncode == 0, done.stderr


def kill_once(call: list[str], moment_s: float) -> str | None:
    """Start, kill `moment_s` after the start; what was being done, or None if it had ended before."""
    with subprocess.Popen(
        call, stdout=subprocess.DEVNULL, stderr=subprocess.PIPE, text=True, cwd=ROOT
    ) as process:
        assert process.stderr is not None
        time.sleep(moment_s)
        ended = process.poll() is not None
        process.send_signal(signal.SIGKILL)
        said = process.stderr.read().strip().splitlines()
    if ended:
        assert process.returncode == 0, said
        return None
    return said[-1] if said else "before the first word"


def killed_and_resumed(folder: Path, kills: int, *, slices: int, electrons: int, seed: int) -> list[str]:
    """Kill `kills` times at moments spread over a life; whenever a run ends, compare and begin anew."""
    chance = random.Random(seed)
    options = {"slices": slices, "electrons": electrons}
    begin = time.monotonic()
    finish(arguments(folder, "-o", folder / "undisturbed", **options))
    seconds = time.monotonic() - begin
    expected = bytes_of(folder / "undisturbed")
    call = arguments(folder, "-o", folder / "killed", **options)
    doing: list[str] = []
    while len(doing) < kills:
        # Stratified: every part of a life is hit, whatever chance brings.
        part = (len(doing) + chance.random()) / kills
        said = kill_once(call, seconds * (0.1 + 0.9 * part))
        if said is None:
            assert bytes_of(folder / "killed") == expected
            shutil.rmtree(folder / "killed")
        else:
            doing.append(said)
            if len(doing) % 5 == 0:
                finish(call)
                assert bytes_of(folder / "killed") == expected
                shutil.rmtree(folder / "killed")
    finish(call)
    assert bytes_of(folder / "killed") == expected
    return doing


@POSIX
def test_killed_and_resumed(tmp_path):
    killed_and_resumed(tmp_path, kills=1, slices=3, electrons=20, seed=1)


@POSIX
@pytest.mark.kill
@pytest.mark.timeout(1800)
def test_many_kills_spread_over_the_run(tmp_path, record_property):
    doing = killed_and_resumed(tmp_path, kills=20, slices=8, electrons=300, seed=2)
    record_property("doing", doing)
    assert sum("electrons" in said.lower() for said in doing) >= 8, doing


def test_threads_change_nothing(tmp_path):
    options = {"slices": 2, "electrons": 20}
    for threads in (1, 3):
        finish(arguments(tmp_path, "-o", tmp_path / str(threads), "--threads", threads, **options))
    assert bytes_of(tmp_path / "1") == bytes_of(tmp_path / "3")
