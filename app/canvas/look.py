"""How a volume is drawn; knows no drawing library."""

from __future__ import annotations

from dataclasses import dataclass, field

import numpy as np
import numpy.typing as npt

COLOUR_MAPS = {"Grey": "grays", "Viridis": "viridis", "Inferno": "inferno", "Fire": "fire", "Ice": "ice"}
MODES = {"mip": "Brightest voxel", "iso": "Surface", "labels": "Labels", "none": "Slices only"}
ALL_AXES = frozenset({0, 1, 2})


@dataclass(frozen=True)
class Cut:
    """An oblique plane; what lies behind it is not drawn.

    Attributes
    ----------
    tilt_deg, turn_deg : float
        Direction of its normal: angle from z (0-180), and about z, from x towards y.
    offset : float
        Where it stands along its normal: 0 and 1 are the ends of the volume.
    flip : bool
        Take the other side away.
    """

    on: bool = False
    tilt_deg: float = 60.0
    turn_deg: float = 30.0
    offset: float = 0.5
    flip: bool = False

    @property
    def normal(self) -> npt.NDArray[np.float64]:
        """Direction (x, y, z) of length 1 in which things stay."""
        tilt, turn = np.radians(self.tilt_deg), np.radians(self.turn_deg)
        flat = np.sin(tilt)
        towards = np.array([flat * np.cos(turn), flat * np.sin(turn), np.cos(tilt)])
        return -towards if self.flip else towards

    def point(self, extent: npt.NDArray[np.float64]) -> npt.NDArray[np.float64]:
        """A point (x, y, z) of the plane in a box from 0 to `extent`."""
        normal = self.normal
        reach = float(np.abs(normal) @ extent) / 2
        place = (1 - 2 * self.offset) if self.flip else (2 * self.offset - 1)
        return extent / 2 + place * reach * normal


def angles_of(normal: npt.NDArray[np.float64]) -> tuple[float, float]:
    """Tilt and turn (deg) of a direction (x, y, z)."""
    x, y, z = normal / np.linalg.norm(normal)
    tilt = float(np.degrees(np.arccos(np.clip(z, -1, 1))))
    return tilt, float(np.degrees(np.arctan2(y, x)) % 360)


@dataclass
class Look:
    """How the volume is drawn.

    Attributes
    ----------
    mode : str
        ``mip`` (brightest voxel along each line of sight), ``iso`` (surface at `threshold`), ``labels``
        (each label in its colour) or ``none`` (slices only).
    contrast : tuple of float
        Values shown as the first and last colour (mip).
    colour : str
        Colour of the surface, as ``#rrggbb``.
    clip : tuple of (float, float)
        Part of each axis (z, y, x) that is drawn, 0-1.
    cut : Cut
        The oblique plane.
    slices : frozenset of int
        Axes across which the slice at the cursor is drawn as a plane.
    """

    mode: str = "mip"
    contrast: tuple[float, float] = (0.0, 255.0)
    threshold: float = 127.5
    colour_map: str = "Grey"
    colour: str = "#d9a441"
    clip: tuple[tuple[float, float], ...] = ((0.0, 1.0), (0.0, 1.0), (0.0, 1.0))
    cut: Cut = field(default_factory=Cut)
    slices: frozenset[int] = frozenset()
