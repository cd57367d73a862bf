"""Where and by how much two volumes differ, read when asked for, and what of it is said in words."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, Literal, TypeAlias

import numpy as np

from core.errors import ParameterError
from core.volume import ALL, Array, Content, Shape, Source, Volume, extent

Place = tuple[int, int, int]
Kind: TypeAlias = Literal["signed", "masks", "labels"]

NEITHER, ONLY_LEFT, ONLY_RIGHT, BOTH, OTHER = range(5)
CODES = 5
SEGMENTED = ("binary", "labels")
WIDER = {1: np.int16, 2: np.int32}


def kind_of(left: Content, right: Content) -> Kind:
    """How two volumes are compared voxel by voxel.

    Raises
    ------
    ParameterError
        If one holds phases and the other does not.
    """
    if (left in SEGMENTED) != (right in SEGMENTED):
        raise ParameterError(
            "a segmented and a grey volume have no difference",
            expected="two of the same kind",
            got=f"{left} and {right}",
            remedy="look at one over the other",
        )
    if left not in SEGMENTED:
        return "signed"
    return "labels" if left == right == "labels" else "masks"


def difference_type(left: np.dtype[Any], right: np.dtype[Any], kind: Kind) -> np.dtype[Any]:
    """Type that holds the difference."""
    if kind != "signed":
        return np.dtype(np.uint8)
    if not (np.issubdtype(left, np.integer) and np.issubdtype(right, np.integer)):
        return np.result_type(left, right, np.float32)
    return np.dtype(WIDER.get(max(left.itemsize, right.itemsize), np.float64))


def difference_of(left: Array, right: Array, kind: Kind) -> Array:
    """Right minus left; of phases, which of the two is solid.

    Returns
    -------
    ndarray
        ``signed``: the difference. Else 0 neither, 1 only left, 2 only right, 3 both, 4 two different labels.
    """
    if kind == "signed":
        found: Array = np.subtract(right, left, dtype=difference_type(left.dtype, right.dtype, kind))
        return found
    here, there = left != 0, right != 0
    code: Array = here.astype(np.uint8)
    code += 2 * there.astype(np.uint8)
    if kind == "labels":
        code[here & there & (left != right)] = OTHER
    return code


@dataclass(frozen=True, eq=False)
class DifferenceSource:
    """The difference of two sources, of the shape of the right one, which lies within the left one."""

    left: Source
    right: Source
    at: Place
    kind: Kind

    @property
    def shape(self) -> Shape:
        """As of the right one."""
        return self.right.shape

    @property
    def dtype(self) -> np.dtype[Any]:
        """Wide enough for every difference."""
        return difference_type(self.left.dtype, self.right.dtype, self.kind)

    def read(self, z: slice, y: slice = ALL, x: slice = ALL) -> Array:
        """Return a new array of the asked range."""
        asked = [extent(part, length) for part, length in zip((z, y, x), self.shape, strict=True)]
        there = [slice(first + at, last + at) for (first, last), at in zip(asked, self.at, strict=True)]
        left = self.left.read(there[0], there[1], there[2])
        return difference_of(left, self.right.read(z, y, x), self.kind)


def difference_volume(left: Volume, right: Volume, at: Place = (0, 0, 0)) -> Volume:
    """The difference of two volumes as a volume of its own.

    Raises
    ------
    ParameterError
        If they cannot be compared voxel by voxel.
    """
    kind = kind_of(left.info.content, right.info.content)
    source = DifferenceSource(left.source, right.source, at, kind)
    content: Content = "grey" if kind == "signed" else "labels"
    return Volume(right.info.with_(dtype=source.dtype, content=content), source)


@dataclass(frozen=True)
class Told:
    """What differs in one slice.

    Attributes
    ----------
    text : str
        In words.
    shares : tuple of float
        Of all pixels, in percent, by code of `difference_of`; empty for grey values.
    """

    text: str
    shares: tuple[float, ...] = ()


def told(plane: Array, kind: Kind, scale: float = 1.0, unit: str = "") -> Told:
    """What differs in one slice.

    Parameters
    ----------
    plane : ndarray
        A whole slice of a difference, see `difference_of`.
    scale, unit : float, str
        Stored difference that stands for 1, and of what.
    """
    if kind == "signed":
        wide = plane.astype(np.float64)
        wide = wide[np.isfinite(wide)]
        if not wide.size:
            return Told("")
        mean, square = wide.mean() / scale, np.sqrt((wide**2).mean()) / scale
        return Told(f"mean {mean:+.3g}, root mean square {square:.3g} {unit}".rstrip())
    shares = 100.0 * np.bincount(plane.ravel(), minlength=CODES) / plane.size
    mp = shares[ONLY_LEFT] + shares[ONLY_RIGHT] + shares[OTHER]
    return Told(f"{mp:.3g} % of this slice differ (MP)", tuple(shares.tolist()))
