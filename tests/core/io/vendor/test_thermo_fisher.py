"""Thermo Fisher / FEI tags: the truths and traps of the real files, and what those files lack."""

from __future__ import annotations

import base64
from pathlib import Path

import pytest

from core.io.vendor import VendorReport, from_tiff
from core.metadata import foreshortened_y_nm
from tests.core.io.vendor.raw import raw_tags
from tests.shared_data import shared_path

ASV_SLICE = "kleinerELM_ASV3/SEM Image - SliceImage - 001.tif"


def report_of(name: str, only: tuple[int, ...] = ()) -> VendorReport:
    path = shared_path(name)
    tags, shape_yx = raw_tags(path)
    report = from_tiff(path, {tag: tags[tag] for tag in only or tags}, shape_yx)
    assert report is not None
    return report


def of_ini(text: str, shape_yx: tuple[int, int] = (100, 200)) -> VendorReport:
    report = from_tiff(Path("slice.tif"), {34682: text}, shape_yx)
    assert report is not None
    return report


def said(report: VendorReport, *words: str) -> bool:
    return any(all(word in note for word in words) for note in report.notes)


# ---------------------------------------------------------------- kleinerELM_ASV3
@pytest.mark.parametrize("tag", [34682, 34683, 34680])
def test_sub_area_pixel_is_not_field_width_over_columns(tag: int) -> None:
    """Trap: HFW belongs to the whole scan, HFW / width = 17.07 nm is wrong; all three tags say 8.993 nm."""
    metadata = report_of(ASV_SLICE, (tag,)).metadata
    assert metadata.pixel_nm_yx == pytest.approx((8.993, 8.993), abs=0.001)


def test_asv_slice_conditions() -> None:
    metadata = report_of(ASV_SLICE).metadata
    assert metadata.instrument == "Helios G4 UX"
    assert (metadata.voltage_kv, metadata.detector) == (2.0, "TLD")
    assert metadata.channel_name() == "2kV-TLD"
    assert metadata.current_pa == pytest.approx(200)
    assert metadata.dwell_us == pytest.approx(0.3)
    assert metadata.beam == "electron"
    assert metadata.stage_rotation_deg == pytest.approx(52.865, abs=0.01)


@pytest.mark.parametrize("tag", [34682, 34683, 34680])
def test_asv_slice_without_tilt_correction_leaves_y_alone_and_says_so(tag: int) -> None:
    """Trap: TiltCorrectionIsOn=no, stage tilt 16.0°: y is not corrected, and no usable angle is stated."""
    report = report_of(ASV_SLICE, (tag,))
    assert report.metadata.tilt_correction_on is False
    assert report.metadata.tilt_correction_angle_deg is None
    assert report.metadata.stage_tilt_deg == pytest.approx(16.0, abs=0.01)
    assert said(report, "without tilt correction", "no angle", "left as recorded")


def test_asv_slice_date_is_24_hours() -> None:
    """Trap: the INI writes AM/PM times."""
    assert report_of(ASV_SLICE, (34682,)).metadata.acquired == "2020-11-19T11:13:36"
    assert report_of(ASV_SLICE, (34683,)).metadata.acquired == "2020-11-19T11:13:36"


def test_slice_thickness_is_missing_not_inferred() -> None:
    """Trap: thickness is NOT in the files (beam shift steps hint at 10 nm; not a truth)."""
    report = report_of(ASV_SLICE)
    assert report.metadata.slice_nm is None
    assert report.metadata.z_nm is None
    assert report.metadata.missing() == ("slice_nm",)


def test_sub_area_has_no_data_bar() -> None:
    """Trap: 2007 of 2048 scanned rows is the reduced area, not a bar."""
    report = report_of(ASV_SLICE)
    assert report.metadata.image_rows == 2007


def test_three_tags_of_one_image_do_not_contradict_each_other() -> None:
    assert not said(report_of(ASV_SLICE), "disagree")
    assert report_of(ASV_SLICE).metadata.sources == ("TIFF tag 34682", "TIFF tag 34683")


