"""The headline numbers of a measured phase, in words; no widgets."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import dataclass

from core.measure.results import (
    AxisTransport,
    ComponentResult,
    IsotropyResult,
    Measured,
    PhaseResult,
    PlaneSizes,
    RepresentativeResult,
    SurfaceResult,
    TransportResult,
)

PER_UM = 1e3  # 1/nm in 1/µm
NOT_KNOWN = "not known"


@dataclass(frozen=True)
class Card:
    """One number.

    Attributes
    ----------
    name, value : str
        What it is, and how much.
    detail : str
        A second line: spread, other axes.
    tip : str
        Definition.
    """

    name: str
    value: str
    detail: str = ""
    tip: str = ""


def number(value: float | None, unit: str = "", digits: int = 4) -> str:
    """A number with its unit, or that it is not known."""
    if value is None:
        return NOT_KNOWN
    return f"{value:.{digits}g} {unit}".rstrip()


def cards_of(found: Measured, phase: PhaseResult) -> list[Card]:
    """Cards of everything that was measured; quantities that were not asked for have none."""
    spread = f"± {phase.fraction_sd:.2g} among slices" if len(phase.fraction_per_slice) > 1 else ""
    cards = [
        Card(
            f"{phase.name.capitalize()} fraction",
            number(phase.fraction),
            spread,
            f"Voxels of {phase.name} divided by all voxels: {phase.voxels:,}.",
        )
    ]
    cards += _present(phase.ligament_nm, _sizes)
    cards += _present(phase.isotropy, _isotropy)
    cards += _present(phase.thickness, lambda one: [
        Card("Local thickness", number(one.mean_nm, "nm"),
             f"± {one.sd_nm:.3g}, median {one.median_nm:.4g} nm",
             "Mean by volume of the diameters of the largest spheres within the phase.")
    ])  # fmt: skip
    cards += _present(phase.surface, _surface)
    cards += _present(phase.components, _components)
    cards += _present(phase.transport, _transport)
    cards += _present(phase.representative, _representative)
    return cards


def missing(phase: PhaseResult) -> list[str]:
    """Names of what is not there: not asked for, or not possible (the notes say which)."""
    names = {
        "ligament_nm": "ligament size", "isotropy": "isotropy", "thickness": "local thickness",
        "surface": "surface", "components": "components", "transport": "transport",
        "representative": "representative size",
    }  # fmt: skip
    return [name for field, name in names.items() if getattr(phase, field) is None]


def _present(result: object, make: Callable[..., list[Card]]) -> list[Card]:
    return [] if result is None else make(result)


def _sizes(sizes: PlaneSizes) -> list[Card]:
    return [
        Card(
            "Ligament size, xy",
            number(sizes.xy, "nm"),
            _each(zip("zyx", (sizes.z, sizes.y, sizes.x), strict=True), "nm"),
            "Integral of the lineal path divided by its value at 0; mean of x and y.",
        )
    ]


def _isotropy(result: IsotropyResult) -> list[Card]:
    spread = result.spread or (None, None, None)
    plane = result.e_tpcf_plane
    averaged = "" if plane is None else f"in planes {plane:.3g}"
    where = f"{result.patches} patches of {' × '.join(map(str, result.patch_px))} px"
    lags = number(result.range_nm, "nm") if result.range_nm is not None else f"{result.range_px} px"
    rows = zip(
        ("e_TPCF", "e_LPF", "e_D"), (result.e_tpcf, result.e_lpf, result.e_d), spread,
        ("two-point correlation", "lineal path", "ligament size"), strict=True,
    )  # fmt: skip
    return [
        Card(
            name,
            number(value, digits=3),
            "; ".join(
                filter(None, ["" if sd is None else f"± {sd:.2g}", averaged if name == "e_TPCF" else ""])
            ),
            f"Relative difference along z and along x and y of the {what}; {where}, distances up to {lags}.",
        )
        for name, value, sd, what in rows
    ]


def _surface(result: SurfaceResult) -> list[Card]:
    surface = result.specific_surface_per_nm
    density = result.euler_per_nm3
    return [
        Card(
            "Specific surface",
            NOT_KNOWN if surface is None else number(surface * PER_UM, "/µm"),
            "",
            "Surface per total volume (Crofton, 13 directions).",
        ),
        Card(
            "Euler number",
            f"{result.euler_number:,}",
            "" if density is None else f"{density * PER_UM**3:.4g} /µm³",
            "Parts plus cavities minus tunnels.",
        ),
    ]


def _components(result: ComponentResult) -> list[Card]:
    reached = [axis for axis, through in zip("zyx", result.percolates, strict=True) if through]
    return [
        Card(
            "Largest component",
            f"{100 * result.largest_fraction:.4g} %",
            f"of {result.count:,}; {100 * result.isolated_fraction:.2g} % touch no border",
            "Voxels of the largest component divided by all voxels of the phase.",
        ),
        Card(
            "Percolates along",
            ", ".join(reached) or "no axis",
            _each(zip("zyx", (100 * share for share in result.percolating_fraction), strict=True), "%"),
            "Axes along which a component reaches from border to border; the share of the phase in these.",
        ),
    ]


def _transport(result: TransportResult) -> list[Card]:
    axes: tuple[AxisTransport, ...] = (result.z, result.y, result.x)
    where = "" if result.box_px is None else " In a part of the volume only."
    return [
        Card(
            f"{name} z · y · x",
            " · ".join("–" if value is None else f"{value:.3g}" for value in values),
            "",
            tip + where,
        )
        for name, field, tip in (
            ("Conductivity", "conductivity", "Effective, as a share of that of the phase."),
            ("Geometric tortuosity", "geometric_tortuosity", "Shortest way through, per distance."),
            ("Diffusive tortuosity", "diffusive_tortuosity", "Fraction divided by conductivity."),
        )
        if (values := [getattr(each, field) for each in axes]) != [None] * 3
    ]


def _representative(result: RepresentativeResult) -> list[Card]:
    words = {True: "yes", False: "no", None: NOT_KNOWN}
    error = "" if result.standard_error is None else f"standard error {result.standard_error:.2g}"
    side = result.side_for_1_percent_nm
    return [
        Card(
            "Representative",
            words[result.representative],
            "; ".join(filter(None, [error, "" if side is None else f"1 % from {side:.3g} nm"])),
            f"Whether the {result.quantity.lower()} of the whole has a standard error of at most 1 %.",
        )
    ]


def _each(values: Iterable[tuple[str, float | None]], unit: str) -> str:
    text = "  ".join(f"{axis} {'–' if value is None else f'{value:.3g}'}" for axis, value in values)
    return f"{text} {unit}".rstrip()
