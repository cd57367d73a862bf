"""Numbers that say what a segmented stack is like, and how far to trust it."""

from __future__ import annotations

from typing import Any

from pydantic import Field

from core.align.footprint import require_whole
from core.job import Job
from core.measure.params import MeasureParams
from core.measure.results import Measured, PhaseResult, Result
from core.step import Estimate, Room, Stage, Step
from core.volume import Volume

NAME = "measure"


class Ligaments(Result):
    """Ligament size within planes, in nm; None where it cannot be told."""

    xy: float | None = None
    xz: float | None = None
    yz: float | None = None


class MeasureEstimate(Estimate):
    """The numbers asked for most, of the solid of a binary volume, and everything else in `measured`."""

    solid_fraction: float | None = Field(
        None, ge=0, le=1, title="Solid fraction", description="Solid voxels divided by all voxels."
    )
    solid_fraction_per_slice: tuple[float, ...] = Field(
        (), title="Solid fraction per slice", description="One value per slice, in slice order."
    )
    solid_voxels: int | None = Field(
        None, ge=0, title="Solid voxels", description="Counted in the slices that were used."
    )
    voxels: int = Field(gt=0, title="Voxels", description="All voxels of the stack.")
    e_tpcf: float | None = Field(
        None, title="e_TPCF", description="Difference of the two-point correlation between z and the plane."
    )
    e_lpf: float | None = Field(
        None, title="e_LPF", description="Difference of the lineal path between z and the plane."
    )
    e_d: float | None = Field(
        None, title="e_D", description="Difference of the ligament size between z and the plane."
    )
    e_tpcf_plane: float | None = Field(
        None, title="e_TPCF within planes", description="As e_TPCF, of functions averaged within planes."
    )
    ligament_nm: Ligaments = Field(
        Ligaments(), title="Ligament size", description="Within the planes xy, xz and yz, in nm."
    )
    specific_surface_per_nm: float | None = Field(
        None, title="Specific surface", description="Surface per total volume, in 1/nm."
    )
    euler_number: int | None = Field(None, title="Euler number", description="Of the solid, 6-connected.")
    largest_component_fraction: float | None = Field(
        None, title="Largest component", description="Share of the solid in its largest component."
    )
    percolates: tuple[bool, bool, bool] | None = Field(
        None, title="Percolates", description="Whether the solid reaches through along z, y and x."
    )
    verdict: str = Field("", title="Verdict", description="What the isotropy errors mean, and when.")
    measured: Measured | None = Field(None, title="Everything", description="All phases and curves.")

    def brief(self) -> dict[str, Any]:
        """The headline, without what is not known."""
        shown = self.model_dump(mode="json", exclude={"measured"}, exclude_none=True)
        return {name: value for name, value in shown.items() if value not in ({}, [], "")}

    def remarks(self) -> tuple[str, ...]:
        """What could not be told, and what was left out."""
        return () if self.measured is None else self.measured.notes


def measured(volume: Volume, params: MeasureParams, job: Job, room: Room | None = None) -> MeasureEstimate:
    """Measure a segmented volume; see `core.measure.survey.survey` for what it raises."""
    from core.measure.survey import survey  # every command starts sooner without it

    require_whole(volume.info, NAME)
    found = survey(volume, params, job, room)
    z, y, x = volume.info.shape
    solid = next((phase for phase in found.phases if phase.name == "solid"), None)
    headline = {} if solid is None else _headline(solid)
    return MeasureEstimate(voxels=z * y * x, verdict=found.verdict, measured=found, **headline)


def _headline(solid: PhaseResult) -> dict[str, Any]:
    values: dict[str, Any] = {
        "solid_fraction": solid.fraction,
        "solid_fraction_per_slice": solid.fraction_per_slice,
        "solid_voxels": solid.voxels,
    }
    if solid.isotropy is not None:
        names = ("e_tpcf", "e_lpf", "e_d", "e_tpcf_plane")
        values |= {name: getattr(solid.isotropy, name) for name in names}
    if solid.ligament_nm is not None:
        sizes = solid.ligament_nm
        values["ligament_nm"] = Ligaments(xy=sizes.xy, xz=sizes.xz, yz=sizes.yz)
    if solid.surface is not None:
        values["specific_surface_per_nm"] = solid.surface.specific_surface_per_nm
        values["euler_number"] = solid.surface.euler_number
    if solid.components is not None:
        values["largest_component_fraction"] = solid.components.largest_fraction
        values["percolates"] = solid.components.percolates
    return values


def _unchanged(params: dict[str, Any]) -> dict[str, Any]:
    """Version 1 counted the solid fraction only, and had no parameters."""
    return params


MEASURE = Step(
    name=NAME,
    version=2,
    label="Measure",
    stage=Stage.MEASURE,
    summary=(
        "Measure every phase: share, correlation, lineal path, chords, isotropy errors, surface, "
        "components, and on request local thickness and transport."
    ),
    params=MeasureParams,
    survey=measured,
    estimate_type=MeasureEstimate,
    stored=False,
    bytes_per_pixel=64,
    migrations={1: _unchanged},
    reference=(
        "Thesis 2.5-2.6, eq. 2.9-2.13; Berryman 1985, doi 10.1063/1.334346; Lu and Torquato 1992, doi "
        "10.1103/PhysRevA.45.922"
    ),
)

__all__ = ["MEASURE", "MeasureEstimate", "MeasureParams", "measured"]
