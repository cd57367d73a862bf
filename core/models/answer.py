"""Whether the answer of a network looks like those it was trained and validated on.

Images can lie within all that is known of the training data, and show another structure or another material.
The network answers all the same, and what it answers may look right. Two things give it away: the solid or
the pores it finds are narrower or wider than any it was trained on, and it is undecided over wider bands
along their borders than it was in its validation.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np
from pydantic import BaseModel, ConfigDict, Field

from core.models.uncertainty import entropy_bits
from core.volume import Array

if TYPE_CHECKING:
    from core.job import Job
    from core.models.spec import Known, ModelSpec, Range
    from core.volume import Volume

FAR_CHORD = 1.35
"""Mean chords outside the range of the training structures by more than this factor are warned of."""
FAR_UNDECIDED = 2.0
"""So is a band of indecision that is wider than that of the validation by more than this factor."""
SLICES = 64
"""At most so many slices, evenly spread, are looked at."""
CODES = 256
UNDECIDED = 26, 229
"""Codes of what is undecided: probability 0.1 to 0.9. Not the entropy, of which a network that never says 0
or 1, such as a vote of several, has much where it is sure."""
_BAND_PX = 1 << 21

DEFINITION = (
    "Chords: mean length of solid and of pore along y and x within slices, two ends for each crossing of a "
    "border, so that pieces cut off by the edge of the image count for what is seen of them; ranges are over "
    "the training structures and both axes, from the truth. Entropy: mean binary entropy of the probability "
    "of solid, stored as 0-255, over the validation patches, in bits. Undecided: pixels with a probability "
    "of 0.1 to 0.9 on a line, by crossings of a border (probability one half), mean of lines along y and x, "
    "in px."
)
"""What the numbers of a card mean."""


class Answer(BaseModel):
    """What an answer of a network looks like.

    Attributes
    ----------
    solid_chord_nm, pore_chord_nm : tuple of float
        Mean chord along y and x; where no border is crossed, the least it can be.
    entropy_bits : float
        Mean binary entropy.
    undecided_px : float
        Pixels with a probability of 0.1 to 0.9 on a line, by crossing of a border.
    crossings : int
        Of borders, along y and x.
    slices : int
        That were looked at.
    notes : tuple of str
        In what it is unlike the training data; see `unlike`.
    """

    model_config = ConfigDict(frozen=True, extra="forbid", allow_inf_nan=False)

    solid_chord_nm: tuple[float, float]
    pore_chord_nm: tuple[float, float]
    entropy_bits: float = Field(ge=0, le=1)
    undecided_px: float = Field(ge=0)
    crossings: int = Field(ge=0)
    slices: int = Field(ge=0)
    notes: tuple[str, ...] = ()


@dataclass(frozen=True)
class Tally:
    """Whole counts of some planes, to be added up.

    Attributes
    ----------
    codes : ndarray of int64, shape (256,)
        Pixels by probability, 0-255.
    crossings, solid_ends, gaps : ndarray of int64, shape (2,)
        Along y and x: neighbours of different phases; how often one of two neighbours is solid; pairs of
        neighbours.
    """

    codes: Array
    crossings: Array
    solid_ends: Array
    gaps: Array

    def __add__(self, other: Tally) -> Tally:
        """Counts of both."""
        return Tally(
            self.codes + other.codes,
            self.crossings + other.crossings,
            self.solid_ends + other.solid_ends,
            self.gaps + other.gaps,
        )

    @property
    def solid_px(self) -> Array:
        """Mean chord of solid along y and x in px.

        A line of n pixels is n - 1 long from the middle of the first to that of the last; each crossing is
        an end of one chord of solid and of one of pore. Unlike the mean of whole chords this does not depend
        on the size of the image.
        """
        return np.asarray(self.solid_ends / np.maximum(self.crossings, 1))

    @property
    def pore_px(self) -> Array:
        """The same of pore."""
        return np.asarray((2 * self.gaps - self.solid_ends) / np.maximum(self.crossings, 1))

    @property
    def entropy_bits(self) -> float:
        """Mean entropy of a pixel."""
        share = self.codes / max(1, int(self.codes.sum()))
        return min(1.0, float(entropy_bits(np.arange(CODES) / (CODES - 1)) @ share))

    @property
    def undecided_px(self) -> float:
        """Pixels of probability 0.1 to 0.9 on a line, by crossing of a border."""
        least, most = UNDECIDED
        share = float(self.codes[least : most + 1].sum()) / max(1, int(self.codes.sum()))
        return share * float(self.gaps.sum()) / max(1, int(self.crossings.sum()))


def tallied(codes: Array) -> Tally:
    """Count in planes of probabilities.

    Parameters
    ----------
    codes : ndarray of uint8, shape (..., y, x)
        Probability of solid, 0-255.
    """
    solid = codes > (CODES - 1) // 2
    crossings, ends, gaps = [], [], []
    for before, after in (
        (solid[..., :-1, :], solid[..., 1:, :]),
        (solid[..., :-1], solid[..., 1:]),
    ):
        crossings.append(np.count_nonzero(before != after))
        ends.append(np.count_nonzero(before) + np.count_nonzero(after))
        gaps.append(before.size)
    counts = np.bincount(codes.ravel(), minlength=CODES).astype(np.int64)
    return Tally(counts, *(np.array(values, np.int64) for values in (crossings, ends, gaps)))


def codes_of(plane: Array) -> Array:
    """Stored probabilities of 8 or 16 bits as 0-255."""
    if plane.dtype == np.uint8:
        return plane
    most = np.iinfo(plane.dtype).max
    return ((plane.astype(np.uint32) * (CODES - 1) + most // 2) // most).astype(np.uint8)


# ---------------------------------------------------------------------------------- of a result
def states_answers(known: Known) -> bool:
    """Whether a model says what answers of it look like."""
    return any(value is not None for value in (known.solid_chord_nm, known.pore_chord_nm, known.undecided_px))


def compared(result: Volume, spec: ModelSpec, job: Job) -> Answer | None:
    """A finished answer, with what has to be said of it; None where the model does not say how they look."""
    if not states_answers(spec.known):
        return None
    answer = looked_at(result, spec, job)
    return answer.model_copy(update={"notes": unlike(answer, spec)})


def looked_at(result: Volume, spec: ModelSpec, job: Job) -> Answer:
    """What a finished answer looks like, from at most `SLICES` of its slices, one after the other.

    Parameters
    ----------
    result : Volume
        Probabilities, uint8 or uint16.
    spec : ModelSpec
        Of the network; its pixels stand for those of the data where these are not known.
    job : Job

    Raises
    ------
    Cancelled
        If the user asked to stop.
    """
    count = result.info.shape[0]
    numbers = np.unique(np.linspace(0, count - 1, min(count, SLICES)).round().astype(int)).tolist()
    total: Tally | None = None
    for number in job.track(numbers, len(numbers), "Comparing the answer with the training"):
        plane = result.source.read(slice(number, number + 1))[0]
        for part in _bands(plane):
            job.check()
            found = tallied(codes_of(part))
            total = found if total is None else total + found
    y_nm, x_nm = (
        own or trained for own, trained in zip(result.info.voxel_nm[1:], spec.voxel_nm[1:], strict=True)
    )
    return answer_of(total or tallied(np.zeros((1, 1), np.uint8)), (y_nm, x_nm), len(numbers))


def _bands(plane: Array) -> Iterator[Array]:
    """Rows of a large plane, some at a time; columns of its bands do not go on into the next one."""
    rows = max(2, _BAND_PX // max(1, plane.shape[1]))
    return (plane[first : first + rows] for first in range(0, plane.shape[0], rows))


def answer_of(total: Tally, pixel_nm: tuple[float, float], slices: int) -> Answer:
    """What the counts say; `pixel_nm` is (y, x)."""
    solid, pore = (total.solid_px * pixel_nm).tolist(), (total.pore_px * pixel_nm).tolist()
    return Answer(
        solid_chord_nm=(solid[0], solid[1]),
        pore_chord_nm=(pore[0], pore[1]),
        entropy_bits=total.entropy_bits,
        undecided_px=total.undecided_px,
        crossings=int(total.crossings.sum()),
        slices=slices,
    )


def unlike(answer: Answer, spec: ModelSpec) -> tuple[str, ...]:
    """One sentence with the numbers and what to do, if an answer is far from those of the training."""
    found = list(_differences(answer, spec.known))
    if not found:
        return ()
    return (
        f"The answer of the model {spec.name} is unlike its training: {'; '.join(found)}. It can look right "
        "and be wrong. Compare slices of it with the images before you use it; use a model trained on such "
        "structures and materials, or train one.",
    )


def _differences(answer: Answer, known: Known) -> Iterable[str]:
    if not answer.crossings:
        yield f"{answer.slices} slices show no border between solid and pore"
        return
    chords = (
        ("solid", answer.solid_chord_nm, known.solid_chord_nm),
        ("pore", answer.pore_chord_nm, known.pore_chord_nm),
    )
    for phase, found, trained in chords:
        if trained is not None and any(_is_far(value, trained) for value in found):
            y_nm, x_nm = found
            yield (
                f"the mean chord of {phase} is {y_nm:.3g} nm along y and {x_nm:.3g} nm along x, "
                f"in the training structures {trained[0]:.3g} to {trained[1]:.3g} nm"
            )
    usual = known.undecided_px
    if usual is not None and answer.undecided_px > FAR_UNDECIDED * usual:
        mean = "" if known.entropy_bits is None else f" against {known.entropy_bits:.2g}"
        yield (
            f"it is undecided about {answer.undecided_px:.2g} px at each border, in its validation about "
            f"{usual:.2g} px (mean entropy {answer.entropy_bits:.2g}{mean} bits)"
        )


def _is_far(value: float, trained: Range) -> bool:
    low, high = trained
    return value < low / FAR_CHORD or value > high * FAR_CHORD


def told(known: Known) -> str:
    """The numbers of a card in words; empty where it states none."""
    parts: list[str] = []
    for phase, chord in (("solid", known.solid_chord_nm), ("pore", known.pore_chord_nm)):
        if chord is not None:
            parts.append(
                f"mean chord of {phase} in the training structures {chord[0]:.3g} to {chord[1]:.3g} nm"
            )
    if known.undecided_px is not None:
        mean = "" if known.entropy_bits is None else f", mean entropy {known.entropy_bits:.2g} bits"
        parts.append(f"in the validation undecided about {known.undecided_px:.2g} px at each border{mean}")
    return "; ".join(parts)
