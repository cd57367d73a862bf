"""The list of steps, by hand: what is not here does not exist for form, command line, recipe or cluster."""

from __future__ import annotations

from core.errors import RecipeError
from core.step import AnyStep
from core.steps.correct import CORRECT
from core.steps.crop import CROP
from core.steps.denoise import DENOISE
from core.steps.destripe import DESTRIPE
from core.steps.drop_slices import DROP_SLICES
from core.steps.export import EXPORT
from core.steps.fill import FILL
from core.steps.flatten import FLATTEN
from core.steps.invert import INVERT
from core.steps.measure import MEASURE
from core.steps.normalise import NORMALISE
from core.steps.probability import PROBABILITY
from core.steps.register import REGISTER
from core.steps.register_channels import REGISTER_CHANNELS
from core.steps.reposition import REPOSITION
from core.steps.resample import RESAMPLE
from core.steps.segment import SEGMENT
from core.steps.thickness import THICKNESS
from core.steps.trim import TRIM

STEPS: tuple[AnyStep, ...] = (
    CROP,
    DROP_SLICES,
    INVERT,
    REGISTER,
    REGISTER_CHANNELS,
    THICKNESS,
    TRIM,
    NORMALISE,
    FLATTEN,
    DESTRIPE,
    DENOISE,
    PROBABILITY,
    SEGMENT,
    CORRECT,
    REPOSITION,
    FILL,
    RESAMPLE,
    MEASURE,
    EXPORT,
)


def step_named(name: str) -> AnyStep:
    """Find a step by the name recipes use.

    Raises
    ------
    RecipeError
        Naming the steps there are.
    """
    for step in STEPS:
        if step.name == name:
            return step
    raise RecipeError(
        f"there is no step '{name:.80}'",
        expected="one of " + ", ".join(step.name for step in STEPS),
        got=name[:80],
        remedy="check the spelling; a recipe of a newer program version may use newer steps",
    )
