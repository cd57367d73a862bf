"""Every module imports by itself; core needs neither a window nor a cluster nor a trainer."""

from __future__ import annotations

import ast
import json
import subprocess
import sys
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import numpy as np
import pytest
import tifffile
from scipy.sparse import csr_array
from scipy.sparse.csgraph import connected_components

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

IMPORT_ALL = """
import importlib, sys
for name in sys.argv[1:]:
    importlib.import_module(name)
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


def imports_of(name: str, known: set[str]) -> set[str]:
    """Modules of ours that are imported when a module is: at module level, with the packages they lie in."""
    path = ROOT / Path(*name.split("."))
    path = path / "__init__.py" if path.is_dir() else path.with_suffix(".py")
    found = {name}
    waiting: list[ast.AST] = list(ast.parse(path.read_text(encoding="utf-8")).body)
    while waiting:
        node = waiting.pop()
        if isinstance(node, ast.Import):
            found |= {alias.name for alias in node.names}
        elif isinstance(node, ast.ImportFrom) and node.module is not None:
            found |= {node.module} | {f"{node.module}.{alias.name}" for alias in node.names}
        elif isinstance(node, ast.If) and ast.unparse(node.test) == "TYPE_CHECKING":
            waiting += node.orelse
        elif not isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef):
            waiting += ast.iter_child_nodes(node)
    parents = {one.rsplit(".", count)[0] for one in found for count in range(1, one.count(".") + 1)}
    return ((found | parents) & known) - {name}


def entangled(names: list[str]) -> list[str]:
    """Packages of modules that import each other in a circle, were it through their package.

    For these, order matters. A package is always complete before a module of it is looked at, so that to
    begin with any module of it is to begin with the package.
    """
    place = {name: number for number, name in enumerate(names)}
    edges = [(place[a], place[b]) for a in names for b in imports_of(a, set(names))]
    graph = np.zeros((len(names), len(names)), dtype=bool)
    for row, column in edges:
        graph[row, column] = True
    _, group = connected_components(csr_array(graph), connection="strong")
    circles = [name for name in names if np.count_nonzero(group == group[place[name]]) > 1]
    packages = {
        name if (ROOT / Path(*name.split("."))).is_dir() else name.rpartition(".")[0] for name in circles
    }
    return sorted(packages - {""})


@pytest.mark.parametrize("package", ["app", "resources"])
def test_each_module_imports_alone(package: str) -> None:
    names = modules_of(package)
    assert_each_imports(IMPORT_ALL, names)
    assert_each_imports(IMPORT_EACH, entangled(names))


def test_each_module_of_core_imports_alone_and_without_the_optional_libraries() -> None:
    """All at once, and each by itself of those whose imports go in a circle."""
    names = [name for name in modules_of("core") if not name.startswith("core.learn")]
    assert_each_imports(BLOCKER + IMPORT_ALL, names)
    assert_each_imports(BLOCKER + IMPORT_EACH, entangled(names))


@pytest.mark.slow
def test_each_module_of_core_really_imports_alone() -> None:
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
