"""Whatever a tag, sidecar or project holds: a report with notes, no error, in bounded time and memory."""

from __future__ import annotations

import base64
import math
import time
import tracemalloc
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from core.io.vendor import TAGS, VendorReport, combined, from_project, from_sidecar, from_tiff
from core.io.vendor.report import merged
from core.metadata import Metadata

LAUGHS = (
    '<?xml version="1.0"?><!DOCTYPE lolz [<!ENTITY a "ha">'
    + "".join(f'<!ENTITY {b} "{f"&{a};" * 10}">' for a, b in zip("abcdefgh", "bcdefghi", strict=True))
    + "]><Metadata><Core>&i;</Core></Metadata>"
)
OUTSIDE = '<!DOCTYPE a [<!ENTITY x SYSTEM "file:///etc/passwd">]><Metadata><Core>&x;</Core></Metadata>'

# Well-formed files with a slot for a value behind every key that is read.
TEMPLATES = (
    "[Beam]\nBeam=EBeam\nScan=EScan\nHV=@\n[EBeam]\nHFW=@\nBeamCurrent=@\nTiltCorrectionIsOn=@\n"
    "TiltCorrectionAngle=@\n[Scan]\nDwelltime=@\nPixelWidth=@\nPixelHeight=@\nHorFieldsize=@\n"
    "VerFieldsize=@\n"
    "[Stage]\nStageT=@\nStageR=@\nSpecTilt=@\n[Image]\nResolutionX=@\nResolutionY=@\n[PrivateFei]\n"
    "DatabarHeight=@\nTimeOfCreation=@\n[Detectors]\nName=@\n[User]\nDate=@\nTime=@\n[System]\n"
    "SystemType=@\n",
    "<Metadata><Optics><AccelerationVoltage>@</AccelerationVoltage><SampleTiltCorrectionOn>true"
    "</SampleTiltCorrectionOn><SamplePreTiltAngle>@</SamplePreTiltAngle></Optics><BinaryResult>"
    "<PixelSize><X>@</X>"
    "<Y>@</Y></PixelSize></BinaryResult><ScanSettings><ScanArea><Width>@</Width><Height>@</Height></ScanArea>"
    "</ScanSettings></Metadata>",
    "0\nAP_IMAGE_PIXEL_SIZE\nImage Pixel Size = @\nAP_WIDTH\nWidth = @\nAP_LINE_TIME\nLine Time = @\n"
    "DP_DWELL_TIME\nDwell Time = @\nDP_TILT_CORRECTION\nTilt Corrn. = On\nAP_TILT_ANGLE\nTilt Angle = @\n"
    "AP_STAGE_AT_T\nStage at T = @\nAP_ACTUALKV\nEHT = @\nAP_IPROBE\nI Probe = @\nAP_DATE\nDate :@\n"
    "DP_NOISE_REDUCTION\nNoise = Line\nAP_LINE_AVERAGE_COUNT\nCount = @\n",
    "0\nAP_PIXEL_SIZE\nPixel Size = @\nAP_WIDTH\nWidth = @\nAP_MANUALKV\nEHT Target = @\n",
    "<Fibics><Image><Aperture>(@ kV)</Aperture><Detector>@</Detector></Image><Scan><Dwell>@</Dwell><Ux>@</Ux>"
    "<Uy>@</Uy><Vx>@</Vx><Vy>@</Vy><FOV_X>@</FOV_X></Scan><Stage><Tilt>@</Tilt></Stage><ScanInfo>"
    '<item name="Tilt Corrn. Angle">= @</item></ScanInfo><ATLAS3D><Slice><ZPos>@</ZPos>'
    "<NominalZPos>@</NominalZPos>"
    "</Slice></ATLAS3D></Fibics>",
    "[MAIN]\nDevice=@\nPixelSizeX=@\nPixelSizeY=@\nPixelSizeZ=@\nImageStripSize=@\nDate=@\n[SEM]\nHV=@\n"
    "TiltCorrection=@\nStageTilt=@\nDwellTime=@\nBeamCurrent=@\n",
    "$CM_FULL_SIZE @\n$CM_PIXEL_SIZE @\n$$SM_MICRON_BAR @\n$$SM_MICRON_MARKER @\n$CM_ACCEL_VOLT @\n"
    "$CM_DATE @\n",
    "$CM_FULL_SIZE 7 7\n$$SM_MICRON_BAR @\n$$SM_MICRON_MARKER @um\n",
    "[SemImageFile]\nInstructName=@\nDataSize=@\nMagnification=@\nPixelSize=@\n"
    "AcceleratingVoltage=@\nDate=@\n",
    "[SemImageFile]\nDataSize=7x7\nMagnification=@\nCondition=Vacc=@kV Mag\n",
    "<EMProject><ZCutSpacing>@</ZCutSpacing><Datasets><Dataset><Name>@</Name><NumberOfCuts>@</NumberOfCuts>"
    "<BoxSize><SizeZ>@</SizeZ></BoxSize><EnergyLevels>@</EnergyLevels></Dataset></Datasets></EMProject>",
    "<ATLAS3D-Setup><Settings><Imaging><Interval>@</Interval><Detector>@</Detector>"
    "<FibicsRasterInfo><PixelSizeX>@"
    "</PixelSizeX><Dwell>@</Dwell></FibicsRasterInfo></Imaging><Options><MillToImgAngle>@</MillToImgAngle>"
    "<TiltCorrectionEnabled>@</TiltCorrectionEnabled></Options></Settings></ATLAS3D-Setup>",
)
VALUES = (
    "1e-8", "-1e-8", "0", "-0", "1", "7", "1e400", "1e-400", "1e308", "5e-324", "nan", "inf", "90", "0.66",
    "1e9", "1,5", "1.", ".", "-", "36", "54", "-38", "0x0", "٣", "①", "12 nm", "3 µm", "1e308 m",
    "5 kV", "36 °",
    "14 ms", "7x7", "7 7", "0 0", "yes", "no", "\x00", "\ud800", "", "9" * 500, "x" * 500,
)  # fmt: skip
NAMES = tuple(name for template in TEMPLATES for name in template.replace("@", "").split("\n"))


