"""What is measured in a volume, as values: the one shape that command line, report, window and files share.

Lengths are in nm and None where the voxel size is not known. Curves hold one value per lag in whole voxels,
from lag 0 on; ``step_nm`` says how long a voxel is. Everything can be written as JSON and read back.
"""

from __future__ import annotations

from typing import Literal

from pydantic import BaseModel, ConfigDict, Field

Slices = Literal["all", "measured"]
Triple = tuple[float, float, float]
Values = tuple[float, ...]


class Result(BaseModel):
    """Base of all results; frozen, unknown names refused, no NaN."""

    model_config = ConfigDict(frozen=True, extra="forbid", allow_inf_nan=False)


class AxisCurves(Result):
    """A function of distance along the three axes; empty along an axis where it cannot be told."""

    z: Values = ()
    y: Values = ()
    x: Values = ()


class PlaneCurves(Result):
    """A function of distance, averaged over all directions within planes."""

    xy: Values = ()
    xz: Values = ()
    yz: Values = ()


class Distribution(Result):
    """A distribution of lengths (chords, local thickness).

    Attributes
    ----------
    edges_nm : tuple of float
        Borders of the bins, one more than there are shares.
    shares : tuple of float
        Share of each bin; they add up to 1. By number for chords, by volume for local thickness.
    mean_nm, sd_nm, median_nm : float
        Of the lengths themselves, not of the bins.
    count : int
        Chords, or voxels.
    """

    edges_nm: Values
    shares: Values
    mean_nm: float
    sd_nm: float
    median_nm: float
    count: int


class AxisDistributions(Result):
    """One distribution along each axis; None where there is nothing to measure."""

    z: Distribution | None = None
    y: Distribution | None = None
    x: Distribution | None = None


class PlaneSizes(Result):
    """Ligament size within the three planes (means of two axes) and along the axes, in nm.

    None along z where slices are uneven or none follow each other, and along an axis one voxel thick.
    """

    xy: float | None
    xz: float | None
    yz: float | None
    z: float | None
    y: float | None
    x: float | None


class IsotropyResult(Result):
    """Thesis eq. 2.12 and 2.13; 0 for an infinite isotropic structure.

    Attributes
    ----------
    e_tpcf, e_lpf, e_d : float
        From functions averaged over all patches.
    e_tpcf_plane : float or None
        As e_tpcf, with functions averaged over directions within the planes perpendicular to x, y and z.
    spread : tuple of float or None
        Standard deviation of e_tpcf, e_lpf and e_d among the patches; None for a single patch.
    patches : int
        Number of patches.
    patch_px : tuple of int
        (z, y, x), in voxels.
    range_nm : float or None
        Greatest lag; None where the voxel size is not known.
    range_px : int
        Greatest lag, in the lags compared.
    plane_patches : int
        Patches that e_tpcf_plane was taken from: a few, spread over the volume.
    e_tpcf_plane_sd : float or None
        Standard deviation of e_tpcf_plane among them; None for a single one.
    """

    e_tpcf: float
    e_lpf: float
    e_d: float
    e_tpcf_plane: float | None = None
    spread: Triple | None = None
    patches: int
    patch_px: tuple[int, int, int]
    range_nm: float | None
    range_px: int
    plane_patches: int = 0
    e_tpcf_plane_sd: float | None = None


class SurfaceResult(Result):
    """From the 256 configurations of 2 x 2 x 2 voxels.

    Attributes
    ----------
    specific_surface_per_nm : float or None
        Surface per total volume (Crofton, 13 directions).
    euler_number : int
        Of the phase with its connectivity; the volume is taken as it is, without a border around it.
    euler_per_nm3 : float or None
        Per total volume.
    """

    specific_surface_per_nm: float | None
    euler_number: int
    euler_per_nm3: float | None


class ComponentResult(Result):
    """Connected components.

    Attributes
    ----------
    count : int
        How many.
    largest_fraction : float
        Voxels of the largest, divided by all of the phase; 0 for an empty phase.
    percolates : tuple of bool
        Along z, y and x: whether one component reaches from border to border.
    percolating_fraction : tuple of float
        Share of the phase in components that do, along z, y and x.
    largest : tuple of int
        Voxels of the largest components, at most 20, largest first.
    isolated_fraction : float
        Share of the phase in components that touch no border of the volume.
    """

    count: int
    largest_fraction: float
    percolates: tuple[bool, bool, bool]
    percolating_fraction: Triple
    largest: tuple[int, ...]
    isolated_fraction: float


