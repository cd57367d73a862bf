"""From signal to grey: scale, detector, edge blur, recipe of the article, and that off means off."""

from __future__ import annotations

import json

import numpy as np
import pytest

from core.errors import ParameterError, VoxelError
from core.simulate.electrons.world import Expected
from core.simulate.image.artefacts import Artefacts
from core.simulate.image.drawn import Spoiling, draw
from core.simulate.image.edges import edge_mask, edges_of_image, edges_of_labels
from core.simulate.image.form import form
from core.simulate.image.formation import ImageFormation
from core.simulate.image.scale import GreyScale, quantised, scale_of
from core.simulate.image.streams import Effect, generator

SCALE = GreyScale(0.0, 0.5)
SHAPE = (200, 240)


def halves(left: float = 0.1, right: float = 0.4, noise: float = 0.0, electrons: int = 0) -> Expected:
    signal = np.full(SHAPE, left)
    signal[:, 120:] = right
    signal += noise * np.random.default_rng(0).standard_normal(SHAPE)
    return Expected(signal.astype(np.float32), np.full(SHAPE, noise, np.float32), electrons)


def labels() -> np.ndarray:
    found = np.zeros(SHAPE, np.uint8)
    found[:, 120:] = 1
    return found


def shot(expected: Expected | None = None, *, seed: int = 1, stream=(0, 0), scale=SCALE, **given):
    rest = {key: given.pop(key) for key in ("labels", "spoiling", "insulating", "emission") if key in given}
    return form(expected or halves(), ImageFormation(**given), scale, seed=seed, stream=stream, **rest)


@pytest.mark.parametrize("bits", [8, 16])
def test_everything_off_is_gain_and_rounding(bits: int):
    expected = halves(noise=0.01, electrons=100)
    formed = shot(expected, bits=bits, spoiling=draw(Artefacts(), slices=3, seed=1).at(1))
    highest = 2**bits - 1
    assert formed.grey.dtype == (np.uint8 if bits == 8 else np.uint16)
    assert np.array_equal(formed.grey, np.rint(expected.signal.astype(np.float64) / 0.5 * highest))
    assert formed.record["clipped_dark"] == formed.record["clipped_bright"] == 0
    assert formed.warnings == ()
    assert json.loads(json.dumps(formed.record)) == formed.record


def test_gain_and_offset_are_exact():
    level = GreyScale(0.1, 0.3).level(np.array([0.1, 0.2, 0.3]))
    assert np.allclose(level, [0, 0.5, 1])
    grey, record = quantised(np.array([[-0.1, 0.0, 0.5, 1.0, 1.01]]), 8)
    assert grey.tolist() == [[0, 0, 128, 255, 255]]
    assert record == {"clipped_dark": 1, "clipped_bright": 1}


def test_chosen_scale_leaves_headroom_and_is_the_same_for_all_slices():
    ramps = [np.linspace(0.1, 0.2, 1001), np.linspace(0.2, 0.3, 1001)]
    formation = ImageFormation(low_percentile=0, high_percentile=100, headroom_percent=10)
    scale = scale_of(formation, ramps)
    assert np.allclose(scale.level(np.array([0.1, 0.3])), [0.1, 0.9])
    assert scale_of(formation, [np.full(5, 0.3)]).level(np.array(0.3)) == pytest.approx(0.5)
    assert scale_of(formation, [np.zeros(5)]) == GreyScale(0.0, 1.0)
    assert scale_of(ImageFormation(scale="fixed"), []) == GreyScale(0.0, 0.6)


def test_chosen_scale_has_room_for_noise_and_dimming():
    artefacts = Artefacts(shading_percent=40, curtain_percent=10)
    expected, spoiling = halves(), draw(artefacts, slices=3, seed=1).at(0)
    given = {"noise": "dose", "dwell_us": 0.5}
    narrow = scale_of(ImageFormation(), [expected.signal])
    wide = scale_of(ImageFormation(**given), [expected.signal], artefacts)

    def clipped(scale):
        record = shot(expected, scale=scale, spoiling=spoiling, **given).record
        return record["clipped_dark"] + record["clipped_bright"]

    assert clipped(narrow) > 0.05 * expected.signal.size
    assert clipped(wide) < 0.002 * expected.signal.size


