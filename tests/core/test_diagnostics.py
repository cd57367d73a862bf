"""The diagnostic report: what is in it, and what is not."""

from __future__ import annotations

from importlib import metadata
from pathlib import Path

import pytest

from core import __version__
from core.diagnostics import (
    libraries,
    licence_of,
    report,
    system,
    without_home,
    without_names,
)
from core.errors import Cancelled
from core.job import Job


def test_libraries_are_those_the_program_needs() -> None:
    found = {library.name.lower(): library for library in libraries()}
    assert {"numpy", "zarr", "pydantic", "pydantic_core"} <= set(found)
    assert not {"trueslice", "pytest", "ruff", "mypy"} & set(found)
    assert found["numpy"].version == metadata.version("numpy")
    for library in found.values():
        assert 0 < len(library.licence) < 160, library


@pytest.mark.parametrize(
    ("lines", "named"),
    [
        ("License-Expression: MIT AND BSD-3-Clause\nLicense: whatever", "MIT AND BSD-3-Clause"),
        ("License: Apache 2.0", "Apache 2.0"),
        (
            "License: Copyright (c) 2020\n  all of it\nClassifier: License :: OSI Approved :: BSD License",
            "BSD License",
        ),
        ("Classifier: License :: OSI Approved\nClassifier: Topic :: X", "see its package"),
    ],
)
def test_a_licence_is_taken_from_wherever_it_stands(tmp_path: Path, lines: str, named: str) -> None:
    folder = tmp_path / "made-1.0.dist-info"
    folder.mkdir()
    (folder / "METADATA").write_text(f"Metadata-Version: 2.1\nName: made\nVersion: 1.0\n{lines}\n\n")
    assert licence_of(metadata.PathDistribution(folder)) == named


def test_looking_up_libraries_can_be_stopped() -> None:
    job = Job()
    job.stop.set()
    with pytest.raises(Cancelled):
        libraries(job)


def test_the_report_names_program_system_and_libraries(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("TRUESLICE_THREADS", "3")
    parts = dict(system())
    assert parts["Trueslice"][0].startswith(__version__)
    assert "TRUESLICE_THREADS=3" in parts["Environment"]
    assert any(line.startswith("numpy ") for line in parts["Libraries"])
    assert parts["Computer"]
    text = report([("One", ["a", "b"]), ("Two", [])])
    assert text == "## One\na\nb\n\n## Two\n"


@pytest.mark.parametrize(
    ("line", "shown"),
    [
        ("read /data/Jane Doe/gold stack in 2 s", "read <stack> in 2 s"),
        ("read /mnt/lab/slice_01.tif: damaged", "read <path>.tif: damaged"),
        (r"read 'C:\Users\jane\slice.tif'", "read '<path>.tif'"),
        (r"path = 'D:\\Jane Doe\\gold'", "path = '<stack>'"),
        (r"from \\server\share\x.mrc", "from <path>.mrc"),
        ("12/30 slices, 5 nm/px, x / y, and/or", "12/30 slices, 5 nm/px, x / y, and/or"),
        ("tcp://host:8786", "tcp://host:8786"),
    ],
)
def test_paths_of_the_user_are_left_out(line: str, shown: str) -> None:
    private = {"/data/Jane Doe/gold stack": "<stack>", r"D:\Jane Doe\gold": "<stack>"}
    assert without_names(line, private) == shown


def test_home_is_never_named() -> None:
    home = str(Path.home())
    assert without_home(f"in {home}/x.tif") == "in ~/x.tif"
    assert home not in without_names(f"in {home}/x.tif", {})
