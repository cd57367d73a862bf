"""Which cut is saved as a picture, how large, and with what on it."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from PySide6.QtCore import Qt, Signal
from PySide6.QtWidgets import QCheckBox, QDialog, QLabel, QWidget

from app.geometry import CUT_NAMES
from app.widgets import button, column, combo_box, label, row

WIDTH_PX = 420


@dataclass(frozen=True)
class PictureWish:
    """What the user wants to save.

    Attributes
    ----------
    axis : int
        The cut goes across it.
    whole : bool
        The whole slice with its own pixels, or what is on the screen.
    bar, lines : bool
        Whether the scale bar and the lines are drawn.
    """

    axis: int
    whole: bool
    bar: bool
    lines: bool


class PictureDialog(QDialog):
    """Asks; `wished` carries a `PictureWish`.

    Parameters
    ----------
    sizes : mapping of int to (screen, whole)
        For each cut that is shown, rows and columns as on the screen and of the whole slice.
    axis : int
        The cut that is offered first.
    """

    wished = Signal(object)

    def __init__(
        self,
        sizes: Mapping[int, tuple[tuple[int, int], tuple[int, int]]],
        axis: int,
        parent: QWidget | None = None,
    ) -> None:
        super().__init__(parent)
        self.setAttribute(Qt.WidgetAttribute.WA_DeleteOnClose)
        self.setWindowTitle("Trueslice")
        self.setMinimumWidth(WIDTH_PX)
        self._sizes = dict(sizes)
        self.cut = combo_box([CUT_NAMES[each] for each in self._sizes], "Cut")
        self.size_choice = combo_box(["", ""], "Size of the picture")
        self.bar, self.lines = QCheckBox("Scale bar"), QCheckBox("Lines with their values")
        for box, tip in (
            (self.bar, "Draw the scale bar into the picture"),
            (self.lines, "Draw the lines of profile, distances and angles into the picture"),
        ):
            box.setChecked(True)
            box.setToolTip(tip)
        self.cut.currentIndexChanged.connect(lambda _index: self._say_sizes())
        self.cut.setCurrentIndex(list(self._sizes).index(axis))
        self._say_sizes()
        save = button("Save…", self._wish, kind="primary")
        save.setDefault(True)
        parts = (
            label("Save a slice as a picture", "title"),
            row(_named("Cut", self.cut), self.cut, None),
            row(_named("Size", self.size_choice), self.size_choice, None),
            self.bar,
            self.lines,
        )
        body = column(*parts, gap=10)
        self.setLayout(column(body, row(None, button("Cancel", self.reject), save, gap=8), margin=24, gap=16))

    @property
    def axis(self) -> int:
        """The cut that is chosen."""
        return list(self._sizes)[self.cut.currentIndex()]

    def _say_sizes(self) -> None:
        screen, whole = (f"{columns} × {rows} px" for rows, columns in self._sizes[self.axis])
        self.size_choice.setItemText(0, f"As on the screen: {screen}")
        self.size_choice.setItemText(1, f"Whole slice, every pixel: {whole}")

    def _wish(self) -> None:
        whole = self.size_choice.currentIndex() == 1
        wish = PictureWish(self.axis, whole, self.bar.isChecked(), self.lines.isChecked())
        self.accept()
        self.wished.emit(wish)


def _named(text: str, buddy: QWidget) -> QLabel:
    made = QLabel(text)
    made.setMinimumWidth(made.fontMetrics().horizontalAdvance("Size  "))
    made.setBuddy(buddy)
    return made