class AxisTransport(Result):
    """Transport through one phase along one axis; None where the phase does not reach through.

    Attributes
    ----------
    geometric_tortuosity : float or None
        Mean length of the shortest way through the phase, from the voxels of one face to the other face,
        divided by the distance of the faces.
    conductivity : float or None
        Effective conductivity, as a share of that of the phase (0-1).
    diffusive_tortuosity : float or None
        Solid (phase) fraction divided by `conductivity`.
    residual : float or None
        Relative difference between the flow into and out of the volume at the end of the iteration.
    """

    geometric_tortuosity: float | None = None
    conductivity: float | None = None
    diffusive_tortuosity: float | None = None
    residual: float | None = None


class TransportResult(Result):
    """Along z, y and x; `box_px` says which part was used where the whole was too large."""

    z: AxisTransport
    y: AxisTransport
    x: AxisTransport
    shape_px: tuple[int, int, int]
    box_px: tuple[tuple[int, int], tuple[int, int], tuple[int, int]] | None = None


class RepresentativeSize(Result):
    """One side of sub-volumes and what was found in them."""

    side_px: int
    side_nm: float | None
    count: int
    mean: float
    sd: float


class RepresentativeResult(Result):
    """A property against the size of sub-volumes.

    Attributes
    ----------
    quantity : str
        What was measured in them.
    sizes : tuple of RepresentativeSize
        From small to large; the sub-volumes of one size do not overlap.
    integral_range_nm3 : float or None
        Volume A of the fit ``sd² = φ (1 - φ) A / V``; None where the voxel size is not known or nothing
        varies.
    standard_error : float or None
        Of the whole volume's value, from that fit.
    side_for_1_percent_nm : float or None
        Side of the cube that would give the value with 1 % relative standard error.
    representative : bool or None
        Whether the whole reaches 1 %; None where it cannot be told.
    """

    quantity: str
    sizes: tuple[RepresentativeSize, ...]
    integral_range_nm3: float | None = None
    standard_error: float | None = None
    side_for_1_percent_nm: float | None = None
    representative: bool | None = None


class PhaseResult(Result):
    """Everything measured of one phase; None where it was not asked for or cannot be told (see the notes)."""

    value: int | float = Field(description="Value of the phase's voxels; a whole number where it is one.")
    name: str
    connectivity: Literal[6, 26]
    voxels: int
    fraction: float
    fraction_per_slice: Values
    fraction_sd: float
    tpcf: AxisCurves | None = None
    tpcf_plane: PlaneCurves | None = None
    lineal_path: AxisCurves | None = None
    chords: AxisDistributions | None = None
    ligament_nm: PlaneSizes | None = None
    correlation_length_nm: AxisCurves | None = Field(
        None, description="One value along each axis, empty where it cannot be told."
    )
    isotropy: IsotropyResult | None = None
    surface: SurfaceResult | None = None
    components: ComponentResult | None = None
    thickness: Distribution | None = None
    transport: TransportResult | None = None
    representative: RepresentativeResult | None = None


class Measured(Result):
    """Everything measured of one volume.

    Attributes
    ----------
    shape_zyx, voxel_nm_zyx
        Of the volume.
    step_nm : tuple of float or None
        Length of one lag along z, y and x; None where it is not known.
    slices : {'all', 'measured'}
        Which slices statistics along lines and in planes were taken from.
    slices_used : int
        How many these are.
    slices_of : mapping of str to str
        For every group of quantities: which slices it was taken from.
    verdict : str
        What the isotropy errors mean, in words, with the condition under which they mean it.
    phases : tuple of PhaseResult
        By value; of a binary volume: pore, then solid.
    notes : tuple of str
        Sentences the user has to see.
    """

    shape_zyx: tuple[int, int, int]
    voxel_nm_zyx: tuple[float | None, float | None, float | None]
    step_nm: tuple[float | None, float | None, float | None]
    slices: Slices
    slices_used: int
    slices_of: dict[str, Slices]
    verdict: str = ""
    phases: tuple[PhaseResult, ...]
    notes: tuple[str, ...] = ()

    def phase(self, value: float) -> PhaseResult:
        """The phase of this value.

        Raises
        ------
        KeyError
            If there is none.
        """
        for phase in self.phases:
            if phase.value == value:
                return phase
        raise KeyError(value)
