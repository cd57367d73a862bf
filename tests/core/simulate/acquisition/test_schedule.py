"""Positions and movements: what was asked for, in the mean, and the same whenever asked."""

from __future__ import annotations

import numpy as np
import pytest

from core.simulate.acquisition.schedule import schedule_of
from tests.core.simulate.acquisition.plans import plan


def many(**changes: object) -> dict:
    return {"field": {"slices": 4000}, **changes}


def test_even_slices_lie_at_exact_multiples() -> None:
    made = schedule_of(plan(**many(milling={"slice_nm": 0.1})))
    assert np.array_equal(made.z_nm, np.arange(4000) * 0.1)


def test_gamma_thickness_has_the_measured_mean_and_spread() -> None:
    made = schedule_of(plan(**many(milling={"thickness": "gamma", "slice_nm": 10.16, "sd_nm": 3.12})))
    thickness = np.diff(made.z_nm)
    # Standard errors of 4000 draws: 0.05 nm of the mean, 0.04 nm of the spread.
    assert thickness.mean() == pytest.approx(10.16, abs=0.2)
    assert thickness.std() == pytest.approx(3.12, abs=0.15)
    assert thickness.min() > 0
    skewness = ((thickness - thickness.mean()) ** 3).mean() / thickness.std() ** 3
    assert skewness == pytest.approx(2 * 3.12 / 10.16, abs=0.2)


def test_snapped_slices_are_whole_voxels_and_at_least_one() -> None:
    milling = {"thickness": "gamma", "slice_nm": 4, "sd_nm": 3, "snap_to_voxels": True}
    made = schedule_of(plan(**many(milling=milling)))
    voxels = np.diff(made.z_nm) / 2.5
    assert np.allclose(voxels, np.rint(voxels), atol=1e-6)
    assert voxels.min() == pytest.approx(1)
    assert len(np.unique(np.rint(voxels))) > 3


def test_given_thickness_is_used() -> None:
    made = schedule_of(plan(milling={"thickness": "given", "given_nm": [7, 12.5]}))
    assert made.z_nm.tolist() == [0, 7, 19.5]


def test_nothing_moves_unless_asked() -> None:
    assert not schedule_of(plan()).shifts_px_yx.any()


def test_walk_spreads_as_the_root_of_the_number_of_steps() -> None:
    steps = np.diff(schedule_of(plan(**many(drift={"walk_px": 0.4}))).shifts_px_yx[0], axis=0)
    assert steps.std(axis=0) == pytest.approx([0.4, 0.4], rel=0.06)
    assert abs(np.corrcoef(steps[:-1, 0], steps[1:, 0])[0, 1]) < 0.06


def test_jumps_are_as_frequent_as_asked() -> None:
    steps = np.diff(schedule_of(plan(**many(drift={"jump_probability": 0.1}))).shifts_px_yx[0], axis=0)
    assert (steps != 0).any(axis=1).mean() == pytest.approx(0.1, abs=0.02)


def test_slant_is_per_slice_and_in_nm() -> None:
    made = schedule_of(plan(drift={"slant_nm_yx": [1.0, -2.0]}, field={"pixel_nm": 4.0}))
    assert np.allclose(made.relative_shifts_px(0), np.outer([0, 1, 2], [0.25, -0.5]))


def test_voltages_are_offset_against_the_first_and_drift_together() -> None:
    made = schedule_of(plan(**many(drift={"walk_px": 1}, misalignment={"offset_px": 4, "jitter_px": 0.3})))
    apart = made.shifts_px_yx[1] - made.shifts_px_yx[0]
    assert apart.std(axis=0) == pytest.approx([0.3 * 2**0.5] * 2, rel=0.06)
    assert np.abs(apart.mean(axis=0)).max() > 0.5
    # The first voltage has no fixed offset: only the walk and the jitter.
    assert np.abs(made.shifts_px_yx[0, 0]).max() < 1.5


def test_more_slices_and_other_effects_leave_the_first_ones_alone() -> None:
    drift = {"walk_px": 1}
    short = schedule_of(plan(drift=drift, misalignment={"jitter_px": 1}))
    long = schedule_of(plan(drift=drift, misalignment={"jitter_px": 1}, field={"slices": 50}))
    assert np.array_equal(short.shifts_px_yx, long.shifts_px_yx[:, :3])
    jumping = schedule_of(plan(drift={**drift, "jump_probability": 1e-9}, misalignment={"jitter_px": 1}))
    assert np.array_equal(short.shifts_px_yx, jumping.shifts_px_yx)


def test_lost_slices_leave_the_others_where_they_are() -> None:
    made = schedule_of(plan(field={"slices": 6}, milling={"lost_slices": [0, 3]}, drift={"walk_px": 1}))
    assert made.kept == (1, 2, 4, 5)
    assert made.kept_z_nm.tolist() == [0, 10, 30, 40]
    assert made.z_nm.tolist() == [-10, 0, 10, 20, 30, 40]
    assert np.array_equal(made.relative_shifts_px(0)[2], made.shifts_px_yx[0, 4] - made.shifts_px_yx[0, 1])


def test_chance_never_takes_all_slices() -> None:
    for seed in range(30):
        assert schedule_of(plan(seed=seed, milling={"lost_probability": 0.5, "lost_slices": [0]})).kept


def test_lost_share_is_as_asked() -> None:
    made = schedule_of(plan(**many(milling={"lost_probability": 0.05})))
    assert 1 - len(made.kept) / 4000 == pytest.approx(0.05, abs=0.015)


def test_tilt_foreshortens_unless_corrected() -> None:
    assert schedule_of(plan(tilt_deg=60)).pixel_nm_yx == pytest.approx((5.0, 2.5))
    assert schedule_of(plan(tilt_deg=60, field={"tilt_corrected": True})).pixel_nm_yx == (2.5, 2.5)


def test_raster_moves_against_the_content() -> None:
    made = schedule_of(plan(drift={"slant_nm_yx": [2.5, -5.0]}))
    assert made.raster(0, 2).corner_nm == pytest.approx((-5.0, 10.0))
