"""What holds for every preset: same bytes, whole or not at all, nothing overwritten by surprise."""

from __future__ import annotations

import os
import sys
import threading
from pathlib import Path

import numpy as np
import pytest

from core.errors import Cancelled, NotEnoughDiskError, ParameterError, ReadError, WriteError
from core.io.writers import WRITERS, preset_for, write
from core.job import Job, Progress
from core.volume import volume_of
from tests.core.io.writers.volumes import PRESET_NAMES, made, solid, tree

PRESETS = sorted(PRESET_NAMES)


@pytest.fixture(params=PRESETS)
def preset(request: pytest.FixtureRequest) -> str:
    return request.param


def test_every_preset_is_tested() -> None:
    assert set(PRESET_NAMES) == set(WRITERS)


def test_the_same_volume_gives_the_same_bytes(preset: str, tmp_path: Path) -> None:
    for run in ("first", "second"):
        report = write(solid(), tmp_path / run / PRESET_NAMES[preset], preset)
        assert all(path.is_file() for path in report.files)
        assert {path.relative_to(tmp_path / run).as_posix() for path in report.files} == set(
            tree(tmp_path / run)
        )
    assert tree(tmp_path / "first") == tree(tmp_path / "second") != {}


def test_progress_reaches_the_end_and_never_falls(preset: str, tmp_path: Path) -> None:
    seen: list[Progress] = []
    write(
        made(lambda _: None), tmp_path / PRESET_NAMES[preset], preset, Job(seen.append), message="3/4 Export"
    )
    first = [step.fraction for step in seen if step.message == "3/4 Export"]
    assert first == sorted(first)
    assert first[0] == 0
    assert first[-1] == 1


def test_cancelled_in_the_middle_leaves_what_was_there(preset: str, tmp_path: Path) -> None:
    target = tmp_path / PRESET_NAMES[preset]
    write(solid(), target, preset)
    before = tree(tmp_path)
    stop = threading.Event()

    def visit(index: int) -> None:
        if index == 6:
            stop.set()

    with pytest.raises(Cancelled):
        write(made(visit), target, preset, Job(stop=stop), overwrite=True)
    assert tree(tmp_path) == before
    assert not list(tmp_path.glob(".*"))


def test_cancelled_leaves_no_folder_behind(preset: str, tmp_path: Path) -> None:
    stop = threading.Event()
    with pytest.raises(Cancelled):
        write(made(lambda _: stop.set()), tmp_path / "a" / "b" / PRESET_NAMES[preset], preset, Job(stop=stop))
    assert not list(tmp_path.iterdir())


def test_an_older_export_is_kept_unless_overwriting_is_allowed(preset: str, tmp_path: Path) -> None:
    target = tmp_path / PRESET_NAMES[preset]
    write(solid(), target, preset)
    before = tree(tmp_path)
    with pytest.raises(WriteError, match="exists already"):
        write(made(lambda _: None), target, preset)
    assert tree(tmp_path) == before
    write(made(lambda _: None), target, preset, overwrite=True)
    after = tree(tmp_path)
    assert after != before
    write(made(lambda _: None), tmp_path / "fresh" / target.name, preset)
    assert tree(tmp_path / "fresh") == after


def test_a_source_that_fails_is_named_and_nothing_is_left(preset: str, tmp_path: Path) -> None:
    def visit(index: int) -> None:
        if index == 9:
            raise OSError(5, "Input/output error")

    with pytest.raises(ReadError, match="slice 9"):
        write(made(visit), tmp_path / PRESET_NAMES[preset], preset)
    assert not list(tmp_path.iterdir())


