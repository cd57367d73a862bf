"""Noise of a dose: moments of the distributions, and levels as noisy stacks have them."""

from __future__ import annotations

import numpy as np
import pytest
import torch

from core.learn.data.dose import dose_levels, normal, thinned, with_dose
from core.models.intensity import levels_of_planes


def _rng(seed: int = 0) -> np.random.Generator:
    return np.random.Generator(np.random.SFC64(seed))


def test_normal_numbers() -> None:
    found = normal((300, 401), _rng())
    assert found.shape == (300, 401)
    assert abs(float(found.mean())) < 0.01
    assert float(found.std()) == pytest.approx(1, abs=0.01)
    assert float((found**4).mean()) == pytest.approx(3, abs=0.1)


@pytest.mark.parametrize("fixed", [0.0, 1.0])
@pytest.mark.parametrize(("share", "electrons"), [(0.1, 8), (0.1, 30), (0.45, 8), (0.45, 100)])
def test_counts_have_mean_and_variance_of_their_distribution(
    share: float, electrons: float, fixed: float
) -> None:
    signal = torch.full((200_000,), share)
    counts = with_dose(signal, torch.tensor(electrons), torch.tensor(fixed), _rng()) * electrons
    mean = share * electrons
    torch.testing.assert_close(counts, counts.round())
    assert float(counts.min()) >= 0
    assert float(counts.mean()) == pytest.approx(mean, rel=0.03)
    assert float(counts.var()) == pytest.approx(mean * (1 - fixed * share), rel=0.05)


def test_few_electrons_are_none_as_often_as_poisson_says() -> None:
    counts = with_dose(torch.full((200_000,), 0.1), torch.tensor(10.0), torch.tensor(0.0), _rng())
    assert float((counts == 0).float().mean()) == pytest.approx(np.exp(-1), abs=0.02)


def test_levels_at_a_dose_are_those_of_noisy_stacks() -> None:
    signal = np.full((4, 96, 96), 0.1, dtype=np.float32)
    signal[:, 30:80, 20:70] = 0.4
    found = dose_levels(signal, 8, 100, seed=1)
    for electrons in (8.0, 25.0, 100.0):
        counts = np.random.default_rng(1).poisson(signal * electrons)
        scale = 200 / electrons  # grey values of a file
        seen = levels_of_planes(np.clip(counts * scale, 0, 255).round().astype(np.uint8))
        levels = found.at(electrons, fixed=False)
        assert levels.low == pytest.approx(seen.low / 200, abs=0.02)
        assert levels.high == pytest.approx(seen.high / 200, abs=0.02)
        assert levels.noise == pytest.approx(seen.noise / 200, rel=0.2)
    assert found.at(8, fixed=False).noise > found.at(100, fixed=False).noise


def test_thinned_counts_are_those_of_a_lower_dose() -> None:
    share, counted, electrons = 0.3, 30.0, 9.0
    drawn = _rng(1).binomial(int(counted), share, 200_000).astype(np.float32) / np.float32(counted)
    counts = thinned(torch.from_numpy(drawn), counted, electrons, _rng()) * electrons
    torch.testing.assert_close(counts, counts.round())
    assert bool((counts <= torch.from_numpy(drawn * counted).round()).all())
    assert float(counts.mean()) == pytest.approx(share * electrons, rel=0.01)
    # each of the 30 electrons counts with the chance 0.3 x 0.3
    assert float(counts.var()) == pytest.approx(counted * 0.09 * 0.91, rel=0.02)


def test_no_electrons_can_be_added() -> None:
    signal = torch.tensor([0.1, 0.5])
    assert thinned(signal, 10.0, 40.0, _rng()) is signal


def test_levels_of_thinned_counts_are_those_of_images_of_that_dose() -> None:
    share = np.kron(np.where(_rng(3).random((4, 8, 8)) < 0.3, 0.45, 0.1), np.ones((1, 16, 16)))
    drawn = (_rng(2).binomial(40, share) / 40).astype(np.float32)
    before = drawn.copy()
    found = dose_levels(drawn, 8.0, 40.0, seed=0, counted=40.0)
    np.testing.assert_array_equal(drawn, before)
    for electrons in (8, 40):
        images = _rng(4).binomial(electrons, share) / electrons * 200
        expected = levels_of_planes(images.round().astype(np.uint8))
        at = found.at(float(electrons), False)
        assert at.low == pytest.approx(expected.low / 200, abs=0.02)
        assert at.high == pytest.approx(expected.high / 200, abs=0.02)
        assert at.noise == pytest.approx(expected.noise / 200, rel=0.1)