# ---------------------------------------------------------------- tfs_metadata_text
def test_reduced_area_where_field_width_is_the_reduced_one() -> None:
    """Trap: opposite convention to kleinerELM_ASV3, and ResolutionX/Y = 3072 x 2048 is not the image."""
    path = shared_path("tfs_metadata_text/helios5hydra_asv_slice_ini.txt")
    report = from_tiff(Path("x.tif"), {34682: path.read_bytes()}, (1088, 2243))
    assert report is not None
    metadata = report.metadata
    assert metadata.pixel_nm_yx == (10.0, 10.0)
    assert metadata.image_rows == 1088
    assert (metadata.voltage_kv, metadata.detector, metadata.instrument) == (2.0, "TLD", "Helios 5 Hydra CX")
    assert metadata.acquired == "2023-10-09T20:04:59"


def test_negative_correction_angle_becomes_38_degrees() -> None:
    """Truth: TiltCorrectionIsOn=yes, TiltCorrectionAngle=-0.663242 rad (-38°); stage at 52°."""
    path = shared_path("tfs_metadata_text/helios5hydra_asv_slice_ini.txt")
    report = from_tiff(Path("x.tif"), {34682: path.read_bytes()}, (1088, 2243))
    assert report is not None
    assert report.metadata.tilt_correction_on is True
    assert report.metadata.tilt_correction_angle_deg == pytest.approx(38.0, abs=0.01)
    assert report.metadata.stage_tilt_deg == pytest.approx(52.0, abs=0.01)
    assert report.metadata.specimen_tilt_deg == 0.0
    assert report.notes == ()


def test_xml_of_2022() -> None:
    """Truth: real tag 34683; trap: a pre-tilt of -38° is stored although the correction was off."""
    path = shared_path("tfs_metadata_text/helios5hydra_xml_2022.xml")
    report = from_tiff(Path("x.tif"), {34683: path.read_text()}, (1768, 2048))
    assert report is not None
    metadata = report.metadata
    assert metadata.pixel_nm_yx == pytest.approx((269.79, 269.79), abs=0.01)
    assert (metadata.voltage_kv, metadata.detector, metadata.current_pa) == (2.0, "ETD", 50.0)
    assert metadata.stage_tilt_deg == pytest.approx(27.0, abs=0.01)
    assert metadata.tilt_correction_on is False
    assert metadata.tilt_correction_angle_deg is None
    assert said(report, "38.0°", "not applied")


# ---------------------------------------------------------------- imageio_fei_rbc
def test_hidden_data_bar() -> None:
    """Trap: DatabarHeight=0 although 70 rows of bar are burnt in: rows come from ResolutionY=1024."""
    report = report_of("imageio_fei_rbc/fei-sem-rbc.tif")
    assert report.metadata.image_rows == 1024


def test_red_blood_cell_pixel() -> None:
    metadata = report_of("imageio_fei_rbc/fei-sem-rbc.tif").metadata
    assert metadata.pixel_nm_yx == pytest.approx((7.70833, 7.70833), abs=1e-5)
    assert (metadata.instrument, metadata.voltage_kv, metadata.detector) == ("Teneo", 2.0, "ETD")


# ---------------------------------------------------------------- rosettasciio_vendor
@pytest.mark.parametrize("bits", [8, 16])
def test_helios_image_with_bar(bits: int) -> None:
    """Truth: 512 x 471 with a burnt bar of 29 px, 3.3724 µm per pixel; 0.03° of angle is no tilt."""
    report = report_of(f"rosettasciio_vendor/FEI-Helios-Ebeam-{bits}bits.tif")
    assert report.metadata.pixel_nm_yx == (3372.4, 3372.4)
    assert report.metadata.image_rows == 442
    assert report.metadata.tilt_correction_angle_deg is None


def test_malformed_numbers_are_left_out_and_named() -> None:
    """Trap: "bad-floats" holds HV=notafloat and no section of its beam."""
    report = report_of("rosettasciio_vendor/FEI-Helios-navcam-with-no-IRBeam-bad-floats.tif")
    assert report.metadata.voltage_kv is None
    assert report.metadata.pixel_nm_yx == (None, None)
    assert report.metadata.beam is None
    assert said(report, "HV", "notafloat")


