"""What is found of the thickness of slices: typed, saved, editable."""

from __future__ import annotations

from typing import Literal, Self

from pydantic import BaseModel, ConfigDict, Field, model_validator

from core.step import Estimate


class MarkTrack(BaseModel):
    """One mark of the ruler through the stack."""

    model_config = ConfigDict(frozen=True, extra="forbid", allow_inf_nan=False)

    kind: Literal["parallel", "inclined"]
    x_px: tuple[float, ...]
    """Centre along x, per slice; where not seen, where it has to be."""
    y_px: tuple[float, ...]
    sigma_px: tuple[float, ...]
    """Standard error of x, per slice."""
    seen: tuple[bool, ...]
    width_px: float


class ThicknessEstimate(Estimate):
    """Where every slice lies in z, how sure that is, and what the thicknesses are like."""

    method: str = Field("", title="Method", description="ruler, constant, image, file or metadata.")
    thickness_nm: tuple[float, ...] = Field(
        (), title="Thickness", description="Between each slice and the next, in nm."
    )
    sigma_nm: tuple[float, ...] = Field(
        (), title="Standard error", description="Of each thickness, in nm; 0 where the source states none."
    )
    z_nm: tuple[float, ...] = Field(
        (), title="Positions", description="Of each slice from the first, increasing, in nm."
    )
    z_sigma_nm: tuple[float, ...] = Field(
        (), title="Standard error of z", description="Of each position, in nm; 0 where none is stated."
    )
    flagged: tuple[int, ...] = Field(
        (), title="Flagged", description="Slices whose position was not measured or is implausible."
    )
    outliers: tuple[int, ...] = Field(
        (), title="Outliers", description="Thicknesses (numbered as the slice above) with a z-score over 1.5."
    )
    implausible: tuple[int, ...] = Field(
        (), title="Implausible", description="Thicknesses (numbered as the slice above) of 1 nm or less."
    )
    across: tuple[int, ...] = Field(
        (),
        title="Across missing slices",
        description="Distances (numbered as the slice above) that hold missing slices; no thickness of one.",
    )
    mean_nm: float | None = Field(None, title="Mean", description="Mean thickness, in nm.")
    sd_nm: float | None = Field(None, title="Standard deviation", description="Of the thicknesses, in nm.")
    gamma_shape: float | None = Field(None, title="Gamma shape", description="Of the fitted distribution.")
    gamma_scale_nm: float | None = Field(
        None, title="Gamma scale", description="Of the fitted distribution, in nm."
    )
    marks: tuple[MarkTrack, ...] = Field(
        (), title="Marks", description="The marks of the ruler through the stack, left to right."
    )
    drift_px_yx: tuple[tuple[float, float], ...] = Field(
        (), title="Drift", description="Of the marks from the first slice, (y, x) in px."
    )
    scale: tuple[float, ...] = Field(
        (), title="Scale", description="Distance of the parallel marks, relative to its median, per slice."
    )
    pixel_nm: float | None = Field(None, title="Pixel", description="Pixel size along x, as used, in nm.")
    angle_deg: float | None = Field(None, title="Angle", description="Of the inclined marks, in degrees.")
    channel: str = Field("", title="Channel", description="The channel it was measured in.")
    notes: tuple[str, ...] = Field((), title="To know", description="What the user has to see.")

    @model_validator(mode="after")
    def _fitting(self) -> Self:
        if len(self.thickness_nm) != max(0, len(self.z_nm) - 1):
            raise ValueError("one thickness less than positions is needed")
        if any(b <= a for a, b in zip(self.z_nm, self.z_nm[1:], strict=False)):
            raise ValueError("the positions of slices have to increase")
        return self

    def remarks(self) -> tuple[str, ...]:
        """What could not be told, and how far to trust the rest."""
        return self.notes
