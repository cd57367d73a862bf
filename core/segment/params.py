"""How solid is told from pore, and what is found on the way."""

from __future__ import annotations

from typing import Literal

from pydantic import Field, field_validator

from core.models.choice import model_names
from core.params import Params, param
from core.step import Estimate

METHODS = ("threshold", "otsu", "kmeans", "sauvola")
MODEL = "model:"
ANY_MODEL = "model:*"
UNSURE = (0.2, 0.8)
"""A network that gives probabilities between these is called unsure."""


def _models() -> tuple[str, ...]:
    return tuple(f"{MODEL}{name}" for name in model_names())


class SegmentParams(Params):
    """How solid is told from pore; a voxel brighter than the threshold is solid."""

    method: str = param(
        "otsu",
        max_length=4096,
        label="Method",
        description="How the threshold is found; or model:NAME, a network of `trueslice models list`.",
        choices={
            "threshold": "Typed-in threshold",
            "otsu": "Otsu",
            "kmeans": "k-means",
            "sauvola": "Sauvola (local)",
        },
        suggestions=_models,
    )
    probability: float = param(
        0.5,
        gt=0,
        lt=1,
        step=0.05,
        decimals=3,
        label="Probability",
        description="A voxel that is solid with a greater probability is solid.",
        visible_when={"method": [ANY_MODEL]},
    )
    force: bool = param(
        False,
        advanced=True,
        label="Use it anyway",
        description="Use the model although the data are far from the training data, or of unknown size.",
        visible_when={"method": [ANY_MODEL]},
    )
    threshold: float = param(
        127.0,
        label="Threshold",
        unit="grey",
        description="A voxel with a greater value is solid.",
        visible_when={"method": ["threshold"]},
    )
    clusters: Literal[2, 3] = param(
        2,
        label="Clusters",
        description="With 3 only the brightest is solid: the middle one takes up walls that shine through.",
        visible_when={"method": ["kmeans"]},
    )
    scope: Literal["stack", "slice"] = param(
        "stack",
        label="Threshold for",
        description="One threshold for the whole stack, or one for each slice.",
        choices={"stack": "the whole stack", "slice": "each slice"},
        visible_when={"method": ["otsu", "kmeans"]},
    )
    smoothing_px: float = param(
        1.0,
        ge=0,
        le=50,
        label="Gaussian first",
        unit="px",
        step=0.5,
        description="Standard deviation of the Gaussian filter applied before local thresholds; 0 = none.",
        visible_when={"method": ["sauvola"]},
    )
    window_px: int = param(
        51,
        ge=3,
        le=1001,
        step=2,
        label="Window",
        unit="px",
        description="Side of the square around each pixel, some pores wide; odd.",
        visible_when={"method": ["sauvola"]},
    )
    k: float = param(
        0.1,
        gt=0,
        lt=1,
        step=0.05,
        decimals=3,
        label="Weight k",
        description="How far the local threshold lies below the local mean where contrast is low.",
        visible_when={"method": ["sauvola"]},
    )
    dynamic_range: float = param(
        0.0,
        ge=0,
        label="Range R",
        unit="grey",
        advanced=True,
        description="Greatest local deviation expected; 0 = half the span of all values (0.1 to 99.9 %).",
        visible_when={"method": ["sauvola"]},
    )

    @field_validator("method")
    @classmethod
    def _known(cls, value: str) -> str:
        if value not in METHODS and not (value.startswith(MODEL) and value != MODEL):
            raise ValueError(f"one of {', '.join(METHODS)}, or {MODEL}NAME with a model of the library")
        return value

    @field_validator("window_px")
    @classmethod
    def _odd(cls, value: int) -> int:
        if value % 2 == 0:
            raise ValueError("the window must be odd, so that it has a middle pixel")
        return value

    @property
    def model(self) -> str:
        """Name of the network; empty for the other methods."""
        return self.method.removeprefix(MODEL) if self.method.startswith(MODEL) else ""


class SegmentEstimate(Estimate):
    """What the grey values of the stack say about the border between solid and pore."""

    thresholds: tuple[float, ...] = Field(
        (),
        title="Thresholds",
        description="One for the stack or one for each slice, in grey values; none if local.",
    )
    centres: tuple[tuple[float, ...], ...] = Field(
        (), title="Cluster centres", description="k-means: mean grey value of each cluster, per threshold."
    )
    flagged: tuple[int, ...] = Field(
        (),
        title="Slices without a threshold of their own",
        description="Too few different values there: they use the median of the others.",
    )
    dynamic_range: float | None = Field(
        None, gt=0, title="Range R", description="Sauvola: greatest local deviation, in grey values."
    )
    model: str = Field("", title="Model", description="Name of the network, if that was the method.")
    mean_entropy_bits: float | None = Field(
        None, ge=0, le=1, title="Mean entropy", description="Of a network, in bits; 1 = it cannot tell."
    )
    unsure_fraction: float | None = Field(
        None,
        ge=0,
        le=1,
        title="Unsure voxels",
        description="Share of voxels that are solid with a probability between 0.2 and 0.8.",
    )

    def remarks(self) -> tuple[str, ...]:
        """Say how sure the network is."""
        if self.unsure_fraction is None or self.mean_entropy_bits is None:
            return ()
        return (
            f"The network is unsure (probability {UNSURE[0]} to {UNSURE[1]}) of "
            f"{100 * self.unsure_fraction:.3g} % of the voxels; "
            f"mean entropy {self.mean_entropy_bits:.3g} bits.",
        )
