"""Slices go where they belong, whole and in order; the rest are gaps."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from core.errors import MissingMetadataError, ParameterError
from core.job import Job
from core.rebuild.places import places
from core.rebuild.results import RepositionEstimate
from core.recipe import RecipeStep
from core.steps.reposition import MOST_PLANES, REPOSITION, RepositionParams
from core.steps.thickness import THICKNESS, ThicknessParams
from core.volume import VolumeInfo, volume_of
from tests.core.steps.rebuilding import read_in_pieces, rebuilt

NUMBERS = np.arange(5 * 3 * 4).reshape(5, 3, 4) + 1
Z_NM = (0.0, 9.0, 21.0, 21.5, 41.0)


@settings(max_examples=30)
@given(
    st.lists(st.floats(0.1, 30), min_size=1, max_size=12),
    st.integers(1, 6),
    st.sampled_from([np.uint8, np.uint16, np.float32]),
)
def test_every_slice_is_found_again_once_and_in_order(steps: list[float], planes: int, dtype: type) -> None:
    z_nm = np.concatenate([[0.0], np.cumsum(steps)])
    data = (np.arange(len(z_nm) * 6).reshape(-1, 2, 3) + 1).astype(dtype)
    grid_nm = float(z_nm[-1] / len(steps)) * 0.7
    volume = volume_of(data, z_nm=tuple(z_nm.tolist()), voxel_nm=(None, 2.0, 2.0))
    result = rebuilt(REPOSITION, volume, grid_nm=grid_nm)
    voxels = read_in_pieces(result, planes)
    there = np.array(result.info.origin) == 1
    assert np.array_equal(voxels[there], data)
    assert not voxels[~there].any()
    assert np.flatnonzero(there).tolist() == places(z_nm.tolist(), grid_nm).tolist()
    assert result.info.shape[0] == voxels.shape[0]


@pytest.mark.parametrize("content", ["grey", "binary", "labels"])
def test_description_of_the_result(content: str) -> None:
    corners = ((0.0, 0.0), (0.0, 3.0), (2.0, 3.0))
    volume = volume_of(
        NUMBERS.astype(np.uint8),
        z_nm=Z_NM,
        voxel_nm=(10.0, 2.5, 2.5),
        content=content,
        channel="1kV",
        origin=(1, 1, 3, 1, 1),
        footprint=(corners,) * 5,
    )
    result = rebuilt(REPOSITION, volume)
    info = result.info
    assert info.voxel_nm == (2.5, 2.5, 2.5)
    assert (info.z_nm, info.slice_numbers, info.content, info.channel) == (None, None, content, "1kV")
    assert info.origin is not None
    assert [place for place, value in enumerate(info.origin) if value] == [0, 4, 8, 9, 16]
    assert info.origin[8] == 3
    assert info.footprint is not None
    assert [bool(polygon) for polygon in info.footprint] == [bool(value) for value in info.origin]
    assert info.positions_nm() == tuple(2.5 * plane for plane in range(17))
    foreseen = REPOSITION.result_info(volume.info, RepositionParams())
    assert foreseen == info


def test_what_is_told() -> None:
    volume = volume_of(NUMBERS.astype(np.uint8), z_nm=(0.0, 10.0, 10.5, 11.0, 40.0))
    assert REPOSITION.survey is not None
    found = REPOSITION.survey(volume, RepositionParams(grid_nm=5.0), Job(), None)
    assert found.places == (0, 1, 2, 3, 8)
    assert found.moved == (1, 3)
    assert found.gaps == 4
    assert found.greatest_displacement_nm == pytest.approx(-5.0)
    assert "2 slices found their plane taken" in found.remarks()[1]
    assert "5 nm from its place" in found.remarks()[1]


def test_an_edited_estimate_is_used_and_checked() -> None:
    volume = volume_of(NUMBERS.astype(np.uint8), z_nm=Z_NM)
    estimate = RepositionEstimate(places=(1, 2, 3, 4, 9), grid_nm=4.0)
    entry = RecipeStep(REPOSITION, RepositionParams(grid_nm=4.0))
    from core.execute.lazy import applied

    result = applied(volume, entry, estimate)
    assert result.info.shape[0] == 10
    assert np.array_equal(result.read()[[1, 2, 3, 4, 9]], NUMBERS)
    with pytest.raises(ParameterError, match="do not fit the stack"):
        applied(volume, entry, RepositionEstimate(places=(0, 1)))
    with pytest.raises(ValueError, match="have to increase"):
        RepositionEstimate(places=(0, 2, 2))


def test_missing_numbers_of_slices_count_as_distance_and_one_slice_is_enough() -> None:
    volume = volume_of(NUMBERS.astype(np.uint8), voxel_nm=(10.0, 5.0, 5.0), slice_numbers=(0, 1, 2, 4, 5))
    assert np.flatnonzero(rebuilt(REPOSITION, volume).info.origin).tolist() == [0, 2, 4, 8, 10]
    single = volume_of(NUMBERS[:1].astype(np.uint8), voxel_nm=(None, 5.0, 5.0))
    assert rebuilt(REPOSITION, single).read().tolist() == NUMBERS[:1].tolist()


def test_refusals() -> None:
    unknown = volume_of(NUMBERS.astype(np.uint8), voxel_nm=(None, 5.0, 5.0))
    assert REPOSITION.result_info(unknown.info, RepositionParams()).shape == unknown.info.shape
    with pytest.raises(MissingMetadataError, match="where the slices lie"):
        rebuilt(REPOSITION, unknown)
    with pytest.raises(MissingMetadataError, match="pixel size"):
        rebuilt(REPOSITION, volume_of(NUMBERS.astype(np.uint8), voxel_nm=(10.0, 5.0, 4.0)))
    info = VolumeInfo((5, 3, 4), np.dtype(np.uint8), z_nm=Z_NM)
    with pytest.raises(ParameterError, match="too fine") as caught:
        REPOSITION.result_info(info, RepositionParams(grid_nm=1e-4))
    assert f"{MOST_PLANES:,}" in str(caught.value)
    with pytest.raises(ParameterError, match="so coarse"):
        REPOSITION.result_info(info, RepositionParams(grid_nm=25.0))


def test_a_thickness_that_is_only_foreseen_refuses_no_grid() -> None:
    stated = VolumeInfo((5, 3, 4), np.dtype(np.uint8), voxel_nm=(10.0, 5.0, 5.0))
    unknown = stated.with_(voxel_nm=(None, 5.0, 5.0))
    for info in (stated, unknown):
        for values in ({"method": "constant", "constant_nm": 40.0}, {"method": "ruler", "angle_deg": 30.0}):
            foreseen = THICKNESS.result_info(info, ThicknessParams(**values))
            assert REPOSITION.result_info(foreseen, RepositionParams(grid_nm=25.0)).shape[0] >= 5
    with pytest.raises(ParameterError, match="so coarse"):
        rebuilt(REPOSITION, volume_of(NUMBERS, voxel_nm=(10.0, 5.0, 5.0)), grid_nm=25.0)
