"""Result folders: journal, observations, voxels; what a kill leaves behind is harmless."""

from __future__ import annotations

import pickle

import numpy as np
import pytest
import zarr
from hypothesis import given
from hypothesis import strategies as st

from core.block import Observation, merged
from core.errors import ProjectError
from core.step import Estimate
from core.store import ResultStore, load_observation, missing_ranges
from core.volume import VolumeInfo, volume_of


class Value(Estimate):
    """The smallest estimate."""

    value: float


INFO = VolumeInfo((6, 5, 7), np.dtype(np.uint16), (10.0, None, 5.0), channel="2kV", content="labels")


@given(st.integers(1, 60), st.lists(st.tuples(st.integers(0, 60), st.integers(0, 60))), st.integers(1, 9))
def test_missing_ranges_cover_exactly_what_is_not_done(count, pairs, longest):
    done = [range(min(a, b, count), min(max(a, b), count)) for a, b in pairs]
    parts = missing_ranges(count, done, longest)
    covered = [index for part in parts for index in part]
    expected = [index for index in range(count) if not any(index in part for part in done)]
    assert covered == expected
    assert all(1 <= len(part) <= longest for part in parts)


def test_journal_survives_a_torn_line(tmp_path):
    store = ResultStore(tmp_path)
    store.add_range(range(0, 4))
    with (tmp_path / "blocks.log").open("ab") as stream:
        stream.write(b"4 1")
    assert store.done_ranges() == [range(0, 4)]
    store.add_range(range(4, 12))
    # The torn "4 1" became a line of its own: it claims no slice that was not written, being empty.
    assert {index for part in store.done_ranges() for index in part} == set(range(12))


@pytest.mark.parametrize("torn", [b"4", b"4 ", b"4 1", b"12 1", b"\n"])
def test_no_torn_line_claims_slices(tmp_path, torn):
    store = ResultStore(tmp_path)
    store.add_range(range(1, 3))
    with (tmp_path / "blocks.log").open("ab") as stream:
        stream.write(torn)
    store.add_range(range(8, 9))
    assert {index for part in store.done_ranges() for index in part} == {1, 2, 8}


def test_voxels_are_stored_with_their_description(tmp_path):
    store = ResultStore(tmp_path / "key")
    target = store.open_for_writing(INFO)
    planes = np.arange(2 * 5 * 7, dtype=np.uint16).reshape(2, 5, 7)
    pickle.loads(pickle.dumps(target)).write(3, planes)
    again = store.open_for_writing(INFO)
    np.testing.assert_array_equal(again.read(slice(3, 5)), planes)
    np.testing.assert_array_equal(again.read(slice(4, 5), slice(1, 3), slice(6, 7)), planes[1:, 1:3, 6:])
    group = zarr.open_group(store.volume_path, mode="r")
    assert group.metadata.zarr_format == 3
    assert group.attrs["voxel_nm"] == [10.0, None, 5.0]
    assert group.attrs["channels"] == ["2kV"]
    assert not store.is_done()
    store.finish({"step": "x"})
    assert store.is_done()
    like = volume_of(np.zeros((1, 1, 1), np.uint8))
    np.testing.assert_array_equal(store.volume(INFO, like).read(slice(3, 5)), planes)


def test_interrupted_making_of_a_group_is_repaired(tmp_path):
    store = ResultStore(tmp_path)
    (tmp_path / ".making.zarr").mkdir()
    (tmp_path / ".making.zarr" / "zarr.json").write_text("{")
    store.open_for_writing(INFO).write(0, np.ones((1, 5, 7), np.uint16))
    assert store.open_for_writing(INFO).read(slice(0, 1)).sum() == 35


def test_observations_merge_in_slice_order_whatever_the_order_of_finishing(tmp_path):
    store = ResultStore(tmp_path)
    for start in (8, 0, 4):
        part = range(start, start + 4)
        seen = Observation({"mean": np.array(part, float)}, {"histogram": np.array([start, 1])})
        store.add_observation(part, seen)
    whole = merged([load_observation(path) for path in store.observations().values()])
    np.testing.assert_array_equal(whole.per_slice["mean"], np.arange(12))
    np.testing.assert_array_equal(whole.total["histogram"], [12, 3])
    store.save_estimate({"value": 1.5})
    assert store.load_estimate(Value) == Value(value=1.5)
    assert store.observations() == {}


def test_totals_must_be_integers():
    with pytest.raises(TypeError, match="integer"):
        merged([Observation({}, {"sum": np.array([0.1])})])


def test_damaged_estimate_says_what_to_do(tmp_path):
    (tmp_path / "estimate.json").write_text("{")
    with pytest.raises(ProjectError, match="delete this file"):
        ResultStore(tmp_path).load_estimate(Value)
