"""How planes are made from the measured ones above and below."""

from __future__ import annotations

from typing import Literal

from pydantic import field_validator

from core.params import Params, param
from core.rebuild.weights import Kind

KINDS: dict[str, Kind] = {
    "nearest": "nearest",
    "linear": "linear",
    "cubic-spline": "cubic",
    "signed-distance": "local-cubic",
}
MODEL = "model:"
ANY_MODEL = "model:*"


def fill_models() -> tuple[str, ...]:
    """Methods that are networks of the library, for lists to choose from."""
    from core.models.library import models

    return tuple(f"{MODEL}{model.spec.name}" for model in models() if model.spec.task == "fill")


class FillParams(Params):
    """How planes are made from the measured ones above and below."""

    method: str = param(
        "auto",
        max_length=4096,
        label="Method",
        description="Signed distance follows shapes and is the usual one for two phases; grey values need "
        "another; or model:NAME, a network of `trueslice models list`: model:fill-shapes is better still for "
        "two phases, model:fill-grey for grey values.",
        choices={
            "auto": "What suits the voxels",
            "nearest": "Nearest measured slice",
            "linear": "Linear",
            "cubic-spline": "Cubic spline",
            "signed-distance": "Shapes (signed distance)",
        },
        suggestions=fill_models,
    )
    hole_px: int = param(
        20,
        ge=0,
        le=100_000,
        label="Holes",
        unit="px",
        description="Holes in filled planes that are smaller and enclosed by solid are closed; 0 = none.",
        visible_when={"method": ["auto", "cubic-spline"]},
    )
    cap_px: float | None = param(
        None,
        ge=1,
        le=64,
        advanced=True,
        label="Greatest distance",
        unit="px",
        description="Where distances from edges are cut off; empty = twice their mean in the thinner phase.",
        visible_when={"method": ["auto", "signed-distance"]},
    )
    smoothing_px: float = param(
        0.6,
        ge=0,
        le=10,
        advanced=True,
        label="Smoothing",
        unit="px",
        description="Standard deviation of the smoothing of distances, against the stairs that pixels make.",
        visible_when={"method": ["auto", "signed-distance"]},
    )
    voxels: Literal["auto", "two-phases", "grey"] = param(
        "auto",
        advanced=True,
        label="Voxels are",
        description="Two phases stay two phases; grey values become what the sum gives.",
        choices={"auto": "As they look", "two-phases": "Two phases", "grey": "Grey values"},
    )
    force: bool = param(
        False,
        advanced=True,
        label="Use it anyway",
        description="Use the model although the slices are far from what it was trained on.",
        visible_when={"method": [ANY_MODEL]},
    )

    @field_validator("method")
    @classmethod
    def _known(cls, value: str) -> str:
        if value not in ("auto", *KINDS) and not (value.startswith(MODEL) and value != MODEL):
            raise ValueError(f"auto, {', '.join(KINDS)}, or {MODEL}NAME with a model of the library")
        return value

    @property
    def model(self) -> str:
        """Name of the network; empty for the other methods."""
        return self.method.removeprefix(MODEL) if self.method.startswith(MODEL) else ""

    @property
    def by_shapes(self) -> bool:
        """Whether it needs two phases."""
        return bool(self.model) or self.method == "signed-distance"

    @property
    def kind(self) -> Kind:
        """Weights of the measured planes."""
        return "local-cubic" if self.model else KINDS[self.method]
