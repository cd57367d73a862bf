"""One progress and one time for a whole run: parts weigh their voxels times how long a voxel takes here."""

from __future__ import annotations

import re
import time
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from math import prod

from PySide6.QtCore import QObject

from app.jobs import Task
from app.marks import Mark
from app.running import Order, Runner
from app.session import Session
from app.settings import Settings
from app.standing import Standings
from core.job import JobState, Progress
from core.recipe import RecipeStep
from core.volume import VolumeInfo

SURE_AFTER_S = 2.0
SURE_AFTER_SHARE = 0.02
REMEMBERED_FROM_S = 1.0
LOOKING = ": looking"
# Nanoseconds per voxel on two processors, until the computer's own are known; only their ratios are used.
ROUGH_NS: Mapping[str, float] = {
    "register": 60, "register-channels": 40, "thickness": 80, "normalise": 15, "flatten": 40,
    "destripe": 80, "denoise": 300, "segment": 15, "probability": 2000, "reposition": 25, "resample": 20,
    "fill": 100, "measure": 300, "export": 15,
}  # fmt: skip
ROUGH_OTHERWISE_NS, ROUGH_NETWORK_NS = 15.0, 2000.0
NUMBER = re.compile(r"(\d+)/\d+ ")


@dataclass(frozen=True)
class Part:
    """What a run does for one step of one channel.

    Attributes
    ----------
    step : int
        Number of the step, from 1.
    channel : str
        Empty when there is only one.
    voxels : int
    pace : str
        Name under which its speed is remembered.
    passes : int
        How often it goes through the stack: to find something, and to write the result.
    surveys : bool
        Whether the first pass tells its progress in parts of its own.
    """

    step: int
    channel: str
    voxels: int
    pace: str
    passes: int = 1
    surveys: bool = False

    @property
    def rough_s(self) -> float:
        """Seconds by the built-in table."""
        name, _, method = self.pace.partition(" ")
        network = method.startswith("model:")
        rough = ROUGH_NETWORK_NS if network else ROUGH_NS.get(name, ROUGH_OTHERWISE_NS)
        return self.voxels * rough * 1e-9


@dataclass
class Now:
    """The part that is under way: `share` of it is done, `at_begin` of it was when it began."""

    part: Part
    began: float
    at_begin: float
    share: float
    message: str = ""
    folds: int = 0


@dataclass
class Whole:
    """How far a whole run is, from what it says of its parts.

    Attributes
    ----------
    parts : sequence of Part
        What is to be done, in order; what is there already is left out.
    speeds : dict
        Seconds per voxel by the name of the pace, as known from earlier runs and learned in this one.
    learned : dict
        The latter alone.
    """

    parts: Sequence[Part]
    speeds: dict[str, float]
    learned: dict[str, float] = field(default_factory=dict)
    now: Now | None = None
    _place: int = -1
    _took_s: float = 0.0
    _rough_s: float = 0.0
    _most: float = 0.0

    @property
    def step(self) -> int | None:
        """Number of the step that is under way, from 1."""
        return None if self.now is None else self.now.part.step

    def take(self, progress: Progress, at: float) -> None:
        """Hear what the run says of the part it is at."""
        place = self._place_of(progress.message)
        if place is None or place < self._place:
            return
        if self.now is None or place > self._place:
            self._finish(at)
            self._place = place
            self.now = Now(self.parts[place], at, 0.0, 0.0, progress.message)
            # What is there already when a run is resumed was not done in no time.
            self.now.at_begin = self.now.share = self._share(progress)
        self.now.share = max(self.now.share, self._share(progress))

    def end(self, at: float) -> None:
        """The run has come to its end."""
        self._finish(at)
        self._place, self._most = len(self.parts), 1.0

    @property
    def fraction(self) -> float:
        """Share of the whole work that is done; never falls."""
        weights = [self._expected(part) for part in self.parts]
        done = sum(weights[: max(0, self._place)])
        if self.now is not None:
            done += self.now.share * weights[self._place]
        total = sum(weights)
        self._most = max(self._most, min(1.0, done / total)) if total else self._most
        return self._most

    def left_s(self, at: float) -> float | None:
        """Seconds the rest will take; None while that is anybody's guess."""
        if self.now is None:
            return None
        here = self._here_s(self.now, at)
        if here is None:
            return None
        return here + sum(self._expected(part, at) for part in self.parts[self._place + 1 :])

    @property
    def measured(self) -> bool:
        """Whether at least half of what is left goes at a speed that was measured on this computer."""
        rest = self.parts[max(0, self._place) :]
        known = sum(self._expected(part) for part in rest if part.pace in self.speeds or part is rest[0])
        return 2 * known >= sum(self._expected(part) for part in rest)

    def _place_of(self, message: str) -> int | None:
        found = NUMBER.match(message)
        if found is None:
            return None
        same = [index for index, part in enumerate(self.parts) if part.step == int(found[1])]
        named = [index for index in same if f" ({self.parts[index].channel})" in message]
        return next(iter(named or same), None)

    def _share(self, progress: Progress) -> float:
        """Share of the present part; what a survey has yet to say is taken as long as what it says now."""
        now = self.now
        if now is None:
            return 0.0
        passes, tail = now.part.passes, ": " in progress.message
        if not tail:
            return (passes - 1 + progress.fraction) / passes
        if progress.message.endswith(LOOKING):
            return progress.fraction / passes
        if progress.message != now.message:
            now.message, now.folds = progress.message, now.folds + 1
        return (1 - 0.5**now.folds * (1 - 0.5 * progress.fraction)) / passes

    def _finish(self, at: float) -> None:
        now, self.now = self.now, None
        if now is None:
            return
        took, done = at - now.began, 1 - now.at_begin
        if done > SURE_AFTER_SHARE and took >= REMEMBERED_FROM_S:
            self.speeds[now.part.pace] = self.learned[now.part.pace] = took / done / now.part.voxels
            self._took_s += took
            self._rough_s += done * now.part.rough_s

    def _here_s(self, now: Now, at: float) -> float | None:
        took, done = at - now.began, now.share - now.at_begin
        known = self.speeds.get(now.part.pace)
        told = took >= SURE_AFTER_S and done >= SURE_AFTER_SHARE
        if known is not None and (now.part.surveys or not told):
            return max((1 - now.at_begin) * known * now.part.voxels - took, 0.0)
        return took / done * (1 - now.share) if told else None

    def _expected(self, part: Part, at: float | None = None) -> float:
        """Seconds a part takes: measured, or by the table and how this run compares with it."""
        known = self.speeds.get(part.pace)
        if known is not None:
            return part.voxels * known
        took, rough = self._took_s, self._rough_s
        if at is not None and self.now is not None and self.now.share > self.now.at_begin:
            took += at - self.now.began
            rough += (self.now.share - self.now.at_begin) * self.now.part.rough_s
        return part.rough_s * (took / rough if rough > 0 else 1.0)


