"""Stacks, recipes and runs that several system tests share."""

from __future__ import annotations

import hashlib
import subprocess
import sys
from pathlib import Path

import numpy as np
import tifffile

SIX_STEPS = """
format = 1
name = "six steps and an export"
[[step]]
step = "crop"
[step.params]
y_start = 4
[[step]]
step = "normalise"
[[step]]
step = "destripe"
[[step]]
step = "denoise"
[step.params]
method = "gaussian"
sigma_slices = 0.7
[[step]]
step = "segment"
[step.params]
method = "otsu"
[[step]]
step = "measure"
[[step]]
step = "export"
[step.params]
file_name = "solid"
"""


def make_stack(path: Path, shape: tuple[int, int, int], seed: int = 0) -> Path:
    """Write a seeded stack of smooth blobs with noise, stripes and drifting brightness."""
    rng = np.random.default_rng(seed)
    _, height, width = shape
    y, x = np.mgrid[:height, :width]
    stripes = 12 * rng.standard_normal(width)
    with tifffile.TiffWriter(path) as writer:
        for z in range(shape[0]):
            wave = np.sin(x / 7 + z / 9) + np.sin(y / 6 - z / 11) + np.sin((x + y) / 13)
            grey = 110 + 35 * np.sign(wave) + stripes + 0.2 * z + 9 * rng.standard_normal((height, width))
            writer.write(np.clip(grey, 0, 255).astype(np.uint8), contiguous=True)
    return path


def write_recipe(folder: Path, text: str = SIX_STEPS) -> Path:
    """Save a recipe as ``recipe-in.toml``."""
    path = folder / "recipe-in.toml"
    path.write_text(text, encoding="utf-8")
    return path


def command(*arguments: object) -> list[str]:
    """The headless program with these arguments, as a list for `subprocess`."""
    return [sys.executable, "-m", "core", *map(str, arguments)]


def run_command(*arguments: object, timeout: float = 300) -> subprocess.CompletedProcess[str]:
    """Run the headless program to its end."""
    return subprocess.run(
        command(*arguments), capture_output=True, text=True, timeout=timeout, check=False, cwd=ROOT
    )


ROOT = Path(__file__).resolve().parents[2]


def digest(path: Path) -> str:
    """Checksum of a file."""
    return hashlib.sha256(path.read_bytes()).hexdigest()
