"""Artefacts: as strong as asked, the same whether a slice is computed alone or with others."""

from __future__ import annotations

import json

import numpy as np
import pytest

from core.errors import ParameterError
from core.simulate.electrons.world import Expected
from core.simulate.image.artefacts import Artefacts
from core.simulate.image.drawn import Curtain, Spoiling, charging_streaks, curtain_factor, draw
from core.simulate.image.form import form
from core.simulate.image.formation import ImageFormation
from core.simulate.image.scale import GreyScale

SHAPE = (160, 200)
EVERYTHING = Artefacts(
    curtain_percent=10,
    brightness_drift_percent=4,
    contrast_drift_percent=3,
    flicker_percent=2,
    charging_percent=-8,
    defocus_px=1.0,
    shading_percent=20,
    blank_slices=(7,),
    blank_probability=0.05,
)


def flat(level: float = 0.25) -> Expected:
    return Expected(np.full(SHAPE, level, np.float32), np.zeros(SHAPE, np.float32), 0)


def levels(expected: Expected | None = None, **given) -> np.ndarray:
    """Image on a range from 0 to 1; black is signal 0, white signal 0.5."""
    formation, scale = ImageFormation(bits=16), GreyScale(0.0, 0.5)
    formed = form(expected or flat(), formation, scale, seed=1, stream=(0, 0), **given)
    return formed.grey / 65535


def test_off_is_off():
    drawn = draw(Artefacts(), slices=5, seed=3)
    for index in range(5):
        assert drawn.at(index) == Spoiling(Artefacts())


def test_the_first_slices_do_not_depend_on_how_many_follow():
    few, many = draw(EVERYTHING, slices=10, seed=4), draw(EVERYTHING, slices=40, seed=4)
    assert [few.at(index) for index in range(10)] == [many.at(index) for index in range(10)]


def test_channels_share_curtains_only():
    first, second = (draw(EVERYTHING, slices=30, seed=4, channel=channel) for channel in (0, 1))
    assert first.curtains == second.curtains
    assert first.brightness != second.brightness
    assert first.defocus_px != second.defocus_px
    assert draw(EVERYTHING, slices=30, seed=5).curtains != first.curtains


def test_switching_one_artefact_leaves_the_others():
    less = EVERYTHING.model_copy(update={"flicker_percent": 0.0, "curtain_percent": 0.0})
    full, part = draw(EVERYTHING, slices=30, seed=4), draw(less, slices=30, seed=4)
    assert full.contrast == part.contrast
    assert full.blank == part.blank
    assert full.brightness != part.brightness
    assert part.curtains == ()


def test_record_holds_everything_as_json():
    drawn = draw(EVERYTHING, slices=30, seed=4)
    record = json.loads(json.dumps(drawn.record()))
    assert record["brightness"] == list(drawn.brightness)
    assert 7 in record["blank"]
    assert len(record["curtains"]) == len(drawn.curtains) > 0
    assert Curtain(**record["curtains"][0]) == drawn.curtains[0]


def test_drift_is_slow_flicker_is_not_and_both_are_as_strong_as_asked():
    slow = np.array(
        draw(Artefacts(brightness_drift_percent=4, drift_slices=20), slices=40_000, seed=1).brightness
    )
    assert slow.std() == pytest.approx(0.04, rel=0.1)
    assert np.corrcoef(slow[:-20], slow[20:])[0, 1] == pytest.approx(np.exp(-1), abs=0.06)
    quick = np.array(draw(Artefacts(flicker_percent=2), slices=40_000, seed=1).brightness)
    assert quick.std() == pytest.approx(0.02, rel=0.02)
    assert abs(np.corrcoef(quick[:-1], quick[1:])[0, 1]) < 0.02
    defocus = np.array(draw(Artefacts(defocus_px=1.5, drift_slices=5), slices=20_000, seed=1).defocus_px)
    assert np.sqrt((defocus**2).mean()) == pytest.approx(1.5, rel=0.05)


def test_brightness_and_contrast_change_grey_as_recorded():
    assert np.allclose(levels(spoiling=Spoiling(Artefacts(), brightness=0.1)), 0.6, atol=1e-4)
    changed = levels(flat(0.4), spoiling=Spoiling(Artefacts(), contrast=0.5))
    assert np.allclose(changed, 0.5 + 0.3 * 0.5, atol=1e-4)


def test_number_and_persistence_of_curtains():
    artefacts = Artefacts(curtain_percent=10, curtain_count=12, curtain_slices=5)
    drawn = draw(artefacts, slices=3000, seed=2)
    counts = [len(drawn.at(index).curtains) for index in range(0, 3000, 10)]
    assert np.mean(counts) == pytest.approx(12, rel=0.06)
    assert np.mean(counts[:20]) == pytest.approx(12, rel=0.35)  # also at the beginning
    inside = [curtain for curtain in drawn.curtains if curtain.first >= 0]
    assert np.mean([c.last - c.first + 1 for c in inside]) == pytest.approx(5, rel=0.05)
    assert np.std([c.amplitude for c in inside]) == pytest.approx(0.1, rel=0.05)


