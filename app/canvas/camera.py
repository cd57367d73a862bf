"""The camera of the 3D view: turns, comes closer, and says where directions lie on the screen."""

from __future__ import annotations

from typing import Any

import numpy as np
import numpy.typing as npt
from vispy import scene

FIELD_OF_VIEW_DEG = 30.0
FRONT_DEG = 90.0  # vispy's azimuth at which x points right and z away, when -y points up
START_AZIMUTH_DEG, START_ELEVATION_DEG = FRONT_DEG + 30.0, 25.0
NEAREST, FARTHEST = 0.05, 20.0  # limits of the camera distance, in sizes of the volume

Vectors = npt.NDArray[np.float64]


class Camera:
    """Camera of one view.

    Parameters
    ----------
    view : vispy ViewBox
        What it looks into.
    root : vispy Node
        What turns in a movie; holds everything that is drawn.
    """

    def __init__(self, view: Any, root: Any) -> None:
        self._view, self._root = view, root
        self._turntable = scene.TurntableCamera(
            fov=FIELD_OF_VIEW_DEG, azimuth=START_AZIMUTH_DEG, elevation=START_ELEVATION_DEG, up="-y"
        )
        view.camera = self._turntable

    def reset(self, extent: Vectors) -> None:
        """Look at all of it from the front: x to the right, y down, z away, as in the xy slices."""
        self._turntable.azimuth, self._turntable.elevation = START_AZIMUTH_DEG, START_ELEVATION_DEG
        self._turntable.center = tuple(extent / 2)
        radius = float(np.linalg.norm(extent)) / 2
        self._turntable.scale_factor = 2.1 * radius
        self._turntable.distance = None

    def orbit(self, right_deg: float, down_deg: float) -> None:
        """Turn about the centre."""
        self._turntable.azimuth -= right_deg
        self._turntable.elevation = float(np.clip(self._turntable.elevation + down_deg, -90, 90))

    def zoom(self, factor: float) -> None:
        """Come closer (below 1) or go away."""
        wanted = self._turntable.scale_factor * factor
        self._turntable.scale_factor = float(np.clip(wanted, NEAREST, FARTHEST))

    def pan(self, right: float, down: float, height: int) -> None:
        """Move the volume across the view; 1 is the height of the view (in pixels)."""
        response = self._response(np.array(self._turntable.center))
        wanted = np.array([right, down]) * height
        # The shortest move that does it.
        moved = np.linalg.pinv(response) @ wanted
        self._turntable.center = tuple(np.array(self._turntable.center) - moved)

    def axes(self) -> tuple[Vectors, float]:
        """Where x, y and z of the volume point on the screen.

        Returns
        -------
        directions : ndarray, shape (3, 2)
            To the right and down; of length 1 where an axis lies in the screen.
        scale : float
            Pixels per unit of the scene at the point that is turned about.
        """
        response = self._response(np.array(self._turntable.center))
        scale = float(np.linalg.svd(response, compute_uv=False)[0])
        turned = self._root.transform.map(np.vstack([np.zeros(3), np.eye(3)]))[:, :3]
        return (response @ (turned[1:] - turned[0]).T).T / scale, scale

    def sight(self) -> Vectors:
        """Direction (x, y, z) from the viewer to the centre, in the scene."""
        across, down = self._response(np.array(self._turntable.center))
        away: Vectors = np.cross(across, down)
        return away / np.linalg.norm(away)

    def _response(self, at: Vectors) -> Vectors:
        """How the screen (right, down; pixels) moves per unit along each axis of the scene, shape (2, 3)."""
        reach = 0.01 * self._turntable.scale_factor
        seen = self._view.scene.transform.map(np.vstack([at, at + reach * np.eye(3)]))
        seen = seen[:, :2] / seen[:, 3:]
        response: Vectors = (seen[1:] - seen[0]).T / reach
        return response
