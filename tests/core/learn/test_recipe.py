"""Recipes: as files, with every fault named, and what of them makes the weights."""

from __future__ import annotations

from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from core.errors import ParameterError, RecipeError
from core.learn.params.recipe import TrainingRecipe

SEVERAL = {"channels": ["1kV", "2kV"], "fusion": "late"}


def made(**entries: Any) -> TrainingRecipe:
    return TrainingRecipe.parse(entries, owner="recipe")


@given(
    st.sampled_from(["unet", "residual-unet", "vnet", "fcn-8s"]),
    st.sampled_from([1, 3, 5, 7, 9]),
    st.sampled_from(["cosine", "plateau", "step", "constant"]),
    st.integers(1, 1000),
    st.floats(1e-6, 1),
    st.booleans(),
)
def test_a_recipe_is_read_as_it_was_written(
    kind: str, slices: int, schedule: str, epochs: int, rate: float, simulated: bool
) -> None:
    recipe = made(
        network={"kind": kind, "slices": slices},
        optimise={"schedule": schedule, "epochs": epochs, "learning_rate": rate},
        simulate={"train": 2, "plan": {"voltages_kv": [2]}} if simulated else None,
    )
    assert TrainingRecipe.loads(recipe.dumps()) == recipe


@pytest.mark.parametrize(
    ("entries", "part"),
    [
        ({"optimise": {"epoch": 3}}, "optimise.epoch"),
        ({"optimise": {"learning_rate": 0}}, "optimise.learning_rate"),
        ({"name": "My Model"}, "name"),
        ({"network": SEVERAL, "branch_from": {"4kV": "x"}}, "no channel 4kV"),
        ({"network": {**SEVERAL, "fusion": "early"}, "branch_from": {"1kV": "x"}}, "fusion late"),
        ({"network": SEVERAL, "branch_from": {"1kV": ""}}, "no folder"),
        ({"network": {"channels": ["7kV"]}, "simulate": {}}, "wants 7kV"),
        ({"simulate": {"validation": 0}}, "validation"),
        ({"data": {"kind": "labelled"}, "simulate": {}}, "kind simulated"),
        ({"data": {"held_out": 6}, "simulate": {}}, "left to train with"),
        ({"network": {"channels": ["SE"], "slices": 3}, "sections": {}}, "network.slices = 1"),
    ],
)
def test_what_does_not_fit_is_named(entries: dict[str, Any], part: str) -> None:
    with pytest.raises(ParameterError, match=part):
        made(**entries)


def test_a_file_of_something_else_is_refused() -> None:
    for text in ("format = 2\n", "name = 3", "format = 1\nnonsense = 2\n", "\x00"):
        with pytest.raises(RecipeError):
            TrainingRecipe.loads(text)


@pytest.mark.parametrize(
    ("network", "more", "expected"),
    [
        (SEVERAL, {}, True),
        ({**SEVERAL, "fusion": "voting"}, {}, True),
        ({**SEVERAL, "fusion": "early"}, {}, False),
        (SEVERAL, {"branches": False}, False),
        (SEVERAL, {"start": "folder"}, False),
        ({"channels": ["1kV"], "fusion": "late"}, {}, False),
    ],
)
def test_branches_are_trained_first_where_there_are_any(
    network: dict[str, Any], more: dict[str, Any], expected: bool
) -> None:
    assert made(network=network, **more).trains_branches is expected


def test_the_network_of_a_branch_is_the_same_with_one_channel() -> None:
    recipe = made(network={**SEVERAL, "width": 8})
    assert recipe.branch_network("2kV").channels == ("2kV",)
    assert recipe.branch_network("2kV").width == 8
    with pytest.raises(ParameterError, match="channel"):
        recipe.branch_network("4kV")


@pytest.mark.parametrize(
    ("entries", "same"),
    [
        ({"name": "other", "limits": "none", "card": {"title": "Other one"}}, True),
        ({"optimise": {"epochs": 3, "minutes": 2, "patience": 4}}, True),
        ({"ensemble": {"epochs": 3, "learning_rate": 0.02}}, True),
        ({"data": {"path": "elsewhere.zarr"}}, True),
        ({"optimise": {"learning_rate": 0.1}}, False),
        ({"seed": 2}, False),
        ({"augment": {"noise": 0.4}}, False),
        ({"data": {"patch_px": 32}}, False),
    ],
)
def test_what_only_says_how_long_and_where_is_not_of_the_identity(
    entries: dict[str, Any], same: bool
) -> None:
    assert (made(**entries).identity() == made().identity()) is same
