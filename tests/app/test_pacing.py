"""One time for a whole run, from parts whose pace is known."""

from __future__ import annotations

import numpy as np
import pytest

from app.pacing import Part, Whole, parts_of
from app.running import Order
from app.settings import Settings
from core.job import Progress
from core.recipe import Recipe, RecipeStep, default_step
from core.steps import step_named
from core.volume import VolumeInfo

MILLION = 1_000_000


def told(whole: Whole, message: str, share: float, at: float) -> None:
    whole.take(Progress(round(100 * share), 100, message), at)


def two_steps(**speeds: float) -> Whole:
    """Two channels through two steps; the second looks at every slice first."""
    parts = [
        Part(step, channel, MILLION, pace, passes)
        for step, pace, passes in ((1, "denoise nlm", 1), (2, "segment otsu", 2))
        for channel in ("1kV", "2kV")
    ]
    return Whole(parts, {name.replace("_", " "): speed for name, speed in speeds.items()})


def test_nothing_is_said_before_anything_is_known() -> None:
    whole = two_steps()
    assert whole.left_s(0.0) is None
    told(whole, "checking input files", 0.5, 0.0)
    assert (whole.now, whole.fraction, whole.left_s(1.0)) == (None, 0.0, None)
    told(whole, "1/2 Denoise (1kV)", 0.0, 0.0)
    assert whole.left_s(1.0) is None


def test_the_time_is_that_of_all_steps_and_channels() -> None:
    # 20 s and 10 s for every channel: 60 s, of which 5 are over.
    whole = two_steps(denoise_nlm=20e-6, segment_otsu=10e-6)
    told(whole, "1/2 Denoise (1kV)", 0.0, 100.0)
    told(whole, "1/2 Denoise (1kV)", 0.25, 105.0)
    assert whole.left_s(105.0) == pytest.approx(55.0)
    assert whole.fraction == pytest.approx(5 / 60)
    assert whole.measured
    told(whole, "1/2 Denoise (2kV)", 0.5, 130.0)
    assert whole.left_s(130.0) is not None
    told(whole, "2/2 Segment (1kV): looking", 1.0, 145.0)
    assert whole.fraction == pytest.approx((20 + 20 + 5) / 60, rel=0.4), "half of a step of two passes"


def test_what_the_run_has_measured_replaces_what_was_remembered() -> None:
    whole = two_steps(denoise_nlm=20e-6, segment_otsu=10e-6)
    told(whole, "1/2 Denoise (1kV)", 0.0, 0.0)
    told(whole, "1/2 Denoise (1kV)", 0.9, 36.0)
    told(whole, "1/2 Denoise (2kV)", 0.0, 40.0)
    assert whole.learned == {"denoise nlm": pytest.approx(40e-6)}
    assert whole.left_s(40.0) == pytest.approx(40 + 2 * 10)


def test_a_first_run_compares_itself_with_the_table() -> None:
    whole = two_steps()
    told(whole, "1/2 Denoise (1kV)", 0.0, 0.0)
    told(whole, "1/2 Denoise (1kV)", 0.5, 15.0)
    left = whole.left_s(15.0)
    assert left == pytest.approx(15 + 30 * (1 + 2 * 15 / 300)), "denoising is 20 times slower than segmenting"


def test_unmeasured_work_is_said_to_be_a_rough_guess() -> None:
    parts = [Part(1, "", MILLION, "normalise"), Part(2, "", MILLION, "probability model:gold")]
    whole = Whole(parts, {})
    told(whole, "1/2 Normalise", 0.0, 0.0)
    told(whole, "1/2 Normalise", 0.5, 3.0)
    assert whole.left_s(3.0) is not None
    assert not whole.measured


def test_a_resumed_half_says_nothing_about_speed() -> None:
    whole = Whole([Part(1, "", MILLION, "denoise nlm")], {})
    told(whole, "1/1 Denoise", 0.5, 10.0)
    assert whole.left_s(11.0) is None
    told(whole, "1/1 Denoise", 0.6, 20.0)
    assert whole.left_s(20.0) == pytest.approx(40.0)
    whole.end(60.0)
    assert whole.learned["denoise nlm"] == pytest.approx(50 / 0.5 / MILLION)
    assert whole.fraction == 1.0


def test_the_share_never_falls_whatever_a_survey_says() -> None:
    whole = Whole([Part(1, "", MILLION, "register", 2, surveys=True), Part(2, "", MILLION, "export")], {})
    seen = []
    for step, message in enumerate(("reading", "matching", "joining", "smoothing")):
        for share in (0.0, 0.5, 1.0):
            told(whole, f"1/2 Register: {message}", share, step + share)
            seen.append(whole.fraction)
    for share in (0.0, 1.0):
        told(whole, "1/2 Register", share, 10 + share)
        seen.append(whole.fraction)
    told(whole, "1/2 Register: looking back", 0.1, 12.0)
    seen.append(whole.fraction)
    told(whole, "2/2 Export", 1.0, 13.0)
    seen.append(whole.fraction)
    assert seen == sorted(seen)
    assert seen[-1] == pytest.approx(1.0)


def test_parts_are_what_a_run_has_to_do() -> None:
    info = VolumeInfo((10, 20, 30), np.dtype(np.uint8))
    small = VolumeInfo((10, 10, 30), np.dtype(np.uint8))
    names = ("crop", "normalise", "segment", "export")
    recipe = Recipe(tuple(default_step(name) for name in names))
    order = Order({}, recipe, None, None)
    infos = [info, *[small] * 4]
    parts = parts_of(order, infos, {"1kV": info, "2kV": info}, [])
    assert [(part.step, part.channel) for part in parts] == [
        (step, channel) for step in (2, 3, 4) for channel in ("1kV", "2kV")
    ], "cropping is done while the next step reads"
    assert {part.voxels for part in parts} == {3000}
    assert [part.passes for part in parts[:4:2]] == [2, 2]
    left = parts_of(order, infos, {"": info}, [True, True, False])
    assert [part.step for part in left] == [3, 4], "what is done is not done again"
    assert parts_of(Order({}, recipe, None, 2), infos, {"": info}, [])[-1].step == 2


def test_channels_that_become_one_go_on_as_one() -> None:
    info = VolumeInfo((4, 8, 8), np.dtype(np.uint8))
    step = step_named("segment")
    fusing = RecipeStep(step, step.params.parse({"method": "model:gold"}, owner="segment"))
    recipe = Recipe((default_step("normalise"), fusing, default_step("measure")))
    parts = parts_of(Order({}, recipe, None, None), [info] * 4, {"1kV": info, "2kV": info}, [])
    counts = [sum(part.step == number for part in parts) for number in (1, 2, 3)]
    assert counts == ([2, 1, 1] if fusing.fuses else [2, 2, 2])


def test_speeds_are_remembered(settings: Settings) -> None:
    assert settings.speeds() == {}
    settings.remember_speeds({"denoise nlm": 2e-7})
    settings.remember_speeds({"segment otsu": 1e-8, "denoise nlm": 3e-7})
    assert settings.speeds() == {"denoise nlm": 3e-7, "segment otsu": 1e-8}
