"""What a processing step is: typed parameters, pure array functions, and the traits that execution needs.

Where slices are moved, ``warp`` says where to, and execution interpolates (consecutive moves at once); where
the slices of the result are not those of the input one by one, ``gather`` says what they are made from.

A step is either

- *direct*: ``apply(block, params, None)``; or
- *two-pass*: ``observe(block, params)`` looks at every slice, ``estimate(observation, info, params)`` turns
  all observations into one small typed result (shown, saved, editable), ``apply(block, params, estimate)``
  uses it; or
- a *survey*: ``survey(volume, params, job, room)`` reads the whole stack in its own order and turns it
  into one typed result, ``joint`` the same for all channels at once; the voxels pass through, or are
  treated by ``apply`` or ``warp`` with that result; or
- a *sink* (``sink=True``): writes files; `execute` hands it to the writers, never to ``apply``.

Steps never open files and never know about threads or clusters.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from enum import Enum
from typing import Any, Generic, TypeAlias, TypeVar

from pydantic import BaseModel, ConfigDict

from core.align.warp import Warp
from core.block import Block, Observation
from core.job import Job
from core.params import Params
from core.volume import Array, Volume, VolumeInfo

P = TypeVar("P", bound=Params)
E = TypeVar("E", bound="Estimate")


class Stage(Enum):
    """The stages of the rail, in order."""

    IMPORT = "Import"
    ALIGN = "Align"
    THICKNESS = "Thickness"
    CLEAN = "Clean"
    SEGMENT = "Segment"
    REBUILD = "Rebuild"
    MEASURE = "Measure"
    EXPORT = "Export"


class Estimate(BaseModel):
    """Base of the small typed results that two-pass steps find; JSON-serialisable, editable."""

    model_config = ConfigDict(frozen=True, extra="forbid", allow_inf_nan=False)

    def brief(self) -> dict[str, Any]:
        """What people are shown of it in a terminal; programs get all."""
        return self.model_dump(mode="json")

    def remarks(self) -> tuple[str, ...]:
        """Sentences about what was found that the user has to see."""
        return ()

    def lasting(self) -> tuple[str, ...]:
        """Sentences that the report of every export of what follows has to say, too."""
        return ()

    @property
    def reviewed(self) -> bool:
        """Whether it holds what `Step.review` has found."""
        return False


@dataclass(frozen=True)
class Room:
    """How much of the machine a survey may use; it does not change the result.

    Attributes
    ----------
    threads : int or None
        Threads of compiled loops; None for one per processor.
    memory_mb : float or None
        Memory for what has to be held at once, in MiB; None for most of what is free.
    """

    threads: int | None = None
    memory_mb: float | None = None


def _no_halo(_params: Any) -> int:
    return 0


def _same(info: VolumeInfo, _params: Any) -> VolumeInfo:
    return info


def _always(_params: Any) -> bool:
    return True


def _never(_params: Any) -> bool:
    return False


def _anything(_inputs: Mapping[str, VolumeInfo], _params: Any) -> None:
    return None


def _on_its_input(_params: Any) -> None:
    return None


def _no_model(_params: Any) -> str:
    return ""


def _unnamed(_params: Any) -> Mapping[str, Any]:
    return {}


@dataclass(frozen=True)
class Step(Generic[P, E]):
    """One processing step: written once, used by form, command line, recipe and cluster.

    Attributes
    ----------
    name, version : str, int
        Identity in recipes. The version rises whenever the same parameters would give other voxels.
    label, summary : str
        For the window and ``--help``; the summary is one sentence.
    stage : Stage
        Where the step belongs in the guided run.
    params : type
        Parameter class.
    apply : callable, optional
        ``(block, params, estimate) -> ndarray`` with as many planes as ``block.data``; the caller trims the
        halo. Must give the same plane whatever block it arrives in: no running sums along z, nothing random
        that is not seeded by the slice index. Planes are always whole, so in-plane filters may be global.
    halo : callable
        ``(params) -> int``: neighbouring slices needed on each side.
    reach : callable, optional
        ``(info, params) -> int``: the halo where it depends on the input as well.
    select : callable, optional
        ``(info, params) -> indices`` of the input slices that remain, increasing.
    output : callable
        ``(info, params) -> info`` of the result, where ``info`` is the input *after* ``select``: all that
        can be foreseen before anything is found. Raises `ParameterError` if the parameters do not fit.
    refine : callable, optional
        ``(info, params, estimate) -> info`` of the result once the estimate is known, where that decides.
    observe, estimate, estimate_type : callable, callable, type, optional
        The first pass of a two-pass step.
    survey : callable, optional
        ``(volume, params, job, room) -> estimate``: looks at the whole stack by itself, within bounded
        memory, and must not depend on how it cuts it. Steps with a survey have no ``observe``.
    joint : callable, optional
        As ``survey``, of all channels at once: ``(volumes by channel, params, job, room) -> estimates by
        channel``. For steps where one channel decides for others.
    review : callable, optional
        ``(result volume, params, estimate, job) -> estimate``: looks at the finished, stored result and adds
        what it finds there. Reads slices one by one; changes no voxel.
    late : frozenset of str
        Parameters that the estimate does not depend on: changing them repeats no survey.
    warp : callable, optional
        ``(info, params, estimate) -> Warp``: where every slice goes within its plane, in place of ``apply``.
        Steps with both (crop) use ``apply`` unless they follow a move.
    gather : callable, optional
        ``(info, params, estimate, wanted range) -> indices``: the input slices, increasing, that a range of
        the result is made from. ``apply`` then returns exactly the wanted planes, and ``halo`` is the
        greatest number of further planes on each side.
    fuses : callable
        ``(params) -> bool``: whether the voxels are made from all channels at once. ``Block.peers`` holds
        them; there is one result for all, stored once, and the run goes on with it alone. Such steps are
        stored.
    agree : callable
        ``(inputs by channel, params)``: for steps that fuse channels; refuses those that do not go together.
        Asked before a run of what can be foreseen, and again when the step begins.
    stands_on : callable
        ``(params) -> (name, params) or None``: another step whose stored result this one works on, so that
        what comes after it can change without repeating it (the threshold of a network's probabilities).
    identity : callable
        ``(params) -> mapping``: what else the result depends on and is named by (which weights a model has).
        Must be quick and must not raise.
    model : callable
        ``(params) -> str``: name of the model of the library that it asks; empty: none. What its results need
        to be shown is kept in the project.
    observes : callable
        ``(params) -> bool``: whether these parameters need the first pass (a typed-in threshold does not;
        then ``estimate`` gets an empty observation).
    stored : bool
        False for steps that are cheaper to repeat than to store (crop, invert).
    sink : bool
        Writes files.
    bytes_per_pixel : int
        Working memory of ``apply`` and ``observe`` per pixel of a plane, beside the block and its result
        (measured, rounded up). Steps work on one plane of a block after the other.
    migrations : mapping of int to callable
        ``{old_version: params_dict -> params_dict of the next version}``.
    reference : str
        Paper, equation or library the method comes from.
    """

    name: str
    version: int
    label: str
    stage: Stage
    summary: str
    params: type[P]
    apply: Callable[[Block, P, E | None], Array] | None = None
    halo: Callable[[P], int] = _no_halo
    reach: Callable[[VolumeInfo, P], int] | None = None
    select: Callable[[VolumeInfo, P], Sequence[int]] | None = None
    output: Callable[[VolumeInfo, P], VolumeInfo] = _same
    observe: Callable[[Block, P], Observation] | None = None
    estimate: Callable[[Observation, VolumeInfo, P], E] | None = None
    estimate_type: type[E] | None = None
    survey: Callable[[Volume, P, Job, Room | None], E] | None = None
    joint: Callable[[Mapping[str, Volume], P, Job, Room | None], Mapping[str, E]] | None = None
    refine: Callable[[VolumeInfo, P, E], VolumeInfo] | None = None
    review: Callable[[Volume, P, E, Job], E] | None = None
    late: frozenset[str] = frozenset()
    warp: Callable[[VolumeInfo, P, E], Warp] | None = None
    gather: Callable[[VolumeInfo, P, E | None, range], Sequence[int]] | None = None
    fuses: Callable[[P], bool] = _never
    agree: Callable[[Mapping[str, VolumeInfo], P], None] = _anything
    stands_on: Callable[[P], tuple[str, Params] | None] = _on_its_input
    identity: Callable[[P], Mapping[str, Any]] = _unnamed
    model: Callable[[P], str] = _no_model
    observes: Callable[[P], bool] = _always
    stored: bool = True
    sink: bool = False
    bytes_per_pixel: int = 8
    migrations: Mapping[int, Callable[[dict[str, Any]], dict[str, Any]]] = field(default_factory=dict)
    reference: str = ""

    def selected(self, info: VolumeInfo, params: P) -> tuple[VolumeInfo, Sequence[int]]:
        """Describe the input after ``select``, with the indices of its slices in the upstream volume."""
        if self.select is None:
            return info, range(info.shape[0])
        kept = self.select(info, params)
        return info.selected(kept), kept

    def around(self, info: VolumeInfo, params: P) -> int:
        """Neighbouring slices needed on each side, for an input after ``select``."""
        return self.halo(params) if self.reach is None else self.reach(info, params)

    def result_info(self, info: VolumeInfo, params: P, estimate: E | None = None) -> VolumeInfo:
        """Describe the step's result for a given input, as far as it can be known."""
        return self.outcome(self.selected(info, params)[0], params, estimate)

    def outcome(self, info: VolumeInfo, params: P, estimate: E | None) -> VolumeInfo:
        """Describe the step's result for an input after ``select``."""
        if self.refine is not None and estimate is not None:
            return self.refine(info, params, estimate)
        return self.output(info, params)

    @property
    def surveys(self) -> bool:
        """Whether it looks at whole stacks by itself; then nothing can be said from a sample of slices."""
        return self.survey is not None or self.joint is not None

    @property
    def passes(self) -> bool:
        """Whether the voxels and their description leave it as they came."""
        acts = (self.apply, self.select, self.warp, self.refine, self.gather)
        return self.sink or all(part is None for part in acts)

    @property
    def keeps(self) -> bool:
        """Whether its result is stored as a volume of its own."""
        return self.stored and self.apply is not None


AnyStep: TypeAlias = Step[Any, Any]
