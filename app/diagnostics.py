"""The diagnostic report of the window: what `core.diagnostics` tells, and what only the window knows."""

from __future__ import annotations

from typing import TYPE_CHECKING

import PySide6
from PySide6.QtCore import qVersion
from PySide6.QtGui import QGuiApplication

from app.settings import CHOICES
from core.diagnostics import Part

if TYPE_CHECKING:
    from app.main_window import MainWindow

LOG_LINES = 50
FOLDERS = ("projects", "models", "simulations")


def window_parts(window: MainWindow) -> tuple[Part, ...]:
    """Qt, screen, OpenGL, settings, recipe and log of a window."""
    return (
        ("Window", (*_qt(), *_screen(window), *_opengl(window))),
        ("Settings", _settings(window)),
        ("Open", _opened(window)),
        ("Recipe", window.program.session.recipe.dumps().strip().splitlines() or ("no steps",)),
        ("Log", window.log.text().splitlines()[-LOG_LINES:] or ("nothing",)),
    )


def private_paths(window: MainWindow) -> dict[str, str]:
    """Paths of the user's own that the report may name, and what stands for them."""
    session, settings = window.program.session, window.program.settings
    found = {str(path): "<stack>" for one in session.inputs.values() for path in one.spec.paths}
    if session.home is not None:
        found[str(session.home)] = "<project>"
    for paths in settings.recent():
        found |= {str(path): "<recent>" for path in paths if str(path) not in found}
    for kind in FOLDERS:
        folder = settings.folder(kind)  # type: ignore[arg-type]
        if folder is not None:
            found[str(folder)] = f"<folder of {kind}>"
    return found


def _qt() -> tuple[str, ...]:
    return (f"Qt {qVersion()}, PySide6 {PySide6.__version__}, platform {QGuiApplication.platformName()}",)


def _screen(window: MainWindow) -> tuple[str, ...]:
    screen, size = window.screen(), window.size()
    area = screen.size()
    return (
        f"screen {area.width()} x {area.height()} at {100 * screen.devicePixelRatio():.0f} %, "
        f"{len(QGuiApplication.screens())} in all",
        f"window {size.width()} x {size.height()}, {'dark' if window.theme.dark else 'light'}",
    )


def _opengl(window: MainWindow) -> tuple[str, ...]:
    view = window.views.volume_view
    facts = None if view is None else view.driver
    if facts is None:
        return ("OpenGL: 3D was not opened",)
    return (f"OpenGL: {facts.renderer}, {facts.version}, textures up to {facts.largest_texture}",)


def _settings(window: MainWindow) -> tuple[str, ...]:
    settings = window.program.settings
    plain = [f"{name}: {getattr(settings, name) or 'automatic'}" for name in CHOICES if name != "folders"]
    folders = [f"folder of {kind}: {settings.folder(kind) or 'usual'}" for kind in FOLDERS]  # type: ignore[arg-type]
    return (*plain, *folders)


def _opened(window: MainWindow) -> tuple[str, ...]:
    session = window.program.session
    lines = []
    for name, one in session.inputs.items():
        info = one.volume.info
        shape, voxel = " x ".join(map(str, info.shape)), ", ".join(map(str, info.voxel_nm))
        paths = ", ".join(str(path) for path in one.spec.paths[:3])
        lines.append(f"{name or 'stack'}: {shape} {info.dtype}, voxel z, y, x {voxel} nm, {paths}")
    return tuple(lines) or ("nothing",)
