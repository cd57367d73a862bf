"""The tour: bubbles beside the real parts of the window, which the user walks through with a real sample."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

from PySide6.QtCore import QEvent, QObject, QPoint, Qt, QTimer, Signal
from PySide6.QtWidgets import QWidget

from app.dialogs.question import Answer
from app.jobs import Task
from app.opening import Request
from app.panels.tour_bubble import GAP_PX, Bubble, Halo
from app.sample import NAME, copied_sample
from app.tour_stops import STOPS, Stop, box_of

if TYPE_CHECKING:
    from app.main_window import MainWindow

MOVES = frozenset(
    (QEvent.Type.Move, QEvent.Type.Resize, QEvent.Type.Show, QEvent.Type.Hide, QEvent.Type.LayoutRequest)
)


class Tour(QObject):
    """Goes from stop to stop; the window stays in the hands of the user. `changed` says whether it is on."""

    changed = Signal(bool)

    def __init__(self, window: MainWindow) -> None:
        super().__init__(window)
        self._window = window
        self.place = -1
        self.bubble: Bubble | None = None
        self._halo: Halo | None = None
        self._copying: Task | None = None
        self._watched: list[QWidget] = []
        self._due = False
        program = window.program
        program.guide.changed.connect(self._refresh)
        program.session.inputs_changed.connect(self._opened)
        program.opener.failed.connect(lambda _error: self.leave())

    @property
    def on(self) -> bool:
        """Whether the tour is under way."""
        return self.bubble is not None

    @property
    def stop(self) -> Stop:
        """Where it is."""
        return STOPS[self.place]

    # ---- beginning and end
    def begin(self) -> None:
        """Begin, after asking if something else is open."""
        program = self._window.program
        program.settings.tour_seen = True
        self._window.empty.offer.hide()
        if self.on:
            return
        if program.working:
            self.changed.emit(False)
            self._window.asker.tell("Work is under way", "Take the tour when it has ended, or stop it first.")
        elif program.session.inputs and not self._sample_is_open():
            self.changed.emit(False)
            self._window.asker.question(
                "Open the sample for the tour?",
                "What is open now stays in its project.",
                [Answer("Open the sample", True, primary=True)],
                lambda _yes: self._start(),
            )
        else:
            self._start()

    def begin_or_not(self, wanted: bool) -> None:
        """Answer of the empty page; it is not offered again."""
        self._window.program.settings.tour_seen = True
        self._window.empty.offer.hide()
        if wanted:
            self.begin()

    def leave(self) -> None:
        """End the tour, wherever it is; what was opened stays open."""
        if self._copying is not None:
            self._copying.cancel()
            self._copying = None
        self._watch(None)
        for part in (self.bubble, self._halo):
            if part is not None:
                part.hide()
                part.deleteLater()
        was_on, self.bubble, self._halo, self.place = self.on, None, None, -1
        if was_on:
            self.changed.emit(False)

    def _start(self) -> None:
        window = self._window
        window.leave_tools()
        self._halo = Halo(window.theme, window)
        self.bubble = Bubble(window.theme, window)
        self.bubble.onward.connect(self.go_on)
        self.bubble.back.connect(self.go_back)
        self.bubble.leave.connect(self.leave)
        self.changed.emit(True)
        self._go(0)
        if not self._sample_is_open():
            self._open_sample()

    def _open_sample(self) -> None:
        program = self._window.program
        task = program.quick.prepare("Copy the sample", copied_sample)
        task.succeeded.connect(self._copied)
        task.failed.connect(lambda error: program.problems.report(error, "opening the sample"))
        task.failed.connect(lambda _error: self.leave())
        self._copying = task
        program.quick.start(task)

    def _copied(self, path: Path) -> None:
        self._copying = None
        self._window.program.opener.open(Request((path,)))

    def _sample_is_open(self) -> bool:
        inputs = self._window.program.session.inputs.values()
        return [path.name for one in inputs for path in one.spec.paths] == [NAME]

    def _opened(self) -> None:
        """Go on with the sample; anything else that is opened ends the tour."""
        if self.on and self._copying is None and not self._sample_is_open():
            self.leave()
        self._refresh()
        self._take_keyboard()

    # ---- walking
    def go_on(self) -> None:
        """Do what belongs to this stop, and go to the next; after the last the tour ends."""
        if not self.on or not self.stop.ready(self._window):
            return
        self.stop.then(self._window)
        if self.place + 1 < len(STOPS):
            self._go(self.place + 1)
        else:
            self.leave()

    def go_back(self) -> None:
        """Go to the stop before; what was done stays done."""
        if self.on and self.place > 0:
            self._go(self.place - 1)

    def _go(self, place: int) -> None:
        self.place = place
        stop = self.stop
        stop.enter(self._window)
        if self.bubble is not None:
            self.bubble.say(stop.title, stop.text, place, len(STOPS))
            self._refresh()
            self._watch(stop.parts(self._window))
            self._lay_out()
            self._take_keyboard()

    def _refresh(self) -> None:
        """Say whether one can go on."""
        if self.bubble is not None:
            ready = self.stop.ready(self._window)
            waits = "Opening …" if self.place == 0 else "Looking …"
            had_focus = self.bubble.isAncestorOf(self._window.focusWidget())
            self.bubble.offer(self.stop.button if ready else waits, possible=ready)
            if had_focus:
                self._take_keyboard()

    def _take_keyboard(self) -> None:
        if self.bubble is not None:
            part = self.bubble.next_button if self.bubble.next_button.isEnabled() else self.bubble
            part.setFocus(Qt.FocusReason.OtherFocusReason)

    # ---- where the bubble stands
    def _watch(self, parts: tuple[QWidget | None, ...] | None) -> None:
        """Follow the window, these parts, and all they are laid out in; None follows nothing."""
        for widget in self._watched:
            widget.removeEventFilter(self)
        self._watched = [] if parts is None else [self._window]
        for part in parts or ():
            around: QWidget | None = part
            while around is not None and around is not self._window:
                if around not in self._watched:
                    self._watched.append(around)
                around = around.parentWidget()
        for widget in self._watched:
            widget.installEventFilter(self)

    def eventFilter(self, watched: QObject, event: QEvent) -> bool:
        """Something has moved: lay the bubble out anew when it is over. With the window the tour ends."""
        if watched is self._window and event.type() == QEvent.Type.Hide and not event.spontaneous():
            self.leave()
        elif event.type() in MOVES and not self._due:
            self._due = True
            QTimer.singleShot(0, self, self._lay_out)
        return False

    def _lay_out(self) -> None:
        self._due = False
        if self.bubble is None or self._halo is None:
            return
        window = self._window
        box = box_of(window, self.stop.parts(window))
        middle = window.centre
        room = middle.rect().translated(middle.mapTo(window, QPoint())) if box is None else window.rect()
        self.bubble.place(None if box is None else box, room)
        if box is None:
            self._halo.hide()
        else:
            self._halo.surround(box.adjusted(-GAP_PX, -GAP_PX, GAP_PX, GAP_PX).intersected(window.rect()))
            self.bubble.raise_()


def connect_tour(window: MainWindow) -> Tour:
    """The tour of a window, begun from the Help menu or, once, from the empty page."""
    tour, action, empty = Tour(window), window.acts["tour"], window.empty
    action.triggered.connect(lambda on: tour.begin() if on else tour.leave())
    tour.changed.connect(action.setChecked)
    empty.offer.setVisible(not window.program.settings.tour_seen)
    empty.tour.connect(tour.begin_or_not)
    return tour
