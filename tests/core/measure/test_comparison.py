"""Two volumes compared slice by slice."""

from __future__ import annotations

import threading

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from hypothesis.extra.numpy import array_shapes, arrays

from core.errors import Cancelled, MissingMetadataError, ParameterError, VoxelError
from core.job import Job
from core.measure.compare_params import CompareParams
from core.measure.compared import Compared, per_slice_table, scores_of
from core.measure.comparison import compare
from core.measure.confusion import Confusion, confusion, total
from core.measure.overlay import overlay
from core.volume import volume_of

RNG = np.random.default_rng(5)
TRUTH = RNG.random((4, 12, 15)) < 0.4
PREDICTION = TRUTH ^ (RNG.random(TRUTH.shape) < 0.2)
MASKS = array_shapes(min_dims=3, max_dims=3, max_side=5).flatmap(
    lambda shape: st.tuples(arrays(np.bool_, shape), arrays(np.bool_, shape))
)


def found(prediction, truth, regions=None, **options) -> Compared:
    volumes = [volume_of(np.asarray(data)) for data in (prediction, truth)]
    labels = None if regions is None else volume_of(regions)
    return compare(*volumes, CompareParams.parse(options, owner="test"), Job(), regions=labels).result


def stored(mask, low=0, high=255, dtype=np.uint8):
    return np.where(mask, high, low).astype(dtype)


@settings(max_examples=40, deadline=None)
@given(MASKS)
def test_counts_are_those_of_the_arrays(pair) -> None:
    prediction, truth = pair
    result = found(stored(prediction), stored(truth), prediction_threshold=127, truth_threshold=127)
    assert result.scores == scores_of(confusion(prediction, truth))
    parts = [Confusion(s.scores.tp, s.scores.fp, s.scores.fn, s.scores.tn) for s in result.per_slice]
    assert scores_of(total(parts)) == result.scores


@settings(max_examples=40, deadline=None)
@given(MASKS)
def test_empty_and_full_volumes_without_thresholds(pair) -> None:
    prediction, truth = pair
    assert found(stored(prediction), stored(truth, high=1)).scores == scores_of(confusion(prediction, truth))


@pytest.mark.parametrize(
    ("first", "second"),
    [
        (stored(PREDICTION), stored(TRUTH, high=1)),
        (stored(PREDICTION, -1, 1, np.int8), stored(TRUTH, 3, 7, np.int32)),
        (stored(PREDICTION, 0, 1, np.float32), stored(TRUTH, 0, 65535, np.uint16)),
    ],
)
def test_the_greater_of_two_values_is_solid(first, second) -> None:
    result = found(first, second)
    assert result.scores == scores_of(confusion(PREDICTION, TRUTH))
    assert result.solid["truth"] == f"value {second.max():g}"


def test_a_slice_of_one_value_follows_the_stack() -> None:
    truth = np.array([[[1, 1]], [[0, 1]]], dtype=np.uint8)
    result = found(truth, truth)
    assert result.scores.tp == 3
    assert result.per_slice[0].scores.tp == 2


def test_masks_with_stray_values_need_a_threshold() -> None:
    mask = stored(TRUTH)
    mask[TRUTH] = RNG.integers(252, 256, int(TRUTH.sum()))
    with pytest.raises(VoxelError, match="slice 0 of the truth is not binary") as caught:
        found(stored(PREDICTION), mask)
    assert "--truth-threshold" in str(caught.value)
    result = found(stored(PREDICTION), mask, truth_threshold=127)
    assert result.scores == scores_of(confusion(PREDICTION, TRUTH))


def test_slices_of_different_values_are_refused() -> None:
    first = np.array([[[0, 1]], [[0, 255]]], dtype=np.uint8)
    with pytest.raises(VoxelError, match="same two values"):
        found(first, first)


def test_not_a_number_is_refused() -> None:
    bad = np.full((1, 2, 2), np.nan, dtype=np.float32)
    with pytest.raises(VoxelError):
        found(bad, stored(np.ones((1, 2, 2), bool)), prediction_threshold=0.5)
    with pytest.raises(VoxelError):
        found(bad, bad)


