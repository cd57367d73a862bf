"""Known shading comes back; the solid fraction is not mistaken for it."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from core.block import Block
from core.clean.shading import fit_surface, shading_field, surface, terms, tile_edges, tile_levels
from core.errors import ParameterError, VoxelError
from core.steps.flatten import FLATTEN, FlattenParams
from core.volume import Array
from tests.core.clean.phantoms import two_phases
from tests.core.steps.running import info_of, run_step

SHAPE = (10, 192, 256)


def trench() -> Array:
    """Brightness that falls to 60 % toward the bottom and by a tenth toward the right."""
    y, x = np.linspace(0, 1, SHAPE[1])[:, None], np.linspace(0, 1, SHAPE[2])[None]
    field = (1 - 0.4 * y**1.5) * (1 - 0.1 * x)
    return np.asarray(field / field.mean())


def shaded(share: Array | float) -> Array:
    rng = np.random.default_rng(1)
    solid = two_phases(SHAPE, share, feature_px=4, seed=3)
    grey = (60 + 120 * solid) * trench() + rng.normal(0, 8, SHAPE)
    return np.asarray(grey.clip(0, 255).round().astype(np.uint8))


def error_of(found: Array) -> float:
    ratio = found / trench()
    return float((ratio / ratio.mean()).std())


def field_of(estimate, row: int = 0) -> Array:  # type: ignore[no-untyped-def]
    return shading_field(
        estimate.coefficients[row], estimate.degrees, SHAPE[1:], factor=True, dtype=np.dtype(float)
    )


def test_shading_of_a_stack_is_found_within_two_per_cent() -> None:
    grey = shaded(0.4)
    result, found = run_step(FLATTEN, grey)
    assert error_of(field_of(found)) < 0.02
    top, bottom = (np.percentile(result[:, rows], 90) for rows in (slice(0, 40), slice(-40, None)))
    assert bottom / top == pytest.approx(1, abs=0.03)
    assert np.percentile(grey[:, -40:], 90) / np.percentile(grey[:, :40], 90) < 0.75


def test_a_changing_solid_fraction_is_hardly_taken_for_shading() -> None:
    share = np.linspace(0.25, 0.55, SHAPE[1])[None, :, None]
    _, bright = run_step(FLATTEN, shaded(share))
    _, mean = run_step(FLATTEN, shaded(share), follow="mean")
    assert error_of(field_of(bright)) < 0.04
    assert error_of(field_of(mean)) > 0.08


def test_shading_of_each_slice_is_found() -> None:
    grey = shaded(0.4)
    grey[4] = 255 - np.zeros_like(grey[4])
    _, found = run_step(FLATTEN, grey, scope="slice", direction="y")
    assert len(found.coefficients) == SHAPE[0]
    assert error_of(field_of(found, 7)) < 0.06
    assert np.allclose(field_of(found, 4), 1)


def test_an_even_stack_stays_as_it_is() -> None:
    rng = np.random.default_rng(0)
    even = (60 + 100 * two_phases(SHAPE, 0.4, feature_px=3) + rng.normal(0, 5, SHAPE)).astype(np.uint8)
    result, _ = run_step(FLATTEN, even)
    assert np.abs(result.astype(float) / even - 1).mean() < 0.02


def test_added_shading_is_subtracted() -> None:
    y = np.linspace(-30, 30, 100)[None, :, None]
    grey = (1000 + y + np.random.default_rng(0).normal(0, 2, (4, 100, 90))).astype(np.float32)
    result, _ = run_step(FLATTEN, grey, model="offset", follow="mean", order=1, direction="y")
    assert result.mean(axis=(0, 2)).std() < 0.5
    assert result.mean() == pytest.approx(grey.mean(), abs=0.01)


def test_the_black_level_stays() -> None:
    grey = (20 + 100 * trench()[None] + np.zeros((3, 1, 1))).astype(np.float32)
    result, _ = run_step(FLATTEN, grey, black_grey=20, order=4, direction="both")
    assert grey.std() > 10
    assert result.std() < 1.5
    assert np.array_equal(
        run_step(FLATTEN, np.where(grey > 100, grey, 20), black_grey=20)[0] == 20, grey <= 100
    )


def test_a_stack_below_black_is_refused() -> None:
    with pytest.raises(VoxelError, match="black level"):
        run_step(FLATTEN, np.full((2, 30, 30), 5, np.uint8), black_grey=9)


@pytest.mark.parametrize("rows", [((3.0,) * 5,), ((0.0,) * 5,) * 3, ((0.0,) * 4,)])
def test_edited_coefficients_that_cannot_be_are_refused(rows: tuple[tuple[float, ...], ...]) -> None:
    grey = np.full((2, 30, 30), 5, np.uint8)
    estimate = FLATTEN.estimate_type(coefficients=rows, degrees=terms(2, "both"))  # type: ignore[misc]
    with pytest.raises(ParameterError, match="flatten"):
        FLATTEN.apply(Block(grey, 0, slice(None), info_of(grey)), FlattenParams(), estimate)  # type: ignore[misc]


@settings(max_examples=40)
@given(
    st.integers(1, 4),
    st.sampled_from(["both", "y", "x"]),
    st.tuples(st.integers(60, 200), st.integers(60, 200)),
    st.integers(0, 99),
)
def test_a_surface_is_its_own_fit(order: int, direction: str, shape: tuple[int, int], seed: int) -> None:
    degrees = terms(order, direction)  # type: ignore[arg-type]
    wanted = np.random.default_rng(seed).normal(size=len(degrees))
    field = surface(wanted.tolist(), degrees, shape)
    rows, columns = (tile_edges(length) for length in shape)
    middles = field[np.ix_(*(((edges[:-1] + edges[1:] - 1) // 2) for edges in (rows, columns)))]
    found = fit_surface(middles, shape, degrees)
    assert np.allclose(found, wanted, atol=0.12 * np.abs(wanted).max())


def test_a_spoilt_tile_does_not_bend_the_surface() -> None:
    degrees = terms(2, "both")
    levels = np.zeros((8, 8))
    levels[2, 3], levels[5, 5] = 9.0, np.nan
    assert np.allclose(fit_surface(levels + 1e-3 * np.eye(8), (80, 80), degrees), 0, atol=2e-3)


def test_terms_without_the_constant() -> None:
    assert terms(2, "both") == ((1, 0), (0, 1), (2, 0), (1, 1), (0, 2))
    assert terms(3, "y") == ((1, 0), (2, 0), (3, 0))
    assert terms(1, "x") == ((0, 1),)


@pytest.mark.parametrize("shape", [(1, 1), (1, 100), (7, 3)])
def test_small_planes_have_one_tile_per_axis_at_least(shape: tuple[int, int]) -> None:
    levels = tile_levels(np.full(shape, 3, np.uint8), "bright")
    assert levels.min() == levels.max() == 3
