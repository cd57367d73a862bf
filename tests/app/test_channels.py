"""Several voltages dropped at once: recognised, asked about, or one stack."""

from __future__ import annotations

import shutil
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest
import tifffile

from app.channels import condition, parted, slices_of
from app.opening import Request
from app.program import Program
from tests.app.conftest import made_stack

Wait = Callable[[Callable[[], bool]], None]
SHAPE = (4, 16, 20)
TESLA = (
    "[User]\r\nDate=01/02/2020\r\n[System]\r\nSystemType=Helios\r\n[Beam]\r\nHV={volts}\r\nBeam=EBeam\r\n"
    "[EBeam]\r\nHV={volts}\r\n[Detectors]\r\nNumber=1\r\nName={detector}\r\n[Scan]\r\nPixelWidth=5e-9\r\n"
    "PixelHeight=5e-9\r\n"
)


@pytest.fixture
def unclear(program: Program) -> list[tuple[Request, tuple[object, ...]]]:
    """What was asked about."""
    asked: list[tuple[Request, tuple[object, ...]]] = []
    program.opener.channels_unclear.connect(lambda request, found: asked.append((request, found)))
    program.problems.occurred.connect(lambda problem: pytest.fail(problem.what))
    return asked


def stated(folder: Path, volts: float, detector: str = "TLD") -> Path:
    """Slices of which the microscope says how they were taken."""
    folder.mkdir(parents=True)
    text = TESLA.format(volts=volts, detector=detector)
    for number in range(SHAPE[0]):
        plane = np.full(SHAPE[1:], number, np.uint8)
        tags = [(34682, "s", 0, text, True)]
        tifffile.imwrite(folder / f"slice_{number}.tif", plane, extratags=tags)
    return folder


def opened_as(program: Program, wait: Wait, *paths: Path) -> list[str]:
    """Names of the channels after opening."""
    program.opener.open(Request(paths))
    wait(lambda: bool(program.session.inputs))
    return list(program.session.inputs)


def stack_file(path: Path, seed: int = 1, shape: tuple[int, int, int] = SHAPE) -> Path:
    path.parent.mkdir(parents=True, exist_ok=True)
    rng = np.random.default_rng(seed)
    tifffile.imwrite(path, rng.integers(0, 255, shape, np.uint8), photometric="minisblack")
    return path


@pytest.mark.parametrize(
    ("name", "found"),
    [
        ("gold_1kV", "1kV"), ("gold 2.5 kV TLD", "2.5kV-TLD"), ("0,8kV", "0.8kV"),
        ("3p5kv_esb_0001", "3.5kV-ESB"),
        ("1kVx", ""), ("kV", ""), ("slice_0001", ""), ("SE2_17", "SE2"), ("2KV-InLens", "2kV-InLens"),
        ("sediment_01", ""), ("1.5.2kV", ""),
    ],
)  # fmt: skip
def test_names_say_the_condition(name: str, found: str) -> None:
    assert condition(name) == found


def test_a_folder_for_every_voltage(
    program: Program, tmp_path: Path, wait: Wait, unclear: list[object]
) -> None:
    parent = tmp_path / "gold"
    for seed, name in enumerate(("10kV", "2kV", "1kV")):
        made_stack(parent / name, SHAPE, seed)
    (parent / "notes").mkdir()
    assert opened_as(program, wait, parent) == ["1kV", "2kV", "10kV"]
    volumes = [one.volume for one in program.session.inputs.values()]
    assert [volume.info.channel for volume in volumes] == ["1kV", "2kV", "10kV"]
    first = tifffile.imread(parent / "1kV" / "slice_0000.tif")
    assert (volumes[0].source.read(slice(0, 1))[0] == first).all()
    assert unclear == []


def test_folders_dropped_together(
    program: Program, tmp_path: Path, wait: Wait, unclear: list[object]
) -> None:
    folders = [made_stack(tmp_path / name, SHAPE) for name in ("2 kV", "1 kV")]
    assert opened_as(program, wait, *folders) == ["1kV", "2kV"]
    assert unclear == []


def test_stack_files_named_by_their_voltage(
    program: Program, tmp_path: Path, wait: Wait, unclear: list[object]
) -> None:
    files = [stack_file(tmp_path / "d" / f"gold_{kv}kV.tif", kv) for kv in (4, 1, 2)]
    assert opened_as(program, wait, *files) == ["1kV", "2kV", "4kV"]
    program.session.end()
    assert opened_as(program, wait, tmp_path / "d") == ["1kV", "2kV", "4kV"]
    assert unclear == []


def test_slices_that_name_their_voltage(
    program: Program, tmp_path: Path, wait: Wait, unclear: list[object]
) -> None:
    folder = tmp_path / "mixed"
    folder.mkdir()
    for number in range(4):
        for kv in (1, 2):
            tifffile.imwrite(
                folder / f"s{number:03d}_{kv}kV.tif", np.full((16, 20), 10 * kv + number, np.uint8)
            )
    assert opened_as(program, wait, *sorted(folder.iterdir())) == ["1kV", "2kV"]
    second = program.session.inputs["2kV"].volume
    assert second.info.shape == (4, 16, 20)
    assert second.source.read(slice(0, 4))[:, 0, 0].tolist() == [20, 21, 22, 23]
    assert unclear == []


