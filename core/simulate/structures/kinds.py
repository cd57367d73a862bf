"""Parameters of every kind of structure. `Structure` is the union of them, told apart by `kind`."""

from __future__ import annotations

from typing import Annotated, Any, Literal, Self, TypeAlias

from pydantic import Field, model_validator

from core.params import Params, param
from core.simulate.structures.kinds_laid import (
    Cuboids,
    LabelFile,
    Numbers,
    SelfSimilar,
    StretchedSpheres,
)

LOWEST_LEVEL, HIGHEST_LEVEL = 0.02, 0.95
_FRACTION: dict[str, Any] = {"ge": 0.001, "le": 0.999, "step": 0.01}


class LeveledWave(Params):
    """Waves of one length in all directions, cut at a level; several levels make a hierarchy."""

    kind: Literal["leveled-wave"] = "leveled-wave"
    ligament_nm: Numbers = param(
        (15.0,),
        label="Ligament size",
        description="Integral of the lineal path over the solid fraction; one value per level of a hierarchy",
        unit="nm",
        min_length=1,
        max_length=4,
    )
    solid_fraction: Numbers = param(
        (0.35,),
        label="Solid fraction",
        description="Share of solid; one value per level: what it leaves of the coarser levels",
        min_length=1,
        max_length=4,
    )
    periodic: bool = param(
        False, label="Periodic", description="The structure repeats itself beyond its borders without a seam"
    )
    waves: int = param(
        2000,
        label="Waves",
        description="Waves per level; more come closer to a Gaussian field and take longer",
        ge=100,
        le=20000,
        advanced=True,
    )

    @model_validator(mode="after")
    def _levels_fit(self) -> Self:
        if len(self.ligament_nm) != len(self.solid_fraction):
            raise ValueError(
                "every level needs a ligament size and a solid fraction: "
                f"{len(self.ligament_nm)} sizes and {len(self.solid_fraction)} fractions were given"
            )
        if min(self.ligament_nm) <= 0:
            raise ValueError("ligament_nm must be above 0")
        for fraction in self.solid_fraction:
            if not LOWEST_LEVEL <= fraction <= HIGHEST_LEVEL:
                raise ValueError(
                    f"a solid fraction of {fraction:g} leaves nothing to see: the structure would be empty "
                    f"or full; choose {LOWEST_LEVEL:g}-{HIGHEST_LEVEL:g} for each level"
                )
        return self


class RandomPores(Params):
    """Void spheres at random places in a full solid, overlapping."""

    kind: Literal["random-pores"] = "random-pores"
    solid_fraction: float = param(
        0.5, label="Solid fraction", description="Share of solid that the voids leave", **_FRACTION
    )
    radius_nm: float = param(
        30.0, label="Radius of pores", description="Mean of the Gaussian radii", unit="nm", gt=0
    )
    radius_sd_nm: float = param(
        6.0, label="Spread of radii", description="Standard deviation of the radii", unit="nm", ge=0
    )


class Spheres(Params):
    """Solid spheres at random places, overlapping."""

    kind: Literal["spheres"] = "spheres"
    solid_fraction: float = param(0.35, label="Solid fraction", description="Share of solid", **_FRACTION)
    radius_nm: float = param(30.0, label="Radius", description="Mean of the Gaussian radii", unit="nm", gt=0)
    radius_sd_nm: float = param(
        0.0, label="Spread of radii", description="Standard deviation of the radii", unit="nm", ge=0
    )


