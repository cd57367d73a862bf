"""Steps that move slices: one stack, several channels, marks, and what is said about it."""

from __future__ import annotations

from itertools import pairwise

import numpy as np
import pytest
from scipy import ndimage

from core.align.moves import shared_boxes, warp_of
from core.align.results import RegisterChannelsEstimate
from core.align.warp import shift_matrix, stacked
from core.errors import ParameterError
from core.execute.calls import surveyed, surveyed_jointly
from core.execute.lazy import applied
from core.job import Job
from core.recipe import RecipeStep, default_step
from core.step import Room
from core.steps import step_named
from core.volume import Volume, volume_of
from tests.core.thickness.virtual import VirtualRuler

FIELD = ndimage.gaussian_filter(np.random.default_rng(3).random((9, 110, 120)), (2, 2, 2))
FIELD = (FIELD - FIELD.min()) / np.ptp(FIELD)
SHIFTS = np.array([(0, 0), (1.5, -2), (-2.25, 3), (4, 4), (3, -1), (0.5, 0.5), (-3, -2), (2, 1.75), (0, -4)])


def stack(shifts, *, noise=0.0, seed=0, invert=False) -> Volume:
    """A structure that changes slowly along z, its slices moved, seen through a frame of 80 x 90 px."""
    rng = np.random.default_rng(seed)
    planes = []
    for plane, shift in zip(FIELD, shifts, strict=True):
        seen = ndimage.shift(plane, shift, order=3, mode="mirror")[15:95, 15:105]
        planes.append(60 + 140 * (1 - seen if invert else seen) + rng.normal(0, noise, seen.shape))
    return volume_of(np.stack(planes).clip(0, 255).astype(np.uint8), voxel_nm=(10.0, 5.0, 5.0))


def found_by(name, volumes, **values):
    """Entry and what the step finds of some channels."""
    step = step_named(name)
    entry = RecipeStep(step, step.params.parse(values, owner=name))
    return entry, surveyed_jointly(entry, volumes, Job(), Room(threads=2))


def shifts_of(estimate) -> np.ndarray:
    return np.array(estimate.shifts_px_yx)


def alike(planes: np.ndarray) -> float:
    """Mean correlation of neighbours."""
    return float(np.mean([np.corrcoef(a.ravel(), b.ravel())[0, 1] for a, b in pairwise(planes)]))


def drift_between(found: np.ndarray, still: np.ndarray) -> np.ndarray:
    """What was found beyond what the unmoved stack shows."""
    return found - still - (found - still)[0]


@pytest.mark.parametrize("reference", ["window", "previous"])
def test_shifts_are_found_and_undone(reference):
    still = found_by("register", {"": stack(np.zeros((9, 2)))}, reference=reference)[1][""]
    volume = stack(SHIFTS, noise=3)
    entry, found = found_by("register", {"": volume}, reference=reference)
    error = drift_between(shifts_of(found[""]), shifts_of(still)) - SHIFTS
    assert np.abs(np.diff(error, axis=0)).max() < 0.3
    assert found[""].flagged == ()
    assert min(found[""].confidence) > 0.3
    result = applied(volume, entry, found[""])
    assert result.info.footprint is None
    before, after = alike(volume.read()), alike(result.read())
    assert after > before + 0.1
    assert np.mean(found[""].correlation_after) > np.mean(found[""].correlation_before)


def test_a_slow_part_is_said_and_can_be_left():
    shifts = np.outer(np.arange(9), (0.0, 1.5))
    volume = stack(shifts)
    entry, found = found_by("register", {"": volume})
    assert any("cannot tell drift from structure" in note for note in found[""].remarks())
    slow = np.array(found[""].trend_px_yx)
    assert 9 < slow[-1, 1] - slow[0, 1] < 15
    kept = RecipeStep(entry.step, entry.params.model_copy(update={"trend": "keep"}))
    assert (
        applied(volume, kept, found[""]).info.shape[2] > applied(volume, entry, found[""]).info.shape[2] + 8
    )


