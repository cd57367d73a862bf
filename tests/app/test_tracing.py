from __future__ import annotations

import numpy as np
from hypothesis import given
from hypothesis import strategies as st

from app.tracing import input_slices, matched, nearest, passes_through
from core.recipe import Recipe, RecipeStep, default_step
from core.steps import step_named
from core.steps.crop import CropParams
from core.volume import VolumeInfo

INFO = VolumeInfo((20, 8, 8), np.dtype(np.uint8))


def crop(**values: int) -> RecipeStep:
    return RecipeStep(step_named("crop"), CropParams(**values))


def test_crops_add_up() -> None:
    recipe = Recipe((crop(z_start=5, z_stop=15), default_step("invert"), crop(z_start=2)))
    assert list(input_slices(INFO, recipe, 0)) == list(range(20))
    assert list(input_slices(INFO, recipe, 1)) == list(range(5, 15))
    assert list(input_slices(INFO, recipe, 3)) == list(range(7, 15))


def test_a_step_that_does_not_fit_ends_the_trace() -> None:
    recipe = Recipe((crop(z_start=5), crop(z_start=500)))
    assert list(input_slices(INFO, recipe, 2)) == list(range(5, 20))


@given(st.lists(st.integers(0, 100), min_size=1, unique=True).map(sorted), st.integers(-5, 110))
def test_nearest_is_nearest(traced: list[int], wanted: int) -> None:
    found = traced[nearest(traced, wanted)]
    assert abs(found - wanted) == min(abs(each - wanted) for each in traced)


def test_measures_and_exports_pass_voxels_through() -> None:
    names = ("measure", "export", "thickness", "crop", "segment", "register", "reposition")
    passing = [name for name in names if passes_through(default_step(name))]
    assert passing == ["measure", "export", "thickness"]


def test_what_is_known_of_a_result_goes_before_what_was_foreseen() -> None:
    recipe = Recipe((default_step("reposition"),))
    before = INFO.with_(shape=(4, 8, 8), z_nm=(0.0, 4.0, 11.0, 20.0))
    after = before.with_(shape=(9, 8, 8), z_nm=None, voxel_nm=(2.5, 5.0, 5.0))
    traced = input_slices(before, recipe, 1, lambda count: after if count == 1 else None)
    assert list(traced) == [0, 1, 1, 1, 2, 2, 2, 3, 3], "the nearest slice of each plane 2.5 nm apart"


def test_slices_without_positions_are_matched_in_proportion() -> None:
    after = INFO.with_(shape=(10, 8, 8))
    assert list(matched(INFO, after)) == list(range(0, 20, 2))
