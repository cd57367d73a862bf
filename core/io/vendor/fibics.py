"""Fibics / Zeiss Atlas: tag 51023 (XML) of an image, ``z=...um`` in its name, the ``.a3d-setup`` of a run.

Lengths are in micrometres. "Ext V" is the voltage of the extractor, not of the beam.
"""

from __future__ import annotations

import math
import re
from collections.abc import Mapping
from typing import Literal

from core.io.vendor.report import ION_NOTE, VendorReport, settled_tilt
from core.io.vendor.settings import UNITS, Settings
from core.io.vendor.text import decoded, flat_xml, xml_root
from core.io.vendor.times import iso
from core.metadata import Metadata

TAG = 51023

_NM_PER_UM = 1e3
_NAMED_Z = re.compile(
    r"(?<![a-z0-9])z\s*=\s*([-+]?\d{1,12}(?:[.,]\d{1,12})?)\s*([munµμ]?m)(?![a-z])", re.IGNORECASE
)
_APERTURE_KV = re.compile(r"\((\d{1,3}(?:\.\d{1,6})?) kV\)")


def z_from_name(name: str) -> float | None:
    """Position of a slice in nm from a file name such as ``slice_00100_z=1.0894um.tif``; None without one."""
    match = _NAMED_Z.search(name)
    if match is None:
        return None
    unit = match[2].lower().replace("µ", "u").replace("μ", "u")
    return float(match[1].replace(",", ".")) * UNITS["nm"][unit]


def from_tags(tags: Mapping[int, str | bytes], shape_yx: tuple[int, int]) -> VendorReport | None:
    """Read tag 51023; None without it."""
    if TAG not in tags:
        return None
    notes: list[str] = []
    label = f"TIFF tag {TAG}"
    root = xml_root(decoded(tags[TAG]), label, notes)
    if root is None:
        return VendorReport(Metadata(vendor="Fibics"), tuple(notes))
    # <item name="Tilt Corrn. Angle"> and the like carry their key in an attribute.
    texts = flat_xml(root) | {
        f"{item.get('name')}": (item.text or "").strip() for item in root.iter("item") if item.get("name")
    }
    metadata = _of_image(Settings(texts, label, notes), shape_yx)
    return VendorReport(settled_tilt(metadata, notes), tuple(notes))


def _of_image(given: Settings, shape_yx: tuple[int, int]) -> Metadata:
    beam = _beam(given)
    angle_deg = given.quantity("Tilt Corrn. Angle", unit="deg")
    if angle_deg is not None:
        given.note("Tilt correction is taken to have been on because its angle is listed with the scan.")
    return Metadata(
        vendor="Fibics",
        instrument=given.name("Image/Machine"),
        beam=beam,
        detector=given.name("Image/Detector"),
        voltage_kv=_voltage_kv(given),
        dwell_us=given.size("Scan/Dwell", scale=1e-3),
        pixel_nm_yx=_pixel_nm_yx(given, shape_yx),
        stage_tilt_deg=given.number("Stage/Tilt"),
        stage_rotation_deg=given.number("Stage/Rot"),
        tilt_correction_on=None if angle_deg is None else angle_deg != 0,
        tilt_correction_angle_deg=angle_deg,
        z_nm=_z_nm(given),
        acquired=iso((given.text("Application/Date") or "")[:19], "%Y-%m-%dT%H:%M:%S"),
        sources=(given.label,),
    )


def _beam(given: Settings) -> Literal["electron", "ion"] | None:
    name = (given.text("Image/Beam") or "").upper()
    if name == "FIB":
        given.note(ION_NOTE)
        return "ion"
    return "electron" if name == "SEM" else None


def _voltage_kv(given: Settings) -> float | None:
    stated_kv = given.positive("EHT", unit="kV")
    match = _APERTURE_KV.search(given.text("Image/Aperture") or "")
    if stated_kv is None and match is not None:
        given.note(
            f"The voltage of {match[1]} kV was taken from the name of the aperture, the only place with one."
        )
        return float(match[1]) or None
    return stated_kv


def _pixel_nm_yx(given: Settings, shape_yx: tuple[int, int]) -> tuple[float | None, float | None]:
    """Lengths of the vectors from one pixel to the next; they are not along x and y in a rotated scan."""
    steps = {key: given.number(f"Scan/{key}", scale=_NM_PER_UM) for key in ("Ux", "Uy", "Vx", "Vy")}
    x_nm = None if steps["Ux"] is None else math.hypot(steps["Ux"], steps["Uy"] or 0.0)
    y_nm = None if steps["Vy"] is None else math.hypot(steps["Vx"] or 0.0, steps["Vy"])
    field_nm = given.size("Scan/FOV_X", scale=_NM_PER_UM)
    if x_nm and field_nm and abs(x_nm * shape_yx[1] - field_nm) > 0.02 * field_nm:
        given.note(
            f"{shape_yx[1]} pixels of {x_nm:g} nm do not make the stated field width of {field_nm / 1000:g}"
            " µm: the image was cropped or resized after recording."
        )
    return (y_nm or None, x_nm or None)


def _z_nm(given: Settings) -> float | None:
    z_nm = given.number("ATLAS3D/Slice/ZPos", scale=_NM_PER_UM)
    nominal_nm = given.number("ATLAS3D/Slice/NominalZPos", scale=_NM_PER_UM)
    if z_nm is not None and nominal_nm is not None and abs(z_nm - nominal_nm) > 1.0:
        given.note(
            f"z is the tracked position of {z_nm:.1f} nm; the nominal one of {nominal_nm:.1f} nm leaves the"
            " drift of the ion beam out."
        )
    return z_nm
