"""Systems that refuse, forget or run full in the middle of reading and running."""

from __future__ import annotations

import errno
import io
import os
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, ExitStack, nullcontext
from functools import partial
from pathlib import Path
from typing import Any
from unittest import mock

import numpy as np

from core.errors import NotEnoughDiskError, ReadError, TruesliceError, WriteError
from core.execute import Limits, run
from core.io import ReadOptions, open_stack
from core.project import InputSpec, Project
from core.recipe import Recipe
from tests.system.bad_inputs.case import Case
from tests.system.bad_inputs.projects import RECIPE
from tests.system.bad_inputs.valid import FILES, valid, write_slices

DISK_ERRORS: dict[str, type[TruesliceError]] = {"small": NotEnoughDiskError, "read-only": WriteError}


class Failing:
    """Answers like a file until the given call, then with a system error."""

    def __init__(self, file: Any, method: str, countdown: list[int], code: int) -> None:
        self._file, self._method, self._countdown, self._code = file, method, countdown, code

    def __getattr__(self, name: str) -> Any:
        found = getattr(self._file, name)
        if name not in (self._method, self._method + "into"):
            return found

        def counted(*values: Any, **named: Any) -> Any:
            self._countdown[0] -= 1
            if self._countdown[0] < 0:
                raise OSError(self._code, os.strerror(self._code))
            return found(*values, **named)

        return counted

    def __enter__(self) -> Failing:
        self._file.__enter__()
        return self

    def __exit__(self, *ended: Any) -> Any:
        return self._file.__exit__(*ended)

    def __iter__(self) -> Any:
        return iter(self._file)


def failing_files(folder: Path, method: str, calls: int, code: int) -> ExitStack:
    """Let the files below `folder` fail at call number `calls` of their method ``write`` or ``read``."""
    countdown, plain = [calls], io.open
    inside = str(folder)

    def opened(path: Any, mode: str = "r", *rest: Any, **named: Any) -> Any:
        file = plain(path, mode, *rest, **named)
        writes = any(sign in mode for sign in "wxa+")
        if writes == (method == "write") and isinstance(path, (str, Path)) and str(path).startswith(inside):
            return Failing(file, method, countdown, code)
        return file

    stack = ExitStack()
    stack.enter_context(mock.patch("io.open", opened))
    stack.enter_context(mock.patch("builtins.open", opened))
    return stack


def endless_space() -> AbstractContextManager[Any]:
    """Let every question for free space be answered with a terabyte."""
    usage = mock.Mock(total=10**12, used=0, free=10**12)
    return mock.patch("shutil.disk_usage", return_value=usage)


def nothing_changed() -> AbstractContextManager[Any]:
    """Let the system answer for itself."""
    return nullcontext()


def run_project(folder: Path, out: Path) -> object:
    """Run the recipe on slices in `folder`, with everything that is stored at `out`."""
    noise = np.random.default_rng(1).integers(0, 255, (40, 60, 64)).astype(np.uint8)
    (folder / "stack.raw").write_bytes(noise.tobytes())
    options = ReadOptions(raw_shape_zyx=(40, 60, 64), raw_dtype="uint8", voxel_nm_zyx=(10.0, 5.0, 5.0))
    project = Project.create(out, {"": InputSpec(paths=(folder / "stack.raw",), options=options)})
    project.save_recipe(Recipe.loads(RECIPE))
    return run(project, limits=Limits(workers=1))


def _reads() -> Iterator[Case]:
    """The system refuses while a good file is read."""
    for kind in (*FILES, valid("png-slices")):
        if kind.id.startswith(("hdf5", "tiff-")) and kind.id not in ("tiff-lzw", "tiff-tiles"):
            continue
        for calls, code in ((0, errno.EIO), (1, errno.EACCES), (3, errno.ESTALE)):
            yield Case(
                f"read-{kind.id}-{errno.errorcode[code]}-after-{calls}",
                partial(_read_part, kind.id, calls, code), "either", ReadError,
            )  # fmt: skip


def _read_part(name: str, calls: int, code: int, folder: Path) -> Callable[[], object]:
    kind = valid(name)
    path = kind.make(folder)

    def call() -> object:
        with failing_files(folder, "read", calls, code):
            volume = open_stack(path, kind.options)
            return [plane.shape for plane in volume.slices()]

    return call


def _runs() -> Iterator[Case]:
    """A whole run whose disk runs full or goes away, or that ends too early for another reason."""
    for calls in (0, 1, 2, 5, 9, 14, 20, 30):
        for code in (errno.ENOSPC, errno.EIO):
            kind: type[TruesliceError] = NotEnoughDiskError if code == errno.ENOSPC else TruesliceError
            yield Case(
                f"run-{errno.errorcode[code]}-after-{calls}-writes",
                partial(_run_part, calls, code), "either" if calls > 20 else "error", kind, leaves=("out",),
            )  # fmt: skip
    yield Case("run-little-space", _run_little_space, kind=NotEnoughDiskError, says="MiB", leaves=("out",))
    yield Case("run-little-memory", _run_little_memory, kind=TruesliceError, says="needs", leaves=("out",))


def _project(folder: Path) -> Project:
    write_slices(folder / "slices")
    options = ReadOptions(voxel_nm_zyx=(10.0, 5.0, 5.0))
    project = Project.create(folder / "out", {"": InputSpec(paths=(folder / "slices",), options=options)})
    project.save_recipe(Recipe.loads(RECIPE))
    return project


def _run_part(calls: int, code: int, folder: Path) -> Callable[[], object]:
    project = _project(folder)

    def call() -> object:
        with failing_files(folder / "out", "write", calls, code):
            return run(project, limits=Limits(workers=1))

    return call


def _run_little_space(folder: Path) -> Callable[[], object]:
    project = _project(folder)
    usage = mock.Mock(total=10**9, used=10**9 - 1000, free=1000)

    def call() -> object:
        with mock.patch("shutil.disk_usage", return_value=usage):
            return run(project)

    return call


def _run_little_memory(folder: Path) -> Callable[[], object]:
    """Slices of 400 megapixels that are never read, in a megabyte."""
    path = folder / "stack.tif"
    with path.open("wb") as stream:
        stream.truncate(20000 * 20000)
    options = ReadOptions(raw_shape_zyx=(1, 20000, 20000), raw_dtype="uint8")
    project = Project.create(folder / "out", {"": InputSpec(paths=(path,), options=options)})
    project.save_recipe(Recipe.loads(RECIPE))
    return lambda: run(project, limits=Limits(workers=1, memory_mb=1))


def cases() -> Iterator[Case]:
    """All of them."""
    yield from _reads()
    yield from _runs()
