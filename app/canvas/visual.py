"""A volume drawn as a lit surface or as lit labels, several times faster than vispy's own on slow drivers.

vispy's surface takes ten small steps at every sample that comes near the threshold; here a line of sight
goes on until a sample lies inside, and only then halves the last step a few times.
"""

from __future__ import annotations

from typing import Any

import numpy as np
import numpy.typing as npt
from vispy.gloo import Texture2D, Texture3D
from vispy.scene.visuals import create_visual_node
from vispy.visuals.shaders import Function
from vispy.visuals.volume import VolumeVisual

from app.canvas.shaders import LABEL_AT, LABEL_PAINT, LABELS, PLAIN, SURFACE, TINTED, methods
from core.volume import Array

NEAREST = {"interpolation": "nearest", "wrapping": "clamp_to_edge"}
Pair = tuple[Texture3D, Texture2D]


class _SurfaceVolumeVisual(VolumeVisual):  # type: ignore[misc]  # vispy has no types
    """vispy's volume with two more methods, `SURFACE` and `LABELS`, lit from the viewer.

    Parameters
    ----------
    voxel : tuple of float
        Size of a voxel (x, y, z), so that slopes are those of the real shape.
    """

    def __init__(self, vol: Array, *, voxel: npt.NDArray[np.float64], **settings: Any) -> None:
        sizes = ", ".join(f"{size:.6f}" for size in voxel / voxel.max())
        self._rendering_methods = {**VolumeVisual._rendering_methods, **methods(sizes)}
        self._tint: Pair | None = None
        self._bodies: Pair | None = None
        self._asked: tuple[str, ...] = ()  # what stands inside the present snippet
        super().__init__(vol, **settings)

    @property
    def method(self) -> str:
        """How the volume is drawn: `SURFACE`, `LABELS`, or one of vispy's own ways."""
        chosen: str = VolumeVisual.method.fget(self)
        return chosen

    @method.setter
    def method(self, method: str) -> None:
        fragment = self.shared_program.frag
        # Like vispy's $get_data: what stands inside a snippet has to be set again after it.
        for name in self._asked:
            fragment[name] = None
        VolumeVisual.method.fset(self, method)
        functions = self._functions(method)
        self._asked = tuple(functions)
        for name, function in functions.items():
            fragment[name] = function

    @property
    def clipping_planes(self) -> npt.NDArray[np.float64]:
        """What is cut away: (point, normal) of each plane, in voxels (x, y, z)."""
        planes: npt.NDArray[np.float64] = VolumeVisual.clipping_planes.fget(self)
        return planes

    @clipping_planes.setter
    def clipping_planes(self, planes: npt.NDArray[np.float64] | None) -> None:
        old = getattr(self, "_clipping_planes", None)
        if planes is None or old is None or len(old) != len(planes):
            VolumeVisual.clipping_planes.fset(self, planes)
            return
        # As many as before: the shader stays as it is, so that planes can be dragged.
        self._clipping_planes = planes
        for number, (point, normal) in enumerate(planes):
            self._clip_func[f"clipping_plane_pos{number}"] = tuple(point)
            self._clip_func[f"clipping_plane_norm{number}"] = tuple(normal)
        self.update()

    def set_tint(self, index: Array | None, table: npt.NDArray[np.uint8]) -> None:
        """Colour the surface.

        Parameters
        ----------
        index : ndarray of uint8, shape of the volume, or None
            Row of the table for each voxel, 0 where the surface keeps its own colour; None ends it.
        table : ndarray of uint8, shape (256, 3)
            Colours.
        """
        if index is None and self._tint is None:
            return  # the shader is as it should be, and building it again takes long
        self._tint = self._replaced(self._tint, index, table)
        self.method = self.method

    def set_labels(self, index: Array | None, table: npt.NDArray[np.uint8]) -> None:
        """Say what `LABELS` draws.

        Parameters
        ----------
        index : ndarray of uint8, shape of the volume, or None
            Row of the table for each voxel; None frees it, and the method has to be another one by then.
        table : ndarray of uint8, shape (256, 4)
            Colours with opacity; what has none is not drawn.
        """
        self._bodies = self._replaced(self._bodies, index, table)
        if self._bodies is not None:
            self.method = LABELS

    def paint_labels(self, table: npt.NDArray[np.uint8]) -> None:
        """Change colours and opacities of labels."""
        if self._bodies is not None:
            self._bodies[1].set_data(np.ascontiguousarray(table[None]))
            self.update()

    @property
    def has_labels(self) -> bool:
        """Whether `LABELS` can be chosen."""
        return self._bodies is not None

    def free_textures(self) -> None:
        """Give the graphics memory of colours and labels back."""
        for texture in (*(self._tint or ()), *(self._bodies or ())):
            texture.delete()
        self._tint = self._bodies = None

    def _replaced(self, old: Pair | None, index: Array | None, table: npt.NDArray[np.uint8]) -> Pair | None:
        for texture in old or ():
            texture.delete()
        if index is None:
            return None
        return Texture3D(index, **NEAREST), Texture2D(np.ascontiguousarray(table[None]), **NEAREST)

    def _functions(self, method: str) -> dict[str, Function]:
        if method == SURFACE:
            function = Function(PLAIN if self._tint is None else TINTED)
            if self._tint is not None:
                function["tint"], function["table"] = self._tint
            return {"tinted": function}
        if method == LABELS and self._bodies is not None:
            at, colour = Function(LABEL_AT), Function(LABEL_PAINT)
            at["bodies"], colour["table"] = self._bodies
            return {"label_at": at, "label_paint": colour}
        return {}


SurfaceVolume = create_visual_node(_SurfaceVolumeVisual)


def shader_value(value: float, dtype: np.dtype[Any]) -> float:
    """What a voxel value becomes inside the shader: integers are scaled to 0-1 by their type."""
    if np.issubdtype(dtype, np.integer):
        return value / float(np.iinfo(dtype).max)
    return value
