"""The 3D scene itself: a volume, slices in it, outlines, a camera. Everything here lives on the GUI thread.

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
from vispy.gloo import gl
from vispy.visuals.transforms import MatrixTransform, STTransform

from app.canvas.camera import Camera
from app.canvas.gl import GL_OUT_OF_MEMORY, NoOpenGLError
from app.canvas.look import COLOUR_MAPS, Look
from app.canvas.planes import SlicePlanes
from app.canvas.shaders import LABELS, SURFACE
from app.canvas.visual import SurfaceVolume, shader_value
from core.volume import Array

Picture = npt.NDArray[np.uint8]
Sizes = tuple[float, float, float]

CORNERS = np.array([[x, y, z] for z in (0, 1) for y in (0, 1) for x in (0, 1)], np.float32)
EDGES = [(0, 1), (2, 3), (4, 5), (6, 7), (0, 2), (1, 3), (4, 6), (5, 7), (0, 4), (1, 5), (2, 6), (3, 7)]
ENDS = np.array([CORNERS[corner] for edge in EDGES for corner in edge])
REGION_COLOUR = "#00d6d6"
DPI = 96  # only matters for text, of which there is none; vispy would start a program to find it out


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

    Attributes
    ----------
    camera : Camera
        What the user looks with.
    volume : SurfaceVolume or None
        What is drawn.
    planes : SlicePlanes
        Slices in it.
    extent : ndarray, shape (3,)
        Size of the volume (x, y, z) in the scene; the longest is 1.
    voxel : ndarray, shape (3,)
        Size of a voxel of the texture in it.

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
        view = self._canvas.central_widget.add_view()
        self._root = scene.Node(parent=view.scene)
        self._root.transform = MatrixTransform()
        self.camera = Camera(view, self._root)
        self.planes = SlicePlanes(self._root)
        self.volume: Any = None
        self.extent = self.voxel = np.ones(3)
        self._box: scene.visuals.Line | None = None
        self._region: scene.visuals.Line | None = None
        self._range = (0.0, 1.0)
        self._dtype: np.dtype[Any] = np.dtype(np.uint8)
        self._ink = "#808080"
        self._colours: object = None
        self._step = step
        self.resize(size)

    # ------------------------------------------------------------------ contents
    def set_data(self, data: Array, lengths: Sizes, voxel: Sizes) -> None:
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
        self.extent = np.array(lengths[::-1]) / largest
        self.voxel = scale = np.array(voxel[::-1]) / largest
        low, high = float(data.min()), float(data.max())
        self._range = (low, high if high > low else low + 1.0)
        self._dtype = data.dtype
        self.volume = SurfaceVolume(
            data,
            voxel=scale,
            parent=self._root,
            clim=self._range,
            texture_format="auto",
            interpolation="linear",
            relative_step_size=self._step,
            clipping_planes_coord_system="visual",
        )
        self.volume.transform = STTransform(scale=scale, translate=scale / 2)
        ends = ENDS * self.extent
        self._box = scene.visuals.Line(ends, connect="segments", color=self._ink, parent=self._root)

    def clear(self) -> None:
        """Free the texture, now: vispy itself would wait for the garbage collector."""
        if self.volume is not None:
            self.volume._texture.delete()
            self.volume.free_textures()
        for item in (self.volume, self._box, self._region):
            if item is not None:
                item.parent = None
        self.planes.clear()
        self.volume = self._box = self._region = self._colours = None

    def set_region(self, part: tuple[tuple[float, float], ...] | None) -> None:
        """Draw the outline of a part (0-1 along z, y and x); None draws none."""
        if part is None or self.volume is None:
            if self._region is not None:
                self._region.visible = False
            return
        low, high = np.array(part[::-1]).T
        ends = (low + ENDS * (high - low)) * self.extent
        if self._region is None:  # made once: its shaders take longer than a step of a drag may
            self._region = scene.visuals.Line(
                ends, connect="segments", color=REGION_COLOUR, parent=self._root
            )
        self._region.set_data(ends)
        self._region.visible = True

    def apply(self, look: Look) -> None:
        """Set mode, colours and clipping; shaders are built again only where they have to change."""
        volume = self.volume
        if volume is None:
            return
        volume.visible = look.mode != "none"
        labelled = look.mode == "labels" and volume.has_labels
        method = LABELS if labelled else SURFACE if look.mode in ("iso", "labels") else "mip"
        if volume.method != method:
            volume.method = method
        if method == "mip":
            volume.clim = look.contrast if look.contrast[1] > look.contrast[0] else self._range
        else:
            volume.clim = self._range
            volume.threshold = shader_value(look.threshold, self._dtype)
        colours = look.colour_map if method == "mip" else look.colour
        if colours != self._colours:
            self._colours = colours
            mip = get_colormap(COLOUR_MAPS[look.colour_map]) if method == "mip" else None
            volume.cmap = mip or Colormap(_shades(look.colour), controls=[0.0, 0.85, 1.0])
        volume.clipping_planes = self._planes(look)

    def _planes(self, look: Look) -> npt.NDArray[np.float64] | None:
        """Only planes that cut something: each costs time for every sample."""
        shape = np.array(self.volume._vol_shape[::-1], float)
        planes = []
        for axis, (low, high) in enumerate(look.clip[::-1]):
            normal = np.eye(3)[axis]
            if low > 0:
                planes.append([normal * low * shape, normal])
            if high < 1:
                planes.append([normal * high * shape, -normal])
        if look.cut.on:
            # Normals go the other way round: stretching a plane squeezes its normal.
            planes.append([look.cut.point(self.extent) / self.voxel, look.cut.normal * self.voxel])
        return np.array(planes) if planes else None

    def set_colours(self, ground: QColor, ink: QColor) -> None:
        """Background, and colour of the outline."""
        self._canvas.bgcolor = ground.name()
        self._ink = ink.name()
        if self._box is not None:
            self._box.set_data(color=self._ink)

    def turn(self, angle_deg: float, axis: int) -> None:
        """Turn everything about an axis (0 z, 1 y, 2 x) through its middle."""
        matrix = MatrixTransform()
        matrix.translate(-self.extent / 2)
        matrix.rotate(angle_deg, tuple(np.eye(3)[2 - axis]))
        matrix.translate(self.extent / 2)
        self._root.transform = matrix

    # ------------------------------------------------------------------ pictures
    @property
    def size(self) -> tuple[int, int]:
        """Width and height of the view, in logical pixels."""
        width, height = self._canvas.size
        return width, height

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

    def out_of_memory(self) -> bool:
        """Whether the driver had no room for what was uploaded since this was last asked."""
        self._canvas.native.makeCurrent()
        return int(gl.glGetError()) == GL_OUT_OF_MEMORY

    def close(self) -> None:
        """Free everything; call it on the GUI thread."""
        self.clear()
        self._canvas.close()
