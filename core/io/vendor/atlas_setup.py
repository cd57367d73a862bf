"""Zeiss / Fibics Atlas 3D set-up of a run (``.a3d-setup``, ISO 8859-1 XML): what was asked for, in µm."""

from __future__ import annotations

from core.io.vendor.report import VendorReport, settled_tilt
from core.io.vendor.settings import Settings
from core.io.vendor.text import flat_xml, xml_root
from core.metadata import Metadata

_NM_PER_UM = 1e3
_IMAGING = "Settings/Imaging"
_RASTER = f"{_IMAGING}/FibicsRasterInfo"
_KEY_RASTER = "Settings/KeyFrame/FibicsRasterInfo"


def from_bytes(data: bytes, label: str) -> VendorReport:
    """Read a set-up file."""
    notes: list[str] = []
    root = xml_root(data, label, notes)
    if root is not None and root.tag != "ATLAS3D-Setup":
        notes.append(f"{label} is no Atlas 3D set-up; it was not read.")
        root = None
    if root is None:
        return VendorReport(Metadata(vendor="Fibics"), tuple(notes))
    given = Settings(flat_xml(root), label, notes)
    slice_nm = given.size(f"{_IMAGING}/Interval", scale=_NM_PER_UM)
    if slice_nm is not None:
        given.note(f"The slice thickness of {slice_nm:g} nm is the one the run was asked for, not measured.")
    pixel_nm, key_nm = (
        given.size(f"{raster}/PixelSizeX", scale=_NM_PER_UM) for raster in (_RASTER, _KEY_RASTER)
    )
    if pixel_nm is not None and key_nm is not None and abs(key_nm - pixel_nm) > 0.01 * pixel_nm:
        given.note(f"Key frames have pixels of {key_nm:.4g} nm, slices {pixel_nm:.4g} nm.")
    detectors = (given.name(f"{_IMAGING}/Detector"), given.name(f"{_IMAGING}/DetectorB"))
    height, width = given.size(f"{_RASTER}/Height"), given.size(f"{_RASTER}/Width")
    metadata = Metadata(
        vendor="Fibics",
        frame_px_yx=None if height is None or width is None else (int(height), int(width)),
        dwell_us=given.size(f"{_RASTER}/Dwell"),
        pixel_nm_yx=(
            given.size(f"{_RASTER}/PixelSizeY", scale=_NM_PER_UM),
            pixel_nm,
        ),
        tilt_correction_on=given.flag("Settings/Options/TiltCorrectionEnabled"),
        slice_nm=slice_nm,
        channels=tuple(name for name in detectors if name),
        sources=(label,),
    )
    angle_deg = _complement(given)
    if metadata.tilt_correction_on is False and angle_deg is not None:
        given.note(
            f"The images were recorded without tilt correction; {90 - angle_deg:g}° between beam and milled"
            f" face (MillToImgAngle) call for a correction by {angle_deg:g}°."
        )
        return VendorReport(
            metadata.model_copy(update={"tilt_correction_angle_deg": angle_deg}), tuple(notes)
        )
    if metadata.tilt_correction_on and angle_deg is not None:
        given.note(f"The tilt correction of {angle_deg:g}° was derived as 90° - MillToImgAngle.")
    metadata = metadata.model_copy(update={"tilt_correction_angle_deg": angle_deg})
    return VendorReport(settled_tilt(metadata, notes), tuple(notes))


def _complement(given: Settings) -> float | None:
    """Correction angle from the stated angle between milling and imaging beam: they meet on the face."""
    between_deg = given.size("Settings/Options/MillToImgAngle")
    return 90 - between_deg if between_deg is not None and 0 < between_deg < 90 else None
