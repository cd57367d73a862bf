"""What the OpenGL driver of this machine can do, asked before anything is drawn."""

from __future__ import annotations

import re
from dataclasses import dataclass

from PySide6.QtGui import QOffscreenSurface, QOpenGLContext
from vispy.gloo import gl

GL_RENDERER, GL_VERSION, GL_MAX_3D_TEXTURE_SIZE, GL_OUT_OF_MEMORY = 0x1F01, 0x1F02, 0x8073, 0x0505
OLDEST = (2, 1)  # first version with the shading language (1.20) the volume renderer is written in

HARDWARE_BYTES = 256 << 20
SOFTWARE_BYTES = 16 << 20

# Names under which drivers that compute on the processor introduce themselves.
SOFTWARE = ("llvmpipe", "softpipe", "swrast", "software", "swiftshader", "gdi generic", "basic render")


@dataclass(frozen=True)
class GlFacts:
    """The driver, as it describes itself.

    Attributes
    ----------
    renderer, version : str
        Its own words.
    largest_texture : int
        Most voxels along one side of a 3D texture.
    """

    renderer: str
    version: str
    largest_texture: int

    @property
    def software(self) -> bool:
        """Whether the processor does the drawing (slow)."""
        return any(name in self.renderer.lower() for name in SOFTWARE)

    @property
    def texture_bytes(self) -> int:
        """How many bytes a volume may take in graphics memory."""
        return SOFTWARE_BYTES if self.software else HARDWARE_BYTES

    def why_coarse(self, limit: str, budget_bytes: int) -> str:
        """Say which limit makes a picture coarser than its stack; empty without one.

        Parameters
        ----------
        limit : {'side', 'bytes', ''}
            As a plan says.
        budget_bytes : int
            What the texture was allowed to take.
        """
        if limit == "side":
            return f"this graphics driver takes at most {self.largest_texture:,} voxels along a side"
        if limit == "bytes":
            driver = self.renderer.split(" (")[0]
            who = f"drawn by the processor ({driver})" if self.software else "graphics memory"
            return f"{who}: at most {budget_bytes >> 20 or 1:,} MiB"
        return ""


class NoOpenGLError(RuntimeError):
    """3D is not possible here; the message tells the user why and what still works."""


ADVICE = "The slice views and everything else work without it."


def ask_driver() -> GlFacts:
    """Open an OpenGL context for a moment and ask the driver.

    Raises
    ------
    NoOpenGLError
        If there is none, or it is too old.
    """
    surface, context = QOffscreenSurface(), QOpenGLContext()
    surface.create()
    if not (surface.isValid() and context.create() and context.makeCurrent(surface)):
        raise NoOpenGLError(
            "There is no OpenGL here, so the 3D view cannot be drawn (remote desktop, virtual machine or a "
            f"missing graphics driver).\n{ADVICE}"
        )
    try:
        return checked(
            str(gl.glGetParameter(GL_RENDERER)),
            str(gl.glGetParameter(GL_VERSION)),
            int(gl.glGetParameter(GL_MAX_3D_TEXTURE_SIZE)),
            embedded=context.isOpenGLES(),
        )
    finally:
        context.doneCurrent()
        surface.destroy()


def checked(renderer: str, version: str, largest_texture: int, *, embedded: bool) -> GlFacts:
    """Facts, if they suffice.

    Raises
    ------
    NoOpenGLError
        If the version is too old, or textures are too small to show anything.
    """
    found = re.search(r"(\d+)\.(\d+)", version)
    number = (int(found[1]), int(found[2])) if found else (0, 0)
    if embedded or number < OLDEST or largest_texture < 64:
        raise NoOpenGLError(
            f"The 3D view needs OpenGL {OLDEST[0]}.{OLDEST[1]}; this machine's driver ({renderer}) offers "
            f"{version or 'none'}. A current graphics driver may help.\n{ADVICE}"
        )
    return GlFacts(renderer, version, largest_texture)
