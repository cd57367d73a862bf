"""What a network is trained on."""

from __future__ import annotations

from typing import Literal, Self, TypeAlias

from pydantic import field_validator, model_validator

from core.learn.params.augment import NO_AUGMENTATION, AugmentParams
from core.params import Params, param

__all__ = ["NO_AUGMENTATION", "AugmentParams", "DataKind", "DataParams"]

DataKind: TypeAlias = Literal["simulated", "labelled"]

_SIMULATED = {"kind": ["simulated"]}
_LABELLED = {"kind": ["labelled"]}


class DataParams(Params):
    """Stacks with a known truth, and how patches are cut from them.

    Training, validation and test never share a structure: a training set states its splits itself; labelled
    stacks are split by file, or by rows of one image.
    """

    kind: DataKind = param(
        "simulated",
        label="Data",
        description="A simulated training set, or stacks with labels of their own.",
        choices={"simulated": "Simulated", "labelled": "Labelled slices"},
    )
    path: str = param(
        "",
        label="Training set",
        description="Folder of a simulated training set (.zarr).",
        visible_when=_SIMULATED,
    )
    further: tuple[str, ...] = param(
        (),
        label="Further sets",
        description="Other training sets, mixed in; all of one size of slices and with the same channels.",
        advanced=True,
        visible_when=_SIMULATED,
    )
    unfinished: bool = param(
        False,
        label="Unfinished sets",
        description="Also take a set that is still being simulated: the structures that are finished.",
        advanced=True,
        visible_when=_SIMULATED,
    )
    held_out: int = param(
        0,
        ge=0,
        le=1000,
        label="Held out",
        description="Structures for training, the last ones, that are used for validation instead.",
        advanced=True,
        visible_when=_SIMULATED,
    )
    thin: bool = param(
        False,
        label="Thin counts",
        description="Structures whose electrons were all followed are also shown at lower doses, by leaving "
        "out counted electrons; they are shown as counted, without what was done to their images.",
        advanced=True,
        visible_when=_SIMULATED,
    )
    images: tuple[str, ...] = param(
        (), label="Images", description="Stacks or single images to train with.", visible_when=_LABELLED
    )
    labels: tuple[str, ...] = param(
        (), label="Labels", description="Labels of the images, in the same order.", visible_when=_LABELLED
    )
    solid: int = param(
        -1,
        ge=-1,
        label="Solid",
        description="Label of the solid; -1 = every label above 0.",
        visible_when=_LABELLED,
    )
    rows: tuple[int, ...] = param(
        (),
        label="Rows for training",
        description="First row and the one after the last; none = all that are not for validation.",
        unit="px",
        visible_when=_LABELLED,
    )
    validation_images: tuple[str, ...] = param(
        (), label="Validation images", description="Other images, for validation.", visible_when=_LABELLED
    )
    validation_labels: tuple[str, ...] = param(
        (), label="Validation labels", description="Their labels, in the same order.", visible_when=_LABELLED
    )
    validation_rows: tuple[int, ...] = param(
        (),
        label="Rows for validation",
        description="First row and the one after the last: of the validation images, or, where there are "
        "none, of the images to train with.",
        unit="px",
        visible_when=_LABELLED,
    )
    voxel_nm_zyx: tuple[float, float, float] = param(
        (0.0, 0.0, 0.0),
        label="Voxel size",
        description="Voxel size of the labelled images (z, y, x); 0 = as the files state it.",
        unit="nm",
        visible_when=_LABELLED,
    )
    tilt_deg: float = param(
        0.0,
        ge=-90,
        le=90,
        label="Tilt",
        description="Tilt of the face in the labelled images; tilted ones are flipped in x only.",
        unit="°",
        visible_when=_LABELLED,
    )
    patch_px: int = param(
        64, ge=16, le=1024, label="Patch", description="Side of a square patch.", unit="px", step=16
    )
    patch_slices: int = param(
        32,
        ge=4,
        le=256,
        label="Slices of a patch",
        description="Slices of a patch for networks that convolve along z.",
        unit="slices",
    )
    patches_per_epoch: int = param(
        4096, ge=1, le=1_000_000, label="Patches", description="Patches of an epoch, at random places."
    )
    validation_patches: int = param(
        1024,
        ge=1,
        le=1_000_000,
        label="Validation patches",
        description="Most patches for validation: those of a grid, spread evenly over it.",
    )
    stride: float = param(
        0.5,
        gt=0,
        le=1,
        step=0.1,
        label="Stride",
        description="Distance of the patches for validation, as share of their side.",
        advanced=True,
    )
    slices_step: int = param(
        1,
        ge=1,
        le=64,
        label="Slice step",
        description="Neighbours are so many slices of the data apart: for sets simulated in finer steps.",
        unit="slices",
        advanced=True,
    )
    cache_mb: int = param(
        1024,
        ge=1,
        le=1_000_000,
        label="Memory",
        description="Memory for decoded stacks in MiB. Where not all fit in, an epoch goes through them in "
        "groups; patches depend on it.",
        advanced=True,
    )

    @field_validator("rows", "validation_rows")
    @classmethod
    def _range(cls, value: tuple[int, ...]) -> tuple[int, ...]:
        if value and not (len(value) == 2 and 0 <= value[0] < value[1]):
            raise ValueError(f"first row and the one after the last, got {value}")
        return value

    @field_validator("voxel_nm_zyx")
    @classmethod
    def _sizes(cls, value: tuple[float, float, float]) -> tuple[float, float, float]:
        if min(value) < 0:
            raise ValueError("sizes are positive, or 0 where the files state them")
        return value

    @model_validator(mode="after")
    def _pairs(self) -> Self:
        for images, labels in (("images", "labels"), ("validation_images", "validation_labels")):
            given = len(getattr(self, images)), len(getattr(self, labels))
            if given[0] != given[1]:
                raise ValueError(f"{labels}: one for each of {images}, got {given[1]} for {given[0]}")
        return self
