"""The names app, core and resources are ours alone, and one onnxruntime is enough."""

from __future__ import annotations

import itertools
import subprocess
import sys
import tomllib
from importlib import metadata
from pathlib import Path

import pytest
from packaging.requirements import Requirement

import core
import resources

ROOT = Path(__file__).resolve().parents[2]
PROJECT = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))["project"]


@pytest.mark.parametrize("name", ["app", "core", "resources"])
def test_our_distribution_alone_owns_the_name(name: str) -> None:
    owners = metadata.packages_distributions()
    assert set(owners[name]) == {"trueslice"}


def test_the_names_import_from_the_project() -> None:
    assert Path(core.__file__).parent == ROOT / "core"
    assert Path(resources.__file__).parent == ROOT / "resources"


def test_a_missing_resource_is_named() -> None:
    assert resources.path("__init__.py").is_file()
    with pytest.raises(FileNotFoundError, match="no-such-file"):
        resources.path("icons/no-such-file.svg")


def test_every_dependency_is_pinned() -> None:
    lines = (ROOT / "constraints.txt").read_text(encoding="utf-8").splitlines()
    pins = {Requirement(line).name.lower().replace("_", "-") for line in lines if not line.startswith("#")}
    assert all("==" in line for line in lines if not line.startswith("#"))
    wanted = [*PROJECT["dependencies"], *itertools.chain(*PROJECT["optional-dependencies"].values())]
    assert {Requirement(line).name.lower().replace("_", "-") for line in wanted} <= pins


@pytest.mark.parametrize(
    ("platform", "expected"),
    [("linux", "onnxruntime-gpu"), ("win32", "onnxruntime-gpu"), ("darwin", "onnxruntime")],
)
def test_one_onnxruntime_for_each_system(platform: str, expected: str) -> None:
    requirements = [Requirement(line) for line in PROJECT["dependencies"]]
    family = [r for r in requirements if r.name.startswith("onnxruntime")]
    chosen = [r.name for r in family if r.marker is None or r.marker.evaluate({"sys_platform": platform})]
    assert chosen == [expected]


def test_one_onnxruntime_is_installed() -> None:
    assert len(set(metadata.packages_distributions()["onnxruntime"])) == 1


def field(number: int, value: int | bytes) -> bytes:
    """One field of a protobuf message, its number and value below 128 (or a short text)."""
    return (
        bytes([number << 3, value])
        if isinstance(value, int)
        else bytes([number << 3 | 2, len(value)]) + value
    )


def identity_model() -> bytes:
    """An ONNX model that returns its one float as it is (onnx.proto3, written by hand)."""
    shape = field(1, field(1, 1))
    tensor = field(1, field(1, 1) + field(2, shape))
    node = field(1, b"x") + field(2, b"y") + field(4, b"Identity")
    ports = field(11, field(1, b"x") + field(2, tensor)) + field(12, field(1, b"y") + field(2, tensor))
    graph = field(1, node) + field(2, b"g") + ports
    return field(1, 8) + field(7, graph) + field(8, field(2, 13))


def test_onnxruntime_runs_on_the_cpu_without_noise(tmp_path: Path) -> None:
    model = tmp_path / "identity.onnx"
    model.write_bytes(identity_model())
    code = """if True:
        import sys, numpy, onnxruntime
        session = onnxruntime.InferenceSession(sys.argv[1], providers=["CPUExecutionProvider"])
        print(session.run(None, {"x": numpy.array([2.5], numpy.float32)})[0])"""
    done = subprocess.run(
        [sys.executable, "-c", code, str(model)], capture_output=True, text=True, check=False
    )
    assert (done.returncode, done.stdout.strip(), done.stderr) == (0, "[2.5]", "")
