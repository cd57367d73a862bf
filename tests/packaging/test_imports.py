"""Every module imports by itself; core needs neither a window nor a cluster nor a trainer."""

from __future__ import annotations

import json
import subprocess
import sys
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import numpy as np
import pytest
import tifffile

ROOT = Path(__file__).resolve().parents[2]
OPTIONAL = ("PySide6", "OpenGL", "vispy", "pyqtgraph", "torch", "dask", "distributed")
SLOW = ("SimpleITK", "skimage", "matplotlib", "h5py", "numba", "onnxruntime", "zarr", "scipy", "imagecodecs")

# Makes the optional libraries look as if they were not installed.
BLOCKER = f"""
import sys

class Absent:
    def find_spec(self, name, path=None, target=None):
        if name.partition(".")[0] in {OPTIONAL!r}:
            raise ModuleNotFoundError(f"No module named {{name!r}}", name=name)

sys.meta_path.insert(0, Absent())
"""

# Imports each module as the first of ours: what the one before it brought in is forgotten again.
IMPORT_EACH = """
import importlib, sys
failed = []
for name in sys.argv[1:]:
    for known in [m for m in sys.modules if m.partition(".")[0] in ("app", "core", "resources")]:
        del sys.modules[known]
    try:
        importlib.import_module(name)
    except ImportError as error:
        failed.append(f"{name}: {error}")
print("\\n".join(failed))
"""


def modules_of(package: str) -> list[str]:
    """Names of all modules below `package`, but for those that start a program."""
    paths = sorted((ROOT / package).rglob("*.py"))
    names = [".".join(path.relative_to(ROOT).with_suffix("").parts) for path in paths]
    return [name.removesuffix(".__init__") for name in names if not name.endswith("__main__")]


def run_python(code: str, *arguments: str) -> subprocess.CompletedProcess[str]:
    command = [sys.executable, "-W", "error", "-c", code, *arguments]
    return subprocess.run(command, capture_output=True, text=True, check=False)


def assert_each_imports(code: str, names: list[str]) -> None:
    """Import the modules in two processes beside each other."""
    with ThreadPoolExecutor(2) as pool:
        for done in pool.map(lambda part: run_python(code, *part), (names[::2], names[1::2])):
            assert (done.returncode, done.stdout.strip(), done.stderr) == (0, "", "")


@pytest.mark.parametrize("package", ["app", "resources"])
def test_each_module_imports_alone(package: str) -> None:
    assert_each_imports(IMPORT_EACH, modules_of(package))


def test_each_module_of_core_imports_alone_and_without_the_optional_libraries() -> None:
    """Two checks in one: each of the some 300 modules takes a tenth of a second."""
    names = [name for name in modules_of("core") if not name.startswith("core.learn")]
    assert_each_imports(BLOCKER + IMPORT_EACH, names)


def test_the_blocker_blocks() -> None:
    done = run_python(BLOCKER + "import PySide6")
    assert "No module named 'PySide6'" in done.stderr


def test_the_command_line_runs_without_the_optional_libraries(tmp_path: Path) -> None:
    path = tmp_path / "stack.tif"
    tifffile.imwrite(path, np.zeros((3, 4, 5), np.uint8), photometric="minisblack")
    start = "import runpy\nsys.argv[0] = 'core'\nrunpy.run_module('core', run_name='__main__')"
    done = run_python(BLOCKER + start, "info", str(path), "--json")
    assert done.returncode == 0, done.stderr
    assert json.loads(done.stdout)["shape_zyx"] == [3, 4, 5]


def test_the_command_line_starts_without_slow_libraries() -> None:
    code = f"import sys, core.cli\nprint([m for m in {OPTIONAL + SLOW!r} if m in sys.modules])"
    done = run_python(code)
    assert (done.stdout.strip(), done.stderr) == ("[]", "")
