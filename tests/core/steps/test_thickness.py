"""The thickness step: one result for all channels, from whichever source; slices lie where it says."""

from __future__ import annotations

import numpy as np
import pytest
from pydantic import ValidationError

from core.errors import MissingMetadataError, ParameterError, VoxelError
from core.job import Job
from core.steps.thickness import THICKNESS, ThicknessParams, marks_of, measured_thickness
from core.thickness.assemble import estimate_of
from core.volume import Volume, VolumeInfo, volume_of
from tests.core.thickness.virtual import VirtualRuler

RULER = VirtualRuler(slices=24, cnr=6.0, seed=4)


@pytest.fixture(scope="module")
def seen() -> Volume:
    return volume_of(RULER.read(slice(0, RULER.slices)), voxel_nm=(None, RULER.pixel_nm, RULER.pixel_nm))


@pytest.fixture(scope="module")
def ruler(seen):
    return measure({"": seen}, angle_deg=RULER.angle_deg)[""]


def flat(slices: int = 24, **info: object) -> Volume:
    return volume_of(np.zeros((slices, 64, 64), np.uint8), **info)


def measure(volumes: dict[str, Volume], **values: object):
    return measured_thickness(volumes, ThicknessParams(**values), Job())


def test_the_ruler_measures_every_slice(ruler) -> None:
    found = ruler
    true_nm = np.diff(RULER.z_nm)
    assert np.sqrt(np.mean((np.array(found.thickness_nm) - true_nm) ** 2)) < 0.5
    assert found.z_nm == pytest.approx(RULER.z_nm, abs=2.0)
    assert found.mean_nm == pytest.approx(true_nm.mean(), abs=0.2)
    assert (found.method, found.angle_deg, found.pixel_nm) == ("ruler", 30.0, 5.0)
    assert [mark.kind for mark in found.marks] == ["parallel", "inclined", "inclined", "parallel"]
    assert len(found.drift_px_yx) == len(found.scale) == 24
    assert min(found.sigma_nm) > 0


def test_all_channels_take_the_result_of_the_first_that_shows_the_ruler(seen) -> None:
    found = measure({"1kV": flat(voxel_nm=(None, 5.0, 5.0)), "2kV": seen}, angle_deg=30.0)
    assert set(found) == {"1kV", "2kV"}
    assert found["1kV"] == found["2kV"]
    assert found["1kV"].channel == "2kV"


def test_a_stack_without_ruler_is_refused() -> None:
    with pytest.raises(VoxelError) as caught:
        measure({"a": flat(voxel_nm=(None, 5.0, 5.0))}, angle_deg=30.0)
    assert caught.value.remedy


def test_a_named_channel_does_not_fall_back(seen) -> None:
    with pytest.raises((VoxelError, MissingMetadataError)):
        measure({"1kV": flat(voxel_nm=(None, 5.0, 5.0)), "2kV": seen}, angle_deg=30.0, in_channel="1kV")
    with pytest.raises(ParameterError, match="no such channel"):
        measure({"1kV": seen}, angle_deg=30.0, in_channel="4kV")


def test_what_the_ruler_needs_is_asked_for(seen, ruler) -> None:
    with pytest.raises(ParameterError, match="angle") as caught:
        measure({"": seen})
    assert "--angle-deg" in str(caught.value)
    bare = Volume(seen.info.with_(voxel_nm=(None, None, None)), seen.source)
    with pytest.raises(MissingMetadataError, match="pixel size"):
        measure({"": bare}, angle_deg=30.0)
    given = measure({"": bare}, angle_deg=30.0, pixel_nm=5.0)[""]
    assert given.thickness_nm == ruler.thickness_nm
    with pytest.raises(ParameterError, match="does not lie within"):
        measure({"": seen}, angle_deg=30.0, region="0-9999, 0-100")


@pytest.mark.parametrize(
    ("values", "spacing", "method"),
    [
        ({"method": "constant", "constant_nm": 8.0}, 8.0, "constant"),
        ({"method": "constant"}, 12.0, "constant"),
        ({"method": "metadata"}, 12.0, "metadata"),
    ],
)
def test_sources_that_measure_nothing(values, spacing, method) -> None:
    found = measure({"": flat(3, voxel_nm=(12.0, 5.0, 5.0))}, **values)[""]
    assert found.thickness_nm == (spacing, spacing)
    assert found.method == method


