"""The parts of a virtual acquisition: field, milling, ruler and marks, movements. All off by default."""

from __future__ import annotations

from typing import Literal

from pydantic import model_validator

from core.params import Params, param

LARGEST_SIDE = 16384
MOST_SLICES = 10000


class Field(Params):
    """What is imaged, and how finely the sample is known."""

    slices: int = param(
        64, label="Slices", description="Number of slices", unit="slices", ge=1, le=MOST_SLICES
    )
    rows: int = param(256, label="Rows", description="Height of an image", unit="px", ge=1, le=LARGEST_SIDE)
    columns: int = param(
        256, label="Columns", description="Width of an image", unit="px", ge=1, le=LARGEST_SIDE
    )
    pixel_nm: float = param(
        2.5, label="Pixel", description="Side of a pixel of the image", unit="nm", ge=0.1, le=1000, step=0.5
    )
    voxel_nm: float = param(
        2.5,
        label="Voxel of the sample",
        description="Side of the cubes that the sample consists of; its truth is known on this grid",
        unit="nm",
        ge=0.1,
        le=1000,
        step=0.5,
    )
    tilt_corrected: bool = param(
        False,
        label="Tilt corrected",
        description="The microscope stretches its scan so that pixels are square on the tilted face; "
        "otherwise a pixel covers 1 / cos(tilt) of its side along y",
        advanced=True,
    )
    margin_nm: float | None = param(
        None,
        label="Margin",
        description="How far the sample goes on below and beside what is imaged; if not given, the range of "
        "the electrons",
        unit="nm",
        ge=0,
        le=100000,
        advanced=True,
    )


class Milling(Params):
    """Where the slices lie."""

    slice_nm: float = param(
        10.0,
        label="Slice thickness",
        description="Thickness that is aimed at, and the mean of what is milled",
        unit="nm",
        ge=0.1,
        le=10000,
        step=1,
    )
    thickness: Literal["even", "gamma", "given"] = param(
        "even",
        label="Thickness",
        description="How the real thickness varies",
        choices={"even": "as aimed at", "gamma": "varies (gamma distribution)", "given": "as listed"},
    )
    sd_nm: float = param(
        3.12,
        label="Spread",
        description="Standard deviation of the thickness; 3.12 nm at 10 nm was measured on porous gold",
        unit="nm",
        gt=0,
        le=10000,
        step=0.5,
        visible_when={"thickness": "gamma"},
    )
    given_nm: tuple[float, ...] = param(
        (),
        label="Thicknesses",
        description="Thickness between each slice and the next: one fewer than slices",
        unit="nm",
        visible_when={"thickness": "given"},
    )
    snap_to_voxels: bool = param(
        False,
        label="Whole voxels",
        description="Mill whole voxels, at least one",
        advanced=True,
    )
    faces: Literal["inside", "border"] = param(
        "inside",
        label="Faces",
        description="Whether a face cuts a voxel of the sample where it falls, so that only a film of it may "
        "be left, or the voxel is always left whole, as in simulations that remove voxels",
        choices={"inside": "cut voxels", "border": "leave voxels whole"},
        advanced=True,
    )
    first_nm: float = param(
        0.0,
        label="First depth",
        description="Depth in the structure at which the first slice lies, to whole voxels",
        unit="nm",
        ge=0,
        le=1e6,
        advanced=True,
    )
    lost_slices: tuple[int, ...] = param(
        (),
        label="Lost slices",
        description="Slices (counted from 0) that were milled and of which no image was kept",
        unit="slices",
    )
    lost_probability: float = param(
        0.0,
        label="Share lost",
        description="Probability that a slice is lost; never the first",
        ge=0,
        le=0.5,
        step=0.01,
    )

    @model_validator(mode="after")
    def _thicknesses_fit(self) -> Milling:
        if any(value <= 0 for value in self.given_nm):
            raise ValueError("given_nm: every thickness has to be above 0 nm")
        if any(index < 0 for index in self.lost_slices):
            raise ValueError("lost_slices: slices are counted from 0")
        return self