@pytest.mark.parametrize("name", ["FEI-Helios-navcam.tif", "FEI-Helios-navcam-with-no-IRBeam.tif"])
def test_navigation_camera_is_no_beam_image(name: str) -> None:
    report = report_of(f"rosettasciio_vendor/{name}")
    assert report.metadata.beam is None
    assert said(report, "IRBeam", "neither electron nor ion")
    assert report.metadata.pixel_nm_yx == (None, None)
    assert report.metadata.image_rows == 512


# ---------------------------------------------------------------- demarco_fibsem_2d
@pytest.mark.parametrize(
    ("name", "voltage_kv"),
    [("docs_img_gamma_gamma_example.tif", 20.0), ("fibsem_detection_test_image_2.tif", 30.0)],
)
def test_ion_beam_images_are_recognised(name: str, voltage_kv: float) -> None:
    """Trap: ion-beam images must not be put into an electron stack; 97.66 nm per pixel."""
    report = report_of(f"demarco_fibsem_2d/{name}")
    assert report.metadata.beam == "ion"
    assert report.metadata.voltage_kv == voltage_kv
    assert report.metadata.pixel_nm_yx == pytest.approx((97.66, 97.66), abs=0.01)
    assert said(report, "ion-beam image")


@pytest.mark.parametrize(
    "name",
    [
        "fibsem_detection_test_image.tif",
        "fibsem_segmentation_docs_imgs_raw_image.tif",
        "fibsem_segmentation_docs_imgs_labelled_label.tif",
        "fibsem_segmentation_test_image.tif",
    ],
)
def test_files_with_no_scale_at_all(name: str) -> None:
    """Trap: bare TIFFs beside calibrated ones; nothing is borrowed."""
    path = shared_path(f"demarco_fibsem_2d/{name}")
    tags, shape_yx = raw_tags(path)
    assert tags == {}
    assert from_tiff(path, tags, shape_yx) is None


# ---------------------------------------------------------------- what the files lack
def test_angle_stored_with_correction_off_is_not_used() -> None:
    """Trap of SEM_Image-SliceImage-001 (not here): TiltCorrectionAngle 0.977 rad, TiltCorrectionIsOn=no."""
    report = of_ini(
        "[Beam]\nBeam=EBeam\n[EBeam]\nTiltCorrectionIsOn=no\nTiltCorrectionAngle=0.977384\n[Scan]\n"
        "PixelWidth=3.854e-7\nPixelHeight=3.854e-7\n[Stage]\nStageT=0.907571\n"
    )
    assert report.metadata.tilt_correction_on is False
    assert report.metadata.tilt_correction_angle_deg is None
    assert said(report, "56.0°", "not applied")
    assert report.metadata.pixel_nm_yx == (385.4, 385.4)


@pytest.mark.parametrize(("angle_rad", "used"), [("-0.663225", 38.0), ("0.663225", 38.0), ("0.907571", None)])
def test_angle_that_fits_the_stage_tilt_is_used_with_correction_off(
    angle_rad: str, used: float | None
) -> None:
    report = of_ini(
        f"[Beam]\nBeam=EBeam\n[EBeam]\nTiltCorrectionIsOn=no\nTiltCorrectionAngle={angle_rad}\n[Scan]\n"
        "PixelWidth=2.08e-8\nPixelHeight=2.08e-8\n[Stage]\nStageT=0.907571\n"
    )
    angle = report.metadata.tilt_correction_angle_deg
    assert angle == (None if used is None else pytest.approx(used, abs=0.01))
    assert said(report, "stage tilt of 52.0°") is (used is not None)
    if angle is not None:
        # Seed 002: 20.8 nm pixels become 26.4 nm along y.
        assert foreshortened_y_nm(20.8, correction_angle_deg=angle) == pytest.approx(26.4, abs=0.05)