def test_a_blank_slice_is_flagged_and_follows():
    data = stack(SHIFTS).read()
    data[4] = 77
    found = found_by("register", {"": volume_of(data)})[1][""]
    assert found.flagged == (4,)
    assert found.confidence[4] == 0
    assert any("did not lock" in note for note in found.remarks())


def test_the_ruler_keeps_slanted_structure_slanted():
    ruler = VirtualRuler(slices=24, slant_px=0.5, drift_px=6.0, cnr=6.0, pixel_nm=8.0, seed=2)
    found = found_by("register", {"": ruler.volume()}, anchor="ruler")[1][""]
    error = shifts_of(found) - (ruler.drift_px_yx - ruler.drift_px_yx[0])
    assert abs(np.polyfit(np.arange(24), error[:, 1], 1)[0]) < 0.02
    assert np.abs(error[:, 1]).max() < 0.5
    assert found.method == "parallel marks of the ruler"


def test_a_fixed_mark_needs_its_region():
    with pytest.raises(ParameterError, match="region"):
        found_by("register", {"": stack(SHIFTS)}, anchor="fiducial")


def test_a_region_outside_is_refused():
    with pytest.raises(ParameterError):
        found_by("register", {"": stack(SHIFTS)}, region="10-200, 10-80")


@pytest.mark.parametrize("text", ["abc", "5-1, 0-9", "1-2"])
def test_a_region_that_is_none_is_refused(text):
    with pytest.raises(ParameterError, match=r"box|pixel"):
        found_by("register", {"": stack(SHIFTS)}, region=text)


def test_one_channel_moves_all():
    channels = {"1kV": stack(np.zeros((9, 2))), "2kV": stack(SHIFTS)}
    found = found_by("register", channels, from_channel="2kV")[1]
    assert found["1kV"] is found["2kV"]
    with pytest.raises(ParameterError, match="no such channel"):
        found_by("register", channels, from_channel="4kV")


def test_channels_registered_each_by_itself_keep_one_canvas():
    channels = {"1kV": stack(np.zeros((9, 2))), "2kV": stack(SHIFTS)}
    for canvas in ("common", "grow"):
        entry, found = found_by("register", channels, canvas=canvas)
        shapes = {applied(volume, entry, found[name]).info.shape for name, volume in channels.items()}
        assert len(shapes) == 1


def named(volume: Volume, channel: str) -> Volume:
    return Volume(volume.info.with_(channel=channel), volume.source)


@pytest.mark.parametrize("invert", [False, True])
def test_channels_come_to_the_reference(invert):
    channels = {
        "2kV": named(stack(SHIFTS, noise=3), "2kV"),
        "1kV": named(stack(SHIFTS + np.array((2.5, -1.25)), noise=3, seed=9, invert=invert), "1kV"),
    }
    entry, found = found_by("register-channels", channels)
    estimate = found["1kV"]
    assert isinstance(estimate, RegisterChannelsEstimate)
    assert found["2kV"] == estimate
    moves = stacked(estimate.moves_of("1kV").transforms)
    np.testing.assert_allclose(moves[:, :2, 2], np.tile((1.25, -2.5), (9, 1)), atol=0.15)
    results = {name: applied(volume, entry, estimate) for name, volume in channels.items()}
    assert results["1kV"].info.shape == results["2kV"].info.shape
    with pytest.raises(ParameterError, match="no moves"):
        estimate.moves_of("4kV")


@pytest.mark.parametrize(
    ("other", "what"),
    [
        (None, "several channels"),
        (volume_of(np.zeros((8, 80, 90), np.uint8), voxel_nm=(10.0, 5.0, 5.0)), "same slices"),
        (volume_of(np.zeros((9, 80, 90), np.uint8), voxel_nm=(10.0, 4.0, 4.0)), "pixel sizes"),
    ],
)
def test_channels_that_do_not_belong_together_are_refused(other, what):
    channels = {"2kV": stack(SHIFTS)} | ({} if other is None else {"1kV": other})
    with pytest.raises(ParameterError, match=what):
        found_by("register-channels", channels)


