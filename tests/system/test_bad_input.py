"""Bad input of every kind ends in a clear error within seconds and bounded memory, with nothing half-written.

The cases stand in ``bad_inputs/``. Each is built in an empty folder and tried with a watchdog; afterwards the
kind of error, its message, the time, the peak of memory and every file of the folder are checked.
"""

from __future__ import annotations

import json
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

from core.cli import main
from core.io import describe
from tests.system.bad_inputs import (
    beside,
    claims_arrays,
    claims_pictures,
    claims_tiff,
    claims_volumes,
    controls,
    damaged,
    faults,
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
    is_temporary,
    names_of,
    option_words,
    snapshot,
    unique,
)
from tests.system.bad_inputs.valid import valid
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
        *faults.cases(),
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
