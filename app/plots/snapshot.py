"""A cut as a picture of its own: as it is on the screen, or whole with at least one pixel per voxel."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

import numpy as np
import numpy.typing as npt
from PySide6.QtCore import QRectF
from PySide6.QtGui import QFont, QImage, QPainter

from app.geometry import CUT_AXES, Frame, X, Z
from app.plots.colour import Pixels
from app.plots.gauge_look import View
from app.plots.gauges import Gauges
from app.plots.marks import draw_scale_bar
from app.plots.pictures import AFTER, CHANNELS, SWIPE, Look, colours_of
from app.plots.planes import Plane
from core.errors import ParameterError, WriteError
from core.files import replacing
from core.job import Job

LONGEST_PX, MOST_PX = 30_000, 120_000_000
BAND_ROWS = 512
LETTER_SHARE, LEAST_LETTER_PX = 45, 11  # the picture is so many times as wide as its letters are high


@dataclass(frozen=True, eq=False)
class Part:
    """One layer of a cut that is seen."""

    role: str
    plane: Plane
    offset: tuple[int, int]
    look: Look
    opacity: float = 1.0


@dataclass(frozen=True, eq=False)
class Shot:
    """All that a picture of a whole cut is made from; holds nothing that belongs to the window.

    Attributes
    ----------
    parts : tuple of Part
        From below.
    divider : float or None
        Where the far side begins along the columns, in the frame's unit; None where nothing is divided.
    ground : tuple of int
        Red, green, blue of what shows nothing.
    """

    frame: Frame
    axis: int
    parts: tuple[Part, ...]
    divider: float | None
    ground: tuple[int, int, int]

    @property
    def pixel(self) -> float:
        """Side of a pixel of the picture, in the frame's unit: that of the smaller side of a voxel."""
        return min(self.frame.size[along] for along in CUT_AXES[self.axis])

    @property
    def size_yx(self) -> tuple[int, int]:
        """Rows and columns of the picture."""
        rows, columns = (
            max(1, round(self.frame.length(along) / self.pixel)) for along in CUT_AXES[self.axis]
        )
        return rows, columns


def whole_picture(shot: Shot, job: Job) -> Pixels:
    """Pixels of a whole cut, shape (rows, columns, 4), opaque.

    Raises
    ------
    ParameterError
        If it is too large for a picture.
    """
    rows, columns = shot.size_yx
    if max(rows, columns) > LONGEST_PX or rows * columns > MOST_PX:
        raise ParameterError(
            "the slice is too large for one picture",
            expected=f"at most {LONGEST_PX} px a side and {MOST_PX // 1_000_000} million px",
            got=f"{columns} × {rows} px",
            remedy="save it as on the screen, or export the stack",
        )
    picture = np.empty((rows, columns, 4), np.uint8)
    picture[...] = (*shot.ground, 255)
    for first in range(0, rows, BAND_ROWS):
        job.check()
        band = slice(first, min(rows, first + BAND_ROWS))
        for part in shot.parts:
            _lay(shot, part, picture[band], band)
    return picture


def _lay(shot: Shot, part: Part, picture: Pixels, band: slice) -> None:
    """Lay one layer over some rows of the picture."""
    rows = _places(shot, part, 0, np.arange(band.start, band.stop))
    columns = _places(shot, part, 1, np.arange(picture.shape[1]))
    data = part.plane.levels[0].data
    colours = colours_of(data[np.maximum(rows, 0)][:, np.maximum(columns, 0)], part.look)
    alpha = colours[..., 3:].astype(np.uint16) * round(256 * part.opacity) >> 8
    alpha[rows < 0] = 0
    alpha[:, columns < 0] = 0
    if part.role == AFTER and shot.divider is not None:
        alpha[:, : max(0, round(shot.divider / shot.pixel))] = 0
    over, under = colours[..., :3].astype(np.uint16) * alpha, picture[..., :3].astype(np.uint16)
    rest = under * 255 if part.role in CHANNELS else under * (255 - alpha)
    picture[..., :3] = np.minimum((over.astype(np.uint32) + rest + 127) // 255, 255)


def _places(shot: Shot, part: Part, side: int, pixels: npt.NDArray[np.intp]) -> npt.NDArray[np.intp]:
    """Row or column of a layer's data for each one of the picture; -1 where it has none."""
    along, frame = CUT_AXES[shot.axis][side], shot.frame
    middles = (pixels.astype(np.float64) + 0.5) * shot.pixel
    even = np.floor(middles / frame.size[along]).astype(np.intp)
    voxels = frame.slices_at(middles) if along == Z else even
    level = part.plane.levels[0]
    found = (voxels - part.offset[side]) // level.step[side]
    inside = (voxels >= part.offset[side]) & (found < level.data.shape[side])
    return np.where(inside, found, -1)


def image_of(pixels: Pixels) -> QImage:
    """The same as an image with memory of its own."""
    rows, columns, _ = pixels.shape
    data = np.ascontiguousarray(pixels)
    return QImage(data.data, columns, rows, 4 * columns, QImage.Format.Format_RGBA8888).copy()


def annotate(image: QImage, shot: Shot, gauges: Gauges | None, *, bar: bool) -> None:
    """Draw scale bar and lines into a whole picture, as large as suits it."""
    painter = QPainter(image)
    painter.setRenderHint(QPainter.RenderHint.TextAntialiasing)
    font = QFont()
    font.setPixelSize(max(LEAST_LETTER_PX, min(image.width(), image.height()) // LETTER_SHARE))
    painter.setFont(font)
    area = QRectF(image.rect())
    if gauges is not None:
        gauges.draw(painter, View(shot.axis, area, 0.0, 0.0, shot.pixel))
    if bar:
        draw_scale_bar(painter, area, shot.pixel, shot.frame.unit, along=bar_axis(shot.frame, shot.axis))
    painter.end()


def bar_axis(frame: Frame, axis: int) -> str:
    """Along which axis alone a scale bar is true; empty where it is true for the whole cut."""
    along_z = axis != Z and frame.unit == "nm" and not frame.z_known
    return "" if not along_z else ("y" if axis == X else "x")


def write_picture(image: QImage, path: Path, _job: Job) -> Path:
    """Write a PNG file, whole or not at all.

    Raises
    ------
    WriteError
        If that is not possible.
    """
    target = path if path.suffix else path.with_name(f"{path.name}.png")
    with replacing(target) as temporary:
        if not image.save(str(temporary), "PNG"):  # type: ignore[call-overload]  # the stubs want bytes
            raise WriteError(f"cannot write the picture {target}", remedy="choose another folder")
    return target


def divider_of(mode: str, has_after: bool, left: float, width: float, share: float) -> float | None:
    """Where the far side begins along the columns; None where the sides are not divided."""
    return left + width * share if mode == SWIPE and has_after else None
