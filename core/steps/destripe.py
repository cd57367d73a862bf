"""Take curtaining away."""

from __future__ import annotations

from functools import partial
from typing import Literal

import numpy as np
from pydantic import field_validator

from core.block import Block
from core.clean.planes import as_float, as_type
from core.clean.stripes import Finder, stripes_along
from core.clean.variational_stripes import variational_stripes
from core.clean.wavelet_stripes import wavelet_stripes
from core.errors import ParameterError
from core.params import Params, param
from core.step import Estimate, Stage, Step
from core.steps.voxels import as_grey, inner_planes, room_for_result
from core.volume import Array, VolumeInfo

NAME = "destripe"
_MOST_ANGLES = 8
# Along less than this a stripe cannot be told from structure; across less there is nothing to compare with.
_SHORTEST_PX, _NARROWEST_PX = 32, 8


class DestripeParams(Params):
    """Which stripes, and how they are found."""

    method: Literal["variational", "wavelet"] = param(
        "variational",
        label="Method",
        description="The variational method keeps edges best; wavelets are several times faster.",
        choices={"variational": "Variational", "wavelet": "Wavelet-FFT (Münch)"},
    )
    angles_deg: str = param(
        "0",
        label="Angles",
        unit="°",
        description="Directions of stripes, for example 0, 12: 0 runs down, positive leans to the right.",
    )
    strength: float = param(
        1.0,
        gt=0,
        le=1,
        step=0.1,
        label="Strength",
        description="Share of the stripes that is taken away.",
    )
    width_px: float = param(
        16.0,
        ge=2,
        le=512,
        label="Widest stripe",
        unit="px",
        description="Broader changes of brightness stay: they are shading.",
    )
    length_px: float = param(
        0.0,
        ge=0,
        label="Length",
        unit="px",
        description="Stripes hardly change over this length, structure does; 0 = half of the image.",
    )
    wavelet: Literal["db3", "db5", "db10", "sym8", "coif3"] = param(
        "db5",
        label="Wavelet",
        advanced=True,
        description="Longer wavelets separate widths better and blur positions more.",
        visible_when={"method": ["wavelet"]},
    )

    @field_validator("angles_deg")
    @classmethod
    def _readable(cls, value: str) -> str:
        angles_of(value)
        return value


def angles_of(text: str) -> tuple[float, ...]:
    """Angles in a list such as ``0, 12.5`` or ``-3``.

    Raises
    ------
    ValueError
        If a part is no number between -90 and 90, or there are none or more than eight.
    """
    parts = [piece.strip() for piece in text.replace(";", ",").split(",") if piece.strip()]
    if not 1 <= len(parts) <= _MOST_ANGLES:
        raise ValueError(f"1 to {_MOST_ANGLES} angles separated by commas are needed")
    angles = []
    for part in parts:
        try:
            angle = float(part)
        except ValueError:
            raise ValueError(f"'{part}' is no angle in degrees") from None
        if not -90 <= angle <= 90:
            raise ValueError(f"{part}° does not lie between -90° and 90°")
        angles.append(angle)
    return tuple(angles)


def _finder(params: DestripeParams, length: int) -> Finder:
    length_px = params.length_px or length / 2
    if params.method == "wavelet":
        return partial(wavelet_stripes, width_px=params.width_px, length_px=length_px, wavelet=params.wavelet)
    return partial(variational_stripes, width_px=params.width_px, length_px=length_px)


def _apply(block: Block, params: DestripeParams, _estimate: Estimate | None) -> Array:
    angles = angles_of(params.angles_deg)
    result = room_for_result(block)
    for number, plane in inner_planes(block, NAME):
        values = as_float(plane)
        for angle in angles:
            stripes = stripes_along(values, angle, _finder(params, _length(values.shape, angle)))
            if params.strength < 1:
                stripes = stripes * values.dtype.type(params.strength)
            np.subtract(values, stripes, out=values)
        result[number - block.first] = as_type(values, plane.dtype)
    return result


def _length(shape: tuple[int, ...], angle: float) -> int:
    """Pixels of the axis that stripes at this angle mostly run along."""
    return shape[-1] if abs(angle) > 45 else shape[-2]


def _output(info: VolumeInfo, params: DestripeParams) -> VolumeInfo:
    for angle in angles_of(params.angles_deg):
        along = _length(info.shape, angle)
        across = sum(info.shape[1:]) - along
        if along < _SHORTEST_PX or across < _NARROWEST_PX:
            raise ParameterError(
                f"destripe: the slices are too small to tell stripes at {angle:g}° from structure",
                expected=f"at least {_SHORTEST_PX} px along the stripes and {_NARROWEST_PX} px across",
                got=f"{along} px and {across} px",
            )
    return as_grey(info, NAME)


DESTRIPE = Step(
    name=NAME,
    version=1,
    label="Destripe",
    stage=Stage.CLEAN,
    summary="Take away curtaining: long stripes along one or several directions.",
    params=DestripeParams,
    apply=_apply,
    output=_output,
    bytes_per_pixel=96,
    reference=(
        "Variational: Bouali and Ladjal 2011, doi 10.1109/TGRS.2011.2119399, with Huber's norm; wavelet-FFT: "
        "Münch et al. 2009, doi 10.1364/OE.17.008567; both without edges, only what repeats along y"
    ),
)
