"""Recipes: written, read back, refused whole, named by content."""

from __future__ import annotations

import numpy as np
import pytest

from core.errors import RecipeError
from core.params import Params
from core.recipe import Recipe, RecipeStep, default_step
from core.step import Stage, Step
from core.steps import STEPS, step_named
from core.volume import VolumeInfo

INFO = VolumeInfo((10, 20, 30), np.dtype(np.uint8), (10.0, 5.0, 5.0))


def recipe_of(*names: str) -> Recipe:
    return Recipe(tuple(default_step(name) for name in names), "test")


def test_written_and_read_back_it_is_the_same():
    recipe = recipe_of("invert", "segment")
    assert Recipe.loads(recipe.dumps()) == recipe
    assert Recipe.loads(recipe.dumps()).dumps() == recipe.dumps()


def test_saved_as_a_file(tmp_path):
    path = tmp_path / "größe.toml"
    recipe_of("invert").save(path)
    assert Recipe.load(path) == recipe_of("invert")
    assert [item.name for item in tmp_path.iterdir()] == ["größe.toml"]


def test_a_step_may_stand_twice_and_order_counts():
    recipe = recipe_of("invert", "invert", "segment")
    assert len(set(recipe.keys("root"))) == 4
    assert recipe.moved(2, 0).keys("root")[-1] != recipe.keys("root")[-1]


def test_equal_prefixes_share_their_names():
    first, second = recipe_of("invert", "segment"), recipe_of("invert", "crop")
    assert first.keys("root")[:2] == second.keys("root")[:2]
    assert first.keys("root")[2] != second.keys("root")[2]
    assert first.keys("root")[1] != first.keys("other root")[1]


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("format = 2", "another recipe format"),
        ("name = 'x'", "another recipe format"),
        ("format = 1\n[[step", "not TOML"),
        ("format = 1\ncolour = 3", "unknown entries"),
        ("format = 1\nstep = 3", "[[step]]"),
        ("format = 1\n[[step]]\nversion = 1", "has no name"),
        ("format = 1\n[[step]]\nstep = 'sharpen'", "sharpen"),
        ("format = 1\n[[step]]\nstep = 'invert'\nversion = 99", "another version"),
        ("format = 1\n[[step]]\nstep = 'invert'\nparms = 1", "unknown entries"),
        ("format = 1\n[[step]]\nstep = 'invert'\nparams = 1", "table"),
        ("format = 1\n[[step]]\nstep = 'crop'\n[step.params]\nwidth = 1", "width"),
        ("format = 1\n[[step]]\nstep = 'invert'\n[step.estimate]\na = 1", "estimates nothing"),
        ("format = 1\n[[step]]\nstep = 'measure'\n[step.estimate]\nvoxels = 1", "measures"),
    ],
)
def test_faulty_recipes_are_refused_with_the_reason(text, words):
    with pytest.raises(RecipeError) as caught:
        Recipe.loads(text)
    assert words in str(caught.value)


def test_all_faults_are_named_not_only_the_first():
    text = "format = 1\n[[step]]\nstep = 'sharpen'\n[[step]]\nstep = 'soften'"
    with pytest.raises(RecipeError) as caught:
        Recipe.loads(text)
    assert "sharpen" in str(caught.value)
    assert "soften" in str(caught.value)


def test_steps_that_do_not_fit_the_data_are_named_before_anything_runs():
    crop = step_named("crop")
    entry = RecipeStep(crop, crop.params.parse({"x_start": 50}, owner="crop"))
    with pytest.raises(RecipeError, match="step 2 \\(crop\\)"):
        Recipe((default_step("invert"), entry)).infos(INFO)


def test_old_versions_are_migrated_or_refused(monkeypatch):
    class Now(Params):
        """Version 3 renamed its only parameter."""

        sigma_px: float = 1.0

    step = Step(
        name="soften",
        version=3,
        label="Soften",
        stage=Stage.CLEAN,
        summary="Test.",
        params=Now,
        apply=lambda block, _params, _estimate: block.data,
        migrations={2: lambda values: {"sigma_px": values["sigma"]}},
    )
    monkeypatch.setattr("core.recipe.step_named", lambda _name: step)
    text = "format = 1\n[[step]]\nstep = 'soften'\nversion = {}\n[step.params]\nsigma = 4.0"
    [entry] = Recipe.loads(text.format(2)).steps
    assert entry.params == Now(sigma_px=4.0)
    assert entry.table()["version"] == 3
    with pytest.raises(RecipeError, match="version 1"):
        Recipe.loads(text.format(1))


def test_every_step_survives_the_file():
    for step in STEPS:
        entry = default_step(step.name)
        assert Recipe.loads(Recipe((entry,)).dumps()).steps == (entry,)
