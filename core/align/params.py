"""What is to be brought into register, by what, and what becomes of the border."""

from __future__ import annotations

from typing import Literal, Self

from pydantic import field_validator, model_validator

from core.align.warp import Canvas, Interpolation
from core.boxes import boxes_of
from core.params import Params, param


class WhereParams(Params):
    """Where to look, and what becomes of the border; shared by the steps that register."""

    region: str = param(
        "",
        label="Look at",
        unit="px",
        description=(
            "Rows and columns to compare, for example 120-400, 30-900; several between semicolons; "
            "empty = whole slices."
        ),
    )
    exclude: str = param(
        "",
        label="Leave out",
        unit="px",
        description="Boxes not to compare, written alike: a porous face, a trench, a data bar.",
    )
    canvas: Canvas = param(
        "common",
        label="Canvas",
        description=(
            "What of the plane is kept: what all slices show, the frame of the first slice, or what any "
            "slice shows; outside of a slice there is a mask."
        ),
        choices={"common": "What all slices show", "same": "Frame of the first", "grow": "What any shows"},
    )
    interpolation: Interpolation = param(
        "cubic",
        advanced=True,
        label="Between pixels",
        description="How grey values between pixels are found; binary images and labels take the nearest.",
        choices={"cubic": "Cubic spline", "linear": "Linear", "nearest": "Nearest pixel"},
    )

    @field_validator("region", "exclude")
    @classmethod
    def _readable(cls, value: str) -> str:
        boxes_of(value)
        return value


class RegisterParams(WhereParams):
    """What the position of a slice is told by, and how slices may move."""

    anchor: Literal["structure", "fiducial", "ruler"] = param(
        "structure",
        label="Position from",
        description=(
            "The structure itself (adds up small errors, and takes slanted structure for drift), a mark "
            "that does not move, in the region to look at, or the parallel marks of the ruler (best)."
        ),
        choices={
            "structure": "Structure, slice by slice",
            "fiducial": "A fixed mark in the region",
            "ruler": "Parallel marks of the ruler",
        },
    )
    transform: Literal["translation", "rigid", "affine"] = param(
        "translation",
        label="Movement",
        description="Slices may be moved; moved and turned; or stretched and sheared as well.",
        choices={"translation": "Move", "rigid": "Move and turn", "affine": "Move, turn, stretch, shear"},
        visible_when={"anchor": ["structure", "fiducial"]},
    )
    reference: Literal["window", "previous", "fixed"] = param(
        "window",
        label="Compare with",
        description="Several slices before, the slice before only, or one slice for all.",
        choices={"window": "Several slices before", "previous": "Slice before", "fixed": "One slice"},
        visible_when={"anchor": ["structure"]},
    )
    window_slices: int = param(
        3,
        ge=2,
        le=16,
        label="Window",
        unit="slices",
        description="How many slices before are compared with.",
        visible_when={"anchor": ["structure"], "reference": ["window"]},
    )
    reference_slice: int = param(
        0,
        ge=0,
        label="Reference slice",
        description="The slice that a fixed mark or all slices are compared with, from 0.",
        visible_when={"anchor": ["structure", "fiducial"]},
    )
    trend: Literal["remove", "keep"] = param(
        "remove",
        label="Slow part",
        description=(
            "Whether the slow part of the shifts is corrected too: it is drift, or structure that slants, "
            "and without a mark the images cannot tell which."
        ),
        choices={"remove": "Is drift: correct it", "keep": "Is structure: leave it"},
    )
    trend_slices: int = param(
        0,
        ge=0,
        le=100_000,
        label="Slow means over",
        unit="slices",
        description="Length over which the slow part is smooth; 0 = a straight line through the stack.",
    )
    from_channel: str = param(
        "",
        label="Channel",
        description="Of several channels, the one whose transforms all others take; empty = each its own.",
    )

    @model_validator(mode="after")
    def _marked(self) -> Self:
        if self.anchor == "fiducial" and not self.region.strip():
            raise ValueError("a fixed mark needs its region: rows and columns, for example 120-400, 30-200")
        return self


class RegisterChannelsParams(WhereParams):
    """Which channel stays, and how the others may move."""

    reference_channel: str = param(
        "",
        label="Reference channel",
        description="The channel that the others are brought to, for example 2kV; empty = the first.",
    )
    transform: Literal["translation", "rigid", "affine"] = param(
        "translation",
        label="Movement",
        description="Slices may be moved; moved and turned; or stretched and sheared as well.",
        choices={"translation": "Move", "rigid": "Move and turn", "affine": "Move, turn, stretch, shear"},
    )
    follow: Literal["slices", "smooth", "constant"] = param(
        "slices",
        label="Along the stack",
        description=(
            "Whether each slice moves by itself, along a smooth curve, or all alike; the last two suit noisy "
            "images of a steady microscope."
        ),
        choices={"slices": "Each slice by itself", "smooth": "Smooth curve", "constant": "All alike"},
    )
