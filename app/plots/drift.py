"""The shifts of a registered stack: how content wanders, what of it is slow, what did not lock."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import pyqtgraph as pg
from PySide6.QtCore import Qt
from PySide6.QtWidgets import QWidget

from app.plots.per_slice import BAD, DASHES, SIGNS, Flags, PerSlicePlots, Values
from app.plots.theme import curve_colour
from core.align.results import ChannelMoves, RegisterEstimate

QUALITIES = ("Correlation", "Mutual information", "Residual", "Confidence")
BEFORE_COLOUR, AFTER_COLOUR = 4, 2
MOST_SYMBOLS = 400  # more slices than this are drawn as lines only


@dataclass(frozen=True, eq=False)
class Drift:
    """What the plot shows.

    Attributes
    ----------
    numbers : ndarray of int, shape (n,)
        Slice of the input for each slice that was registered.
    shifts, trend : ndarray, shape (n, 2)
        (y, x) in px; the trend is NaN where none was told apart.
    flagged : ndarray of bool, shape (n,)
        Slices that did not lock.
    qualities : mapping of str to (ndarray or None, ndarray or None)
        Before and after registration, or a single one, shape (n,) each.
    """

    numbers: Values
    shifts: Values
    trend: Values
    flagged: Flags
    qualities: dict[str, tuple[Values | None, Values | None]]

    def at(self, place: int) -> str:
        """What there is to tell of a slice."""
        y, x = self.shifts[place]
        words = [f"y {y:+.2f} px, x {x:+.2f} px"]
        if np.isfinite(self.trend[place]).all():
            words.append(f"slow part y {self.trend[place][0]:+.2f}, x {self.trend[place][1]:+.2f}")
        for name, pair in self.qualities.items():
            known = [f"{part[place]:.3g}" for part in pair if part is not None]
            if known:
                words.append(f"{name.lower()} {' → '.join(known)}")
        return "   ".join(words) + ("   did not lock" if self.flagged[place] else "")


def drift_of(estimate: RegisterEstimate, slices: Sequence[int]) -> Drift:
    """What is drawn of an estimate; `slices` are those of the input (0 to n - 1 if they do not fit)."""
    count = len(estimate.shifts_px_yx)
    numbers = np.asarray(slices if len(slices) == count else range(count), np.float64)
    flagged = np.zeros(count, np.bool_)
    flagged[[index for index in estimate.flagged if 0 <= index < count]] = True
    trend = np.asarray(estimate.trend_px_yx, np.float64).reshape(-1, 2)
    if len(trend) != count:
        trend = np.full((count, 2), np.nan)
    pairs = (
        (estimate.correlation_before, estimate.correlation_after),
        (estimate.information_before, estimate.information_after),
        ((), estimate.residual_px),
        ((), estimate.confidence),
    )
    qualities = {
        name: (_per_slice(before, count), _per_slice(after, count))
        for name, (before, after) in zip(QUALITIES, pairs, strict=True)
    }
    shifts = np.asarray(estimate.shifts_px_yx, np.float64).reshape(-1, 2)
    told = {
        name: (before, after)
        for name, (before, after) in qualities.items()
        if before is not None or after is not None
    }
    return Drift(numbers, shifts, trend, flagged, told)


def drift_of_moves(moves: ChannelMoves, slices: Sequence[int]) -> Drift:
    """What is drawn of the moves of one channel onto another: how far its content lies from the other's."""
    count = len(moves.transforms)
    back = np.linalg.inv(np.asarray(moves.transforms, np.float64).reshape(-1, 3, 3))
    return drift_of(
        RegisterEstimate(
            shifts_px_yx=tuple((float(y), float(x)) for y, x in back[:, (1, 0), 2]),
            transforms=moves.transforms,
            confidence=moves.confidence if len(moves.confidence) == count else (),
            correlation_after=moves.correlation if len(moves.correlation) == count else (),
            flagged=moves.flagged,
        ),
        slices,
    )


def _per_slice(values: Sequence[float], count: int) -> Values | None:
    return np.asarray(values, np.float64) if len(values) == count and count else None


class DriftPlot(PerSlicePlots):
    """Shifts with their slow part above, how well slices fit each other below."""

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(
            ("shifts per slice", "quality per slice"), "The shifts appear here after a run.", parent
        )
        self.drift: Drift | None = None
        self._quality = QUALITIES[0]
        self.rows[0].setLabel("left", "shift (px)")

    def show_drift(self, drift: Drift | None) -> None:
        """Draw other shifts; None empties the plot."""
        self.drift = drift
        if drift is None or not len(drift.numbers):
            self._begin((), ())
            return
        numbers = drift.numbers.astype(np.intp)
        self._begin(numbers.tolist(), numbers[drift.flagged].tolist())
        self._draw_shifts(drift)
        self._draw_quality(drift)
        self._finish()

    def show_quality(self, name: str) -> None:
        """Choose what the lower row shows."""
        self._quality = name
        self.show_drift(self.drift)
        self.rows[1].getPlotItem().enableAutoRange()

    @property
    def quality(self) -> str:
        """What the lower row shows: what was chosen, or the first that there is; maybe nothing."""
        names = self.qualities()
        return self._quality if self._quality in names else next(iter(names), "")

    def qualities(self) -> Sequence[str]:
        """What the lower row can show."""
        return [] if self.drift is None else list(self.drift.qualities)

    def _draw_shifts(self, drift: Drift) -> None:
        plot = self.rows[0]
        many = len(drift.numbers) > MOST_SYMBOLS
        for axis, name in enumerate(("y", "x")):
            colour = curve_colour(axis)
            few = {"symbol": "o", "symbolSize": 3, "symbolBrush": colour, "symbolPen": None}
            look = {"pen": pg.mkPen(colour, width=1.5), **({} if many else few)}
            self._draw_line(0, f"{name} {many}", drift.numbers, drift.shifts[:, axis], **look)
            self._key(plot, name, colour.name())
            if np.isfinite(drift.trend[:, axis]).any():
                slow = pg.mkPen(colour, width=2.5, style=Qt.PenStyle.DashLine)
                self._draw_line(0, f"slow {name}", drift.numbers, drift.trend[:, axis], pen=slow)
                self._key(plot, f"slow part of {name}", colour.name(), DASHES)
        there = drift.numbers[drift.flagged]
        wrong = drift.shifts[drift.flagged]
        marked = [self._draw_marks(0, f"flagged {axis}", there, wrong[:, axis], BAD) for axis in (0, 1)]
        if any(marked):
            self._key(plot, "did not lock", BAD, SIGNS["x"])

    def _draw_quality(self, drift: Drift) -> None:
        plot = self.rows[1]
        for part in (plot, self._above[id(plot)]):
            part.setVisible(bool(drift.qualities))
        if not drift.qualities:
            return
        name = self.quality
        pair = drift.qualities[name]
        plot.setLabel("left", "px" if name == "Residual" else "0–1")
        both = pair[0] is not None and pair[1] is not None
        sides = ((" before", BEFORE_COLOUR), (" after", AFTER_COLOUR))
        for values, (word, number) in zip(pair, sides, strict=True):
            if values is not None:
                colour = curve_colour(number)
                self._draw_line(1, word, drift.numbers, values, pen=pg.mkPen(colour, width=1.5))
                self._key(plot, f"{name.lower()}{word if both else ''}", colour.name())
        shown = pair[1] if pair[1] is not None else pair[0]
        if shown is not None:
            self._draw_marks(1, "flagged", drift.numbers[drift.flagged], shown[drift.flagged], BAD)

    def _text_of(self, place: int) -> str:
        return "" if self.drift is None else self.drift.at(place)
