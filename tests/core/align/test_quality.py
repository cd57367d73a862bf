"""Numbers of agreement."""

from __future__ import annotations

import numpy as np
import pytest

from core.align.quality import agreement, fourier_ring, residual_shift
from core.errors import ParameterError
from tests.core.align.pictures import moved, texture


def test_correlation_is_pearsons_over_the_common_area() -> None:
    one, two = texture((90, 100), 1), texture((90, 100), 1) + texture((90, 100), 2)
    inner = np.s_[2:-3, 2:-3]
    expected = np.corrcoef(one[inner].ravel(), two[inner].ravel())[0, 1]
    assert agreement(one, two).correlation == pytest.approx(expected, abs=1e-4)
    lying = np.eye(3)
    lying[0, 2], lying[1, 2] = -5.0, 4.0  # content was moved right by 5 and up by 4
    moved_away = np.roll(one, (-4, 5), axis=(0, 1))
    found = agreement(one, moved_away, lying)
    assert found.correlation == pytest.approx(1, abs=1e-6)
    assert agreement(one, moved_away).correlation < 0.5


def test_information() -> None:
    one, two = texture((200, 200), 1), texture((200, 200), 2)
    assert agreement(one, one).information == pytest.approx(1)
    assert agreement(one, 255 - one).information > 0.9
    assert agreement(one, two).information < 0.03
    assert agreement(one, one * 0).information == 0


def test_residual_shift() -> None:
    picture = texture((130, 150))
    found = residual_shift(moved(picture, (0, 0)), moved(picture, (0.2, -0.3)))
    assert found.shift_yx == pytest.approx((0.2, -0.3), abs=0.01)


def test_fourier_ring_falls_where_noise_takes_over() -> None:
    picture = texture((128, 140))
    random = np.random.default_rng(4)
    one, two = (picture + random.normal(0, 3, picture.shape) for _ in range(2))
    ring = fourier_ring(one, two)
    assert ring.correlation[:8].min() > 0.95
    assert abs(ring.correlation[-10:].mean()) < 0.1
    assert ring.cutoff_per_px is not None
    # Where the power of the texture, 900 · 4π · 2.5² · exp(-(2π 2.5 f)²), is 1/6 of that of the noise, 9.
    expected = np.sqrt(np.log(900 * 4 * np.pi * 2.5**2 * 6 / 9)) / (2 * np.pi * 2.5)
    assert ring.cutoff_per_px == pytest.approx(expected, abs=0.03)
    assert fourier_ring(picture, picture).cutoff_per_px is None
    assert fourier_ring(picture, picture).correlation == pytest.approx(np.ones(64))


def test_refusals() -> None:
    with pytest.raises(ParameterError):
        fourier_ring(np.zeros((20, 30)), np.zeros((20, 30)))
    with pytest.raises(ParameterError):
        agreement(np.zeros((30, 30)), np.zeros((30, 31)))
