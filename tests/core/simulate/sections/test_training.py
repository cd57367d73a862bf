"""Sets of sections: repeatable, resumable, in the layout of training sets."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
import zarr
from hypothesis import given, settings
from hypothesis import strategies as st

from core.errors import Cancelled, ParameterError, RecipeError, WriteError
from core.job import Job
from core.simulate.sections.grains import PORE, SECOND, SOLID, grains_of
from core.simulate.sections.params import Grains, SectionPlan, Spoilt
from core.simulate.sections.spoilt import spoilt
from core.simulate.sections.training import section_set, sections_of

SMALL = SectionPlan(
    train=2, validation=1, test=0, side_px=48, depth_px=20, grains=Grains(grain_px=(8, 12), second_share=1)
)
ARRAYS = ("expected/SE/signal", "faces", "phases")


def read(path: Path) -> np.ndarray:
    return np.asarray(zarr.open_array(path, mode="r")[:])


def test_set_has_the_layout_of_training_sets(tmp_path: Path) -> None:
    made = section_set(SMALL, tmp_path / "set.zarr", job=Job())
    table = zarr.open_group(made.folder, mode="r").attrs
    assert table["splits"] == {
        "train": ["0000", "0001"],
        "validation": ["0002"],
        "test": [],
    }
    for name in ("0000", "0001", "0002"):
        member = zarr.open_group(made.folder / name, mode="r").attrs
        kind = "approximation" if name == "0002" else "surrogate"
        assert (member["complete"], member["electrons"]) == (True, kind)
        signal, faces, phases = (read(made.folder / name / key) for key in ARRAYS)
        assert signal.shape == faces.shape == (2, 48, 48)
        assert np.array_equal(faces == 1, phases == SOLID)
        assert (made.folder / name / "images").is_dir() == (name == "0002")
        # the main phase is brighter than the rest
        assert signal[faces == 1].mean() > signal[faces == 0].mean()


def test_same_plan_same_numbers_and_other_seed_others() -> None:
    first, again = sections_of(SMALL, 1, Job()), sections_of(SMALL, 1, Job())
    assert first[1] == again[1]
    for one, two in zip(first[0], again[0], strict=True):
        assert np.array_equal(one.signal, two.signal)
        assert np.array_equal(one.phases, two.phases)
    other = sections_of(SMALL.model_copy(update={"seed": 2}), 1, Job())
    assert not np.array_equal(first[0][0].phases, other[0][0].phases)
    assert not np.array_equal(first[0][0].phases, sections_of(SMALL, 0, Job())[0][0].phases)


def test_goes_on_after_it_was_stopped_and_gives_the_same(tmp_path: Path) -> None:
    whole = section_set(SMALL, tmp_path / "whole.zarr", job=Job())
    job = Job()
    stopping = Job(report=lambda progress: job.stop.set() if progress.done == 1 else None, stop=job.stop)
    with pytest.raises(Cancelled):
        section_set(SMALL, tmp_path / "parts.zarr", job=stopping)
    parts = section_set(SMALL, tmp_path / "parts.zarr", job=Job())
    assert not parts.was_done
    assert section_set(SMALL, parts.folder, job=Job()).was_done
    assert read(whole.folder / "0002/images/SE").dtype == np.uint8
    for name in ("0000/expected/SE/signal", "0002/images/SE"):
        one, two = (read(made.folder / name) for made in (whole, parts))
        assert np.array_equal(one, two)
    with pytest.raises(WriteError, match="another plan"):
        section_set(SMALL.model_copy(update={"seed": 9}), parts.folder, job=Job())


def test_structure_has_the_porosity_and_no_thin_second_phase() -> None:
    params = Grains(grain_px=(10, 10), porosity=(0.2, 0.2), second_share=1, second_fraction=(0.1, 0.1))
    labels = grains_of(params, (32, 64, 64), np.random.default_rng(3), Job())
    # the second phase fills some pores, never makes one
    assert 0.1 < np.mean(labels == PORE) <= 0.21
    assert 0.02 < np.mean(labels == SECOND) <= 0.1
    none = grains_of(
        params.model_copy(update={"second_share": 0.0}), (32, 64, 64), np.random.default_rng(3), Job()
    )
    assert np.mean(none == PORE) == pytest.approx(0.2, abs=0.01)
    assert not (none == SECOND).any()


@given(seed=st.integers(0, 1000))
@settings(max_examples=10, deadline=None)
def test_spoilt_images_are_finite_and_not_negative(seed: int) -> None:
    signal = np.ones((24, 20), dtype=np.float32)
    image = spoilt(signal, Spoilt(curtain=1.0), np.random.default_rng(seed))
    assert image.dtype == np.float32
    assert np.isfinite(image).all()
    assert image.min() >= 0


def test_without_artefacts_nothing_changes() -> None:
    signal = np.random.default_rng(1).random((16, 16), dtype=np.float32)
    none = Spoilt(blur_px=(0, 0), shade=(0, 0), slant=(0, 0), curtains=0, grain=(0, 0))
    assert np.allclose(spoilt(signal, none, np.random.default_rng(1)), signal)


@pytest.mark.parametrize(
    ("change", "match"),
    [
        ({"grains": {"grain_px": [20, 10]}}, "low to high"),
        ({"grains": {"grain_px": [1, 10]}}, "not resolved"),
        ({"oblique": {"tilt_deg": [0, 80]}}, "at most 75"),
        ({"train": 0, "validation": 0, "test": 0}, "at least one"),
        ({"colour": 1}, "no such parameter"),
    ],
)
def test_impossible_plans_are_refused(change: dict[str, object], match: str) -> None:
    with pytest.raises(ParameterError, match=match):
        SectionPlan.parse(change, owner="plan")


def test_plan_goes_through_its_file() -> None:
    assert SectionPlan.loads(SMALL.dumps()) == SMALL
    with pytest.raises(RecipeError):
        SectionPlan.loads("format = 1\nseed = -1\n")