def test_one_unusual_value_is_told() -> None:
    same = np.full((1, 2, 2), 128, np.uint8)
    result = found(same, same)
    assert result.scores.tp == 4
    assert any("prediction holds the value 128 only" in note for note in result.notes)


def test_regions_are_rows() -> None:
    regions = RNG.integers(-1, 3, TRUTH.shape).astype(np.int16)
    result = found(stored(PREDICTION), stored(TRUTH), regions)
    assert list(result.regions) == ["-1", "0", "1", "2"]
    for name, scores in result.regions.items():
        inside = regions == int(name)
        assert scores == scores_of(confusion(PREDICTION[inside], TRUTH[inside]))


def test_regions_with_far_numbers() -> None:
    regions = np.where(TRUTH, 3_000_000, 7).astype(np.uint32)
    result = found(stored(PREDICTION), stored(TRUTH), regions)
    assert result.regions["7"].tp == 0
    assert result.regions["3e+06"].fp == 0


def test_box_and_slices() -> None:
    result = found(stored(PREDICTION), stored(TRUTH), region=(1, 4, 2, 9, 0, 10), exclude_slices="0, 2")
    part = [1, 3], slice(2, 9), slice(0, 10)
    assert result.scores == scores_of(confusion(PREDICTION[part], TRUTH[part]))
    assert [row.index for row in result.per_slice] == [1, 3]
    assert (result.slices_used, result.slices_left_out, result.shape_zyx) == (2, (2,), (2, 7, 10))
    assert any("1 slices were left out, 2 compared" in note for note in result.notes)


def test_only_measured_slices() -> None:
    first, second = volume_of(stored(PREDICTION)), volume_of(stored(TRUTH))
    params = CompareParams(slices="measured")
    with pytest.raises(MissingMetadataError, match="which of its slices were measured"):
        compare(first, second, params, Job())
    object.__setattr__(first.info, "origin", (1, 2, 1, 3))
    result = compare(first, second, params, Job()).result
    assert [row.index for row in result.per_slice] == [0, 2]
    assert result.slices == "measured"
    assert result.scores == scores_of(confusion(PREDICTION[[0, 2]], TRUTH[[0, 2]]))


def test_several_phases() -> None:
    truth = RNG.integers(0, 3, (3, 6, 7)).astype(np.uint8) * 100
    prediction = np.where(RNG.random(truth.shape) < 0.3, 200, truth).astype(np.uint8)
    result = found(prediction, truth, labels=True, regions=np.zeros(truth.shape, np.uint8))
    assert result.scores is None
    assert result.labels.mp == pytest.approx(100 * (prediction != truth).mean())
    for one in result.labels.labels:
        expected = confusion(prediction == one.label, truth == one.label)
        assert (one.precision, one.recall, one.iou, one.dice) == (
            expected.precision, expected.recall, expected.iou, expected.dice_solid,
        )  # fmt: skip
    assert result.regions["0"] == result.labels
    assert set(per_slice_table(result)) == {"slice", "mp", "mds", "iou", "precision", "recall"}


def test_labels_that_do_not_match_are_told() -> None:
    result = found(stored(PREDICTION), stored(TRUTH, high=1), labels=True)
    assert any("Labels of the prediction that the truth does not have: 255" in note for note in result.notes)


def test_too_many_labels_are_refused() -> None:
    grey = np.arange(200, dtype=np.uint8).reshape(1, 10, 20)
    with pytest.raises(VoxelError, match="than there can be labels"):
        found(grey, grey, labels=True)


