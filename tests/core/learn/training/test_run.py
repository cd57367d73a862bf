"""From a recipe to a tested model, tiny."""

from __future__ import annotations

import json
import shutil
from itertools import pairwise
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from core.errors import ParameterError, ProjectError
from core.job import Job, Progress
from core.learn.params.data import AugmentParams, DataParams
from core.learn.params.recipe import TrainingRecipe
from core.learn.training import CurvePoint, Machine, estimate, train
from core.learn.training.cases import cases_of
from core.learn.training.start import CHECKPOINT, begin_with, read_start, seeded_build
from core.learn.training.state import BEST, read_arrays
from core.learn.training.trial import CLASSICAL
from core.models.card import read_model
from core.models.rdf import read_yaml
from tests.core.learn.data.sets import make_structure
from tests.core.learn.training.sets import make_set

HERE = Machine("cpu", 1)
SEVERAL = {"kind": "unet", "channels": ["1kV", "2kV"], "slices": 3, "depth": 2, "width": 4}


def recipe(data: Path, channels: tuple[str, ...] = ("2kV",), **more: Any) -> TrainingRecipe:
    entries: dict[str, Any] = {
        "name": "blobs",
        "network": {"kind": "unet", "channels": channels, "slices": 3, "depth": 2, "width": 4},
        "data": {"path": str(data), "patch_px": 32, "patches_per_epoch": 64, "validation_patches": 16},
        "optimise": {"loss": "bce-dice", "epochs": 6, "batch_size": 16, "learning_rate": 0.03, "average": 0},
        "ensemble": {"loss": "bce-dice", "epochs": 1, "batch_size": 32, "average": 0},
        "augment": {"share": 0, "stretch": 0},
        **more,
    }
    return TrainingRecipe.parse(entries, owner="test")


