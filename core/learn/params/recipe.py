"""Everything that makes a model, in one file: data, network, optimiser, seed, and what its card says."""

from __future__ import annotations

from typing import Self

from pydantic import Field as PydanticField
from pydantic import field_validator, model_validator

from core.errors import ParameterError
from core.learn.params.data import AugmentParams, DataParams
from core.learn.params.network import NetworkParams
from core.learn.params.optimise import OptimiseParams
from core.models.texts import CardTexts
from core.params import param
from core.simulate.plan_file import PlanFile
from core.simulate.sections.params import SectionPlan
from core.simulate.training_plan import TrainingPlan

DATA = "data.zarr"
"""Name of the training set that a recipe simulates, within the folder of the training."""


_FREE = {
    "optimise": {"epochs", "minutes", "patience"},
    "ensemble": {"epochs", "minutes", "patience"},
    "data": {"path", "further"},
}
"""Parameters that may change while a training goes on."""


class TrainingRecipe(PlanFile):
    """A training from nothing to a tested model. Equal recipes make equal weights on one machine."""

    name: str = param(
        "model",
        label="Name",
        description="Name of the model: small letters, digits, and . _ - within.",
        pattern=r"^[a-z0-9][a-z0-9._-]{0,63}$",
    )
    version: int = param(1, ge=1, le=9999, label="Version", description="Version of the model.")
    seed: int = param(
        1,
        ge=0,
        le=2**31 - 1,
        label="Seed",
        description="First weights, patches and augmentation follow from it.",
    )
    trained_on: str = param(
        "", label="Trained on", description="One sentence on the data; goes into the card.", max_length=1000
    )
    limits: str = param(
        "", label="Limits", description="One sentence on what the model is not for.", max_length=1000
    )
    start: str = param(
        "",
        label="Fine-tune",
        description="Folder of a training, or name or folder of a model that keeps its trainable weights, to "
        "start from; empty: from nothing.",
    )
    branches: bool = param(
        True,
        label="Branches first",
        description="Late fusion and voting: train the network of each channel by itself, then only what "
        "joins them. Off: all at once.",
    )
    branch_from: dict[str, str] = param(
        {},
        label="Finished branches",
        description="By channel: folder of a training of this channel alone that is taken as it is.",
    )
    network: NetworkParams = PydanticField(default_factory=NetworkParams, title="Network")
    data: DataParams = PydanticField(default_factory=DataParams, title="Data")
    augment: AugmentParams = PydanticField(default_factory=AugmentParams, title="Augmentation")
    optimise: OptimiseParams = PydanticField(default_factory=OptimiseParams, title="Optimisation")
    ensemble: OptimiseParams = PydanticField(
        default_factory=lambda: OptimiseParams(epochs=3, learning_rate=0.02),
        title="Optimisation of what joins the branches",
    )
    card: CardTexts = PydanticField(default_factory=CardTexts, title="Card")
    simulate: TrainingPlan | None = PydanticField(
        None, title="Simulation", description="Training set that is made first, in the folder of the training"
    )
    sections: SectionPlan | None = PydanticField(
        None, title="Sections", description="The same, of sections of dense ceramics (channel SE)"
    )

    @field_validator("branch_from")
    @classmethod
    def _named(cls, value: dict[str, str]) -> dict[str, str]:
        empty = [channel for channel, folder in value.items() if not folder]
        if empty:
            raise ValueError(f"no folder for {', '.join(empty)}")
        return value

    @model_validator(mode="after")
    def _parts_fit(self) -> Self:
        faults = [*self._branch_faults(), *self._simulation_faults()]
        if faults:
            raise ValueError("; ".join(faults))
        return self

    def _branch_faults(self) -> list[str]:
        strange = sorted(set(self.branch_from) - set(self.network.channels))
        faults = []
        if strange:
            faults.append(f"branch_from: the network has no channel {', '.join(strange)}")
        if self.branch_from and not self.trains_branches:
            faults.append("branch_from: needs several channels, fusion late or voting, and branches on")
        if self.start and self.branch_from:
            faults.append("start, branch_from: one or the other")
        return faults

    def _simulation_faults(self) -> list[str]:
        made = self.simulate or self.sections
        if made is None:
            return []
        name = "simulate" if self.simulate else "sections"
        channels = self.simulate.plan.channels if self.simulate else SectionPlan().channels
        lost = sorted(set(self.network.channels) - set(channels))
        faults = []
        if self.simulate and self.sections:
            faults.append("simulate, sections: one or the other")
        if self.data.kind != "simulated":
            faults.append(f"{name}: a training set is made for data of kind simulated only")
        if lost:
            stated = ", ".join(channels)
            faults.append(f"{name}: the plan has the channels {stated}, the network wants {', '.join(lost)}")
        if made.validation == 0:
            faults.append(f"{name}.validation: at least one structure, to choose the best state by")
        if made.splits.count("train") <= self.data.held_out:
            faults.append(f"{name}.train, data.held_out: no structure would be left to train with")
        if self.sections and (self.network.is_volume or self.network.slices > 1):
            faults.append("sections: images without neighbours; network.slices = 1, in the plane")
        return faults

    @property
    def trains_branches(self) -> bool:
        """Whether the networks of single channels are trained first, and joined then."""
        joined_late = self.network.fuses and self.network.fusion in ("late", "voting")
        return joined_late and self.branches and not self.start

    def branch_network(self, channel: str) -> NetworkParams:
        """The network of one channel alone.

        Raises
        ------
        ParameterError
            If there is no such channel.
        """
        if channel not in self.network.channels:
            raise ParameterError("no such channel", expected=", ".join(self.network.channels), got=channel)
        return self.network.model_copy(update={"channels": (channel,)})

    def identity(self) -> dict[str, object]:
        """What makes the weights, without what only says how long to go on, what the card tells, and where
        the training set lies: a folder may be moved, and goes on.
        """
        table = self.table()
        for name in ("name", "version", "trained_on", "limits", "card"):
            table.pop(name)
        for part, names in _FREE.items():
            table[part] = {key: value for key, value in table[part].items() if key not in names}
        return table
