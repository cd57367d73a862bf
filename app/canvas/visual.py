"""A volume drawn as a lit surface, several times faster than vispy's own on slow drivers.

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

from core.volume import Array

SURFACE = "surface"

_BEFORE_LOOP = """
        gl_FragColor = vec4(0.0);
        bool nothing_met = true;
        bool entering = true;  // the first sample that is not clipped away
"""

_IN_LOOP = """
        if (val > u_threshold) {
            vec3 outside = loc - step;
            vec3 inside = loc;
            float shade = 0.6;  // cut faces are flat
            if (!entering) {
                for (int halving = 0; halving < 5; halving++) {
                    vec3 middle = 0.5 * (outside + inside);
                    if (colorToVal($get_data(middle)) > u_threshold) {
                        inside = middle;
                    } else {
                        outside = middle;
                    }
                }
                vec3 reach = 1.0 / u_shape;
                vec3 dx = vec3(reach.x, 0.0, 0.0);
                vec3 dy = vec3(0.0, reach.y, 0.0);
                vec3 dz = vec3(0.0, 0.0, reach.z);
                vec3 slope = vec3(
                    colorToVal($get_data(inside + dx)) - colorToVal($get_data(inside - dx)),
                    colorToVal($get_data(inside + dy)) - colorToVal($get_data(inside - dy)),
                    colorToVal($get_data(inside + dz)) - colorToVal($get_data(inside - dz)));
                vec3 voxel = vec3(%(voxel)s);
                slope = slope / voxel;
                float steepness = length(slope);
                float facing = 1.0;
                if (steepness > 0.0) {
                    facing = abs(dot(slope / steepness, normalize(view_ray * voxel)));
                }
                shade = 0.2 + 0.65 * facing + 0.15 * pow(facing, 24.0);
            }
            vec4 plain = applyColormap(vec4(clim.x + shade * (clim.y - clim.x)));
            gl_FragColor = $tinted(inside, step, shade, plain);
            frag_depth_point = inside * u_shape;
            nothing_met = false;
            iter = nsteps;
        }
        entering = false;
"""

_PLAIN = """
vec4 plain_surface(vec3 loc, vec3 step, float shade, vec4 plain) {
    return plain;
}
"""

# The surface lies between voxels: what is nearest may be a voxel without colour, the next ones have it.
_TINTED = """
vec4 tinted_surface(vec3 loc, vec3 step, float shade, vec4 plain) {
    float index = 0.0;
    for (int ahead = 0; ahead < 5; ahead++) {
        if (index <= 0.0) {
            index = texture3D($tint, loc).r;
            loc += 0.5 * step;
        }
    }
    if (index <= 0.0) {
        return plain;
    }
    vec3 colour = texture2D($table, vec2((index * 255.0 + 0.5) / 256.0, 0.5)).rgb;
    return vec4(colour * min(1.0, 0.12 + 0.95 * shade), 1.0);
}
"""

_AFTER_LOOP = """
        if (nothing_met)
            discard;
"""


class _SurfaceVolumeVisual(VolumeVisual):  # type: ignore[misc]  # vispy has no types
    """vispy's volume with one more method, ``surface``, lit from the viewer.

    Parameters
    ----------
    voxel : tuple of float
        Size of a voxel (x, y, z), so that slopes are those of the real shape.
    """

    def __init__(self, vol: Array, *, voxel: npt.NDArray[np.float64], **settings: Any) -> None:
        sizes = ", ".join(f"{size:.6f}" for size in voxel / voxel.max())
        surface = {
            "before_loop": _BEFORE_LOOP,
            "in_loop": _IN_LOOP % {"voxel": sizes},
            "after_loop": _AFTER_LOOP,
        }
        self._rendering_methods = {**VolumeVisual._rendering_methods, SURFACE: surface}
        self._tint: tuple[Texture3D, Texture2D] | None = None
        self._asks_tint = False  # whether the present snippet does
        super().__init__(vol, **settings)

    @property
    def method(self) -> str:
        """How the volume is drawn: ``surface``, or one of vispy's own ways."""
        chosen: str = VolumeVisual.method.fget(self)
        return chosen

    @method.setter
    def method(self, method: str) -> None:
        fragment = self.shared_program.frag
        # Like vispy's $get_data: what stands inside a snippet has to be set again after it.
        if self._asks_tint:
            fragment["tinted"] = None
        VolumeVisual.method.fset(self, method)
        self._asks_tint = method == SURFACE
        if self._asks_tint:
            fragment["tinted"] = self._tinted()

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
        self.free_tint()
        if index is not None:
            nearest = {"interpolation": "nearest", "wrapping": "clamp_to_edge"}
            colours = np.ascontiguousarray(table[None])
            self._tint = (Texture3D(index, **nearest), Texture2D(colours, **nearest))
        self.method = self.method
        self.update()

    def free_tint(self) -> None:
        """Give the graphics memory of the colours back."""
        for texture in self._tint or ():
            texture.delete()
        self._tint = None

    def _tinted(self) -> Function:
        if self._tint is None:
            return Function(_PLAIN)
        function = Function(_TINTED)
        function["tint"], function["table"] = self._tint
        return function


SurfaceVolume = create_visual_node(_SurfaceVolumeVisual)


def shader_value(value: float, dtype: np.dtype[Any]) -> float:
    """What a voxel value becomes inside the shader: integers are scaled to 0-1 by their type."""
    if np.issubdtype(dtype, np.integer):
        return value / float(np.iinfo(dtype).max)
    return value
