"""How patches are varied while a network is trained with them."""

from __future__ import annotations

from typing import Literal, Self, TypeAlias

from pydantic import model_validator

from core.params import Params, param

Electrons: TypeAlias = Literal["counted", "fixed", "both"]


class AugmentParams(Params):
    """How patches are varied while they are trained with; 0 turns a variation off.

    Nothing is ever turned or mirrored along z: what shines through comes from behind. Grey values are stated
    as shares of the contrast between pore and solid.
    """

    flip_x: bool = param(True, label="Flip x", description="Mirror left and right.")
    flip_y: bool = param(True, label="Flip y", description="Mirror up and down; not where a face is tilted.")
    rotate_90: bool = param(
        True, label="Quarter turns", description="Turn by 90° in the plane; not where a face is tilted."
    )
    rotate_deg: float = param(
        0.0,
        ge=0,
        le=180,
        label="Rotation",
        unit="°",
        description="Greatest turn in the plane by any angle; not where a face is tilted.",
    )
    stretch: float = param(
        0.25,
        ge=0,
        le=1,
        step=0.05,
        label="Stretch",
        description="Sides are stretched or shrunk by a factor of up to 1 + this, each by its own.",
    )
    brightness: float = param(
        0.1, ge=0, le=1, step=0.05, label="Brightness", description="Greatest change of brightness."
    )
    contrast: float = param(
        0.15, ge=0, lt=1, step=0.05, label="Contrast", description="Greatest relative change of contrast."
    )
    gamma: float = param(
        0.1,
        ge=0,
        lt=1,
        step=0.05,
        label="Gamma",
        description="Greatest bend g of the grey scale: t, pore 0 and solid 1, becomes t + g t (1 - t).",
    )
    blur_px: float = param(
        1.0, ge=0, le=5, step=0.1, label="Blur", unit="px", description="Greatest standard deviation."
    )
    edge_blur_px: float = param(
        1.0,
        ge=0,
        le=5,
        step=0.1,
        label="Edge blur",
        unit="px",
        description="Greatest standard deviation of a blur of edges alone, before noise is added.",
    )
    noise: float = param(
        0.1, ge=0, le=2, step=0.05, label="Noise", description="Greatest deviation of added Gaussian noise."
    )
    dose_low: float = param(
        8.0,
        gt=0,
        le=1e6,
        label="Least dose",
        unit="electrons",
        description="Electrons per pixel that images of noise-free simulations (the fast approximation) get "
        "the noise of; drawn between least and greatest, evenly on a logarithmic scale.",
    )
    dose_high: float = param(
        100.0,
        gt=0,
        le=1e6,
        label="Greatest dose",
        unit="electrons",
        description="See least dose.",
    )
    electrons: Electrons = param(
        "both",
        label="Electrons",
        description="Their number varies from pixel to pixel, as in a microscope (Poisson noise), or is the "
        "same in every pixel, as in simulations with few electrons (binomial noise), or either.",
        choices={"counted": "Varying", "fixed": "Fixed", "both": "Either"},
        advanced=True,
    )
    stripes: float = param(
        0.03,
        ge=0,
        le=1,
        step=0.01,
        label="Curtains",
        description="Greatest relative change of the signal by upright stripes.",
    )
    slice_gain: float = param(
        0.03,
        ge=0,
        le=1,
        step=0.01,
        label="Flicker",
        description="Greatest change of brightness from slice to slice.",
    )
    slice_loss: float = param(
        0.02,
        ge=0,
        le=1,
        step=0.01,
        label="Lost neighbours",
        description="Share of the neighbours of a slice that are replaced by the next one towards it.",
    )
    share: float = param(
        0.3,
        ge=0,
        le=1,
        step=0.05,
        label="Share",
        description="Share of the patches that each of rotation and stretch, blur, edge blur, noise and "
        "curtains is applied to.",
    )

    @model_validator(mode="after")
    def _range(self) -> Self:
        if self.dose_low > self.dose_high:
            raise ValueError(f"dose_low, dose_high: low <= high, got {self.dose_low:g}, {self.dose_high:g}")
        return self


NO_AUGMENTATION = AugmentParams(
    flip_x=False,
    flip_y=False,
    rotate_90=False,
    stretch=0,
    brightness=0,
    contrast=0,
    gamma=0,
    blur_px=0,
    edge_blur_px=0,
    noise=0,
    stripes=0,
    slice_gain=0,
    slice_loss=0,
)
"""Patches as they are (noise-free simulations get the noise of the dose nevertheless)."""
