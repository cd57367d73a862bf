"""What labels mean, and of which stack they are."""

from __future__ import annotations

from pathlib import Path
from typing import Any, Self

from pydantic import BaseModel, ConfigDict, Field, model_validator

from core.errors import ParameterError
from core.volume import Shape, VoxelSize

KIND = "trueslice labels"
FORMAT = 1
MOST_CLASSES = 9
PORE, SOLID = 1, 2


class LabelClass(BaseModel):
    """One class.

    Attributes
    ----------
    value : int
        Number of its pixels; 0 is not labelled.
    name : str
        For people.
    colour : str
        ``#rrggbb``.
    solid : bool
        Whether networks are taught that it is solid.
    """

    model_config = ConfigDict(frozen=True, extra="forbid")

    value: int = Field(ge=1, le=255)
    name: str = Field(min_length=1, max_length=80)
    colour: str = Field(pattern=r"^#[0-9a-fA-F]{6}$")
    solid: bool = False


CLASSES = (
    LabelClass(value=PORE, name="Pore", colour="#3d8bfd"),
    LabelClass(value=SOLID, name="Solid", colour="#ff9f1c", solid=True),
)
FURTHER_COLOURS = ("#2ec4a5", "#e05299", "#b8d43a", "#9d6bff", "#f25f5c", "#6fd3ff", "#d9a066")


class LabelledStack(BaseModel):
    """Header of a folder of labels.

    Attributes
    ----------
    shape : tuple of int
        (z, y, x) of the stack whose slices are labelled.
    dtype : str
        Of its grey values.
    voxel_nm : tuple of float or None
        (z, y, x) in nm, as far as it is known.
    channel : str
        Imaging condition that was painted on.
    paths : tuple of Path
        Files of the stack as it was opened.
    steps : tuple of dict
        What was done to it that moves, drops or adds pixels; empty where its slices are those of the files.
    classes : tuple of LabelClass
    slices : tuple of int
        Labelled slices, counted from 0.
    """

    model_config = ConfigDict(frozen=True, extra="forbid")

    kind: str = Field(KIND, pattern=f"^{KIND}$")
    format: int = Field(FORMAT, ge=FORMAT, le=FORMAT)
    shape: Shape
    dtype: str = Field(max_length=20)
    voxel_nm: VoxelSize = (None, None, None)
    channel: str = ""
    paths: tuple[Path, ...] = ()
    steps: tuple[dict[str, Any], ...] = ()
    classes: tuple[LabelClass, ...] = Field(CLASSES, min_length=1, max_length=MOST_CLASSES)
    slices: tuple[int, ...] = ()

    @model_validator(mode="after")
    def _sound(self) -> Self:
        if min(self.shape) < 1:
            raise ValueError("a stack has at least one slice, row and column")
        values = [one.value for one in self.classes]
        if len(set(values)) != len(values):
            raise ValueError("every class has a number of its own")
        return self

    @property
    def solid_values(self) -> tuple[int, ...]:
        """Numbers of the classes that are solid."""
        return tuple(one.value for one in self.classes if one.solid)

    def with_class(self, name: str) -> LabelledStack:
        """The same with one more class, not solid.

        Raises
        ------
        ParameterError
            If there are as many as there may be: the folder could not be read again.
        """
        if len(self.classes) >= MOST_CLASSES:
            raise ParameterError(
                "there is no room for one more class",
                expected=f"{MOST_CLASSES} classes at most",
                remedy="use one of those that are there",
            )
        values = {one.value for one in self.classes}
        value = next(number for number in range(1, 256) if number not in values)
        colour = FURTHER_COLOURS[(len(self.classes) - len(CLASSES)) % len(FURTHER_COLOURS)]
        added = LabelClass(value=value, name=name, colour=colour)
        return self.model_copy(update={"classes": (*self.classes, added)})
