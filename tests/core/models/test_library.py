"""Models at hand: the program's and the user's."""

from __future__ import annotations

import sys
import zipfile

import onnx
import pytest
from onnx import numpy_helper

from core.errors import DamagedFileError, ParameterError, ReadError, WriteError
from core.models import library
from core.models.card import write_model
from core.models.library import add, model_named, models, remove, survey
from core.models.memory import fingerprint
from tests.core.models.networks import mean_network, spec_of


@pytest.fixture(autouse=True)
def places(tmp_path, monkeypatch):
    """Folders of our own for both kinds of models."""
    monkeypatch.setenv("TRUESLICE_MODELS", str(tmp_path / "own"))
    monkeypatch.setattr(library, "bundled_folder", lambda: tmp_path / "bundled")
    return tmp_path


@pytest.fixture
def made(tmp_path):
    """Makes a model's folder."""

    def make(name="tiny", place="made", **changes):
        network = mean_network(tmp_path / "a.onnx")
        return write_model(tmp_path / place / name, network, spec_of(name, **changes)).folder

    return make


def test_nothing_is_there_at_first():
    assert survey() == library.Library(())


def test_models_are_listed_by_name_without_opening_them(made, monkeypatch):
    made("b", "bundled")
    add(made("a"))
    for module in ("onnx", "onnxruntime", "torch"):
        monkeypatch.setitem(sys.modules, module, None)  # importing it fails
    assert [(model.name, model.bundled) for model in models()] == [("a", False), ("b", True)]
    assert model_named("model:a").folder.parent == library.user_folder()


def test_a_model_is_found_by_its_folder(made):
    assert model_named(str(made())).name == "tiny"


def test_unknown_names_are_answered_with_the_known_ones(made):
    add(made())
    for name in ("other", "model:other", "", "../tiny"):
        with pytest.raises(ParameterError) as caught:
            model_named(name)
        assert caught.value.expected == "tiny"


def test_a_name_is_taken_once(made):
    add(made())
    with pytest.raises(WriteError, match="already"):
        add(made(version=2, place="again"))
    assert add(made(version=2, place="again2"), replace=True).model.spec.version == 2
    assert len(models()) == 1
    assert model_named("tiny").spec.version == 2


def test_bundled_models_are_hidden_but_never_touched(made, places):
    made(place="bundled")
    with pytest.raises(WriteError, match="already"):
        add(made())
    with pytest.raises(ParameterError, match="not one of your own"):
        remove("tiny")
    add(made(place="again"), replace=True)
    assert not model_named("tiny").bundled
    assert "hidden" in survey().notes[0]
    remove("tiny")
    assert model_named("tiny").bundled


def test_what_was_added_can_be_removed(made):
    added = add(made()).model
    assert remove("model:tiny") == added.folder
    assert not models()
    assert not list(library.user_folder().iterdir())
    with pytest.raises(ParameterError):
        remove("tiny")


def test_only_what_belongs_to_a_model_is_copied(made):
    folder = made()
    (folder / "train.py").write_text("print('hello')")
    (folder / "weights.pt").write_bytes(b"\x80\x02")
    names = {file.name for file in add(folder).model.folder.iterdir()}
    assert "cover.png" in names
    assert not names & {"train.py", "weights.pt"}


def test_archives_are_unpacked_beside_their_card_only(made, tmp_path):
    folder = made()
    with zipfile.ZipFile(tmp_path / "m.zip", "w") as archive:
        for file in folder.iterdir():
            archive.write(file, f"inner/{file.name}")
        archive.writestr("inner/../../evil.md", "x")
        archive.writestr("/evil.md", "x")
    assert add(tmp_path / "m.zip").model.name == "tiny"
    assert not (tmp_path / "evil.md").exists()
    assert not any(file.name == "evil.md" for file in library.user_folder().rglob("*"))


def test_what_is_no_model_is_refused(tmp_path):
    (tmp_path / "a.pt").write_bytes(b"\x80\x02")
    (tmp_path / "bad.zip").write_bytes(b"PK\x05\x06" + bytes(18))
    (tmp_path / "void").mkdir()
    with pytest.raises(DamagedFileError, match=r"a\.pt is no model"):
        add(tmp_path / "a.pt")
    for name in ("bad.zip", "void", "none"):
        with pytest.raises(ReadError):
            add(tmp_path / name)
    assert not models()


