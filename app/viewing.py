"""What is asked of the slice views."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Protocol

from app.quantities import Quantity
from core.volume import Array, Content, Volume


class Views(Protocol):
    """What is asked of the slice views."""

    def set_volume(self, volume: Volume | None, *, related: bool = False) -> None:
        """Show a stack; `related`: it comes from the same input as the one before."""
        ...

    def set_compare(
        self,
        volume: Volume | None,
        name: str = "after",
        offset_zyx: tuple[int, int, int] = (0, 0, 0),
        *,
        before: str = "before",
        quantity: Quantity | None = None,
        of_both: bool = False,
    ) -> None:
        """Show a result on the other side of the divider."""
        ...

    def show_preview(
        self,
        plane: Array | None,
        generation: int,
        *,
        z: int | None = None,
        content: Content = "grey",
        offset_yx: tuple[int, int] = (0, 0),
        note: str = "",
        before: Array | None = None,
        quantity: Quantity | None = None,
    ) -> None:
        """Show the result of a step on one slice."""
        ...

    def add_channels(self, channels: Sequence[tuple[str, Volume]]) -> None:
        """Lay channels over each other in colours; the first is the shown volume, none ends it."""
        ...

    def clear_preview(self) -> None:
        """Remove the preview."""
        ...

    def cursor_zyx(self) -> tuple[int, int, int]:
        """Where the cuts meet."""
        ...

    def set_cursor(self, z: int, y: int, x: int) -> None:
        """Move there."""
        ...
