"""Sections on the command line and in recipes of trainings."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from core.cli import main
from core.errors import ParameterError
from core.learn.params.recipe import TrainingRecipe

ROOT = Path(__file__).resolve().parents[4]
RECIPE = ROOT / "resources" / "training" / "ceramics.toml"
SMALL = ("train=1", "validation=1", "test=0", "side_px=32", "depth_px=12", "grains.grain_px=[6,8]")


def test_command_makes_a_set_and_says_so(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    words = ["simulate", "sections", "-o", str(tmp_path / "s.zarr"), "--json", "--set"]
    assert main([*words, *SMALL]) == 0
    found = json.loads(capsys.readouterr().out)
    assert found["splits"] == {"train": ["0000"], "validation": ["0001"], "test": []}
    assert (found["channels"], found["was_done"]) == (["SE"], False)
    assert main([*words, *SMALL]) == 0
    assert json.loads(capsys.readouterr().out)["was_done"]
    assert main([*words, "depth_px"]) == 2


def test_committed_recipe_is_whole_and_never_turns_images() -> None:
    recipe = TrainingRecipe.load(RECIPE)
    assert recipe.sections is not None
    assert recipe.network.channels == recipe.sections.channels
    # the beam comes from above: up and down differ
    assert not recipe.augment.flip_y
    assert not recipe.augment.rotate_90
    assert TrainingRecipe.loads(recipe.dumps()) == recipe


@pytest.mark.parametrize(
    ("change", "match"),
    [
        ({"network": {"channels": ["2kV"]}}, "the network wants 2kV"),
        ({"sections": {"validation": 0}}, "sections.validation"),
        ({"data": {"kind": "labelled"}}, "of kind simulated only"),
        ({"simulate": {}}, "one or the other"),
    ],
)
def test_recipes_that_do_not_fit_are_refused(change: dict[str, object], match: str) -> None:
    table = TrainingRecipe.load(RECIPE).model_dump(mode="json", exclude_none=True)
    with pytest.raises(ParameterError, match=match):
        TrainingRecipe.parse({**table, **change}, owner="recipe")