class Fibres(Params):
    """Solid cylinders with round ends at random places, overlapping."""

    kind: Literal["fibres"] = "fibres"
    solid_fraction: float = param(0.2, label="Solid fraction", description="Share of solid", **_FRACTION)
    radius_nm: float = param(10.0, label="Radius", description="Mean of the Gaussian radii", unit="nm", gt=0)
    radius_sd_nm: float = param(
        0.0, label="Spread of radii", description="Standard deviation of the radii", unit="nm", ge=0
    )
    length_nm: float = param(
        300.0, label="Length", description="Length between the centres of the round ends", unit="nm", gt=0
    )
    orientation: Literal["isotropic", "aligned", "planar"] = param(
        "isotropic",
        label="Orientation",
        description="All directions alike, along the axis, or across it",
        choices={"isotropic": "all directions", "aligned": "along the axis", "planar": "across the axis"},
    )
    axis: Literal["z", "y", "x"] = param(
        "z",
        label="Axis",
        description="What aligned and planar fibres refer to",
        visible_when={"orientation": ["aligned", "planar"]},
    )
    spread_deg: float = param(
        0.0,
        label="Spread of directions",
        description="Standard deviation of the tilt out of the axis or plane",
        unit="°",
        ge=0,
        le=45,
        visible_when={"orientation": ["aligned", "planar"]},
    )


class Polycrystal(Params):
    """Voronoi grains with pores and a second phase: sintered ceramics."""

    kind: Literal["polycrystal"] = "polycrystal"
    grain_nm: float = param(
        300.0,
        label="Grain size",
        description="Edge of a cube with the mean volume of the grains",
        unit="nm",
        gt=0,
    )
    porosity: float = param(
        0.1, label="Porosity", description="Share of pores in the whole volume", ge=0, le=0.9, step=0.01
    )
    pore_nm: float = param(
        60.0, label="Pore size", description="Mean diameter of the round pores", unit="nm", gt=0
    )
    pore_sd_nm: float = param(
        15.0, label="Spread of pores", description="Standard deviation of the diameters", unit="nm", ge=0
    )
    pore_place: Literal["corners", "edges", "boundaries", "anywhere"] = param(
        "edges",
        label="Pores sit",
        description="Where the centres of pores lie: where four, three or two grains meet, or anywhere",
        choices={
            "corners": "where four grains meet",
            "edges": "where three grains meet",
            "boundaries": "between two grains",
            "anywhere": "anywhere",
        },
    )
    second_fraction: float = param(
        0.0,
        label="Second phase",
        description="Share of the second phase in the whole volume",
        ge=0,
        le=0.9,
        step=0.01,
    )
    second: Literal["inclusions", "grains"] = param(
        "inclusions",
        label="Second phase as",
        description="Round inclusions at random places, or whole grains",
    )
    second_nm: float = param(
        80.0,
        label="Inclusion size",
        description="Mean diameter of the inclusions; a fifth of it is their standard deviation",
        unit="nm",
        gt=0,
        visible_when={"second": ["inclusions"]},
    )
    stretch_zyx: tuple[float, float, float] = param(
        (1.0, 1.0, 1.0),
        label="Stretch of grains",
        description="Grains are this many times longer along z, y and x; their volume grows with it",
        advanced=True,
    )

    @model_validator(mode="after")
    def _something_to_see(self) -> Self:
        if self.porosity == 0 and self.second_fraction == 0:
            raise ValueError(
                "without pores and second phase nothing can be seen; give porosity or second_fraction"
            )
        if self.porosity + self.second_fraction > 0.95:
            raise ValueError("porosity and second_fraction together leave no matrix; keep them below 0.95")
        if not all(0.1 <= factor <= 10 for factor in self.stretch_zyx):
            raise ValueError("stretch_zyx must lie within 0.1-10 along each axis")
        return self


Structure: TypeAlias = Annotated[
    LeveledWave
    | SelfSimilar
    | RandomPores
    | Spheres
    | Fibres
    | Polycrystal
    | Cuboids
    | StretchedSpheres
    | LabelFile,
    Field(discriminator="kind"),
]
KINDS: dict[str, type[Params]] = {
    "leveled-wave": LeveledWave,
    "self-similar": SelfSimilar,
    "random-pores": RandomPores,
    "spheres": Spheres,
    "fibres": Fibres,
    "polycrystal": Polycrystal,
    "cuboids": Cuboids,
    "stretched-spheres": StretchedSpheres,
    "file": LabelFile,
}
__all__ = [
    "KINDS",
    "Cuboids",
    "Fibres",
    "LabelFile",
    "LeveledWave",
    "Polycrystal",
    "RandomPores",
    "SelfSimilar",
    "Spheres",
    "StretchedSpheres",
    "Structure",
]
