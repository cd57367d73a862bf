"""The middle of the window: linked slices and the volume in 3D, side by side or alone."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING

from PySide6.QtCore import Qt, Signal
from PySide6.QtGui import QImage
from PySide6.QtWidgets import QSplitter, QWidget

from app.plots.slices import SliceViews
from core.errors import WriteError
from core.volume import Volume

if TYPE_CHECKING:
    from app.canvas import VolumeView


class CentreViews(QSplitter):
    """Slices always, 3D from the first time it is asked for (it needs OpenGL, which takes a while to load).

    Signals: `failed` (exception) when 3D cannot be shown, `shown` (slices, volume: bool) after a change.
    """

    failed = Signal(object)
    shown = Signal(bool, bool)

    def __init__(self, make_volume_view: Callable[[], VolumeView], parent: QWidget | None = None) -> None:
        super().__init__(Qt.Orientation.Horizontal, parent)
        self.slices = SliceViews()
        self.slices.set_mode("swipe")
        self.volume_view: VolumeView | None = None
        self._make_volume_view = make_volume_view
        self._volume: Volume | None = None
        self.setChildrenCollapsible(False)
        self.addWidget(self.slices)

    def set_volume(self, volume: Volume | None) -> None:
        """Say what 3D shows; it is read only while 3D is visible."""
        self._volume = volume
        if self.volume_view is not None and not self.volume_view.isHidden():
            self.volume_view.set_volume(volume)

    def show_slices(self, on: bool) -> None:
        """Show or hide the slices; one of the two views stays."""
        self.slices.setVisible(on)
        if not on:
            self.show_volume(True)
        self._tell()

    def show_volume(self, on: bool) -> None:
        """Show or hide the volume in 3D; one of the two views stays."""
        if on and self.volume_view is None:
            self._open_volume_view()
        view = self.volume_view
        if view is not None:
            view.setVisible(on)
            view.set_volume(self._volume if on else None)
        if not on or view is None:
            self.slices.setVisible(True)
        self._tell()

    def picture(self) -> QImage:
        """The visible views as on the screen."""
        if self.volume_view is not None and not self.volume_view.isHidden() and self.slices.isHidden():
            return self.volume_view.grab_image()
        return self.grab().toImage()

    def save_picture(self, path: Path) -> None:
        """Write the visible views into a PNG file.

        Raises
        ------
        WriteError
            If that is not possible.
        """
        if not self.picture().save(str(path)):
            raise WriteError(f"cannot write the picture {path}", remedy="choose another folder or file type")

    def shutdown(self) -> None:
        """End the threads of the views."""
        self.slices.shutdown()
        if self.volume_view is not None:
            self.volume_view.shutdown()

    def _open_volume_view(self) -> None:
        try:
            view = self._make_volume_view()
        except (ImportError, RuntimeError) as error:
            self.failed.emit(error)
            return
        self.volume_view = view
        self.addWidget(view)
        self.setSizes([1, 1])

    def _tell(self) -> None:
        volume = self.volume_view is not None and not self.volume_view.isHidden()
        self.shown.emit(not self.slices.isHidden(), volume)
