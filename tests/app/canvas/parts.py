"""A 3D view for tests, and small stacks to show in it."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager

import numpy as np
import pytest
from pytestqt.qtbot import QtBot

from app.canvas.gl import NoOpenGLError, ask_driver
from app.canvas.volume3d import VolumeView
from core.volume import Volume, volume_of
from tests.app.leftovers import flush_deletions, nothing_left

VOXEL_NM = (10.0, 10.0, 10.0)


@contextmanager
def opened_view(width: int = 460, height: int = 340) -> Iterator[VolumeView]:
    """A view that must leave nothing behind; skips where there is no OpenGL."""
    try:
        ask_driver()
    except NoOpenGLError as error:
        pytest.skip(f"no OpenGL here: {error}")
    with nothing_left():
        made = VolumeView()
        made.resize(width, height)
        yield made
        made.shutdown()
        made.close()
        made.deleteLater()
        flush_deletions()


def settle(view: VolumeView, qtbot: QtBot) -> None:
    qtbot.waitUntil(view.settled, timeout=30_000)


def shown(view: VolumeView, volume: Volume, qtbot: QtBot) -> None:
    view.set_volume(volume)
    view.show()
    settle(view, qtbot)


def front(view: VolumeView, qtbot: QtBot) -> None:
    """Look along z."""
    view._screen.turned.emit(30.0, -25.0)
    settle(view, qtbot)


def middle(picture: np.ndarray) -> tuple[int, int]:
    """Row and column of the middle of a picture."""
    return picture.shape[0] // 2, picture.shape[1] // 2


def two_labels(left: int = 3, right: int = 700) -> Volume:
    """Two blocks beside each other."""
    data = np.zeros((20, 20, 20), np.uint16)
    data[5:15, 5:15, 2:10] = left
    data[5:15, 5:15, 12:18] = right
    return volume_of(data, voxel_nm=VOXEL_NM, content="labels")


def share_of(picture: np.ndarray, colour: np.ndarray, tolerance: float = 0.12) -> float:
    """Share of a picture that has the hue of a colour, light or dark."""
    pixels = picture[..., :3].astype(float).reshape(-1, 3)
    strong = pixels.max(axis=1) > 40
    hues = pixels / np.maximum(pixels.max(axis=1, keepdims=True), 1)
    wanted = colour / colour.max()
    return float((strong & (np.abs(hues - wanted).max(axis=1) < tolerance)).mean())