def test_too_little_disk_is_refused_before_writing(
    preset: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    usage = type("Usage", (), {"free": 1000})()
    monkeypatch.setattr("core.io.writers.delivery.shutil.disk_usage", lambda _path: usage)
    read: list[int] = []
    with pytest.raises(NotEnoughDiskError, match="MiB free"):
        write(made(read.append), tmp_path / PRESET_NAMES[preset], preset)
    assert read == []
    assert not list(tmp_path.iterdir())


def test_names_in_any_alphabet(preset: str, tmp_path: Path) -> None:
    folder = tmp_path / "Größe 試料 №1"
    name = "Körner µm 孔 😀" + PRESET_NAMES[preset].removeprefix("volume")
    report = write(solid(), folder / name, preset)
    assert (folder / name).exists()
    assert report.files


def test_the_longest_name_the_disk_allows(preset: str, tmp_path: Path) -> None:
    # Room for the parts with longer names: slice numbers and side files.
    suffix = PRESET_NAMES[preset].removeprefix("volume")
    write(solid(), tmp_path / ("n" * (255 - 10 - len(suffix)) + suffix), preset)
    with pytest.raises(WriteError, match="too long"):
        write(solid(), tmp_path / ("m" * (256 - len(suffix)) + suffix), preset)
    assert not [path for path in tmp_path.iterdir() if path.name.startswith((".", "m"))]


@pytest.mark.skipif(sys.platform == "win32", reason="folders are protected in another way on Windows")
def test_a_folder_that_may_not_be_written_to(preset: str, tmp_path: Path) -> None:
    folder = tmp_path / "locked"
    folder.mkdir()
    for path in (tmp_path, *tmp_path.parents[:2]):
        path.chmod(path.stat().st_mode | 0o055)
    folder.chmod(0o555)
    root = os.geteuid() == 0
    if root:
        os.seteuid(65534)  # root may write anywhere
    try:
        with pytest.raises(WriteError, match="Permission denied"):
            write(solid(), folder / PRESET_NAMES[preset], preset)
    finally:
        if root:
            os.seteuid(0)
    assert not list(folder.iterdir())


def test_a_target_below_a_file(preset: str, tmp_path: Path) -> None:
    (tmp_path / "file").write_bytes(b"")
    with pytest.raises(WriteError):
        write(solid(), tmp_path / "file" / PRESET_NAMES[preset], preset)
    assert tree(tmp_path) == {"file": b""}


@pytest.mark.parametrize("dtype", ["float16", "uint64", "complex64"])
def test_types_that_no_format_knows_are_refused(preset: str, dtype: str, tmp_path: Path) -> None:
    with pytest.raises(ParameterError, match="type of voxel"):
        write(volume_of(np.ones((2, 2, 2), dtype)), tmp_path / PRESET_NAMES[preset], preset)


@pytest.mark.parametrize(
    ("name", "expected"),
    [
        ("a.tif", "fiji"),
        ("a.TIFF", "fiji"),
        ("a.ome.tif", "bigtiff"),
        ("a.btf", "bigtiff"),
        ("a.zarr", "ome-zarr"),
        ("a.ome.zarr", "ome-zarr"),
        ("a.nrrd", "nrrd"),
        ("a.mhd", "mhd"),
        ("a.mha", "mhd"),
        ("a.raw", "raw"),
        ("a.stl", "stl"),
        ("a.ply", "ply"),
        ("folder", "dragonfly"),
    ],
)
def test_preset_from_the_name(name: str, expected: str) -> None:
    assert preset_for(Path(name)) == expected


def test_a_folder_with_a_dot_in_its_name_is_a_folder(tmp_path: Path) -> None:
    (tmp_path / "sample.v2").mkdir()
    assert preset_for(tmp_path / "sample.v2") == "dragonfly"
    with pytest.raises(ParameterError, match="not clear"):
        preset_for(tmp_path / "sample.v3")


def test_a_missing_suffix_is_added_and_a_wrong_one_refused(tmp_path: Path) -> None:
    report = write(solid(), tmp_path / "sample 1.5 nm", "nrrd")
    assert report.files == (tmp_path / "sample 1.5 nm.nrrd",)
    for name in ("volume.nrrd", "volume.ome.tif"):
        with pytest.raises(ParameterError, match="does not fit"):
            write(solid(), tmp_path / name, "fiji")
    with pytest.raises(ParameterError, match="does not fit"):
        write(solid(), tmp_path / "volume.tif", "dragonfly")
    with pytest.raises(ParameterError, match="no name"):
        write(solid(), Path("/"), "fiji")


def test_unknown_presets_and_options_are_named(tmp_path: Path) -> None:
    with pytest.raises(ParameterError, match="no such preset"):
        write(solid(), tmp_path / "a", "amira")  # type: ignore[arg-type]
    with pytest.raises(ParameterError, match="compression"):
        write(solid(), tmp_path / "a.tif", "fiji", compression="lzw")
