"""A folder goes on with what it was begun with, also where an earlier version could not yet say all of it."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
from torch import nn

from core.errors import ProjectError
from core.learn.params.network import NetworkParams
from core.learn.params.optimise import OptimiseParams
from core.learn.params.recipe import TrainingRecipe
from core.learn.params.words import settings_text
from core.learn.training.deliver import _texts
from core.learn.training.state import STATE, SUMMARY
from core.learn.training.summary import claim


def test_a_network_that_does_not_fold_is_what_it_was_before_any_could(tmp_path: Path) -> None:
    def claimed(fold_px: int) -> None:
        network = NetworkParams(kind="unet", channels=("SE",), fold_px=fold_px)
        identity = {"network": network.model_dump(mode="json")}
        claim(tmp_path, nn.Conv2d(1, 1, 1), OptimiseParams(), 1, identity)

    claimed(1)
    (tmp_path / STATE).touch()
    kept = json.loads((tmp_path / SUMMARY).read_text())
    del kept["identity"]["network"]["fold_px"]
    (tmp_path / SUMMARY).write_text(json.dumps(kept))
    claimed(1)
    with pytest.raises(ProjectError, match=r"; network\.fold_px differ") as caught:
        claimed(2)
    assert (caught.value.expected, caught.value.got) == ("Network, Fold: 1", "Network, Fold: 2")


def test_cards_say_that_a_network_folds() -> None:
    network = NetworkParams(kind="unet", channels=("SE",), depth=2, width=32, fold_px=2)
    said = _texts(TrainingRecipe(network=network)).architecture
    assert said == "unet, depth 2, width 32, folded 2 x 2 px"


def test_settings_that_differ_are_said_by_the_labels_of_the_form() -> None:
    values = {"optimise.learning_rate": 0.1, "data.images": ["a", "b"], "branches": True, "start": ""}
    assert settings_text(values) == (
        "Optimisation, Learning rate: 0.1; Data, Images: a, b; Branches first: yes; Fine-tune: nothing"
    )
    assert settings_text({"kind": "unet", "depth": 2}, ["network"]) == "Network: unet; Network, Depth: 2"
    assert settings_text({"simulate.train": 3, "gaps.most": 4}).startswith("Simulation, ")
    assert settings_text({"gaps.most": 4}) == "gaps.most: 4", "what the form does not know keeps its name"
