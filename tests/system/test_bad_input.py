"""Bad input of every kind ends in a clear error within seconds and bounded memory, with nothing half-written.

The cases stand in ``bad_inputs/``. Each is built in an empty folder and tried with a watchdog; afterwards the
kind of error, its message, the time, the peak of memory and every file of the folder are checked.
"""

from __future__ import annotations

import itertools
import json
import os
import subprocess
import sys
import tempfile
from collections.abc import Iterator
from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from core.cli import main
from core.errors import TruesliceError
from core.io import describe
from tests.system.bad_inputs import (
    beside,
    claims_arrays,
    claims_pictures,
    claims_tiff,
    claims_volumes,
    controls,
    damaged,
    folders,
    names,
    options,
    projects,
    recipes,
    targets,
    voxels,
)
from tests.system.bad_inputs.case import (
    LONGEST_S,
    Case,
    Reading,
    attempt,
    check,
    check_outcome,
    is_temporary,
    names_of,
    option_words,
    read_whole,
    snapshot,
    unique,
)
from tests.system.bad_inputs.valid import FILES, valid
from tests.system.runs import ROOT, run_command

CLAIMS: list[Reading] = unique(
    [
        *claims_tiff.cases(),
        *claims_pictures.cases(),
        *claims_volumes.cases(),
        *claims_arrays.cases(),
    ]
)
NAMES = unique(list(names.cases()))
READING: list[Reading] = unique(
    [
        *controls.cases(),
        *damaged.cases(),
        *CLAIMS,
        *folders.cases(),
        *beside.cases(),
        *(case for case in NAMES if isinstance(case, Reading)),
    ]
)
CALLS: list[Case] = unique(
    [
        *(case for case in NAMES if isinstance(case, Case)),
        *targets.cases(),
        *voxels.cases(),
        *recipes.cases(),
        *projects.cases(),
    ]
)
LINES: list[options.Line] = unique(list(options.lines()))


def ids(case: object) -> str:
    # The name of a test becomes a variable of the environment, which takes no zero bytes and no odd text.
    return str(getattr(case, "id", case)).encode("ascii", "replace").decode("ascii").replace("\0", "0")


@pytest.fixture(scope="module", autouse=True)
def finished_project() -> Iterator[None]:
    """The project that damaged ones are copied from lives as long as this module."""
    yield
    projects.remove_template()


@pytest.fixture
def place(tmp_path: Path) -> Path:
    """An empty folder with a short name."""
    folder = tmp_path / "f"
    folder.mkdir()
    return folder


def test_there_are_enough_cases() -> None:
    assert len(READING) + len(CALLS) + len(LINES) >= 200
    wrong = [case for case in (*READING, *CALLS) if case.outcome != "works"]
    assert len(wrong) >= 200


@pytest.mark.parametrize("case", READING, ids=ids)
def test_reading(case: Reading, place: Path) -> None:
    check(case.case(), place)


@pytest.mark.parametrize("case", CALLS, ids=ids)
def test_call(case: Case, place: Path) -> None:
    check(case, place)


