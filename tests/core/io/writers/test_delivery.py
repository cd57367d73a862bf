"""Staging: kills, full disks, failing moves."""

from __future__ import annotations

import errno
import os
import shutil
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import numpy as np
import pytest

from core.errors import NotEnoughDiskError, WriteError
from core.io.writers import delivery as module
from core.io.writers import preset_for, write
from core.io.writers.delivery import delivery
from core.volume import volume_of
from tests.core.io.writers.volumes import made, solid, tree

POSIX = pytest.mark.skipif(sys.platform == "win32", reason="needs a POSIX system")


@pytest.fixture
def small_disk(tmp_path: Path) -> Iterator[Path]:
    """A disk of one megabyte."""
    folder = tmp_path / "disk"
    folder.mkdir()
    if sys.platform != "linux" or os.geteuid() != 0 or shutil.which("mount") is None:
        pytest.skip("mounting a small disk needs root on Linux")
    done = subprocess.run(
        ["mount", "-t", "tmpfs", "-o", "size=1m", "tmpfs", str(folder)], capture_output=True, check=False
    )
    if done.returncode != 0:
        pytest.skip("mounting a small disk is not allowed here")
    yield folder
    subprocess.run(["umount", str(folder)], check=True)


@pytest.mark.parametrize("name", ["a.tif", "a", "a.nrrd", "a.zarr", "a.ply", "a.stl"])
def test_a_disk_that_fills_up_on_the_way(
    name: str, small_disk: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(module, "_check_disk", lambda _parent, _needed: None)
    shape = (8, 128, 128) if name in ("a.ply", "a.stl") else (40, 256, 256)
    noise = np.random.default_rng(0).integers(0, 256, shape).astype(np.uint8)
    with pytest.raises(NotEnoughDiskError, match="not enough space"):
        write(
            volume_of(noise, voxel_nm=(1.0, 1.0, 1.0), content="labels"),
            small_disk / name,
            preset_for(Path(name)),
        )
    assert not list(small_disk.iterdir())


def test_refused_before_with_the_numbers(small_disk: Path) -> None:
    with pytest.raises(NotEnoughDiskError) as caught:
        write(made(lambda _: None, (40, 256, 256)), small_disk / "a.tif", "fiji")
    assert caught.value.expected == "up to 2.5 MiB free"
    assert caught.value.got == "1.0 MiB free"


@POSIX
def test_files_larger_than_the_disk_allows(tmp_path: Path) -> None:
    import resource

    limits = resource.getrlimit(resource.RLIMIT_FSIZE)
    resource.setrlimit(resource.RLIMIT_FSIZE, (1000, limits[1]))
    try:
        with pytest.raises(WriteError, match="files so large"):
            write(made(lambda _: None), tmp_path / "a.tif", "fiji")
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, limits)
    assert tree(tmp_path) == {}


@POSIX
def test_what_a_killed_export_left_is_removed_by_the_next(tmp_path: Path) -> None:
    code = (
        "import os, sys; from pathlib import Path\n"
        "from core.io.writers import write\n"
        "from tests.core.io.writers.volumes import made\n"
        "write(made(lambda z: z == 6 and os.kill(os.getpid(), 9)), Path(sys.argv[1]), 'fiji')\n"
    )
    root = str(Path(__file__).parents[4])
    done = subprocess.run([sys.executable, "-c", code, str(tmp_path / "a.tif")], cwd=root, check=False)
    assert done.returncode == -9
    (left,) = tmp_path.iterdir()
    assert left.name.startswith(".")
    other = left.with_name(left.name.replace(left.name.split("-")[2], str(os.getppid())))
    other.mkdir()  # same number of process, but started at another time: dead as well
    write(solid(), tmp_path / "b.tif", "fiji")
    assert left.exists()
    write(solid(), tmp_path / "a.tif", "fiji")
    assert sorted(path.name for path in tmp_path.iterdir()) == ["a.tif", "b.tif"]


def test_an_export_under_way_to_the_same_target_is_not_disturbed(tmp_path: Path) -> None:
    with delivery(tmp_path / "a.tif", needed_bytes=0, overwrite=False) as first:
        first.file("a.tif").write_bytes(b"first")
        with (
            pytest.raises(WriteError, match="under way"),
            delivery(tmp_path / "a.tif", needed_bytes=0, overwrite=True),
        ):
            pytest.fail("not reached")
    assert tree(tmp_path) == {"a.tif": b"first"}


def test_a_move_that_fails_brings_the_older_files_back(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    old = {"a.mhd": b"old header", "a.raw": b"old voxels", "a_z_nm.csv": b"old table"}
    for name, data in old.items():
        (tmp_path / name).write_bytes(data)
    really_replace = os.replace
    moves = []

    def replace(source: Path, target: Path) -> None:
        moves.append(target)
        if len(moves) == 5:
            raise OSError(errno.EBUSY, os.strerror(errno.EBUSY))
        really_replace(source, target)

    monkeypatch.setattr(module.os, "replace", replace)
    with pytest.raises(WriteError, match="busy"):
        write(solid(), tmp_path / "a.mhd", "mhd", overwrite=True)
    assert tree(tmp_path) == old
    moves.clear()
    monkeypatch.undo()
    write(solid(), tmp_path / "a.mhd", "mhd", overwrite=True)
    assert sorted(tree(tmp_path)) == ["a.mhd", "a.raw"]


def test_side_files_of_somebody_else_are_not_overwritten_by_surprise(tmp_path: Path) -> None:
    (tmp_path / "a.raw").write_bytes(b"precious")
    with pytest.raises(WriteError, match=r"a\.raw exists already"):
        write(solid(), tmp_path / "a.mhd", "mhd")
    (tmp_path / "b_z_nm.csv").write_bytes(b"precious")
    with pytest.raises(WriteError, match=r"b_z_nm\.csv exists already"):
        write(solid(), tmp_path / "b.tif", "fiji")
    assert tree(tmp_path) == {"a.raw": b"precious", "b_z_nm.csv": b"precious"}


def test_a_file_where_a_folder_should_be_and_the_other_way_round(tmp_path: Path) -> None:
    (tmp_path / "a").write_bytes(b"file")
    with pytest.raises(WriteError, match="is a file"):
        write(solid(), tmp_path / "a", "dragonfly", overwrite=True)
    (tmp_path / "b.tif").mkdir()
    with pytest.raises(WriteError, match="is a folder"):
        write(solid(), tmp_path / "b.tif", "fiji", overwrite=True)
    assert tree(tmp_path) == {"a": b"file"}


@POSIX
def test_a_link_is_replaced_not_what_it_points_to(tmp_path: Path) -> None:
    (tmp_path / "raw data.tif").write_bytes(b"raw")
    (tmp_path / "a.tif").symlink_to(tmp_path / "raw data.tif")
    write(solid(), tmp_path / "a.tif", "fiji", overwrite=True)
    assert (tmp_path / "raw data.tif").read_bytes() == b"raw"
    assert not (tmp_path / "a.tif").is_symlink()
