"""How a volume is drawn; knows no drawing library."""

from __future__ import annotations

from dataclasses import dataclass

COLOUR_MAPS = {"Grey": "grays", "Viridis": "viridis", "Inferno": "inferno", "Fire": "fire", "Ice": "ice"}
MODES = {"mip": "Brightest voxel", "iso": "Surface"}


@dataclass
class Look:
    """How the volume is drawn.

    Attributes
    ----------
    mode : str
        ``mip`` (brightest voxel along each line of sight) or ``iso`` (surface at `threshold`).
    contrast : tuple of float
        Values shown as the first and last colour (mip).
    colour : str
        Colour of the surface, as ``#rrggbb``.
    clip : tuple of (float, float)
        Part of each axis (z, y, x) that is drawn, 0-1.
    """

    mode: str = "mip"
    contrast: tuple[float, float] = (0.0, 255.0)
    threshold: float = 127.5
    colour_map: str = "Grey"
    colour: str = "#d9a441"
    clip: tuple[tuple[float, float], ...] = ((0.0, 1.0), (0.0, 1.0), (0.0, 1.0))
