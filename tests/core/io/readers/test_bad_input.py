"""Broken input of every format ends in a clear error, quickly and in little memory; or it is read rightly."""

from __future__ import annotations

import os
import sys
import time
import tracemalloc
from pathlib import Path

import numpy as np
import pytest

from core.errors import DamagedFileError, ReadError, TruesliceError, UnsupportedFormatError
from core.io import ReadOptions, describe, open_stack
from tests.core.io.readers.make import FORMATS, ramp

FILES = tuple(name for name in FORMATS if not name.endswith("-slices") and not name.startswith("zarr"))
SHAPE = (4, 31, 29)
SECONDS = 5
BYTES = 50 * 2**20


def outcome(path: Path, options: ReadOptions) -> np.ndarray | TruesliceError:  # type: ignore[type-arg]
    """The voxels, or the error; anything else than our errors fails the test, and so does waste."""
    start = time.perf_counter()
    tracemalloc.start()
    result: np.ndarray | TruesliceError  # type: ignore[type-arg]
    try:
        result = open_stack(path, options).read()
    except TruesliceError as error:
        result = error
    _, peak = tracemalloc.get_traced_memory()
    tracemalloc.stop()
    assert time.perf_counter() - start < SECONDS
    assert peak < BYTES
    return result


def data_file(path: Path) -> Path:
    """The file that holds the voxels."""
    return path.with_suffix(".raw") if path.suffix == ".mhd" else path


@pytest.mark.parametrize("share", [0.0, 0.001, 0.02, 0.1, 0.5, 0.9, 0.999])
@pytest.mark.parametrize("name", FILES)
def test_truncated_files(name: str, share: float, tmp_path: Path) -> None:
    path, options = FORMATS[name](tmp_path, ramp(SHAPE))
    victim = data_file(path)
    whole = victim.read_bytes()
    victim.write_bytes(whole[: int(len(whole) * share)])
    result = outcome(path, options)
    if isinstance(result, np.ndarray):
        # Only bytes that carry no voxels were lost (lists of tags and indices may lie at the end).
        np.testing.assert_array_equal(result, ramp(SHAPE))
    else:
        assert isinstance(result, ReadError)


@pytest.mark.parametrize("name", FILES)
def test_scattered_damage(name: str, tmp_path: Path) -> None:
    path, options = FORMATS[name](tmp_path, ramp(SHAPE))
    whole = path.read_bytes()
    chance = np.random.default_rng(FILES.index(name))
    for _ in range(25):
        data = bytearray(whole)
        for place in chance.integers(0, min(len(data), 2000), 3):
            data[place] = chance.integers(0, 256)
        path.write_bytes(data)
        result = outcome(path, options)
        assert isinstance(result, TruesliceError) or result.ndim == 3


@pytest.mark.parametrize(
    "suffix", [".tif", ".png", ".bmp", ".jpg", ".mrc", ".h5", ".nrrd", ".mha", ".nii", ".dat", ".xyz"]
)
@pytest.mark.parametrize("content", [b"", b"\0", b"hello", bytes(range(256)) * 40, b"\xff" * 5000])
def test_files_that_are_nothing(suffix: str, content: bytes, tmp_path: Path) -> None:
    path = tmp_path / f"file{suffix}"
    path.write_bytes(content)
    result = outcome(path, ReadOptions())
    assert isinstance(result, UnsupportedFormatError if content else DamagedFileError)
    with pytest.raises(ReadError):
        describe(path)


@pytest.mark.parametrize("suffix", [".tif", ".png", ".mrc", ".h5", ".nrrd", ".dat", ".raw", ""])
@pytest.mark.parametrize("name", ["tiff-lzw", "mrc", "hdf5", "nrrd", "mha", "nifti"])
def test_content_decides_not_the_name(name: str, suffix: str, tmp_path: Path) -> None:
    path, options = FORMATS[name](tmp_path, ramp(SHAPE))
    renamed = path.rename(tmp_path / f"renamed{suffix}")
    volume = open_stack(renamed, options)
    np.testing.assert_array_equal(volume.read(), ramp(SHAPE))
    if suffix not in ("", path.suffix, ".raw" if name == "raw" else path.suffix):
        assert any("by content" in note for note in volume.notes)


@pytest.mark.parametrize("magic", [b"\x1f\x8b\x08", b"PK\x03\x04", b"7z\xbc\xaf", b"BZh9"])
def test_packed_files_say_so(magic: bytes, tmp_path: Path) -> None:
    path = tmp_path / "stack.tif.gz"
    path.write_bytes(magic + bytes(500))
    with pytest.raises(UnsupportedFormatError, match="packed with"):
        open_stack(path)


@pytest.mark.parametrize(
    "name", ["tiff", "png-slices", "hdf5", "zarr-3", "nrrd-packed", "mha", "mrc", "dat-slices"]
)
def test_names_beyond_ascii_and_long_ones(name: str, tmp_path: Path) -> None:
    folder = tmp_path / "Prüfstück äöü 試料 №5 😀"
    while len(str(folder)) < (200 if sys.platform == "win32" else 700):
        folder = folder / ("langer Ordner " * 4).strip()
    folder.mkdir(parents=True)
    path, options = FORMATS[name](folder, ramp(SHAPE))
    np.testing.assert_array_equal(open_stack(path, options).read(), ramp(SHAPE))


def test_a_name_that_is_too_long(tmp_path: Path) -> None:
    result = outcome(tmp_path / ("x" * 5000), ReadOptions())
    assert isinstance(result, ReadError)
    assert len(str(result)) < 1000


def test_missing_files_and_folders_for_files(tmp_path: Path) -> None:
    assert "no such file" in str(outcome(tmp_path / "none.tif", ReadOptions()))
    (tmp_path / "folder.tif").mkdir()
    assert isinstance(outcome(tmp_path / "folder.tif", ReadOptions()), UnsupportedFormatError)
    raw = ReadOptions(raw_shape_zyx=(1, 1, 1), raw_dtype="uint8")
    assert isinstance(outcome(tmp_path / "none.raw", raw), ReadError)


@pytest.mark.skipif(sys.platform == "win32" or os.geteuid() == 0, reason="permissions do not bind this user")
def test_unreadable_files(tmp_path: Path) -> None:
    path, options = FORMATS["tiff"](tmp_path, ramp(SHAPE))
    path.chmod(0)
    assert "permission" in str(outcome(path, options))


@pytest.mark.skipif(sys.platform == "win32", reason="no such files there")
def test_special_files_do_not_hang(tmp_path: Path) -> None:
    os.mkfifo(tmp_path / "pipe.tif")
    assert "not a plain file" in str(outcome(tmp_path / "pipe.tif", ReadOptions()))


def test_no_files_at_all() -> None:
    with pytest.raises(UnsupportedFormatError, match="no file"):
        open_stack([])
