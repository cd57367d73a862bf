"""Chunks that are cut short or absent are refused before they are decoded."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
import pytest
import zarr
from numcodecs import Blosc
from zarr.codecs import BloscCodec, ZstdCodec

from core.chunks import CheckedStore, is_blosc
from core.errors import DamagedFileError

VALUES = np.random.default_rng(2).integers(0, 200, (4, 16, 20)).astype(np.uint8)


def written(path: Path, zarr_format: int, compressor: Any, **how: Any) -> Path:
    array = zarr.create_array(
        path, shape=VALUES.shape, dtype="uint8", chunks=(2, 8, 10), zarr_format=zarr_format,
        compressors=compressor, **how,
    )  # fmt: skip
    array[:] = VALUES
    return path / ("0.0.0" if zarr_format == 2 else "c/0/0/0")


def read(path: Path, **how: bool) -> Any:
    return zarr.open_array(CheckedStore(path, **how), mode="r")[:]


@pytest.mark.parametrize(("zarr_format", "compressor"), [(2, Blosc("lz4")), (3, BloscCodec(cname="zstd"))])
@pytest.mark.parametrize("kept", [0.0, 0.02, 0.5, 0.99])
def test_cut_blosc_chunks_are_refused(zarr_format, compressor, kept, tmp_path):
    chunk = written(tmp_path / "x.zarr", zarr_format, compressor)
    np.testing.assert_array_equal(read(tmp_path / "x.zarr", blosc=True), VALUES)
    data = chunk.read_bytes()
    chunk.write_bytes(data[: int(kept * len(data))])
    with pytest.raises(DamagedFileError, match="cut short"):
        read(tmp_path / "x.zarr", blosc=True)


def test_absent_chunks_are_zero_unless_all_have_to_be_there(tmp_path):
    chunk = written(tmp_path / "x.zarr", 3, BloscCodec())
    chunk.unlink()
    assert not read(tmp_path / "x.zarr", blosc=True)[:2, :8, :10].any()
    with pytest.raises(DamagedFileError, match="c/0/0/0 is missing"):
        read(tmp_path / "x.zarr", complete=True)


@pytest.mark.parametrize(
    ("how", "expected"),
    [
        ({"compressors": BloscCodec()}, True),
        ({"compressors": ZstdCodec()}, False),
        ({"compressors": None}, False),
        ({"compressors": BloscCodec(), "shards": (4, 16, 20)}, False),
        ({"compressors": Blosc(), "zarr_format": 2}, True),
    ],
)
def test_only_whole_blosc_frames_count_as_such(how, expected, tmp_path):
    array = zarr.create_array(
        tmp_path / "x.zarr", shape=VALUES.shape, dtype="uint8", chunks=(2, 8, 10), **how
    )
    assert is_blosc(array) is expected
