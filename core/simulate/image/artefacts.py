"""What spoils real stacks: curtains, drifting brightness, charging, defocus, shading, blank slices."""

from __future__ import annotations

from pydantic import model_validator

from core.params import Params, param


class Artefacts(Params):
    """Strength of every artefact; all are off by default. Percentages of grey are of the full grey range."""

    curtain_percent: float = param(
        0.0,
        label="Curtains",
        description="Standard deviation of the change of signal by one curtain at the lower edge",
        unit="%",
        ge=0,
        le=100,
        step=1,
    )
    curtain_count: float = param(
        10.0,
        label="Number of curtains",
        description="Mean number of curtains in a slice",
        ge=0,
        le=1000,
        advanced=True,
    )
    curtain_width_px: float = param(
        3.0,
        label="Width of curtains",
        description="Mean half width (standard deviation of the Gaussian profile) of a curtain",
        unit="px",
        gt=0,
        le=1000,
        advanced=True,
    )
    curtain_slices: float = param(
        6.0,
        label="Persistence of curtains",
        description="Mean number of slices over which a curtain stays",
        unit="slices",
        ge=1,
        le=1000,
        advanced=True,
    )
    brightness_drift_percent: float = param(
        0.0,
        label="Brightness drift",
        description="Standard deviation of the slowly varying brightness, of the grey range",
        unit="%",
        ge=0,
        le=100,
        step=1,
    )
    contrast_drift_percent: float = param(
        0.0,
        label="Contrast drift",
        description="Standard deviation of the slowly varying contrast (gain about the middle grey)",
        unit="%",
        ge=0,
        le=50,
        step=1,
    )
    drift_slices: float = param(
        20.0,
        label="Length of drift",
        description="Number of slices after which brightness, contrast and focus have forgotten their value",
        unit="slices",
        ge=1,
        le=10000,
        advanced=True,
    )
    flicker_percent: float = param(
        0.0,
        label="Flicker",
        description="Standard deviation of the brightness from slice to slice, of the grey range",
        unit="%",
        ge=0,
        le=100,
        step=0.5,
    )
    charging_percent: float = param(
        0.0,
        label="Charging",
        description="Grey that streaks add beside wide poorly conducting regions, of the grey range; "
        "negative for dark streaks",
        unit="%",
        ge=-100,
        le=100,
        step=1,
    )
    charging_length_px: float = param(
        40.0,
        label="Length of streaks",
        description="Length over which a streak builds up and fades along the fast scan direction (to the "
        "right)",
        unit="px",
        gt=0,
        le=10000,
        advanced=True,
    )
    charging_rows_px: float = param(
        3.0,
        label="Height of streaks",
        description="Length over which charge is forgotten from row to row (downward)",
        unit="px",
        ge=0,
        le=1000,
        advanced=True,
    )
    defocus_px: float = param(
        0.0,
        label="Defocus",
        description="Root mean square, over the slices, of the standard deviation of a slowly varying blur",
        unit="px",
        ge=0,
        le=50,
        step=0.1,
    )
    shading_percent: float = param(
        0.0,
        label="Shading",
        description="Loss of signal at the lower edge of the image (bottom of the trench), growing evenly "
        "from none at the upper edge",
        unit="%",
        ge=0,
        le=100,
        step=1,
    )
    blank_slices: tuple[int, ...] = param(
        (),
        label="Blank slices",
        description="Slices (counted from 0) whose images are blank",
        unit="slices",
    )
    blank_probability: float = param(
        0.0,
        label="Share blank",
        description="Probability that an image is blank",
        ge=0,
        le=1,
        step=0.01,
    )

    @model_validator(mode="after")
    def _slices_count_from_0(self) -> Artefacts:
        if any(index < 0 for index in self.blank_slices):
            raise ValueError("blank_slices: slices are counted from 0")
        return self
