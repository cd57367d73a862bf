"""Zeiss SmartSEM tags: the truths and traps of the real files, and what those files lack."""

from __future__ import annotations

from pathlib import Path

import pytest

from core.io.vendor import VendorReport, from_tiff
from tests.core.io.vendor.raw import raw_tags
from tests.shared_data import shared_path

FEMOOX = "kit_zeiss_sem/FeMoOx_AntiA_04_1k5x_CN.tif"


def report_of(name: str, only: tuple[int, ...] = ()) -> VendorReport:
    path = shared_path(name)
    tags, shape_yx = raw_tags(path)
    report = from_tiff(path, {tag: tags[tag] for tag in only or tags}, shape_yx)
    assert report is not None
    return report


def of_pairs(
    shape_yx: tuple[int, int], tag: int = 34118, encoding: str = "cp1252", **pairs: str
) -> VendorReport:
    lines = ["0", "1.5e-8"]
    for key, text in pairs.items():
        lines += [key, text]
    report = from_tiff(Path("x.tif"), {tag: ("\r\n".join(lines) + "\r\n\0").encode(encoding)}, shape_yx)
    assert report is not None
    return report


def said(report: VendorReport, *words: str) -> bool:
    return any(all(word in note for word in words) for note in report.notes)


# ---------------------------------------------------------------- kit_zeiss_sem
@pytest.mark.parametrize(
    ("name", "detector"),
    [
        ("1-as-cast_16_Sch_10k_InLens.tif", "InLens"),
        ("1-as-cast_17_Sch_10k_SESI.tif", "SESI"),
        ("1-as-cast_18_Sch_10k_BSD-Compo.tif", "NTS BSD"),
    ],
)
def test_same_area_with_three_detectors(name: str, detector: str) -> None:
    """Truth: Auriga 60, 10 kV, 11.16 nm per pixel, three detectors."""
    metadata = report_of(f"kit_zeiss_sem/{name}").metadata
    assert metadata.detector == detector
    assert (metadata.instrument, metadata.voltage_kv) == ("Auriga 60", 10.0)
    assert metadata.pixel_nm_yx == (11.16, 11.16)
    assert metadata.beam == "electron"


@pytest.mark.parametrize("tag", [34118, 34119])
def test_cross_section_with_tilt_correction_in_both_copies(tag: int) -> None:
    """Truth: 5 kV InLens, 74.43 nm, stage 54°, correction 36° ON; 34119 is the UTF-16 copy."""
    report = report_of(FEMOOX, (tag,))
    metadata = report.metadata
    assert metadata.pixel_nm_yx == (74.43, 74.43)
    assert (metadata.stage_tilt_deg, metadata.tilt_correction_on) == (54.0, True)
    assert metadata.tilt_correction_angle_deg == 36.0
    assert (metadata.voltage_kv, metadata.detector) == (5.0, "InLens")
    assert metadata.acquired == "2021-07-13T18:23:36"
    assert metadata.stage_rotation_deg == 46.8
    assert not said(report, "fits neither")


def test_both_copies_together_say_the_same_as_one() -> None:
    assert report_of(FEMOOX).metadata == report_of(FEMOOX, (34118,)).metadata


def test_slice_height_of_the_milling_dialog_is_no_slice_thickness() -> None:
    """Trap: AP_FIB_SLICE_HEIGHT = 300 nm stands in an ordinary image; thickness stays unknown."""
    assert report_of(FEMOOX).metadata.slice_nm is None


def test_merlin_image() -> None:
    """Truth: 8 kV SE2, 55.82 nm; trap: a tilt angle of -16.2° is stored with the correction off."""
    report = report_of("kit_zeiss_sem/zeiss_tiff_meta_test.tif")
    metadata = report.metadata
    assert (metadata.instrument, metadata.voltage_kv, metadata.detector) == ("Merlin", 8.0, "SE2")
    assert metadata.pixel_nm_yx == (55.82, 55.82)
    assert metadata.current_pa == 690.0
    assert (metadata.tilt_correction_on, metadata.tilt_correction_angle_deg) == (False, None)
    assert said(report, "16.2°", "not applied")


def test_dwell_comes_from_the_line_time_where_the_two_contradict() -> None:
    """Trap: DP_DWELL_TIME = 200 ns, but a line of 1024 px averaged 4 times took 14.08 ms (3.44 µs)."""
    report = report_of("kit_zeiss_sem/zeiss_tiff_meta_test.tif")
    assert report.metadata.dwell_us == pytest.approx(3.4375)
    assert said(report, "derived from the line time", "0.2 µs does not fit")


def test_placeholder_of_the_probe_current_is_left_out() -> None:
    """Trap: I Probe = 200.0 nA stands in the files of columns that deliver a few nA at most."""
    report = report_of(FEMOOX)
    assert report.metadata.current_pa is None
    assert said(report, "200 nA", "implausibly high")


# ---------------------------------------------------------------- rosettasciio_vendor
def test_micrometre_pixels() -> None:
    """Truth: 25 kV, 2.6145 µm per pixel; trap: a left-over angle of 70° with the correction off."""
    report = report_of("rosettasciio_vendor/test_tiff_Zeiss_SEM_1k.tif")
    assert report.metadata.pixel_nm_yx == pytest.approx((2614.5, 2614.5), rel=5e-4)
    assert report.metadata.voltage_kv == 25.0
    assert report.metadata.tilt_correction_angle_deg is None
    assert report.metadata.acquired == "2015-12-23T09:40:32"


