"""Pixels get the size that is stated, and what was measured stays where it is."""

from __future__ import annotations

import numpy as np
import pytest

from core.errors import MissingMetadataError, ParameterError
from core.steps.resample import RESAMPLE, ResampleParams
from core.volume import VolumeInfo, volume_of
from tests.core.steps.rebuilding import rebuilt


def test_voxels_become_cubes() -> None:
    data = np.random.default_rng(1).integers(0, 255, (3, 12, 8)).astype(np.uint8)
    result = rebuilt(RESAMPLE, volume_of(data, voxel_nm=(10.0, 2.5, 5.0)))
    assert result.info.voxel_nm == (10.0, 10.0, 10.0)
    assert result.info.shape == (3, 3, 4)
    means = data.reshape(3, 3, 4, 4, 2).mean(axis=(2, 4))
    assert np.abs(result.read() - means).max() <= 0.5


def test_the_same_size_changes_nothing() -> None:
    data = np.random.default_rng(2).random((2, 5, 6)).astype(np.float32)
    result = rebuilt(RESAMPLE, volume_of(data, voxel_nm=(4.0, 4.0, 4.0)))
    assert np.array_equal(result.read(), data)


@pytest.mark.parametrize("content", ["binary", "labels"])
def test_no_new_values_in_phases_and_labels(content: str) -> None:
    data = np.random.default_rng(3).integers(0, 2, (2, 20, 20)).astype(np.uint8) * np.uint8(255)
    volume = volume_of(data, voxel_nm=(2.0, 5.0, 5.0), content=content)
    for pixel_nm in (2.0, 12.5):
        result = rebuilt(RESAMPLE, volume, pixel_nm=pixel_nm)
        assert set(np.unique(result.read())) <= {0, 255}
        assert result.info.content == content
    finer = rebuilt(RESAMPLE, volume, pixel_nm=2.5).read()
    assert np.array_equal(finer, data.repeat(2, axis=1).repeat(2, axis=2))


def test_footprints_follow_the_pixels() -> None:
    corners = ((-0.5, -0.5), (-0.5, 9.5), (9.5, 9.5))
    info = VolumeInfo((1, 10, 10), np.dtype(np.uint8), (4.0, 2.0, 2.0), footprint=(corners,))
    result = RESAMPLE.result_info(info, ResampleParams())
    assert result.footprint == (((-0.5, -0.5), (-0.5, 4.5), (4.5, 4.5)),)


def test_refusals() -> None:
    info = VolumeInfo((2, 5, 5), np.dtype(np.uint8), (10.0, None, 5.0))
    with pytest.raises(MissingMetadataError, match="pixel size"):
        RESAMPLE.result_info(info, ResampleParams())
    uneven = VolumeInfo((2, 5, 5), np.dtype(np.uint8), (10.0, 5.0, 5.0), z_nm=(0.0, 9.0))
    with pytest.raises(MissingMetadataError, match="no one distance"):
        RESAMPLE.result_info(uneven, ResampleParams())
    assert RESAMPLE.result_info(uneven, ResampleParams(pixel_nm=5.0)).shape == (2, 5, 5)
    with pytest.raises(ParameterError, match="too fine"):
        RESAMPLE.result_info(uneven, ResampleParams(pixel_nm=1e-4))
