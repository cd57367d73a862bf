"""Secondary-electron contrast of open structures such as porous ceramics: an approximation.

Signal of a pixel, in secondary electrons per beam electron::

    delta(material, E) * (1 + beta * eta) * (1 + gain * wall * exp(-d / escape)) * sky * trench

- delta: yield of a flat surface of the material that the beam meets first, straight below the pixel.
- eta: backscattered electrons of this pixel (from the Monte Carlo); each gives `beta` times the secondary
  electrons of a beam electron on its way out (Reimer 1998, Scanning Electron Microscopy, chapter 4).
- edge: electrons also leave through a side wall within the escape length (d is the distance to it).
- sky: share of the electrons, leaving by Lambert's law, that the opening of a pore lets out.
- trench: the same for the imaged face as a whole, in front of which a trench of finite length is open upward.

Left out are charging, re-emission where electrons hit a wall, fields of the detector, surfaces inclined to
the beam, and the tilt of the beam. Empty space is vacuum only; in an infiltrated sample every pixel is at the
face and only delta, eta and trench matter.
"""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from core.errors import ParameterError, VoxelError
from core.params import Params, param
from core.simulate.electrons.material import Material
from core.simulate.electrons.world import Expected, Raster, World
from core.simulate.image.relief import Relief, relief_of, sky_share
from core.simulate.image.yields import MAXIMUM_YIELDS, yield_at
from core.volume import Array


class Secondary(Params):
    """How secondary electrons are made and collected."""

    yields: dict[str, float] = param(
        {},
        label="Greatest yields",
        description="Greatest secondary-electron yield of materials, by name; goes before the built-in table",
    )
    other_yield: float | None = param(
        None,
        label="Yield of others",
        description="Greatest yield of materials that stand in no table; if not given, such materials are "
        "refused",
        gt=0,
        le=50,
    )
    peak_ev: float = param(
        400.0,
        label="Energy of greatest yield",
        description="Beam energy at which materials outside the built-in table have their greatest yield",
        unit="eV",
        ge=50,
        le=5000,
        advanced=True,
    )
    bse_factor: float = param(
        2.5,
        label="Effect of BSE",
        description="Secondary electrons that a backscattered electron releases on its way out, compared to "
        "a beam electron",
        ge=0,
        le=20,
        step=0.5,
        advanced=True,
    )
    escape_nm: float = param(
        5.0,
        label="Escape length",
        description="Distance from a side wall over which edges are brighter",
        unit="nm",
        gt=0,
        le=1000,
        step=1,
    )
    edge_gain: float = param(
        1.0,
        label="Edge brightening",
        description="Additional signal right at a deep side wall, compared to a flat surface",
        ge=0,
        le=20,
        step=0.1,
    )
    pore_shadowing: bool = param(
        True,
        label="Shadow in pores",
        description="Only those electrons are collected that the opening of a pore lets out",
    )
    trench_length_nm: float | None = param(
        None,
        label="Trench length",
        description="Length of the trench in front of the imaged face; if not given, there is no shadow "
        "toward the bottom of the trench",
        unit="nm",
        gt=0,
        le=1e7,
    )
    above_field_nm: float = param(
        0.0,
        label="Face above field",
        description="Height of the imaged face above the first row of the field",
        unit="nm",
        ge=0,
        le=1e7,
        advanced=True,
    )
    deepest_nm: float = param(
        2000.0,
        label="Greatest depth",
        description="Surfaces deeper than this below the face give no signal",
        unit="nm",
        gt=0,
        le=1e6,
        advanced=True,
    )