def test_half_size_image_with_only_the_screen_pixel() -> None:
    """Trap: 5.825 nm belongs to the 1024 px screen; this image has 512 px over the same 5.965 µm.

    The burnt-in 200 nm bar is 17.5 px long, which bears out 11.65 nm.
    """
    report = report_of("rosettasciio_vendor/test_tiff_Zeiss_SEM_512pix.tif")
    assert report.metadata.pixel_nm_yx == pytest.approx((11.65, 11.65), abs=0.01)
    assert said(report, "derived", "5.825 nm belongs to the screen")
    assert (report.metadata.voltage_kv, report.metadata.detector) == (5.0, "InLens")
    assert report.metadata.tilt_correction_on is None


# ---------------------------------------------------------------- what the files lack
def test_image_pixel_wins_over_screen_pixel() -> None:
    """Trap of ZEISS_SEM_multipage (not here): 12.33 nm for 2048 px, 24.65 nm is the screen's; -37° ON."""
    report = of_pairs(
        (1536, 2048),
        AP_PIXEL_SIZE="Pixel Size = 24.65 nm",
        AP_IMAGE_PIXEL_SIZE="Image Pixel Size = 12.33 nm",
        AP_WIDTH="Width = 25.24 µm",
        DP_TILT_CORRECTION="Tilt Corrn. = On",
        AP_TILT_ANGLE="Tilt Angle = -37.0 °",
        AP_STAGE_AT_T="Stage at T =  52.6 °",
        AP_ACTUALKV="EHT =  1.80 kV",
        AP_DATE="Date :18 Apr 2016",
        AP_TIME="Time :22:42:02",
    )
    assert report.metadata.pixel_nm_yx == (12.33, 12.33)
    assert report.metadata.tilt_correction_angle_deg == 37.0
    assert report.metadata.acquired == "2016-04-18T22:42:02"
    assert report.notes == ()


def test_screen_pixel_alone_is_not_used() -> None:
    report = of_pairs((768, 1024), AP_PIXEL_SIZE="Pixel Size = 24.65 nm")
    assert report.metadata.pixel_nm_yx == (None, None)
    assert said(report, "Only the pixel size of the screen")


def test_cropped_image_without_image_pixel_has_no_pixel_size() -> None:
    report = of_pairs((700, 813), AP_PIXEL_SIZE="Pixel Size = 10 nm", AP_WIDTH="Width = 10.24 µm")
    assert report.metadata.pixel_nm_yx == (None, None)
    assert said(report, "cropped or resized", "not known")


def test_label_tells_image_pixel_filed_under_the_screens_key() -> None:
    report = of_pairs((768, 1024), AP_PIXEL_SIZE="Image Pixel Size = 2.791 nm")
    assert report.metadata.pixel_nm_yx == (2.791, 2.791)


@pytest.mark.parametrize("encoding", ["cp1252", "utf-8", "utf-16", "utf-16-le", "utf-16-be"])
def test_micrometre_sign_in_every_encoding(encoding: str) -> None:
    report = of_pairs((768, 1024), encoding=encoding, AP_IMAGE_PIXEL_SIZE="Image Pixel Size = 2.615 µm")
    assert report.metadata.pixel_nm_yx == (2615.0, 2615.0)


def test_ion_image_of_a_crossbeam() -> None:
    report = of_pairs(
        (768, 1024),
        DP_FIB_IMAGING="FIB Imaging = FIB",
        AP_FIB_EHT_ACTUAL="FIB EHT = 30.00 kV",
        AP_ACTUALKV="EHT =  5.00 kV",
    )
    assert (report.metadata.beam, report.metadata.voltage_kv) == ("ion", 30.0)
    assert said(report, "ion-beam image")


def test_target_voltage_is_named_as_such() -> None:
    report = of_pairs((768, 1024), AP_ACTUALKV="EHT =  0.00 kV", AP_MANUALKV="EHT Target =  5.00 kV")
    assert report.metadata.voltage_kv == 5.0
    assert said(report, "target of 5 kV")


def test_utf16_copy_serves_where_the_first_tag_is_empty_or_damaged() -> None:
    good = "0\r\nAP_IMAGE_PIXEL_SIZE\r\nImage Pixel Size = 5 nm\r\n".encode("utf-16-le")
    report = from_tiff(Path("x.tif"), {34118: b"\xff" * 50, 34119: good}, (768, 1024))
    assert report is not None
    assert report.metadata.pixel_nm_yx == (5.0, 5.0)
    assert said(report, "34118", "no SmartSEM settings")


def test_angle_without_on_or_off_is_not_used() -> None:
    report = of_pairs((768, 1024), AP_TILT_ANGLE="Tilt Angle = 36.0 °")
    assert report.metadata.tilt_correction_on is None
    assert report.metadata.tilt_correction_angle_deg is None
    assert said(report, "not whether the correction was on")


def test_agreeing_dwell_time_is_taken_as_stated() -> None:
    report = of_pairs((768, 1000), DP_DWELL_TIME="Dwell Time = 800 ns", AP_LINE_TIME="Line Time = 1.00 ms")
    assert report.metadata.dwell_us == 0.8
    assert report.notes == ()