def test_the_named_channel_is_measured() -> None:
    volumes = {"a": flat(3, voxel_nm=(5.0, 5.0, 5.0)), "b": flat(3, voxel_nm=(7.0, 5.0, 5.0))}
    found = measure(volumes, method="metadata", in_channel="b")
    assert found["a"].channel == "b"
    assert found["a"].thickness_nm == (7.0, 7.0)


def test_a_channel_that_states_nothing_is_passed_over() -> None:
    found = measure({"a": flat(3), "b": flat(3, voxel_nm=(7.0, 5.0, 5.0))}, method="metadata")
    assert found["a"].thickness_nm == (7.0, 7.0)
    with pytest.raises(MissingMetadataError):
        measure({"a": flat(3)}, method="metadata")


def test_a_table_has_to_be_read_first() -> None:
    with pytest.raises(ParameterError, match="no table") as caught:
        measure({"": flat(3)}, method="table")
    assert "--from" in str(caught.value)


@pytest.mark.parametrize("values", [{"angle_deg": 30.0}, {"method": "image"}])
def test_label_numbers_are_no_brightness(values) -> None:
    labels = flat(3, voxel_nm=(5.0, 5.0, 5.0), content="labels")
    with pytest.raises(ParameterError, match="label"):
        measure({"": labels}, **values)
    assert measure({"": labels}, method="metadata")[""].mean_nm == 5.0


def test_channels_of_other_slices_are_refused() -> None:
    with pytest.raises(ParameterError, match="same slices") as caught:
        measure({"a": flat(3), "b": flat(4)}, method="constant", constant_nm=5.0)
    assert "b: 4" in str(caught.value)


@pytest.mark.parametrize("values", [{"angle_deg": 30.0}, {"method": "image"}, {"method": "metadata"},
                                    {"method": "constant", "constant_nm": 3.0}])  # fmt: skip
def test_one_slice_is_refused(values) -> None:
    with pytest.raises(ParameterError, match="only one"):
        measure({"": flat(1, voxel_nm=(5.0, 5.0, 5.0))}, **values)


def test_the_result_lies_where_it_was_found() -> None:
    estimate = estimate_of([0.0, 10.0, 24.0], method="file")
    info = VolumeInfo((3, 4, 4), np.dtype(np.uint8), voxel_nm=(10.0, 5.0, 5.0))
    result = THICKNESS.result_info(info, ThicknessParams(), estimate)
    assert result.z_nm == result.positions_nm() == (0.0, 10.0, 24.0)
    assert result.voxel_nm == (12.0, 5.0, 5.0)
    with pytest.raises(ParameterError, match="do not fit"):
        THICKNESS.result_info(info.with_(shape=(4, 4, 4)), ThicknessParams(), estimate)


def test_what_can_be_foreseen() -> None:
    bare = VolumeInfo((3, 4, 4), np.dtype(np.uint8), voxel_nm=(None, 5.0, 5.0))
    assert THICKNESS.result_info(bare, ThicknessParams()).positions_nm() == (0.0, 10.0, 20.0)
    typed = ThicknessParams(method="constant", constant_nm=4.0)
    assert THICKNESS.result_info(bare, typed).voxel_nm[0] == 4.0
    known = bare.with_(voxel_nm=(7.0, 5.0, 5.0))
    assert THICKNESS.result_info(known, ThicknessParams()) == known


@pytest.mark.parametrize(
    ("text", "marks"),
    [("", None), ("120.5, 340, 610, 850", (120.5, 340, 610, 850)), ("1;2;3", (1, 2, 3))],
)
def test_marks_are_read(text, marks) -> None:
    assert marks_of(text) == marks


@pytest.mark.parametrize(
    "values",
    [
        {"marks_x_px": "1, 2"},
        {"marks_x_px": "4, 3, 2, 1"},
        {"marks_x_px": "1, 2, nan, 4"},
        {"marks_x_px": "-1, 2, 3, 4"},
        {"marks_x_px": "a, b, c, d"},
        {"region": "1-2"},
        {"angle_deg": 0.0},
        {"angle_deg": 80.0},
        {"angle_deg": 0.3},
        {"constant_nm": 0.0},
        {"pixel_nm": -1.0},
        {"method": "guess"},
    ],
)
def test_bad_parameters_are_refused(values) -> None:
    with pytest.raises(ValidationError):
        ThicknessParams(**values)
