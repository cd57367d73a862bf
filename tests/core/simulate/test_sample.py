"""The demo's virtual acquisition is repeatable, and what it says of itself is true."""

from __future__ import annotations

import json

import numpy as np
import pytest

from core.errors import ParameterError
from core.simulate.sample import make_sample
from core.steps import step_named
from tests.core.steps.running import run_step

SHAPE = (24, 96, 128)
GREY, TRUTH, INFO = make_sample(3, SHAPE)


def test_the_same_seed_gives_the_same_sample_and_another_does_not() -> None:
    again, truth, info = make_sample(3, SHAPE)
    assert np.array_equal(again, GREY)
    assert np.array_equal(truth, TRUTH)
    assert info == INFO
    assert not np.array_equal(make_sample(4, SHAPE)[1], TRUTH)


def test_types_and_the_solid_fraction() -> None:
    assert GREY.dtype == np.uint8
    assert TRUTH.dtype == np.bool_
    assert GREY.shape == TRUTH.shape == SHAPE
    assert INFO["solid_fraction"] == TRUTH.mean() == pytest.approx(0.40, abs=0.05)
    assert json.loads(json.dumps(INFO)) == INFO


def test_the_recorded_drift_brings_neighbouring_slices_together() -> None:
    drift = np.array(INFO["drift_px_yx"])
    assert drift[0].tolist() == [0, 0]
    assert np.abs(drift).max() <= 8
    assert np.ptp(drift, axis=0).min() >= 2
    back = np.stack([np.roll(plane, -move, axis=(0, 1)) for plane, move in zip(TRUTH, drift, strict=True)])
    inside = (slice(None), slice(8, -8), slice(8, -8))
    apart = (back[1:] != back[:-1])[inside].mean(axis=(1, 2))
    before = (TRUTH[1:] != TRUTH[:-1])[inside].mean(axis=(1, 2))
    moved = np.abs(np.diff(drift, axis=0)).sum(axis=1) > 0
    assert moved.any()
    assert (apart[moved] < before[moved]).mean() > 0.7
    assert apart.mean() < before.mean()


def test_the_image_darkens_toward_the_bottom_and_brightness_drifts() -> None:
    bright = np.where(TRUTH, GREY, 0).sum(axis=(0, 2)) / TRUTH.sum(axis=(0, 2))
    assert bright[-8:].mean() / bright[:8].mean() == pytest.approx(INFO["bottom_brightness"], abs=0.08)
    top = [plane[:24][truth[:24]].mean() for plane, truth in zip(GREY, TRUTH, strict=True)]
    expected = 155 * np.array(INFO["gain"]) + np.array(INFO["offset_grey"])
    assert np.corrcoef(top, expected)[0, 1] > 0.9


def test_every_cleaning_step_brings_the_result_nearer_to_the_truth() -> None:
    """Guards the demo: its recipe has to earn its steps."""
    overlap = []
    data = GREY
    for name in (None, "normalise", "flatten", "destripe"):
        if name is not None:
            data, _ = run_step(step_named(name), data)
        solid = run_step(step_named("segment"), data)[0] == 255
        overlap.append((solid & TRUTH).sum() / (solid | TRUTH).sum())
    assert overlap[0] < 0.88
    assert (np.diff(overlap) > 0).all()
    assert overlap[-1] > 0.95


@pytest.mark.parametrize("shape", [(0, 96, 96), (3, 15, 96), (3, 96, 1)])
def test_a_sample_too_small_is_refused(shape: tuple[int, int, int]) -> None:
    with pytest.raises(ParameterError, match="too small"):
        make_sample(1, shape)


def test_one_slice_is_enough() -> None:
    assert make_sample(1, (1, 16, 16))[0].shape == (1, 16, 16)
