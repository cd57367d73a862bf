"""Thermo Fisher / FEI images: tags 34682 (INI), 34683 (XML) and 34680 (base64 "Memento" XML, once INI).

Lengths are in metres, angles in radians, currents in ampere, times in seconds. Field widths (HFW,
HorFieldsize) mean the whole scan in some software versions and the reduced area in others, so the pixel
size comes from PixelWidth / PixelHeight alone.
"""

from __future__ import annotations

import base64
import binascii
from collections.abc import Mapping
from typing import Literal
from xml.etree.ElementTree import Element

from core.io.vendor.report import ION_NOTE, VendorReport, merged, settled_tilt
from core.io.vendor.settings import DEG_PER_RAD, KV_PER_V, NM_PER_M, PA_PER_A, US_PER_S, Settings
from core.io.vendor.text import decoded, flat_ini, flat_xml, shortened, xml_root
from core.io.vendor.times import iso
from core.metadata import Metadata

_MAX_DEPTH = 32

TAGS = (34682, 34683, 34680)  # in order of trust where they disagree


def from_tags(tags: Mapping[int, str | bytes], shape_yx: tuple[int, int]) -> VendorReport | None:
    """Read whatever of the three tags is there; None without any."""
    notes: list[str] = []
    parts: list[Metadata] = []
    for tag in TAGS:
        # The Memento repeats the others at twenty times the length.
        if tag in tags and (tag != 34680 or not parts):
            part = _of_text(tags[tag], f"TIFF tag {tag}", shape_yx, notes)
            parts += [] if part is None else [part]
    if not parts and not notes:
        return None
    metadata = merged([*parts, Metadata(vendor="Thermo Fisher / FEI")], notes)
    if metadata.beam == "ion":
        notes.append(ION_NOTE)
    return VendorReport(settled_tilt(metadata, notes), tuple(notes))


def _of_text(raw: str | bytes, label: str, shape_yx: tuple[int, int], notes: list[str]) -> Metadata | None:
    text = decoded(raw).strip("\ufeff \r\n\t")
    if text and not text.startswith(("<", "[")):
        text = _unwrapped(text)
    if text.startswith("<"):
        root = xml_root(text, label, notes)
        if root is None:
            return None
        if root.tag == "MementoItemCollection":
            return _of_memento(Settings(_flat_memento(root), label, notes), shape_yx)
        return _of_xml(Settings(flat_xml(root), label, notes), shape_yx)
    settings = Settings(flat_ini(text), label, notes)
    if not any("/" in key for key in settings.texts):
        settings.note(f'{label} holds no microscope settings ("{shortened(text, 30)}"); it was not read.')
        return None
    return _of_ini(settings, shape_yx)


def _unwrapped(text: str) -> str:
    """Text inside base64, or the text itself."""
    try:
        return decoded(base64.b64decode(text, validate=True)).strip("\ufeff \r\n\t")
    except (binascii.Error, ValueError):
        return text


def _beam(name: str | None, settings: Settings) -> Literal["electron", "ion"] | None:
    if name in {"EBeam", "Electron"}:
        return "electron"
    if name in {"IBeam", "Ion"}:
        return "ion"
    if name:
        settings.note(f'{settings.label} names "{shortened(name)}" as beam: neither electron nor ion image.')
    return None


# ---------------------------------------------------------------- tag 34682
def _of_ini(given: Settings, shape_yx: tuple[int, int]) -> Metadata:
    beam, scan = given.text("Beam/Beam") or "EBeam", given.text("Beam/Scan") or "EScan"
    pixel_x = given.size("Scan/PixelWidth", f"{scan}/PixelWidth", scale=NM_PER_M)
    if pixel_x is None and given.text(f"{beam}/HFW", "Scan/HorFieldsize"):
        given.note(
            f"{given.label} states a field width but no pixel size; the width may belong to the whole scan or"
            " to a part of it, so no pixel size was derived from it."
        )
    if given.flag("EBeamDeceleration/ModeOn") and given.text("EBeamDeceleration/LandingEnergy"):
        given.note(
            f"Beam deceleration was on, landing energy {given.text('EBeamDeceleration/LandingEnergy')} eV."
        )
    return Metadata(
        instrument=given.name("System/SystemType"),
        beam=_beam(given.text("Beam/Beam"), given),
        detector=given.name("Detectors/Name"),
        voltage_kv=given.size("Beam/HV", f"{beam}/HV", scale=KV_PER_V),
        current_pa=given.size(f"{beam}/BeamCurrent", scale=PA_PER_A),
        dwell_us=given.size("Scan/Dwelltime", f"{scan}/Dwell", scale=US_PER_S),
        pixel_nm_yx=(given.size("Scan/PixelHeight", f"{scan}/PixelHeight", scale=NM_PER_M), pixel_x),
        stage_tilt_deg=given.number("Stage/StageT", f"{beam}/StageTa", scale=DEG_PER_RAD),
        stage_rotation_deg=given.number("Stage/StageR", f"{beam}/StageR", scale=DEG_PER_RAD),
        specimen_tilt_deg=given.number("Stage/SpecTilt", scale=DEG_PER_RAD),
        tilt_correction_on=given.flag(f"{beam}/TiltCorrectionIsOn"),
        tilt_correction_angle_deg=given.number(f"{beam}/TiltCorrectionAngle", scale=DEG_PER_RAD),
        acquired=_ini_date(given),
        image_rows=_ini_rows(given, scan, shape_yx),
        sources=(given.label,),
    )


