"""Steps that leave voxels out or mirror them: exact, and the rest keeps its place."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from pydantic import ValidationError

from core.errors import ParameterError
from core.slice_list import numbers_of
from core.steps.crop import CROP, CropParams
from core.steps.drop_slices import DROP_SLICES, DropSlicesParams
from core.steps.invert import INVERT, inverted
from core.volume import VolumeInfo
from tests.core.steps.running import info_of, run_step

NUMBERS = np.arange(5 * 6 * 7, dtype=np.uint16).reshape(5, 6, 7)


@st.composite
def ranges(draw: st.DrawFn, length: int) -> tuple[int, int]:
    start = draw(st.integers(0, length - 1))
    return start, draw(st.integers(start + 1, length))


def box(z: tuple[int, int], y: tuple[int, int], x: tuple[int, int]) -> dict[str, int]:
    return {f"{axis}_{end}": value for axis, pair in zip("zyx", (z, y, x), strict=True)
            for end, value in zip(("start", "stop"), pair, strict=True)}  # fmt: skip


@given(ranges(5), ranges(6), ranges(7), st.data())
def test_crop_of_a_crop_is_one_crop(z, y, x, data) -> None:  # type: ignore[no-untyped-def]
    first, _ = run_step(CROP, NUMBERS, **box(z, y, x))
    assert np.array_equal(first, NUMBERS[slice(*z), slice(*y), slice(*x)])
    inner = [data.draw(ranges(length)) for length in first.shape]
    twice, _ = run_step(CROP, first, **box(*inner))
    summed = [(a + c, a + d) for (a, _), (c, d) in zip((z, y, x), inner, strict=True)]
    once, _ = run_step(CROP, NUMBERS, **box(*summed))
    assert np.array_equal(twice, once)


def test_crop_keeps_voxel_size_and_depth() -> None:
    info = VolumeInfo(
        (5, 6, 7), np.dtype(np.uint8), voxel_nm=(10.0, 4.0, 4.0), z_nm=(0.0, 9.0, 21.0, 30.0, 41.0)
    )
    result = CROP.result_info(info, CropParams(z_start=2, y_stop=3))
    assert result.shape == (3, 3, 7)
    assert result.voxel_nm == info.voxel_nm
    assert result.z_nm == (0.0, 9.0, 20.0)


@pytest.mark.parametrize(
    "values", [{"z_start": 5}, {"z_stop": 6}, {"y_start": 3, "y_stop": 3}, {"x_start": 4, "x_stop": 2}]
)
def test_crop_refuses_a_box_outside(values: dict[str, int]) -> None:
    with pytest.raises(ParameterError, match="does not lie within") as caught:
        CROP.result_info(info_of(NUMBERS), CropParams(**values))
    assert caught.value.expected


def test_dropped_slices_leave_the_others_in_place() -> None:
    result, _ = run_step(DROP_SLICES, NUMBERS, slices="0, 2-3")
    assert np.array_equal(result, NUMBERS[[1, 4]])
    info = VolumeInfo((5, 6, 7), np.dtype(np.uint16), voxel_nm=(10.0, 4.0, 4.0))
    left = DROP_SLICES.result_info(info, DropSlicesParams(slices="2"))
    assert left.positions_nm() == (0.0, 10.0, 30.0, 40.0)
    assert left.slice_numbers == (0, 1, 3, 4)


@given(st.sets(st.integers(0, 60)))
def test_slice_lists_are_read(numbers: set[int]) -> None:
    assert numbers_of(", ".join(map(str, numbers))) == numbers
    assert numbers_of(";".join(f"{number}-{number + 1}" for number in numbers)) == numbers | {
        n + 1 for n in numbers
    }


@pytest.mark.parametrize("text", ["a", "3-", "-3", "5-2", "1.5", "1--2", "٣", "0-99999999", "1 2"])
def test_unreadable_slice_lists_are_refused(text: str) -> None:
    with pytest.raises(ValidationError):
        DropSlicesParams(slices=text)


@pytest.mark.parametrize("text", ["5", "0-4"])
def test_slices_that_are_not_there_or_all_of_them_are_refused(text: str) -> None:
    with pytest.raises(ParameterError, match="drop-slices"):
        DROP_SLICES.result_info(info_of(NUMBERS), DropSlicesParams(slices=text))


@pytest.mark.parametrize(
    "dtype", [np.uint8, np.uint16, np.uint32, np.int8, np.int16, np.int32, np.float32, np.float64]
)
def test_inverting_twice_changes_nothing(dtype: type[np.generic]) -> None:
    rng = np.random.default_rng(0)
    if np.issubdtype(dtype, np.integer):
        limits = np.iinfo(dtype)
        values = rng.integers(limits.min, limits.max, (3, 4, 5), dtype=dtype, endpoint=True)
        values.flat[:2] = limits.min, limits.max
        assert inverted(values).flat[0] == limits.max
        assert inverted(values).flat[1] == limits.min
    else:
        values = rng.normal(size=(3, 4, 5)).astype(dtype)
        assert np.array_equal(inverted(values), -values)
    once, _ = run_step(INVERT, values)
    assert np.array_equal(run_step(INVERT, once)[0], values)


@pytest.mark.parametrize("dtype", [np.uint8, np.uint16])
def test_inverting_a_binary_stack_exchanges_solid_and_pore(dtype: type[np.generic]) -> None:
    solid = np.array([[[0, 255, 255]]], dtype=dtype)
    assert run_step(INVERT, solid, content="binary")[0].tolist() == [[[255, 0, 0]]]