@pytest.fixture(scope="module")
def data(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return make_set(tmp_path_factory.mktemp("sets") / "blobs.zarr", ("1kV", "2kV"))


@pytest.fixture(scope="module")
def single(data: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("single") / "run"
    train(recipe(data), folder, job=Job(), machine=HERE)
    return folder


def test_a_network_beats_the_methods_without_one(single: Path) -> None:
    report = json.loads((single / "report.json").read_text())
    assert report["tested_on"]["split"] == "test"
    rows = {(row["method"], *row["channels"]): row for row in report["rows"]}
    assert set(rows) == {(name, "2kV") for name in ("network", *CLASSICAL)}
    assert rows[("network", "2kV")]["mp"] < 0.8 * min(
        rows[(name, "2kV")]["mp"] for name in ("otsu", "kmeans-3")
    )
    best = min(row["mp"] for (name, _), row in rows.items() if name != "network")
    assert report["share_of_best_classical"] == pytest.approx(rows[("network", "2kV")]["mp"] / best)
    table = (single / "report.txt").read_text()
    assert "otsu (2kV)" in table
    assert "MP %" in table


def test_the_model_is_one_of_the_library_and_keeps_what_can_be_trained(single: Path) -> None:
    model = read_model(single / "model")
    assert model.spec.voxel_nm == (10, 2.5, 2.5)
    assert model.spec.channels == ("2kV",)
    assert model.spec.slices == 3
    assert model.spec.stride == 2
    best = read_arrays(single / BEST)
    for place in (single, single / "model"):
        start = read_start(str(place))
        assert start.weights.keys() == best.keys()
        for name, value in best.items():
            np.testing.assert_array_equal(value, start.weights[name])
    card = (single / "model" / "rdf.yaml").read_text()
    assert str(single.parent.parent) not in card  # no paths of this machine


def test_the_card_says_what_answers_look_like(single: Path) -> None:
    model = read_model(single / "model")
    known, card = model.spec.known, (single / "model" / "README.md").read_text()
    assert known.solid_chord_nm is not None
    assert known.pore_chord_nm is not None
    assert 2.5 < known.solid_chord_nm[0] <= known.solid_chord_nm[1] < known.pore_chord_nm[1]
    assert known.entropy_bits is not None
    assert known.undecided_px is not None
    assert 0 < known.entropy_bits < 1
    # A border every few pixels: the band of indecision is wider than the entropy of a pixel.
    assert known.undecided_px > 2 * known.entropy_bits
    assert f"undecided about {known.undecided_px:.2g} px" in card
    described = read_yaml(single / "model" / "rdf.yaml")["config"]
    assert "binary entropy" in described["trueslice"]["answers"]
    assert "undecided about" in described["bioimageio"]["bias_risks_limitations"]["recommendations"]


def test_it_is_done_only_once(single: Path, data: Path) -> None:
    before = (single / BEST).read_bytes()
    points: list[CurvePoint] = []
    again = train(recipe(data), single, job=Job(), machine=HERE, on_point=points.append)
    assert again.was_done
    assert not points
    assert (single / BEST).read_bytes() == before
    with pytest.raises(ProjectError, match=r"; seed differ\n"):
        train(recipe(data, seed=2), single, job=Job(), machine=HERE)


def test_branches_first_then_what_joins_them(single: Path, data: Path, tmp_path: Path) -> None:
    points: list[CurvePoint] = []
    plan = recipe(data, network={**SEVERAL, "fusion": "late"}, branch_from={"2kV": str(single)})
    reports: list[Progress] = []
    job = Job(reports.append)
    trained = train(plan, tmp_path / "late", job=job, machine=HERE, on_point=points.append)
    assert [point.part for point in points] == ["1kV"] * 6 + ["ensemble"]
    for text in ("Reading the training data", "1kV: epoch", "ensemble: epoch", "Reading the data to test"):
        shares = [one.fraction for one in reports if one.message.startswith(text)]
        assert shares
        again = sum(after < before for before, after in pairwise(shares))
        assert again == (text == "Reading the training data")  # once for each of two networks
    told = trained.report["training"]
    assert (told["training_batch_size"], told["initial_learning_rate"]) == (32, plan.ensemble.learning_rate)
    assert told["branches"]["1kV"]["batch_size"] == 16
    assert told["branches"]["2kV"] == {"taken_from": single.name}
    branch = tmp_path / "late" / "branches" / "1kV"
    assert (branch / BEST).is_file()
    rows = {(row.method, *row.channels): row.mp for row in trained.trial.rows}
    assert rows[("network", "1kV", "2kV")] < rows[("branch", "1kV")]
    assert rows[("network", "1kV", "2kV")] < rows[("branch", "2kV")]
    # The branch that was taken over is still the one it was.
    report = json.loads((single / "report.json").read_text())
    assert rows[("branch", "2kV")] == pytest.approx(report["rows"][0]["mp"], abs=1e-9)
    assert trained.model.spec.branches
    folders = {"1kV": str(branch), "2kV": str(single)}
    plan = recipe(data, network={**SEVERAL, "fusion": "voting"}, branch_from=folders)
    voted = train(plan, tmp_path / "voting", job=Job(), machine=HERE)
    again = {(row.method, *row.channels): row.mp for row in voted.trial.rows}
    assert again[("branch", "1kV")] == pytest.approx(rows[("branch", "1kV")], abs=1e-9)
    weights = voted.model.spec.weights
    assert weights is not None
    assert sum(weights.values()) == pytest.approx(1)


def test_fine_tuning_begins_with_what_is_there(single: Path, data: Path, tmp_path: Path) -> None:
    tuned = recipe(data, start=str(single / "model"))
    tuned = tuned.model_copy(
        update={"optimise": tuned.optimise.model_copy(update={"epochs": 1, "learning_rate": 1e-9})}
    )
    trained = train(tuned, tmp_path / "run", job=Job(), machine=HERE)
    assert trained.report["training"]["start"] == "model"
    report = json.loads((single / "report.json").read_text())
    assert trained.trial.rows[0].mp == pytest.approx(report["rows"][0]["mp"], rel=0.3)


def test_weights_of_another_network_are_refused(single: Path, tmp_path: Path) -> None:
    other = seeded_build(recipe(tmp_path).network.model_copy(update={"width": 8}), 1)
    with pytest.raises(ParameterError, match="width"):
        begin_with(other, read_start(str(single)), "single")
    with pytest.raises(ParameterError, match=CHECKPOINT):
        read_start(str(tmp_path))


def test_first_weights_follow_from_seed_and_part() -> None:
    spec = recipe(Path("x")).network
    weights = [
        next(seeded_build(spec, seed, part).parameters()).detach().numpy()
        for seed, part in ((1, ""), (1, ""), (2, ""), (1, "1kV"))
    ]
    assert np.array_equal(weights[0], weights[1])
    assert not np.array_equal(weights[0], weights[2])
    assert not np.array_equal(weights[0], weights[3])


def test_without_structures_for_tests_it_says_so(tmp_path: Path) -> None:
    data = make_set(tmp_path / "few.zarr", splits=("train", "validation"), side=32)
    plan = recipe(data)
    plan = plan.model_copy(update={"optimise": plan.optimise.model_copy(update={"epochs": 1})})
    trained = train(plan, tmp_path / "run", job=Job(), machine=HERE)
    assert trained.trial.role == "validation"
    assert any("flatter" in note for note in trained.notes)


def test_an_estimate_writes_nothing(data: Path, tmp_path: Path) -> None:
    cost = estimate(recipe(data), tmp_path / "run", job=Job(), machine=HERE)
    assert cost.patches_per_second > 0
    assert cost.training_seconds > 0
    assert cost.epochs == 6
    assert not (tmp_path / "run").exists()


def test_a_training_does_not_go_on_with_other_structures(single: Path, tmp_path: Path) -> None:
    other = make_set(tmp_path / "other.zarr", ("1kV", "2kV"), splits=("train", "validation"))
    with pytest.raises(ProjectError, match=r"structures\.sha256"):
        train(recipe(other), single, job=Job(), machine=HERE)


def test_a_recipe_may_be_put_right_before_anything_was_learnt(tmp_path: Path) -> None:
    data, folder = make_set(tmp_path / "set.zarr", side=32), tmp_path / "run"
    lacking = {**SEVERAL, "channels": ["2kV", "9kV"], "fusion": "late"}
    with pytest.raises(ParameterError, match="lacks the channel 9kV"):
        train(recipe(data, network=lacking), folder, job=Job(), machine=HERE)
    assert not (folder / "branches").exists()
    right = recipe(data, optimise={"epochs": 1, "batch_size": 32})
    assert not train(right, folder, job=Job(), machine=HERE).was_done


def test_a_folder_of_an_earlier_version_goes_on(single: Path, data: Path, tmp_path: Path) -> None:
    folder = shutil.copytree(single, tmp_path / "run")
    kept = json.loads((folder / "state.json").read_text())
    assert kept["identity"].pop("structures")["train"] == 2
    for network in (kept["identity"]["network"], kept["identity"]["recipe"]["network"]):
        assert network.pop("fold_px") == 1
    assert kept["identity"]["recipe"]["data"].pop("thin") is False
    (folder / "state.json").write_text(json.dumps(kept))
    assert train(recipe(data), folder, job=Job(), machine=HERE).was_done


def test_signals_without_noise_are_tested_with_noise(tmp_path: Path) -> None:
    for number, split in enumerate(("train", "train")):
        make_structure(tmp_path, f"000{number}", split, seed=number, noise_free=True)
    augment = AugmentParams(dose_low=20, dose_high=45, electrons="counted")
    (case,) = cases_of(DataParams(path=str(tmp_path), unfinished=True, held_out=1), augment, ("2kV",), Job())
    assert "30 electrons" in case.name
    solid = case.channels["2kV"][case.truth]
    assert float(solid.mean()) == pytest.approx(0.4, rel=0.02)
    assert float(solid.std()) == pytest.approx((0.4 / 30) ** 0.5, rel=0.05)


def test_a_model_of_something_else_is_not_replaced(data: Path, tmp_path: Path) -> None:
    (tmp_path / "model").mkdir()
    with pytest.raises(ProjectError, match="holds model"):
        train(recipe(data), tmp_path, job=Job(), machine=HERE)
    assert [place.name for place in tmp_path.iterdir()] == ["model"]


@pytest.mark.parametrize(
    ("data", "more", "text"),
    [
        ({"patch_px": 50}, {"network": {"channels": ["5kV"], "depth": 4}}, "multiples of 8"),
        ({"patch_px": 128}, {}, "smaller than a patch"),
        ({}, {"network": {"channels": ["5kV"], "kind": "vnet"}}, "fewer slices"),
        ({}, {"start": "nowhere"}, "no model"),
        ({}, {"start": "model:."}, "no model"),
    ],
)
def test_what_does_not_fit_is_said_before_anything_is_simulated(
    tmp_path: Path, data: dict[str, Any], more: dict[str, Any], text: str
) -> None:
    field = {"rows": 96, "columns": 96, "slices": 8}
    made = {"plan": {"voltages_kv": [5.0], "field": field}}
    entries = {"network": {"channels": ["5kV"]}, "data": data, "simulate": made, **more}
    plan = TrainingRecipe.parse(entries, owner="test")
    for run in (train, estimate):
        with pytest.raises(ParameterError, match=text):
            run(plan, tmp_path / "run", job=Job(), machine=HERE)
    assert not (tmp_path / "run").exists()
