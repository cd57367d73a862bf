"""Moving slices: known values, masks, canvases, and moves that compose."""

from __future__ import annotations

import json

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from pydantic import ValidationError
from scipy import ndimage

from core.align.edit import with_shift
from core.align.files import load_transforms, save_transforms
from core.align.footprint import covers, mask_of, moved, whole
from core.align.resample import resampled
from core.align.results import RegisterEstimate
from core.align.warp import canvas_of, onto, shift_matrix
from core.errors import DamagedFileError, ParameterError, ReadError
from core.execute.lazy import applied
from core.execute.warped import WarpedSource
from core.recipe import RecipeStep, default_step
from core.steps import step_named
from core.volume import volume_of

RNG = np.random.default_rng(5)
TEXTURE = (ndimage.gaussian_filter(RNG.random((60, 80)), 1.5) * 900).astype(np.float32)


def turned(degrees: float, down: float, right: float) -> np.ndarray:
    """A turn about the origin and a move."""
    c, s = np.cos(np.radians(degrees)), np.sin(np.radians(degrees))
    return np.array(((c, -s, right), (s, c, down), (0, 0, 1.0)))


def estimate_of(shifts, **more) -> RegisterEstimate:
    """What registration would say of these shifts."""
    rows = [tuple(shift_matrix(-down, -right).ravel()) for down, right in shifts]
    return RegisterEstimate(shifts_px_yx=tuple(map(tuple, shifts)), transforms=tuple(rows), **more)


@pytest.mark.parametrize("matrix", [shift_matrix(3.3, -2.7), turned(3, 2.25, -4)])
@pytest.mark.parametrize(("how", "order"), [("cubic", 3), ("linear", 1)])
def test_pixels_between_pixels_are_those_of_scipy(matrix, how, order):
    found = resampled(TEXTURE, matrix, (60, 80), how)
    back = np.linalg.inv(matrix)
    there = ndimage.affine_transform(
        TEXTURE.astype(float), back[:2, :2][::-1, ::-1], back[:2, 2][::-1], order=order, mode="mirror"
    )
    inside = mask_of(moved(whole((60, 80)), matrix), (60, 80))
    assert 0.7 < inside.mean() < 1
    np.testing.assert_allclose(found[inside], there[inside], atol=2e-3)
    assert (found[~inside] == 0).all()


@given(st.integers(-70, 70), st.integers(-90, 90))
@settings(max_examples=20)
def test_whole_pixels_are_copied_bit_for_bit(down, right):
    found = resampled(TEXTURE, shift_matrix(down, right), (60, 80))
    there = np.zeros_like(TEXTURE)
    rows, columns = np.indices(TEXTURE.shape)
    ok = (rows - down >= 0) & (rows - down < 60) & (columns - right >= 0) & (columns - right < 80)
    there[ok] = TEXTURE[(rows - down)[ok], (columns - right)[ok]]
    np.testing.assert_array_equal(found, there)


@pytest.mark.parametrize("dtype", [np.uint8, np.uint16, np.int16, np.uint32, np.float32, np.float64])
def test_the_type_stays_and_nothing_wraps(dtype):
    plane = np.zeros((20, 20), dtype=dtype)
    top = np.iinfo(dtype).max if np.issubdtype(dtype, np.integer) else 1.0
    plane[4:16, 4:16] = top
    found = resampled(plane, shift_matrix(0.5, 0.5), (20, 20))
    assert found.dtype == dtype
    assert found[10, 10] >= 0.99 * top
    assert abs(float(found[1, 1])) < 0.02 * top


def test_nearest_invents_no_label():
    labels = np.array(RNG.integers(0, 5, (30, 30)) * 50, dtype=np.uint8)
    found = resampled(labels, turned(10, 1.3, 2.2), (30, 30), "nearest")
    assert set(np.unique(found)) <= {0, 50, 100, 150, 200}


def test_the_mask_of_an_area_are_its_pixel_centres():
    area = moved(whole((10, 12)), shift_matrix(2.5, -3.0))
    mask = mask_of(area, (10, 12))
    assert mask.sum() == 7 * 9  # rows 3-9, columns 0-8
    assert mask[3, 0]
    assert not mask[2, 0]
    assert not mask[3, 9]
    assert not covers(area, (10, 12))
    assert covers(whole((10, 12)), (10, 12))
    assert mask_of((), (4, 4)).sum() == 0


def test_canvases():
    areas = [moved(whole((50, 60)), shift_matrix(down, right)) for down, right in ((0, 0), (2.5, -3.2))]
    assert canvas_of(areas, "same", (50, 60)) == (0, 0, 50, 60)
    assert canvas_of(areas, "common", (50, 60)) == (3, 0, 47, 56)
    assert canvas_of(areas, "grow", (50, 60)) == (0, -4, 53, 64)


