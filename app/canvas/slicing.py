"""Makes the pictures of the slices at the cursor out of the texture that is drawn in 3D."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
import numpy.typing as npt

from app.canvas.labels import LabelSet
from app.canvas.reading import Loaded
from app.geometry import Frame, X, Y, Z
from app.plots.colour import coloured
from core.volume import Array

if TYPE_CHECKING:
    from app.canvas.scene import Scene


class Slicer:
    """Keeps slices in the scene at a cursor.

    They have the resolution of the texture, and lie where their voxels do, also where slices are uneven.
    """

    def __init__(self) -> None:
        self._loaded: Loaded | None = None
        self._frame: Frame | None = None
        self._labels: LabelSet | None = None
        self._cursor: tuple[int, int, int] | None = None

    def set_data(self, loaded: Loaded | None, frame: Frame | None) -> None:
        """Say out of what they are; None: nothing."""
        self._loaded, self._frame, self._labels = loaded, frame, None

    def set_labels(self, labels: LabelSet | None) -> None:
        """Draw them in the colours of labels; None: in grey."""
        self._labels = labels

    def set_cursor(self, cursor: tuple[int, int, int] | None) -> None:
        """Voxel of the stack (z, y, x) at which they meet; None: its middle."""
        self._cursor = cursor

    def show(self, scene: Scene, axes: frozenset[int]) -> None:
        """Draw those across `axes`, and no others."""
        loaded, frame = self._loaded, self._frame
        for axis in (Z, Y, X):
            if loaded is None or frame is None or axis not in axes:
                scene.planes.hide(axis)
                continue
            index = self.index(axis, frame)
            at = frame.centre(axis, index)
            picture = self._picture(loaded, axis, int(at / loaded.how.size[axis]))
            scene.planes.show(axis, picture, at / max(loaded.how.lengths), scene.voxel)

    def index(self, axis: int, frame: Frame) -> int:
        """Voxel of the stack at which the slice across an axis lies."""
        count = frame.info.shape[axis]
        return count // 2 if self._cursor is None else min(count - 1, max(0, self._cursor[axis]))

    def _picture(self, loaded: Loaded, axis: int, index: int) -> npt.NDArray[np.uint8]:
        if self._labels is None:
            picture = coloured(plane_of(loaded.data, axis, index), loaded.grey, "Grey", "grey")
        else:
            picture = np.empty((*plane_of(self._labels.index, axis, index).shape, 4), np.uint8)
            picture[..., :3] = self._labels.colours[plane_of(self._labels.index, axis, index)]
        picture[..., 3] = 255
        return np.ascontiguousarray(picture)


def plane_of(data: Array, axis: int, index: int) -> Array:
    """Plane of a texture (z, y, x) across an axis; beyond its ends the outermost."""
    plane: Array = np.take(data, min(data.shape[axis] - 1, max(0, index)), axis)
    return plane
