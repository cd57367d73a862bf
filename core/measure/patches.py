"""The cubes of a volume in which directions are compared, and the lags at which they are."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property
from itertools import product

import numpy as np

from core.errors import ParameterError
from core.volume import Array, Shape

PATCH = 256
RANGE = 128
MOST_CUBES = 4096  # more say the same again, and of a thin wide stack there would be hundreds of thousands


@dataclass(frozen=True)
class PatchGrid:
    """The cubes that functions are averaged over.

    Attributes
    ----------
    shape : tuple of int
        (z, y, x) of the volume.
    sides : tuple of int
        Of a cube, in voxels.
    lags : tuple of int
        Greatest lag along each axis, in voxels.
    steps : tuple of float
        Voxel sizes in units of the finest.
    range_px : int
        Greatest lag in voxels of the finest size.
    """

    shape: Shape
    sides: Shape
    lags: tuple[int, int, int]
    steps: tuple[float, float, float]
    range_px: int

    @classmethod
    def of(
        cls, shape: Shape, steps: tuple[float, float, float], *, patch_px: int = PATCH, range_px: int = RANGE
    ) -> PatchGrid:
        """Cubes of `patch_px` voxels of the finest size; smaller volumes: of their shortest side.

        Raises
        ------
        ParameterError
            If the volume is thinner than four voxels of some axis.
        """
        # The shortest side as so many of the finest voxels.
        side = min(patch_px, *(int(length * step + 1e-9) for length, step in zip(shape, steps, strict=True)))
        sides = tuple(
            min(length, max(1, int(side / step + 1e-9))) for length, step in zip(shape, steps, strict=True)
        )
        if min(sides) < 4:
            raise ParameterError("too thin to compare directions", expected="4 voxels or more", got=shape)
        reach = min(range_px, side // 2)
        lags = tuple(
            min(own - 1, int(np.ceil(reach / step - 1e-9))) for own, step in zip(sides, steps, strict=True)
        )
        return cls(shape, (sides[0], sides[1], sides[2]), (lags[0], lags[1], lags[2]), steps, reach)

    @cached_property
    def corners(self) -> list[tuple[int, int]]:
        """First row and column of the cubes of one layer; of very many, evenly chosen ones."""
        _, height, width = self.shape
        rows = range(0, height - self.sides[1] + 1, self.sides[1])
        every = list(product(rows, range(0, width - self.sides[2] + 1, self.sides[2])))
        most = max(1, MOST_CUBES // max(1, self.layers))
        if len(every) <= most:
            return every
        return [every[number] for number in np.linspace(0, len(every) - 1, most).astype(int).tolist()]

    @property
    def layers(self) -> int:
        """Layers of cubes along z."""
        return self.shape[0] // self.sides[0]

    def at(self, curve: Array, axis: int) -> Array:
        """A function of one axis at the lags that are compared: multiples of the coarsest voxel size."""
        coarsest = max(self.steps)
        count = int(self.range_px / coarsest + 1e-9) + 1
        places = np.arange(count) * coarsest / self.steps[axis]
        found: Array = np.interp(places, np.arange(len(curve)), curve)
        return found
