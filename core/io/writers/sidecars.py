"""Small files beside the voxels that say what the voxels cannot."""

from __future__ import annotations

import json
from typing import Any

from core.io.writers.calibration import Calibration
from core.io.writers.delivery import SIGNATURE, Delivery
from core.volume import VolumeInfo

POSITIONS_SUFFIX = "_z_nm.csv"


def add_positions(out: Delivery, stem: str, calibration: Calibration) -> None:
    """Put the table of slice positions beside a file where slices are uneven."""
    name = stem + POSITIONS_SUFFIX
    if calibration.positions is None:
        # A table of an earlier export would be taken for the positions of this one.
        out.without(name)
    else:
        out.file(name).write_bytes(calibration.positions.encode("ascii"))


def spacing_lines(voxel_nm: tuple[float, float, float] | None) -> list[str]:
    """Voxel size in the units import dialogs ask for, x first."""
    if voxel_nm is None:
        return ["The voxel size is not known."]
    lines = []
    for axis, size in zip("XYZ", reversed(voxel_nm), strict=True):
        lines.append(f"{axis} spacing: {size:.10g} nm = {size / 1e3:.10g} um = {size / 1e6:.10g} mm")
    return lines


def folder_text(info: VolumeInfo, dtype: str, calibration: Calibration) -> str:
    """Text file inside a folder of slices; its first line marks the folder as made by this program."""
    z, y, x = info.shape
    lines = [
        f"{SIGNATURE}: a stack of numbered slices.",
        "",
        f"Size: X {x}, Y {y}, Z {z} voxels, {dtype}, uncompressed.",
        *spacing_lines(calibration.voxel_nm),
        *calibration.notes,
        "",
    ]
    return "\n".join(lines)


def describe(info: VolumeInfo, dtype: str, calibration: Calibration) -> dict[str, Any]:
    """All that is known of a volume, for JSON; null where nobody has stated it."""
    return {
        "written_by": SIGNATURE,
        "mean_spacing_nm_zyx": None if calibration.voxel_nm is None else list(calibration.voxel_nm),
        "shape_zyx": list(info.shape),
        "dtype": dtype,
        "voxel_nm_zyx": list(info.voxel_nm),
        "z_nm": None if info.z_nm is None else list(info.z_nm),
        "slice_numbers": None if info.slice_numbers is None else list(info.slice_numbers),
        "channel": info.channel,
        "content": info.content,
        "origin": None if info.origin is None else list(info.origin),
        "footprint": info.footprint,
    }


def json_bytes(value: Any) -> bytes:
    """JSON text whose bytes depend on the value alone."""
    return (json.dumps(value, indent=1, sort_keys=True, ensure_ascii=False) + "\n").encode("utf-8")
