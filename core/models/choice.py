"""Which network looks at the slices, and what is found before it does."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Literal

from pydantic import BaseModel, ConfigDict, Field

from core.errors import ParameterError
from core.models.answer import Answer
from core.params import Params, param
from core.step import Estimate

if TYPE_CHECKING:
    from core.models.card import Model
    from core.models.spec import ModelSpec


def model_names() -> tuple[str, ...]:
    """Names of the models that tell solid from pore, for lists to choose from."""
    from core.models.library import models

    return tuple(model.spec.name for model in models() if model.spec.task == "segment")


class ProbabilityParams(Params):
    """Which network looks at the slices, and what is kept of its answer."""

    model: str = param(
        "",
        max_length=4096,
        label="Model",
        description="Name of a model of the library (`trueslice models list`), or its folder.",
        suggestions=model_names,
    )
    quantity: Literal["probability", "entropy", "disagreement"] = param(
        "probability",
        label="Result",
        description="Entropy, in bits, is 1 where the network cannot tell; disagreement is the standard "
        "deviation over the channels of networks that judge each channel by itself.",
        choices={
            "probability": "Probability of solid",
            "entropy": "Uncertainty (entropy)",
            "disagreement": "Disagreement of channels",
        },
    )
    depth: Literal[8, 16] = param(
        8,
        label="Depth",
        unit="bit",
        description="0-1 is stored as 0-255 (8 bits) or 0-65535 (16 bits).",
    )
    slice_step: int = param(
        0,
        ge=0,
        le=32,
        label="Adjacent slices",
        unit="slices",
        advanced=True,
        description="Every so many slices are shown to the network as adjacent ones; 0 = as their distance "
        "beside that of the training data says.",
    )
    force: bool = param(
        False,
        label="Use it anyway",
        advanced=True,
        description="Use the model although the data are far from the training data, or of unknown size.",
    )
    provider: Literal["auto", "cpu"] = param(
        "auto",
        label="Compute on",
        advanced=True,
        description="The graphics card where it can be used, else the processor.",
        choices={"auto": "What is fastest", "cpu": "The processor"},
    )


class ChannelLevels(BaseModel):
    """Grey values of one channel: of empty pore, of bright solid, and the noise of a pixel."""

    model_config = ConfigDict(frozen=True, extra="forbid", allow_inf_nan=False)

    low: float
    high: float
    noise: float = Field(ge=0)


class ProbabilityEstimate(Estimate):
    """How the grey values of the stack are shown to the network, and whether it fits them."""

    model: str = Field("", title="Model", description="Which network.")
    fingerprint: str = Field("", title="Fingerprint", description="Of its weights and how they are used.")
    inputs: dict[str, str] = Field(
        {}, title="Channels", description="By channel of the model: the channel of the data."
    )
    levels: dict[str, ChannelLevels] = Field(
        {}, title="Levels", description="By channel of the model: grey values of pore, solid and noise."
    )
    slice_step: int = Field(
        1, ge=1, title="Adjacent slices", description="Distance in slices of what is shown as adjacent."
    )
    provider: str = Field("", title="Computed on", description="Processor or graphics card.")
    fit: tuple[str, ...] = Field(
        (), title="Fit", description="Where the data differ from what the network was trained on."
    )
    answer: Answer | None = Field(
        None, title="Answer", description="What the finished answer looks like beside those of the training."
    )

    def brief(self) -> dict[str, Any]:
        """What people are shown."""
        return self.model_dump(mode="json", exclude={"fingerprint"})

    def remarks(self) -> tuple[str, ...]:
        """Say where the data, and the answer, differ from the training data."""
        return self.fit if self.answer is None else (*self.fit, *self.answer.notes)

    @property
    def reviewed(self) -> bool:
        """Whether the finished answer has been looked at."""
        return self.answer is not None


def chosen(params: ProbabilityParams) -> Model:
    """The model that is meant; of one that is gone, what a project has kept of it.

    Raises
    ------
    ParameterError
        If none is, or it is not for segmenting.
    """
    from core.models.memory import model_or_memory

    if not params.model:
        raise ParameterError(
            "probability: no model is chosen",
            expected="the name of one: " + (", ".join(model_names()) or "there is none yet"),
            remedy="state --model NAME; `trueslice models list` says what there is",
        )
    model = model_or_memory(params.model)
    _require_able(model.spec, params)
    return model


def _require_able(spec: ModelSpec, params: ProbabilityParams) -> None:
    """Refuse a model that cannot give what is asked for."""
    from core.models.intensity import RULE
    from core.models.work import AS_IT_IS

    if spec.task != "segment":
        raise ParameterError(
            f"the model {spec.name} does not tell solid from pore",
            expected="task segment",
            got=f"task {spec.task}",
            remedy="`trueslice models list` says which model does what",
        )
    if spec.normalisation not in (RULE, AS_IT_IS):
        raise ParameterError(
            f"the model {spec.name} was trained on grey values of a kind that is not known here",
            expected=f"normalisation {RULE} or {AS_IT_IS}",
            got=spec.normalisation,
            remedy="use a newer version of the program, or another model",
        )
    if params.quantity == "disagreement" and not spec.branches:
        raise ParameterError(
            f"the model {spec.name} does not judge channels by themselves",
            expected="a model with branches (late fusion or voting)",
            remedy="choose the entropy, which every model has",
        )
