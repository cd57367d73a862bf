"""Fibics Atlas: tag 51023, positions in file names, and the set-up of a run."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from core.io.vendor import VendorReport, from_project, from_tiff, z_from_name
from core.metadata import foreshortened_y_nm
from tests.core.io.vendor.raw import raw_tags
from tests.shared_data import shared_path


def keyframe(detector: str) -> VendorReport:
    path = shared_path(f"kit_zeiss_sem/{detector}_keyframe_00001_slice_00006_z=1.6659um.tif")
    tags, shape_yx = raw_tags(path)
    report = from_tiff(path, tags, shape_yx)
    assert report is not None
    return report


def said(report: VendorReport, *words: str) -> bool:
    return any(all(word in note for word in words) for note in report.notes)


# ---------------------------------------------------------------- kit_zeiss_sem
@pytest.mark.parametrize("detector", ["InLens", "SESI"])
def test_one_slice_in_two_detectors(detector: str) -> None:
    """Truth: pixel 44.715 nm (Ux/Vy), same z in both detectors."""
    metadata = keyframe(detector).metadata
    assert metadata.detector == detector
    assert metadata.pixel_nm_yx == pytest.approx((44.715, 44.715), abs=0.001)
    assert metadata.z_nm == pytest.approx(1665.90, abs=0.01)
    assert metadata.dwell_us == 1.0
    assert metadata.beam == "electron"
    assert metadata.acquired == "2017-04-20T11:52:36"


def test_tracked_z_is_used_not_the_nominal_one() -> None:
    """Trap: ZPos 1.66590 µm against NominalZPos 0.85981 µm (the difference is FIBDriftY 0.80608)."""
    report = keyframe("InLens")
    assert report.metadata.z_nm == pytest.approx(859.81 + 806.08, abs=0.02)
    assert said(report, "859.8 nm", "drift")


def test_tilt_correction_of_36_degrees() -> None:
    """Truth: tilt corr. -36°; trap: the stage tilt is given as 90°, which fits no such correction."""
    report = keyframe("InLens")
    assert report.metadata.tilt_correction_angle_deg == 36.0
    assert report.metadata.tilt_correction_on is True
    assert said(report, "taken to have been on")
    assert said(report, "fits neither", "90.0°")


def test_extractor_voltage_is_not_the_beam_voltage() -> None:
    """Trap: "Ext V = 4.28 kV"; the name of the aperture says 5.0 kV, and that inference is said."""
    report = keyframe("InLens")
    assert report.metadata.voltage_kv == 5.0
    assert said(report, "aperture")


# ---------------------------------------------------------------- pystack3d_atlas
def test_real_positions_in_file_names() -> None:
    """Truth: steps 9.4 10.0 9.2 10.0 9.8 10.0 11.2 10.0 9.5 nm, mean 9.90: not the nominal 10."""
    names = shared_path("pystack3d_atlas/real_slice_filenames.txt").read_text().split()
    positions_nm = [z_from_name(name) for name in names]
    assert len(positions_nm) == 10
    steps_nm = np.diff(np.array(positions_nm, dtype=float))
    assert steps_nm == pytest.approx([9.4, 10.0, 9.2, 10.0, 9.8, 10.0, 11.2, 10.0, 9.5], abs=1e-6)
    assert steps_nm.mean() == pytest.approx(9.90, abs=0.005)
    assert positions_nm[0] == pytest.approx(1089.4)


def test_setup_of_the_run() -> None:
    """Truth: interval 0.01 µm, pixel 0.01 µm, SE2 + ESB, ISO 8859-1."""
    report = from_project(shared_path("pystack3d_atlas"))
    assert report is not None
    metadata = report.metadata
    assert metadata.slice_nm == 10.0
    assert metadata.pixel_nm_yx == pytest.approx((10, 10), abs=1e-5)
    assert metadata.channels == ("SE2", "ESB")
    assert metadata.dwell_us == 0.7
    assert said(report, "10 nm", "not measured")


def test_setup_gives_the_correction_from_the_mill_to_image_angle() -> None:
    """Truth: MillToImgAngle 54, so the correction is by 36°, and it was on."""
    report = from_project(shared_path("pystack3d_atlas/Atlas3D.a3d-setup"))
    assert report is not None
    assert report.metadata.tilt_correction_on is True
    assert report.metadata.tilt_correction_angle_deg == 36.0
    assert said(report, "derived", "MillToImgAngle")


def test_key_frames_have_another_pixel() -> None:
    """Trap: key frames lie beside the slices with 20.62 nm pixels."""
    report = from_project(shared_path("pystack3d_atlas"))
    assert report is not None
    assert said(report, "Key frames", "20.62 nm")


# ---------------------------------------------------------------- what the files lack
def test_setup_without_correction_gives_a_usable_angle(tmp_path: Path) -> None:
    """The geometry is stated (54° between beams), so y can be corrected: x / sin 54° = x / cos 36°."""
    (tmp_path / "run.A3D-SETUP").write_text(
        '<?xml version="1.0" encoding="iso-8859-1"?>\n<ATLAS3D-Setup><JobName>é</JobName><Settings><Options>'
        "<TiltCorrectionEnabled>0</TiltCorrectionEnabled><MillToImgAngle>54</MillToImgAngle></Options></Settings>"
        "</ATLAS3D-Setup>",
        encoding="iso-8859-1",
    )
    report = from_project(tmp_path)
    assert report is not None
    angle_deg = report.metadata.tilt_correction_angle_deg
    assert report.metadata.tilt_correction_on is False
    assert angle_deg == 36.0
    assert said(report, "without tilt correction", "36°")
    assert foreshortened_y_nm(10.0, correction_angle_deg=angle_deg) == pytest.approx(
        10 / np.sin(np.radians(54))
    )


@pytest.mark.parametrize(
    ("name", "z_nm"),
    [
        ("slice_00100_z=1.0894um.tif", 1089.4),
        ("SESI_slice_00006_z=1.6659µm.tif", 1665.9),
        ("a_Z=25nm_b.tif", 25.0),
        ("z = 0.0125 mm.tif", 12500.0),
        ("slice_z=-0.5um.tif", -500.0),
        ("slice_z=0,5um.tif", 500.0),
        ("z=0um.tif", 0.0),
    ],
)
def test_positions_in_names(name: str, z_nm: float) -> None:
    assert z_from_name(name) == pytest.approx(z_nm)


@pytest.mark.parametrize(
    "name",
    [
        "slice_00100.tif",
        "z=12.tif",
        "xyz=3um.tif",
        "z=um.tif",
        "z=1.2umbra.tif",
        "size=3um.tif",
        "z=3s.tif",
        "",
    ],
)
def test_names_without_position(name: str) -> None:
    assert z_from_name(name) is None


@given(st.text(max_size=200))
def test_any_name_gives_a_finite_position_or_none(name: str) -> None:
    z_nm = z_from_name(name)
    assert z_nm is None or np.isfinite(z_nm)


def test_name_alone_gives_z() -> None:
    report = from_tiff(Path("slice_00100_z=1.0894um.tif"), {}, (10, 10))
    assert report is not None
    assert report.metadata.z_nm == pytest.approx(1089.4)
    assert report.metadata.sources == ("file name",)


def test_name_that_contradicts_the_tag_is_said() -> None:
    xml = "<Fibics><ATLAS3D><Slice><ZPos>2.0</ZPos></Slice></ATLAS3D></Fibics>"
    report = from_tiff(Path("slice_z=1.0um.tif"), {51023: xml}, (10, 10))
    assert report is not None
    assert report.metadata.z_nm == 2000.0
    assert said(report, "named for z = 1000 nm", "2000 nm")


def test_rotated_scan_has_the_length_of_the_step() -> None:
    xml = "<Fibics><Scan><Ux>0.003</Ux><Uy>0.004</Uy><Vx>0.004</Vx><Vy>-0.003</Vy></Scan></Fibics>"
    report = from_tiff(Path("x.tif"), {51023: xml}, (10, 10))
    assert report is not None
    assert report.metadata.pixel_nm_yx == pytest.approx((5.0, 5.0))


def test_ion_image() -> None:
    report = from_tiff(Path("x.tif"), {51023: "<Fibics><Image><Beam>FIB</Beam></Image></Fibics>"}, (10, 10))
    assert report is not None
    assert report.metadata.beam == "ion"
    assert said(report, "ion-beam image")
