"""TESCAN: ``.hdr`` sidecars, tag 50431 and appended text (no real image of this vendor is at hand)."""

from __future__ import annotations

import struct
from pathlib import Path

import numpy as np
import pytest
import tifffile

from core.io.vendor import VendorReport, from_sidecar, from_tiff
from tests.core.io.vendor.raw import raw_tags
from tests.shared_data import shared_path

MAIN = (
    "AccFrames=1\r\nCompany=\r\nDate=2025-12-03\r\nDevice=TESCAN AMBER X\r\nDeviceModel=S8152X\r\n"
    "ImageStripSize=20\r\nMagnification=160000.0\r\nPixelSizeX=0.0000000015625\r\nPixelSizeY=0.0000000015625\r\n"
    "Time=17:19:26\r\n"
)
SEM = (
    "BeamCurrent=0.0000000001\r\nDetector=E-T\r\nDwellTime=0.00001\r\nHV=15000.0\r\nStageRotation=30.0\r\n"
    "StageTilt=55.0\r\nTiltCorrection=0\r\n"
)


def block(kind: int, data: bytes, order: str = "<") -> bytes:
    return struct.pack(order + "IH", len(data) + 2, kind) + data


def chain(order: str = "<") -> bytes:
    return (
        block(1, b"\xff\xd8\xff\xe0 a JPEG with [MAIN] in it", order)
        + block(2, MAIN.encode(), order)
        + block(3, SEM.encode(), order)
        + block(0, b"", order)
    )


def of_tag(raw: str | bytes) -> VendorReport:
    report = from_tiff(Path("x.tif"), {50431: raw}, (120, 200))
    assert report is not None
    return report


def said(report: VendorReport, *words: str) -> bool:
    return any(all(word in note for word in words) for note in report.notes)


def check(report: VendorReport) -> None:
    metadata = report.metadata
    assert metadata.pixel_nm_yx == (1.5625, 1.5625)
    assert (metadata.vendor, metadata.instrument, metadata.detector) == ("TESCAN", "TESCAN AMBER X", "E-T")
    assert (metadata.voltage_kv, metadata.dwell_us, metadata.current_pa) == (15.0, 10.0, 100.0)
    assert (metadata.stage_tilt_deg, metadata.stage_rotation_deg) == (55.0, 30.0)
    assert (metadata.beam, metadata.tilt_correction_on) == ("electron", False)
    assert metadata.acquired == "2025-12-03T17:19:26"
    assert metadata.image_rows == 100


def test_minimal_header_of_a_real_run() -> None:
    """Truth: PixelSizeX/Y/Z = 50 nm, 5 kV, SOLARIS X, 2024-02-07; no image with it, 16 keys only."""
    hdr = shared_path("kit_tomo_mapper/tescan-minimal.hdr")
    report = from_sidecar(hdr.with_suffix(".tif"), (768, 1024))
    assert report is not None
    metadata = report.metadata
    assert metadata.pixel_nm_yx == (50.0, 50.0)
    assert metadata.slice_nm == 50.0
    assert (metadata.voltage_kv, metadata.detector, metadata.instrument) == (5.0, "SE", "TESCAN SOLARIS X")
    assert metadata.acquired == "2024-02-07"
    assert metadata.stage_tilt_deg is None
    assert metadata.tilt_correction_on is None
    assert metadata.missing() == ("stage_tilt_deg", "tilt_correction_on")


@pytest.mark.parametrize("order", ["<", ">"])
def test_tag_of_blocks_in_both_byte_orders(order: str) -> None:
    check(of_tag(chain(order)))


@pytest.mark.parametrize("lead", [b"", b"\x00\x93garbage\xff\n"])
def test_tag_of_plain_text_after_binary(lead: bytes) -> None:
    check(of_tag(lead + f"[MAIN]\n{MAIN}[SEM]\n{SEM}".encode()))


def test_tag_without_section_names() -> None:
    metadata = of_tag(("\x01\x02" + MAIN + SEM).encode()).metadata
    assert metadata.pixel_nm_yx == (1.5625, 1.5625)
    assert (metadata.voltage_kv, metadata.image_rows) == (15.0, 100)


def test_tag_written_by_and_read_from_a_file(tmp_path: Path) -> None:
    path = tmp_path / "a.tif"
    raw = chain()
    tifffile.imwrite(path, np.zeros((120, 200), np.uint8), extratags=[(50431, 1, len(raw), raw, True)])
    tags, shape_yx = raw_tags(path)
    assert tags == {50431: raw}
    report = from_tiff(path, tags, shape_yx)
    assert report is not None
    check(report)


def test_text_appended_to_the_file(tmp_path: Path) -> None:
    path = tmp_path / "a.tif"
    tifffile.imwrite(path, np.zeros((120, 200), np.uint8))
    with path.open("ab") as file:
        file.write(f"\n[MAIN]\r\n{MAIN}[SEM]\r\n{SEM}".encode())
    tags, shape_yx = raw_tags(path)
    assert tags == {}
    report = from_tiff(path, tags, shape_yx)
    assert report is not None
    check(report)
    assert report.metadata.sources == ("text at the end of the file",)


def test_pixels_that_spell_a_header_start_are_not_metadata(tmp_path: Path) -> None:
    path = tmp_path / "a.tif"
    path.write_bytes(b"[MAIN]" + bytes(2000))
    assert from_tiff(path, {}, (10, 10)) is None


@pytest.mark.parametrize("name", ["a.hdr", "a-tif.hdr", "a.tif.hdr", "a.HDR"])
def test_names_of_sidecars(tmp_path: Path, name: str) -> None:
    (tmp_path / name).write_text(f"[MAIN]\n{MAIN}[SEM]\n{SEM}")
    report = from_sidecar(tmp_path / "a.tif", (120, 200))
    assert report is not None
    check(report)


def test_ion_image(tmp_path: Path) -> None:
    (tmp_path / "a.hdr").write_text(f"[MAIN]\n{MAIN}[FIB]\nHV=30000\nDetector=SE\n")
    report = from_sidecar(tmp_path / "a.png", (120, 200))
    assert report is not None
    assert (report.metadata.beam, report.metadata.voltage_kv) == ("ion", 30.0)
    assert said(report, "ion-beam image")


def test_tilt_correction_as_an_angle_is_taken_as_such_and_said() -> None:
    report = of_tag(f"[MAIN]\n{MAIN}[SEM]\n{SEM.replace('TiltCorrection=0', 'TiltCorrection=-35.0')}")
    assert report.metadata.tilt_correction_on is True
    assert report.metadata.tilt_correction_angle_deg == 35.0
    assert said(report, "TiltCorrection=-35", "taken for the angle")


def test_tilt_correction_as_a_switch_has_no_angle() -> None:
    report = of_tag(f"[MAIN]\n{MAIN}[SEM]\n{SEM.replace('TiltCorrection=0', 'TiltCorrection=1')}")
    assert report.metadata.tilt_correction_on is True
    assert report.metadata.tilt_correction_angle_deg is None
    assert said(report, "angle is not stated")


@pytest.mark.parametrize("raw", [b"\0" * 40, b"\xff\xff\xff\xff\x02\x00abc", chain()[:30], b"[MAIN]\n"])
def test_damaged_tag_is_said(raw: bytes) -> None:
    report = of_tag(raw)
    assert report.metadata.pixel_nm_yx == (None, None)
    assert said(report, "50431", "not read")


def test_other_software_uses_hdr_too(tmp_path: Path) -> None:
    (tmp_path / "a.hdr").write_text("ENVI\nsamples = 10\n")
    assert from_sidecar(tmp_path / "a.tif", (10, 10)) is None
