"""What repositioning finds: typed, saved, editable."""

from __future__ import annotations

from itertools import pairwise
from typing import Self

from pydantic import Field, model_validator

from core.step import Estimate


class RepositionEstimate(Estimate):
    """Which plane of the fine grid every slice goes to."""

    places: tuple[int, ...] = Field(
        (), title="Places", description="Plane of the grid that each slice goes to, increasing from 0."
    )
    grid_nm: float = Field(1.0, gt=0, title="Grid", description="Distance of the planes, in nm.")
    gaps: int = Field(0, ge=0, title="Gaps", description="Planes that no slice went to.")
    moved: tuple[int, ...] = Field(
        (),
        title="Moved slices",
        description="Slices that went to another plane than the nearest one, as that was taken.",
    )
    greatest_displacement_nm: float = Field(
        0.0, title="Greatest displacement", description="Between the plane and the place of a slice, in nm."
    )
    rms_displacement_nm: float = Field(
        0.0, title="Displacement", description="Root mean square over all slices, in nm."
    )
    notes: tuple[str, ...] = Field((), title="To know", description="What the user has to see.")

    @model_validator(mode="after")
    def _fitting(self) -> Self:
        if self.places and self.places[0] < 0:
            raise ValueError("places count from 0")
        if any(b <= a for a, b in pairwise(self.places)):
            raise ValueError("the places of slices have to increase, or slices would be lost or swapped")
        return self

    def remarks(self) -> tuple[str, ...]:
        """How many gaps there are, and which slices could not go where they belong."""
        return self.notes


class FillEstimate(Estimate):
    """What was found of the gaps before they are filled."""

    measured: int = Field(0, ge=0, title="Planes kept", description="Planes that stay as they are.")
    filled: int = Field(0, ge=0, title="Planes filled", description="Planes of gaps.")
    widest_gap: int = Field(0, ge=0, title="Widest gap", description="Most planes of a gap in a row.")
    solid: float | None = Field(
        None, title="Solid", description="Value of the solid where the voxels are of two phases, else none."
    )
    cap_px: float | None = Field(
        None, gt=0, title="Greatest distance", description="At which signed distances are cut off, in px."
    )
    notes: tuple[str, ...] = Field((), title="To know", description="What the user has to see.")

    def remarks(self) -> tuple[str, ...]:
        """What was found, and what could not be done."""
        return self.notes
