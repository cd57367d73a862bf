"""Measured values made by hand, like those of a leveled wave, with every group filled in."""

from __future__ import annotations

import math

from core.measure.results import (
    AxisCurves,
    AxisDistributions,
    AxisTransport,
    ComponentResult,
    Distribution,
    IsotropyResult,
    Measured,
    PhaseResult,
    PlaneCurves,
    PlaneSizes,
    RepresentativeResult,
    RepresentativeSize,
    SurfaceResult,
    TransportResult,
)

GROUPS = (
    "fraction", "tpcf", "tpcf_plane", "lineal_path", "chords", "ligament_nm", "isotropy",
    "surface", "components", "thickness", "transport", "representative",
)  # fmt: skip


def example(*, stretch: float = 1.0, names: tuple[str, ...] = ("pore", "solid"), notes: tuple[str, ...] = ()):
    """All groups of all phases; z is `stretch` times longer than x and y."""
    fractions = [0.65, 0.35] if len(names) == 2 else [1 / len(names)] * len(names)
    return Measured(
        shape_zyx=(40, 64, 64),
        voxel_nm_zyx=(5.0, 2.5, 2.5),
        step_nm=(5.0, 2.5, 2.5),
        slices="measured",
        slices_used=38,
        slices_of={group: "measured" if group in ("fraction", "tpcf") else "all" for group in GROUPS},
        verdict="x, y and z agree within what a structure of this size allows (isotropic material assumed).",
        phases=tuple(
            full_phase(value, name, fraction, stretch)
            for value, (name, fraction) in enumerate(zip(names, fractions, strict=True))
        ),
        notes=notes,
    )


def full_phase(value: int, name: str, phi: float, stretch: float) -> PhaseResult:
    steps = (5.0 / stretch, 2.5, 2.5)
    z, y, x = (tuple(_correlation(phi, lag * step) for lag in range(33)) for step in steps)
    path = [tuple(phi * math.exp(-lag * step / 12) for lag in range(64)) for step in steps]
    return PhaseResult(
        value=value,
        name=name,
        connectivity=6 if value else 26,
        voxels=round(phi * 40 * 64 * 64),
        fraction=phi,
        fraction_per_slice=tuple(phi + 0.02 * math.sin(index / 3) for index in range(38)),
        fraction_sd=0.0141421356,
        tpcf=AxisCurves(z=z, y=y, x=x),
        tpcf_plane=PlaneCurves(xy=y, xz=z, yz=z),
        lineal_path=AxisCurves(z=path[0], y=path[1], x=path[2]),
        chords=AxisDistributions(z=lengths(19.5 * stretch), y=lengths(19.7), x=lengths(19.6)),
        ligament_nm=PlaneSizes(xy=14.2, xz=14.9, yz=15.0, z=15.7 * stretch, y=14.25, x=14.15),
        correlation_length_nm=AxisCurves(z=(8.25 * stretch,), y=(8.125,), x=(8.0625,)),
        isotropy=IsotropyResult(
            e_tpcf=0.0712 * stretch, e_lpf=0.0234, e_d=0.0345, e_tpcf_plane=0.0456,
            spread=(0.01, 0.02, 0.003),
            patches=2, patch_px=(40, 40, 40), range_nm=50.0, range_px=20, plane_patches=2,
        ),
        surface=SurfaceResult(
            specific_surface_per_nm=0.0678901, euler_number=-131, euler_per_nm3=-3.2109e-05
        ),
        components=ComponentResult(
            count=7, largest_fraction=0.998877, percolates=(True, True, False),
            percolating_fraction=(0.99, 0.99, 0.0), largest=(57280, 31, 22, 6, 2, 1, 1),
            isolated_fraction=0.0011,
        ),
        thickness=lengths(14.6 + value),
        transport=TransportResult(
            z=AxisTransport(
                geometric_tortuosity=1.21, conductivity=0.1875, diffusive_tortuosity=1.867, residual=2e-7
            ),
            y=AxisTransport(
                geometric_tortuosity=1.24, conductivity=0.171, diffusive_tortuosity=2.047, residual=3e-7
            ),
            x=AxisTransport(),
            shape_px=(40, 64, 64),
        ),
        representative=RepresentativeResult(
            quantity="fraction",
            sizes=tuple(
                RepresentativeSize(
                    side_px=side, side_nm=2.5 * side, count=4096 // side, mean=phi, sd=0.9 / side**1.5
                )
                for side in (8, 12, 16, 24, 32)
            ),
            integral_range_nm3=8123.0, standard_error=0.0123, side_for_1_percent_nm=533.0,
            representative=False,
        ),
    )  # fmt: skip


def bare(*, notes: tuple[str, ...] = ("The voxel size is not known: no lengths.",)) -> Measured:
    """Nothing but fractions; voxel size not known, the solid phase empty."""
    phases = [(0, "pore", 1.0), (1, "solid", 0.0)]
    return Measured(
        shape_zyx=(3, 4, 5),
        voxel_nm_zyx=(None, None, None),
        step_nm=(None, None, None),
        slices="all",
        slices_used=3,
        slices_of={"fraction": "all"},
        phases=tuple(
            PhaseResult(
                value=value, name=name, connectivity=6 if value else 26, voxels=round(60 * phi), fraction=phi,
                fraction_per_slice=(phi,) * 3, fraction_sd=0.0,
            )
            for value, name, phi in phases
        ),
        notes=notes,
    )  # fmt: skip


def lengths(mean: float) -> Distribution:
    edges = tuple(2.5 * index for index in range(17))
    raw = [math.exp(-(((low + 1.25) / mean - 1) ** 2) * 4) for low in edges[:-1]]
    total = sum(raw)
    return Distribution(
        edges_nm=edges,
        shares=tuple(value / total for value in raw),
        mean_nm=mean,
        sd_nm=mean / 3,
        median_nm=mean - 0.5,
        count=12345,
    )


def _correlation(phi: float, r: float) -> float:
    fall = math.exp(-((r / 10) ** 2)) + 0.12 * math.sin(r / 6) * math.exp(-r / 40)
    return phi**2 + phi * (1 - phi) * fall
