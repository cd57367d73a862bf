"""How much may be drawn at once so that the window stays quick, learned from what drawing has taken."""

from __future__ import annotations

import math
from dataclasses import dataclass

COARSEST = 1 / 12  # pixels per screen pixel, along each side


@dataclass
class Pace:
    """Cost of a pixel on this driver.

    Attributes
    ----------
    seconds_per_pixel : float
        Moving estimate; begins cautiously.
    target_s : float
        How long one piece of drawing may take.
    overhead_s : float
        What even the smallest piece takes; otherwise small pieces would look dear, and get ever smaller.
    """

    seconds_per_pixel: float = 2e-6
    target_s: float = 0.03
    overhead_s: float = 0.0

    @property
    def _room_s(self) -> float:
        """Time for pixels alone."""
        return max(self.target_s - self.overhead_s, self.target_s / 3)

    def learn(self, pixels: int, seconds: float) -> None:
        """Take in a measurement: at once when drawing got slower, gradually when it got faster."""
        measured = max(seconds - self.overhead_s, 0.1 * seconds) / max(1, pixels)
        weight = 0.8 if measured > self.seconds_per_pixel else 0.3
        self.seconds_per_pixel += weight * (measured - self.seconds_per_pixel)

    def quick_scale(self, width: int, height: int, finest: float = 1.0) -> float:
        """Resolution at which the whole view is drawn in time, at most `finest`.

        Parameters
        ----------
        width, height : int
            Of the view, in logical pixels.
        finest : float
            Device pixels per logical pixel.
        """
        affordable = self._room_s / self.seconds_per_pixel
        scale = math.sqrt(affordable / max(1, width * height))
        return min(finest, max(COARSEST, scale))

    def strip_rows(self, width: int, scale: float) -> int:
        """How many logical rows of the view can be drawn at `scale` in time; at least 4."""
        return max(4, int(self._room_s / (self.seconds_per_pixel * max(1, width) * scale * scale)))
