"""What the user compares beside the chosen step: any two results, or channels over each other."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

from PySide6.QtCore import QObject, Signal

from app.jobs import JobQueue
from app.latest import Latest
from app.measuring import same_volume
from app.pairing import Pinned, overlaid, paired
from app.session import Session
from app.shelf import Part, Shelf, Side, file_at, has_probability, sides_of
from app.standing import Standings
from core.errors import TruesliceError
from core.job import Job
from core.volume import Volume

PAUSE_MS = 60
MOST_CHANNELS = 3


@dataclass(frozen=True, eq=False)
class Answer:
    """What was found: all that can be chosen, what is shown, and why not."""

    sides: tuple[Side, ...]
    pinned: Pinned | None = None
    trouble: str = ""


class Comparing(QObject):
    """Keeps what is compared in step with the session.

    Signals: `changed` when what is chosen or can be chosen is new, `pinned` (`Pinned` or None) with what is
    to be shown in place of the chosen step, `looked_over` when something is to be laid over the slices,
    `failed` (exception) when a file cannot be opened.

    Attributes
    ----------
    on : bool
        Whether two results are compared.
    left, right : Side or None
        Which.
    over : bool
        Whether channels are laid over each other.
    channels : tuple of str
        Which, at most three.
    part : {'result', 'probability', 'uncertainty'}
        What of the chosen step is looked at.
    sides : tuple of Side
        All that can be compared.
    trouble : str
        Why that cannot be shown which is chosen.
    """

    changed = Signal()
    pinned = Signal(object)
    looked_over = Signal()
    failed = Signal(object)

    def __init__(
        self,
        session: Session,
        standings: Standings,
        queue: JobQueue,
        parent: QObject | None = None,
        *,
        pause_ms: int = PAUSE_MS,
    ) -> None:
        super().__init__(parent)
        self._session, self._standings, self._queue = session, standings, queue
        self._files: dict[Path, Volume] = {}
        self._shown: Pinned | None = None
        self._latest = Latest("Compare", queue, self, pause_ms=pause_ms)
        self._latest.ready.connect(self._take)
        self._latest.failed.connect(lambda error: self._take(Answer(self.sides, None, str(error))))
        self._clear()
        session.inputs_changed.connect(self._forget)
        session.chosen_changed.connect(self._step_chosen)
        for signal in (session.recipe_changed, session.channel_changed, standings.changed):
            signal.connect(self.refresh)

    def _clear(self) -> None:
        self.on = self.over = False
        self.left: Side | None = None
        self.right: Side | None = None
        self.channels: tuple[str, ...] = ()
        self.part: Part = "result"
        self.sides: tuple[Side, ...] = ()
        self.trouble = ""

    @property
    def waiting(self) -> bool:
        """Whether an answer is still to come."""
        return self._latest.waiting

    def stop(self) -> None:
        """Look nothing up any more."""
        self._latest.drop()

    # ------------------------------------------------------------------ two results
    def compare(self, on: bool) -> None:
        """Compare any two results, at first what the chosen step gets and gives; or follow the step again."""
        if on == self.on:
            return
        self.on, self.part = on, "result"
        self.over = self.over and not on
        if on:
            self.left, self.right = self._first_sides()
        self.refresh()

    def choose(self, left: Side, right: Side) -> None:
        """Compare these two."""
        if (left, right) != (self.left, self.right):
            self.left, self.right = left, right
            self.refresh()

    def swap(self) -> None:
        """Put the left one right."""
        if self.left is not None and self.right is not None:
            self.choose(self.right, self.left)

    def open_file(self, path: Path) -> None:
        """Take a file, such as the truth, as one of what can be compared, and as the right one."""
        task = self._queue.prepare("Open to compare", lambda job: file_at(path, job))
        inputs = self._session.inputs
        task.succeeded.connect(lambda volume: self._take_file(path, volume, inputs))
        task.failed.connect(self.failed)
        self._queue.start(task)

    def _take_file(self, path: Path, volume: Volume, inputs: object) -> None:
        if inputs is self._session.inputs:
            self._files = {**self._files, path: volume}
            self.right = Side("", 0, file=path)
            self.refresh()

    def _first_sides(self) -> tuple[Side, Side]:
        """What the chosen step gets and gives, or the input and the last result."""
        channel, chosen = self._session.channel, self._session.chosen
        counts = [n for n in range(1, len(self._session.recipe.steps) + 1) if self._standings.result(n)]
        last = counts[-1] if counts else 0
        count = last if chosen is None or self._standings.result(chosen + 1) is None else chosen + 1
        before = max((n for n in counts if n < count), default=0) if chosen is not None else 0
        return Side(channel, before), Side(channel, count)

    # ------------------------------------------------------------------ what lies behind a step
    def parts(self) -> tuple[Part, ...]:
        """What of the chosen step can be looked at; none where there is only its result."""
        chosen, channel = self._session.chosen, self._session.channel
        if chosen is None or self.on or self.over:
            return ()
        there = {side.part for side in self.sides if (side.channel, side.count) == (channel, chosen + 1)}
        there.add("result")
        wanted: tuple[Part, ...] = ("result", "probability", "uncertainty")
        return tuple(part for part in wanted if part in there) if len(there) > 1 else ()

    def show_part(self, part: Part) -> None:
        """Look at the probabilities behind the chosen step, or how unsure they are, over what it gets."""
        if part != self.part:
            self.part = part
            self.refresh()
            if part != "result":
                self.looked_over.emit()

    def _step_chosen(self) -> None:
        self.part = "result"
        self.refresh()

    # ------------------------------------------------------------------ channels
    def overlay(self, on: bool) -> None:
        """Lay channels over each other in colours; at first the shown one and those after it."""
        names = list(self._session.inputs)
        if on == self.over or len(names) < 2:
            self.changed.emit()
            return
        self.over, self.part = on, "result"
        self.on = self.on and not on
        if not set(self.channels) <= set(names) or len(self.channels) < 2:
            self.channels = tuple(names[:MOST_CHANNELS])
        self.refresh()

    def show_channel(self, name: str) -> None:
        """Look at another channel; in an overlay, its contrast is the one that is changed."""
        if self.over and name not in self.channels:
            self.channels = (*self.channels[: MOST_CHANNELS - 1], name)
        self._session.show_channel(name)
        self.changed.emit()

    def toggle_channel(self, name: str) -> None:
        """Take a channel into the overlay or out of it; two stay, and of four the first one goes."""
        if name in self.channels:
            kept = tuple(each for each in self.channels if each != name)
        else:
            kept = (*self.channels, name)[-MOST_CHANNELS:]
        if len(kept) >= 2:
            self.channels = kept
        self.refresh()

    # ------------------------------------------------------------------ work
    @property
    def active(self) -> bool:
        """Whether something is shown in place of the chosen step."""
        return self.on or self.over or self.part != "result"

    def refresh(self) -> None:
        """Look up again what is chosen and what can be."""
        session = self._session
        if session.volume is None:
            return
        if not self.active:
            self._put(None, "")
        probable = any(has_probability(entry) for entry in session.recipe.steps)
        if not (self.active or probable):
            self._latest.drop()
            self.sides = ()
            self.changed.emit()
            return
        inputs = {name: opened.volume for name, opened in session.inputs.items()}
        shelf = Shelf(inputs, session.recipe, session.project, dict(self._files))
        self._latest.ask(self._question(shelf))
        self.changed.emit()

    def _question(self, shelf: Shelf) -> Callable[[Job], Answer]:
        """What is to be found out, for a worker."""
        session = self._session
        shown, chosen, part = session.channel, session.chosen, self.part
        left, right, names = self.left, self.right, self.channels
        if part != "result" and chosen is not None:
            left, right = Side(shown, chosen), Side(shown, chosen + 1, part)
        over, active = self.over, self.active
        wanted = 0 if chosen is None else chosen + 1

        def answer(job: Job) -> Answer:
            sides = sides_of(shelf, job)
            try:
                if over:
                    return Answer(sides, overlaid(shelf, names, shown, wanted, job))
                if active and left is not None and right is not None:
                    return Answer(sides, paired(shelf, left, right, shown))
            except TruesliceError as error:
                return Answer(sides, None, str(error))
            return Answer(sides)

        return answer

    def _take(self, answer: Answer) -> None:
        self.sides = answer.sides
        self._put(answer.pinned if self.active else None, answer.trouble if self.active else "")
        self.changed.emit()

    def _put(self, found: Pinned | None, trouble: str) -> None:
        self.trouble = trouble
        if found is not None and self._shown is not None and alike(found, self._shown):
            return  # the same voxels, looked up again: what is shown need not be read again
        if found is not self._shown:
            self._shown = found
            self.pinned.emit(found)

    def _forget(self) -> None:
        """Other inputs are open: nothing of before can be compared with them."""
        self._latest.drop()
        self._files = {}
        self._clear()
        self._put(None, "")
        self.changed.emit()
        self.refresh()


def alike(first: Pinned, second: Pinned) -> bool:
    """Whether the same is shown in the same way."""
    same = first.names == second.names and first.quantity == second.quantity
    same = same and first.offset == second.offset and first.count == second.count
    names = [[name for name, _ in each.channels] for each in (first, second)]
    if not same or names[0] != names[1] or len(first.sources) != len(second.sources):
        return False
    return all(same_volume(one, other) for one, other in zip(first.sources, second.sources, strict=True))
