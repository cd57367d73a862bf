"""Previews: one slice at once; what a whole run gives, or said to be approximate."""

from __future__ import annotations

import numpy as np
import pytest
import tifffile

from core.errors import Cancelled, ParameterError
from core.execute import preview, run
from core.job import Job
from core.project import InputSpec, Project
from core.recipe import Recipe, RecipeStep, default_step
from core.steps import STEPS, step_named


@pytest.fixture
def project(tmp_path):
    rng = np.random.default_rng(0)
    y, x = np.mgrid[:40, :48]
    planes = [
        np.clip(
            100 + 40 * np.sign(np.sin((x + z) / 6) + np.sin(y / 7)) + z + rng.normal(0, 8, y.shape), 0, 255
        )
        for z in range(30)
    ]
    tifffile.imwrite(tmp_path / "stack.tif", np.stack(planes).astype(np.uint8), photometric="minisblack")
    return Project.create(tmp_path / "project", {"": InputSpec(paths=(tmp_path / "stack.tif",))})


def entry(name: str, **values: object) -> RecipeStep:
    step = step_named(name)
    return RecipeStep(step, step.params.parse(values, owner=name))


# Give other shapes, or need a model or a segmentation: tests of their own.
OTHERS = ("drop-slices", "resample", "probability", "correct")
SAMPLED = [step.name for step in STEPS if not step.surveys and step.name not in OTHERS]


@pytest.mark.parametrize("name", SAMPLED)
def test_every_step_has_a_preview_close_to_the_run(project, name):
    recipe = Recipe((default_step(name),))
    shown = preview(project, "", recipe, 0, 17)
    np.testing.assert_array_equal(shown.before, project.input("").slice(17))
    project.save_recipe(recipe)
    run(project)
    whole = project.volume("", 1).slice(17).astype(float)
    assert shown.after is not None
    if shown.approximate:
        assert np.mean(np.abs(shown.after - whole)) < 0.05 * 255
        again = preview(project, "", recipe, 0, 17)
        assert not again.approximate
        np.testing.assert_array_equal(again.after, whole)
    else:
        np.testing.assert_array_equal(shown.after, whole)


def test_what_looks_at_the_whole_stack_shows_its_effect_after_a_run(project):
    recipe = Recipe((entry("register", canvas="grow"), default_step("invert")))
    shown = preview(project, "", recipe, 0, 17)
    np.testing.assert_array_equal(shown.after, shown.before)
    assert shown.estimate is None
    project.save_recipe(recipe)
    run(project)
    again = preview(project, "", recipe, 0, 17)
    assert again.estimate is not None
    moved = project.volume("", 1)
    np.testing.assert_array_equal(again.after, moved.slice(17))
    assert moved.info.shape[1:] != project.input("").info.shape[1:]
    following = preview(project, "", recipe, 1, 17)
    np.testing.assert_array_equal(following.after, project.volume("", 2).slice(17))


def test_late_parameters_repeat_no_survey(project):
    project.save_recipe(Recipe((entry("register", canvas="grow"),)))
    run(project)
    changed = Recipe((entry("register", canvas="common", trend="keep", interpolation="linear"),))
    assert project.estimate("", 0, changed) == project.estimate("", 0)
    assert project.volume("", 1, changed) is not None
    assert project.estimate("", 0, Recipe((entry("register", window_slices=2),))) is None


def test_a_chain_without_any_stored_result(project):
    recipe = Recipe((entry("crop", y_start=3), default_step("invert"), entry("segment", method="otsu")))
    shown = preview(project, "", recipe, 2, 5)
    np.testing.assert_array_equal(shown.before, 255 - project.input("").slice(5)[3:])
    assert shown.approximate
    assert shown.estimate is not None
    [threshold] = shown.estimate.thresholds
    np.testing.assert_array_equal(shown.after, np.where(shown.before > threshold, 255, 0))


def test_typed_thresholds_need_no_sample(project):
    shown = preview(project, "", Recipe((entry("segment", method="threshold", threshold=99),)), 0, 0)
    assert not shown.approximate
    np.testing.assert_array_equal(shown.after, np.where(shown.before > 99, 255, 0))


def test_dropped_slices_have_no_after(project):
    recipe = Recipe((entry("drop-slices", slices="4, 6-8"), default_step("invert")))
    assert preview(project, "", recipe, 0, 7).after is None
    assert preview(project, "", recipe, 0, 5).after is not None
    np.testing.assert_array_equal(preview(project, "", recipe, 1, 5).before, project.input("").slice(9))


def test_wrong_places_are_refused(project):
    recipe = Recipe((default_step("invert"),))
    with pytest.raises(ParameterError):
        preview(project, "", recipe, 1, 0)
    with pytest.raises(ParameterError):
        preview(project, "", recipe, 0, 30)


def test_a_stopped_preview_ends(project):
    job = Job()
    job.stop.set()
    with pytest.raises(Cancelled):
        preview(project, "", Recipe((entry("segment", method="otsu"),)), 0, 0, job)
