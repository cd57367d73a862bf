"""Known answers of the oblique view."""

from __future__ import annotations

import numpy as np
import pytest

from core.job import Job
from core.simulate.sections.grains import PORE, SECOND, SOLID
from core.simulate.sections.oblique import first_met, oblique_image
from core.simulate.sections.params import Oblique

PLAIN = Oblique(
    tilt_deg=(45, 45),
    straight=0,
    decay_px=(10, 10),
    shadow=(0, 0),
    inclined=(0, 0),
    wall=(1, 1),
    rest=(0, 0),
    rim=(0, 0),
)


def slot(depth: int = 12, rows: int = 40, first: int = 10, last: int = 30) -> np.ndarray:
    """A slot along x with a flat floor 8 planes down."""
    block = np.full((depth, rows, 40), SOLID, dtype=np.uint8)
    block[:8, first:last] = PORE
    return block


def image(block: np.ndarray, params: Oblique = PLAIN) -> np.ndarray:
    return oblique_image(block, params, np.random.default_rng(1), Job())


def test_beam_at_45_degrees_meets_the_floor_and_the_lower_wall() -> None:
    met = first_met(slot(), 45.0)
    assert (met.depth[:10] == 0).all()
    assert (met.depth[30:] == 0).all()
    assert (met.depth[10:23] == 8).all()  # the floor, reached 8 rows farther down
    assert met.depth[22, 0] == 8
    assert met.depth[25, 0] == 5
    assert met.depth[29, 0] == 1
    assert met.rows[12, 0] == 20
    assert met.rows[25, 0] == 30


def test_straight_beam_sees_the_floor_alone() -> None:
    met = first_met(slot(), 0.0)
    assert (met.depth[10:30] == 8).all()
    assert (met.rows == np.arange(40)[:, None]).all()


def test_signal_falls_with_depth_and_rises_toward_the_lower_edge() -> None:
    signal = image(slot())
    assert np.allclose(signal[:10], 1)
    assert np.allclose(signal[30:], 1)
    assert np.allclose(signal[10:22], np.exp(-0.8), atol=1e-6)
    assert np.allclose(signal[25], np.exp(-0.5), atol=1e-6)
    assert (np.diff(signal[22:30, 0]) > 0).all()


def test_where_nothing_is_met_only_the_rest_remains() -> None:
    block = slot()
    block[:, 10:30] = PORE
    params = PLAIN.model_copy(update={"tilt_deg": (0.0, 0.0), "rest": (0.07, 0.07)})
    assert np.allclose(image(block, params)[10:30], 0.07)


def test_second_phase_is_darker_at_the_face() -> None:
    block = np.full((6, 20, 20), SOLID, dtype=np.uint8)
    block[:, 5:10, 5:10] = SECOND
    signal = image(block, PLAIN.model_copy(update={"second_yield": (0.7, 0.7)}))
    assert np.allclose(signal[5:10, 5:10], 0.7)
    assert np.allclose(signal[12:], 1)


def test_inclined_floor_is_brighter_by_the_cosine_law() -> None:
    # a plane rising toward the beam's normal: z falls with y, so that its normal is that of the beam
    rows = np.arange(60)
    block = np.full((40, 60, 9), PORE, dtype=np.uint8)
    for row in rows:
        block[max(0, 30 - row) :, row] = SOLID
    params = PLAIN.model_copy(update={"tilt_deg": (0.0, 0.0), "inclined": (1.0, 1.0), "decay_px": (1e6, 1e6)})
    # beam along the normal of the face: surface at 45 degrees, 1 / cos 45
    assert image(block, params)[10:20, 4] == pytest.approx(np.sqrt(2), rel=0.03)


def test_rim_is_brightest_at_the_edge_and_gone_far_from_it() -> None:
    params = PLAIN.model_copy(update={"rim": (0.5, 0.5), "rim_px": (1.0, 1.0)})
    signal = image(slot(), params)[:, 2]
    above, below = signal[5:10][::-1], signal[30:35]
    # which side looks toward the detector is drawn
    bright = max(above, below, key=lambda side: float(side[0]))
    assert bright[0] > 1.15
    assert (np.diff(bright) < 0).all()
    assert signal[38] == pytest.approx(1, abs=0.01)


def test_sky_darkens_narrow_slots_more_than_wide_ones() -> None:
    params = PLAIN.model_copy(update={"tilt_deg": (0.0, 0.0), "shadow": (1.0, 1.0), "decay_px": (1e6, 1e6)})
    narrow, wide = (
        image(slot(first=18, last=22), params)[20, 20],
        image(slot(first=5, last=35), params)[20, 20],
    )
    assert narrow == pytest.approx(np.sin(np.arctan(2 / 8)), abs=0.06)  # sin of half the opening angle
    assert wide == pytest.approx(np.sin(np.arctan(15 / 8)), abs=0.06)