def parts_of(
    order: Order, infos: Sequence[VolumeInfo], volumes: Mapping[str, VolumeInfo], done: Sequence[bool]
) -> list[Part]:
    """What a run will do, with the voxels of each step as they are foreseen of the shown channel."""
    parts, channels, many = [], list(volumes), len(volumes) > 1
    first = prod(infos[0].shape)
    for index, entry in enumerate(order.recipe.steps[: order.upto]):
        channels = channels[:1] if entry.fuses else channels
        many = many and not entry.fuses
        if done[index : index + 1] == [True]:
            continue
        voxels = max(prod(info.shape) for info in infos[index : index + 2] or infos[-1:])
        for channel in channels:
            scaled = max(1, round(voxels * prod(volumes[channel].shape) / first))
            made = _part(index, entry, scaled)
            parts += [replace(made, channel=channel if many else "")] if made is not None else []
    return parts


def _part(index: int, entry: RecipeStep, voxels: int) -> Part | None:
    """What one step does; None where it only says how the next one reads."""
    step = entry.step
    looks = step.surveys or (step.observe is not None and step.observes(entry.params))
    passes = (looks and entry.estimate is None) + (step.keeps or step.sink)
    method = getattr(entry.params, "method", "")
    pace = f"{step.name} {method if isinstance(method, str) else ''}".strip()
    return Part(index + 1, "", voxels, pace, passes, step.surveys) if passes else None


class Paces(QObject):
    """Follows every run: what is shown of the whole, and how fast the steps go on this computer.

    Attributes
    ----------
    whole : Whole or None
        The last run.
    """

    def __init__(
        self,
        session: Session,
        standings: Standings,
        runner: Runner,
        settings: Settings,
        parent: QObject | None = None,
    ) -> None:
        super().__init__(parent)
        self._session, self._standings, self._settings = session, standings, settings
        self._runner = runner
        self.whole: Whole | None = None
        self._shown = 0
        runner.started.connect(self._begin)
        runner.ended.connect(standings.end_run)

    def _begin(self, task: Task) -> None:
        session, order = self._session, self._runner.order
        self._shown = 0
        self._standings.begin_run()
        if order is None or not session.inputs:
            return
        volumes = {channel: opened.volume.info for channel, opened in session.inputs.items()}
        done = [mark is Mark.DONE for mark in session.marks]
        parts = parts_of(order, session.infos(), volumes, done)
        self.whole = Whole(parts, self._settings.speeds())
        task.progressed.connect(self._take)
        task.ended.connect(self._end)

    def _take(self, progress: Progress) -> None:
        whole, order = self.whole, self._runner.order
        found = NUMBER.match(progress.message)
        if whole is None or order is None or found is None:
            return
        whole.take(progress, time.monotonic())
        if int(found[1]) != self._shown and self._runner.is_of_session:
            self._shown = int(found[1])
            self._standings.show_running(order.recipe, self._shown - 1)

    def _end(self, state: JobState) -> None:
        if self.whole is None:
            return
        if state is JobState.SUCCEEDED:
            self.whole.end(time.monotonic())
        self._settings.remember_speeds(self.whole.learned)
