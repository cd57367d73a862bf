"""What a model says of itself: everything that is needed to run it and to know whether it fits the data."""

from __future__ import annotations

from typing import Literal, Self, TypeAlias

from pydantic import BaseModel, ConfigDict, Field, model_validator

Task: TypeAlias = Literal["segment", "fill", "upscale"]
Range: TypeAlias = tuple[float, float]


class Known(BaseModel):
    """What the data a model was trained on looks like; data far from it are refused or warned of.

    Attributes
    ----------
    pixel_nm : tuple of float
        Least and greatest pixel (x, y) in nm.
    slice_nm : tuple of float or None
        Least and greatest mean distance of slices in nm; None where slices are not looked at together.
    contrast_to_noise : mapping of str to tuple
        By channel: least and greatest (bright - dark level) / noise of a pixel.
    solid_fraction : tuple of float or None
        Least and greatest solid fraction.
    solid_chord_nm, pore_chord_nm : tuple of float or None
        Least and greatest mean chord of a training structure in the plane (`core.models.answer`), in nm.
    entropy_bits : float or None
        Mean entropy of the answers in the validation, 0-1.
    undecided_px : float or None
        Pixels with a probability of 0.1 to 0.9 on a line, by crossing of a border.
    """

    model_config = ConfigDict(frozen=True, extra="forbid", allow_inf_nan=False)

    pixel_nm: Range
    slice_nm: Range | None = None
    contrast_to_noise: dict[str, Range] = Field(default_factory=dict)
    solid_fraction: Range | None = None
    solid_chord_nm: Range | None = None
    pore_chord_nm: Range | None = None
    entropy_bits: float | None = Field(None, ge=0, le=1)
    undecided_px: float | None = Field(None, ge=0)


class ModelSpec(BaseModel):
    """How a model is run.

    The network has one input tensor, float32: ``(batch, channel, y, x)`` with the slices as channels (ordered
    by imaging condition, then by slice), or ``(batch, channel, z, y, x)`` where it convolves along z. Its
    first output is the probability of solid, ``(batch, 1, [z,] y, x)``, 0-1; a second one, if any, holds
    those of the branches, one channel for each imaging condition.

    Attributes
    ----------
    name, version, task
        Identity; ``model:NAME`` refers to it.
    channels : tuple of str
        Imaging conditions, for example ``("1kV", "2kV", "4kV")``.
    slices : int
        Slices seen at once (odd); for networks along z, the slices of one input.
    volume : bool
        Whether it convolves along z.
    voxel_nm : tuple of float
        (z, y, x) of the training data in nm; z is the mean distance of slices.
    stride : int
        Sides of the input in the plane have to be multiples of it.
    halo_px : int
        How far in the plane a pixel of the result depends on the input.
    halo_slices : int
        The same along z, in slices of the model.
    normalisation : str
        Name of the rule that brings grey values to the numbers the network was trained on
        (`core.models.intensity`).
    branches : bool
        Whether there is a second output.
    weights : mapping of str to float or None
        Voting weights of the channels.
    known : Known
    trained_on, limits : str
        One sentence each for people: on what; what it is not for.
    """

    model_config = ConfigDict(frozen=True, extra="forbid", allow_inf_nan=False)

    name: str = Field(pattern=r"^[a-z0-9][a-z0-9._-]{0,63}$")
    version: int = Field(1, ge=1)
    task: Task = "segment"
    channels: tuple[str, ...] = Field(min_length=1)
    slices: int = Field(1, ge=1)
    volume: bool = False
    voxel_nm: tuple[float, float, float]
    stride: int = Field(1, ge=1)
    halo_px: int = Field(0, ge=0)
    halo_slices: int = Field(0, ge=0)
    normalisation: str = "levels"
    branches: bool = False
    weights: dict[str, float] | None = None
    known: Known
    trained_on: str = ""
    limits: str = ""

    @model_validator(mode="after")
    def _fits(self) -> Self:
        if self.slices % 2 == 0 and not self.volume:
            raise ValueError("slices: an odd number, so that there is a middle one")
        return self
