"""Every format: values and voxel size come back as written, whole, in part, from any thread."""

from __future__ import annotations

import pickle
import tempfile
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import numpy as np
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from core.errors import ParameterError
from core.io import describe, input_files, open_stack
from core.volume import Source, Volume
from tests.core.io.readers.make import EIGHT_BIT_ONLY, FORMATS, SIZED, VOXEL_NM, ramp

SHAPE = (6, 21, 19)


@pytest.fixture(scope="module")
def opened() -> Iterator[dict[str, Volume]]:
    with tempfile.TemporaryDirectory() as folder:
        found = {}
        for name, build in FORMATS.items():
            inner = Path(folder, name)
            inner.mkdir()
            path, options = build(inner, ramp(SHAPE))
            found[name] = open_stack(path, options)
        yield found


@pytest.mark.parametrize("name", FORMATS)
def test_values_come_back(name: str, opened: dict[str, Volume]) -> None:
    volume = opened[name]
    assert volume.info.shape == SHAPE
    assert volume.info.dtype.isnative
    np.testing.assert_array_equal(volume.read(), ramp(SHAPE))
    assert volume.read().dtype == volume.info.dtype
    assert volume.info.dtype == ("uint16" if name == "mrc" else "uint8")
    assert isinstance(volume.source, Source)


@pytest.mark.parametrize("name", [name for name in FORMATS if name not in EIGHT_BIT_ONLY])
def test_sixteen_bits_come_back(name: str, tmp_path: Path) -> None:
    dtype = "int16" if name == "dat-slices" else "uint16"
    data = (ramp((2, 7, 9)).astype(dtype) * 131) - (3 if name == "dat-slices" else 0)
    path, options = FORMATS[name](tmp_path, data)
    volume = open_stack(path, options)
    assert volume.info.dtype == dtype
    np.testing.assert_array_equal(volume.read(), data)


@pytest.mark.parametrize("name", FORMATS)
def test_voxel_size_is_what_was_written_or_unknown(name: str, opened: dict[str, Volume]) -> None:
    volume = opened[name]
    if name in SIZED:
        assert volume.info.voxel_nm == pytest.approx(VOXEL_NM, rel=1e-6)
        return
    pixel = (8.0, 8.0) if name == "dat-slices" else (None, None)
    assert volume.info.voxel_nm == (None, *pixel)
    assert any("thickness is not known" in note for note in volume.notes)


@pytest.mark.parametrize("name", FORMATS)
def test_sources_survive_pickling(name: str, opened: dict[str, Volume]) -> None:
    volume = opened[name]
    volume.read(slice(0, 1))
    again = pickle.loads(pickle.dumps(volume))
    assert again.info == volume.info
    np.testing.assert_array_equal(again.read(slice(2, 4)), ramp(SHAPE)[2:4])


@pytest.mark.parametrize("name", FORMATS)
def test_several_threads_may_read(name: str, opened: dict[str, Volume]) -> None:
    data, volume = ramp(SHAPE), pickle.loads(pickle.dumps(opened[name]))
    with ThreadPoolExecutor(6) as pool:
        planes = list(pool.map(volume.slice, [z % SHAPE[0] for z in range(24)]))
    for z, plane in enumerate(planes):
        np.testing.assert_array_equal(plane, data[z % SHAPE[0]])


RANGES = st.tuples(
    *[st.tuples(st.integers(0, n - 1), st.integers(1, n)).map(lambda p: (p[0], max(p))).filter(
        lambda p: p[0] < p[1]) for n in SHAPE]
)  # fmt: skip


@pytest.mark.parametrize("name", FORMATS)
@settings(max_examples=20, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(parts=RANGES)
def test_any_part_equals_the_same_part_of_the_whole(
    name: str, parts: tuple[tuple[int, int], ...], opened: dict[str, Volume]
) -> None:
    z, y, x = (slice(*part) for part in parts)
    part = opened[name].read(z, y, x)
    np.testing.assert_array_equal(part, ramp(SHAPE)[z, y, x])
    part[:] = 0  # a new array: writing to it must not reach what the source keeps
    assert opened[name].read(z, y, x).any() == ramp(SHAPE)[z, y, x].any()


@pytest.mark.parametrize("name", FORMATS)
def test_ranges_outside_are_refused(name: str, opened: dict[str, Volume]) -> None:
    for part in (slice(0, 7), slice(5, 5), slice(0, 4, 2)):
        with pytest.raises(ParameterError, match="range outside"):
            opened[name].read(part)


@pytest.mark.parametrize("name", FORMATS)
def test_describe_and_input_files_agree_with_opening(name: str, tmp_path: Path) -> None:
    path, options = FORMATS[name](tmp_path, ramp(SHAPE))
    volume, report = open_stack(path, options), describe(path, options)
    assert report.shape_zyx == volume.info.shape
    assert report.dtype == volume.info.dtype.name
    assert report.voxel_nm_zyx == volume.info.voxel_nm
    assert report.warnings == volume.notes
    files = input_files(path, options)
    assert files
    assert all(file.is_file() for file in files)
    assert len(files) == len(set(files))