def _ini_date(given: Settings) -> str | None:
    # [User] Date follows the computer's locale; TimeOfCreation is always day.month.year.
    created = iso(given.text("PrivateFei/TimeOfCreation"), "%d.%m.%Y %H:%M:%S")
    stated = " ".join(filter(None, (given.name("User/Date"), given.name("User/Time"))))
    return created or stated or None


def _ini_rows(given: Settings, scan: str, shape_yx: tuple[int, int]) -> int | None:
    """Rows that are image. DatabarHeight counts last: it says 0 in files that do have a bar."""
    height, width = shape_yx
    rows = None
    if given.number("Image/ResolutionX") == width:
        rows = given.number("Image/ResolutionY")
    elif _field_px(given, scan, "HorFieldsize", "PixelWidth") == width:
        rows = _field_px(given, scan, "VerFieldsize", "PixelHeight")
    elif bar := given.size("PrivateFei/DatabarHeight"):
        rows = height - bar
    return _plausible_rows(rows, height)


def _field_px(given: Settings, scan: str, field: str, pixel: str) -> int | None:
    span = given.size(f"Scan/{field}", f"{scan}/{field}")
    step = given.size(f"Scan/{pixel}", f"{scan}/{pixel}")
    count = 0.0 if span is None or step is None else span / step
    return round(count) if 0.5 < count < 1e9 else None


def _plausible_rows(rows: float | None, height: int) -> int | None:
    return int(rows) if rows is not None and 1 <= rows <= height else None


# ---------------------------------------------------------------- tag 34683
def _of_xml(given: Settings, shape_yx: tuple[int, int]) -> Metadata:
    area = next(
        (
            name
            for name in ("ScanSettings/ScanArea", "ScanSettings/ScanSize")
            if given.number(f"{name}/Width") == shape_yx[1]
        ),
        "",
    )
    correction_on = given.flag("Optics/SampleTiltCorrectionOn")
    return Metadata(
        instrument=given.name("Instrument/InstrumentClass"),
        beam=_beam(given.text("Acquisition/BeamType"), given),
        detector=given.name("Detectors/ScanningDetector/DetectorName"),
        voltage_kv=given.size("Optics/AccelerationVoltage", scale=KV_PER_V),
        current_pa=given.size("Optics/BeamCurrent", scale=PA_PER_A),
        dwell_us=given.size("ScanSettings/DwellTime", scale=US_PER_S),
        pixel_nm_yx=(
            given.size("BinaryResult/PixelSize/Y", scale=NM_PER_M),
            given.size("BinaryResult/PixelSize/X", scale=NM_PER_M),
        ),
        stage_tilt_deg=given.number("StageSettings/StagePosition/Tilt/Alpha", scale=DEG_PER_RAD),
        stage_rotation_deg=given.number("StageSettings/StagePosition/Rotation", scale=DEG_PER_RAD),
        tilt_correction_on=correction_on,
        tilt_correction_angle_deg=given.number("Optics/SamplePreTiltAngle", scale=DEG_PER_RAD),
        acquired=iso(given.text("Acquisition/AcquisitionDatetime"), "%Y-%m-%dT%H:%M:%S"),
        image_rows=_plausible_rows(given.number(f"{area}/Height") if area else None, shape_yx[0]),
        sources=(given.label,),
    )


# ---------------------------------------------------------------- tag 34680
def _flat_memento(root: Element) -> dict[str, str]:
    """Paths of the nested item/key/value tree, such as ``EBeam/PixelSize/Width``."""
    found: dict[str, str] = {}
    pending = [(root, "", 0)]
    while pending:
        section, path, depth = pending.pop()
        for item in section.findall("item"):
            name = path + (item.findtext("key/string") or "")
            deeper = item.find("value/MementoItem/MementoItemSection")
            if deeper is not None and depth < _MAX_DEPTH:
                pending.append((deeper, name + "/", depth + 1))
            else:
                found.setdefault(name, item.findtext("value/MementoItem/anyType") or "")
    return found


def _of_memento(given: Settings, shape_yx: tuple[int, int]) -> Metadata:
    view = given.text("View/ActiveBeam")
    beam = "IBeam" if view == "Ion" else "EBeam"
    rows = (
        given.number(f"{beam}/Resolution/Y") if given.number(f"{beam}/Resolution/X") == shape_yx[1] else None
    )
    return Metadata(
        instrument=given.name("System/Type"),
        beam=_beam(view, given),
        detector=given.name("View/Detector"),
        voltage_kv=given.size(f"{beam}/HighVoltage", scale=KV_PER_V),
        current_pa=given.size(f"{beam}/Current", scale=PA_PER_A),
        dwell_us=given.size(f"{beam}/DwellTime", scale=US_PER_S),
        pixel_nm_yx=(
            given.size(f"{beam}/PixelSize/Height", scale=NM_PER_M),
            given.size(f"{beam}/PixelSize/Width", scale=NM_PER_M),
        ),
        stage_tilt_deg=given.number("stage/Position/Tilt", scale=DEG_PER_RAD),
        stage_rotation_deg=given.number("stage/Position/Rotation", scale=DEG_PER_RAD),
        tilt_correction_on=given.flag(f"{beam}/TiltCorrection"),
        tilt_correction_angle_deg=given.number(f"{beam}/TiltCorrectionAngle", scale=DEG_PER_RAD),
        acquired=iso(given.text("View/Date"), "%Y-%m-%dT%H:%M:%S"),
        image_rows=_plausible_rows(rows, shape_yx[0]),
        sources=(given.label,),
    )
