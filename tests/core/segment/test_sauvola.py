"""Local thresholds against scikit-image and against an image that no single threshold can divide."""

from __future__ import annotations

import numpy as np
import pytest
from skimage.filters import threshold_sauvola

from core.segment.sauvola import sauvola, sauvola_thresholds


def test_thresholds_agree_with_scikit_image_inside() -> None:
    plane = np.random.default_rng(0).integers(0, 255, (60, 70)).astype(np.uint8)
    ours = sauvola_thresholds(plane, window_px=15, k=0.2, dynamic_range=127.5)
    theirs = threshold_sauvola(plane, window_size=15, k=0.2, r=127.5)
    assert np.allclose(ours[8:-8, 8:-8], theirs[8:-8, 8:-8], rtol=1e-5)


def test_flat_surroundings_have_a_threshold_below_their_mean() -> None:
    plane = np.full((9, 9), 100.0, dtype=np.float32)
    assert sauvola_thresholds(plane, window_px=3, k=0.2, dynamic_range=50) == pytest.approx(80)


@pytest.mark.parametrize("shape", [(1, 1), (1, 9), (40, 1)])
def test_windows_may_exceed_the_image(shape: tuple[int, int]) -> None:
    plane = np.random.default_rng(0).random(shape).astype(np.float32)
    found = sauvola_thresholds(plane, window_px=101, k=0.2, dynamic_range=1.0)
    assert found.shape == shape
    assert np.isfinite(found).all()


def test_a_shaded_image_is_divided_everywhere() -> None:
    rng = np.random.default_rng(2)
    checks = (np.indices((120, 160)) // 8).sum(axis=0) % 2 == 1
    shade = np.linspace(1.0, 0.25, 120)[:, None]
    plane = ((90 + 110 * checks) * shade + rng.normal(0, 3, checks.shape)).clip(0, 255).astype(np.uint8)
    right = sauvola(plane, smoothing_px=0.7, window_px=31, k=0.1, dynamic_range=100) == checks
    assert right.mean() > 0.97
    # The dark end of the bright squares lies below the bright end of the dark ones: one threshold fails.
    assert max(((plane > level) == checks).mean() for level in range(256)) < 0.93
