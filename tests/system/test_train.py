"""``trueslice train`` on the command line, tiny; what is trained is run by ``segment`` afterwards."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from core.cli import main
from core.learn.training.trial import CLASSICAL
from tests.core.learn.training.sets import make_set

TINY = (
    "network.kind=unet", "network.slices=3", "network.depth=2", "network.width=4", "data.patch_px=32",
    "data.patches_per_epoch=32", "data.validation_patches=16", "optimise.epochs=2", "optimise.batch_size=16",
    "optimise.loss=bce-dice", "optimise.learning_rate=0.03", "augment.share=0",
)  # fmt: skip


def answer(capsys: pytest.CaptureFixture[str], *words: object, code: int = 0) -> dict[str, Any]:
    assert main(["train", *map(str, words), "--json", "--threads", "1"]) == code
    found: dict[str, Any] = json.loads(capsys.readouterr().out)
    return found


def test_a_recipe_from_the_defaults_to_a_model_that_segments(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    data, recipe, folder = make_set(tmp_path / "blobs.zarr"), tmp_path / "recipe.toml", tmp_path / "run"
    words = ("--set", f"data.path='{data}'", *TINY)
    assert answer(capsys, "--write-default", recipe, *words)["recipe"] == str(recipe)
    cost = answer(capsys, recipe, "-o", folder, "--estimate-only")["cost"]
    assert cost["training_seconds"] > 0
    assert not folder.exists()
    found = answer(capsys, recipe, "-o", folder)
    assert not found["was_done"]
    assert found["epochs"] == 2
    assert {"mp", "mgp", "mds", "best_classical", "share_of_best_classical"} <= set(found)
    assert Path(found["model"]["file"]).is_file()
    assert Path(found["report"]).read_text().count("2kV") == 1 + len(CLASSICAL)
    again = answer(capsys, recipe, "-o", folder)
    assert again["was_done"]
    assert again["mp"] == found["mp"]
    assert answer(capsys, recipe, "-o", folder, "--set", "seed=2", code=1)["kind"] == "ProjectError"
    out = tmp_path / "solid.tif"
    words = [
        data / "0003" / "images" / "2kV",
        "--method",
        f"model:{folder / 'model'}",
        "--voxel-nm-zyx",
        10,
        2.5,
        2.5,
    ]
    assert main(["segment", *map(str, words), "-o", str(out), "--json"]) == 0
    capsys.readouterr()
    truth = data / "0003" / "faces"
    assert main(["compare", str(out), str(truth), "--json", "--voxel-nm-zyx", "10", "2.5", "2.5"]) == 0
    compared = json.loads(capsys.readouterr().out)
    assert compared["mp"] == pytest.approx(found["mp"], abs=0.05)  # probabilities in steps of 1/255


@pytest.mark.parametrize(
    ("words", "code", "part"),
    [
        ((), 2, "write-default"),
        (("none.toml", "-o", "run"), 2, "none.toml"),
        (("--write-default", "x.toml", "--set", "epochs=3"), 2, "epochs"),
        (("--write-default", "x.toml", "--set", "epochs"), 2, "KEY=VALUE"),
    ],
)
def test_wrong_use_is_said(
    capsys: pytest.CaptureFixture[str], words: tuple[str, ...], code: int, part: str
) -> None:
    assert part in json.dumps(answer(capsys, *words, code=code))


def test_without_data_it_says_what_is_missing(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    recipe = tmp_path / "recipe.toml"
    answer(capsys, "--write-default", recipe)
    assert "training set" in answer(capsys, recipe, "-o", tmp_path / "run", code=2)["error"]
    words = ("--device", "cuda") if not _has_cuda() else ("--device", "mps")
    found = answer(capsys, recipe, "-o", tmp_path / "run", *words, code=2)
    assert "--device cpu" in found["remedy"]


def _has_cuda() -> bool:
    import torch

    return torch.cuda.is_available()
