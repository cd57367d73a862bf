"""The 3D scene itself: one volume, its outline, a camera. Everything here lives on the GUI thread.

The canvas is never shown: pictures are rendered into a buffer and read back, at a lower resolution while
the user moves and in strips when still, so that even a driver that computes on the processor never holds
the window up; and the window around it needs no OpenGL at all.
"""

from __future__ import annotations

from typing import Any

import numpy as np
import numpy.typing as npt
import vispy.app
from PySide6.QtGui import QColor
from vispy import scene
from vispy.color import Colormap, get_colormap
from vispy.visuals.transforms import STTransform

from app.canvas.gl import NoOpenGLError
from app.canvas.look import COLOUR_MAPS, Look
from app.canvas.visual import SURFACE, SurfaceVolume, shader_value
from core.volume import Array

Picture = npt.NDArray[np.uint8]
Sizes = tuple[float, float, float]

CORNERS = np.array([[x, y, z] for z in (0, 1) for y in (0, 1) for x in (0, 1)], np.float32)
EDGES = [(0, 1), (2, 3), (4, 5), (6, 7), (0, 2), (1, 3), (4, 6), (5, 7), (0, 4), (1, 5), (2, 6), (3, 7)]
ENDS = np.array([CORNERS[corner] for edge in EDGES for corner in edge])
REGION_COLOUR = "#00d6d6"
FIELD_OF_VIEW_DEG = 30.0
DPI = 96  # only matters for text, of which there is none; vispy would start a program to find it out
FRONT_DEG = 90.0  # vispy's azimuth at which x points right and z away, when -y points up
START_AZIMUTH_DEG, START_ELEVATION_DEG = FRONT_DEG + 30.0, 25.0
NEAREST, FARTHEST = 0.05, 20.0  # limits of the camera distance, in sizes of the volume


def _shades(colour: str) -> list[str]:
    """Dark to light of one colour."""
    return ["#000000", colour, QColor(colour).lighter(130).name()]


