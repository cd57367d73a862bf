"""Trim: what is cut off is cut off exactly, and the rest keeps its size and depth."""

from __future__ import annotations

import numpy as np
import pytest

from core.errors import ParameterError
from core.execute.lazy import applied
from core.recipe import RecipeStep
from core.steps.crop import CROP, CropParams
from core.steps.trim import TRIM, TrimParams
from core.volume import VolumeInfo, volume_of
from tests.core.steps.running import info_of, run_step

NUMBERS = np.arange(5 * 6 * 7, dtype=np.uint16).reshape(5, 6, 7)


def test_rows_and_columns_are_cut_off() -> None:
    cut, _ = run_step(TRIM, NUMBERS, top_px=1, bottom_px=2, left_px=3, right_px=0)
    assert np.array_equal(cut, NUMBERS[:, 1:4, 3:])
    assert np.array_equal(run_step(TRIM, NUMBERS)[0], NUMBERS)


def test_a_trim_is_the_crop_of_the_same_box() -> None:
    area = ((0.0, 0.0), (0.0, 6.0), (3.0, 6.0), (5.0, 0.0))
    z_nm = (0.0, 9.0, 21.0, 30.0, 41.0)
    info = VolumeInfo(
        (5, 6, 7), np.dtype(np.uint8), voxel_nm=(10.0, 4.0, 4.0), z_nm=z_nm, footprint=(area,) * 5
    )
    trimmed = TRIM.result_info(info, TrimParams(top_px=2, right_px=3))
    assert trimmed == CROP.result_info(info, CropParams(y_start=2, x_stop=4))
    assert (trimmed.shape, trimmed.voxel_nm, trimmed.z_nm) == ((5, 4, 4), info.voxel_nm, z_nm)


def test_it_follows_a_move() -> None:
    info = info_of(NUMBERS)
    assert TRIM.warp is not None
    warp = TRIM.warp(info, TrimParams(top_px=2, left_px=1), None)
    assert warp.shape_yx == (4, 6)
    assert np.allclose(warp.matrices[0] @ [1.0, 2.0, 1.0], [0.0, 0.0, 1.0])
    volume = applied(volume_of(NUMBERS), RecipeStep(TRIM, TrimParams(top_px=2, left_px=1)), None)
    assert np.array_equal(volume.read(), NUMBERS[:, 2:, 1:])


@pytest.mark.parametrize(
    "values", [{"top_px": 6}, {"top_px": 4, "bottom_px": 2}, {"left_px": 3, "right_px": 4}]
)
def test_it_refuses_to_leave_nothing(values: dict[str, int]) -> None:
    with pytest.raises(ParameterError, match="nothing would be left") as caught:
        TRIM.result_info(info_of(NUMBERS), TrimParams(**values))
    assert caught.value.expected
    assert caught.value.remedy