def test_a_curtain_begins_in_the_face_grows_downward_and_is_upright():
    curtain = Curtain(first=0, last=3, x=0.5, y=0.25, width_px=3.0, amplitude=-0.2)
    factor = curtain_factor([curtain], SHAPE)
    assert np.all(factor[:39] == 1)
    assert np.all(np.diff(factor[41:, 100]) < 0)
    assert factor[-1, 99:101].mean() == pytest.approx(0.8, abs=0.005)
    assert np.allclose(factor[-1, 100:103], factor[-1, 99:96:-1])
    assert np.allclose(factor[:, :70], 1, atol=1e-9)
    image = levels(spoiling=Spoiling(Artefacts(), curtains=(curtain,)))
    assert np.allclose(image, 0.5 * factor, atol=1e-4)


def test_curtains_never_make_light_negative():
    dark = [Curtain(0, 1, 0.5, 0.0, 5.0, -1.5)] * 2
    assert curtain_factor(dark, SHAPE).min() == 0


def test_shading_grows_evenly_to_the_asked_loss():
    image = levels(spoiling=Spoiling(Artefacts(shading_percent=40)))
    rows = image.mean(axis=1)
    assert rows[-1] == pytest.approx(0.5 * 0.6, abs=1e-4)
    assert rows[0] == pytest.approx(0.5, abs=0.002)
    assert np.allclose(np.diff(rows), -0.5 * 0.4 / 160, atol=5e-5)


def test_charging_streaks_lie_right_of_and_below_the_region():
    region = np.zeros(SHAPE, bool)
    region[60:100, 80:120] = True
    artefacts = Artefacts(charging_percent=20, charging_length_px=15, charging_rows_px=4)
    streaks = charging_streaks(region, artefacts, np.random.default_rng(0))
    assert np.all(streaks[:, :80] == 0)
    assert np.all(streaks[:60] == 0)
    assert np.all(streaks[region] == 0)
    right = streaks[65:100, 120:].mean(axis=0)
    assert right[0] == pytest.approx(0.2 * (1 - np.exp(-40 / 15)), rel=0.25)
    assert np.allclose(right[15] / right[0], np.exp(-1), rtol=1e-6)
    below = streaks[100:, 100]
    assert np.allclose(below[4] / below[0], np.exp(-1), rtol=1e-6)
    assert np.std(streaks[65:100, 125]) > 0.01


def test_dark_charging_darkens_and_needs_charge():
    region = np.zeros(SHAPE, bool)
    artefacts = Artefacts(charging_percent=-20)
    assert np.allclose(levels(spoiling=Spoiling(artefacts), insulating=region), 0.5, atol=1e-4)
    region[:, 50:100] = True
    image = levels(spoiling=Spoiling(artefacts), insulating=region)
    assert image[:, 100:130].mean() < 0.47
    assert np.allclose(image[:, :50], 0.5, atol=1e-4)


def test_defocus_is_a_gaussian_of_the_asked_width():
    dot = np.zeros(SHAPE, np.float32)
    dot[80, 100] = 0.4
    image = levels(Expected(dot, np.zeros_like(dot), 0), spoiling=Spoiling(Artefacts(), defocus_px=2.5))
    x = np.arange(200) - 100
    across = image.sum(axis=0)
    assert across.sum() == pytest.approx(0.8, rel=0.01)
    assert np.sqrt((across * x**2).sum() / across.sum()) == pytest.approx(2.5, rel=0.02)


def test_blank_slices_are_those_asked_for_and_show_nothing():
    drawn = draw(Artefacts(blank_slices=(2, 4)), slices=6, seed=1)
    assert [index for index in range(6) if drawn.at(index).blank] == [2, 4]
    assert not levels(spoiling=drawn.at(2)).any()
    assert levels(spoiling=drawn.at(3)).all()
    often = draw(Artefacts(blank_probability=0.2), slices=5000, seed=1)
    assert np.mean(often.blank) == pytest.approx(0.2, abs=0.03)


def test_impossible_artefacts_are_refused():
    with pytest.raises(ParameterError, match="blank"):
        draw(Artefacts(blank_slices=(9,)), slices=5, seed=1)
    with pytest.raises(ParameterError):
        draw(Artefacts(), slices=0, seed=1)
    with pytest.raises(ParameterError):
        draw(Artefacts(), slices=3, seed=1).at(3)
    for wrong in ({"blank_slices": [-1]}, {"curtain_slices": 0.5}, {"defocus_px": -1}, {"shading": 3}):
        with pytest.raises(ParameterError):
            Artefacts.parse(wrong, owner="artefacts")
