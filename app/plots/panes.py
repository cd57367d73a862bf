"""The three cuts side by side: one zoom, one centre, one cursor mark, one divider."""

from __future__ import annotations

from PySide6.QtCore import QSignalBlocker, Qt, Signal
from PySide6.QtWidgets import QFrame, QScrollArea, QSplitter, QVBoxLayout, QWidget

from app.geometry import CUT_AXES, CUT_NAMES, Frame, Lens, X, Y, Z
from app.plots.box import Box
from app.plots.pane import SlicePane
from app.region import Region, box_of
from app.tint import Legend

SMALLEST_SHARE = 0.3  # of the width or height that a cut gets
LEGEND_LINES = 7  # a lower cut has no room for caption and legend above each other


class LinkedPanes(QWidget):
    """Lays out the cuts (xy, yz above; xz, `corner` below) and keeps them at the same scale and place.

    Signals carry the axis a cut goes across and positions (row, column) in the frame's unit.
    """

    pointed = Signal(int, float, float)
    hovered = Signal(int, float, float)
    left = Signal()
    stepped = Signal(int, int)
    windowed = Signal(float, float)
    box_changed = Signal(int, object)

    def __init__(self, corner: QWidget, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.frame: Frame | None = None
        self.lens = Lens([0.0, 0.0, 0.0])
        self._corner = _low(corner)
        self._cursor = (0, 0, 0)
        self._fitted = True
        self._legend: Legend | None = None
        self._panes = {axis: SlicePane(axis, self) for axis in (Z, Y, X)}
        self._rows = [QSplitter(Qt.Orientation.Horizontal) for _ in range(2)]
        self._columns = QSplitter(Qt.Orientation.Vertical)
        contents: tuple[tuple[QWidget, QWidget], ...] = (
            (self._panes[Z], self._panes[X]),
            (self._panes[Y], self._corner),
        )
        for row, widgets in zip(self._rows, contents, strict=True):
            for widget in widgets:
                row.addWidget(widget)
        for row in self._rows:
            row.setChildrenCollapsible(False)
            self._columns.addWidget(row)
            row.splitterMoved.connect(lambda *_moved, row=row: self._align_rows(row))
        self._columns.setChildrenCollapsible(False)
        layout = QVBoxLayout(self)
        layout.setContentsMargins(0, 0, 0, 0)
        layout.addWidget(self._columns)
        for axis, pane in self._panes.items():
            self._connect(axis, pane)

    def __getitem__(self, axis: int) -> SlicePane:
        """The cut across an axis."""
        return self._panes[axis]

    def all(self) -> tuple[SlicePane, ...]:
        """The three cuts: xy, xz, yz."""
        return tuple(self._panes.values())

    def _connect(self, axis: int, pane: SlicePane) -> None:
        pane.pointed.connect(lambda row, column: self.pointed.emit(axis, row, column))
        pane.hovered.connect(lambda row, column: self.hovered.emit(axis, row, column))
        pane.left.connect(self.left)
        pane.stepped.connect(lambda steps: self.stepped.emit(axis, steps))
        pane.zoomed.connect(lambda factor, row, column: self.zoom(factor, axis, (row, column)))
        pane.panned.connect(lambda rows, columns: self._pan(axis, (rows, columns)))
        pane.windowed.connect(self.windowed)
        pane.box_changed.connect(lambda box: self.box_changed.emit(axis, box))
        pane.divider_moved.connect(self._move_divider)
        pane.fit_wanted.connect(self.fit)
        pane.resized.connect(self._refit)

    def stop(self) -> None:
        """Draw no more."""
        for pane in self._panes.values():
            pane.stop()

    # ------------------------------------------------------------------ place and scale
    def set_frame(self, frame: Frame | None, *, keep: bool = False) -> None:
        """Take a volume's geometry; unless `keep`, show all of it and share the space accordingly."""
        self.frame = frame
        if frame is not None:  # the cursor of a larger stack would lie outside until it is set anew
            z, y, x = (min(at, n - 1) for at, n in zip(self._cursor, frame.info.shape, strict=True))
            self._cursor = (z, y, x)
        for pane in self._panes.values():
            pane.frame, pane.message, pane.caption, pane.badges = frame, "", "", ()
            pane.update_soon()
        if frame is not None and not keep:
            self._share_space(frame)
            self.fit()
        self._apply()

    def set_cursor_position(self, zyx: tuple[int, int, int], *, follow: bool = True) -> None:
        """Mark the cursor; with `follow`, it is brought back into view where it has left it."""
        self._cursor = zyx
        if follow and self.frame is not None and not self._fitted:
            for axis, pane in self._panes.items():
                if not pane.isHidden():
                    self._reveal(axis, pane)
        self._apply()

    def fit(self) -> None:
        """Show everything, and keep doing so when the size changes."""
        self._fitted = True
        if self.frame is not None:
            shown = {axis: pane for axis, pane in self._panes.items() if not pane.isHidden()}
            sizes = {axis: (float(pane.height()), float(pane.width())) for axis, pane in shown.items()}
            self.lens.fit(self.frame, sizes)
            self._apply()

    def zoom(self, factor: float, axis: int = Z, at: tuple[float, float] | None = None) -> None:
        """Change the scale about a position of a cut (default: the cursor)."""
        if self.frame is None:
            return
        self._fitted = False
        self.lens.zoom(factor, self.frame, axis, self._marks(axis) if at is None else at)
        self._apply()

    def set_legend(self, legend: Legend | None) -> None:
        """Say in the xy view what the colours of the overlay mean; if it has no room, another cut does."""
        self._legend = legend
        self._place_legend()

    @property
    def legend(self) -> Legend | None:
        """What the colours of the overlay mean."""
        return self._legend

    def _place_legend(self) -> None:
        visible = [pane for pane in self._panes.values() if not pane.isHidden()]
        needed = LEGEND_LINES * self.fontMetrics().height()
        roomy = [pane for pane in visible if pane.height() >= needed]
        place = roomy[0] if roomy else max(visible, key=lambda pane: pane.height(), default=None)
        for pane in self._panes.values():
            pane.set_legend(self._legend if pane is place else None)

    def set_region(self, region: Region | None, cursor: tuple[int, int, int]) -> None:
        """Mark a region in all cuts."""
        for axis, pane in self._panes.items():
            if region is None or self.frame is None:
                pane.set_box(None)
                continue
            rows, columns = (box_of(region, self.frame, along) for along in CUT_AXES[axis])
            pane.set_box(Box(rows, columns, region.low[axis] <= cursor[axis] < region.high[axis]))

    def set_views(self, views: str) -> None:
        """Show ``all`` cuts or only one of ``xy``, ``xz``, ``yz``."""
        for axis, pane in self._panes.items():
            pane.setVisible(views in ("all", CUT_NAMES[axis]))
        self._corner.setVisible(views == "all")
        self._rows[0].setVisible(views != "xz")
        self._rows[1].setVisible(views in ("all", "xz"))
        self._place_legend()
        self._refit()

    def set_mode(self, mode: str, names: tuple[str, str]) -> None:
        """Show ``before``, ``after`` or both sides of the divider (``swipe``) in all cuts."""
        for pane in self._panes.values():
            pane.mode, pane.names = mode, names
            pane.update_soon()

    def _marks(self, axis: int) -> tuple[float, float]:
        if self.frame is None:
            return 0.0, 0.0
        rows, columns = CUT_AXES[axis]
        return self.frame.centre(rows, self._cursor[rows]), self.frame.centre(columns, self._cursor[columns])

    def _reveal(self, axis: int, pane: SlicePane) -> None:
        seen = pane.visible()
        limits = ((seen.top(), seen.bottom()), (seen.left(), seen.right()))
        for along, position, (low, high) in zip(CUT_AXES[axis], self._marks(axis), limits, strict=True):
            if not low <= position <= high:
                self.lens.centre[along] = position

    def _apply(self) -> None:
        for axis, pane in self._panes.items():
            rows, columns = CUT_AXES[axis]
            pane.set_cross(self._marks(axis) if self.frame is not None else None)
            pane.set_window((self.lens.centre[rows], self.lens.centre[columns]), self.lens.scale)

    def _pan(self, axis: int, moved: tuple[float, float]) -> None:
        if self.frame is not None:
            self._fitted = False
            self.lens.pan(axis, moved, self.frame)
            self._apply()

    def _refit(self) -> None:
        self._place_legend()
        if self._fitted:
            self.fit()

    def _move_divider(self, fraction: float) -> None:
        for pane in self._panes.values():
            pane.divider = fraction
            pane.update_soon()

    # ------------------------------------------------------------------ layout
    def _share_space(self, frame: Frame) -> None:
        """Divide width and height like the volume, so that at one scale no cut wastes its space."""
        depth, height, width = (frame.length(axis) for axis in (Z, Y, X))

        def shares(first: float, second: float) -> list[int]:
            share = min(max(first / (first + second), SMALLEST_SHARE), 1 - SMALLEST_SHARE)
            return [round(10_000 * share), round(10_000 * (1 - share))]

        for row in self._rows:
            row.setSizes(shares(width, depth))
        self._columns.setSizes(shares(height, depth))

    def _align_rows(self, moved: QSplitter) -> None:
        for row in self._rows:
            if row is not moved:
                with QSignalBlocker(row):
                    row.setSizes(moved.sizes())


def _low(corner: QWidget) -> QScrollArea:
    """Let a widget be scrolled rather than take the height from the cuts."""
    area = QScrollArea()
    area.setFrameShape(QFrame.Shape.NoFrame)
    area.setWidgetResizable(True)
    area.setHorizontalScrollBarPolicy(Qt.ScrollBarPolicy.ScrollBarAlwaysOff)
    area.setWidget(corner)
    area.setMinimumWidth(corner.minimumSizeHint().width() + area.verticalScrollBar().sizeHint().width())
    return area
