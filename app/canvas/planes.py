"""The slices at the cursor, as pictures at their place in the volume."""

from __future__ import annotations

from typing import Any

import numpy as np
import numpy.typing as npt
from vispy import scene
from vispy.visuals.transforms import MatrixTransform

from app.geometry import X, Y, Z

Picture = npt.NDArray[np.uint8]
# Rows and columns of each picture as they lie in the texture, which is read (z, y, x).
ACROSS = {Z: (Y, X), Y: (Z, X), X: (Z, Y)}
COLOURS = {Z: "#4f8ef0", Y: "#3fae5a", X: "#e5564e"}  # those of the axes that they stand across
DRAWN_FIRST = -10  # before the volume, which may be transparent


class SlicePlanes:
    """Up to three pictures across z, y and x; made when first shown, as their shaders take a while."""

    def __init__(self, parent: Any) -> None:
        self._parent = parent
        self._images: dict[int, Any] = {}
        self._edges: dict[int, Any] = {}

    def show(self, axis: int, picture: Picture, at: float, voxel: npt.NDArray[np.float64]) -> None:
        """Draw one.

        Parameters
        ----------
        picture : ndarray of uint8, shape (rows, columns, 4)
            Its rows and columns run along `ACROSS`.
        at : float
            Where it stands along its axis, in the scene.
        voxel : ndarray, shape (3,)
            Size of a pixel (x, y, z) in the scene.
        """
        image = self._images.get(axis)
        if image is None:
            image = scene.visuals.Image(
                picture, method="subdivide", interpolation="nearest", parent=self._parent
            )
            image.set_gl_state("opaque", depth_test=True, cull_face=False)
            image.order = DRAWN_FIRST
            self._images[axis] = image
        else:
            image.set_data(picture)
        rows, columns = ACROSS[axis]
        corner, right, lower = (
            _along(axis, at),
            _along(columns, voxel[2 - columns]),
            _along(rows, voxel[2 - rows]),
        )
        image.transform = MatrixTransform(_matrix(corner, right, lower))
        image.visible = True
        across, down = right * picture.shape[1], lower * picture.shape[0]
        ring = np.array([corner, corner + across, corner + across + down, corner + down, corner], np.float32)
        if axis not in self._edges:
            self._edges[axis] = scene.visuals.Line(ring, color=COLOURS[axis], parent=self._parent)
        self._edges[axis].set_data(ring)
        self._edges[axis].visible = True

    def hide(self, axis: int) -> None:
        """Draw it no more."""
        for kind in (self._images, self._edges):
            if axis in kind:
                kind[axis].visible = False

    def clear(self) -> None:
        """Take all away."""
        for item in (*self._images.values(), *self._edges.values()):
            item.parent = None
        self._images.clear()
        self._edges.clear()


def _along(axis: int, length: float) -> npt.NDArray[np.float64]:
    """Vector (x, y, z) along z, y or x."""
    vector = np.zeros(3)
    vector[2 - axis] = length
    return vector


def _matrix(
    corner: npt.NDArray[np.float64], right: npt.NDArray[np.float64], lower: npt.NDArray[np.float64]
) -> npt.NDArray[np.float64]:
    """From pixels (column, row) to the scene, as vispy multiplies: rows are what each coordinate becomes."""
    matrix = np.eye(4)
    normal = np.cross(right, lower)
    matrix[0, :3], matrix[1, :3] = right, lower
    matrix[2, :3] = normal / max(float(np.linalg.norm(normal)), 1e-12)
    matrix[3, :3] = corner
    return matrix
