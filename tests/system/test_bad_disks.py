"""Disks that are full or read-only, for real: mounted for the test, by root on Linux."""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
import time
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.system.bad_inputs import faults, targets
from tests.system.bad_inputs.case import Case, attempt, check_outcome, is_temporary, snapshot


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
    with faults.endless_space() if disk == "small" else faults.nothing_changed():
        tried = attempt(lambda: targets.export(preset, disks[disk] / targets.NAMES[preset], volume=large))
    case = Case(f"{disk}-{preset}", lambda _: lambda: None, kind=faults.DISK_ERRORS[disk])
    check_outcome(case, tried)
    assert snapshot(disks[disk]) == before


@pytest.mark.parametrize("disk", ["small", "read-only"])
@pytest.mark.parametrize("preflight", [True, False])
def test_run_on_a_real_disk(disk: str, preflight: bool, disks: dict[str, Path], place: Path) -> None:
    out = disks[disk] / f"out-{preflight}"
    with faults.nothing_changed() if preflight else faults.endless_space():
        tried = attempt(lambda: faults.run_project(place, out))
    case = Case(f"{disk}-run", lambda _: lambda: None, kind=faults.DISK_ERRORS[disk])
    check_outcome(case, tried)
    assert not [name for name in snapshot(disks[disk]) if is_temporary(name)]
    assert not list(out.glob("exports/*"))
    if disk == "small":
        until = time.monotonic() + 20
        while out.exists():  # other chunks of the write that failed may still be on their way
            assert time.monotonic() < until
            shutil.rmtree(out, ignore_errors=True)