class Ruler(Params):
    """Four marks in a cap layer on the top surface: two parallel to the milling direction, two inclined."""

    on: bool = param(
        False,
        label="Ruler",
        description="Whether the field shows the sample's top surface with cap layer and ruler in its first "
        "rows",
    )
    angle_deg: float = param(
        30.0,
        label="Angle",
        description="Angle between inclined marks and milling direction",
        unit="°",
        gt=0,
        lt=80,
        step=1,
    )
    above_nm: float = param(
        30.0,
        label="Above surface",
        description="Height of the empty space above the cap layer in the image",
        unit="nm",
        ge=0,
        le=100000,
    )
    cap_nm: float = param(
        80.0, label="Cap layer", description="Thickness of the cap layer", unit="nm", gt=0, le=100000
    )
    mark_depth_nm: float = param(
        50.0, label="Mark depth", description="Depth of the filled trenches", unit="nm", gt=0, le=100000
    )
    mark_width_nm: float = param(
        30.0, label="Mark width", description="Width of the filled trenches", unit="nm", gt=0, le=100000
    )
    parallel_x_nm: tuple[float, float] | None = param(
        None,
        label="Parallel marks",
        description="x of the centres of the two parallel marks; if not given, near the sides "
        "of the field (6 % of its width, at least a mark)",
        unit="nm",
        advanced=True,
    )
    inclined_x_nm: tuple[float, float] | None = param(
        None,
        label="Inclined marks",
        description="x of the centres of the two inclined marks on the first image; if not given, inside the "
        "parallel ones",
        unit="nm",
        advanced=True,
    )
    inclined: Literal["mirrored", "same"] = param(
        "mirrored",
        label="Inclination",
        description="Whether the second inclined mark moves against the first (which moves to greater x) or "
        "with it",
        choices={"mirrored": "toward each other", "same": "both the same way"},
        advanced=True,
    )
    cap_material: str = param("C", label="Cap material", description="Material of the cap layer")
    mark_material: str = param("Pt", label="Mark material", description="What the trenches are filled with")

    @model_validator(mode="after")
    def _marks_lie_in_cap(self) -> Ruler:
        if self.mark_depth_nm > self.cap_nm:
            raise ValueError("mark_depth_nm: the marks are deeper than the cap layer (cap_nm)")
        return self


class Fiducial(Params):
    """A strip at the right side of the field with crossed trenches, the same on every slice."""

    on: bool = param(False, label="Fiducial", description="Whether the field shows a fiducial mark")
    width_nm: float = param(
        100.0, label="Width", description="Width of the strip", unit="nm", gt=0, le=100000
    )
    arm_nm: float = param(
        15.0, label="Trench", description="Width of the crossed trenches", unit="nm", gt=0, le=100000
    )
    material: str = param("Pt", label="Strip material", description="What the strip is made of")
    cross_material: str = param("C", label="Trench material", description="What the trenches are filled with")


class Drift(Params):
    """Movement of the image from slice to slice; all channels of a slice move together."""

    walk_px: float = param(
        0.0,
        label="Random walk",
        description="Standard deviation of each step of a random walk, in y and in x",
        unit="px",
        ge=0,
        le=1000,
        step=0.1,
    )
    jump_probability: float = param(
        0.0, label="Share of jumps", description="Probability of a jump per slice", ge=0, le=1, step=0.01
    )
    jump_px: float = param(
        5.0,
        label="Jump",
        description="Standard deviation of a jump, in y and in x",
        unit="px",
        ge=0,
        le=1000,
    )
    slant_nm_yx: tuple[float, float] = param(
        (0.0, 0.0),
        label="Slant",
        description="Slow steady movement of the content per slice, in y and in x",
        unit="nm",
    )


class Misalignment(Params):
    """Each voltage images the slice anew, not quite at the same place (article III, figure 3)."""

    offset_px: float = param(
        0.0,
        label="Offset",
        description="Standard deviation of the fixed offset of each voltage but the first, in y and in x",
        unit="px",
        ge=0,
        le=1000,
        step=0.5,
    )
    jitter_px: float = param(
        0.0,
        label="Jitter",
        description="Standard deviation of a further offset of each image, in y and in x",
        unit="px",
        ge=0,
        le=1000,
        step=0.1,
    )
