"""Put every slice where it belongs: on the plane of a fine grid that is nearest to its measured z."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from core.block import Block
from core.errors import MissingMetadataError, ParameterError
from core.job import Job
from core.params import Params, param
from core.rebuild.places import places, wanted_places
from core.rebuild.results import RepositionEstimate
from core.step import Room, Stage, Step
from core.volume import Array, Origin, Volume, VolumeInfo

NAME = "reposition"
MOST_PLANES = 100_000
COARSEST = 2.0
"""A grid this many times coarser than the mean distance of slices would push them far from where they are."""

_FORESEEN_SLACK = 10.0


class RepositionParams(Params):
    """The grid that slices are put on."""

    grid_nm: float | None = param(
        None,
        gt=0,
        le=1e6,
        label="Grid",
        unit="nm",
        description="Distance of the planes of the result; empty = the pixel size (voxels become cubes).",
    )


def _known(info: VolumeInfo, params: RepositionParams) -> tuple[tuple[float, ...], float]:
    """Positions of the slices and distance of the planes."""
    z_nm = info.positions_nm()
    if z_nm is None and info.shape[0] == 1:
        z_nm = (0.0,)
    if z_nm is None:
        raise MissingMetadataError(
            "reposition: nobody has said where the slices lie in z",
            expected="a position of every slice, or the slice thickness",
            remedy="put a thickness step before it, give --thickness THICKNESS.csv, or state the voxel size "
            "(--voxel-nm-zyx Z Y X)",
        )
    if params.grid_nm is not None:
        return z_nm, params.grid_nm
    _, y, x = info.voxel_nm
    if x is None or y is None or abs(x - y) > 1e-3 * x:
        raise MissingMetadataError(
            "reposition: there is no pixel size that the grid could have",
            expected="the same known size along y and x",
            got=(y, x),
            remedy="state the grid (--grid-nm), or the voxel size (--voxel-nm-zyx Z Y X)",
        )
    return z_nm, x


def _placed(
    info: VolumeInfo, params: RepositionParams, *, foreseen: bool = False
) -> tuple[tuple[float, ...], float, Array]:
    """Positions, grid, and the plane of every slice; positions that are only foreseen refuse hardly any."""
    z_nm, grid_nm = _known(info, params)
    span_nm = z_nm[-1] - z_nm[0]
    planes = span_nm / grid_nm + 1
    if planes > MOST_PLANES * (_FORESEEN_SLACK if foreseen else 1):
        raise ParameterError(
            "reposition: the grid is too fine for this stack",
            expected=(
                f"at most {MOST_PLANES:,} planes, so a grid of {span_nm / (MOST_PLANES - 1):.3g} nm or more"
            ),
            got=f"{planes:,.0f} planes of {grid_nm:g} nm",
        )
    mean_nm = span_nm / max(1, len(z_nm) - 1)
    if len(z_nm) > 1 and grid_nm > COARSEST * mean_nm and not foreseen:
        raise ParameterError(
            "reposition: the grid is so coarse that most slices would find their plane taken",
            expected=f"at most {COARSEST * mean_nm:.4g} nm, twice the mean distance of the slices",
            got=f"{grid_nm:g} nm",
        )
    return z_nm, grid_nm, places(z_nm, grid_nm)


def _survey(
    volume: Volume, params: RepositionParams, job: Job, _room: Room | None = None
) -> RepositionEstimate:
    job.check()
    z_nm, grid_nm, found = _placed(volume.info, params)
    wanted = wanted_places(z_nm, grid_nm)
    moved = np.flatnonzero(found != wanted)
    away_nm = found * grid_nm - (np.asarray(z_nm) - z_nm[0])
    gaps = int(found[-1]) + 1 - len(found)
    greatest_nm = float(away_nm[np.argmax(np.abs(away_nm))])
    depth = int(found[-1]) + 1
    notes = [f"{len(found)} slices went to a grid of {grid_nm:g} nm; {gaps} of its {depth} planes are gaps."]
    if moved.size:
        notes.append(
            f"{moved.size} slices found their plane taken and went to the nearest free one "
            f"(indices {_listed(moved)}); the farthest lies {abs(greatest_nm):.3g} nm from its place."
        )
    return RepositionEstimate(
        places=tuple(found.tolist()),
        grid_nm=grid_nm,
        gaps=gaps,
        moved=tuple(moved.tolist()),
        greatest_displacement_nm=greatest_nm,
        rms_displacement_nm=float(np.sqrt(np.mean(away_nm**2))),
        notes=tuple(notes),
    )


def _listed(numbers: Array, most: int = 10) -> str:
    text = ", ".join(map(str, numbers[:most].tolist()))
    return text if numbers.size <= most else f"{text} and {numbers.size - most} more"


def _output(info: VolumeInfo, params: RepositionParams) -> VolumeInfo:
    """What can be foreseen: the places themselves where the positions are known already."""
    try:
        # One thickness for all may be replaced by what a step before this one finds.
        _, grid_nm, found = _placed(info, params, foreseen=info.z_nm is None)
    except MissingMetadataError:  # a step before it may find them; the survey refuses if none does
        z = params.grid_nm if params.grid_nm is not None else info.voxel_nm[2]
        return info.with_(voxel_nm=(z, *info.voxel_nm[1:]), z_nm=None, slice_numbers=None)
    return _described(info, grid_nm, found.tolist())


def _refine(info: VolumeInfo, _params: RepositionParams, estimate: RepositionEstimate) -> VolumeInfo:
    return _described(info, estimate.grid_nm, _of(info, estimate))


def _of(info: VolumeInfo, estimate: RepositionEstimate) -> Sequence[int]:
    if len(estimate.places) != info.shape[0]:
        raise ParameterError(
            "reposition: the places do not fit the stack",
            expected=f"{info.shape[0]} of them, one per slice",
            got=len(estimate.places),
        )
    if estimate.places[-1] >= MOST_PLANES:
        raise ParameterError(
            "reposition: a place lies too deep", expected=f"below {MOST_PLANES:,}", got=estimate.places[-1]
        )
    return estimate.places


def _described(info: VolumeInfo, grid_nm: float, found: Sequence[int]) -> VolumeInfo:
    depth = found[-1] + 1
    before = info.origin or (Origin.MEASURED,) * info.shape[0]
    origin = [int(Origin.GAP)] * depth
    for place, value in zip(found, before, strict=True):
        origin[place] = int(value)
    footprint = None
    if info.footprint is not None:
        seen = dict(zip(found, info.footprint, strict=True))
        footprint = tuple(seen.get(plane, ()) for plane in range(depth))
    return info.with_(
        shape=(depth, *info.shape[1:]),
        voxel_nm=(grid_nm, *info.voxel_nm[1:]),
        z_nm=None,
        slice_numbers=None,
        origin=tuple(origin),
        footprint=footprint,
    )


def _gather(
    info: VolumeInfo, params: RepositionParams, estimate: RepositionEstimate | None, wanted: range
) -> Sequence[int]:
    found = np.asarray(_placed(info, params)[2] if estimate is None else _of(info, estimate))
    first, last = np.searchsorted(found, (wanted.start, wanted.stop)).tolist()
    return range(first, last)


def _apply(block: Block, params: RepositionParams, estimate: RepositionEstimate | None) -> Array:
    found = _placed(block.info, params)[2] if estimate is None else _of(block.info, estimate)
    result = np.zeros((len(block.wanted), *block.info.shape[1:]), dtype=block.data.dtype)
    for plane, number in zip(block.data, block.planes, strict=True):
        result[found[number] - block.wanted.start] = plane
    return result


REPOSITION = Step(
    name=NAME,
    version=1,
    label="Reposition",
    stage=Stage.REBUILD,
    summary="Put every slice on the plane of a fine grid where its measured z belongs; no slice is lost.",
    params=RepositionParams,
    apply=_apply,
    output=_output,
    refine=_refine,
    gather=_gather,
    survey=_survey,
    estimate_type=RepositionEstimate,
    stored=False,
    bytes_per_pixel=1,
    reference="Article II of the thesis, 2.2.2; least displacement by isotonic regression with medians",
)

__all__ = ["REPOSITION", "RepositionEstimate", "RepositionParams"]