def test_the_reference_channel_has_to_be_there():
    channels = {"1kV": stack(SHIFTS), "2kV": stack(SHIFTS)}
    with pytest.raises(ParameterError, match="no such channel"):
        found_by("register-channels", channels, reference_channel="5kV")


def test_channels_that_share_no_area_can_still_keep_all_of_it():
    channels = {"1kV": stack(SHIFTS), "2kV": stack(SHIFTS)}
    _, found = found_by("register", channels)
    matrices = tuple(tuple(shift_matrix(0, 100 * index).ravel()) for index in range(9))
    apart = {name: one.model_copy(update={"transforms": matrices}) for name, one in found.items()}
    boxes = shared_boxes(list(apart.values()), [(80, 90)] * 2)
    assert [box[2:] for box in boxes[::2]] == [(0, 0)] * 2
    one = apart["1kV"].model_copy(update={"shared_boxes": boxes})
    options = {"trend": "remove", "interpolation": "linear"}
    with pytest.raises(ParameterError, match="share no area"):
        warp_of(one, (80, 90), canvas="common", **options)
    assert warp_of(one, (80, 90), canvas="same", **options).shape_yx == (80, 90)
    near = one.model_copy(update={"shared_boxes": ((0, 0, 0, 0), (0, 0, 80, 95)) * 2})
    assert warp_of(near, (80, 90), canvas="grow", **options).shape_yx == (80, 95)


def test_what_is_said_of_the_slow_part_holds_whatever_becomes_of_it():
    volume = stack(np.outer(np.arange(9), (0.0, 1.5)))
    said = {trend: found_by("register", {"": volume}, trend=trend)[1] for trend in ("remove", "keep")}
    assert said["remove"] == said["keep"]  # the trend is a late parameter: one estimate serves both


@pytest.mark.parametrize("boxes", [{"region": "0-20, 0-90; 40-60, 0-90"}, {"exclude": "0-20, 0-90"}])
def test_boxes_that_the_ruler_knows_nothing_of_are_refused(boxes):
    with pytest.raises(ParameterError, match="one box"):
        found_by("register", {"": stack(SHIFTS)}, anchor="ruler", **boxes)


def test_pixel_sizes_that_differ_by_the_rounding_of_a_format_are_the_same():
    one = stack(SHIFTS)
    other = Volume(one.info.with_(voxel_nm=(10.0, 5.0000001, 5.0)), one.source)
    _, found = found_by("register-channels", {"1kV": one, "2kV": other})
    assert found["1kV"].brief()["moves"]["2kV"]["slices"] == 9


@pytest.mark.parametrize("name", ["normalise", "flatten", "destripe", "denoise", "segment"])
def test_what_lies_outside_is_not_taken_for_something_dark(name):
    entry, found = found_by("register", {"": stack(SHIFTS)}, canvas="grow")
    grown = applied(stack(SHIFTS), entry, found[""])
    with pytest.raises(ParameterError, match="do not cover"):
        applied(grown, default_step(name), None)
    whole = RecipeStep(entry.step, entry.params.model_copy(update={"canvas": "common"}))
    applied(applied(stack(SHIFTS), whole, found[""]), default_step(name), None)


def test_measures_and_likeness_refuse_what_was_not_measured():
    whole = stack(SHIFTS)
    seen = (((0.0, 0.0), (0.0, 89.0), (60.0, 89.0), (60.0, 0.0)),) * 9
    volume = Volume(whole.info.with_(footprint=seen), whole.source)
    for name, values in (("measure", {}), ("thickness", {"method": "image"})):
        step = step_named(name)
        params = step.params.parse(values, owner=name)
        entry = RecipeStep(step, params)
        with pytest.raises(ParameterError, match="do not cover"):
            surveyed_jointly(entry, {"": volume}, Job(), Room()) if step.joint else surveyed(
                entry, volume, Job(), Room()
            )