@pytest.mark.parametrize("dtype", [np.uint8, np.uint16, np.float32])
def test_probabilities(dtype) -> None:
    share = np.clip(0.25 + 0.5 * PREDICTION + RNG.normal(0, 0.1, TRUTH.shape), 0, 1)
    top = 1 if dtype == np.float32 else np.iinfo(dtype).max
    values = (share * top).astype(dtype)
    result = found(values, stored(TRUTH), probabilities=True)
    assert result.scores == scores_of(confusion(values > (0.5 if top == 1 else top // 2), TRUTH))
    solid, pore = values[TRUTH].astype(float)[:, None], values[~TRUTH].astype(float)[None]
    expected = ((solid > pore) + 0.5 * (solid == pore)).mean()
    assert result.roc.auc == pytest.approx(expected, abs=1e-12 if top > 1 else 1e-4)
    assert result.roc.exact == (top > 1)


def test_grey_images() -> None:
    first = RNG.integers(0, 256, (3, 20, 20)).astype(np.uint8)
    second = RNG.integers(0, 256, (3, 20, 20)).astype(np.uint8)
    result = found(first, second, grey=True)
    squared = (first.astype(float) - second) ** 2
    assert result.grey.psnr == pytest.approx(10 * np.log10(255**2 / squared.mean()))
    assert result.grey.ssim == pytest.approx(np.mean([row.ssim for row in result.per_slice]))
    assert result.scores is None
    both = found(first, second, grey=True, prediction_threshold=127, truth_threshold=127)
    assert both.scores == scores_of(confusion(first > 127, second > 127))
    same = found(first, first, grey=True)
    assert same.grey.psnr is None
    assert any("infinite" in note for note in same.notes)
    with pytest.raises(ParameterError, match="grey images have none"):
        found(first, second, grey=True, regions=np.zeros(first.shape, np.uint8))


def test_overlay_shows_what_was_compared() -> None:
    params = CompareParams(region=(0, 4, 2, 9, 0, 10), exclude_slices="1")
    comparison = compare(
        volume_of(stored(PREDICTION)), volume_of(stored(TRUTH, high=1), voxel_nm=(10, 5, 5)), params, Job()
    )
    planes = list(comparison.overlay_planes(Job()))
    assert len(planes) == 3
    for plane, index in zip(planes, (0, 2, 3), strict=True):
        part = index, slice(2, 9), slice(0, 10)
        assert (plane == overlay(PREDICTION[part], TRUTH[part])).all()
    info = comparison.overlay_info
    assert (info.shape, info.voxel_nm, info.slice_numbers) == ((3, 7, 10), (10, 5, 5), (0, 2, 3))
    labels = compare(volume_of(stored(TRUTH)), volume_of(stored(TRUTH)), CompareParams(labels=True), Job())
    with pytest.raises(ParameterError, match="two phases"):
        labels.overlay_planes(Job())


def test_contradicting_voxel_sizes_are_told() -> None:
    first = volume_of(stored(PREDICTION), voxel_nm=(10, 5, None))
    second = volume_of(stored(TRUTH), voxel_nm=(12, 5.000001, 4))
    notes = compare(first, second, CompareParams(), Job()).result.notes
    assert len(notes) == 1
    assert "z 10 nm and 12 nm" in notes[0]
    assert "y" not in notes[0].split("(")[1].split(")")[0]


@pytest.mark.parametrize(
    "options",
    [
        {"region": (0, 5, 0, 12, 0, 15)},
        {"region": (2, 2, 0, 12, 0, 15)},
        {"exclude_slices": "4"},
        {"exclude_slices": "0-3"},
        {"exclude_slices": "first"},
        {"labels": True, "truth_threshold": 1},
        {"labels": True, "probabilities": True},
        {"agreement": True, "probabilities": True},
        {"grey": True, "labels": True},
        {"data_range": 100},
    ],
)
def test_wrong_options_are_refused(options) -> None:
    with pytest.raises(ParameterError):
        found(stored(PREDICTION), stored(TRUTH), **options)


def test_shapes_must_fit() -> None:
    with pytest.raises(ParameterError, match="prediction and truth differ in shape"):
        found(stored(PREDICTION)[:3], stored(TRUTH))
    with pytest.raises(ParameterError, match="regions and truth differ in shape"):
        found(stored(PREDICTION), stored(TRUTH), np.zeros((4, 12, 14), np.uint8))


def test_can_be_stopped_and_reports() -> None:
    seen, stop = [], threading.Event()

    def report(progress) -> None:
        seen.append(progress.done)
        if progress.done == 2:
            stop.set()

    many = volume_of(np.tile(stored(TRUTH), (20, 1, 1)))
    with pytest.raises(Cancelled):
        compare(many, many, CompareParams(), Job(report, stop))
    assert seen == [0, 1, 2]


def test_result_survives_json() -> None:
    result = found(stored(PREDICTION), stored(TRUTH), np.zeros(TRUTH.shape, np.uint8))
    assert Compared.model_validate_json(result.model_dump_json()) == result
