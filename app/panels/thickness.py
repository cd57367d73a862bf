"""The thickness of slices: curve, histogram, other sources beside it."""

from __future__ import annotations

from collections.abc import Sequence

from PySide6.QtCore import Signal
from PySide6.QtWidgets import QHBoxLayout, QSplitter, QVBoxLayout, QWidget

from app.plots.thickness import Thicknesses, ThicknessHistogram, ThicknessPlot
from app.widgets import button, clear, column, flush, label, row, scrolled
from core.thickness.assemble import unmeasured_of
from core.thickness.results import ThicknessEstimate

LEFT_PX = 286
SHARES = (3, 2)


class ThicknessPage(QWidget):
    """Shows thicknesses and asks for changes; `app.panels.alignment` makes them.

    Signals
    -------
    slice_chosen : int
        Slice of the input, after a click or a button.
    compare_wanted, clear_wanted, save_wanted
        A table of another source is to be shown beside this one; none; this one is to be saved.
    use_wanted, reset_wanted
        A table is to take the place of what was found; back to what was found.
    """

    slice_chosen = Signal(int)
    compare_wanted = Signal()
    clear_wanted = Signal()
    save_wanted = Signal()
    use_wanted = Signal()
    reset_wanted = Signal()

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.plot, self.histogram = ThicknessPlot(), ThicknessHistogram()
        self.plot.slice_chosen.connect(self.slice_chosen)
        self._title = label("", "heading")
        self._words = QVBoxLayout()
        self.previous_button = button("◀ Marked", lambda: self.plot.choose_marked(False))
        self.next_button = button("Marked ▶", lambda: self.plot.choose_marked(True))
        self.previous_button.setToolTip("Go to the marked slice before this one (Shift+N in the plot)")
        self.next_button.setToolTip("Outliers, implausible and unmeasured slices (N in the plot)")
        self.compare_button = button("Compare with…", self.compare_wanted.emit)
        self.compare_button.setToolTip("Show thicknesses from another table beside these")
        self.clear_button = button("Only this", self.clear_wanted.emit)
        self.clear_button.setToolTip("Show other tables no more")
        self.save_button = button("Save table…", self.save_wanted.emit)
        self.use_button = button("Use a table…", self.use_wanted.emit)
        self.use_button.setToolTip("Take the places of slices from a table or log instead")
        self.reset_button = button("Back to what is found", self.reset_wanted.emit)
        self._lay_out()
        self.show_thicknesses(None, [])

    def _lay_out(self) -> None:
        told = column(
            self._title,
            row(self.previous_button, self.next_button, None),
            row(self.compare_button, self.clear_button, None),
            row(self.save_button, self.use_button, None),
            row(self.reset_button, None),
            self._words,
            None,
            gap=8,
        )
        left = scrolled(told)
        left.setFixedWidth(LEFT_PX)
        plots = QSplitter()
        plots.setChildrenCollapsible(False)
        for place, (widget, share) in enumerate(zip((self.plot, self.histogram), SHARES, strict=True)):
            plots.addWidget(widget)
            plots.setStretchFactor(place, share)
        plots.setSizes([1000 * share for share in SHARES])
        layout = QHBoxLayout(self)
        layout.addWidget(left)
        layout.addWidget(plots, 1)
        flush(self)

    def show_thicknesses(self, shown: Thicknesses | None, words: Sequence[str], *, own: bool = False) -> None:
        """Show thicknesses with what is said about them."""
        clear(self._words)
        self._title.setText(words[0] if words else "")
        for text in words[1:]:
            self._words.addWidget(label(text, "small"))
        self.plot.show_thicknesses(shown)
        self.histogram.show_thicknesses(shown)
        marked = bool(self.plot.marked())
        for each in (self.previous_button, self.next_button):
            each.setEnabled(marked)
        for each in (self.compare_button, self.save_button):
            each.setEnabled(shown is not None)
        self.reset_button.setVisible(own)
        self.clear_button.setVisible(shown is not None and bool(shown.tables))

    def set_slice(self, index: int | None) -> None:
        """Mark the slice of the input that is looked at."""
        self.plot.set_slice(index)


def words_of(estimate: ThicknessEstimate) -> list[str]:
    """What was found of the thickness, in words."""
    said = []
    if estimate.mean_nm is not None:
        spread = "" if estimate.sd_nm is None else f" ± {estimate.sd_nm:.3g}"
        said.append(f"Mean {estimate.mean_nm:.4g}{spread} nm (standard deviation), from: {estimate.method}.")
    if estimate.gamma_shape is not None and estimate.gamma_scale_nm is not None:
        shape, scale = estimate.gamma_shape, estimate.gamma_scale_nm
        said.append(f"Fitted gamma distribution: shape {shape:.3g}, scale {scale:.3g} nm.")
    known = [sigma for sigma in estimate.sigma_nm if sigma > 0]
    if known:
        said.append(f"Standard error of a thickness: {sorted(known)[len(known) // 2]:.2g} nm (median).")
    marks = (
        (len(estimate.outliers), "outlier{} (z-score over 1.5)"),
        (len(estimate.implausible), "implausible (1 nm or less)"),
        (len(unmeasured_of(estimate)), "slice{} not measured"),
    )
    found = ", ".join(f"{number} {name.format('s' * (number > 1))}" for number, name in marks if number)
    said.append(f"Marked: {found}." if found else "No slice is marked.")
    if estimate.angle_deg is not None and estimate.pixel_nm is not None:
        said.append(f"Ruler: {estimate.angle_deg:g}°, pixel {estimate.pixel_nm:.4g} nm.")
    return [*said, *estimate.remarks()]
