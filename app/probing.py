"""Lines, histograms, playing and pictures of the slices: what their actions do in the window."""

from __future__ import annotations

from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING

from PySide6.QtCore import QObject
from PySide6.QtGui import QGuiApplication, QImage
from PySide6.QtWidgets import QApplication, QLabel

from app.dialogs.picture import PictureDialog, PictureWish
from app.geometry import CUT_NAMES, X, Y, Z
from app.histograms import volume_histogram
from app.panels.slice_tools import SliceTools
from app.plots.lines import KINDS, LineKind
from app.plots.snapshot import annotate, image_of, whole_picture, write_picture
from core.files import write_text
from core.job import Job, Progress

if TYPE_CHECKING:
    from app.main_window import MainWindow
    from app.plots.snapshot import Shot

TOLD_MS = 8000
TEXTS, PICTURES = "Comma-separated values (*.csv)", "PNG (*.png)"
OPEN_ACTIONS = (*KINDS, "histogram", "play", "copy-picture", "save-slice")
TOLD = {
    "profile": "Draw a line: press, drag, let go. Escape puts the tool aside.",
    "distance": "Draw a line from one place to another. Escape puts the tool aside.",
    "angle": "Draw one arm towards the corner, click where the other ends. Escape puts the tool aside.",
}