@st.composite
def filled(draw: st.DrawFn) -> str:
    """A template with a value in every slot."""
    first, *rest = draw(st.sampled_from(TEMPLATES)).split("@")
    values = draw(st.lists(st.sampled_from(VALUES), min_size=len(rest), max_size=len(rest)))
    return first + "".join(value + part for value, part in zip(values, rest, strict=True))


raw_values = st.one_of(
    filled(),
    filled().map(lambda text: text.encode("utf-16", "surrogatepass")),
    st.lists(st.sampled_from([*NAMES, *VALUES, "\n", "="]), max_size=40).map("".join),
    st.binary(max_size=300),
    st.text(max_size=300),
)
shapes = st.tuples(st.integers(1, 5000), st.integers(1, 5000))


def check_sane(report: VendorReport | None) -> None:
    """Every number that comes out is finite and possible."""
    if report is None:
        return
    assert all(isinstance(note, str) and note.isprintable() and len(note) < 500 for note in report.notes)
    for field, value in report.metadata:
        for part in value if isinstance(value, tuple) else (value,):
            if isinstance(part, float):
                assert math.isfinite(part), field
            if isinstance(part, str):
                assert len(part) < 200, field
    for pixel_nm in (*report.metadata.pixel_nm_yx, report.metadata.slice_nm):
        assert pixel_nm is None or 0 < pixel_nm < 1e8
    angle_deg = report.metadata.tilt_correction_angle_deg
    assert angle_deg is None or 0 <= angle_deg < 90


@given(st.dictionaries(st.sampled_from(TAGS), raw_values, max_size=4), shapes)
def test_any_content_of_any_tag_gives_a_sane_report(
    tags: dict[int, str | bytes], shape_yx: tuple[int, int]
) -> None:
    check_sane(from_tiff(Path("x.tif"), tags, shape_yx))


@given(raw_values, shapes)
def test_base64_of_anything_gives_a_sane_report(raw: str | bytes, shape_yx: tuple[int, int]) -> None:
    data = raw if isinstance(raw, bytes) else raw.encode("utf-8", "surrogatepass")
    check_sane(from_tiff(Path("x.tif"), {34680: base64.b64encode(data)}, shape_yx))


@given(raw_values, shapes)
def test_any_sidecar_and_project_gives_a_sane_report(raw: str | bytes, shape_yx: tuple[int, int]) -> None:
    data = raw if isinstance(raw, bytes) else raw.encode("utf-8", "surrogatepass")
    for name in ("a.txt", "a.hdr", "a.emxml", "a.a3d-setup"):
        file = Path(name)
        file.write_bytes(data)
        check_sane(from_project(file))
        check_sane(from_sidecar(Path("a.tif"), shape_yx))
        file.unlink()


