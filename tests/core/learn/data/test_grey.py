"""Changes of grey values keep what they are to keep."""

from __future__ import annotations

import numpy as np
import pytest
import torch
from scipy.ndimage import gaussian_filter

from core.learn.data.grey import blurred, edge_blurred, noisy, recoloured, striped
from core.learn.params.data import NO_AUGMENTATION


def _step() -> torch.Tensor:
    patches = torch.full((2, 1, 3, 32, 32), -1.0)
    patches[..., 16:] = 1.0
    return patches


def test_blur_is_gaussian_and_each_patch_has_its_own() -> None:
    patches = torch.rand(2, 2, 3, 32, 32)
    found = blurred(patches.clone(), np.array([0.6, 1.0])).numpy()
    for patch, sigma in enumerate((0.6, 1.0)):
        plane = patches[patch, 1, 2].numpy()
        # the kernel ends at two deviations of the widest
        np.testing.assert_allclose(found[patch, 1, 2], gaussian_filter(plane, sigma, mode="mirror", radius=2),
                                   atol=1e-5)  # fmt: skip


def test_edge_blur_keeps_noise_away_from_edges() -> None:
    patches = _step() + 0.01 * torch.randn(2, 1, 3, 32, 32)
    found = edge_blurred(patches.clone(), np.array([1.0, 1.0]))
    assert float(found[..., :10].std()) == pytest.approx(float(patches[..., :10].std()), rel=0.1)
    assert float((found - patches)[..., 15:17].abs().mean()) > 0.2


def test_nothing_drawn_changes_nothing() -> None:
    patches = torch.rand(2, 1, 3, 8, 8)
    found = recoloured(patches.clone(), NO_AUGMENTATION, np.random.default_rng(0))
    torch.testing.assert_close(found, patches)


def test_bending_keeps_pore_and_solid_and_the_order_of_grey() -> None:
    grey = torch.linspace(-1, 1, 64).reshape(1, 1, 1, 8, 8)
    params = NO_AUGMENTATION.model_copy(update={"gamma": 0.9})
    found = recoloured(grey.clone(), params, np.random.default_rng(1)).flatten()
    assert float(found[0]) == pytest.approx(-1, abs=1e-6)
    assert float(found[-1]) == pytest.approx(1, abs=1e-6)
    assert bool((found.diff() > 0).all())
    assert float((found - grey.flatten()).abs().max()) > 0.01


@pytest.mark.parametrize(("name", "limit"), [("brightness", 0.4), ("contrast", 0.2), ("slice_gain", 0.4)])
def test_changes_stay_within_their_limits(name: str, limit: float) -> None:
    params = NO_AUGMENTATION.model_copy(update={name: 0.2})
    found = recoloured(torch.ones(64, 1, 3, 4, 4), params, np.random.default_rng(0))
    assert 0.7 * limit < float((found - 1).abs().max()) <= limit + 1e-6
    levels = found.amax((1, 3, 4)) - found.amin((1, 3, 4))
    assert float(levels.max()) < 1e-6  # even within a plane


def test_stripes_are_upright_and_as_strong_as_asked() -> None:
    found = striped(torch.ones(40, 1, 3, 16, 64), np.full(40, 0.1), np.random.default_rng(0))
    torch.testing.assert_close(found[..., :1, :].expand_as(found), found)
    assert float(((found - 1) / 3).std()) == pytest.approx(0.1, rel=0.1)


def test_noise_is_as_strong_as_asked() -> None:
    found = noisy(torch.zeros(2, 1, 3, 64, 64), np.array([0.1, 0.3]), np.random.default_rng(0))
    assert float(found[0].std()) == pytest.approx(0.2, rel=0.05)
    assert float(found[1].std()) == pytest.approx(0.6, rel=0.05)
