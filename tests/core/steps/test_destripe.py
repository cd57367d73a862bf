"""The destripe step: angles as text, strength, sizes it refuses."""

from __future__ import annotations

import numpy as np
import pytest
from pydantic import ValidationError

from core.errors import ParameterError
from core.steps.destripe import DESTRIPE, DestripeParams, angles_of
from tests.core.clean.phantoms import stripes, two_phases
from tests.core.steps.running import info_of, run_step

SHAPE = (160, 200)
CLEAN = 90 + 60 * two_phases(SHAPE, 0.4, feature_px=5) + np.random.default_rng(0).normal(0, 6, SHAPE)


def error_left(angles: str, *present: float, **values: object) -> float:
    """Energy of what is left of stripes at the angles that are present, relative to the stripes'."""
    striped = sum(
        (stripes(SHAPE, angle, grey=10, seed=int(angle) + 90) for angle in present), np.zeros(SHAPE)
    )
    grey = (CLEAN + striped).clip(0, 255).round().astype(np.uint8)[None]
    result, _ = run_step(DESTRIPE, grey, angles_deg=angles, **values)
    return float(((result[0] - CLEAN) ** 2).mean() / (striped**2).mean())


def test_stripes_along_two_angles_go() -> None:
    assert error_left("0, 20", 0, 20) < 0.3
    assert error_left("0", 0, 20) > 0.4


def test_half_the_strength_leaves_half_of_the_stripes() -> None:
    whole, half = error_left("0", 0), error_left("0", 0, strength=0.5)
    assert whole < 0.2
    assert half == pytest.approx(0.25 + whole / 4, abs=0.12)


@pytest.mark.parametrize(("text", "angles"), [("0", (0,)), ("-3.5; 90", (-3.5, 90)), (" 1 , 2,", (1, 2))])
def test_angles_are_read(text: str, angles: tuple[float, ...]) -> None:
    assert angles_of(text) == angles


@pytest.mark.parametrize("text", ["", "left", "91", "nan", "0,1,2,3,4,5,6,7,8", "1 2"])
def test_unreadable_angles_are_refused(text: str) -> None:
    with pytest.raises(ValidationError):
        DestripeParams(angles_deg=text)


@pytest.mark.parametrize(("shape", "angle"), [((1, 31, 200), "0"), ((1, 200, 31), "90"), ((1, 64, 7), "0")])
def test_slices_too_small_for_stripes_are_refused(shape: tuple[int, int, int], angle: str) -> None:
    with pytest.raises(ParameterError, match="too small"):
        DESTRIPE.output(info_of(np.zeros(shape, np.uint8)), DestripeParams(angles_deg=angle))
