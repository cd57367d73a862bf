"""A training that is killed at random moments ends with the same weights."""

from __future__ import annotations

import random
import subprocess
import time
from pathlib import Path

import pytest

from core.learn.training.state import BEST
from tests.core.learn.training.sets import make_set
from tests.system.runs import ROOT, command, run_command
from tests.system.test_train import TINY


@pytest.mark.kill
def test_killed_trainings_go_on_to_the_same_weights(tmp_path: Path) -> None:
    data, recipe = make_set(tmp_path / "blobs.zarr"), tmp_path / "recipe.toml"
    words = ("--set", f"data.path='{data}'", *TINY, "optimise.epochs=40")
    assert run_command("train", "--write-default", recipe, *words).returncode == 0
    assert run_command("train", recipe, "-o", tmp_path / "whole", "--threads", 1).returncode == 0
    chance, again = random.Random(4), ("train", recipe, "-o", tmp_path / "cut", "--threads", 1)
    for _ in range(6):
        process = subprocess.Popen(command(*again), cwd=ROOT, stderr=subprocess.DEVNULL)
        begun = time.monotonic()
        while not (tmp_path / "cut" / "state.json").exists() and time.monotonic() - begun < 120:
            time.sleep(0.05)
        time.sleep(chance.uniform(0, 3))
        process.kill()
        process.wait()
    assert run_command(*again).returncode == 0
    assert (tmp_path / "cut" / BEST).read_bytes() == (tmp_path / "whole" / BEST).read_bytes()
