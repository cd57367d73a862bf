"""Data far from what a model was trained on are refused with the numbers, nearer ones noted."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest

from core.errors import MissingMetadataError, ParameterError, VoxelError
from core.models.fit import (
    channel_notes,
    contrast_findings,
    paired,
    refuse,
    require_ready,
    slice_nm_of,
    slice_step_for,
    voltage_kv,
    voxel_findings,
)
from core.models.intensity import Levels
from core.models.spec import Known, ModelSpec
from core.volume import VolumeInfo
from tests.core.models.tiny import spec_of


def info(voxel_nm: Any = (10, 2.5, 2.5), slices: int = 5, **rest: Any) -> VolumeInfo:
    return VolumeInfo((slices, 8, 8), np.dtype(np.uint8), voxel_nm=voxel_nm, **rest)


def seven(**known: Any) -> ModelSpec:
    ranges: dict[str, Any] = {"pixel_nm": (2, 3), "slice_nm": (8, 12)}
    return spec_of(slices=7, known=Known(**ranges | known))


@pytest.mark.parametrize(
    ("name", "kv"),
    [
        ("1kV-TLD", 1),
        ("2 kV", 2),
        ("ICD_1.5kV", 1.5),
        ("SE", None),
        ("", None),
        ("12kVA", None),
        ("21kV", 21),
    ],
)
def test_voltages_are_read_from_names(name: str, kv: float | None) -> None:
    assert voltage_kv(name) == kv


def test_channels_are_found_by_name_and_by_voltage() -> None:
    spec = spec_of(channels=("1kV", "2kV"))
    assert paired(spec, ("2kV", "1kV")) == {"1kV": "1kV", "2kV": "2kV"}
    assert paired(spec, ("2kV-TLD", "SE", "1.0kV-ICD")) == {"1kV": "1.0kV-ICD", "2kV": "2kV-TLD"}
    # the very name comes before another of the same voltage
    assert paired(spec, ("1kV", "1kV-ICD", "2kV")) == {"1kV": "1kV", "2kV": "2kV"}


@pytest.mark.parametrize("names", [("1kV",), ("1kV", "4kV"), ("",), ("1kV", "2kV-TLD", "2kV-ICD")])
def test_channels_that_are_missing_or_doubtful_are_refused(names: tuple[str, ...]) -> None:
    with pytest.raises(ParameterError, match="2kV") as caught:
        paired(spec_of(channels=("1kV", "2kV")), names, force=True)
    assert "--input 1kV=PATH 2kV=PATH" in str(caught.value)


def test_a_single_stack_goes_with_a_model_of_one_channel() -> None:
    spec = spec_of(channels=("2kV",))
    assert paired(spec, ("",)) == {"2kV": ""}
    assert "states no imaging condition" in channel_notes(spec, {"2kV": ""}, ("",))[0].text
    assert channel_notes(spec, {"2kV": "2kV-TLD"}, ("2kV-TLD",)) == []
    with pytest.raises(ParameterError, match="1 kV"):
        paired(spec, ("1kV-TLD",))
    assert paired(spec, ("1kV-TLD",), force=True) == {"2kV": "1kV-TLD"}
    assert paired(spec_of(channels=("SE",)), ("5kV",)) == {"SE": "5kV"}
    [unused] = channel_notes(spec, {"2kV": "2kV"}, ("2kV", "4kV"))
    assert "4kV" in unused.text


def test_the_distance_of_slices_is_the_mean_one() -> None:
    assert slice_nm_of(info()) == 10
    assert slice_nm_of(info((None, 2, 2))) is None
    assert slice_nm_of(info(z_nm=(0, 8, 20, 30, 44))) == 11
    uneven = info(z_nm=(0, 8, 20, 30, 44))
    assert slice_nm_of(uneven.selected([0, 2, 4])) == 11  # a sample is no coarser stack
    assert slice_nm_of(info(slice_numbers=(0, 1, 2, 8, 9))) == 10


@pytest.mark.parametrize(("slice_nm", "step"), [(10, 1), (2.5, 4), (5, 2), (8, 1), (3, 3), (25, 1)])
def test_the_slice_step_brings_slices_to_the_distance_of_the_model(slice_nm: float, step: int) -> None:
    assert slice_step_for(seven(), info((slice_nm, 2.5, 2.5))) == step
    assert slice_step_for(spec_of(), info((slice_nm, 2.5, 2.5))) == 1  # looks at one slice only
    assert slice_step_for(seven(), info((slice_nm, 2.5, 2.5)), 7) == 7


def test_a_large_slice_step_has_to_be_stated() -> None:
    with pytest.raises(ParameterError, match="every 10th") as caught:
        slice_step_for(seven(), info((1, 2.5, 2.5)))
    assert "--slice-step 10" in str(caught.value)


def test_within_the_range_nothing_is_said() -> None:
    assert voxel_findings(seven(), info(), 1) == []
    assert voxel_findings(seven(), info((2.5, 2.5, 2.5)), 4) == []


@pytest.mark.parametrize(
    ("voxel_nm", "step", "refused", "number"),
    [
        ((10, 4, 4), 1, False, "4 nm"),
        ((10, 5, 5), 1, True, "5 nm"),
        ((10, 1, 1), 1, True, "1 nm"),
        ((10, 1.5, 1.5), 1, False, "1.5 nm"),
        ((10, 2.5, 9), 1, True, "9 nm along x"),
        ((15, 2.5, 2.5), 1, False, "15 nm apart"),
        ((30, 2.5, 2.5), 1, True, "30 nm apart"),
        ((2.5, 2.5, 2.5), 2, True, "5 nm apart"),
    ],
)
def test_beyond_the_range_numbers_are_told(voxel_nm: Any, step: int, refused: bool, number: str) -> None:
    [finding] = voxel_findings(seven(), info(voxel_nm), step)
    assert finding.refused is refused
    assert number in finding.text
    assert "trained on" in finding.text
    if refused:
        with pytest.raises(VoxelError, match="does not fit") as caught:
            refuse([finding], seven(), force=False)
        assert "--force" in str(caught.value)
    [note] = refuse([finding], seven(), force=True)
    assert number in note
    assert ("all the same" in note) is refused


def test_unknown_voxels_are_refused_unless_insisted() -> None:
    for wrong in [(10, None, None), (None, 2.5, 2.5)]:
        with pytest.raises(MissingMetadataError):
            require_ready(seven(), info(wrong), 1, force=False)
        require_ready(seven(), info(wrong), 1, force=True)
        assert len(voxel_findings(seven(), info(wrong), 1)) == 1
    require_ready(spec_of(), info((None, 2.5, 2.5)), 1, force=False)  # a model of single slices


def test_gaps_are_no_slices() -> None:
    with pytest.raises(ParameterError, match="2 planes are gaps"):
        require_ready(seven(), info(origin=(1, 0, 0, 1, 1)), 1, force=True)


def test_sentences_have_no_double_spaces() -> None:
    spec = seven(contrast_to_noise={"2kV": (4, 10)})
    [found] = contrast_findings(spec, {"2kV": Levels(0, 12, 1)})
    assert found.text.startswith("The data have a contrast by noise of 12 in channel 2kV; the model")


def test_noise_beyond_the_training_is_refused_and_clear_images_are_noted() -> None:
    spec = seven(contrast_to_noise={"2kV": (3, 10)})
    assert contrast_findings(spec, {"2kV": Levels(50, 150, 20)}) == []
    [note] = contrast_findings(spec, {"2kV": Levels(50, 150, 40)})
    assert not note.refused
    assert "2.5" in note.text
    [refusal] = contrast_findings(spec, {"2kV": Levels(50, 150, 60)})
    assert refusal.refused
    [clear] = contrast_findings(spec, {"2kV": Levels(50, 150, 1)})
    assert not clear.refused
    assert "100" in clear.text


@pytest.mark.parametrize("names", [("2kV",), ("2kV SE",), ("2kV SE", "4kV")])
def test_one_channel_is_not_taken_for_two(names: tuple[str, ...]) -> None:
    spec = spec_of(channels=("2kV SE", "2kV BSE"))
    with pytest.raises(ParameterError, match="no further channel is its '2kV BSE'"):
        paired(spec, names, force=True)
    assert paired(spec, ("2kV BSE", "2kV SE")) == {"2kV SE": "2kV SE", "2kV BSE": "2kV BSE"}
