"""How thick every slice is, and so where it lies."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from itertools import pairwise
from typing import Literal, Self

import numpy as np
from pydantic import field_validator, model_validator

from core.boxes import box_of
from core.errors import MissingMetadataError, ParameterError, VoxelError
from core.job import Job
from core.params import Params, param
from core.step import Room, Stage, Step
from core.steps.voxels import require_grey
from core.thickness.results import ThicknessEstimate
from core.volume import Volume, VolumeInfo

NAME = "thickness"
FORESEEN_NM = 10.0
"""Taken for the description of the result as long as nobody knows better; no voxel depends on it."""
MARKS = (3, 4)


class ThicknessParams(Params):
    """Where the thickness of slices is taken from."""

    method: Literal["ruler", "image", "constant", "metadata", "table"] = param(
        "ruler",
        label="Source",
        description="Only the ruler measures every slice; a table holds what another program has measured.",
        choices={
            "ruler": "Ruler in the cap",
            "image": "Likeness of neighbours (± 25 %)",
            "constant": "One thickness for all",
            "metadata": "What the files state",
            "table": "A table or log",
        },
    )
    in_channel: str = param(
        "",
        label="Channel",
        description="The one that is measured; the others take its result. Empty: the first that will do.",
    )
    angle_deg: float | None = param(
        None,
        gt=0,
        lt=80,
        label="Angle of the ruler",
        unit="°",
        description="Between the inclined trenches and the milling direction, on the top surface.",
        visible_when={"method": ["ruler"]},
    )
    angle_sigma_deg: float = param(
        0.5,
        ge=0,
        lt=10,
        label="Error of the angle",
        unit="°",
        description="Standard error; it stretches all thicknesses together and enters their errors.",
        visible_when={"method": ["ruler"]},
    )
    pixel_nm: float | None = param(
        None,
        gt=0,
        label="Pixel size along x",
        unit="nm",
        description="None: as the files state it.",
        visible_when={"method": ["ruler"]},
    )
    parallel_spacing_nm: float | None = param(
        None,
        gt=0,
        label="Distance of the parallel marks",
        unit="nm",
        description="Where it is known, it calibrates the pixel size.",
        visible_when={"method": ["ruler"]},
        advanced=True,
    )
    region: str = param(
        "",
        max_length=100,
        label="Region",
        description="Rows and columns with the marks (or structure), as 0-120, 0-1024; empty: found.",
        visible_when={"method": ["ruler", "image"]},
    )
    marks_x_px: str = param(
        "",
        max_length=200,
        label="Marks",
        unit="px",
        description="Centres in the first slice that shows them, left to right; empty: found.",
        visible_when={"method": ["ruler"]},
        advanced=True,
    )
    constant_nm: float | None = param(
        None,
        gt=0,
        label="Thickness",
        unit="nm",
        description="Of every slice; none: the one that the files state.",
        visible_when={"method": ["constant"]},
    )

    @field_validator("region")
    @classmethod
    def _readable_region(cls, value: str) -> str:
        box_of(value)
        return value

    @field_validator("marks_x_px")
    @classmethod
    def _readable_marks(cls, value: str) -> str:
        marks_of(value)
        return value

    @model_validator(mode="after")
    def _check(self) -> Self:
        if self.angle_deg is not None and self.angle_sigma_deg >= self.angle_deg:
            raise ValueError("the error of the angle must be smaller than the angle")
        return self


def marks_of(text: str) -> tuple[float, ...] | None:
    """Places of the marks from a text such as ``120.5, 340, 610, 850``, increasing; None if it is empty.

    Raises
    ------
    ValueError
        If they are not three or four increasing numbers.
    """
    if not text.strip():
        return None
    try:
        found = tuple(float(part) for part in text.replace(";", ",").split(","))
    except ValueError:
        raise ValueError(f"'{text.strip():.40}' is no list of numbers such as 120.5, 340, 610, 850") from None
    rising = all(np.isfinite(found)) and all(a < b for a, b in pairwise(found))
    if len(found) not in MARKS or not rising or found[0] < 0:
        raise ValueError(f"'{text.strip():.40}': three or four numbers are needed, from left to right")
    return found


def measured_thickness(
    volumes: Mapping[str, Volume], params: ThicknessParams, job: Job, room: Room | None = None
) -> Mapping[str, ThicknessEstimate]:
    """Thickness of the slices: measured in one channel, the same for all.

    Raises
    ------
    ParameterError
        If the parameters do not fit: another number of slices per channel, one slice, no angle, no table.
    MissingMetadataError
        If a scale is needed that nobody has stated.
    VoxelError
        If the images do not show what is measured.
    """
    require_same_slices(volumes)
    names = _candidates(volumes, params)
    for name in names[:-1]:
        try:
            return _for_all(volumes, name, _measured(volumes[name], params, job, room))
        except (MissingMetadataError, VoxelError):
            continue  # another channel may state or show it; the last one's error is told
    return _for_all(volumes, names[-1], _measured(volumes[names[-1]], params, job, room))


def _for_all(
    volumes: Mapping[str, Volume], name: str, found: ThicknessEstimate
) -> Mapping[str, ThicknessEstimate]:
    return dict.fromkeys(volumes, found.model_copy(update={"channel": name}))


def require_same_slices(volumes: Mapping[str, Volume]) -> None:
    """Refuse channels that do not show the same slices.

    Raises
    ------
    ParameterError
        With the number of slices of each.
    """
    kinds = {(volume.info.shape[0], volume.info.slice_numbers) for volume in volumes.values()}
    if len(kinds) != 1:
        raise ParameterError(
            "thickness: the channels do not show the same slices",
            expected="the same slice numbers in every channel",
            got=", ".join(f"{name}: {volume.info.shape[0]}" for name, volume in volumes.items())[:300],
            remedy="drop the slices that one of them lacks",
        )


def _candidates(volumes: Mapping[str, Volume], params: ThicknessParams) -> list[str]:
    if not params.in_channel:
        return list(volumes)
    if params.in_channel not in volumes:
        raise ParameterError(
            "thickness: there is no such channel", expected=", ".join(volumes)[:300], got=params.in_channel
        )
    return [params.in_channel]


def _measured(volume: Volume, params: ThicknessParams, job: Job, room: Room | None) -> ThicknessEstimate:
    from core.thickness.by_ruler import ruler_thickness
    from core.thickness.constant import constant_thickness, stated_thickness  # commands start sooner
    from core.thickness.image_based import image_thickness

    if params.method in ("ruler", "image"):
        require_grey(volume.info, NAME)
    if params.method == "ruler":
        return ruler_thickness(
            volume,
            job,
            room,
            angle_deg=params.angle_deg,
            angle_sigma_deg=params.angle_sigma_deg,
            pixel_nm=params.pixel_nm,
            parallel_spacing_nm=params.parallel_spacing_nm,
            region=box_of(params.region),
            marks_x_px=marks_of(params.marks_x_px),
        )
    if params.method == "image":
        return image_thickness(volume, box_of(params.region), job)
    if params.method == "constant":
        return constant_thickness(volume, params.constant_nm)
    if params.method == "metadata":
        return stated_thickness(volume)
    raise ParameterError(
        "thickness: no table was read",
        expected="positions or thicknesses of the slices",
        remedy="read one (--from FILE, or in the window), or choose another source",
    )


def _output(info: VolumeInfo, params: ThicknessParams) -> VolumeInfo:
    z, y, x = info.voxel_nm
    typed = params.constant_nm if params.method == "constant" else None
    return info.with_(voxel_nm=(typed or z or FORESEEN_NM, y, x), z_nm=None)


def placed(info: VolumeInfo, z_nm: Sequence[float]) -> VolumeInfo:
    """A description with new positions of its slices; its thickness is their mean distance by slice number.

    Raises
    ------
    ParameterError
        If there are not as many positions as slices.
    """
    if len(z_nm) != info.shape[0]:
        raise ParameterError(
            "thickness: the positions do not fit the stack",
            expected=f"{info.shape[0]} of them",
            got=len(z_nm),
            remedy="remove the edited values and run the step again",
        )
    numbers = info.slice_numbers or range(info.shape[0])
    mean_nm = (z_nm[-1] - z_nm[0]) / max(1, numbers[-1] - numbers[0])
    return info.with_(z_nm=tuple(z_nm), voxel_nm=(mean_nm or None, *info.voxel_nm[1:]))


def _refined(info: VolumeInfo, _params: ThicknessParams, estimate: ThicknessEstimate) -> VolumeInfo:
    return placed(info, estimate.z_nm)


THICKNESS = Step(
    name=NAME,
    version=1,
    label="Thickness",
    stage=Stage.THICKNESS,
    summary="Measure how thick every slice is, and so where it lies: from the ruler, the images, or a table.",
    params=ThicknessParams,
    joint=measured_thickness,
    refine=_refined,
    output=_output,
    estimate_type=ThicknessEstimate,
    stored=False,
    bytes_per_pixel=32,
    reference=(
        "Role of slice thickness quantification, 2.1.1 (ruler, gamma distribution); article III, 2.1.1"
    ),
)

__all__ = ["THICKNESS", "ThicknessEstimate", "ThicknessParams", "measured_thickness"]