class Probing(QObject):
    """Connects the tools of the slice views with actions, panel, clipboard and files."""

    def __init__(self, window: MainWindow) -> None:
        super().__init__(window)
        self._window, self._program = window, window.program
        self._views, self._panel = window.views.slices, window.grey_values
        self._counting = self._program.counting
        self.tools = SliceTools(window.acts, self._views.player)
        self._views.add_controls(self.tools)
        self._inputs: object = None
        self._counted: object = None  # of which volume the counts are
        self._connect()
        self._enable()

    def stop(self) -> None:
        """Want nothing more: the window closes."""
        self._panel.stop()

    def _connect(self) -> None:
        acts, gauges, player, session = (
            self._window.acts, self._views.gauges, self._views.player, self._program.session,
        )  # fmt: skip
        for kind in KINDS:
            acts[kind].triggered.connect(lambda on=False, kind=kind: self._use(kind, on))
        gauges.tool_changed.connect(self._tool_changed)
        acts["play"].triggered.connect(self._play)
        player.playing_changed.connect(self._playing_changed)
        acts.on("histogram", lambda: self._show_plot("slice"))
        acts.on("copy-picture", self.copy_picture)
        acts.on("save-slice", self._ask_picture)
        session.inputs_changed.connect(self._opened)
        session.channel_changed.connect(self._enable)
        self._panel.save_wanted.connect(self._save_text)
        self._panel.volume_wanted.connect(self._count)
        self._panel.said.connect(self._say)
        self._window.shower.measurable.connect(self._volume_changed)
        self._counting.ready.connect(self._panel.set_volume_histogram)
        self._counting.progressed.connect(self._counting_on)
        self._counting.failed.connect(
            lambda error: self._program.problems.report(error, "counting grey values")
        )

    # ------------------------------------------------------------------ tools
    def _use(self, kind: LineKind, on: bool) -> None:
        if on:
            self._show_slices()
            self._views.setFocus()
            self._say(TOLD[kind])
            if kind == "profile":
                self._show_plot("profile")
        self._views.gauges.use(kind if on else None)

    def _tool_changed(self, tool: str) -> None:
        for kind in KINDS:
            self._window.acts[kind].setChecked(kind == tool)
        if not tool:
            self._window.statusBar().clearMessage()

    def _play(self, on: bool) -> None:
        if on:
            self._show_slices()
            self._views.setFocus()
            self._views.player.play()
        else:
            self._views.player.stop()
        self._window.acts["play"].setChecked(self._views.player.playing)

    def _playing_changed(self, on: bool) -> None:
        self._window.acts["play"].setChecked(on)

    def _show_slices(self) -> None:
        if not self._views.isVisible():
            self._window.acts["slices"].trigger()

    def _show_plot(self, name: str) -> None:
        self._window.docks["grey values"].raise_()
        self._panel.show_plot(name)

    # ------------------------------------------------------------------ what is open
    def _opened(self) -> None:
        inputs = {name: each.spec.paths for name, each in self._program.session.inputs.items()}
        before, self._inputs = self._inputs, inputs
        known = before if isinstance(before, dict) else {}
        if not any(inputs.get(name) == paths for name, paths in known.items()):
            self._views.gauges.forget()  # they belong to another sample
        self._enable()

    def _enable(self) -> None:
        is_open = self._program.session.volume is not None
        for name in OPEN_ACTIONS:
            self._window.acts[name].setEnabled(is_open)
        if not is_open:
            self._views.player.stop()
            self._views.gauges.use(None)

    # ------------------------------------------------------------------ histogram of the volume
    def _volume_changed(self, _measurable: object) -> None:
        if self._views.volume() is self._counted:
            return
        self._counted = None
        self._counting.drop()
        self._panel.set_volume_histogram(None)
        self._panel.refresh_soon()

    def _count(self) -> None:
        volume = self._views.volume()
        if volume is not None and not self._counting.waiting:
            self._counted = volume
            self._panel.set_volume_histogram(None, "counting …")
            self._counting.ask(partial(volume_histogram, volume))

    def _counting_on(self, progress: Progress) -> None:
        self._panel.set_volume_histogram(None, f"counting … {progress.fraction:.0%}")

    # ------------------------------------------------------------------ files and clipboard
    def copy_picture(self) -> None:
        """Put the view into the clipboard: the cut that was clicked last, or 3D where it is alone."""
        marked = _marked_text()
        if marked:  # the same keys copy text
            QGuiApplication.clipboard().setText(marked)
            return
        views = self._window.views
        if self._views.isHidden() and views.volume_view is not None:
            QGuiApplication.clipboard().setImage(views.volume_view.grab().toImage())
            self._say("The 3D view can be pasted now")
            return
        axis = self._views.active_axis()
        QGuiApplication.clipboard().setImage(self._views.cut(axis).grabbed())
        self._say(f"The {CUT_NAMES[axis]} slice can be pasted now")

    def _ask_picture(self) -> None:
        self._show_slices()
        sizes = {}
        for axis in (Z, Y, X):
            pane = self._views.cut(axis)
            shot = None if pane.isHidden() else pane.shot()
            if shot is not None:
                ratio = pane.devicePixelRatioF()
                sizes[axis] = (round(pane.height() * ratio), round(pane.width() * ratio)), shot.size_yx
        if sizes:
            first = self._views.active_axis()
            dialog = PictureDialog(sizes, first if first in sizes else next(iter(sizes)), self._window)
            dialog.wished.connect(self._picture_wished)
            dialog.open()

    def _picture_wished(self, wish: PictureWish) -> None:
        name = f"slice {CUT_NAMES[wish.axis]} {self._views.cursor_zyx()[wish.axis]}.png"
        save = partial(self._save_picture, wish)
        self._window.asker.save_as("Save the slice as a picture", name, PICTURES, save)

    def _save_picture(self, wish: PictureWish, path: Path) -> None:
        pane = self._views.cut(wish.axis)
        if not wish.whole:
            self.write_picture(pane.grabbed(bar=wish.bar, lines=wish.lines), path)
            return
        shot = pane.shot()
        if shot is not None:
            task = self._program.quick.prepare("Picture of the slice", partial(_drawn, shot))
            task.succeeded.connect(lambda image: self._finish_picture(image, shot, wish, path))
            task.failed.connect(lambda error: self._program.problems.report(error, "saving the picture"))
            self._program.quick.start(task)

    def _finish_picture(self, image: QImage, shot: Shot, wish: PictureWish, path: Path) -> None:
        annotate(image, shot, self._views.gauges if wish.lines else None, bar=wish.bar)
        coarse = not all(part.plane.exact for part in shot.parts)
        self.write_picture(image, path, ", as coarse as the overview: not every voxel was read yet" * coarse)

    def write_picture(self, image: QImage, path: Path, remark: str = "") -> None:
        """Write a picture in the background, and say so when it is there."""
        task = self._program.quick.prepare("Save the picture", partial(write_picture, image, path))
        task.succeeded.connect(lambda target: self._say(f"Picture saved as {target}{remark}"))
        task.failed.connect(lambda error: self._program.problems.report(error, "saving the picture"))
        self._program.quick.start(task)

    def _save_text(self, title: str, name: str, text: str) -> None:
        self._window.asker.save_as(title, name, TEXTS, partial(self._write_text, text))

    def _write_text(self, text: str, path: Path) -> None:
        target = path if path.suffix else path.with_name(f"{path.name}.csv")
        task = self._program.quick.prepare("Save values", lambda _job: write_text(target, text))
        task.succeeded.connect(lambda _none: self._say(f"Saved as {target}"))
        task.failed.connect(lambda error: self._program.problems.report(error, "saving values"))
        self._program.quick.start(task)

    def _say(self, text: str) -> None:
        self._window.statusBar().showMessage(text, TOLD_MS)


def _drawn(shot: Shot, job: Job) -> QImage:
    return image_of(whole_picture(shot, job))


def _marked_text() -> str:
    focused = QApplication.focusWidget()
    return focused.selectedText() if isinstance(focused, QLabel) and focused.hasSelectedText() else ""
