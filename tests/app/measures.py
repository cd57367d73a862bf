"""Measured values made by hand, for tests of what shows them."""

from __future__ import annotations

from typing import Any

from core.measure.results import (
    AxisCurves,
    AxisDistributions,
    AxisTransport,
    ComponentResult,
    Distribution,
    IsotropyResult,
    Measured,
    PhaseResult,
    PlaneSizes,
    RepresentativeResult,
    RepresentativeSize,
    SurfaceResult,
    TransportResult,
)

CURVE = (0.25, 0.2, 0.1)
CHORDS = Distribution(
    edges_nm=(0.0, 10.0, 20.0), shares=(0.75, 0.25), mean_nm=9.0, sd_nm=2.0, median_nm=8.0, count=12
)


def solid(**changes: Any) -> PhaseResult:
    """Everything of a solid phase of 4 slices."""
    values: dict[str, Any] = {
        "value": 255, "name": "solid", "connectivity": 6, "voxels": 500, "fraction": 0.25,
        "fraction_per_slice": (0.2, 0.3, 0.2, 0.3), "fraction_sd": 0.05,
        "tpcf": AxisCurves(z=CURVE, y=CURVE, x=CURVE), "lineal_path": AxisCurves(y=CURVE, x=CURVE),
        "chords": AxisDistributions(z=CHORDS, x=CHORDS), "thickness": CHORDS,
        "ligament_nm": PlaneSizes(xy=62.0, xz=70.0, yz=71.0, z=80.0, y=61.0, x=63.0),
        "isotropy": IsotropyResult(
            e_tpcf=0.02, e_lpf=0.03, e_d=0.04, e_tpcf_plane=0.05, spread=(0.001, 0.002, 0.003), patches=4,
            patch_px=(4, 8, 8), range_nm=40.0, range_px=4,
        ),
        "surface": SurfaceResult(specific_surface_per_nm=0.0213, euler_number=-12, euler_per_nm3=None),
        "components": ComponentResult(
            count=3, largest_fraction=0.9,
            percolates=(True, False, True), percolating_fraction=(0.9, 0.0, 0.9),
            largest=(450, 40, 10), isolated_fraction=0.02,
        ),
        "transport": TransportResult(
            z=AxisTransport(conductivity=0.12, geometric_tortuosity=1.3, diffusive_tortuosity=2.1),
            y=AxisTransport(), x=AxisTransport(conductivity=0.14), shape_px=(4, 8, 8),
        ),
        "representative": RepresentativeResult(
            quantity="Fraction",
            sizes=(
                RepresentativeSize(side_px=2, side_nm=20.0, count=8, mean=0.25, sd=0.1),
                RepresentativeSize(side_px=4, side_nm=40.0, count=1, mean=0.25, sd=0.0),
            ),
            standard_error=0.01, representative=False,
        ),
    }  # fmt: skip
    return PhaseResult(**{**values, **changes})


def pore(**changes: Any) -> PhaseResult:
    """A pore phase of which only the counts are known."""
    values: dict[str, Any] = {
        "value": 0, "name": "pore", "connectivity": 26, "voxels": 1500, "fraction": 0.75,
        "fraction_per_slice": (0.8, 0.7, 0.8, 0.7), "fraction_sd": 0.05,
    }  # fmt: skip
    return PhaseResult(**{**values, **changes})


def found(*phases: PhaseResult, step_nm: tuple[float | None, ...] = (20.0, 10.0, 10.0)) -> Measured:
    """A measured volume of 4 slices."""
    return Measured(
        shape_zyx=(8, 8, 8), voxel_nm_zyx=step_nm, step_nm=step_nm, slices="all", slices_used=4, slices_of={},
        verdict="No sign of shine-through.", phases=phases or (pore(), solid()),
        notes=("Slice 3 was interpolated and left out.",),
    )  # fmt: skip
