"""Marks that somebody has shown, and a fourth mark too near the border to be counted."""

from __future__ import annotations

import numpy as np
import pytest

from core.job import Job
from core.thickness.marks import RulerError, find_marks
from core.thickness.marks_given import band_at, completed
from core.thickness.ruler import RulerOptions, measure_ruler
from core.volume import volume_of

CENTRES = (10.0, 28.0, 120.0, 167.0)
COLUMNS = 175


def slices(count: int = 9, noise: float = 12.0, marks=CENTRES, way: float = 1.2) -> np.ndarray:
    """A low cap with four marks, the last one 3 px from the border, above a structure of strong bars."""
    rng, found = np.random.default_rng(6), []
    x = np.arange(COLUMNS)
    for k in range(count):
        plane = np.full((100, COLUMNS), 60.0)
        plane[:4], plane[22:] = 10.0, 40.0
        for m, centre in enumerate(marks):
            at = centre + way * k * (0, 1, -1, 0)[m]
            plane[4:14] += 80.0 * np.clip(4.5 - np.abs(x - at), 0, 1)
        for left in (20, 70, 130):  # stands still, and stronger than the marks
            plane[50:80, left : left + 12] = 220.0
        found.append(plane + rng.normal(0, noise, plane.shape))
    return np.stack(found).clip(0, 255).astype(np.uint8)


def test_shown_marks_are_those_that_are_followed():
    band = band_at(list(slices()), (11, 27, 121, 168), Job())
    assert band is not None
    assert band.bright
    assert max(band.firsts) < 14
    expected = np.array(CENTRES) + 1.2 * np.arange(9)[:, None] * np.array((0, 1, -1, 0))
    np.testing.assert_allclose(np.array(band.centres_px), expected, atol=2.5)


def test_places_without_marks_are_refused():
    with pytest.raises(RulerError, match="near x = 45, 60"):
        find_marks(list(slices(noise=3.0)[:, :45]), at_px=(45, 60, 85, 100))


def test_a_mark_near_the_border_is_counted():
    found = find_marks(list(slices()))
    np.testing.assert_allclose([mark.x_px for mark in found.marks], CENTRES, atol=1.0)


def test_nothing_is_added_where_nothing_is():
    found = find_marks(list(slices(marks=CENTRES[:3])))
    assert len(found.marks) == 3
    band = band_at(list(slices()), CENTRES, Job())
    assert band is not None
    assert completed(list(slices()), band) is band


@pytest.mark.parametrize("shown", [None, (10, 28, 120, 167)])
def test_depth_from_a_ruler_at_the_border(shown):
    volume = volume_of(slices(20, noise=6.0), voxel_nm=(None, 5.0, 5.0))
    options = RulerOptions(angle_deg=30.0, pixel_nm=5.0, marks_x_px=shown)
    reading = measure_ruler(volume, options, Job())
    truth = 1.2 * 5.0 / np.tan(np.radians(30.0))
    assert np.diff(reading.z_nm).mean() == pytest.approx(truth, rel=0.02)
