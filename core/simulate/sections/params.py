"""What simulated sections of ceramics look like: ranges from which each structure and image draws its own."""

from __future__ import annotations

from typing import Annotated, Any, TypeAlias

from pydantic import AfterValidator, model_validator
from pydantic import Field as PydanticField

from core.params import Params, param
from core.simulate.plan_file import PlanFile
from core.simulate.training_plan import SPLITS, Split

CHANNEL = "SE"
"""Name of the only imaging condition."""


def _rising(value: tuple[float, float]) -> tuple[float, float]:
    if value[0] > value[1]:
        raise ValueError(f"a range goes from low to high, got {value[0]:g}, {value[1]:g}")
    return value


Range: TypeAlias = Annotated[
    tuple[
        Annotated[float, PydanticField(ge=0, le=1e6)],
        Annotated[float, PydanticField(ge=0, le=1e6)],
    ],
    AfterValidator(_rising),
]
"""Least and greatest value; what is drawn lies evenly between."""


def _range(low: float, high: float, label: str, description: str, unit: str = "") -> Any:
    return param((low, high), label=label, description=description, unit=unit)


class Grains(Params):
    """A sintered body: grains, pores of any shape where they meet, and a second phase in these gaps.

    Lengths with the unit "grains" are multiples of the mean edge of a grain.
    """

    grain_px: Range = _range(16, 60, "Grain", "Edge of a cube of the mean volume of a grain.", "px")
    porosity: Range = _range(0.08, 0.38, "Porosity", "Share of pores, of what is not pulled into clusters.")
    bend: Range = _range(0.05, 0.2, "Bend", "How far boundaries are bent.", "grains")
    pull: Range = _range(1.5, 5, "Pull", "How much pores keep to the boundaries of grains.")
    lumps: Range = _range(0.4, 1, "Lumps", "How much pores depend on a field of the size of necks.")
    lump_size: Range = _range(0.15, 0.3, "Size of lumps", "Standard deviation of its kernel.", "grains")
    clusters: Range = _range(0.3, 0.9, "Clusters", "How much pores gather in some regions and leave others.")
    cluster_size: Range = _range(0.8, 1.5, "Size of clusters", "Standard deviation of its kernel.", "grains")
    rough: Range = _range(0, 0.12, "Roughness", "How much walls are rough.")
    rough_px: Range = _range(1.2, 3, "Size of roughness", "Standard deviation of its kernel.", "px")
    second_share: float = param(
        0.7, ge=0, le=1, label="With second phase", description="Share of structures that have one."
    )
    second_fraction: Range = _range(0, 0.1, "Second phase", "Its share of the volume, where there is one.")


class Oblique(Params):
    """How the surface that a beam meets becomes a signal; see docs/image-formation.md."""

    tilt_deg: Range = _range(20, 55, "Tilt", "Angle of the beam to the normal of the face.", "°")
    straight: float = param(
        0.15, ge=0, le=1, label="Without tilt", description="Share of images taken along the normal."
    )
    decay_px: Range = _range(6, 80, "Decay", "Depth over which the signal of a pore falls to 1/e.", "px")
    shadow: Range = _range(0.4, 1.6, "Shadow", "Power of the share of the sky that is seen.")
    inclined: Range = _range(0.3, 0.9, "Inclination", "Power n of the law 1 / cos^n of inclined surfaces.")
    wall: Range = _range(0.5, 1.1, "Walls", "Signal of a wall of a pore, by that of the polished face.")
    rest: Range = _range(0, 0.1, "Rest", "Signal of the deepest pore, by that of the face.")
    rim: Range = _range(0, 0.35, "Rim", "Additional signal at the edges of pores, by that of the face.")
    rim_px: Range = _range(0.7, 1.6, "Width of rims", "Distance over which it falls to 1/e.", "px")
    second_yield: Range = _range(0.62, 0.88, "Second phase", "Signal of it, by that of the first.")


class Spoilt(Params):
    """What milling, charge and detector make of the image.

    Images to train with are kept without noise: it is drawn anew for every patch. Those for validation and
    tests have it.
    """

    blur_px: Range = _range(0.5, 1.1, "Blur", "Standard deviation of the beam.", "px")
    shade: Range = _range(0, 0.4, "Shade", "Loss of signal from the upper to the lower edge.")
    slant: Range = _range(0, 0.15, "Slant", "Difference of signal between left and right edge.")
    curtains: float = param(
        14.0, ge=0, le=1000, label="Curtains", description="Mean number of curtains and streaks in an image."
    )
    curtain: float = param(
        0.05, ge=0, le=1, label="Strength of curtains", description="Standard deviation of what one changes."
    )
    streaks: float = param(
        0.1, ge=0, le=1, label="Streaks", description="Share of curtains that are 2.5 times as strong."
    )
    curtain_px: Range = _range(0.6, 5, "Width of curtains", "Standard deviation of the profile.", "px")
    grain: Range = _range(0, 0.03, "Fine curtains", "Standard deviation of fine vertical texture.")
    noise: Range = _range(
        0.05, 0.15, "Noise", "Standard deviation of a pixel, in images for validation and tests."
    )


class SectionPlan(PlanFile):
    """A training set of sections of ceramics; structures belong to one of training, validation and test."""

    seed: int = param(1, ge=0, le=2**31 - 1, label="Seed", description="Everything follows from it.")
    train: int = param(
        100, ge=0, le=10000, label="For training", description="Structures to train with.", unit=""
    )
    validation: int = param(
        8, ge=0, le=10000, label="For validation", description="Structures to choose the best state by."
    )
    test: int = param(4, ge=0, le=10000, label="For tests", description="Structures for the final figures.")
    side_px: int = param(
        256, ge=32, le=2048, label="Side", unit="px", description="Rows and columns of a section."
    )
    depth_px: int = param(
        60,
        ge=8,
        le=1024,
        label="Depth",
        unit="px",
        description="Depth of a structure. It is looked at from both sides, which makes two sections.",
    )
    pixel_nm: Range = _range(10, 40, "Pixel", "What is stated; sizes above are in pixels.", "nm")
    grains: Grains = PydanticField(default_factory=Grains, title="Structure")
    oblique: Oblique = PydanticField(default_factory=Oblique, title="View")
    spoilt: Spoilt = PydanticField(default_factory=Spoilt, title="Artefacts")

    @model_validator(mode="after")
    def _fits(self) -> SectionPlan:
        if not self.splits:
            raise ValueError("train, validation, test: at least one structure is needed")
        if self.pixel_nm[0] <= 0:
            raise ValueError("pixel_nm: above 0")
        if self.grains.grain_px[0] < 4:
            raise ValueError("grains.grain_px: at least 4, or grains are not resolved")
        if max(self.oblique.tilt_deg) > 75:
            raise ValueError("oblique.tilt_deg: at most 75")
        if self.oblique.decay_px[0] <= 0 or self.oblique.rim_px[0] <= 0:
            raise ValueError("oblique.decay_px, oblique.rim_px: above 0")
        return self

    @property
    def channels(self) -> tuple[str, ...]:
        """Imaging conditions."""
        return (CHANNEL,)

    @property
    def splits(self) -> tuple[Split, ...]:
        """Split of each structure, in order."""
        counts = zip(SPLITS, (self.train, self.validation, self.test), strict=True)
        return tuple(split for split, count in counts for _ in range(count))