def test_scale_refuses_what_it_cannot_use():
    with pytest.raises(VoxelError):
        scale_of(ImageFormation(), [])
    with pytest.raises(VoxelError):
        scale_of(ImageFormation(), [np.array([1.0, np.nan])])
    with pytest.raises(ParameterError):
        GreyScale(0.5, 0.5)
    with pytest.raises(ValueError, match="white_signal"):
        ImageFormation(white_signal=0.0)


@pytest.mark.parametrize("frames", [1, 4])
def test_detector_noise_has_the_asked_spread(frames: int):
    formed = shot(bits=16, detector_noise_percent=4, frames=frames)
    for part, mean in ((formed.grey[:, :120], 0.2), (formed.grey[:, 120:], 0.8)):
        level = part / 65535
        assert level.mean() == pytest.approx(mean, abs=0.0015)
        assert level.std() == pytest.approx(0.04 / np.sqrt(frames), rel=0.03)


def test_same_numbers_give_the_same_image_and_others_another():
    given = {"noise": "dose", "detector_noise_percent": 3.0}
    first = shot(**given).grey
    assert np.array_equal(first, shot(**given).grey)
    for other in ({"seed": 2}, {"stream": (1, 0)}, {"stream": (0, 1)}):
        assert not np.array_equal(first, shot(**given, **other).grey)


def test_streams_of_effects_differ():
    drawn = {effect: generator(1, (0, 0), effect).random() for effect in Effect}
    drawn["longer"] = generator(1, (0, 0, 0), Effect.DOSE).random()
    assert len(set(drawn.values())) == len(drawn)
    with pytest.raises(ParameterError):
        generator(1, (-1,), Effect.DOSE)
    with pytest.raises(ParameterError):
        generator(-1, (0,), Effect.DOSE)


def test_switching_one_effect_leaves_the_noise_of_another():
    wide = GreyScale(-5.0, 5.0)
    with_dose = shot(bits=16, noise="dose", scale=wide).grey.astype(int)
    without = shot(bits=16, scale=wide).grey.astype(int)
    both = shot(bits=16, noise="dose", detector_noise_percent=2, scale=wide).grey.astype(int)
    detector = shot(bits=16, detector_noise_percent=2, scale=wide).grey.astype(int)
    assert np.abs((both - with_dose) - (detector - without)).max() <= 2  # rounding only
    assert np.abs(with_dose - without).max() > 3


def test_dose_is_recorded_and_excess_is_warned_of():
    formed = shot(halves(noise=0.02, electrons=100), noise="dose")
    assert formed.record["simulated_electrons"] == 100
    assert formed.record["dose_electrons"] == pytest.approx(9362.26, abs=0.01)
    assert len(formed.warnings) == 1
    assert "nothing was added" in formed.warnings[0]


# ---- edge blur
def test_edge_blur_leaves_the_interiors_alone():
    expected = halves(noise=0.02, electrons=100)
    given = {"bits": 16, "labels": labels()}
    sharp = shot(expected, **given).grey.astype(float)
    soft = shot(expected, edge_blur_px=2.0, edge_reach_px=4.0, **given).grey.astype(float)
    changed = np.flatnonzero(np.any(sharp != soft, axis=0))
    assert changed.min() >= 120 - 4
    assert changed.max() < 120 + 4
    step = soft.mean(axis=0)
    assert abs(step[120] - step[119]) < 0.35 * abs(sharp[:, 120].mean() - sharp[:, 119].mean())