class Scene:
    """Draws a volume texture into pictures.

    Parameters
    ----------
    size : tuple of int
        Width and height of the view, in logical pixels.
    step : float
        Distance of the samples along a line of sight, in voxels.

    Raises
    ------
    NoOpenGLError
        If the driver promised a context and gives none.
    """

    def __init__(self, size: tuple[int, int], step: float = 0.8) -> None:
        vispy.app.use_app("pyside6")
        self._canvas = scene.SceneCanvas(keys=None, size=size, show=False, autoswap=False, dpi=DPI)
        self._canvas.native.grabFramebuffer()  # makes the context of a widget that is never shown
        if not self._canvas.native.isValid():
            self._canvas.close()
            raise NoOpenGLError("The graphics driver failed to open a 3D view.")
        self._view = self._canvas.central_widget.add_view()
        self._camera = scene.TurntableCamera(
            fov=FIELD_OF_VIEW_DEG, azimuth=START_AZIMUTH_DEG, elevation=START_ELEVATION_DEG, up="-y"
        )
        self._view.camera = self._camera
        self._volume: SurfaceVolume | None = None
        self._box: scene.visuals.Line | None = None
        self._region: scene.visuals.Line | None = None
        self._extent = np.ones(3)
        self._range = (0.0, 1.0)
        self._dtype: np.dtype[Any] = np.dtype(np.uint8)
        self._ink = "#808080"
        self._step = step
        self.resize(size)

    # ------------------------------------------------------------------ contents
    def set_data(
        self, data: Array, lengths: tuple[float, float, float], voxel: tuple[float, float, float]
    ) -> None:
        """Upload a texture (z, y, x).

        Parameters
        ----------
        lengths : tuple of float
            Extent of the stack (z, y, x), any unit.
        voxel : tuple of float
            Size of a texture voxel in the same unit.
        """
        self.clear()
        largest = max(lengths)
        # Scene axes are x, y, z; the longest side of the stack has length 1.
        self._extent = np.array(lengths[::-1]) / largest
        scale = np.array(voxel[::-1]) / largest
        low, high = float(data.min()), float(data.max())
        self._range = (low, high if high > low else low + 1.0)
        self._dtype = data.dtype
        self._volume = SurfaceVolume(
            data,
            voxel=scale,
            parent=self._view.scene,
            clim=self._range,
            texture_format="auto",
            interpolation="linear",
            relative_step_size=self._step,
            clipping_planes_coord_system="visual",
        )
        self._volume.transform = STTransform(scale=scale, translate=scale / 2)
        ends = ENDS * self._extent
        self._box = scene.visuals.Line(ends, connect="segments", color=self._ink, parent=self._view.scene)

    def clear(self) -> None:
        """Free the texture, now: vispy itself would wait for the garbage collector."""
        if self._volume is not None:
            self._volume._texture.delete()
            self._volume.free_tint()
        for item in (self._volume, self._box, self._region):
            if item is not None:
                item.parent = None
        self._volume = self._box = self._region = None

    def set_region(self, part: tuple[tuple[float, float], ...] | None) -> None:
        """Draw the outline of a part (0-1 along z, y and x); None draws none."""
        if part is None or self._volume is None:
            if self._region is not None:
                self._region.visible = False
            return
        low, high = np.array(part[::-1]).T
        ends = (low + ENDS * (high - low)) * self._extent
        if self._region is None:  # made once: its shaders take longer than a step of a drag may
            self._region = scene.visuals.Line(
                ends, connect="segments", color=REGION_COLOUR, parent=self._view.scene
            )
        self._region.set_data(ends)
        self._region.visible = True

    def set_tint(self, index: Array | None, table: npt.NDArray[np.uint8]) -> None:
        """Colour the surface; see `SurfaceVolume.set_tint`."""
        if self._volume is not None:
            self._volume.set_tint(index, table)

    def apply(self, look: Look) -> None:
        """Set mode, colours and clipping."""
        volume = self._volume
        if volume is None:
            return
        volume.method = SURFACE if look.mode == "iso" else look.mode
        if look.mode == "iso":
            volume.clim = self._range
            volume.threshold = shader_value(look.threshold, self._dtype)
            volume.cmap = Colormap(_shades(look.colour), controls=[0.0, 0.85, 1.0])
        else:
            volume.clim = look.contrast if look.contrast[1] > look.contrast[0] else self._range
            volume.cmap = get_colormap(COLOUR_MAPS[look.colour_map])
        volume.clipping_planes = self._planes(look.clip)

    def _planes(self, clip: tuple[tuple[float, float], ...]) -> npt.NDArray[np.float64] | None:
        """Only planes that cut something: each costs time for every sample."""
        shape = np.array(self._volume._vol_shape[::-1], float) if self._volume is not None else np.ones(3)
        planes = []
        for axis, (low, high) in enumerate(clip[::-1]):
            normal = np.eye(3)[axis]
            if low > 0:
                planes.append([normal * low * shape, normal])
            if high < 1:
                planes.append([normal * high * shape, -normal])
        return np.array(planes) if planes else None

    def set_colours(self, ground: QColor, ink: QColor) -> None:
        """Background, and colour of the outline."""
        self._canvas.bgcolor = ground.name()
        self._ink = ink.name()
        if self._box is not None:
            self._box.set_data(color=self._ink)

    # ------------------------------------------------------------------ camera
    def reset(self) -> None:
        """Look at all of it from the front: x to the right, y down, z away, as in the xy slices."""
        self._camera.azimuth, self._camera.elevation = START_AZIMUTH_DEG, START_ELEVATION_DEG
        self._camera.center = tuple(self._extent / 2)
        radius = float(np.linalg.norm(self._extent)) / 2
        self._camera.scale_factor = 2.1 * radius
        self._camera.distance = None

    def orbit(self, right_deg: float, down_deg: float) -> None:
        """Turn about the centre."""
        self._camera.azimuth -= right_deg
        self._camera.elevation = float(np.clip(self._camera.elevation + down_deg, -90, 90))

    def zoom(self, factor: float) -> None:
        """Come closer (below 1) or go away."""
        wanted = self._camera.scale_factor * factor
        self._camera.scale_factor = float(np.clip(wanted, NEAREST, FARTHEST))

    def pan(self, right: float, down: float) -> None:
        """Move the volume across the view; 1 is the height of the view."""
        centre = np.array(self._camera.center)
        reach = 0.01 * self._camera.scale_factor
        seen = self._view.scene.transform.map(np.vstack([centre, centre + reach * np.eye(3)]))
        seen = seen[:, :2] / seen[:, 3:]
        # How the screen moves per unit along each axis of the scene; the shortest move that does it.
        response = (seen[1:] - seen[0]).T / reach
        wanted = np.array([right, down]) * self._canvas.size[1]
        self._camera.center = tuple(centre - np.linalg.pinv(response) @ wanted)

    # ------------------------------------------------------------------ pictures
    def resize(self, size: tuple[int, int]) -> None:
        """Width and height of the view, in logical pixels."""
        native = self._canvas.native
        native.resize(*size)
        native.makeCurrent()
        # A widget that is not visible is not told by Qt. One canvas pixel is one logical pixel here, whatever
        # the screen: pictures get their resolution from `draw`.
        native._vispy_set_physical_size(*size)
        self._canvas.events.resize(size=size, physical_size=size)

    def draw(self, scale: float, strip: tuple[int, int] | None = None) -> Picture:
        """Render.

        Parameters
        ----------
        scale : float
            Pixels of the picture per logical pixel.
        strip : tuple of int, optional
            First and last + 1 row of the view, in logical pixels; default all.

        Returns
        -------
        ndarray, shape (rows, columns, 4), uint8
        """
        width, height = self._canvas.size
        first, last = strip or (0, height)
        size = (max(1, round(width * scale)), max(1, round(last * scale) - round(first * scale)))
        # vispy counts the rows of a region from below.
        picture: Picture = self._canvas.render(
            region=(0, height - last, width, last - first), size=size
        ).copy()
        picture[..., 3] = 255
        return picture

    def close(self) -> None:
        """Free everything; call it on the GUI thread."""
        self.clear()
        self._canvas.close()
