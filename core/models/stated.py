"""How to run a model that comes without a card: what somebody states, and what running it has told."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

from pydantic import ValidationError

from core.models.spec import Task
from core.params import Params, param, parameter_error

if TYPE_CHECKING:
    from core.models.spec import ModelSpec


class StatedModel(Params):
    """What an ONNX file does not say of itself."""

    name: str = param(
        "my-model",
        pattern=r"^[a-z0-9][a-z0-9._-]{0,63}$",
        label="Name",
        description="How recipes call it: a-z, 0-9, full stop, _ and -.",
    )
    task: Task = param(
        "segment",
        label="Task",
        description="What it gives: the probability of solid, or the planes of gaps.",
        choices={"segment": "Tell solid from pore", "fill": "Fill gaps", "upscale": "Refine"},
    )
    channels: tuple[str, ...] = param(
        ("image",),
        min_length=1,
        label="Channels",
        description="Imaging conditions in the order of its input, such as 1kV, 2kV, 4kV.",
    )
    slices: int = param(
        1,
        ge=1,
        le=999,
        label="Slices",
        unit="slices",
        description="Adjacent slices that it looks at; an odd number unless it convolves along z.",
    )
    volume: bool = param(False, label="Along z", description="It convolves along z as well.")
    voxel_nm: tuple[float, float, float] = param(
        ...,
        label="Voxel (z, y, x)",
        unit="nm",
        description="Distance of slices and pixel size of the images it was trained on.",
    )
    trained_on: str = param(
        "", max_length=300, label="Trained on", description="On what it was trained, one sentence."
    )
    limits: str = param("", max_length=300, label="Not for", description="What it is not for, one sentence.")
    authors: tuple[str, ...] = param(
        ("not stated",), min_length=1, label="Authors", description="Names of those who trained it."
    )
    licence: str = param(
        "",
        pattern=r"^[A-Za-z0-9.+-]*$",
        label="Licence",
        description="SPDX identifier, for example MIT or CC-BY-4.0. Empty: not stated.",
    )

    def spec(self, facts: Mapping[str, Any]) -> ModelSpec:
        """How to run it; `facts` are those of a `core.models.check.CheckReport`.

        Raises
        ------
        ParameterError
            If it does not fit together.
        """
        given = self.model_dump(exclude={"authors", "licence"})
        return spec_of(measured_base(given, facts) | given, "the model")


def measured_base(given: Mapping[str, Any], facts: Mapping[str, Any]) -> dict[str, Any]:
    """What running a model tells, and the rest by default."""
    base: dict[str, Any] = {
        "slices": 1,
        "known": known_voxels(given),
        "halo_slices": given.get("slices", 1) // 2,
    }
    base |= {key: facts[key] for key in ("stride", "halo_px") if key in facts}
    if given.get("volume"):
        base["halo_slices"] = facts.get("halo_slices", base["halo_slices"])
    return base


def known_voxels(given: Mapping[str, Any]) -> dict[str, Any]:
    """What is known of the voxels of the training data where only one size of them is stated."""
    along_nm, *pixels = given["voxel_nm"]
    along_z = given.get("slices", 1) > 1 or given.get("volume", False)
    return {
        "pixel_nm": (min(pixels), max(pixels)),
        "slice_nm": (along_nm, along_nm) if along_z else None,
    }


def spec_of(values: Mapping[str, Any], owner: str) -> ModelSpec:
    """How a model is run.

    Raises
    ------
    ParameterError
        If something is missing or wrong; `owner` is what it is said of.
    """
    from core.models.spec import ModelSpec

    try:
        return ModelSpec.model_validate(dict(values))
    except ValidationError as error:
        raise parameter_error(error, ModelSpec, owner) from None
