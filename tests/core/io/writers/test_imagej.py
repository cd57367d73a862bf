"""The Fiji and Dragonfly presets opened by ImageJ itself, in one start for all files."""

from __future__ import annotations

import shutil
import subprocess
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from core.io.writers import write
from core.volume import Array, volume_of

IMAGEJ = Path("/usr/share/java/ij.jar")
MACRO = Path(__file__).with_name("read_back.ijm")
SLICES = {"largest_file_gb": 1e-9}
VOXEL_NM = (8.1, 4.3, 4.7)


def missing() -> str | None:
    """What ImageJ would need to run here."""
    if not IMAGEJ.exists():
        return f"ImageJ is not installed ({IMAGEJ}; Debian: apt-get install imagej)"
    for program, package in (("java", "default-jre"), ("xvfb-run", "xvfb")):
        if shutil.which(program) is None:
            return f"{program} is not installed (Debian: apt-get install {package})"
    return None


@dataclass(frozen=True)
class Case:
    """One export and what ImageJ should say of it."""

    data: Array
    bits: int
    shown: tuple[float, float]
    voxel_nm: tuple[float | None, float, float] = VOXEL_NM
    seen_nm: tuple[float, float, float] | None = VOXEL_NM
    unit: str = "µm"
    preset: str = "fiji"
    options: Mapping[str, Any] | None = None
    info: Mapping[str, Any] | None = None

    def volume(self) -> Any:
        return volume_of(self.data, voxel_nm=self.voxel_nm, **(self.info or {}))


def ramp(dtype: str, start: float = 0, step: float = 1, slices: int = 5) -> Array:
    return (start + step * np.arange(slices * 63)).reshape(slices, 7, 9).astype(dtype)


def cases() -> dict[str, Case]:
    """All exports, by name."""
    u8, u16, i16 = ramp("u1", 0, 0.7), ramp("u2", 1000, 200), ramp("i2", -150)
    f32, labels = ramp("f4", -0.75, 0.25), ramp("u4", 0, 1000)
    found = {
        "u8": Case(u8, 8, (0, 255)),
        "u16": Case(u16, 16, (1000, 63800)),
        "i16": Case(i16, 16, (-150, 164)),
        "f32": Case(f32, 32, (-0.75, 77.75)),
        "f64": Case(f32.astype("f8"), 32, (-0.75, 77.75)),
        "binary": Case((u8 > 99).astype("u1") * 255, 8, (0, 255), info={"content": "binary"}),
        "labels16": Case(labels // 100, 16, (0, 3140), info={"content": "labels"}),
        "labels32": Case(labels, 32, (0, 314000), info={"content": "labels"}),
        "single": Case(ramp("u2", slices=1), 16, (0, 62)),
        "uneven": Case(u8, 8, (0, 255), info={"z_nm": (0, 5, 6, 20, 22)}, seen_nm=(5.5, 4.3, 4.7)),
        "unknown": Case(u8, 8, (0, 255), voxel_nm=(None, 4.3, 4.7), seen_nm=None, unit="pixels"),
        "cubic": Case(u8, 8, (0, 255), voxel_nm=(10, 10, 10), seen_nm=(10, 10, 10)),
        "one-um": Case(u8, 8, (0, 255), voxel_nm=(1000, 4.3, 4.7), seen_nm=(1000, 4.3, 4.7)),
        "one-nm": Case(u8, 8, (0, 255), voxel_nm=(1, 4.3, 4.7), seen_nm=(1, 4.3, 4.7)),
        "coarse": Case(u8, 8, (0, 255), voxel_nm=(2500, 1000, 1000), seen_nm=(2500, 1000, 1000)),
    }
    stacks = dict(found)
    for name, case in stacks.items():
        unit = "nm" if name == "one-um" else case.unit
        changed = {**case.__dict__, "unit": unit}
        found[f"{name}-slices"] = Case(**{**changed, "options": SLICES})
        if name != "i16":
            found[f"{name}-dragonfly"] = Case(**{**changed, "preset": "dragonfly"})
    return found


@pytest.fixture(scope="module")
def answers(tmp_path_factory: pytest.TempPathFactory) -> dict[str, list[str]]:
    """What ImageJ printed for each case."""
    reason = missing()
    if reason is not None:
        pytest.skip(reason)
    folder = tmp_path_factory.mktemp("imagej")
    lines = []
    for name, case in cases().items():
        target = folder / (f"{name} µ" + (".tif" if case.preset == "fiji" else ""))
        report = write(case.volume(), target, case.preset, **(case.options or {}))
        kind, path = ("file", target) if report.files[0] == target else ("folder", report.files[0].parent)
        lines.append(f"{kind}\t{path}{'/' if kind == 'folder' else ''}\t{name}")
    (folder / "list.txt").write_text("\n".join(lines) + "\n", encoding="utf-8")
    command = [
        "xvfb-run",
        "-a",
        "java",
        "-Dfile.encoding=UTF-8",
        f"-Duser.home={folder}",
        "-jar",
        str(IMAGEJ),
    ]
    done = subprocess.run(
        [*command, "-batch", str(MACRO), str(folder / "list.txt")],
        capture_output=True,
        encoding="utf-8",
        timeout=200,
        check=False,
    )
    assert done.returncode == 0, done.stderr
    rows = [line.split("\t") for line in done.stdout.splitlines() if "\t" in line]
    return {row[0]: row[1:] for row in rows}


@pytest.mark.parametrize("name", cases())
def test_imagej_opens_it_with_the_right_scale(name: str, answers: dict[str, list[str]]) -> None:
    case = cases()[name]
    assert name in answers, f"ImageJ did not open it; it answered for {sorted(answers)}"
    width, height, slices, others, bits, *scale, unit, low, high, value = answers[name]
    assert (int(slices), int(height), int(width)) == case.data.shape
    assert (int(others), int(bits), unit) == (1, case.bits, case.unit)
    nm = {"µm": 1e3, "nm": 1.0, "pixels": 1.0}[unit]
    expected = (1.0, 1.0, 1.0) if case.seen_nm is None else case.seen_nm
    assert [float(size) * nm for size in reversed(scale)] == pytest.approx(expected, rel=1e-8)
    assert float(value) == pytest.approx(float(case.data[-1, -2, -1]), abs=1e-4)
    assert (float(low), float(high)) == pytest.approx(case.shown, abs=1e-4)
