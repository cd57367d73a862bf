"""Noise of the dose: measured against theory, and never twice."""

from __future__ import annotations

import numpy as np
import pytest

from core.errors import ParameterError, VoxelError
from core.simulate.electrons.world import Expected
from core.simulate.image.dose import with_dose_noise
from core.simulate.image.formation import ImageFormation
from core.simulate.image.signal import Signal, signal_of

SIDE = 400
PIXELS = SIDE * SIDE
# Standard error of a variance estimated from so many pixels, relative (Gaussian); five of them.
TOLERANCE = 5 * np.sqrt(2 / PIXELS)


def simulated(share: float, electrons: int, seed: int = 0, energies: bool = False) -> Expected:
    """A Monte Carlo of pixels that are all alike, with the unbiased standard error of each."""
    rng = np.random.default_rng(seed)
    seen = rng.random((electrons, SIDE, SIDE), dtype=np.float32) < share
    worth = rng.random((electrons, SIDE, SIDE), dtype=np.float32) if energies else np.float32(1)
    signal = seen * worth
    error = signal.std(axis=0, ddof=1) / np.sqrt(electrons)
    return Expected(signal.mean(axis=0), error, electrons)


def exact(share: float) -> Expected:
    flat = np.full((SIDE, SIDE), share, np.float32)
    return Expected(flat, np.full_like(flat, 0.02), 0)


def noisy(expected: Expected, dose: float, seed: int = 5, emission="counting"):
    signal = signal_of(expected, emission)
    rng = np.random.default_rng(seed)
    return with_dose_noise(signal, simulated=expected.electrons, dose_electrons=dose, rng=rng)


def test_50_pa_for_30_us_are_9362_electrons():
    assert ImageFormation(current_pa=50, dwell_us=30).dose_electrons == pytest.approx(9362.26, abs=0.01)
    assert ImageFormation(current_pa=50, dwell_us=30, frames=4).dose_electrons == pytest.approx(
        4 * 9362.26, abs=0.04
    )


@pytest.mark.parametrize(("share", "dose"), [(0.45, 9362), (0.3, 100), (0.05, 30)])
def test_without_sampling_noise_counts_are_poisson(share: float, dose: float):
    image, noise = noisy(exact(share), dose)
    counts = image * dose
    assert np.allclose(counts, np.rint(counts), atol=1e-6)
    assert counts.mean() == pytest.approx(share * dose, rel=5 / np.sqrt(share * dose * PIXELS))
    assert counts.var() == pytest.approx(share * dose, rel=2 * TOLERANCE)
    assert (counts == 0).mean() == pytest.approx(np.exp(-share * dose), abs=0.003)
    assert noise.added_variance == pytest.approx(noise.wanted_variance)
    assert noise.sampled_variance == 0
    assert noise.warning() == ""


@pytest.mark.parametrize(
    ("share", "electrons", "dose"), [(0.4, 60, 10), (0.4, 60, 40), (0.4, 60, 60), (0.06, 40, 30)]
)
def test_total_variance_is_the_dose_however_many_electrons_were_simulated(share, electrons, dose):
    expected = simulated(share, electrons)
    image, noise = noisy(expected, dose)
    assert image.mean() == pytest.approx(share, abs=6 * np.sqrt(share / dose / PIXELS))
    assert image.var() == pytest.approx(share / dose, rel=2 * TOLERANCE)
    assert noise.wanted_variance == pytest.approx(share / dose, rel=0.01)
    assert noise.sampled_variance == pytest.approx(share * (1 - share) / electrons, rel=0.01)
    assert noise.added_variance == pytest.approx(noise.wanted_variance - noise.sampled_variance, rel=1e-6)
    assert (noise.excess_share, noise.needed_electrons) == (0, 0)


def test_energy_weighted_signal_has_its_own_dose_variance():
    share, electrons, dose = 0.5, 50, 20
    image, _ = noisy(simulated(share, electrons, energies=True), dose)
    mean_square = share / 3  # of a uniformly distributed energy
    assert image.var() == pytest.approx(mean_square / dose, rel=2 * TOLERANCE)
    assert image.mean() == pytest.approx(share / 2, abs=0.001)


def test_secondary_electrons_scatter_more_than_counts():
    image, _ = noisy(exact(0.8), 200, emission="secondary")
    assert image.var() == pytest.approx((0.8 + 0.8**2) / 200, rel=2 * TOLERANCE)


