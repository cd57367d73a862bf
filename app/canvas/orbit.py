"""What a movie of the 3D view shows."""

from __future__ import annotations

from dataclasses import dataclass

from app.canvas.movie_files import Format


@dataclass(frozen=True)
class Orbit:
    """One turn about an axis.

    Attributes
    ----------
    axis : int
        0 z, 1 y, 2 x; always through the middle of the volume.
    frames : int
        Pictures of the whole turn; the last is one step before the first.
    size : tuple of int
        Width and height of the pictures.
    per_second : int
        How fast they follow each other.
    kind : {'pictures', 'webp'}
        As what it is saved.
    """

    axis: int = 1
    frames: int = 90
    size: tuple[int, int] = (1280, 720)
    per_second: int = 15
    kind: Format = "webp"

    @property
    def turns(self) -> tuple[float, ...]:
        """Angle (deg) of each frame."""
        return tuple(360.0 * number / self.frames for number in range(self.frames))
