"""Numbered slices for Dragonfly and other programs that ask for the spacing.

Dragonfly takes an image stack as 2-D files "of the same size and type", uncompressed or LZW, and asks for the
spacing; that it reads it from any TIFF tag is not documented. So the spacing is in a text and a JSON file,
and in the notes, as the numbers to type. Each slice also carries it for strict TIFF readers (centimetres) and
for ImageJ (which understands centimetres together with ``unit=um``).
"""

from __future__ import annotations

from dataclasses import replace

from core.io.writers.calibration import Calibration, calibration_of
from core.io.writers.delivery import INFO_JSON, WriteReport
from core.io.writers.fiji import slice_unit, write_slice_folder
from core.io.writers.request import Request
from core.io.writers.sidecars import describe, json_bytes
from core.io.writers.tiff import UNIT_CENTIMETRE, UNIT_NONE
from core.io.writers.voxel_types import imagej_type


def write_dragonfly(request: Request) -> WriteReport:
    """Write a folder of zero-padded slices, the spacing as text and JSON."""
    kind = imagej_type(request, signed=False)
    calibration = calibration_of(request.volume.info)
    unit = slice_unit(calibration)
    table = describe(request.volume.info, kind.dtype.name, calibration)
    report = write_slice_folder(
        request,
        kind,
        calibration,
        resolution_unit=UNIT_CENTIMETRE if unit == "um" else UNIT_NONE,
        unit=unit,
        extra={INFO_JSON: json_bytes(table)},
    )
    return replace(report, notes=(typing_note(calibration), *report.notes))


def typing_note(calibration: Calibration) -> str:
    """Line with the numbers to type into the import dialog."""
    if calibration.voxel_nm is None:
        return "Dragonfly asks for the image spacing; it is not known."
    z, y, x = calibration.voxel_nm
    return (
        f"Dragonfly asks for the image spacing: type X {x:.10g} nm, Y {y:.10g} nm, Z {z:.10g} nm "
        f"(in mm: X {x / 1e6:.10g}, Y {y / 1e6:.10g}, Z {z / 1e6:.10g})."
    )
