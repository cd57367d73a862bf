"""Cards of models: written, read, and accepted by the model zoo's own library."""

from __future__ import annotations

from datetime import UTC, datetime
from pathlib import Path

import numpy as np
import pytest

from core.errors import DamagedFileError, ParameterError, ReadError, WriteError
from core.models.card import fingerprint_of, read_model, write_model
from core.models.layout import input_names, least_px
from core.models.plain import plain_spec
from core.models.rdf import read_yaml, yaml_text
from core.models.texts import CardTexts, Measured
from tests.core.models.networks import mean_network, spec_of
from tests.core.models.zoo import zoo  # noqa: F401 - a fixture

MEASURED = (
    Measured(data="gold", condition="10nm", values={"mp": 0.225, "mgp": 0.944}, remark="k-means: 4.5."),
    Measured(data="gold", condition="2.5nm", values={"mp": 0.1}),
    Measured(data="other", values={"mds": 0.995}, role="independent"),
)


@pytest.fixture
def model(tmp_path):
    network = mean_network(tmp_path / "a.onnx", 6, branches=2)
    spec = spec_of(channels=("1kV", "2kV"), branches=True, stride=2, weights={"1kV": 0.7, "2kV": 0.3})
    texts = CardTexts(cite=("Some paper. 10.1016/j.matchar.2021.110912",), architecture="mean of pixels")
    training = {"seed": 3, "data": Path("gold.zarr"), "training_epochs": 4, "loss_function": "dice"}
    return write_model(tmp_path / "tiny", network, spec, texts, MEASURED, training)


def test_what_is_written_is_read(model):
    again = read_model(model.folder)
    assert again == model
    assert again.spec.weights == {"1kV": 0.7, "2kV": 0.3}
    assert not again.notes
    assert {file.name for file in model.folder.iterdir()} == {
        "rdf.yaml", "weights.onnx", "README.md", "cover.png",
        "test_input.npy", "test_output.npy", "test_branches.npy",
    }  # fmt: skip


def test_the_card_says_what_the_zoo_asks_for(model):
    card = read_yaml(model.folder / "rdf.yaml")
    channel, y, x = card["inputs"][0]["axes"][1:]
    assert channel["channel_names"] == ["1kV z-1", "1kV z", "1kV z+1", "2kV z-1", "2kV z", "2kV z+1"]
    assert y["size"] == {"min": 4, "step": 2}
    assert (x["unit"], x["scale"]) == ("nanometer", 2.5)
    assert card["outputs"][0]["axes"][2]["halo"] == 1
    gold, other = card["config"]["bioimageio"]["evaluations"]
    assert gold["results"] == [[0.225, 0.1], [0.944, "not measured"]]
    assert other["dataset_role"] == "independent"
    assert card["config"]["bioimageio"]["training"] == {"training_epochs": 4, "loss_function": "dice"}
    assert card["config"]["trueslice"]["training"]["seed"] == 3
    assert card["config"]["trueslice"]["training"]["data"] == "gold.zarr"
    assert "clipped to -3" in card["config"]["trueslice"]["normalisation"]
    text = (model.folder / "README.md").read_text("utf-8")
    assert "## Validation" in text
    assert "| gold (test) | 10nm | 0.225 | 0.944 |" in text
    assert "1kV 0.7" in text


@pytest.mark.filterwarnings("ignore")
def test_the_zoo_validates_and_runs_them(tmp_path, model, zoo):  # noqa: F811 - the fixture
    network = mean_network(tmp_path / "v.onnx", 1, volume=True)
    along_z = write_model(tmp_path / "v", network, spec_of("v", slices=8, volume=True, halo_slices=0))
    for written in (model, along_z):
        summary = zoo.test_description(written.folder / "rdf.yaml", devices=["CPUExecutionProvider"])
        faults = [error.msg for detail in summary.details for error in detail.errors]
        assert summary.status == "passed", faults
        assert any("Reproduce test outputs" in detail.name for detail in summary.details)


def test_it_is_the_same_when_the_same_is_written(tmp_path):
    network = mean_network(tmp_path / "a.onnx")
    when = datetime(2026, 1, 2, tzinfo=UTC)
    folders = [write_model(tmp_path / name, network, spec_of(), when=when).folder for name in "ab"]
    for file in folders[0].iterdir():
        assert file.read_bytes() == (folders[1] / file.name).read_bytes(), file.name


def test_an_example_becomes_test_tensor(tmp_path):
    network = mean_network(tmp_path / "a.onnx")
    example = np.full((3, 20, 30), 0.5, np.float32)
    model = write_model(tmp_path / "m", network, spec_of(), example=example)
    side = least_px(model.spec)
    assert np.load(model.folder / "test_input.npy").shape == (1, 3, side, side)
    assert np.load(model.folder / "test_output.npy")[0, 0, 1, 1] == pytest.approx(1 / (1 + np.exp(-2)))
    with pytest.raises(ParameterError, match="example"):
        write_model(tmp_path / "n", network, spec_of(), example=example[:2])
    assert not (tmp_path / "n").exists()