def test_slices_without_a_common_area_are_refused():
    areas = [whole((50, 60)), moved(whole((50, 60)), shift_matrix(60, 0))]
    with pytest.raises(ParameterError, match="no area"):
        canvas_of(areas, "common", (50, 60))
    far = [whole((50, 60)), moved(whole((50, 60)), shift_matrix(6000, 0))]
    with pytest.raises(ParameterError, match="beyond reason"):
        canvas_of(far, "grow", (50, 60))


def stack_of(shifts):
    """Slices whose content is the texture, moved."""
    planes = [ndimage.shift(TEXTURE.astype(float), shift, order=3, mode="mirror") for shift in shifts]
    return volume_of(np.stack(planes).astype(np.float32), voxel_nm=(10.0, 5.0, 5.0))


def test_register_with_given_shifts_brings_content_home():
    shifts = [(0.0, 0.0), (2.0, -3.0), (-1.5, 0.25)]
    volume = stack_of(shifts)
    entry = RecipeStep(step_named("register"), step_named("register").params(), estimate_of(shifts))
    result = applied(volume, entry, entry.estimate)
    assert result.info.shape == (3, 56, 76)
    assert result.info.footprint is None
    planes = result.read()
    np.testing.assert_array_equal(planes[0], TEXTURE[2:58, 3:79])
    np.testing.assert_allclose(planes[1, 5:-5, 5:-5], planes[0, 5:-5, 5:-5], atol=1e-3)
    np.testing.assert_allclose(planes[2, 5:-5, 5:-5], planes[0, 5:-5, 5:-5], atol=6.0)


def test_a_grown_canvas_says_what_each_slice_covers():
    shifts = [(0.0, 0.0), (2.0, -3.0)]
    step = step_named("register")
    result = applied(stack_of(shifts), RecipeStep(step, step.params(canvas="grow")), estimate_of(shifts))
    assert result.info.shape == (2, 62, 83)
    masks = [mask_of(area, (62, 83)) for area in result.info.footprint]
    assert [mask.sum() for mask in masks] == [4800, 4800]
    assert (result.read()[1][~masks[1]] == 0).all()
    crop = step_named("crop")
    cut = applied(result, RecipeStep(crop, crop.params(y_start=2, y_stop=58, x_stop=80)), None)
    assert cut.info.footprint is not None
    cut = applied(result, RecipeStep(crop, crop.params(y_start=2, y_stop=60, x_start=3, x_stop=80)), None)
    assert cut.info.footprint is None


def test_consecutive_moves_interpolate_once():
    shifts = [(0.0, 0.0), (0.5, 0.5)]
    volume = stack_of([(0, 0), (0, 0)])
    step, crop = step_named("register"), default_step("crop")
    params = step.params(canvas="same")
    first = applied(volume, RecipeStep(step, params), estimate_of(shifts))
    crop = RecipeStep(crop.step, crop.step.params(y_start=4, x_start=6, z_start=1))
    between = applied(first, crop, None)
    assert isinstance(between.source, WarpedSource)
    assert between.source.upstream is volume.source
    np.testing.assert_array_equal(between.read(), first.read()[1:, 4:, 6:])
    back = applied(between, RecipeStep(step, params), estimate_of([(-0.5, -0.5)]))
    # Half a pixel there and back: interpolated twice this would be blurred.
    np.testing.assert_array_equal(back.read()[0], TEXTURE[4:, 6:])


def test_crop_of_what_was_not_moved_reads_pixels_only():
    volume = stack_of([(0, 0), (0, 0)])
    entry = RecipeStep(step_named("crop"), step_named("crop").params(y_start=4))
    result = applied(volume, entry, None)
    assert not isinstance(result.source, WarpedSource)
    np.testing.assert_array_equal(result.read(), volume.read()[:, 4:])


def test_the_slow_part_can_be_left_in():
    shifts = [(0.0, 0.0), (2.0, 1.0), (4.0, 2.0)]
    estimate = estimate_of(shifts, trend_px_yx=tuple(shifts))
    step = step_named("register")
    volume = stack_of(shifts)
    kept = applied(volume, RecipeStep(step, step.params(trend="keep")), estimate)
    np.testing.assert_array_equal(kept.read(), volume.read())


def test_a_shift_set_by_hand():
    estimate = estimate_of([(0, 0), (1, 1), (2, 2)], flagged=(1,))
    one = with_shift(estimate, 1, (3.0, 1.5))
    assert one.shifts_px_yx == ((0, 0), (3.0, 1.5), (2, 2))
    assert one.transforms[1] == tuple(shift_matrix(-3, -1.5).ravel())
    assert one.transforms[2] == estimate.transforms[2]
    assert one.flagged == ()
    rest = with_shift(estimate, 1, (3.0, 1.5), following=True)
    assert rest.shifts_px_yx[2] == (4.0, 2.5)
    with pytest.raises(ParameterError):
        with_shift(estimate, 3, (0, 0))