def test_an_onnx_file_needs_a_description(tmp_path):
    network = mean_network(tmp_path / "a.onnx")
    with pytest.raises(ParameterError, match="alone"):
        add(network)
    assert add(network, spec=spec_of("mine")).model.name == "mine"
    with pytest.raises(DamagedFileError, match="expected 5"):
        add(network, spec=spec_of("other", slices=5))
    assert [model.name for model in models()] == ["mine"]


def test_another_description_takes_the_place_of_the_card(made):
    added = add(made(), spec=spec_of("renamed", voxel_nm=(5, 5, 5)))
    assert model_named("renamed").spec.voxel_nm == (5, 5, 5)
    assert added.report.ok


def test_a_broken_folder_does_not_hide_the_others(made, places):
    add(made())
    (library.user_folder() / "broken").mkdir()
    found = survey()
    assert [model.name for model in found.models] == ["tiny"]
    assert "broken" in found.notes[0]


def test_a_changed_card_is_read_anew(made):
    folder = add(made()).model.folder
    card = folder / "rdf.yaml"
    card.write_text(card.read_text("utf-8").replace("Made by hand.", "Made by a machine."), "utf-8")
    assert model_named("tiny").spec.trained_on == "Made by a machine."


def test_the_fingerprint_is_that_of_the_weights(made):
    folder = add(made()).model.folder
    before = fingerprint("model:tiny")
    assert before == fingerprint(str(folder))
    weights = onnx.load(str(folder / "weights.onnx"))
    values = numpy_helper.to_array(weights.graph.initializer[0])
    weights.graph.initializer[0].CopyFrom(numpy_helper.from_array(values * 2, "w"))
    weights.producer_name = "changed"
    onnx.save(weights, str(folder / "weights.onnx"))
    with pytest.raises(DamagedFileError, match="not those"):
        fingerprint("tiny")


def test_the_usual_folder_is_the_platforms(monkeypatch):
    monkeypatch.delenv("TRUESLICE_MODELS")
    assert library.user_folder().parts[-2:] == ("trueslice", "models")


def test_a_card_of_an_older_format_does_not_hide_the_others(made):
    add(made())
    folder = library.user_folder() / "old"
    folder.mkdir()
    (folder / "w.onnx").write_bytes(b"")
    (folder / "rdf.yaml").write_text(
        "format_version: 0.4.9\nweights: {onnx: {source: w.onnx}}\ninputs: [{name: a, axes: bcyx}]\n"
        "outputs: [{name: b, axes: bcyx}]\n",
        "utf-8",
    )
    found = survey()
    assert [model.name for model in found.models] == ["tiny"]
    assert "does not say enough" in found.notes[0]


def test_weights_that_are_gone_are_missed(made):
    folder = add(made()).model.folder
    assert model_named("tiny").name == "tiny"
    (folder / "weights.onnx").unlink()  # the card is as it was
    with pytest.raises(ReadError, match=r"weights\.onnx"):
        fingerprint("tiny")


@pytest.mark.parametrize("name", ["a" * 300, "a/" + "b" * 300, "a\0b", "a\0/b"])
def test_names_that_no_file_can_have_are_unknown(name):
    with pytest.raises(ParameterError, match="there is no model"):
        model_named(name)


def test_a_damaged_archive_is_refused(made, tmp_path):
    file = tmp_path / "m.zip"
    with zipfile.ZipFile(file, "w", zipfile.ZIP_DEFLATED) as archive:
        for inner in sorted(made().iterdir()):
            archive.write(inner, inner.name)
    whole = file.read_bytes()
    for place in range(200, len(whole) - 1000, len(whole) // 12):
        wrong = bytes(byte ^ 0x5A for byte in whole[place : place + 40])
        file.write_bytes(whole[:place] + wrong + whole[place + 40 :])
        with pytest.raises((DamagedFileError, ReadError)):
            add(file)
