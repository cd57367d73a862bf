"""Less noise, sharp edges."""

from __future__ import annotations

from typing import Literal

import numpy as np
from pydantic import Field, field_validator

from core.block import Block, Observation
from core.clean.denoise import (
    gaussian,
    gaussian_reach,
    median,
    noise_level,
    non_local_means,
    total_variation,
)
from core.clean.planes import as_float, as_type
from core.params import Params, param
from core.step import Estimate, Stage, Step
from core.steps.voxels import as_grey, inner_planes, mirrored, room_for_result
from core.volume import Array, VolumeInfo

NAME = "denoise"
_NEEDS_NOISE = ("nlm", "tv")


class DenoiseParams(Params):
    """Which filter, and how strong."""

    method: Literal["nlm", "tv", "gaussian", "median"] = param(
        "nlm",
        label="Filter",
        description="Non-local means and total variation keep edges; Gaussian and median blur or round them.",
        choices={
            "nlm": "Non-local means",
            "tv": "Total variation",
            "gaussian": "Gaussian",
            "median": "Median",
        },
    )
    strength: float = param(
        1.0,
        gt=0,
        le=10,
        step=0.1,
        label="Strength",
        description="In multiples of the noise; 1 removes most noise, more removes faint detail too.",
        visible_when={"method": ["nlm", "tv"]},
    )
    noise_grey: float = param(
        0.0,
        ge=0,
        label="Noise",
        unit="grey",
        description="Standard deviation of the noise; 0 = the median of what is measured in every slice.",
        visible_when={"method": ["nlm", "tv"]},
    )
    patch_px: int = param(
        5,
        ge=3,
        le=15,
        step=2,
        label="Patch",
        unit="px",
        description="Side of the squares that are compared; odd.",
        visible_when={"method": ["nlm"]},
    )
    search_px: int = param(
        5,
        ge=1,
        le=21,
        label="Search distance",
        unit="px",
        description="How far away alike patches are looked for.",
        visible_when={"method": ["nlm"]},
    )
    sigma_px: float = param(
        1.0,
        ge=0,
        le=50,
        step=0.5,
        label="Width in the slice",
        unit="px",
        description="Standard deviation of the Gaussian within a slice.",
        visible_when={"method": ["gaussian"]},
    )
    sigma_slices: float = param(
        0.0,
        ge=0,
        le=10,
        step=0.5,
        label="Width across slices",
        unit="slices",
        description="Standard deviation of the Gaussian across slices; 0 = each slice by itself.",
        visible_when={"method": ["gaussian"]},
    )
    radius_px: int = param(
        1,
        ge=0,
        le=10,
        label="Radius in the slice",
        unit="px",
        description="The median is taken over 2 x radius + 1 pixels in both directions.",
        visible_when={"method": ["median"]},
    )
    radius_slices: int = param(
        0,
        ge=0,
        le=5,
        label="Radius across slices",
        unit="slices",
        description="Neighbouring slices on each side that the median spans; 0 = each slice by itself.",
        visible_when={"method": ["median"]},
    )

    @field_validator("patch_px")
    @classmethod
    def _odd(cls, value: int) -> int:
        if value % 2 == 0:
            raise ValueError("the patch must be odd, so that it has a middle pixel")
        return value


class DenoiseEstimate(Estimate):
    """How noisy the stack is."""

    noise_grey: float | None = Field(
        None, ge=0, title="Noise", description="Standard deviation of the noise in grey values."
    )


def _halo(params: DenoiseParams) -> int:
    if params.method == "gaussian":
        return gaussian_reach(params.sigma_slices)
    return params.radius_slices if params.method == "median" else 0


def _observes(params: DenoiseParams) -> bool:
    return params.method in _NEEDS_NOISE and params.noise_grey == 0


def _observe(block: Block, _params: DenoiseParams) -> Observation:
    levels = [noise_level(plane) for _, plane in inner_planes(block, NAME)]
    return Observation(per_slice={"noise": np.array(levels, dtype=np.float64)})


def _estimate(observation: Observation, _info: VolumeInfo, params: DenoiseParams) -> DenoiseEstimate:
    if params.method not in _NEEDS_NOISE:
        return DenoiseEstimate()
    if params.noise_grey > 0:
        return DenoiseEstimate(noise_grey=params.noise_grey)
    return DenoiseEstimate(noise_grey=float(np.median(observation.per_slice["noise"])))


def _apply(block: Block, params: DenoiseParams, estimate: DenoiseEstimate | None) -> Array:
    noise = params.noise_grey if estimate is None or estimate.noise_grey is None else estimate.noise_grey
    reach = _halo(params)
    result = room_for_result(block)
    for number, plane in inner_planes(block, NAME):
        if reach:
            smooth = _across(mirrored(block, number, reach, NAME), params)
        else:
            smooth = _within(plane, params, noise)
        result[number - block.first] = as_type(smooth, plane.dtype)
    return result


def _across(planes: list[Array], params: DenoiseParams) -> Array:
    if params.method == "gaussian":
        return gaussian(planes, sigma_px=params.sigma_px, sigma_slices=params.sigma_slices)
    return median(planes, radius_px=params.radius_px)


def _within(plane: Array, params: DenoiseParams, noise: float) -> Array:
    if params.method == "nlm":
        return non_local_means(
            as_float(plane),
            noise=noise,
            strength=params.strength,
            patch_px=params.patch_px,
            search_px=params.search_px,
        )
    if params.method == "tv":
        return total_variation(as_float(plane), noise=noise, strength=params.strength)
    return _across([plane], params)


def _output(info: VolumeInfo, _params: DenoiseParams) -> VolumeInfo:
    return as_grey(info, NAME)


DENOISE = Step(
    name=NAME,
    version=1,
    label="Denoise",
    stage=Stage.CLEAN,
    summary="Reduce noise by non-local means, total variation, a Gaussian or a median filter.",
    params=DenoiseParams,
    apply=_apply,
    halo=_halo,
    output=_output,
    observe=_observe,
    estimate=_estimate,
    estimate_type=DenoiseEstimate,
    observes=_observes,
    bytes_per_pixel=48,
    reference=(
        "Non-local means: Buades et al. 2005, doi 10.1109/CVPR.2005.38; total variation: Chambolle 2004, "
        "doi 10.1023/B:JMIV.0000011325.36760.1e; both by scikit-image; Gaussian and median by SciPy"
    ),
)