def test_what_is_there_is_replaced_on_demand_only(tmp_path):
    network = mean_network(tmp_path / "a.onnx")
    write_model(tmp_path / "m", network, spec_of())
    with pytest.raises(WriteError, match="exists"):
        write_model(tmp_path / "m", network, spec_of(version=2))
    assert read_model(tmp_path / "m").spec.version == 1
    write_model(tmp_path / "m", network, spec_of(version=2), replace=True)
    assert read_model(tmp_path / "m").spec.version == 2
    assert sorted(place.name for place in tmp_path.iterdir()) == ["a.onnx", "m"]


def test_a_network_with_other_outputs_is_refused(tmp_path):
    network = mean_network(tmp_path / "a.onnx", branches=1)
    with pytest.raises(ParameterError, match="does not fit"):
        write_model(tmp_path / "m", network, spec_of())
    assert not (tmp_path / "m").exists()


def test_names_of_input_channels():
    assert input_names(spec_of(slices=1)) == ("2kV",)
    assert input_names(spec_of(slices=16, volume=True, channels=("a", "b"))) == ("a", "b")
    assert input_names(spec_of(slices=5))[0] == "2kV z-2"


def test_the_fingerprint_follows_what_results_depend_on(model):
    before = fingerprint_of(model, "0")
    for changes, same in (
        ({"limits": "Other words."}, True),
        ({"name": "other"}, True),
        ({"halo_px": 2}, False),
        ({"voxel_nm": (5.0, 2.5, 2.5)}, False),
    ):
        changed = type(model)(model.folder, model.spec.model_copy(update=changes), model.weights, "")
        assert (fingerprint_of(changed, "0") == before) is same, changes
    assert fingerprint_of(model, "1") != before


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("[1, 2]", "no card"),
        ("a: [", "no card"),
        ("!!python/object/apply:os.system ['true']", "no card"),
        ("weights: {torchscript: {source: a.pt}}", "no ONNX weights"),
        ("weights: {onnx: {source: ../weights.onnx}}", "beside the card"),
        ("weights: {onnx: {source: 'https://a.b/c.onnx'}}", "beside the card"),
        ("weights: {onnx: {source: weights.onnx}}", "does not say enough"),
        ("weights: {onnx: {source: weights.onnx}}\nconfig: {trueslice: {model: {name: A}}}", "name: "),
    ],
)
def test_bad_cards_are_refused(model, text, said):
    (model.folder / "rdf.yaml").write_text(text, "utf-8")
    with pytest.raises(DamagedFileError, match=said):
        read_model(model.folder)


def test_a_folder_without_card_or_weights(model, tmp_path):
    with pytest.raises(ReadError, match="no model"):
        read_model(tmp_path)
    model.weights.unlink()
    with pytest.raises(ReadError, match="missing"):
        read_model(model.folder)


def test_a_card_of_others_tells_how_to_run_it(model):
    card = read_yaml(model.folder / "rdf.yaml")
    del card["config"]["trueslice"]
    for axis in card["inputs"][0]["axes"][2:]:
        axis |= {"unit": "micrometer", "scale": 0.005}
    card["inputs"][0]["preprocessing"].append({"id": "zero_mean_unit_variance", "kwargs": {}})
    (model.folder / "rdf.yaml").write_text(yaml_text(card), "utf-8")
    other = read_model(model.folder)
    assert (other.spec.channels, other.spec.slices) == (("1kV", "2kV"), 3)
    assert other.spec.voxel_nm[1:] == (5.0, 5.0)
    assert (other.spec.stride, other.spec.halo_px) == (2, 1)
    assert any("zero_mean_unit_variance" in note for note in other.notes)
    del card["inputs"][0]["axes"][2]["unit"]
    with pytest.raises(DamagedFileError, match=r"models add FILE\.onnx"):
        plain_spec(card, model.folder / "rdf.yaml")


def test_yaml_keeps_order_and_words():
    value = {"b": "yes", "a": "1.0", "n": [None, 1e-05, True], "t": "2026-01-01T00:00:00+00:00"}
    text = yaml_text(value)
    assert text.index("b:") < text.index("a:")
    from ruamel.yaml import YAML

    assert YAML(typ="safe", pure=True).load(text) == value


def test_a_card_of_others_with_slices_says_how_far_they_are_apart(tmp_path):
    size = {"min": 8, "step": 8}
    sides = [{"id": name, "unit": "nanometer", "scale": 2.5, "size": size} for name in ("y", "x")]
    along = {"id": "z", "unit": "nanometer", "scale": 10, "size": 8}
    given = {"axes": [{"id": "channel", "channel_names": ["2kV"]}, along, *sides]}
    spec, _ = plain_spec({"name": "other", "inputs": [given], "outputs": [given]}, tmp_path / "rdf.yaml")
    assert (spec.volume, spec.known.slice_nm, spec.known.pixel_nm) == (True, (10, 10), (2.5, 2.5))
