"""What a user can say about an input that the file itself does not."""

from __future__ import annotations

from typing import Literal, Self

from pydantic import model_validator

from core.params import Params, param

RawType = Literal["uint8", "int8", "uint16", "int16", "uint32", "int32", "float32", "float64"]


class ReadOptions(Params):
    """How to read one input; the defaults ask for nothing and guess nothing."""

    dataset: str | None = param(
        None,
        label="Data set",
        description="Which of several: an HDF5 or Zarr path, a channel of a hyperstack, a colour, a file "
        "pattern such as 'SE_*.tif' in a folder of two detectors.",
    )
    channel: str | None = param(
        None, label="Channel", description="Name of the imaging condition, for example 2kV-TLD."
    )
    voxel_nm_zyx: tuple[float | None, float | None, float | None] = param(
        (None, None, None),
        label="Voxel size",
        description="Voxel size as the user knows it (z, y, x); replaces what the files say.",
        unit="nm",
    )
    tilt_correction_angle_deg: float | None = param(
        None,
        label="Tilt correction angle",
        description="Set when the images are not tilt-corrected: the y pixel becomes x / cos(angle). Vendors "
        "state 38° where beam and face enclose 52°.",
        unit="°",
        gt=-90,
        lt=90,
    )
    reverse: bool | None = param(
        None, label="Reverse order", description="Deliver the slices last first; unset: as the metadata say."
    )
    skip_odd: bool = param(
        False,
        label="Leave out odd slices",
        description="Leave out slices of another size or type, and unreadable ones, instead of stopping.",
    )
    raw_shape_zyx: tuple[int, int, int] | None = param(
        None, label="Shape", description="Slices, rows, columns of a file without header.", unit="px"
    )
    raw_dtype: RawType | None = param(
        None, label="Type", description="Type of the values of a file without header."
    )
    raw_offset: int = param(
        0, label="Offset", description="Bytes before the first value of a file without header.", ge=0
    )
    raw_order: Literal["little", "big"] = param(
        "little", label="Byte order", description="Byte order of a file without header."
    )

    @model_validator(mode="after")
    def _positive(self) -> Self:
        if any(size is not None and size <= 0 for size in self.voxel_nm_zyx):
            raise ValueError("voxel_nm_zyx must be positive")
        if self.raw_shape_zyx is not None and min(self.raw_shape_zyx) < 1:
            raise ValueError("raw_shape_zyx must be at least 1 along each axis")
        return self
