"""Voxel sizes as image containers state them, in nm; absent or meaningless ones stay None, and are named."""

from __future__ import annotations

import math
import re
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Final

from core.volume import VoxelSize

# Larger pixels come from screen or printer settings (72 dpi = 0.35 mm), not from a microscope.
MAX_PLAUSIBLE_NM: Final = 100_000.0
MAX_PLAUSIBLE_CM_NM: Final = 5_000.0

_NM: Final = {
    "m": 1e9, "meter": 1e9, "metre": 1e9, "cm": 1e7, "centimeter": 1e7, "mm": 1e6, "millimeter": 1e6,
    "um": 1e3, "µm": 1e3, "μm": 1e3, "micron": 1e3, "microns": 1e3, "micrometer": 1e3, "micrometre": 1e3,
    "nm": 1.0, "nanometer": 1.0, "nanometre": 1.0, "pm": 1e-3, "picometer": 1e-3,
    "å": 0.1, "a": 0.1, "angstrom": 0.1, "angstroms": 0.1, "ångström": 0.1,
    "inch": 2.54e7, "inches": 2.54e7, "in": 2.54e7, "\"": 2.54e7,
}  # fmt: skip


def unit_nm(unit: str | None) -> float | None:
    """Length of a unit in nm; None for pixels and unknown words."""
    if unit is None:
        return None
    text = re.sub(r"\\u00[bB]5", "µ", unit.strip()).replace("Â", "").lower()
    plural = text[:-1] if text.endswith("s") and len(text) > 2 else text
    return _NM.get(text, _NM.get(plural))


def positive(value: object) -> float | None:
    """A finite number above zero, else None."""
    try:
        number = float(value)  # type: ignore[arg-type]
    except (TypeError, ValueError):
        return None
    return number if math.isfinite(number) and number > 0 else None


@dataclass(frozen=True)
class Calibration:
    """Voxel size, sentences about it, and where it comes from."""

    voxel_nm: VoxelSize = (None, None, None)
    notes: tuple[str, ...] = ()
    source: str = ""


@dataclass(frozen=True)
class Resolution:
    """The resolution tags of a TIFF page: pixels per unit along x and y, unit 1 none, 2 inch, 3 cm."""

    x: float | None
    y: float | None
    unit: int


def imagej_properties(description: str) -> dict[str, str]:
    """Properties of an ImageJ description; empty if it is none."""
    if not description.startswith("ImageJ="):
        return {}
    pairs = (line.partition("=") for line in description.splitlines())
    return {key.strip(): value.strip() for key, mark, value in pairs if mark}


def imagej_calibration(properties: Mapping[str, str], resolution: Resolution) -> Calibration:
    """Voxel size of an ImageJ TIFF: x and y from the resolution tags in `unit`, z from `spacing`.

    ImageJ writes no z without `spacing`; the slices are then of unknown thickness, not isotropic.
    """
    unit = properties.get("unit", "")
    scale = unit_nm(unit)
    if scale is None:
        said = f"the unit '{unit}'" if unit else "no unit of length"
        return Calibration(notes=(f"the ImageJ description states {said}: the voxel size is unknown.",))
    x_nm, y_nm, notes = _imagej_xy(unit, scale, resolution)
    z_scale = unit_nm(properties["zunit"]) if "zunit" in properties else scale
    spacing = positive(properties.get("spacing", "").lstrip("-"))
    z_nm = None if spacing is None or z_scale is None else spacing * z_scale
    if z_nm is None:
        notes = (*notes, "the ImageJ description states no spacing: the slice thickness is unknown.")
    return Calibration((z_nm, y_nm, x_nm), notes, "ImageJ description")


def _imagej_xy(
    unit: str, scale: float, resolution: Resolution
) -> tuple[float | None, float | None, tuple[str, ...]]:
    x, y = positive(resolution.x), positive(resolution.y)
    if x is None or y is None:
        return None, None, ("the ImageJ description names a unit, but the pixel size itself is missing.",)
    factor = scale
    if resolution.unit == 3 and scale == _NM["um"]:
        factor = _NM["cm"]  # ImageJ's own rule where the tag says cm and the unit µm
    elif resolution.unit == 3 and scale != _NM["cm"]:
        return None, None, (f"pixel size ignored: the tags say pixels per cm, the description says {unit}.",)
    if scale == _NM["inch"] and scale / x > MAX_PLAUSIBLE_NM:
        return None, None, (f"a resolution of {x:g} pixels per inch is a screen setting and was ignored.",)
    return factor / x, factor / y, ()


def plain_calibration(resolution: Resolution) -> Calibration:
    """Pixel size from bare resolution tags: pixels per cm if plausible, never dpi."""
    x, y = positive(resolution.x), positive(resolution.y)
    if x is None or y is None or (resolution.unit == 1 and x == y == 1):
        return Calibration()
    if resolution.unit == 3:
        x_nm, y_nm = _NM["cm"] / x, _NM["cm"] / y
        if max(x_nm, y_nm) <= MAX_PLAUSIBLE_CM_NM:
            note = f"pixel size {x_nm:g} nm taken from the TIFF resolution in pixels per cm."
            return Calibration((None, y_nm, x_nm), (note,), "TIFF resolution tags")
    unit = {1: "pixels without a unit", 2: "pixels per inch", 3: "pixels per cm"}.get(
        resolution.unit, "an odd unit"
    )
    return Calibration(notes=(f"the TIFF resolution of {x:g} {unit} is no pixel size and was ignored.",))
