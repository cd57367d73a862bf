"""Places that cannot be written to, hold something else, or run full while they are written to."""

from __future__ import annotations

import errno
import os
from collections.abc import Callable, Iterator
from functools import partial
from pathlib import Path
from typing import Any
from unittest import mock

import numpy as np

from core.errors import (
    Cancelled,
    DamagedFileError,
    NotEnoughDiskError,
    ParameterError,
    TruesliceError,
    WriteError,
)
from core.io import writers
from core.job import Job
from core.volume import ArraySource, Volume, volume_of
from tests.system.bad_inputs.case import Case, permissions_bind
from tests.system.bad_inputs.faults import failing_files

NAMES = {
    "fiji": "x.tif", "bigtiff": "x.ome.tif", "dragonfly": "x", "ome-zarr": "x.ome.zarr", "nrrd": "x.nrrd",
    "mhd": "x.mhd", "raw": "x.raw", "stl": "x.stl", "ply": "x.ply",
}  # fmt: skip
FOLDERS = ("dragonfly", "ome-zarr")


def binary_volume() -> Volume:
    """A ball, small but with a surface."""
    z, y, x = np.mgrid[:6, :20, :24]
    ball = (z - 3) ** 2 * 4 + (y - 10) ** 2 + (x - 12) ** 2 < 60
    return volume_of(np.where(ball, np.uint8(255), np.uint8(0)), voxel_nm=(10.0, 5.0, 5.0), content="binary")


def export(preset: str, target: Path, *, overwrite: bool = False, volume: Volume | None = None) -> object:
    """Write the ball."""
    chosen: Any = preset
    return writers.write(volume or binary_volume(), target, chosen, overwrite=overwrite)


def repeated(volume: Volume, times: int) -> Volume:
    """The volume many times one after the other."""
    info = volume.info.with_(shape=(volume.info.shape[0] * times, *volume.info.shape[1:]))
    return Volume(info, ArraySource(np.concatenate([volume.read()] * times)))


def _written_part(preset: str, calls: int, code: int, older: bool, folder: Path) -> Callable[[], object]:
    target = folder / "out" / NAMES[preset]
    target.parent.mkdir()
    if older:
        export(preset, target)

    def call() -> object:
        with failing_files(folder, "write", calls, code):
            return export(preset, target, overwrite=True)

    return call


def _refused_call(preset: str, name: str, code: int, folder: Path) -> Callable[[], object]:
    def call() -> object:
        with mock.patch(name, side_effect=OSError(code, os.strerror(code))):
            return export(preset, folder / "out" / NAMES[preset])

    return call


def _little_space(preset: str, folder: Path) -> Callable[[], object]:
    usage = mock.Mock(total=10**9, used=10**9 - 1000, free=1000)

    def call() -> object:
        with mock.patch("shutil.disk_usage", return_value=usage):
            return export(preset, folder / "new" / NAMES[preset])

    return call


def _broken_volume(preset: str, error: Exception, folder: Path) -> Callable[[], object]:
    volume = binary_volume()

    class Broken(ArraySource):
        def read(self, z: slice, *rest: Any) -> Any:
            if z.stop > 4:
                raise error
            return super().read(z, *rest)

    broken = Volume(volume.info, Broken(volume.read()))
    return partial(export, preset, folder / "new" / NAMES[preset], volume=broken)


def _stopped(preset: str, folder: Path) -> Callable[[], object]:
    """Cancelled in the middle: no error of ours, so it is turned into one for the check."""
    target: Any = preset

    def call() -> object:
        job = Job(lambda progress: job.stop.set() if progress.done == 3 else None)
        try:
            return writers.write(binary_volume(), folder / "new" / NAMES[preset], target, job)
        except Cancelled:
            raise WriteError("x was stopped by the user, as it should") from None

    return call


def _in_the_way(
    preset: str, make: Callable[[Path], object], overwrite: bool, folder: Path
) -> Callable[[], object]:
    make(folder / NAMES[preset])
    return partial(export, preset, folder / NAMES[preset], overwrite=overwrite)


def _denied(preset: str, folder: Path) -> Callable[[], object]:
    (folder / "denied").mkdir(mode=0o555)
    return partial(export, preset, folder / "denied" / NAMES[preset])


def _strange_folder(path: Path) -> None:
    path.mkdir()
    (path / "thesis.docx").write_bytes(b"years of work")


def _link_to_folder(path: Path) -> None:
    _strange_folder(path.with_name("elsewhere"))
    path.symlink_to("elsewhere", target_is_directory=True)


