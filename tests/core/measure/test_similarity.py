"""PSNR and SSIM."""

from __future__ import annotations

import threading

import numpy as np
import pytest
from skimage.metrics import peak_signal_noise_ratio, structural_similarity

from core.errors import Cancelled, ParameterError
from core.job import Job
from core.measure import similarity
from core.measure.similarity import data_range_of, psnr_db, squared_error, ssim


def images(dtype, shape=(60, 47)):
    rng = np.random.default_rng(3)
    y, x = np.mgrid[: shape[0], : shape[1]]
    truth = 120 + 60 * np.sin(x / 5) * np.cos(y / 7)
    noisy = truth + rng.normal(0, 15, shape)
    scale = 257 if dtype == np.uint16 else 1
    return [(np.clip(image, 0, 255) * scale).astype(dtype) for image in (noisy, truth)]


def reference(first, second, data_range):
    return structural_similarity(
        first, second, data_range=data_range, gaussian_weights=True, sigma=1.5, use_sample_covariance=False
    )


@pytest.mark.parametrize("dtype", [np.uint8, np.uint16, np.float64])
def test_as_the_reference(dtype) -> None:
    first, second = images(dtype)
    span = 65535.0 if dtype == np.uint16 else 255.0
    assert ssim(first, second, data_range=span) == pytest.approx(reference(first, second, span), abs=1e-12)
    expected = peak_signal_noise_ratio(second, first, data_range=span)
    assert psnr_db(squared_error(first, second), first.size, span) == pytest.approx(expected, abs=1e-9)


def test_strips_do_not_matter(monkeypatch: pytest.MonkeyPatch) -> None:
    first, second = images(np.uint8)
    whole = ssim(first, second, data_range=255)
    monkeypatch.setattr(similarity, "_STRIP_PX", 7 * first.shape[1])
    assert ssim(first, second, data_range=255) == pytest.approx(whole, abs=1e-13)


def test_identical_images() -> None:
    image, _ = images(np.uint8)
    assert ssim(image, image, data_range=255) == pytest.approx(1)
    assert psnr_db(squared_error(image, image), image.size, 255) is None


def test_psnr_by_hand() -> None:
    first, second = np.zeros((2, 2), np.uint8), np.full((2, 2), 255, np.uint8)
    assert squared_error(first, second) == 4 * 255**2  # unsigned values must not wrap
    assert psnr_db(4 * 255.0**2, 4, 255) == 0


def test_swapping_changes_nothing() -> None:
    first, second = images(np.uint8)
    assert ssim(first, second, data_range=255) == pytest.approx(ssim(second, first, data_range=255))
    assert ssim(first.T, second.T, data_range=255) == pytest.approx(ssim(first, second, data_range=255))


def test_small_images_are_refused() -> None:
    small = np.zeros((10, 40), np.uint8)
    with pytest.raises(ParameterError, match="window"):
        ssim(small, small, data_range=255)


def test_data_range() -> None:
    byte, short, real = (np.dtype(kind) for kind in (np.uint8, np.int16, np.float32))
    assert data_range_of(byte, byte, None) == 255
    assert data_range_of(short, short, None) == 65535
    assert data_range_of(real, byte, 100.0) == 100
    for pair in ((real, real), (byte, short)):
        with pytest.raises(ParameterError, match="data range"):
            data_range_of(*pair, None)


def test_can_be_stopped() -> None:
    first, second = images(np.uint8)
    stop = threading.Event()
    stop.set()
    with pytest.raises(Cancelled):
        ssim(first, second, data_range=255, job=Job(stop=stop))
