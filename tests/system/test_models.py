"""``trueslice models`` as a user types it."""

from __future__ import annotations

import json

import pytest

from core.cli import main
from core.models import library
from core.models.card import write_model
from tests.core.models.networks import mean_network, pooled_network, spec_of


@pytest.fixture(autouse=True)
def places(tmp_path, monkeypatch):
    """An empty library."""
    monkeypatch.setenv("TRUESLICE_MODELS", str(tmp_path / "own"))
    monkeypatch.setattr(library, "bundled_folder", lambda: tmp_path / "bundled")


@pytest.fixture
def answer(capsys):
    """Runs a command with ``--json`` and gives exit code and answer."""

    def run(*words):
        code = main(["models", *map(str, words), "--json"])
        text = capsys.readouterr().out
        assert text.count("\n") == 1
        return code, json.loads(text)

    return run


ONE_CHANNEL = ("--channels", "2kV", "--voxel-nm", "10", "2.5", "2.5")


def test_from_a_file_to_the_list_and_away_again(tmp_path, answer, capsys):
    assert answer("list")[1]["models"] == []
    network = pooled_network(tmp_path / "a.onnx")
    code, added = answer("add", network, "--name", "mine", *ONE_CHANNEL)
    assert code == 0
    assert (added["stride"], added["halo_px"]) == (4, 7)
    entry = answer("list")[1]["models"][0]
    assert entry["name"] == "mine"
    assert (entry["task"], entry["channels"], entry["voxel_nm"]) == ("segment", ["2kV"], [10, 2.5, 2.5])
    assert entry["file"].endswith("weights.onnx")
    code, checked = answer("check", "mine")
    assert code == 0
    assert (checked["ok"], checked["test_difference"]) == (True, 0)
    assert main(["models", "list"]) == 0
    assert "mine: segment; 2kV; one slice; 10 x 2.5 x 2.5 nm" in capsys.readouterr().out
    assert answer("remove", "mine")[0] == 0
    assert answer("remove", "mine")[0] == 2
    assert answer("list")[1]["models"] == []


def test_a_model_folder_needs_no_options(tmp_path, answer):
    folder = write_model(tmp_path / "tiny", mean_network(tmp_path / "a.onnx"), spec_of()).folder
    assert answer("check", folder)[1]["halo_px"] == 1
    assert answer("add", folder)[1]["name"] == "tiny"
    code, told = answer("add", folder)
    assert code == 1
    assert "already" in told["error"]
    assert answer("add", folder, "--replace", "--limits", "Not for wood.")[0] == 0
    assert answer("list")[1]["models"][0]["limits"] == "Not for wood."


def test_the_stated_voxel_is_what_data_are_compared_with(tmp_path, answer):
    network = mean_network(tmp_path / "a.onnx", 3)
    assert answer("add", network, "--name", "mine", "--slices", 3, *ONE_CHANNEL)[0] == 0
    assert library.model_named("mine").spec.known.slice_nm == (10, 10)
    folder = library.model_named("mine").folder
    assert answer("add", folder, "--replace", "--voxel-nm", "20", "5", "4")[0] == 0
    known = library.model_named("mine").spec.known
    assert (known.pixel_nm, known.slice_nm) == ((4, 5), (20, 20))


def test_faults_are_told(tmp_path, answer):
    network = mean_network(tmp_path / "a.onnx")
    code, told = answer("add", network, "--name", "mine")
    assert code == 2
    assert "--channels, --voxel-nm" in told["expected"]
    code, told = answer("add", network, "--name", "Not a Name", "--slices", 3, *ONE_CHANNEL)
    assert code == 2
    assert "name" in told["error"]
    code, told = answer("add", network, "--name", "mine", *ONE_CHANNEL)
    assert code == 1
    assert "3 input channels, expected 1" in told["error"]
    (tmp_path / "b.onnx").write_bytes(b"\x80\x04pickle")
    code, told = answer("check", tmp_path / "b.onnx")
    assert code == 1
    assert "pickle" in told["error"]
    assert answer("check", "nothing")[0] == 2
