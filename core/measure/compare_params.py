"""What can be chosen when a result is compared with the truth."""

from __future__ import annotations

from typing import Literal, Self

from pydantic import field_validator, model_validator

from core.params import Params, param
from core.slice_list import numbers_of

Box = tuple[int, int, int, int, int, int]


class CompareParams(Params):
    """How two volumes are read and what is compared."""

    prediction_threshold: float | None = param(
        None,
        label="Threshold of the prediction",
        unit="grey",
        description="A greater value is solid; none: the greater of its two values is.",
    )
    truth_threshold: float | None = param(
        None,
        label="Threshold of the truth",
        unit="grey",
        description="A greater value is solid, for example 127 for masks with stray values; none: the "
        "greater of its two values is.",
    )
    labels: bool = param(
        False,
        label="Several phases",
        description="Every value is a phase of its own, with the same value in both volumes.",
    )
    probabilities: bool = param(
        False,
        label="Probabilities",
        description="The prediction holds probabilities of solid (uint8 0-255, uint16, or 0-1): ROC and "
        "precision-recall curves as well; the threshold is half the range unless given.",
    )
    agreement: bool = param(
        False,
        label="Agreement",
        description="Neither is the truth (two detectors): only what stays when the two are swapped.",
    )
    grey: bool = param(
        False,
        label="Grey images",
        description="PSNR and SSIM of grey values; solid and pore are compared only with both thresholds.",
    )
    data_range: float | None = param(
        None,
        gt=0,
        label="Data range",
        unit="grey",
        description="Span of the grey values for PSNR and SSIM; none: that of the type, 255 for uint8.",
    )
    slices: Literal["all", "measured"] = param(
        "all",
        label="Slices",
        description="All, or only those that the prediction marks as measured (not filled in).",
    )
    exclude_slices: str = param(
        "",
        label="Leave out slices",
        description="Indices counted from 0, for example 3, 7-9; empty = none.",
    )
    region: Box | None = param(
        None,
        label="Region",
        unit="px",
        description="Compare within this box only: Z0 Z1 Y0 Y1 X0 X1, counted from 0, ends not included.",
    )

    @field_validator("exclude_slices")
    @classmethod
    def _readable(cls, value: str) -> str:
        numbers_of(value)
        return value

    @model_validator(mode="after")
    def _fitting(self) -> Self:
        thresholds = self.prediction_threshold is not None or self.truth_threshold is not None
        if self.labels and (thresholds or self.probabilities):
            raise ValueError("several phases are told by their values: no thresholds, no probabilities")
        if self.agreement and (self.probabilities or self.grey):
            raise ValueError("agreement is between two segmentations: no probabilities, no grey images")
        if self.data_range is not None and not self.grey:
            raise ValueError("data_range belongs to grey images: give --grey as well")
        if self.grey and (self.labels or self.probabilities):
            raise ValueError("grey images are compared with grey images: no labels, no probabilities")
        if self.region is not None and not all(
            0 <= start < stop for start, stop in zip(self.region[::2], self.region[1::2], strict=True)
        ):
            raise ValueError("region takes Z0 Z1 Y0 Y1 X0 X1, each end greater than its start")
        return self

    @property
    def counts(self) -> bool:
        """Whether solid and pore, or labels, are counted."""
        both = self.prediction_threshold is not None and self.truth_threshold is not None
        return not self.grey or both