# ---------------------------------------------------------------- the command line
@pytest.mark.parametrize("line", LINES, ids=ids)
def test_command_line(
    line: options.Line, place: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    options.prepare(place)
    monkeypatch.chdir(place)
    before = snapshot(place)
    takes_json = len(line.words) > 1 and line.words[0] in ("info", "run", "invert", "measure")
    words = [*line.words, "--json"] if takes_json else list(line.words)
    tried = attempt(lambda: main(words))
    said = capsys.readouterr()
    assert tried.error is None, repr(tried.error)
    assert tried.value == line.code, said.err
    assert_words(said.err, line.says)
    assert_one_answer(said.out, wanted=takes_json and "usage:" not in said.err)
    assert snapshot(place) == before
    assert tried.seconds < LONGEST_S


def assert_words(text: str, says: str) -> None:
    assert len(text.strip()) > 20
    assert says in text
    assert "Traceback" not in text
    assert "unforeseen" not in text, text


def assert_one_answer(text: str, *, wanted: bool) -> None:
    """Standard output holds one JSON object that tells of the error, or nothing."""
    if not wanted:
        assert text == ""
        return
    assert text.count("\n") == 1
    told = strict_json(text)
    assert told["error"]
    assert {"expected", "remedy"} & set(told)


def strict_json(text: str) -> dict[str, object]:
    """Parse JSON as other programs do: NaN is none."""

    def refuse(word: str) -> object:
        raise AssertionError(f"{word} is no JSON")

    found: dict[str, object] = json.loads(text, parse_constant=refuse)
    return found


@pytest.mark.parametrize("case", READING[:: max(1, len(READING) // 150)], ids=ids)
def test_info_and_step_on_bad_input(case: Reading, place: Path, capsys: pytest.CaptureFixture[str]) -> None:
    asked = case.make(place)
    before = snapshot(place)
    if any("\n" in name or name.rpartition("/")[2].startswith("-") for name in names_of(asked)):
        pytest.skip("a name that starts with a dash is an option to a command line")
    words = [*names_of(asked), *option_words(case.options), "--json"]
    code = main(["info", *words])
    said = capsys.readouterr()
    assert code in ((0,) if case.outcome == "works" else (0, 1, 2)), said.err
    assert "Traceback" not in said.err + said.out
    assert "unforeseen" not in said.err
    assert isinstance(strict_json(said.out), dict)
    code = main(["invert", *words, "-o", str(place / "new" / "out.tif")])
    said = capsys.readouterr()
    assert code in {"works": (0,), "error": (1, 2), "either": (0, 1, 2)}[case.outcome], said.err
    assert "Traceback" not in said.err + said.out
    assert "unforeseen" not in said.err
    after = snapshot(place)
    assert not [name for name in after if is_temporary(name) and name not in before]
    if code != 0:
        assert after == before
        assert set(strict_json(said.out)) & {"expected", "remedy"}


@pytest.mark.parametrize(
    ("words", "code"),
    [
        (["info", "gone.tif"], 1),
        (["invert", "damaged.tif", "-o", "y.tif"], 1),
        (["crop", "stack.tif", "-o", "y.tif", "--z-start", "99"], 2),
        (["run", "noise.toml", "stack.tif", "--output", "out"], 2),
    ],
)
def test_as_a_program(words: list[str], code: int, place: Path) -> None:
    options.prepare(place)
    before = snapshot(place)
    found = [str(place / word) if "." in word or word == "out" else word for word in words]
    ended = run_command(*found, "--json", timeout=30)
    assert ended.returncode == code
    assert_words(ended.stderr, "")
    assert_one_answer(ended.stdout, wanted=True)
    assert snapshot(place) == before


# ---------------------------------------------------------------- bounded memory, seen from outside
LIMITED = """
import resource, sys, tempfile, warnings
from pathlib import Path

warnings.simplefilter("error")
import SimpleITK, h5py, imagecodecs, mrcfile, tifffile, zarr  # before the limit: libraries are no input

from tests.system import test_bad_input as tests
from tests.system.bad_inputs.case import check, memory_bytes

used = memory_bytes("VmSize") or 1 << 30
resource.setrlimit(resource.RLIMIT_AS, (used + int(sys.argv[1]), used + int(sys.argv[1])))
for case in tests.CLAIMS:
    with tempfile.TemporaryDirectory() as folder:
        place = Path(folder, "f")
        place.mkdir()
        try:
            check(case.case(), place)
        except AssertionError as error:
            print(case.id, str(error)[:300].replace(chr(10), " | "))
        except MemoryError as error:
            print(case.id, "building it took more memory than allowed", error)
print("tried", len(tests.CLAIMS))
"""


@pytest.mark.skipif(not sys.platform.startswith("linux"), reason="the limit on address space is Linux'")
def test_claims_in_a_process_that_may_not_grow() -> None:
    ended = subprocess.run(
        [sys.executable, "-c", LIMITED, str(3 << 30)],
        capture_output=True, text=True, timeout=200, check=False, cwd=ROOT,
    )  # fmt: skip
    assert ended.returncode == 0, ended.stderr[-2000:]
    assert ended.stdout.strip() == f"tried {len(CLAIMS)}"


# ---------------------------------------------------------------- real disks
@pytest.fixture(scope="module")
def disks(tmp_path_factory: pytest.TempPathFactory) -> Iterator[dict[str, Path]]:
    """A small disk and a read-only one; needs the right to mount."""
    if not sys.platform.startswith("linux") or os.geteuid() != 0:
        pytest.skip("mounting a small and a read-only disk needs root on Linux")
    found: dict[str, Path] = {}
    try:
        for name, size in (("small", "64k"), ("read-only", "64m")):
            place = tmp_path_factory.mktemp(name)
            mounted = _mount("-o", f"size={size}", "tmpfs", str(place))
            if not mounted:
                pytest.skip("this system does not allow mounting")
            found[name] = place
        (found["read-only"] / "older.tif").write_bytes(b"older")
        if not _mount("-o", "remount,ro", "tmpfs", str(found["read-only"])):
            pytest.skip("this system does not allow mounting read-only")
        yield found
    finally:
        for place in found.values():
            subprocess.run(["umount", "-l", str(place)], check=False, capture_output=True)


def _mount(*words: str) -> bool:
    try:
        return (
            subprocess.run(["mount", "-t", "tmpfs", *words], check=False, capture_output=True).returncode == 0
        )
    except OSError:
        return False


@pytest.mark.parametrize("preset", targets.NAMES)
@pytest.mark.parametrize("disk", ["small", "read-only"])
def test_export_to_a_real_disk(disk: str, preset: str, disks: dict[str, Path]) -> None:
    volume = targets.binary_volume()
    kept = 100 if disk == "small" else 1
    large = targets.repeated(volume, kept)
    before = snapshot(disks[disk])
    # The preflight is held back, so that the disk itself has to say no.
    with targets.endless_space() if disk == "small" else targets.nothing_changed():
        tried = attempt(lambda: targets.export(preset, disks[disk] / targets.NAMES[preset], volume=large))
    case = Case(f"{disk}-{preset}", lambda _: lambda: None, kind=targets.DISK_ERRORS[disk])
    check_outcome(case, tried)
    assert snapshot(disks[disk]) == before


@pytest.mark.parametrize("disk", ["small", "read-only"])
@pytest.mark.parametrize("preflight", [True, False])
def test_run_on_a_real_disk(disk: str, preflight: bool, disks: dict[str, Path], place: Path) -> None:
    out = disks[disk] / f"out-{preflight}"
    with targets.nothing_changed() if preflight else targets.endless_space():
        tried = attempt(lambda: targets.run_project(place, out))
    case = Case(f"{disk}-run", lambda _: lambda: None, kind=targets.DISK_ERRORS[disk])
    check_outcome(case, tried)
    assert not [name for name in snapshot(disks[disk]) if is_temporary(name)]
    assert not list(out.glob("exports/*"))
    if disk == "small":
        subprocess.run(["rm", "-rf", str(out)], check=True)


# ---------------------------------------------------------------- particular promises
def test_description_lost_by_a_cut_is_noted(place: Path) -> None:
    path = valid("tiff-ome").make(place)
    path.write_bytes(path.read_bytes()[:-600])
    assert any("cut short" in note for note in describe(path).warnings)


def test_a_result_of_zeros_is_no_damage(place: Path) -> None:
    import numpy as np

    from core.store import ResultStore
    from core.volume import volume_of

    volume = volume_of(np.zeros((3, 5, 7), np.uint8))
    store = ResultStore(place / "result")
    store.open_for_writing(volume.info).write(0, volume.read())
    assert not store.volume(volume.info, volume).read().any()


# ---------------------------------------------------------------- noise
SUFFIXES = sorted({"".join(Path(kind.name).suffixes) for kind in FILES} | {".txt", ".toml", ""})
CHANCE = settings(
    max_examples=300,
    deadline=None,
    suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow],
)
_counter = itertools.count()


def read_or_refused(path: Path, kind_options: object) -> None:
    tried = attempt(lambda: read_whole(path, kind_options))  # type: ignore[arg-type]
    assert tried.error is None or isinstance(tried.error, TruesliceError), repr(tried.error)
    assert tried.seconds < LONGEST_S
    if tried.error is not None:
        assert path.name in str(tried.error)


@CHANCE
@given(data=st.binary(max_size=600), suffix=st.sampled_from(SUFFIXES), magic=st.sampled_from(FILES))
def test_any_bytes_under_any_name(data: bytes, suffix: str, magic: object, place: Path) -> None:
    path = place / f"noise{next(_counter)}{suffix}"
    path.write_bytes(data)
    read_or_refused(path, FILES[0].options)
    path.write_bytes(_content(magic)[:16] + data)  # type: ignore[arg-type]
    read_or_refused(path, magic.options)  # type: ignore[attr-defined]


@CHANCE
@given(
    kind=st.sampled_from(FILES),
    flips=st.lists(st.tuples(st.floats(0, 1, exclude_max=True), st.integers(0, 255)), min_size=1, max_size=8),
    early=st.booleans(),
    kept=st.one_of(st.just(1.0), st.floats(0, 1)),
)
def test_flipped_bytes_of_good_files(
    kind: object, flips: list[tuple[float, int]], early: bool, kept: float, place: Path
) -> None:
    data = bytearray(_content(kind))  # type: ignore[arg-type]
    # Headers are short: half of the examples change nothing else.
    reach = min(len(data), 400) if early else len(data)
    for where, value in flips:
        data[int(where * reach)] = value
    path = place / f"{next(_counter)}{kind.name}"  # type: ignore[attr-defined]
    path.write_bytes(data[: int(kept * len(data))])
    read_or_refused(path, kind.options)  # type: ignore[attr-defined]


_contents: dict[str, bytes] = {}


def _content(kind: object) -> bytes:
    name = kind.id  # type: ignore[attr-defined]
    if name not in _contents:
        with tempfile.TemporaryDirectory() as folder:
            _contents[name] = valid(name).make(Path(folder)).read_bytes()
    return _contents[name]
