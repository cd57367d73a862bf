from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from core.errors import Cancelled
from core.job import Job
from core.thickness.marks import RulerError, find_marks
from core.thickness.marks_bands import bar_response, noise_of
from core.thickness.marks_fit import fit_mark
from tests.core.thickness.virtual import VirtualRuler


def bar(size: int, left: float, right: float, height: float = 50.0, ground: float = 90.0) -> np.ndarray:
    """Bar with sharp edges, each pixel the mean over its area."""
    at = np.arange(size)
    covered = np.clip(np.minimum(at + 0.5, right) - np.maximum(at - 0.5, left), 0, 1)
    return ground + height * covered


@settings(max_examples=25, deadline=None)
@given(st.floats(25, 35), st.floats(4, 20), st.floats(1, 1000), st.floats(-500, 500))
def test_a_bar_is_found_to_a_small_part_of_a_pixel(
    centre: float, width: float, height: float, ground: float
) -> None:
    profile = bar(60, centre - width / 2, centre + width / 2, height, ground)
    fit = fit_mark(profile, round(centre), width * 1.2)
    assert fit is not None
    assert fit.centre_px == pytest.approx(centre, abs=0.02)
    assert fit.width_px == pytest.approx(width, abs=0.1)
    assert fit.height == pytest.approx(height, rel=0.02)


def test_a_bar_that_gets_wider_keeps_its_centre() -> None:
    fits = [fit_mark(bar(80, 40.3 - w / 2, 40.3 + w / 2), 40, 14) for w in (10.0, 14.0, 19.0)]
    assert all(fit is not None and abs(fit.centre_px - 40.3) < 0.02 for fit in fits)


def test_the_standard_error_of_a_fit_is_that_of_many_fits() -> None:
    random = np.random.default_rng(5)
    clean = bar(60, 24.3, 36.9)
    fits = [fit_mark(clean + random.normal(0, 4, 60), 30, 12, blur_px=0.3) for _ in range(300)]
    centres = np.array([fit.centre_px for fit in fits if fit is not None])
    stated = np.median([fit.centre_sigma_px for fit in fits if fit is not None])
    assert centres.size == 300
    assert centres.mean() == pytest.approx(30.6, abs=0.02)
    assert centres.std() == pytest.approx(stated, rel=0.25)


def test_flat_short_and_broken_profiles_have_no_bar() -> None:
    assert fit_mark(np.full(60, 3.0), 30, 10) is None
    assert fit_mark(np.arange(9.0), 4, 10) is None
    broken = bar(60, 25, 35)
    broken[30] = np.nan
    assert fit_mark(broken, 30, 10) is None


def test_an_edge_is_no_bar() -> None:
    profile = np.where(np.arange(60) < 30, 10.0, 90.0)[None]
    bright, dark = bar_response(profile, 6)
    assert bright.max() <= 0
    assert dark.max() <= 0
    assert bar_response(bar(60, 26.5, 32.5)[None], 6)[0][0].argmax() in (29, 30)


def test_a_bar_near_the_border_is_seen() -> None:
    for left in (3.5, 45.5):
        response = bar_response(bar(60, left, left + 10)[None], 10, least_ground=2)[0][0]
        assert response.max() == pytest.approx(50)
        assert response.argmax() == left + 5.5


def test_noise_is_that_of_the_pixels() -> None:
    random = np.random.default_rng(1)
    plane = random.normal(0, 7, (100, 100)) + np.arange(100)
    assert noise_of(plane) == pytest.approx(7, rel=0.05)


@pytest.mark.parametrize(
    "changes",
    [
        {},
        {"cnr": 2.0, "pixel_nm": 8.0},
        {"contrast": -50.0},
        {"inclined": "same", "brightness": 0.2},
        {"mark_width_nm": 50.0, "mark_depth_nm": 100.0, "cnr": 6.0},
    ],
)
def test_the_four_marks_are_found_among_structure(changes: dict[str, float]) -> None:
    virtual = VirtualRuler(slices=30, structure_nm=200.0, **changes)  # type: ignore[arg-type]
    slices = list(range(0, 30, 5))
    found = find_marks([virtual.plane(i) for i in slices])
    assert found.x_px == pytest.approx(virtual.centres_px[slices], abs=0.35)
    assert found.widths_px == pytest.approx(virtual.width_px, abs=0.5)
    assert found.bright == (virtual.contrast > 0)
    top, end, _ = np.array(virtual.y_px) + virtual.drift_px_yx[0, 0]
    assert found.rows_px == pytest.approx((top + 0.5, end - 0.5), abs=2.0)
    assert found.marks[0].contrast_to_noise == pytest.approx(virtual.cnr, rel=0.25)


def test_a_region_and_given_places_narrow_the_search() -> None:
    virtual = VirtualRuler(slices=8, structure_nm=300.0)
    planes = [virtual.plane(i) for i in range(4)]
    y1 = int(virtual.y_px[2])
    found = find_marks(planes, region=(4, y1, 30, virtual.columns - 10))
    assert found.x_px[0] == pytest.approx(virtual.centres_px[0], abs=0.2)
    given_places = [float(x) + 3 for x in virtual.centres_px[0]]
    assert find_marks(planes, at_px=given_places).x_px[0] == pytest.approx(virtual.centres_px[0], abs=0.2)
    with pytest.raises(RulerError, match="near x = 5, 25, 60, 80"):
        find_marks(planes[:1], at_px=[5, 25, 60, 80])


def test_structure_alone_is_no_ruler() -> None:
    virtual = VirtualRuler(slices=16, structure_nm=800.0, cnr=10.0)
    below = int(virtual.y_px[2]) + 8
    with pytest.raises(RulerError, match="no marks of a ruler"):
        find_marks([virtual.plane(i)[below:] for i in range(0, 16, 2)])


def test_noise_alone_is_no_ruler() -> None:
    random = np.random.default_rng(2)
    with pytest.raises(RulerError, match="no marks of a ruler"):
        find_marks([random.normal(100, 10, (120, 200)) for _ in range(6)])


def test_finding_stops_when_told() -> None:
    job = Job()
    job.stop.set()
    with pytest.raises(Cancelled):
        find_marks([np.zeros((60, 60))], job=job)