def test_field_width_alone_gives_no_pixel_size() -> None:
    report = of_ini("[Beam]\nBeam=EBeam\n[EBeam]\nHFW=2e-5\n[Image]\nResolutionX=200\nResolutionY=100\n")
    assert report.metadata.pixel_nm_yx == (None, None)
    assert said(report, "field width but no pixel size")


def test_tags_that_disagree_are_named_and_the_ini_is_used() -> None:
    xml = (
        "<Metadata><BinaryResult><PixelSize><X>2e-8</X><Y>2e-8</Y></PixelSize></BinaryResult>"
        "<Optics><SampleTiltCorrectionOn>true</SampleTiltCorrectionOn></Optics></Metadata>"
    )
    ini = "[Beam]\nBeam=EBeam\n[EBeam]\nTiltCorrectionIsOn=no\n[Scan]\nPixelWidth=1e-8\nPixelHeight=1e-8\n"
    report = from_tiff(Path("x.tif"), {34682: ini, 34683: xml}, (100, 200))
    assert report is not None
    assert report.metadata.pixel_nm_yx == (10.0, 10.0)
    assert report.metadata.tilt_correction_on is False
    assert said(report, "disagree on pixel_nm_yx")
    assert said(report, "disagree on tilt_correction_on")


def test_tag_34680_may_hold_plain_ini() -> None:
    text = "[Beam]\nBeam=EBeam\nHV=5000\n[Scan]\nPixelWidth=1e-8\nPixelHeight=1e-8\n"
    report = from_tiff(Path("x.tif"), {34680: text.encode("utf-16")}, (100, 200))
    assert report is not None
    assert report.metadata.voltage_kv == 5.0
    assert report.metadata.pixel_nm_yx == (10.0, 10.0)


def test_beam_deceleration_is_said() -> None:
    """A stage bias lowers the landing energy, and with it the depth the electrons reach."""
    report = of_ini("[Beam]\nHV=3000\n[EBeamDeceleration]\nModeOn=On\nLandingEnergy=500\n")
    assert report.metadata.voltage_kv == 3.0
    assert said(report, "deceleration", "500 eV")


def test_angle_that_fits_no_geometry_is_said() -> None:
    report = of_ini(
        "[Beam]\nBeam=EBeam\n[EBeam]\nTiltCorrectionIsOn=yes\nTiltCorrectionAngle=0.3491\n[Stage]\nStageT=0.6981\n"
    )
    assert report.metadata.tilt_correction_angle_deg == pytest.approx(20, abs=0.01)
    assert said(report, "fits neither")


def test_ini_without_any_setting_is_refused_by_name() -> None:
    report = of_ini("hello world")
    assert report.metadata.sources == ()
    assert said(report, "34682", "no microscope settings")


@pytest.mark.parametrize("cut", [10, 500, 2500, 4800])
def test_truncated_xml_is_said(cut: int) -> None:
    xml = shared_path("tfs_metadata_text/helios5hydra_xml_2022.xml").read_bytes()
    report = from_tiff(Path("x.tif"), {34683: xml[:cut]}, (1768, 2048))
    assert report is not None
    assert report.metadata.pixel_nm_yx == (None, None)
    assert said(report, "34683", "damaged XML")


def test_truncated_base64_is_said() -> None:
    packed = base64.b64encode(b"<MementoItemCollection><item><key>")
    for raw in (packed, packed[:-3]):
        report = from_tiff(Path("x.tif"), {34680: raw}, (10, 10))
        assert report is not None
        assert said(report, "34680", "not read")


def test_stored_angle_gives_the_foreshortening_of_the_ceramics_paper() -> None:
    """Check: 20.8 nm along x, 26.4 nm along y at 52° between the beams (stored as -38°)."""
    report = of_ini("[Beam]\nBeam=EBeam\n[EBeam]\nTiltCorrectionIsOn=yes\nTiltCorrectionAngle=-0.663225\n")
    angle_deg = report.metadata.tilt_correction_angle_deg
    assert angle_deg is not None
    assert foreshortened_y_nm(20.8, correction_angle_deg=angle_deg) == pytest.approx(26.4, abs=0.05)
