"""The middle of the window: linked slices and the volume in 3D, side by side or alone."""

from __future__ import annotations

import importlib
import sys
from collections.abc import Callable
from typing import TYPE_CHECKING, TypeAlias

from PySide6.QtCore import Qt, Signal
from PySide6.QtGui import QImage
from PySide6.QtWidgets import QSizePolicy, QSplitter, QWidget

from app.plots.slices import SliceViews
from app.region import Region
from app.tint import Tint
from app.widgets import label
from core.job import Job
from core.volume import Volume

if TYPE_CHECKING:
    from app.canvas.volume3d import VolumeView

Load: TypeAlias = Callable[[Callable[[], None]], None]
"""``load(then)``: loads what 3D needs, then calls `then`, maybe at once."""
VOLUME_MODULES = ("app.canvas.volume3d", "app.canvas.renderer")
OPACITY = 0.75  # of colours by component or thickness: the grey values stay visible below


def at_once(then: Callable[[], None]) -> None:
    """Load nothing before 3D is made."""
    then()


def volume_view_loaded() -> bool:
    """Whether 3D can be made without loading anything."""
    return all(name in sys.modules for name in VOLUME_MODULES)


def load_volume_view(job: Job) -> None:
    """Import what 3D needs; in a worker thread."""
    for name in VOLUME_MODULES:
        job.check()
        importlib.import_module(name)


class CentreViews(QSplitter):
    """Slices always, 3D from the first time it is asked for (it needs OpenGL, which takes a while to load).

    Signals: `failed` (exception) when 3D cannot be shown, `refused` (exception) when a picture or movie of it
    cannot be saved, `saved` (path) when it was, `shown` (slices, volume: bool) after a change.
    """

    failed = Signal(object)
    refused = Signal(object)
    saved = Signal(object)
    shown = Signal(bool, bool)

    def __init__(
        self, make_volume_view: Callable[[], VolumeView], load: Load = at_once, parent: QWidget | None = None
    ) -> None:
        super().__init__(Qt.Orientation.Horizontal, parent)
        self.slices = SliceViews()
        self.slices.set_mode("swipe")
        self.volume_view: VolumeView | None = None
        self._make_volume_view, self._load = make_volume_view, load
        self._wanted: tuple[bool, bool] | None = None  # what to show once 3D can be made
        self._films = False  # whether a movie is what it is wanted for
        self._coming = label("Opening 3D …", "quiet")
        self._coming.setAlignment(Qt.AlignmentFlag.AlignCenter)
        self._coming.setSizePolicy(QSizePolicy.Policy.Expanding, QSizePolicy.Policy.Expanding)
        self._coming.hide()
        self._volume: Volume | None = None
        self._tint: Tint | None = None
        self._region: Region | None = None
        self.setChildrenCollapsible(False)
        self.setContentsMargins(8, 6, 8, 6)
        self.addWidget(self.slices)
        self.addWidget(self._coming)
        self.slices.cursor_changed.connect(lambda _z, _y, _x: self._follow_cursor())

    def set_volume(self, volume: Volume | None) -> None:
        """Say what 3D shows; it is read when 3D is visible."""
        self._volume = volume
        if self.volume_view is not None:
            self.volume_view.set_volume(volume)
            self._follow_cursor()

    def set_region(self, region: Region | None) -> None:
        """Mark a box of voxels in slices and 3D; None marks none."""
        self._region = region
        self.slices.set_region(region)
        if self.volume_view is not None:
            self.volume_view.set_region(region)

    def set_tint(self, tint: Tint | None, *, more: bool = False) -> None:
        """Colour slices and 3D; None ends it, maybe only until there are `more`."""
        if tint is None:
            self.slices.set_overlay(None)
        elif self.slices.overlay() is not tint.volume:
            chosen = self.slices.overlay_opacity
            self.slices.set_overlay(tint.volume, OPACITY if chosen is None else chosen, legend=tint.legend)
        if self.volume_view is not None and (tint is not self._tint or not more):
            self.volume_view.set_tint(tint, more=more)
        self._tint = tint

    def show_views(self, slices: bool, volume: bool) -> None:
        """Show slices, 3D, or both side by side; where 3D is not possible the slices stay."""
        waiting, self._wanted = self._wanted is not None, None
        if volume and self.volume_view is None:
            self._wanted = slices, volume
            if not waiting:
                self._load(self._loaded)
            if self._wanted is not None:
                self._say_coming(slices)
                return
        self._coming.hide()
        if self.volume_view is not None:
            self.volume_view.setVisible(volume)
        volume = volume and self.volume_view is not None
        self.slices.setVisible(slices or not volume)
        if slices and volume:
            self.setSizes([1] * self.count())  # what is hidden takes none
        self.shown.emit(slices or not volume, volume)

    def picture(self) -> QImage:
        """What is visible.

        Raises
        ------
        ParameterError
            If 3D alone is visible, and has no picture yet.
        """
        if self.volume_view is not None and self.slices.isHidden():
            return self.volume_view.picture()
        return self.grab().toImage()

    def show_movie_panel(self) -> None:
        """Show 3D with what a movie needs."""
        if self.volume_view is None or self.volume_view.isHidden():
            self.show_views(False, True)
        if self.volume_view is not None:
            self.volume_view.show_panel("Movie")
        else:
            self._films = True

    def _follow_cursor(self) -> None:
        """Let the slices in the volume meet where the cuts do, or in the middle of another stack."""
        if self.volume_view is not None and self._volume is not None:
            self.volume_view.set_cursor(self.slices.cursor_in(self._volume.info))

    def shutdown(self) -> None:
        """End the threads of the views."""
        self.slices.shutdown()
        if self.volume_view is not None:
            self.volume_view.shutdown()

    def _say_coming(self, slices: bool) -> None:
        """Hold the place of 3D while its parts are loaded."""
        self._coming.show()
        self.slices.setVisible(slices)
        self.setSizes([1] * self.count())  # what is hidden takes none
        self.shown.emit(slices, True)

    def _loaded(self) -> None:
        """3D can be made now; whoever has gone back to the slices does not want it any more."""
        wanted, self._wanted = self._wanted, None
        if wanted is None:
            return
        self._open_volume_view()
        self.show_views(*(wanted if self.volume_view is not None else (True, False)))
        if self._films and self.volume_view is not None:
            self.volume_view.show_panel("Movie")
        self._films = False

    def _open_volume_view(self) -> None:
        try:
            view = self._make_volume_view()
        except (ImportError, RuntimeError) as error:
            self.failed.emit(error)
            return
        self.volume_view = view
        view.refused.connect(self.refused)
        view.saved.connect(self.saved)
        view.set_volume(self._volume)
        self._follow_cursor()
        view.set_tint(self._tint)
        view.set_region(self._region)
        self.addWidget(view)
