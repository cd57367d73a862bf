"""Grey values are counted whole: every voxel once, none in a gap."""

from __future__ import annotations

import numpy as np
import pytest

from app.histograms import MOST_SLICES, counted, slice_sample, volume_histogram
from core.errors import Cancelled
from core.job import Job
from core.volume import Origin, volume_of


def test_every_voxel_is_counted_in_the_bin_of_its_value() -> None:
    values = np.array([3, 3, 5, 9], np.uint8)
    found = counted(values, "these")
    assert found is not None
    assert found.counts.tolist() == [2, 0, 1, 0, 0, 0, 1]
    assert found.edges[0] == 2.5
    assert found.edges[-1] == 9.5


def test_signed_bytes_are_counted_over_all_of_their_range() -> None:
    found = counted(np.arange(-128, 128, dtype=np.int8), "")
    assert found is not None
    assert found.counts.tolist() == [1] * 256
    assert (found.edges[0], found.edges[-1]) == (-128.5, 127.5)


def test_bins_of_wide_types_hold_as_many_values_each() -> None:
    values = np.arange(0, 60_000, dtype=np.uint16)
    found = counted(values, "")
    assert found is not None
    assert found.counts.sum() == 60_000
    assert len(set(found.counts[:-1])) == 1
    floats = counted(np.array([0.0, 1.0, np.nan, np.inf]), "")
    assert floats is not None
    assert floats.counts.sum() == 2
    assert counted(np.full(3, np.nan), "") is None


def test_the_whole_of_a_small_volume_is_counted_without_its_gaps() -> None:
    voxels = np.zeros((4, 10, 10), np.uint8)
    voxels[1:] = 7
    origin = (int(Origin.GAP), *[int(Origin.MEASURED)] * 3)
    found = volume_histogram(volume_of(voxels, origin=origin), Job())
    assert found is not None
    assert found.counts.sum() == 300
    whole = volume_histogram(volume_of(voxels), Job())
    assert whole is not None
    assert whole.counts.sum() == 400
    assert whole.said == "all 4 slices"


def test_a_large_volume_is_sampled_and_says_so() -> None:
    voxels = np.zeros((2 * MOST_SLICES, 4, 4), np.uint8)
    found = volume_histogram(volume_of(voxels), Job())
    assert found is not None
    assert found.said == f"{MOST_SLICES} of {2 * MOST_SLICES} slices, every voxel"
    assert slice_sample(np.zeros((5000, 600))).shape <= (512, 512)


def test_counting_can_be_stopped() -> None:
    job = Job()
    job.stop.set()
    with pytest.raises(Cancelled):
        volume_histogram(volume_of(np.zeros((4, 4, 4), np.uint8)), job)
