"""What registration finds: typed, saved, editable."""

from __future__ import annotations

from typing import Self, TypeAlias

from pydantic import BaseModel, ConfigDict, Field, model_validator

from core.errors import ParameterError
from core.step import Estimate

Shift: TypeAlias = tuple[float, float]
Matrix: TypeAlias = tuple[float, float, float, float, float, float, float, float, float]
"""A 3 x 3 matrix row by row, on columns (x, y, 1) in px; pixel centres at whole numbers."""

PixelBox: TypeAlias = tuple[int, int, int, int]

IDENTITY: Matrix = (1.0, 0.0, 0.0, 0.0, 1.0, 0.0, 0.0, 0.0, 1.0)


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
    shared_boxes: tuple[PixelBox, PixelBox, PixelBox, PixelBox] | None = Field(
        None,
        title="Canvas of all channels",
        description=(
            "Where several channels were registered each by itself: (y, x, rows, columns) of what all show "
            "and of what any shows, with the slow part removed, then with it kept."
        ),
    )
    method: str = Field("", title="Method", description="What the shifts rest on.")
    notes: tuple[str, ...] = Field((), title="To know", description="What the user has to see.")

    @model_validator(mode="after")
    def _same_length(self) -> Self:
        lengths = {len(self.shifts_px_yx), len(self.transforms)}
        if len(lengths) != 1:
            raise ValueError("as many shifts as transforms are needed: one of each per slice")
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
