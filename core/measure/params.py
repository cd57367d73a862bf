"""What is to be measured, and in which slices."""

from __future__ import annotations

from typing import Literal

from pydantic import field_validator

from core.measure.patches import PATCH, RANGE
from core.params import Params, param
from core.slice_list import numbers_of


class MeasureParams(Params):
    """Which quantities; all lengths come from the voxel size of the volume."""

    values: Literal["auto", "binary", "labels"] = param(
        "auto",
        label="Values",
        description="Whether the values are pore and solid, or labels of phases; each is then measured.",
        choices={"auto": "As the volume says", "binary": "Pore and solid", "labels": "Labels"},
    )
    slices: Literal["measured", "all"] = param(
        "measured",
        label="Slices",
        description=(
            "Whether slices that were interpolated or inpainted are left out of what is measured along "
            "lines and in planes; connected components, thickness and transport need all."
        ),
        choices={"measured": "Measured ones only", "all": "All"},
    )
    exclude_slices: str = param(
        "",
        label="Leave out",
        description="More slices to treat as not measured, from 0, for example 3, 7-9; empty = none.",
    )
    range_px: int = param(
        RANGE,
        ge=2,
        le=4096,
        label="Range",
        unit="px",
        description=(
            "Greatest distance at which directions are compared and curves are drawn, in voxels of the "
            "finest axis; at most half a cube. The isotropy errors depend on it."
        ),
    )
    patch_px: int = param(
        PATCH,
        ge=8,
        le=4096,
        label="Cubes",
        unit="px",
        advanced=True,
        description="Side of the cubes that functions are averaged over, in voxels of the finest axis.",
    )
    periodic: bool = param(
        False,
        label="Periodic",
        advanced=True,
        description="Whether the volume repeats itself, as some virtual ones do: pairs reach across borders.",
    )
    planes: bool = param(
        True,
        label="Averages within planes",
        description="Also average the two-point correlation over directions in planes, in up to 4 cubes.",
    )
    thickness: bool = param(
        False,
        label="Local thickness",
        description="Greatest sphere that fits, at every voxel of every phase; takes longer.",
    )
    transport: bool = param(
        False,
        label="Transport",
        description="Tortuosity and effective conductivity of every phase along each axis; takes longest.",
    )
    representative: bool = param(
        True,
        label="Representative size",
        description="The share of each phase against the size of sub-volumes.",
    )

    @field_validator("exclude_slices")
    @classmethod
    def _readable(cls, value: str) -> str:
        numbers_of(value)
        return value
