"""TESCAN: ``.hdr`` beside an image, tag 50431 of a TIFF, or the same text appended to a file.

Metres, volts, ampere and seconds, but angles in degrees. The tag is a chain of blocks: a length (4 bytes,
counting the type), a type (2 bytes) and the data; the types below hold lines of the sections of a ``.hdr``.
"""

from __future__ import annotations

import struct
from collections.abc import Mapping
from pathlib import Path
from typing import Literal

from core.io.vendor.report import ION_NOTE, VendorReport, settled_tilt
from core.io.vendor.settings import KV_PER_V, NM_PER_M, PA_PER_A, US_PER_S, Settings
from core.io.vendor.text import decoded, flat_ini, shortened
from core.io.vendor.times import iso
from core.metadata import Metadata

TAG = 50431

_BLOCKS = {2: "MAIN", 3: "SEM", 4: "GAMA", 5: "FIB"}
_THUMBNAIL, _END = 1, 0
_TAIL_BYTES = 2**16
_FIRST_KEYS = ("[MAIN]", "AccFrames=", "Company=", "Date=", "Device=", "ImageStripSize=", "PixelSizeX=")


def from_tags(tags: Mapping[int, str | bytes], shape_yx: tuple[int, int]) -> VendorReport | None:
    """Read tag 50431; None without it."""
    if TAG not in tags:
        return None
    raw = tags[TAG]
    text = _of_blocks(raw) if isinstance(raw, bytes) else None
    if text is None:
        text = _from_first_key(decoded(raw))
    return from_text(text, f"TIFF tag {TAG}", shape_yx) or VendorReport(
        Metadata(vendor="TESCAN"),
        (f'TIFF tag {TAG} holds no TESCAN settings ("{shortened(decoded(raw), 30)}"); it was not read.',),
    )


def from_end(path: Path, shape_yx: tuple[int, int]) -> VendorReport | None:
    """Read the settings some versions append to an image file; None where there are none."""
    try:
        with path.open("rb") as file:
            file.seek(0, 2)
            file.seek(max(0, file.tell() - _TAIL_BYTES))
            tail = file.read(_TAIL_BYTES)
    except (OSError, ValueError):
        return None  # no file to look into: the name alone was asked about
    start = tail.rfind(b"[MAIN]")
    if start < 0 or b"PixelSizeX=" not in tail[start:]:
        return None
    return from_text(decoded(tail[start:]), "text at the end of the file", shape_yx)


def _of_blocks(raw: bytes) -> str | None:
    """INI text of a chain of blocks in either byte order; None where it is no such chain."""
    for order in ("<", ">"):
        parts, position = [], 0
        while position + 6 <= len(raw):
            length, kind = struct.unpack_from(order + "IH", raw, position)
            data = raw[position + 6 : position + 4 + length]
            if length < 2 or len(data) != length - 2:
                break
            if kind in _BLOCKS:
                parts.append(f"[{_BLOCKS[kind]}]\n{decoded(data)}\n")
            elif kind == _END:
                break
            position += 4 + length
        if parts:
            return "".join(parts)
    return None


def _from_first_key(text: str) -> str:
    """Text without the binary data in front of it."""
    starts = [start for key in _FIRST_KEYS if (start := text.find(key)) >= 0]
    return text[min(starts) :] if starts else ""


def from_text(text: str, label: str, shape_yx: tuple[int, int]) -> VendorReport | None:
    """Read the text of a ``.hdr``; None where it is none."""
    notes: list[str] = []
    given = Settings(flat_ini(text), label, notes)
    if not given.text("MAIN/PixelSizeX", "PixelSizeX", "MAIN/Device"):
        return None
    beam = _beam(given)
    part = "FIB" if beam == "ion" else "SEM"
    on, angle_deg = _tilt_correction(given)
    metadata = Metadata(
        vendor="TESCAN",
        instrument=given.name("MAIN/Device", "MAIN/DeviceModel", "Device"),
        beam=beam,
        detector=given.name(f"{part}/Detector", f"{part}/Detector0", "Detector"),
        voltage_kv=given.size(f"{part}/HV", f"{part}/AcceleratorVoltage", "HV", scale=KV_PER_V),
        current_pa=given.size(f"{part}/BeamCurrent", f"{part}/PredictedBeamCurrent", scale=PA_PER_A),
        dwell_us=given.size(f"{part}/DwellTime", "DwellTime", scale=US_PER_S),
        pixel_nm_yx=(
            given.size("MAIN/PixelSizeY", "PixelSizeY", scale=NM_PER_M),
            given.size("MAIN/PixelSizeX", "PixelSizeX", scale=NM_PER_M),
        ),
        stage_tilt_deg=given.number(f"{part}/StageTilt", "StageTilt"),
        stage_rotation_deg=given.number(f"{part}/StageRotation", "StageRotation"),
        tilt_correction_on=on,
        tilt_correction_angle_deg=angle_deg,
        slice_nm=given.size("MAIN/PixelSizeZ", scale=NM_PER_M),
        acquired=_date(given),
        image_rows=_image_rows(given, shape_yx[0]),
        sources=(label,),
    )
    return VendorReport(settled_tilt(metadata, notes), tuple(notes))


def _beam(given: Settings) -> Literal["electron", "ion"] | None:
    electron, ion = (any(key.startswith(name) for key in given.texts) for name in ("SEM/", "FIB/"))
    if ion and not electron:
        given.note(ION_NOTE)
        return "ion"
    return "electron" if electron and not ion else None


def _tilt_correction(given: Settings) -> tuple[bool | None, float | None]:
    """TiltCorrection is a switch in some files and an angle in others; 0 is off in both."""
    value = given.number("SEM/TiltCorrection", "TiltCorrection")
    if value is None or value in (0, 1):
        return (None if value is None else bool(value)), None
    given.note(f"TiltCorrection={value:g} was taken for the angle in degrees of a correction that was on.")
    return True, value


def _date(given: Settings) -> str | None:
    stated = " ".join(filter(None, (given.name("MAIN/Date", "Date"), given.name("MAIN/Time", "Time"))))
    return iso(stated, "%Y-%m-%d %H:%M:%S") or stated or None


def _image_rows(given: Settings, height: int) -> int | None:
    bar = given.size("MAIN/ImageStripSize", "ImageStripSize")
    return height - int(bar) if bar is not None and 1 <= bar < height else None
