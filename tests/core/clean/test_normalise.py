"""Known gain and offset come back, whatever the share of solid."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from core.clean.normalise import lines_to, percentile_levels, phase_levels, target_levels
from core.errors import ParameterError, VoxelError
from core.segment.histogram import counted, histogram_of
from core.steps.normalise import NORMALISE, NormaliseParams
from core.volume import Array
from tests.core.clean.phantoms import two_phases
from tests.core.steps.running import info_of, run_step


def drifting(slices: int = 24, *, share: Array | None = None) -> tuple[Array, Array, Array]:
    """A stack of known gains and offsets, the share of solid changing on the way."""
    rng = np.random.default_rng(1)
    share = np.linspace(0.2, 0.5, slices) if share is None else share
    solid = two_phases((slices, 90, 110), share[:, None, None], feature_px=4, seed=2)
    gain = 1 + 0.2 * np.sin(np.arange(slices)) + rng.normal(0, 0.03, slices)
    offset = 8 * np.cos(1.7 * np.arange(slices))
    grey = (70 + 80 * solid + rng.normal(0, 10, solid.shape)) * gain[:, None, None] + offset[:, None, None]
    return grey.clip(0, 255).round().astype(np.uint8), gain, offset


def test_known_gain_and_offset_are_recovered_while_the_solid_fraction_changes() -> None:
    grey, gain, offset = drifting()
    _, found = run_step(NORMALISE, grey)
    total_gain = np.array(found.gain) * gain
    assert total_gain.std() / total_gain.mean() < 0.03
    black = np.array(found.gain) * offset + np.array(found.offset)
    assert black.std() < 2.5
    assert found.flagged == ()


def test_normalised_slices_have_the_same_levels_of_pore_and_solid() -> None:
    grey, _, _ = drifting()
    result, _ = run_step(NORMALISE, grey)
    levels = np.array([phase_levels(histogram_of(counted(plane), plane.dtype)) for plane in result])
    assert (levels.std(axis=0) < 0.6).all()
    before = np.array([phase_levels(histogram_of(counted(plane), plane.dtype)) for plane in grey])
    assert (before.std(axis=0) > 8).all()


def test_a_running_median_takes_flicker_and_keeps_slow_change() -> None:
    rng = np.random.default_rng(3)
    slow, flicker = np.linspace(0, 40, 60), rng.normal(0, 4, 60)
    levels = np.stack([60 + slow + flicker, 140 + slow + flicker], axis=1)
    lines = lines_to(
        levels, target_levels(levels, target="running", window=15), brightness_only=False, greatest_gain=2
    )
    left = lines.gain * levels.mean(axis=1) + lines.offset - 100
    assert np.allclose(np.polyfit(np.arange(60), left, 1)[0], 40 / 59, rtol=0.15)
    assert (left - slow).std() < 0.5 * flicker.std()


def test_a_reference_slice_stays_as_it_is() -> None:
    grey, _, _ = drifting()
    result, found = run_step(NORMALISE, grey, target="slice", reference_slice=5)
    assert np.array_equal(result[5], grey[5])
    assert found.gain[5] == 1
    with pytest.raises(ParameterError, match="no such reference slice"):
        NORMALISE.result_info(info_of(grey), NormaliseParams(target="slice", reference_slice=24))


def test_brightness_only_leaves_the_contrast() -> None:
    grey, _, _ = drifting()
    _, found = run_step(NORMALISE, grey, adjust="brightness", levels="percentiles")
    assert set(found.gain) == {1.0}
    assert np.ptp(found.offset) > 10


def test_slices_without_contrast_are_flagged_and_follow_their_neighbours() -> None:
    grey, _, _ = drifting()
    grey[7] = 0
    rng = np.random.default_rng(0)
    grey[12] = (70 + rng.normal(0, 10, grey[12].shape)).round().astype(np.uint8)  # no solid in view
    result, found = run_step(NORMALISE, grey)
    assert found.flagged == (7, 12)
    assert found.dark[7] is None
    assert found.gain[7] == pytest.approx((found.gain[6] + found.gain[8]) / 2)
    assert len(np.unique(result[7])) == 1
    assert result[12].std() < 20


def test_blank_references_and_blank_stacks_are_refused() -> None:
    grey, _, _ = drifting()
    grey[3] = 9
    with pytest.raises(VoxelError, match="reference slice 3 is blank"):
        run_step(NORMALISE, grey, target="slice", reference_slice=3)
    with pytest.raises(VoxelError, match="no slice") as caught:
        run_step(NORMALISE, np.full((4, 8, 8), 9, np.uint8))
    assert "4 of them blank" in str(caught.value)


def test_an_edited_estimate_of_the_wrong_length_is_refused() -> None:
    grey, _, _ = drifting(6)
    params = NormaliseParams()
    edited = NORMALISE.estimate_type(gain=(1.0,) * 5, offset=(0.0,) * 5)  # type: ignore[misc]
    from core.block import Block

    with pytest.raises(ParameterError, match="do not fit the stack"):
        NORMALISE.apply(Block(grey, 0, slice(None), info_of(grey)), params, edited)  # type: ignore[misc]


@settings(max_examples=30)
@given(st.floats(0.5, 2.0), st.floats(-50, 50), st.integers(0, 1000))
def test_levels_follow_every_line(gain: float, offset: float, seed: int) -> None:
    values = np.random.default_rng(seed).gamma(2.0, 30.0, 4000).astype(np.float32)
    changed = (values * gain + offset).astype(np.float32)
    for measure in (phase_levels, lambda h: percentile_levels(h, 5, 95)):
        before, after = (np.array(measure(histogram_of(counted(v), v.dtype))) for v in (values, changed))
        assert np.allclose(after, before * gain + offset, rtol=2e-3, atol=0.3)