@pytest.mark.parametrize("bomb", [LAUGHS, OUTSIDE])
@pytest.mark.parametrize("tag", [34680, 34683, 51023])
def test_entities_are_refused_and_named(bomb: str, tag: int) -> None:
    started = time.monotonic()
    report = from_tiff(Path("x.tif"), {tag: bomb}, (10, 10))
    assert report is not None
    assert any(str(tag) in note and "entity" in note for note in report.notes)
    assert time.monotonic() - started < 2


@pytest.mark.parametrize("name", ["a.emxml", "a.a3d-setup"])
def test_entities_in_projects_are_refused(name: str) -> None:
    Path(name).write_text(LAUGHS)
    report = from_project(Path(name))
    assert report is not None
    assert any("entity" in note for note in report.notes)


@pytest.mark.parametrize("tag", TAGS)
def test_fifty_megabytes_of_garbage_are_not_read(tag: int) -> None:
    garbage = b"\x93[Beam]\nHV=" * (50 * 2**20 // 11)
    tracemalloc.start()
    started = time.monotonic()
    report = from_tiff(Path("x.tif"), {tag: garbage}, (10, 10))
    peak = tracemalloc.get_traced_memory()[1]
    tracemalloc.stop()
    assert report is not None
    assert any(str(tag) in note and "50 MiB" in note for note in report.notes)
    assert time.monotonic() - started < 1
    assert peak < 2**20


@pytest.mark.parametrize("tag", [34683, 51023])
def test_deeply_nested_xml_ends_quickly(tag: int) -> None:
    depth = 100_000
    started = time.monotonic()
    report = from_tiff(
        Path("x.tif"), {tag: "<Metadata>" + "<a>" * depth + "</a>" * depth + "</Metadata>"}, (10, 10)
    )
    check_sane(report)
    assert time.monotonic() - started < 5


@pytest.mark.parametrize("encoding", ["klingon", "utf-32", "utf-7", "EBCDIC-CP-US"])
def test_unknown_xml_encodings(encoding: str, tmp_path: Path) -> None:
    file = tmp_path / "a.emxml"
    file.write_text(
        f'<?xml version="1.0" encoding="{encoding}"?><EMProject><ZCutSpacing>1e-8</ZCutSpacing></EMProject>'
    )
    report = from_project(file)
    assert report is not None
    assert report.metadata.slice_nm is None
    assert any("damaged" in note for note in report.notes)


def test_damaged_and_good_tags_side_by_side() -> None:
    """One unreadable source does not cost the others."""
    good = "[Beam]\nBeam=EBeam\nHV=2000\n[Scan]\nPixelWidth=1e-8\nPixelHeight=1e-8\n"
    report = from_tiff(Path("x.tif"), {34682: good, 34683: "<Metadata><Op", 34118: b"\x00\x01"}, (10, 10))
    assert report is not None
    assert report.metadata.voltage_kv == 2.0
    assert any("34683" in note for note in report.notes)
    assert any("34118" in note for note in report.notes)


def test_other_tags_are_ignored() -> None:
    assert from_tiff(Path("x.tif"), {270: "ImageJ=1.53", 305: "x"}, (10, 10)) is None


# ---------------------------------------------------------------- several sources
def test_first_source_wins_and_fills_are_taken() -> None:
    image = VendorReport(Metadata(voltage_kv=2.0, pixel_nm_yx=(5.0, 5.0), sources=("a",)), ("one",))
    project = VendorReport(Metadata(slice_nm=10.0, pixel_nm_yx=(5.01, 5.01), sources=("b",)), ("one", "two"))
    both = combined([None, image, project])
    assert both is not None
    assert both.metadata == Metadata(
        voltage_kv=2.0, pixel_nm_yx=(5.0, 5.0), slice_nm=10.0, sources=("a", "b")
    )
    assert both.notes == ("one", "two")
    assert combined([None, None]) is None


def test_half_known_pixels_are_completed_axis_by_axis() -> None:
    notes: list[str] = []
    first, second = (
        Metadata(pixel_nm_yx=(None, 4.0), sources=("a",)),
        Metadata(pixel_nm_yx=(5.0, 4.0), sources=("b",)),
    )
    assert merged([first, second], notes).pixel_nm_yx == (5.0, 4.0)
    assert notes == []
