"""Profiles over edges and ramps whose place is known, in each cut, with uneven slices and holes."""

from __future__ import annotations

import numpy as np
import pytest

from app.geometry import CUT_AXES, Frame, X, Y, Z
from app.plots.profile import Profile, Sheet, profile_along
from core.volume import VolumeInfo

UNEVEN_NM = (100.0, 110.0, 118.0, 136.0, 150.0)
SHAPE = (5, 40, 50)


def frame(**rest: object) -> Frame:
    known: dict[str, object] = {"voxel_nm": (10.0, 5.0, 5.0), **rest}
    return Frame(VolumeInfo(SHAPE, np.dtype(np.uint8), **known))  # type: ignore[arg-type]


def along(axis: int, made: Frame, values: np.ndarray, *ends: tuple[float, float], **more: object) -> Profile:
    sheet = Sheet(values, **{key: more[key] for key in more if key != "width_px"})  # type: ignore[arg-type]
    return profile_along(made, axis, (ends[0], ends[1]), {"value": sheet}, int(more.get("width_px", 1)))  # type: ignore[call-overload]


def crossing(profile: Profile, level: float) -> float:
    """Where the values pass a level."""
    values = profile.values["value"]
    return float(np.interp(level, values, profile.distance))


@pytest.mark.parametrize("axis", [Z, Y, X])
def test_an_edge_is_where_it_is(axis: int) -> None:
    made = frame()
    rows, columns = CUT_AXES[axis]
    shape = SHAPE[rows], SHAPE[columns]
    # bright from the third voxel of the columns on: its border lies at two voxels
    values = np.where(np.arange(shape[1]) >= 2, 200, 0)[None].repeat(shape[0], 0).astype(np.uint8)
    middle, end = made.length(rows) / 2, made.length(columns)
    found = along(axis, made, values, (middle, 0.0), (middle, end))
    assert found.unit == "nm"
    assert found.distance[-1] == pytest.approx(end)
    assert crossing(found, 100) == pytest.approx(2 * made.size[columns])


def test_an_edge_along_rows_is_where_it_is() -> None:
    values = np.where(np.arange(5) >= 2, 200, 0)[:, None].repeat(50, 1).astype(np.uint8)
    found = along(Y, frame(), values, (0.0, 30.0), (50.0, 30.0))
    assert crossing(found, 100) == pytest.approx(20.0)


@pytest.mark.parametrize(("axis", "flip"), [(Y, False), (X, True)])
def test_uneven_slices_lie_at_their_true_distances(axis: int, flip: bool) -> None:
    made = frame(voxel_nm=(None, 5.0, 5.0), z_nm=UNEVEN_NM)
    # the grey value of a slice is its place: straight only if distances are true
    values = (np.array(UNEVEN_NM)[:, None] - 100).repeat(50 if axis == Y else 40, 1)
    ends = (float(made.z_centres[0]), 33.0), (float(made.z_centres[-1]), 33.0)
    if flip:
        values, ends = values.T, (ends[0][::-1], ends[1][::-1])
    found = along(axis, made, values, *ends)
    np.testing.assert_allclose(found.values["value"], found.distance, atol=1e-9)
    assert found.distance[-1] == pytest.approx(50.0)


def test_an_oblique_line_has_its_true_length_and_values() -> None:
    values = np.arange(50.0)[None].repeat(40, 0)
    found = along(Z, frame(), values, (10.0, 12.5), (40.0, 52.5))
    assert found.distance[-1] == pytest.approx(50.0)
    assert found.values["value"][0] == pytest.approx(2.0)
    assert found.values["value"][-1] == pytest.approx(10.0)
    np.testing.assert_allclose(np.diff(found.values["value"], 2), 0, atol=1e-9)


def test_width_averages_across_the_line_and_not_along_it() -> None:
    rng = np.random.default_rng(5)
    values = np.where(np.arange(50) >= 20, 200.0, 0.0)[None] + rng.normal(0, 20, (40, 50))
    narrow = along(Z, frame(), values, (100.0, 2.5), (100.0, 90.0))
    wide = along(Z, frame(), values, (100.0, 2.5), (100.0, 90.0), width_px=15)
    assert wide.values["value"].std() < narrow.values["value"].std() / 2.5
    edge = along(Z, frame(), values, (100.0, 2.5), (100.0, 160.0), width_px=15)
    assert crossing(edge, 100) == pytest.approx(97.5, abs=1.0)
    stripe = np.zeros((40, 50))
    stripe[20] = 90.0
    assert along(Z, frame(), stripe, (102.5, 50.0), (102.5, 99.0), width_px=3).values[
        "value"
    ] == pytest.approx(30)


def test_holes_gaps_and_the_outside_have_no_value() -> None:
    made = Frame(
        VolumeInfo((4, 40, 50), np.dtype(np.uint8), voxel_nm=(10.0, 5.0, 5.0), slice_numbers=(0, 1, 4, 5))
    )
    values = np.array([0.0, 10.0, 40.0, 50.0])[:, None].repeat(50, 1)
    found = along(Y, made, values, (0.0, 30.0), (60.0, 30.0))
    inside = (found.distance >= 20.0) & (found.distance < 40.0)
    assert np.isnan(found.values["value"][inside]).all()
    assert np.isfinite(found.values["value"][~inside]).all()
    beside = along(Y, made, values, (16.0, 30.0), (19.0, 30.0))
    assert (beside.values["value"] == 10.0).all(), "no mean across the hole"
    gaps = np.array([False, True, False, False])
    part = along(Y, made, values, (0.0, 30.0), (20.0, 30.0), gaps=gaps)
    assert np.isnan(part.values["value"][-1])
    assert part.values["value"][0] == 0.0
    cropped = along(Z, frame(), np.full((10, 10), 7.0), (102.5, 0.0), (102.5, 245.0), offset=(15, 20))
    known = np.isfinite(cropped.values["value"])
    np.testing.assert_allclose(cropped.distance[known][[0, -1]], [100.0, 150.0], atol=5.0)


def test_labels_are_not_averaged_and_an_overview_is_read_at_its_places() -> None:
    labels = np.array([[1, 9] * 25] * 40)
    found = along(Z, frame(), labels, (100.0, 0.0), (104.0, 245.0), content="labels", width_px=5)
    assert set(found.values["value"]) <= {1.0, 9.0}
    coarse = np.arange(1.0, 50.0, 2)[None].repeat(20, 0) - 0.5  # mean of two neighbours
    ramp = along(Z, frame(), coarse, (100.0, 12.5), (100.0, 202.5), step=(2, 2))
    np.testing.assert_allclose(ramp.values["value"], ramp.distance / 5 + 2.0, atol=1e-9)


def test_values_as_a_table() -> None:
    sheets = {
        "before": Sheet(np.arange(50.0)[None].repeat(40, 0)),
        "after, smoothed": Sheet(np.full((40, 3), 2.0)),
    }
    found = profile_along(frame(), Z, ((2.5, 2.5), (2.5, 22.5)), sheets)
    rows = found.csv().splitlines()
    assert rows[0] == "distance_nm,before,after  smoothed"
    assert rows[1] == "0,0,2"
    assert rows[-1] == "20,4,"
    cubes = frame(voxel_nm=(None, None, None))
    assert profile_along(cubes, Z, ((0.5, 0.5), (0.5, 4.5)), sheets).unit == "px"
