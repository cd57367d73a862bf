"""Names, units and definitions of everything that is measured; one place for tables, CSV and figures.

Sources: thesis 2.5-2.6 (correlation, lineal path, the isotropy errors); Torquato S., Lu B., Phys. Rev. E 47
(1993) 2950, doi:10.1103/PhysRevE.47.2950 (chords); Hildebrand T., Rüegsegger P., J. Microsc. 185 (1997) 67,
doi:10.1046/j.1365-2818.1997.1340694.x (local thickness); Kanit T. et al., Int. J. Solids Struct. 40 (2003)
3647, doi:10.1016/S0020-7683(03)00143-4 (representative volumes).
"""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True)
class Quantity:
    """How a quantity is called and what it means.

    Attributes
    ----------
    label : str
        For tables.
    unit : str
        In plain signs ("nm", "1/nm", "1/nm^3"); empty for shares, ratios and counts.
    group : str
        Group of quantities that are taken from the same slices.
    definition : str
        One sentence or two.
    """

    label: str
    unit: str
    group: str
    definition: str


QUANTITIES: dict[str, Quantity] = {
    "fraction": Quantity("Volume fraction φ", "", "fraction", "Voxels of the phase / all voxels."),
    "fraction_sd": Quantity(
        "Volume fraction, sd over slices",
        "",
        "fraction",
        "Standard deviation of the fraction among the slices.",
    ),
    "voxels": Quantity("Voxels of the phase", "", "fraction", "Counted."),
    "ligament_nm": Quantity(
        "Ligament size D",
        "nm",
        "ligament_nm",
        "Area below the lineal path / its value at 0 (trapezoid rule), along an axis; in a plane, the mean "
        "of its two axes.",
    ),
    "correlation_length_nm": Quantity(
        "Correlation length",
        "nm",
        "tpcf",
        "Area below (S₂(r) − φ²) / (φ − φ²) along an axis, from 0 to where it first reaches 0.",
    ),
    "chord_mean_nm": Quantity(
        "Mean chord",
        "nm",
        "chords",
        "Mean length by number of the runs of the phase along an axis that end at another phase on both "
        "sides.",
    ),
    "chord_sd_nm": Quantity("Chords, sd", "nm", "chords", "Standard deviation of these lengths."),
    "chord_median_nm": Quantity("Median chord", "nm", "chords", "Median of these lengths."),
    "chord_count": Quantity("Chords", "", "chords", "How many there are."),
    "thickness_mean_nm": Quantity(
        "Mean local thickness",
        "nm",
        "thickness",
        "Local thickness at a voxel: diameter of the largest ball within the phase that holds the voxel; "
        "mean by volume.",
    ),
    "thickness_sd_nm": Quantity("Local thickness, sd", "nm", "thickness", "Standard deviation, by volume."),
    "thickness_median_nm": Quantity("Median local thickness", "nm", "thickness", "Median, by volume."),
    "e_tpcf": Quantity(
        "Isotropy error e_TPCF",
        "",
        "isotropy",
        "Relative difference of the two-point correlation along z and along x and y (thesis eq. 2.12), of "
        "curves averaged over patches. 0 for an infinite isotropic structure; a finite one does not give 0.",
    ),
    "e_lpf": Quantity("Isotropy error e_LPF", "", "isotropy", "The same of the lineal path."),
    "e_d": Quantity(
        "Isotropy error e_D", "", "isotropy", "The same of ligament sizes (thesis eq. 2.13); may exceed 1."
    ),
    "e_tpcf_sd": Quantity("e_TPCF, sd over patches", "", "isotropy", "Each patch by itself."),
    "e_lpf_sd": Quantity("e_LPF, sd over patches", "", "isotropy", "Each patch by itself."),
    "e_d_sd": Quantity("e_D, sd over patches", "", "isotropy", "Each patch by itself."),
    "e_tpcf_plane": Quantity(
        "Isotropy error e_TPCF, planes",
        "",
        "isotropy",
        "As e_TPCF, of correlations averaged over all directions within the planes perpendicular to x, y "
        "and z.",
    ),
    "isotropy_patches": Quantity("Patches", "", "isotropy", "Number of patches the errors come from."),
    "isotropy_patch": Quantity("Patch", "voxels", "isotropy", "Sides of a patch (z × y × x)."),
    "isotropy_range_nm": Quantity("Range of lags", "nm", "isotropy", "Greatest lag that was compared."),
    "isotropy_range_px": Quantity(
        "Range of lags", "lags", "isotropy", "Greatest lag that was compared, in voxels of the finest axis."
    ),
    "specific_surface": Quantity(
        "Specific surface",
        "1/nm",
        "surface",
        "Surface of the phase / total volume (Crofton, 13 directions); the border of the volume is none.",
    ),
    "euler_number": Quantity(
        "Euler number",
        "",
        "surface",
        "Components − tunnels + cavities, from 2 × 2 × 2 configurations, with the connectivity named.",
    ),
    "euler_density": Quantity("Euler number density", "1/nm^3", "surface", "Euler number / total volume."),
    "connectivity": Quantity(
        "Connectivity", "", "components", "How many neighbours of a voxel count: 6 by faces, 26 all."
    ),
    "components": Quantity("Components", "", "components", "Connected parts of the phase."),
    "largest_fraction": Quantity(
        "Largest component", "", "components", "Voxels of the largest component / voxels of the phase."
    ),
    "isolated_fraction": Quantity(
        "Isolated share", "", "components", "Share of the phase in components that touch no border."
    ),
    "percolates": Quantity(
        "Percolates", "", "components", "Whether one component reaches from border to border along the axis."
    ),
    "percolating_fraction": Quantity(
        "Percolating share", "", "components", "Share of the phase in components that do."
    ),
    "geometric_tortuosity": Quantity(
        "Geometric tortuosity",
        "",
        "transport",
        "Mean length of the shortest ways through the phase from one face to the other, along steps between"
        " neighbouring voxels / distance of the faces.",
    ),
    "conductivity": Quantity(
        "Effective conductivity",
        "",
        "transport",
        "As a share of the conductivity of the phase, where nothing else conducts; flow over faces of "
        "voxels.",
    ),
    "diffusive_tortuosity": Quantity(
        "Diffusive tortuosity", "", "transport", "Volume fraction / effective conductivity."
    ),
    "transport_residual": Quantity(
        "Residual of the flow", "", "transport", "Relative difference between flow in and flow out."
    ),
    "transport_part": Quantity(
        "Part used for transport", "voxels", "transport", "First and last index along z, y and x."
    ),
    "representative_error": Quantity(
        "Standard error of the fraction",
        "",
        "representative",
        "Of the whole volume's value, from how the variance of sub-volumes falls: sd² = φ (1 − φ) A / V.",
    ),
    "integral_range": Quantity(
        "Integral range A", "nm^3", "representative", "The volume A of that fit; sub-volumes do not overlap."
    ),
    "side_for_1_percent": Quantity(
        "Side for 1 %",
        "nm",
        "representative",
        "Side of the cube that gives the value with 1 % relative standard error.",
    ),
    "representative": Quantity(
        "Representative to 1 %", "", "representative", "Whether the whole volume reaches this."
    ),
}

HEADLINE = (
    "fraction",
    "fraction_sd",
    "ligament_nm",
    "thickness_mean_nm",
    "specific_surface",
    "e_tpcf",
    "e_lpf",
    "e_d",
    "largest_fraction",
    "percolates",
    "conductivity",
    "representative",
)
"""What is shown first; of ligament sizes the planes."""

PRETTY_UNITS = {"1/nm": "nm⁻¹", "1/nm^3": "nm⁻³", "nm^3": "nm³"}


def pretty_unit(unit: str) -> str:
    """A unit as it is printed."""
    return PRETTY_UNITS.get(unit, unit)
