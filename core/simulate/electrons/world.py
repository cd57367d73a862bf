"""What the electrons meet: a block of labelled voxels, and the raster of pixels on its milled face.

Positions are in nm in the frame of the sample: z into the depth (milling direction), y down the imaged
face, x along it. A slice is imaged with everything before its face (smaller z) milled away.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal, TypeAlias

import numpy as np

from core.errors import ParameterError
from core.simulate.electrons.material import Material
from core.volume import Array

MOST_MATERIALS = 8
Triple: TypeAlias = tuple[float, float, float]
Pair: TypeAlias = tuple[float, float]


@dataclass(frozen=True)
class World:
    """A block of voxels, each of one material.

    Attributes
    ----------
    labels : ndarray of uint8, shape (z, y, x)
        Index of the material of every voxel.
    voxel_nm : tuple of float
        (z, y, x), each above 0.
    materials : tuple of Material
        At most 8.
    origin_nm : tuple of float
        (z, y, x) of the outer corner of voxel (0, 0, 0).
    beyond : {'mirror', 'periodic'}
        How the block goes on sideways (y and x). Below its last plane and above its first there is nothing:
        electrons that leave there are lost, and counted as such.

    Raises
    ------
    ParameterError
        If the labels, sizes or materials do not fit together.
    """

    labels: Array
    voxel_nm: Triple
    materials: tuple[Material, ...]
    origin_nm: Triple = (0.0, 0.0, 0.0)
    beyond: Literal["mirror", "periodic"] = "mirror"

    def __post_init__(self) -> None:
        if self.labels.ndim != 3 or self.labels.dtype != np.uint8 or self.labels.size == 0:
            raise ParameterError(
                "the voxels of a sample must be labels",
                expected="uint8, shape (z, y, x), at least one voxel",
                got=f"{self.labels.dtype}, shape {self.labels.shape}",
            )
        if not all(np.isfinite(self.voxel_nm)) or min(self.voxel_nm) <= 0:
            raise ParameterError("impossible voxel size", expected="nm, each above 0", got=self.voxel_nm)
        if not 1 <= len(self.materials) <= MOST_MATERIALS:
            raise ParameterError(
                "too many materials, or none", expected=f"1-{MOST_MATERIALS}", got=len(self.materials)
            )
        highest = int(self.labels.max())
        if highest >= len(self.materials):
            raise ParameterError(
                "a label has no material", expected=f"labels 0-{len(self.materials) - 1}", got=highest
            )

    @property
    def depth_nm(self) -> float:
        """Position (z) of the far side of the last plane."""
        return self.origin_nm[0] + len(self.labels) * self.voxel_nm[0]


@dataclass(frozen=True)
class Raster:
    """The pixels of one image on the milled face.

    Attributes
    ----------
    face_nm : float
        z of the milled face; need not lie on a border of voxels.
    shape : tuple of int
        (rows, columns).
    pixel_nm : tuple of float
        (y, x) distance of pixels on the face.
    corner_nm : tuple of float
        (y, x) of the outer corner of the first pixel.
    """

    face_nm: float
    shape: tuple[int, int]
    pixel_nm: Pair
    corner_nm: Pair = (0.0, 0.0)

    def __post_init__(self) -> None:
        if min(self.shape) < 1:
            raise ParameterError("an image needs pixels", expected="at least 1 x 1", got=self.shape)
        if not all(np.isfinite(self.pixel_nm)) or min(self.pixel_nm) <= 0:
            raise ParameterError("impossible pixel size", expected="nm, each above 0", got=self.pixel_nm)


@dataclass(frozen=True)
class Expected:
    """What a detector sees on average, and how well that is known.

    Attributes
    ----------
    signal : ndarray of float32, shape (y, x)
        Mean per beam electron: the share of electrons seen (0-1), or of the beam energy.
    standard_error : ndarray of float32, shape (y, x)
        Standard error of that mean from the number of simulated electrons. Its square is an unbiased
        estimate of the variance, on which dose noise is built, so it is 0 where none or all of the electrons
        were seen. That is no certainty: with 95 % confidence the true share is only known to be within
        3 / `electrons` of 0 or 1 there. To weigh single pixels, take the variance from their surroundings.
    electrons : int
        Simulated electrons per pixel; 0 where the signal is not from a Monte Carlo.
    """

    signal: Array
    standard_error: Array
    electrons: int


@dataclass(frozen=True)
class Balance:
    """Where the electrons and their energy went; the parts add up to the whole.

    Attributes
    ----------
    electrons, backscattered, absorbed, lost : int
        Electrons shot; of these come back through the face side, slowed below the cut-off, and left through
        the ends of the block.
    energy_in, energy_backscattered, energy_absorbed, energy_lost : float
        In units of the beam energy; what electrons give off on the way counts as absorbed.
    """

    electrons: int
    backscattered: int
    absorbed: int
    lost: int
    energy_in: float
    energy_backscattered: float
    energy_absorbed: float
    energy_lost: float

    def __add__(self, other: Balance) -> Balance:
        mine, theirs = vars(self), vars(other)
        return Balance(**{name: mine[name] + theirs[name] for name in mine})
