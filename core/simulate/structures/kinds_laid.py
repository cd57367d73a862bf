"""Parameters of structures that are laid out or made from a stack of the user's."""

from __future__ import annotations

from typing import Annotated, Any, Literal, Self, TypeAlias

from pydantic import AfterValidator, BeforeValidator, model_validator

from core.params import Params, param


def _several(value: Any) -> Any:
    """One number may stand for a list of one: ``ligament_nm = 15`` in a recipe."""
    return (value,) if isinstance(value, int | float | str) else value


def _file_name(text: str) -> str:
    if not text.strip() or "\0" in text:
        raise ValueError("a file is needed: name a segmented stack")
    return text


Numbers: TypeAlias = Annotated[tuple[float, ...], BeforeValidator(_several)]
FileName: TypeAlias = Annotated[str, AfterValidator(_file_name)]


class SelfSimilar(Params):
    """A segmented stack, from whose solid a smaller, turned copy of itself is cut."""

    kind: Literal["self-similar"] = "self-similar"
    path: FileName = param(..., label="Segmented stack", description="A stack whose values above 0 are solid")
    voxel_nm_zyx: tuple[float, float, float] | None = param(
        None,
        label="Its voxel size",
        description="Voxel size (z, y, x) of the stack; unset: as its file says",
        unit="nm",
    )
    size_ratio: float = param(
        0.25,
        label="Size of the copy",
        description="Size of the smaller copy as a share of the stack's: the finer ligaments by the coarser",
        ge=0.02,
        le=0.9,
        step=0.01,
    )


class Cuboids(Params):
    """A row of equal cuboids under the imaging plane, each at its own depth (thesis Fig. 1.1B)."""

    kind: Literal["cuboids"] = "cuboids"
    depths_nm: Numbers = param(
        (0.0, 5.0, 10.0, 15.0, 20.0, 30.0),
        label="Depths",
        description="Depth of the upper side of each cuboid under z = 0, from left to right",
        unit="nm",
        min_length=1,
        max_length=50,
    )
    width_nm: float = param(30.0, label="Width", description="Along x", unit="nm", gt=0)
    height_nm: float = param(60.0, label="Height", description="Along y", unit="nm", gt=0)
    thickness_nm: float = param(20.0, label="Thickness", description="Along z", unit="nm", gt=0)
    gap_nm: float = param(20.0, label="Gap", description="Between neighbours along x", unit="nm", ge=0)

    @model_validator(mode="after")
    def _below_the_plane(self) -> Self:
        if min(self.depths_nm) < 0:
            raise ValueError("depths_nm count downwards from the imaging plane and must be 0 or more")
        return self


class StretchedSpheres(Params):
    """Voids in a full solid, stretched along +z ever more: alike along x and y, different along z."""

    kind: Literal["stretched-spheres"] = "stretched-spheres"
    radius_nm: float = param(22.0, label="Radius", description="Of the unstretched half", unit="nm", gt=0)
    spacing_nm: float = param(
        60.0,
        label="Spacing",
        description="Of the grid along x and y, and of its first two layers",
        unit="nm",
        gt=0,
    )
    spacing_growth_nm: float = param(
        10.0,
        label="Growth of spacing",
        description="Each layer lies deeper by this much more",
        unit="nm",
        ge=0,
    )
    stretch: float = param(
        1.5,
        label="Stretch",
        description="Length of the lower half of the first layer, in radii",
        ge=1,
        le=20,
    )
    stretch_growth: float = param(
        0.4, label="Growth of stretch", description="Added to the stretch from layer to layer", ge=0, le=10
    )

    @model_validator(mode="after")
    def _apart(self) -> Self:
        if self.spacing_nm <= 2 * self.radius_nm:
            raise ValueError("spacing_nm must be above twice radius_nm, or the voids meet along x and y")
        if self.radius_nm * (1 + self.stretch) > self.spacing_nm:
            raise ValueError("radius_nm * (1 + stretch) must not exceed spacing_nm, or the first voids meet")
        if self.radius_nm * self.stretch_growth > self.spacing_growth_nm:
            raise ValueError("radius_nm * stretch_growth must not exceed spacing_growth_nm, or voids meet")
        return self


class LabelFile(Params):
    """A segmented stack of one's own; mirrored beyond its borders."""

    kind: Literal["file"] = "file"
    path: FileName = param(
        ..., label="Labelled stack", description="Its values, in order, become 0, 1, 2 ..."
    )
    voxel_nm_zyx: tuple[float, float, float] | None = param(
        None,
        label="Its voxel size",
        description="Voxel size (z, y, x) of the stack; unset: as its file says",
        unit="nm",
    )
