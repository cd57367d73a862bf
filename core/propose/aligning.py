"""How slices and channels are brought into register: by marks, by their structure, or not at all."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np

from core.align.options import LEAST_SIDE_PX, AlignOptions, Picture
from core.align.pair import PairResult, register_pair
from core.job import Job
from core.models.fit import voltage_kv
from core.propose.look import finite, middle, spread
from core.propose.marks import Marks
from core.propose.proposal import Proposal, entry
from core.recipe import RecipeStep
from core.step import Stage
from core.volume import Array, Volume

STILL_PX, MOST_STILL_PX = 0.2, 0.5
"""Median and greatest shift up to which slices are left alone: structure that changes shows as much."""
PAIRS = 8
SIDE_PX = 768
DOUBT = 3.0
"""Standard errors from which a shift is taken for one."""
SLOW_PX = 2.0
STEADY_PX, LOOSE_PX = 0.3, 0.6
"""Scatter of the shifts: below the first, slices have been registered before; from the second on, never."""


@dataclass(frozen=True)
class Shifts:
    """How far slices, or channels, that belong next to each other lie apart.

    Attributes
    ----------
    locked : ndarray of float64, shape (n, 2)
        (y, x) in px, of the pairs that could be matched.
    tried : int
    """

    locked: Array
    tried: int

    @property
    def greatest_px(self) -> float:
        """The greatest of all."""
        return float(np.hypot(*self.locked.T).max()) if len(self.locked) else math.inf

    @property
    def usual_px(self) -> float:
        """The median."""
        return float(np.median(np.hypot(*self.locked.T))) if len(self.locked) else math.inf

    @property
    def still(self) -> bool:
        """Whether nothing moves beyond what can be told."""
        if len(self.locked) < max(1, self.tried / 2):
            return False
        return self.usual_px < STILL_PX and self.greatest_px < MOST_STILL_PX

    @property
    def jitter_px(self) -> float:
        """How far shifts scatter about their median, which steady drift and slant leave out."""
        if not len(self.locked):
            return math.inf
        return float(np.median(np.hypot(*(self.locked - np.median(self.locked, axis=0)).T)))

    def slow_px(self, slices: int) -> float:
        """What the mean shift adds up to over a stack; 0 where it is not beyond its error."""
        if len(self.locked) < 3:
            return 0.0
        mean = self.locked.mean(axis=0)
        error = self.locked.std(axis=0, ddof=1) / math.sqrt(len(self.locked)) + 1e-3
        beyond = np.abs(mean) > DOUBT * error
        return float(np.hypot(*(mean * beyond)) * (slices - 1))


def at_align(volumes: Mapping[str, Volume], marks: Marks | None, job: Job) -> Proposal:
    """By the marks where there are some, else by structure; nothing where slices lie as they should."""
    first = next(iter(volumes.values()))
    if min(first.info.shape[1:]) < LEAST_SIDE_PX or first.info.content == "labels":
        return Proposal(Stage.ALIGN, (), "Slices of this size or kind cannot be registered.")
    reference = lead(volumes)
    between = [_between(volumes, job)] if len(volumes) > 1 else []
    steps: list[RecipeStep] = []
    words: list[str] = []
    sure = True
    for shifts in between:
        sure = _channels(shifts, reference, steps, words)
    if first.info.shape[0] < 2:
        return Proposal(Stage.ALIGN, tuple(steps), " ".join(words) or "There is one slice only.", sure)
    shifts = _neighbours(volumes[reference], job)
    several = {"from_channel": reference} if len(volumes) > 1 else {}
    if marks is not None:
        from_channel = {"from_channel": marks.channel} if len(volumes) > 1 else {}
        sure = _by_marks(marks, from_channel, steps, words) and sure
    else:
        sure = _by_structure(shifts, first.info.shape[0], several, steps, words) and sure
    return Proposal(Stage.ALIGN, tuple(steps), " ".join(words), sure)


def lead(volumes: Mapping[str, Volume]) -> str:
    """The channel that others follow: of the lowest voltage, which shows the face best; else the first."""
    known = {name: kv_of(name, volume) for name, volume in volumes.items()}
    stated = {name: kv for name, kv in known.items() if kv is not None}
    return min(stated, key=lambda name: stated[name]) if len(stated) == len(known) else next(iter(volumes))


def kv_of(name: str, volume: Volume) -> float | None:
    """Accelerating voltage of a channel, by its name or as its files state it."""
    return voltage_kv(name) or voltage_kv(volume.info.channel) or volume.metadata.voltage_kv


# ---------------------------------------------------------------------------------- what is measured
def _neighbours(volume: Volume, job: Job) -> Shifts:
    """Shifts between some slices and the ones after them."""
    count = volume.info.shape[0]
    part = middle(volume.info.shape[1:], SIDE_PX)
    firsts = spread(count - 1, PAIRS)
    pairs = []
    for number in job.track(firsts, len(firsts), "Comparing neighbouring slices"):
        one, two = (finite(volume.slice(index)[part], index) for index in (number, number + 1))
        pairs.append(register_pair(one, two))
    return _shifts(pairs)


def _between(volumes: Mapping[str, Volume], job: Job) -> Shifts:
    """Shifts of the other channels against the first, in a few slices."""
    reference = lead(volumes)
    fixed = volumes[reference]
    part = middle(fixed.info.shape[1:], SIDE_PX)
    pairs = []
    for name, volume in volumes.items():
        if name == reference:
            continue
        for number in spread(fixed.info.shape[0], 3):
            job.check()
            one, two = (finite(each.slice(number)[part], number) for each in (fixed, volume))
            pairs.append(_any_picture(one, two))
    return _shifts(pairs)


def _any_picture(one: Array, two: Array) -> PairResult:
    """Matched by grey values, or by their steepness where contrasts differ."""
    pictures: tuple[Picture, ...] = ("grey", "gradient")
    found = [register_pair(one, two, options=AlignOptions(picture=picture)) for picture in pictures]
    return max(found, key=lambda pair: pair.confidence)


def _shifts(pairs: Sequence[PairResult]) -> Shifts:
    locked = [pair for pair in pairs if pair.locked]
    away = np.array([pair.shift_yx for pair in locked], dtype=np.float64).reshape(-1, 2)
    return Shifts(away, len(pairs))


# ---------------------------------------------------------------------------------- what follows from it
def _channels(shifts: Shifts, reference: str, steps: list[RecipeStep], words: list[str]) -> bool:
    if shifts.still:
        words.append(
            f"The channels lie on each other within {shifts.greatest_px:.2f} px in the slices looked at."
        )
        return True
    steps.append(entry("register-channels", reference_channel=reference))
    if not len(shifts.locked):
        words.append("The channels could not be matched in the slices looked at: look at the result.")
        return False
    words.append(
        f"The channels lie up to {shifts.greatest_px:.2g} px beside {reference}, so they are brought onto it."
    )
    return len(shifts.locked) > shifts.tried / 2


def _by_marks(marks: Marks, several: Mapping[str, str], steps: list[RecipeStep], words: list[str]) -> bool:
    if marks.ruler:
        steps.append(entry("register", anchor="ruler", **several))
        words.append(
            f"{marks.count} marks of a ruler were found in rows and columns {marks.region}: its parallel "
            "marks tell drift from structure that slants."
        )
        return True
    steps.append(entry("register", anchor="fiducial", region=marks.region, **several))
    words.append(
        f"Two marks that keep their distance were found in rows and columns {marks.region} and are taken for "
        "fixed: look whether they belong to the sample."
    )
    return False


def _by_structure(
    shifts: Shifts, slices: int, several: Mapping[str, str], steps: list[RecipeStep], words: list[str]
) -> bool:
    tried = f"{shifts.tried} pairs of neighbours"
    slow = shifts.slow_px(slices)
    if len(shifts.locked) < max(1, shifts.tried / 2):
        words.append(
            f"Only {len(shifts.locked)} of {tried} are alike enough to be matched, so nothing is moved: "
            "slices may lie far apart."
        )
        return False
    if shifts.still and slow < SLOW_PX:
        words.append(
            f"Neighbouring slices lie on each other within {shifts.greatest_px:.2f} px in {tried}: "
            "nothing has to be moved."
        )
        return True
    if shifts.jitter_px < STEADY_PX and slow >= SLOW_PX:
        words.append(
            f"Neighbouring slices are shifted alike, within {shifts.jitter_px:.2f} px in {tried}: "
            f"{slow:.0f} px over the stack are steady drift or structure that slants, which images cannot "
            "tell, so nothing is moved."
        )
        return False
    slants = slow >= SLOW_PX and shifts.jitter_px < LOOSE_PX
    steps.append(entry("register", trend="keep" if slants else "remove", **several))
    words.append(
        f"Neighbouring slices are shifted by {shifts.usual_px:.2g} px, at most {shifts.greatest_px:.2g} px, "
        f"in {tried}, and no mark was found that does not move, so they follow their structure."
    )
    if slow >= SLOW_PX:
        taken = "structure that slants and kept" if slants else "drift and corrected"
        words.append(
            f"The slow part, about {slow:.0f} px over the stack, is taken for {taken}: images cannot tell."
        )
    return slow < SLOW_PX
