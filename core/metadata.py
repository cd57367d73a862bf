"""What a microscope said about an image. Absent values stay absent: nothing here is a guess."""

from __future__ import annotations

import math
from typing import Literal

from pydantic import BaseModel, ConfigDict, Field


class Metadata(BaseModel):
    """Acquisition conditions as stated by files (or typed by the user), in one vocabulary.

    Every field is None (or empty) where nothing was stated.
    """

    model_config = ConfigDict(frozen=True, extra="forbid")

    vendor: str | None = None
    instrument: str | None = None
    beam: Literal["electron", "ion"] | None = None
    detector: str | None = None
    voltage_kv: float | None = None
    current_pa: float | None = None
    dwell_us: float | None = None
    pixel_nm_yx: tuple[float | None, float | None] = (None, None)
    stage_tilt_deg: float | None = None
    stage_rotation_deg: float | None = None
    specimen_tilt_deg: float | None = None
    tilt_correction_on: bool | None = None
    tilt_correction_angle_deg: float | None = Field(
        None,
        description="Angle y was (correction on) or has to be (correction off) corrected by, as vendors store"
        " it (90° minus the angle between beam and face), made positive; a left-over setting is not one.",
    )
    slice_nm: float | None = Field(
        None, description="Nominal thickness of a slice: what was asked for, not what was measured."
    )
    frame_px_yx: tuple[int, int] | None = Field(
        None, description="Rows and columns of the frames a project recorded (project files)."
    )
    slice_count: int | None = Field(None, description="Slices the acquisition was set up for.")
    z_nm: float | None = Field(None, description="Position of this slice along the milling direction.")
    channels: tuple[str, ...] = Field((), description="Detectors recorded of every slice (project files).")
    acquired: str | None = Field(None, description="Local time in ISO 8601; as stated if ambiguous.")
    image_rows: int | None = Field(
        None, description="Rows that are image; rows below are a burnt-in data bar."
    )
    sources: tuple[str, ...] = Field((), description="Where values were read from, e.g. 'TIFF tag 34682'.")

    def missing(self) -> tuple[str, ...]:
        """Names of the quantities a reconstruction wants and nobody has stated."""
        wanted = ("voltage_kv", "detector", "stage_tilt_deg", "tilt_correction_on", "slice_nm")
        absent = [name for name in wanted if getattr(self, name) is None]
        if self.slice_nm is None and self.z_nm is not None:
            absent.remove("slice_nm")
        if None in self.pixel_nm_yx:
            absent.insert(0, "pixel_nm_yx")
        return tuple(absent)

    def channel_name(self) -> str:
        """Name of the imaging condition such as ``2kV-TLD``; empty where nothing is known."""
        parts = []
        if self.voltage_kv is not None:
            parts.append(f"{self.voltage_kv:g}kV")
        if self.detector:
            parts.append(self.detector)
        return "-".join(parts)


def foreshortened_y_nm(x_nm: float, *, correction_angle_deg: float) -> float:
    """True y size of a pixel on a cross-section seen at an angle.

    The image of a face tilted against the beam is compressed along y. Vendors store the complementary
    angle (38° on a common dual beam with 52° between beam and face), so y = x / cos(angle), which equals
    x / sin(52°).

    Parameters
    ----------
    x_nm : float
        Pixel size along x in nm.
    correction_angle_deg : float
        Tilt correction angle as vendors store it, 0 <= |angle| < 90.

    Returns
    -------
    float
        Pixel size along y in nm.

    References
    ----------
    Check value: 26.4 / 20.8 nm for 38°, ceramics segmentation paper (seed 002).
    """
    if not abs(correction_angle_deg) < 90:
        raise ValueError(f"tilt correction angle must lie within ±90°, got {correction_angle_deg}")
    return x_nm / math.cos(math.radians(correction_angle_deg))
