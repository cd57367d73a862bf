"""A plan like a sample of which everything is known."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest

from core.job import Job
from core.metadata import Metadata
from core.simulate.electrons.compose import backscattered_share
from core.simulate.electrons.materials import material_of
from core.simulate.like import Likeness, Sample, like
from core.simulate.like_runs import fault_of
from core.simulate.plan import Plan
from core.simulate.plan_parts import Milling
from core.simulate.structures import pattern_of
from core.simulate.structures.kinds import LeveledWave, Polycrystal
from core.thickness.results import MarkTrack, ThicknessEstimate
from core.volume import Volume, volume_of

SHAPE, VOXEL_NM = (72, 96, 112), (2.5, 2.5, 2.5)
NOISE, DARK, BRIGHT = 20.0, 60.0, 170.0


@pytest.fixture(scope="module")
def solid() -> np.ndarray:  # type: ignore[type-arg]
    """Ligaments of 20 nm, 40 % solid."""
    wave = LeveledWave(ligament_nm=(20.0,), solid_fraction=(0.4,), waves=200)
    pattern = pattern_of(wave, shape=SHAPE, voxel_nm=2.5, seed=5, job=Job())
    return pattern.read(*((0, side) for side in SHAPE)) > 0


@pytest.fixture(scope="module")
def segmented(solid: np.ndarray) -> Volume:  # type: ignore[type-arg]
    """The same as pore and solid."""
    return volume_of(solid * np.uint8(255), voxel_nm=VOXEL_NM, content="binary")


@pytest.fixture(scope="module")
def grey(solid: np.ndarray) -> Volume:  # type: ignore[type-arg]
    """The same as noisy images."""
    noise = np.random.default_rng(1).normal(0, NOISE, SHAPE)
    values = np.clip(np.where(solid, BRIGHT, DARK) + noise, 0, 255).astype(np.uint8)
    return volume_of(values, voxel_nm=VOXEL_NM, channel="2kV-ICD")


def told(found: Likeness) -> dict[str, str]:
    """What was said of each thing."""
    return {one.what: one.value for one in found.told}


def test_a_known_sample_is_found_again(grey: Volume, segmented: Volume) -> None:
    found = like(Sample({"2kV-ICD": grey}, segmented), Plan(), Job())
    structure = found.plan.structure
    assert isinstance(structure, LeveledWave)
    assert structure.ligament_nm == pytest.approx((20.0,), rel=0.1)
    assert structure.solid_fraction == pytest.approx((0.4,), rel=0.1)
    plan = found.plan
    assert (plan.field.pixel_nm, plan.field.voxel_nm, plan.milling.slice_nm) == (2.5, 2.5, 2.5)
    assert (plan.field.slices, plan.field.rows, plan.field.columns) == (64, 96, 112)
    assert plan.voltages_kv == (2.0,)
    assert plan.detector_names == ("ICD",)
    assert set(told(found)) >= {"Ligament size", "Solid fraction", "Levels", "Voltages", "Detectors"}
    assert not found.advice


def test_noise_becomes_a_dose_that_would_give_it(grey: Volume) -> None:
    found = like(Sample({"": grey}), Plan(), Job())
    gold, epoxy = (backscattered_share(material_of(name)) for name in ("Au", "epoxy"))
    expected = ((BRIGHT - DARK) / NOISE) ** 2 * (gold + epoxy) / 2 / (gold - epoxy) ** 2
    assert found.plan.electrons_per_pixel == pytest.approx(expected, rel=0.3)
    assert "rough estimate" in next(one.origin for one in found.told if one.what == "Electrons per pixel")


def test_a_stated_dose_is_taken_instead(grey: Volume) -> None:
    stated = Metadata(current_pa=50.0, dwell_us=3.0, voltage_kv=4.0, detector="ETD")
    found = like(Sample({"": replace(grey, metadata=stated)}), Plan(), Job())
    assert (found.plan.image.noise, found.plan.image.current_pa) == ("dose", 50.0)
    assert found.plan.voltages_kv == (2.0,), "the name of the channel may be a correction"
    assert any("ETD is not simulated" in text for text in found.untold)


def test_without_a_segmentation_the_structure_stays_and_that_is_said(grey: Volume) -> None:
    before = Plan(structure=Polycrystal(), materials={"pore": "vacuum", "solid": "Al2O3"})
    found = like(Sample({"": grey}), before, Job())
    assert found.plan.structure == before.structure
    assert found.plan.materials == before.materials
    assert "segmentation" in found.untold[0]
    assert "Segment it" in found.advice


def test_unlike_materials_and_lists_of_the_form_make_room(grey: Volume, segmented: Volume) -> None:
    lists = Milling(thickness="given", given_nm=(10.0,) * 63, lost_slices=(60,))
    found = like(Sample({"": grey}, segmented), Plan(milling=lists), Job())
    assert (found.plan.milling.thickness, found.plan.milling.lost_slices) == ("even", ())


def ruler(rng: np.random.Generator, angle_deg: float = 1.0) -> ThicknessEstimate:
    """Slices of 10 ± 2 nm measured to 0.5 nm, with the marks they were measured by."""
    steps = np.clip(rng.normal(10, 2, 200), 3, None) + rng.normal(0, 0.5, 200)
    z_nm = tuple(np.concatenate([[0.0], np.cumsum(steps)]).tolist())
    flat = (0.0,) * 201

    def mark(kind: str, first: float, last: float) -> MarkTrack:
        places = tuple(np.linspace(first, last, 201).tolist())
        return MarkTrack.model_validate(
            {
                "kind": kind,
                "x_px": places,
                "y_px": flat,
                "sigma_px": flat,
                "seen": (True,) * 201,
                "width_px": 12,
            }
        )

    marks = (
        mark("parallel", 5, 5),
        mark("inclined", 30, 60),
        mark("inclined", 95, 65),
        mark("parallel", 110, 110),
    )
    return ThicknessEstimate(
        method="ruler", thickness_nm=tuple(steps.tolist()), sigma_nm=(0.5,) * 200, z_nm=z_nm,
        marks=marks, angle_deg=angle_deg, pixel_nm=2.5,
    )  # fmt: skip


def test_slices_and_ruler_come_from_the_thickness_step(grey: Volume, segmented: Volume) -> None:
    found = like(Sample({"": grey}, segmented, thickness=ruler(np.random.default_rng(2))), Plan(), Job())
    milling = found.plan.milling
    assert milling.thickness == "gamma"
    assert milling.slice_nm == pytest.approx(10, abs=0.4)
    assert milling.sd_nm == pytest.approx(2, abs=0.3)
    place = found.plan.ruler
    assert (place.on, place.angle_deg, place.mark_width_nm, place.inclined) == (True, 1.0, 30.0, "mirrored")
    assert fault_of(found.plan) is None


def test_a_ruler_whose_marks_would_meet_in_the_small_field_is_left_out(
    grey: Volume, segmented: Volume
) -> None:
    thickness = ruler(np.random.default_rng(2), angle_deg=28.0)
    found = like(Sample({"": grey}, segmented, thickness=thickness), Plan(), Job())
    assert not found.plan.ruler.on
    assert fault_of(found.plan) is None
    with_it = found.plan.ruler.model_copy(update={"on": True})
    assert fault_of(found.plan.model_copy(update={"ruler": with_it})) is not None, "it would not run"
    assert "Ruler" not in told(found)
    said = next(text for text in found.untold if text.startswith("ruler: "))
    assert "left out, because the marks of the ruler meet" in said
    assert not any("cap layer and materials" in text for text in found.untold)
    assert not found.advice


def test_a_ruler_that_the_fast_approximation_does_not_know_is_left_out(
    grey: Volume, segmented: Volume
) -> None:
    thickness = ruler(np.random.default_rng(2))
    plan = Plan(electrons="surrogate", voltages_kv=(2.0,))
    found = like(Sample({"2kV": grey}, segmented, thickness=thickness), plan, Job())
    assert not found.plan.ruler.on
    assert any(text.startswith("ruler: is left out") for text in found.untold)
    assert not found.advice


def test_what_cannot_run_for_another_reason_is_said(grey: Volume, segmented: Volume) -> None:
    plan = Plan(electrons="surrogate")
    stack = replace(grey, metadata=Metadata(voltage_kv=29.0), info=grey.info.with_(channel="29kV"))
    found = like(Sample({"29kV": stack}, segmented), plan, Job())
    assert "cannot run as it stands" in found.advice


def test_gaps_tilt_and_unknown_scales(grey: Volume) -> None:
    numbers = tuple(index + (index > 10) * 2 for index in range(SHAPE[0]))
    info = grey.info.with_(voxel_nm=(None, 3.0, 2.5), slice_numbers=numbers, channel="")
    found = like(Sample({"": Volume(info, grey.source)}), Plan(), Job())
    assert found.plan.milling.lost_probability == pytest.approx(2 / (SHAPE[0] + 2), abs=1e-3)
    assert found.plan.tilt_deg == pytest.approx(np.degrees(np.arccos(2.5 / 3)), abs=0.01)
    said = " ".join(found.untold)
    assert "slice thickness" in said
    assert "voltages" in said
    z_nm = tuple(4.0 * number for number in numbers)
    info = grey.info.with_(voxel_nm=(None, 2.5, 2.5), slice_numbers=numbers, z_nm=z_nm)
    found = like(Sample({"": Volume(info, grey.source)}), Plan(), Job())
    assert found.plan.milling.slice_nm == 4.0, "the distance across lost slices is none of a slice"
    assert found.plan.milling.thickness == "even"
    info = grey.info.with_(voxel_nm=(5.0, 1500.0, 1500.0))
    found = like(Sample({"": Volume(info, grey.source)}), Plan(), Job())
    assert found.plan.field.pixel_nm == Plan().field.pixel_nm
    assert any("1500 nm cannot be simulated" in text for text in found.untold)
    info = grey.info.with_(voxel_nm=(None, None, None))
    found = like(Sample({"": Volume(info, grey.source)}, Volume(info, grey.source)), Plan(), Job())
    assert any("pixel size" in text for text in found.untold)
