"""What of a stack is drawn in 3D, and how: the volume, its colours, its labels, slices in it, a region."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

from PySide6.QtCore import QObject, Signal
from PySide6.QtGui import QColor, QPalette
from PySide6.QtWidgets import QWidget

from app.canvas.bodies import Bodies
from app.canvas.labels import LabelSet, paint
from app.canvas.look import Cut, Look, angles_of
from app.canvas.reading import Loaded
from app.canvas.screen import Screen
from app.canvas.slicing import Slicer
from app.canvas.tints import Tints
from app.geometry import Frame
from app.region import Region, box_of
from app.tint import Tint
from app.workers import WorkerPool
from core.volume import Volume

if TYPE_CHECKING:
    from app.canvas.renderer import Renderer

MIP_GROUND = QColor(24, 24, 24)  # the brightest voxels are seen on dark ground only
WHOLE = ((0.0, 1.0),) * 3


def usual_mode(volume: Volume) -> str:
    """How a stack is drawn at first."""
    return {"binary": "iso", "labels": "labels"}.get(volume.info.content, "mip")


class Drawing(QObject):
    """Keeps a renderer up to date with what was chosen; without one it only remembers.

    Signals: `mode_changed` (str), `labelled` (`LabelSet`) when labels have been read, `unreadable`
    (exception) when they cannot be.

    Attributes
    ----------
    look : Look
        How it is drawn.
    adjusted : set of str
        What the user has chosen himself, so that it stays as it is.
    """

    mode_changed = Signal(str)
    labelled = Signal(object)
    unreadable = Signal(object)

    def __init__(self, pool: WorkerPool, screen: Screen, view: QWidget) -> None:
        super().__init__(view)
        self._screen, self._view = screen, view
        self.renderer: Renderer | None = None
        self.volume: Volume | None = None
        self.loaded: Loaded | None = None
        self.look = Look()
        self.adjusted: set[str] = set()
        self._tints = Tints(pool)
        self._bodies = Bodies(pool, self._take_labels, self._no_labels)
        self._slicer = Slicer()
        self._region: Region | None = None
        self._more = False
        self._hidden: frozenset[int] = frozenset({0})
        self._opacities: dict[int, float] = {}

    @property
    def reading(self) -> bool:
        """Whether colours or labels are still to come."""
        return self._tints.reading or self._bodies.reading

    @property
    def labels(self) -> LabelSet | None:
        """Labels, once they have been read."""
        return self._bodies.labels

    # ------------------------------------------------------------------ the stack
    def use(self, renderer: Renderer) -> None:
        """Draw with it from now on."""
        self.renderer = renderer
        self.follow_theme()

    def set_volume(self, volume: Volume | None) -> None:
        """Say which stack is shown from now on; it is drawn when it has been read."""
        self.drop()
        self.volume, self.loaded = volume, None
        self.adjusted.clear()
        self.look.clip, self.look.cut = WHOLE, replace(self.look.cut, on=False)
        if self.renderer is not None:
            self.renderer.clear()

    def drop(self) -> None:
        """Want nothing any more of what is being read."""
        self._tints.drop(self._screen)
        self._bodies.drop()
        self._slicer.set_data(None, None)

    def take(self, loaded: Loaded) -> None:
        """Draw a stack that has been read."""
        if self.renderer is None or self.volume is None:
            return
        again, self.loaded = self.loaded is not None, loaded
        if "contrast" not in self.adjusted:
            self.look.contrast = loaded.contrast
        if "threshold" not in self.adjusted:
            self.look.threshold = loaded.threshold
        mode = self.look.mode if "mode" in self.adjusted else usual_mode(self.volume)
        how = loaded.how
        if self.labels is not None and self.labels.index.shape != how.shape:
            self._bodies.drop()  # they were read for a finer texture
        self.renderer.set_data(loaded.data, how.lengths, how.size, self.look, keep_view=again)
        self._slicer.set_data(loaded, Frame(self.volume.info))
        self._screen.set_decor(replace(self._screen.decor, length=max(how.lengths), unit=how.unit))
        self.draw_as(mode)
        if self.labels is not None:
            self._lay_labels(self.labels)
        self._outline()
        self._tint_now()
        self._show_slices()

    # ------------------------------------------------------------------ how it is drawn
    def apply(self) -> None:
        """Draw as `look` says."""
        if self.renderer is not None and self.loaded is not None:
            self.renderer.apply(self.look)
            self.follow_theme()

    def draw_as(self, mode: str) -> None:
        """Draw in one of the ways; labels are read when they are first wanted."""
        self.look.mode = mode
        if mode == "labels" and self.volume is not None and self.loaded is not None:
            self._bodies.want(self.volume, self.loaded.how)
        self.apply()
        self.mode_changed.emit(mode)

    def face(self) -> Cut:
        """The oblique plane, as seen straight on."""
        if self.renderer is None:
            return self.look.cut
        tilt, turn = angles_of(self.renderer.scene.camera.sight())
        return replace(self.look.cut, tilt_deg=tilt, turn_deg=turn, on=True)

    def follow_theme(self) -> None:
        """Take the colours of ground and outline from the palette."""
        if self.renderer is not None:
            # Of the view, not of the screen inside it, which hears of other colours later.
            palette = self._view.palette()
            ground = MIP_GROUND if self.look.mode == "mip" else palette.color(QPalette.ColorRole.Base)
            self.renderer.set_colours(ground, palette.color(QPalette.ColorRole.PlaceholderText))

    # ------------------------------------------------------------------ labels
    def paint(self, hidden: frozenset[int], opacities: dict[int, float]) -> None:
        """Choose which labels are drawn and how opaque; by entry of their table."""
        self._hidden, self._opacities = hidden, opacities
        if self.labels is not None and self.renderer is not None and self.loaded is not None:
            table = paint(self.labels, hidden, opacities)
            self.renderer.change(lambda scene: scene.volume.paint_labels(table))

    def _take_labels(self, labels: LabelSet) -> None:
        # What was hidden were labels of another stack.
        self._hidden, self._opacities = frozenset({0}), {}
        self._lay_labels(labels)
        self.labelled.emit(labels)

    def _lay_labels(self, labels: LabelSet) -> None:
        if self.renderer is None or self.loaded is None:
            return
        table = paint(labels, self._hidden, self._opacities)
        self.renderer.change(lambda scene: scene.volume.set_labels(labels.index, table))
        self._slicer.set_labels(labels)
        self.apply()
        self._show_slices()

    def _no_labels(self, error: Exception | None) -> None:
        self.draw_as("iso")
        self.unreadable.emit(error)

    # ------------------------------------------------------------------ colours, slices, region
    def set_tint(self, tint: Tint | None, *, more: bool) -> None:
        """Colour the surface; with `more`, other colours will follow."""
        self._more = more
        self._tints.wish(tint)
        self._tint_now()

    def set_slices(self, axes: frozenset[int]) -> None:
        """Show the slices across these axes."""
        self.look.slices = axes
        self._show_slices()

    def set_cursor(self, cursor: tuple[int, int, int] | None) -> None:
        """Where they meet."""
        self._slicer.set_cursor(cursor)
        if self.look.slices:
            self._show_slices()

    def set_region(self, region: Region | None) -> None:
        """Outline a box of voxels."""
        self._region = region
        self._outline()

    def _tint_now(self) -> None:
        """Bring colours and what is on the screen together; a stack of another shape stays plain."""
        if self.renderer is None or self.loaded is None or self.volume is None:
            return
        fits = self._tints.fits(self.volume)
        # Colours lie on a surface; an opened stack that happens to be binary begins as brightest voxel.
        mode = "iso" if fits else usual_mode(self.volume)
        follow = "mode" not in self.adjusted and (fits or not self._more)
        if follow and mode != self.look.mode:
            self.draw_as(mode)
        self._tints.show(self.renderer, self._screen, self.loaded.how if fits else None)

    def _show_slices(self) -> None:
        if self.renderer is not None and self.loaded is not None:
            self.renderer.change(lambda scene: self._slicer.show(scene, self.look.slices))

    def _outline(self) -> None:
        if self.renderer is not None and self.loaded is not None and self.volume is not None:
            self.renderer.set_region(_part(self._region, Frame(self.volume.info)))


def _part(region: Region | None, frame: Frame) -> tuple[tuple[float, float], ...] | None:
    """Part of each axis (z, y, x), 0-1, that a region takes; None if it reaches beyond the stack."""
    if region is None or any(high > n for high, n in zip(region.high, frame.info.shape, strict=True)):
        return None
    ends = [(box_of(region, frame, axis), frame.length(axis)) for axis in range(3)]
    return tuple((low / length, high / length) for (low, high), length in ends)