def _by_preset() -> Iterator[Case]:
    for preset, name in NAMES.items():
        for calls in (0, 1, 3):
            yield Case(
                f"full-after-{calls}-writes-{preset}",
                partial(_written_part, preset, calls, errno.ENOSPC, False),
                "either" if calls == 3 else "error", NotEnoughDiskError,
            )  # fmt: skip
        yield Case(
            f"full-over-older-{preset}",
            partial(_written_part, preset, 1, errno.ENOSPC, True),
            kind=NotEnoughDiskError,
        )
        yield Case(
            f"disk-lost-{preset}",
            partial(_written_part, preset, 1, errno.EIO, False),
            kind=WriteError,
            says=name,
        )
        yield Case(
            f"file-too-large-{preset}", partial(_written_part, preset, 1, errno.EFBIG, False), kind=WriteError
        )
        yield Case(
            f"little-space-{preset}", partial(_little_space, preset), kind=NotEnoughDiskError, says="free"
        )
        for call, code in (
            ("os.mkdir", errno.EACCES),
            ("os.replace", errno.EACCES),
            ("os.mkdir", errno.EROFS),
        ):
            label = f"refused-{call}-{errno.errorcode[code]}-{preset}"
            yield Case(label, partial(_refused_call, preset, call, code), kind=WriteError, says=name)
        broken = DamagedFileError("slice_004.png is truncated")
        yield Case(f"input-breaks-{preset}", partial(_broken_volume, preset, broken), kind=DamagedFileError)
        yield Case(f"cancelled-{preset}", partial(_stopped, preset), kind=WriteError)
        older: Callable[[Path], object] = (
            (lambda path: path.mkdir())
            if preset not in FOLDERS
            else (lambda path: path.write_bytes(b"older"))
        )
        yield Case(
            f"other-kind-in-the-way-{preset}",
            partial(_in_the_way, preset, older, True),
            kind=WriteError,
            says=name,
        )
        there: Callable[[Path], object] = (
            _strange_folder if preset in FOLDERS else lambda path: path.write_bytes(b"older")
        )
        yield Case(f"exists-{preset}", partial(_in_the_way, preset, there, False), kind=WriteError, says=name)
        if os.name == "posix" and permissions_bind():
            yield Case(f"denied-{preset}", partial(_denied, preset), kind=WriteError, says=name)
    for preset in FOLDERS:
        yield Case(
            f"strange-folder-{preset}", partial(_in_the_way, preset, _strange_folder, True), kind=WriteError
        )
        if os.name == "posix":
            yield Case(
                f"link-to-folder-{preset}",
                partial(_in_the_way, preset, _link_to_folder, True),
                kind=WriteError,
            )


def _names() -> Iterator[Case]:
    for label, name in (("suffix-only", ".tif"), ("other-suffix", "x.nrrd"), ("dots", "..")):
        yield Case(f"target-name-{label}", partial(_named, name), kind=TruesliceError)
    for label, path in (("none", ""), ("dot", "."), ("root", "/")):
        yield Case(f"target-name-{label}", partial(_nowhere, Path(path)), kind=ParameterError)
    long = "n" * 300
    yield Case(
        "target-name-of-300-bytes",
        lambda folder: partial(export, "fiji", folder / f"{long}.tif"),
        kind=WriteError,
    )
    yield Case(
        "target-folder-of-300-bytes",
        lambda folder: partial(export, "fiji", folder / long / "x.tif"),
        kind=WriteError,
    )
    yield Case("target-path-of-5000-bytes", _too_deep, kind=WriteError)
    yield Case(
        "target-with-zero-byte",
        lambda folder: partial(export, "fiji", folder / "a\0b.tif"),
        kind=TruesliceError,
    )
    yield Case("target-below-a-file", _below_a_file, kind=WriteError, says="x.tif")
    yield Case(
        "unknown-preset", lambda folder: partial(export, "word", folder / "x.doc"), kind=ParameterError
    )
    if os.name == "posix":
        yield Case(
            "target-device", lambda _: partial(export, "fiji", Path("/dev/full")), "either", WriteError
        )
        yield Case(
            "target-below-proc", lambda _: partial(export, "fiji", Path("/proc/x/x.tif")), kind=TruesliceError
        )


def _named(name: str, folder: Path) -> Callable[[], object]:
    return partial(export, "fiji", folder / name)


def _nowhere(path: Path, _folder: Path) -> Callable[[], object]:
    return partial(export, "fiji", path)


def _too_deep(folder: Path) -> Callable[[], object]:
    return partial(export, "fiji", folder.joinpath(*["d" * 200] * 25, "x.tif"))


def _below_a_file(folder: Path) -> Callable[[], object]:
    (folder / "file").write_bytes(b"x")
    return partial(export, "fiji", folder / "file" / "x.tif")


def _values() -> Iterator[Case]:
    def of(preset: str, data: Any, **info: Any) -> Callable[[Path], Callable[[], object]]:
        known: dict[str, Any] = {"voxel_nm": (10.0, 5.0, 5.0), **info}
        return lambda folder: partial(export, preset, folder / NAMES[preset], volume=volume_of(data, **known))

    large = np.arange(24, dtype=np.uint32).reshape(2, 3, 4) * 2**27
    yield Case("labels-too-large-for-fiji", of("fiji", large, content="labels"), kind=WriteError)
    yield Case("labels-too-large-for-dragonfly", of("dragonfly", large, content="labels"), kind=WriteError)
    yield Case("float64-too-large-for-fiji", of("fiji", np.full((2, 3, 4), 1e300)), kind=WriteError)
    yield Case("nan-for-fiji", of("fiji", np.full((2, 3, 4), np.nan, np.float32)), "works")
    yield Case("nan-surface", of("stl", np.full((2, 3, 4), np.nan, np.float32)), kind=TruesliceError)
    yield Case("empty-surface", of("stl", np.zeros((2, 3, 4), np.uint8), content="binary"), "either")
    yield Case("full-surface", of("ply", np.full((2, 3, 4), 255, np.uint8), content="binary"), "either")
    yield Case(
        "surface-without-scale",
        of("stl", np.zeros((2, 3, 4), np.uint8), content="binary", voxel_nm=(None,) * 3),
    )
    yield Case("surface-of-grey", of("stl", np.zeros((2, 3, 4), np.uint8)), kind=TruesliceError)
    yield Case("one-voxel-to-zarr", of("ome-zarr", np.zeros((1, 1, 1), np.uint8)), "works")


def cases() -> Iterator[Case]:
    """All of them."""
    yield from _by_preset()
    yield from _names()
    yield from _values()