def test_a_simulation_noisier_than_the_dose_is_left_alone_and_said():
    expected = simulated(0.4, 20)
    image, noise = noisy(expected, 9362)
    assert np.array_equal(image, expected.signal.astype(np.float64))
    assert noise.added_variance == 0
    assert noise.excess_share > 0.999
    ratio = (0.4 * 0.6 / 20) / (0.4 / 9362)
    assert noise.sampled_variance / noise.wanted_variance == pytest.approx(ratio, rel=0.02)
    # A pixel of share p needs N (1 - p) electrons; the dimmest decides, and never more than the dose.
    assert 0.6 * 9362 < noise.needed_electrons <= 9362
    assert f"{noise.needed_electrons} simulated electrons" in noise.warning()
    assert f"{ratio:.0f}" in noise.warning()


def test_enough_electrons_are_indeed_enough():
    _, noise = noisy(simulated(0.3, 90), 100)
    assert noise.excess_share > 0
    _, enough = noisy(simulated(0.3, 100), noise.needed_electrons)
    assert enough.excess_share == 0


def test_pixels_without_any_electron_stay_black():
    expected = simulated(0.02, 30)
    dark = expected.signal == 0
    assert 0.4 < dark.mean() < 0.7
    image, noise = noisy(expected, 10)
    assert np.all(image[dark] == 0)
    assert image.min() >= 0
    assert noise.record()["dose_electrons"] == 10


def test_mean_square_of_counts_is_their_mean():
    signal = signal_of(simulated(0.2, 25))
    assert np.allclose(signal.square, signal.mean, atol=1e-6)


@pytest.mark.parametrize("sigma", [0.6, 2.0])
def test_blur_follows_the_sampling_noise(sigma: float):
    expected = simulated(0.4, 30)
    blurred = signal_of(expected).blurred(sigma)
    assert blurred.mean.mean() == pytest.approx(0.4, abs=0.002)
    assert blurred.mean.var() == pytest.approx(blurred.sampled.mean(), rel=0.03)
    half = signal_of(expected).blurred(sigma, weight=0.5)
    assert half.mean.var() == pytest.approx(half.sampled.mean(), rel=0.03)
    image, _ = with_dose_noise(blurred, simulated=30, dose_electrons=20, rng=np.random.default_rng(3))
    assert image.var() == pytest.approx(0.4 / 20, rel=0.03)


def test_fading_is_seeing_fewer_electrons():
    faded = signal_of(exact(0.4)).faded(0.25)
    image, _ = with_dose_noise(faded, simulated=0, dose_electrons=100, rng=np.random.default_rng(1))
    assert image.mean() == pytest.approx(0.1, abs=0.001)
    assert image.var() == pytest.approx(0.1 / 100, rel=2 * TOLERANCE)


@pytest.mark.parametrize("dose", [0.0, -1.0, np.inf, np.nan])
def test_impossible_doses_are_refused(dose: float):
    with pytest.raises(ParameterError, match="dose"):
        noisy(exact(0.3), dose)


def test_one_electron_says_nothing_of_its_noise():
    single = Expected(np.ones((3, 3), np.float32), np.zeros((3, 3), np.float32), 1)
    with pytest.raises(ParameterError, match="one simulated electron"):
        noisy(single, 10)


@pytest.mark.parametrize(
    ("signal", "error", "electrons"),
    [
        (np.full((3, 3), -0.1), np.zeros((3, 3)), 10),
        (np.full((3, 3), np.nan), np.zeros((3, 3)), 10),
        (np.zeros((3, 3)), np.full((3, 3), np.inf), 10),
        (np.zeros((3, 3)), np.zeros((3, 4)), 10),
        (np.zeros((0, 3)), np.zeros((0, 3)), 10),
        (np.zeros((3, 3)), np.zeros((3, 3)), -1),
    ],
)
def test_unusable_signals_are_refused(signal, error, electrons):
    with pytest.raises((VoxelError, ParameterError)):
        signal_of(Expected(signal, error, electrons))


def test_signal_keeps_what_it_was_given():
    expected = exact(0.3)
    before = expected.signal.copy()
    signal = signal_of(expected)
    assert isinstance(signal, Signal)
    noisy(expected, 5)
    assert np.array_equal(expected.signal, before)