def test_transforms_come_back_from_their_file(tmp_path):
    estimate = estimate_of([(0, 0), (1.25, -7), (2, 2)], flagged=(2,), confidence=(1.0, 0.5, 0.0))
    save_transforms(tmp_path / "t.json", estimate)
    found = load_transforms(tmp_path / "t.json")
    assert found.transforms == estimate.transforms
    assert found.shifts_px_yx == estimate.shifts_px_yx
    assert (found.flagged, found.confidence) == ((2,), (1.0, 0.5, 0.0))


WRONG = [
    "",
    "[1]",
    "{}",
    '{"transforms": []}',
    '{"transforms": [[1, 2]]}',
    '{"transforms": [[[1,0,0],[0,1,0],[1,0,1]]]}',
    '{"transforms": [[[0,0,0],[0,0,0],[0,0,1]]]}',
    '{"transforms": [[[1,0,NaN],[0,1,0],[0,0,1]]]}',
]


@pytest.mark.parametrize("text", WRONG)
def test_files_without_transforms_are_refused(tmp_path, text):
    (tmp_path / "t.json").write_text(text)
    with pytest.raises(DamagedFileError):
        load_transforms(tmp_path / "t.json")


def test_a_missing_file_is_said(tmp_path):
    with pytest.raises(ReadError):
        load_transforms(tmp_path / "none.json")


def test_transforms_of_another_stack_are_refused():
    step = step_named("register")
    with pytest.raises(ParameterError, match="do not fit"):
        applied(stack_of([(0, 0), (1, 1)]), RecipeStep(step, step.params()), estimate_of([(0, 0)]))


@pytest.mark.parametrize("matrix", [shift_matrix(0.5, 0.25), turned(1.0, 0.5, 0.25)])
@pytest.mark.parametrize(("value", "dtype"), [(3_000_000_001, np.uint32), (-2_000_000_001, np.int32)])
def test_32_bit_integers_keep_their_last_digit(matrix, value, dtype):
    result = resampled(np.full((40, 41), value, dtype), matrix, (40, 41))
    assert set(np.unique(result[3:-3, 3:-3]).tolist()) == {value}


def test_doubles_are_interpolated_in_double_precision():
    plane = 1e6 + TEXTURE.astype(np.float64)
    expected = ndimage.shift(plane, (0.5, 0.25), order=3, mode="mirror")
    result = resampled(plane, shift_matrix(0.5, 0.25), plane.shape)
    np.testing.assert_allclose(result[1:, 1:], expected[1:, 1:], rtol=0, atol=1e-4)


@pytest.mark.parametrize("away", [9e-4, 5e-5, 2e-6])
@pytest.mark.parametrize("interpolation", ["cubic", "linear", "nearest"])
def test_a_border_missed_by_next_to_nothing_is_no_black_line(away, interpolation):
    matrices = np.stack([shift_matrix(0, 0), shift_matrix(away, -away)])
    areas = [moved(whole((40, 41)), matrix) for matrix in matrices]
    warp = onto(matrices, canvas_of(areas, "common", (40, 41)), interpolation)
    assert warp.shape_yx == (40, 41)
    assert resampled(np.full((40, 41), 7, np.uint8), warp.matrices[1], (40, 41), interpolation).min() == 7
    assert all(covers(area, (40, 41)) for area in warp.areas((40, 41)))


@pytest.mark.parametrize(
    "last", [(0.0,) * 9, (1.0, 0, 1e300, 0, 1, 0, 0, 0, 1), (1.0, 0, 0, 0, 1, 0, 0.5, 0, 0)]
)
def test_an_edited_transform_has_to_leave_something_of_the_slice(last):
    fine = tuple(np.eye(3).ravel().tolist())
    with pytest.raises(ValidationError, match="transform of slice 1"):
        RegisterEstimate(shifts_px_yx=((0, 0),) * 2, transforms=(fine, last))
    with pytest.raises(ValidationError, match="trend_px_yx"):
        RegisterEstimate(shifts_px_yx=((0, 0),) * 2, transforms=(fine, fine), trend_px_yx=((0, 1),))


@pytest.mark.parametrize("more", [{"flagged": None}, {"confidence": 5}, {"confidence": [2.0, "x"]}])
def test_what_another_program_adds_to_transforms_does_no_harm(tmp_path, more):
    path = tmp_path / "transforms.json"
    path.write_text(json.dumps({"transforms": np.tile(np.eye(3), (2, 1, 1)).tolist(), **more}))
    found = load_transforms(path)
    assert (found.flagged, found.confidence) == ((), ())