def test_edge_mask_is_greatest_at_edges_and_ends():
    mask = edge_mask(edges_of_labels(labels()), 5.0)
    assert np.all(mask[:, [119, 120]] == 1)
    assert np.all(np.diff(mask[0, 120:126]) < 0)
    assert np.all(mask[:, 125:] == 0)
    assert not edge_mask(np.zeros((4, 4), bool), 3.0).any()
    with pytest.raises(ParameterError):
        edge_mask(edges_of_labels(labels()), 0.0)


def test_edges_are_found_along_both_axes():
    square = np.zeros((7, 7), int)
    square[3, 3] = 2
    expected = np.zeros((7, 7), bool)
    expected[2:5, 3] = expected[3, 2:5] = True
    assert np.array_equal(edges_of_labels(square), expected)


def test_edges_of_an_image_are_where_it_changes():
    found = edges_of_image(halves(noise=0.005).signal)
    assert found[:, 118:122].any(axis=1).mean() > 0.95
    soft = shot(bits=16, edge_blur_px=1.5, edges_from="image").grey
    assert len(np.unique(soft[100])) > 3


def test_edge_blur_before_noise_keeps_the_noise_of_the_dose():
    exact = halves(0.3, 0.3)
    given = {"noise": "dose", "dwell_us": 1.0, "edge_blur_px": 2.0, "labels": labels(), "bits": 16}
    before = shot(exact, **given).grey[:, 119:121]
    after = shot(exact, **given, edge_blur_when="after-noise").grey[:, 119:121]
    away = shot(exact, **given).grey[:, :80]
    assert before.std() == pytest.approx(away.std(), rel=0.15)
    assert after.std() < 0.5 * away.std()


# ---- recipe of the article
def test_article_adds_poisson_then_gaussian_noise_of_the_stated_variance():
    given = {"noise": "article", "article_renormalise": False, "bits": 16}
    gaussian = shot(**given, article_peak=1e9).grey[:, :120] / 65535
    assert gaussian.mean() == pytest.approx(0.2, abs=0.002)
    assert gaussian.var() == pytest.approx(0.001, rel=0.05)
    poisson = shot(**given, article_variance=0.0).grey[:, :120] / 65535
    assert poisson.var() == pytest.approx(0.2 / 255, rel=0.05)
    both = shot(**given).grey[:, :120] / 65535
    assert both.var() == pytest.approx(0.001 + 0.2 / 255, rel=0.05)
    assert np.allclose(poisson * 255, np.rint(poisson * 255), atol=0.01)


def test_article_on_top_of_sampling_noise_is_said():
    assert shot(noise="article").warnings == ()
    (warning,) = shot(halves(noise=0.01, electrons=80), noise="article").warnings
    assert "sampling noise of 80" in warning


def test_article_renormalises_to_the_whole_range():
    grey = shot(noise="article").grey
    assert (grey.min(), grey.max()) == (0, 255)
    flat = Expected(np.full(SHAPE, 0.25, np.float32), np.zeros(SHAPE, np.float32), 0)
    blank = shot(flat, noise="article", spoiling=Spoiling(Artefacts(), blank=True))
    assert blank.grey.max() < 100


# ---- refused
def test_missing_or_unfitting_arrays_are_refused():
    with pytest.raises(ParameterError, match="edges_from"):
        shot(edge_blur_px=1.0)
    with pytest.raises(ParameterError, match="conduct"):
        shot(spoiling=Spoiling(Artefacts(charging_percent=5)))
    with pytest.raises(VoxelError, match="labels"):
        shot(edge_blur_px=1.0, labels=np.zeros((3, 3), int))


@pytest.mark.parametrize(
    "wrong",
    [
        {"noise": "none"},
        {"current_pa": 0},
        {"dwell_us": -1},
        {"frames": 0},
        {"bits": 12},
        {"detector_noise_percent": -1},
        {"edge_reach_px": 0},
        {"article_variance": float("nan")},
        {"gain": 3},
    ],
)
def test_impossible_parameters_are_refused(wrong):
    with pytest.raises(ParameterError):
        ImageFormation.parse(wrong, owner="image formation")
