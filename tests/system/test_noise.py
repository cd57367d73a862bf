"""Noise under any name, and good files with changed bytes: an error of ours or a readable volume."""

from __future__ import annotations

import itertools
import tempfile
from functools import cache
from pathlib import Path

from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from core.errors import TruesliceError
from core.io import ReadOptions
from tests.system.bad_inputs.case import LONGEST_S, attempt, read_whole
from tests.system.bad_inputs.valid import DEFAULT, FILES, FOLDERS, Valid

SUFFIXES = sorted({"".join(Path(kind.name).suffixes) for kind in FILES} | {".txt", ".toml", ""})
CHANCE = settings(
    max_examples=300,
    deadline=None,
    suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow],
)
CHANGES = st.lists(st.tuples(st.floats(0, 1, exclude_max=True), st.integers(0, 255)), min_size=1, max_size=8)
_counter = itertools.count()


def read_or_refused(path: Path, options: ReadOptions) -> None:
    """Read with a watchdog; any error but ours is a failure, and so is one that does not name its file."""
    tried = attempt(lambda: read_whole(path, options))
    assert tried.error is None or isinstance(tried.error, TruesliceError), repr(tried.error)
    assert tried.seconds < LONGEST_S
    if tried.error is not None and not path.is_dir():
        assert path.name in str(tried.error)


@cache
def contents(kind: Valid) -> dict[str, bytes]:
    """Every file of a good input, by its path."""
    with tempfile.TemporaryDirectory() as folder:
        kind.make(Path(folder))
        files = [path for path in Path(folder).rglob("*") if path.is_file()]
        return {path.relative_to(folder).as_posix(): path.read_bytes() for path in files}


def changed(data: bytes, changes: list[tuple[float, int]], reach: int) -> bytes:
    """The data with some of the first `reach` bytes replaced."""
    result = bytearray(data)
    for where, value in changes:
        if result:
            result[int(where * min(reach, len(result)))] = value
    return bytes(result)


@CHANCE
@given(data=st.binary(max_size=600), suffix=st.sampled_from(SUFFIXES), magic=st.sampled_from(FILES))
def test_any_bytes_under_any_name(data: bytes, suffix: str, magic: Valid, place: Path) -> None:
    path = place / f"noise{next(_counter)}{suffix}"
    path.write_bytes(data)
    read_or_refused(path, DEFAULT)
    path.write_bytes(contents(magic)[magic.name][:16] + data)
    read_or_refused(path, magic.options)


@CHANCE
@given(
    kind=st.sampled_from(FILES),
    changes=CHANGES,
    early=st.booleans(),
    kept=st.one_of(st.just(1.0), st.floats(0, 1)),
)
def test_changed_bytes_of_good_files(
    kind: Valid, changes: list[tuple[float, int]], early: bool, kept: float, place: Path
) -> None:
    data = contents(kind)[kind.name]
    path = place / f"{next(_counter)}{kind.name}"
    # Headers are short: half of the examples change nothing else.
    path.write_bytes(changed(data, changes, 400 if early else len(data))[: int(kept * len(data))])
    read_or_refused(path, kind.options)


@CHANCE
@given(kind=st.sampled_from(FOLDERS), which=st.floats(0, 1, exclude_max=True), changes=CHANGES)
def test_changed_bytes_of_good_folders(
    kind: Valid, which: float, changes: list[tuple[float, int]], place: Path
) -> None:
    folder = place / f"{next(_counter)}"
    files = dict(contents(kind))
    names = sorted(files)
    hurt = names[int(which * len(names))]
    files[hurt] = changed(files[hurt], changes, len(files[hurt]))
    for name, data in files.items():
        (folder / name).parent.mkdir(parents=True, exist_ok=True)
        (folder / name).write_bytes(data)
    read_or_refused(folder / kind.name, kind.options)