def secondary(
    world: World, raster: Raster, bse: Expected, kv: float, params: Secondary | None = None
) -> Expected:
    """Approximate the secondary-electron image of one slice; see the module for equation and limits.

    Parameters
    ----------
    world : World
        The sample; vacuum is empty space. Everything before the face is milled away.
    raster : Raster
        The pixels; each is at least as large as a voxel, or takes the nearest voxel.
    bse : Expected
        Backscattered electrons (all energies, counted) in the same pixels.
    kv : float
        Beam energy.
    params : Secondary, optional
        How strong.

    Returns
    -------
    expected : Expected
        Secondary electrons per beam electron, with the part of the standard error that comes from `bse`.
        Form it with emission ``secondary``.

    Raises
    ------
    ParameterError
        If the yield of a material is not known, or the face lies outside the sample.
    VoxelError
        If `bse` has other pixels.
    """
    params = params or Secondary()
    if bse.signal.shape != tuple(raster.shape):
        raise VoxelError("the BSE signal has other pixels", expected=raster.shape, got=bse.signal.shape)
    yields = flat_yields(world.materials, kv, params)
    relief = relief_of(world, raster, margin_nm=_REACH * params.escape_nm, deepest_nm=params.deepest_nm)
    flat = yields[relief.labels] * np.isfinite(relief.depth_nm)
    collected = flat * (1 + _edges(relief, params))
    if params.pore_shadowing:
        collected = collected * sky_share(relief)
    collected = relief.per_pixel(collected) * _trench(raster, params)[:, np.newaxis]
    signal = collected * (1 + params.bse_factor * bse.signal)
    error = collected * params.bse_factor * bse.standard_error
    return Expected(signal.astype(np.float32), error.astype(np.float32), bse.electrons)


# Edges are looked for this many escape lengths outside the field; e-5 of them is lost.
_REACH = 5.0


def flat_yields(materials: Sequence[Material], kv: float, params: Secondary) -> Array:
    """Yield of a flat surface of each material; 0 for vacuum.

    Raises
    ------
    ParameterError
        Naming the materials whose yield is not known.
    """
    given = {name.lower(): value for name, value in params.yields.items()}
    unknown = [
        material.name
        for material in materials
        if not material.is_vacuum and material.name.lower() not in given | dict(MAXIMUM_YIELDS)
    ]
    if unknown and params.other_yield is None:
        raise ParameterError(
            f"the secondary-electron yield of {', '.join(unknown)} is not known",
            expected=f"one of {', '.join(MAXIMUM_YIELDS)}, or a yield",
            remedy="state it in yields, or a yield for all others in other_yield",
        )
    return np.array([_flat_yield(material, given, kv, params) for material in materials])


def _flat_yield(material: Material, given: dict[str, float], kv: float, params: Secondary) -> float:
    if material.is_vacuum:
        return 0.0
    name = material.name.lower()
    maximum, peak_ev = MAXIMUM_YIELDS.get(name, (params.other_yield or 0.0, params.peak_ev))
    return yield_at(given.get(name, maximum), peak_ev, kv * 1000)


def _edges(relief: Relief, params: Secondary) -> Array:
    """Additional signal beside side walls, compared to a flat surface; for what lies at the face only."""
    from scipy.ndimage import distance_transform_edt

    open_pixels = relief.depth_nm > 0
    if not open_pixels.any() or params.edge_gain == 0:
        return np.zeros(open_pixels.shape)
    distance, nearest = distance_transform_edt(~open_pixels, sampling=relief.pitch_nm, return_indices=True)
    height = relief.depth_nm[tuple(nearest)]
    wall = 1 - np.exp(-height / params.escape_nm)
    # From centre to centre; the wall stands half a point before the open one. Mean over the width of a point.
    width, escape = min(relief.pitch_nm), params.escape_nm
    near, far = np.maximum(distance - width, 0), distance
    beside = (np.exp(-near / escape) - np.exp(-far / escape)) * (escape / width)
    return np.asarray(np.where(open_pixels, 0.0, params.edge_gain * wall * beside))


def _trench(raster: Raster, params: Secondary) -> Array:
    """Share of the electrons that leave the trench, compared to the top of the face; per row.

    Two-dimensional: a face in front of which the trench is open upward over its length L. From a place y
    below the top, Lambert's law gives (1 - sin(atan(y / L))) / 2.
    """
    y = raster.corner_nm[0] + params.above_field_nm + (np.arange(raster.shape[0]) + 0.5) * raster.pixel_nm[0]
    if params.trench_length_nm is None:
        return np.ones(len(y))
    y = np.maximum(y, 0)
    return np.asarray(1 - y / np.hypot(y, params.trench_length_nm))
