"""Cards in words, and what is stated of networks without one."""

from __future__ import annotations

import pytest

from core.errors import ParameterError
from core.models.card import write_model
from core.models.library import bundled_folder, models
from core.models.stated import StatedModel
from core.models.telling import card_told, measure_text
from core.models.texts import CardTexts, Measured
from tests.core.models.networks import mean_network, spec_of


def test_a_card_says_all_that_is_asked(tmp_path):
    texts = CardTexts(authors=("Ada",), licence="MIT", title="Gold at 2 kV")
    measured = [Measured(data="gold", values={"mp": 1.5, "mds": 0.9}, role="test")]
    network = mean_network(tmp_path / "a.onnx")
    model = write_model(tmp_path / "tiny", network, spec_of(), texts, measured, {"weights": 27})
    told = card_told(model)
    facts = dict(told.facts)
    assert (told.title, told.limits) == ("Gold at 2 kV", "Not for real data.")
    assert facts["Trained on"] == "Made by hand."
    assert facts["Input"] == "one channel (2kV), 3 adjacent slices"
    assert "slices 10 nm apart, pixels of 2.5 nm" in facts["Voxels"]
    assert facts["Sees"] == "3 x 3 px around each pixel, 1 slice on each side"
    assert "MIT; by Ada" in facts["Licence"]
    assert facts["SHA-256"] == model.sha256
    assert told.measured == tuple(measured)
    assert (measure_text("mp", 1.5), measure_text("mds", 0.9)) == ("1.50 %", "0.900")


def test_every_bundled_model_says_what_it_is_not_for():
    bundled = [model for model in models() if model.folder.parent == bundled_folder()]
    assert bundled
    for model in bundled:
        told = card_told(model)
        assert told.description
        assert told.limits != "The card states none."
        assert len(dict(told.facts)) == len(told.facts)


def test_what_is_stated_and_measured_makes_a_spec():
    stated = StatedModel(name="mine", channels=("1kV", "2kV"), slices=5, voxel_nm=(8, 4, 4))
    spec = stated.spec({"stride": 4, "halo_px": 11, "bytes": 3})
    assert (spec.stride, spec.halo_px, spec.halo_slices, spec.slices) == (4, 11, 2, 5)
    assert (spec.known.pixel_nm, spec.known.slice_nm) == ((4, 4), (8, 8))
    with pytest.raises(ParameterError, match="odd number"):
        StatedModel(name="mine", slices=4, voxel_nm=(8, 4, 4)).spec({})
