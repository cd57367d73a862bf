"""Pixels of a segmentation that were changed by hand: typed, saved with the recipe, counted."""

from __future__ import annotations

from typing import Any, Self

import numpy as np
from pydantic import BaseModel, ConfigDict, Field, model_validator

from core.errors import ParameterError
from core.labels.runs import count_of, put, runs_of, runs_text
from core.step import Estimate
from core.volume import Array, Shape

SOLID_VALUE, PORE_VALUE = 255, 0
_SHOWN = 12


class SliceCorrection(BaseModel):
    """What was changed in one slice."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    index: int = Field(ge=0, title="Slice", description="Counted from 0.")
    solid: str = Field(
        "", title="Made solid", description="Runs of pixels, as `core.labels.runs` writes them."
    )
    pore: str = Field("", title="Made pore", description="The same.")

    @model_validator(mode="after")
    def _runs(self) -> Self:
        for name in ("solid", "pore"):
            try:
                runs_of(getattr(self, name))
            except ParameterError as error:
                raise ValueError(f"{name} of slice {self.index}: {error.what}, got {error.got}") from error
        return self

    @property
    def voxels(self) -> int:
        """How many were changed."""
        return count_of(self.solid) + count_of(self.pore)


class CorrectEstimate(Estimate):
    """The user's own corrections; nothing finds them."""

    shape: Shape | None = Field(
        None, title="Stack", description="Slices, rows and columns of the segmentation that was corrected."
    )
    slices: tuple[SliceCorrection, ...] = Field(
        (), title="Corrected slices", description="The changed pixels of each corrected slice."
    )

    @model_validator(mode="after")
    def _sound(self) -> Self:
        numbers = [one.index for one in self.slices]
        if numbers != sorted(set(numbers)):
            raise ValueError("corrected slices come in order, each once")
        if self.slices and self.shape is None:
            raise ValueError("corrections need the shape of the stack they belong to")
        for one in self.slices:
            for text in (one.solid, one.pore):
                self._require_within(one.index, runs_of(text))
        return self

    def _require_within(self, index: int, runs: Array) -> None:
        slices, rows, columns = self.shape or (0, 0, 0)
        if index >= slices or (runs.size and runs[-1, 1] > rows * columns):
            raise ValueError(f"the correction of slice {index} lies outside of the stack")

    @property
    def voxels(self) -> int:
        """How many voxels were changed."""
        return sum(one.voxels for one in self.slices)

    def brief(self) -> dict[str, Any]:
        """Numbers of voxels, not the voxels."""
        return {"slices": [one.index for one in self.slices], "voxels": self.voxels}

    def remarks(self) -> tuple[str, ...]:
        """Say how much was decided by hand."""
        if self.shape is None or not self.slices:
            return ()
        numbers = ", ".join(str(one.index) for one in self.slices[:_SHOWN])
        more = ", …" if len(self.slices) > _SHOWN else ""
        share = 100.0 * self.voxels / float(np.prod([float(length) for length in self.shape]))
        return (
            f"{self.voxels} voxels ({share:.2g} %) were corrected by hand, in {len(self.slices)} of "
            f"{self.shape[0]} slices ({numbers}{more}).",
        )

    def lasting(self) -> tuple[str, ...]:
        """The same goes with every export."""
        return self.remarks()


def corrected(plane: Array, correction: SliceCorrection) -> Array:
    """A slice of a segmentation with what was changed by hand.

    Parameters
    ----------
    plane : ndarray, shape (y, x)
        0 pore, 255 solid; stays as it is.
    correction : SliceCorrection
    """
    changed = np.array(plane, order="C")
    put(changed, correction.solid, SOLID_VALUE)
    put(changed, correction.pore, PORE_VALUE)
    return changed


def correction_of(index: int, plane: Array, labels: Array, solid: tuple[int, ...]) -> SliceCorrection | None:
    """What painted labels change in a slice of a segmentation; None where they agree with it.

    Parameters
    ----------
    index : int
    plane : ndarray, shape (y, x)
        Of the segmentation: 0 pore, solid above.
    labels : ndarray of uint8, same shape
        0 leaves a pixel as it is.
    solid : tuple of int
        Labels that are solid.
    """
    is_solid, was_solid = np.isin(labels, solid), plane > 0
    more, less = is_solid & ~was_solid, (labels > 0) & ~is_solid & was_solid
    if not more.any() and not less.any():
        return None
    return SliceCorrection(index=index, solid=runs_text(more), pore=runs_text(less))


def merged_corrections(
    shape: Shape, before: CorrectEstimate | None, found: tuple[SliceCorrection, ...], painted: tuple[int, ...]
) -> CorrectEstimate:
    """Corrections of the painted slices in place of earlier ones of the same slices.

    Earlier ones of another stack are left out: their pixels are not those of this one.
    """
    same = before is not None and before.shape == shape
    kept = tuple(one for one in before.slices if one.index not in painted) if before and same else ()
    return CorrectEstimate(shape=shape, slices=tuple(sorted((*kept, *found), key=lambda one: one.index)))