def test_the_microscope_is_believed_more_than_names(
    program: Program, tmp_path: Path, wait: Wait, unclear: list[object]
) -> None:
    folders = [stated(tmp_path / "first 9kV", 2000), stated(tmp_path / "second 8kV", 1000)]
    assert opened_as(program, wait, *folders) == ["1kV-TLD", "2kV-TLD"]
    program.session.end()
    pair = [stated(tmp_path / "a", 2000, "ICD"), stated(tmp_path / "b", 2000, "TLD")]
    assert opened_as(program, wait, *pair) == ["2kV-ICD", "2kV-TLD"]
    assert unclear == []


@pytest.mark.parametrize("names", [("left", "right"), ("1kV", "new"), ("1kV", "1kV again")])
def test_what_is_not_said_is_asked(
    program: Program, tmp_path: Path, wait: Wait, unclear: list[tuple[Request, tuple[object, ...]]],
    names: tuple[str, str],
) -> None:  # fmt: skip
    folders = [made_stack(tmp_path / name, SHAPE) for name in names]
    program.opener.open(Request(tuple(folders)))
    wait(lambda: bool(unclear))
    assert not program.session.inputs
    request, found = unclear[0]
    channels = {"a": found[1].paths, "b": found[0].paths}  # type: ignore[attr-defined]
    program.opener.open(Request(request.paths, channels=channels))
    wait(lambda: bool(program.session.inputs))
    assert list(program.session.inputs) == ["a", "b"]


def test_stacks_of_other_size_are_asked_about(
    program: Program, tmp_path: Path, wait: Wait, unclear: list[object]
) -> None:
    made_stack(tmp_path / "p" / "1kV", (4, 16, 20))
    made_stack(tmp_path / "p" / "2kV", (5, 16, 20))
    program.opener.open(Request((tmp_path / "p",)))
    wait(lambda: bool(unclear))


def test_slices_of_one_stack_stay_one_stack(
    program: Program, tmp_path: Path, wait: Wait, unclear: list[object]
) -> None:
    stack = made_stack(tmp_path / "gold_2kV_TLD", (12, 16, 20))
    assert opened_as(program, wait, *sorted(stack.iterdir())) == [""]
    assert program.session.volume is not None
    assert program.session.volume.info.shape == (12, 16, 20)
    program.session.end()
    named = tmp_path / "named"
    named.mkdir()
    for file in stack.iterdir():
        shutil.copy(file, named / file.name.replace("slice", "2kV"))
    assert opened_as(program, wait, named) == [""]
    assert unclear == []


def test_parts_of_one_stack_are_joined_when_the_user_says_so(
    program: Program, tmp_path: Path, wait: Wait, unclear: list[tuple[Request, tuple[object, ...]]]
) -> None:
    whole = made_stack(tmp_path / "whole", (12, 16, 20))
    parent = tmp_path / "halves"
    for part, numbers in (("first", range(6)), ("second", range(6, 12))):
        (parent / part).mkdir(parents=True)
        for number in numbers:
            shutil.copy(whole / f"slice_{number:04d}.tif", parent / part)
    program.opener.open(Request((parent,)))
    wait(lambda: bool(unclear))
    program.opener.open(Request(unclear[0][0].paths, single=True))
    wait(lambda: program.session.volume is not None)
    volume = program.session.volume
    assert volume is not None
    assert (volume.source.read(slice(0, 12)) == [tifffile.imread(f) for f in sorted(whole.iterdir())]).all()
    assert slices_of((parent,)) == (parent,)


def test_what_was_answered_is_not_asked_again_once_there_is_a_project(
    program: Program, tmp_path: Path, wait: Wait, unclear: list[tuple[Request, tuple[object, ...]]]
) -> None:
    folders = tuple(made_stack(tmp_path / name, SHAPE) for name in ("left", "right"))
    program.opener.open(Request(folders))
    wait(lambda: bool(unclear))
    program.opener.open(Request(folders, channels={"L": folders[:1], "R": folders[1:]}))
    wait(lambda: len(program.session.inputs) == 2)
    program.session.add("invert")
    program.runner.run()
    wait(lambda: not program.busy)
    program.session.end()
    program.opener.open(Request(folders))
    wait(lambda: program.session.project is not None)
    assert list(program.session.inputs) == ["L", "R"]
    assert len(unclear) == 1


def test_only_what_may_be_channels_is_parted(tmp_path: Path) -> None:
    stack = made_stack(tmp_path / "p" / "1kV", SHAPE)
    assert parted((tmp_path / "p",)) == (), "a folder with one folder is one stack"
    overview = tmp_path / "p" / "overview"
    overview.mkdir()
    shutil.copy(stack / "slice_0000.tif", overview)
    made_stack(tmp_path / "p" / "2kV", SHAPE)
    assert [name for name, _ in parted((tmp_path / "p",))] == ["1kV", "2kV"], "one picture is no stack"
    many = tmp_path / "many"
    for number in range(17):
        (many / f"tile{number}").mkdir(parents=True)
        shutil.copy(stack / "slice_0000.tif", many / f"tile{number}")
    assert parted((many,)) == ()
    volumes = [stack_file(tmp_path / "v" / name) for name in ("a.tif", "b.tif")]
    assert parted(volumes) == (("", (volumes[0],)), ("", (volumes[1],)))
    assert parted((stack, volumes[0])) == ()
