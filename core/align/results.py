"""What registration finds: typed, saved, editable."""

from __future__ import annotations

from typing import Any, Self, TypeAlias

from pydantic import BaseModel, ConfigDict, Field, model_validator

from core.align.warp import Frame
from core.errors import ParameterError
from core.step import Estimate

Shift: TypeAlias = tuple[float, float]
Matrix: TypeAlias = tuple[float, float, float, float, float, float, float, float, float]
"""A 3 x 3 matrix row by row, on columns (x, y, 1) in px; pixel centres at whole numbers."""

FARTHEST_PX = 1e6
_LEAST_AREA = 1e-6
_PER_SLICE = (
    "trend_px_yx", "confidence", "residual_px",
    "correlation_before", "correlation_after", "information_before", "information_after",
)  # fmt: skip


def _require_affine(transforms: tuple[Matrix, ...]) -> None:
    for number, (a, b, right, c, d, down, *last) in enumerate(transforms):
        if max(map(abs, (a, b, right, c, d, down))) > FARTHEST_PX or abs(a * d - b * c) < _LEAST_AREA:
            raise ValueError(
                f"the transform of slice {number} moves it out of reach, or leaves nothing of it"
            )
        if max(abs(last[0]), abs(last[1]), abs(last[2] - 1)) > 1e-9:
            raise ValueError(f"the transform of slice {number} is not affine: its last row is not 0 0 1")


class RegisterEstimate(Estimate):
    """Where the content of every slice was found, and how each slice is moved because of that."""

    shifts_px_yx: tuple[Shift, ...] = Field(
        (),
        title="Shifts",
        description="How far the content of each slice lies from that of the first, as found: (y, x) in px.",
    )
    transforms: tuple[Matrix, ...] = Field(
        (),
        title="Transforms",
        description=(
            "How each slice is moved, the slow part included: 3 x 3 matrix row by row on (x, y, 1) in px, "
            "moving to fixed."
        ),
    )
    trend_px_yx: tuple[Shift, ...] = Field(
        (), title="Slow part", description="Slow part of the shifts: drift, or structure that slants. In px."
    )
    confidence: tuple[float, ...] = Field(
        (), title="Confidence", description="Per slice, 0-1: how well it locked; 0 where nothing was found."
    )
    flagged: tuple[int, ...] = Field(
        (), title="Did not lock", description="Slices that did not lock; they follow their neighbours."
    )
    residual_px: tuple[float, ...] = Field(
        (), title="Residual", description="Per slice, how much its separate measurements disagree, in px."
    )
    correlation_before: tuple[float, ...] = Field(
        (), title="Correlation before", description="Of each slice with the one before; 1 for the first."
    )
    correlation_after: tuple[float, ...] = Field(
        (), title="Correlation after", description="The same after registration, over the area both show."
    )
    information_before: tuple[float, ...] = Field(
        (), title="Mutual information before", description="Normalised, 0-1, with the slice before."
    )
    information_after: tuple[float, ...] = Field(
        (), title="Mutual information after", description="Normalised, 0-1, after registration."
    )
    shared_boxes: tuple[Frame, Frame, Frame, Frame] | None = Field(
        None,
        title="Canvas of all channels",
        description=(
            "Where several channels were registered each by itself: (y, x, rows, columns) of what all show "
            "and of what any shows, with the slow part removed, then with it kept; empty where there is none."
        ),
    )
    method: str = Field("", title="Method", description="What the shifts rest on.")
    notes: tuple[str, ...] = Field((), title="To know", description="What the user has to see.")

    @model_validator(mode="after")
    def _same_length(self) -> Self:
        lengths = {len(self.shifts_px_yx), len(self.transforms)}
        if len(lengths) != 1:
            raise ValueError("as many shifts as transforms are needed: one of each per slice")
        for name in _PER_SLICE:
            if len(getattr(self, name)) not in {0, len(self.transforms)}:
                raise ValueError(f"{name} needs one value per slice, or none at all")
        _require_affine(self.transforms)
        return self

    def remarks(self) -> tuple[str, ...]:
        """What could not be told, and what the shifts rest on."""
        return self.notes


class ChannelMoves(BaseModel):
    """How the slices of one channel are moved onto those of another."""

    model_config = ConfigDict(frozen=True, extra="forbid", allow_inf_nan=False)

    channel: str
    shape_yx: tuple[int, int]
    transforms: tuple[Matrix, ...]
    confidence: tuple[float, ...]
    flagged: tuple[int, ...] = ()
    correlation: tuple[float, ...] = ()

    @model_validator(mode="after")
    def _affine(self) -> Self:
        _require_affine(self.transforms)
        return self

    def brief(self) -> dict[str, Any]:
        """Numbers of slices, and the least and greatest move of the first pixel along y and x."""
        moved = [(one[5], one[2]) for one in self.transforms]
        least, greatest = map(min, zip(*moved, strict=True)), map(max, zip(*moved, strict=True))
        return {
            "slices": len(self.transforms),
            "flagged": list(self.flagged),
            "least_move_px_yx": list(least),
            "greatest_move_px_yx": list(greatest),
        }


class RegisterChannelsEstimate(Estimate):
    """How every channel is moved onto the reference channel; the same value holds for all of them."""

    reference: str = Field("", title="Reference", description="The channel that stays.")
    moves: tuple[ChannelMoves, ...] = Field(
        (), title="Moves", description="Per channel, one 3 x 3 matrix per slice, moving to fixed, in px."
    )
    notes: tuple[str, ...] = Field((), title="To know", description="What the user has to see.")

    def remarks(self) -> tuple[str, ...]:
        """What could not be told, and what the moves rest on."""
        return self.notes

    def brief(self) -> dict[str, Any]:
        """What people are shown in a terminal: not nine numbers per slice."""
        channels = {moves.channel: moves.brief() for moves in self.moves}
        return {"reference": self.reference, "moves": channels, "notes": list(self.notes)}

    def moves_of(self, channel: str) -> ChannelMoves:
        """Moves of one channel.

        Raises
        ------
        ParameterError
            If the channel was not among those registered.
        """
        for moves in self.moves:
            if moves.channel == channel:
                return moves
        raise ParameterError(
            f"no moves are known for the channel '{channel}'",
            expected=", ".join(moves.channel for moves in self.moves),
            got=channel,
            remedy="run register-channels on all channels together",
        )
