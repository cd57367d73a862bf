"""What people read in a model's card, and what was measured with it."""

from __future__ import annotations

from typing import Literal, TypeAlias

from pydantic import BaseModel, ConfigDict, Field

from core.params import Params, param

Role: TypeAlias = Literal["train", "validation", "test", "independent", "unknown"]

METRICS = {
    "mp": "Misplaced pixels in % of all pixels",
    "mgp": "Misplaced solid pixels in % of the solid",
    "mds": "Mean Dice coefficient of the slices",
    "precision": "Share of what was called solid that is solid",
    "recall": "Share of the solid that was found",
    "iou": "Intersection over union of the solid",
    "phi": "Solid fraction that was found",
    "e_tpcf": "Isotropy error of the two-point correlation",
    "e_lpf": "Isotropy error of the lineal path",
    "e_d": "Isotropy error of the ligament size",
}
"""Long names of measures."""


class CardTexts(Params):
    """Title, authors and licence; what a model was trained on and its limits stand in its `ModelSpec`."""

    title: str = param(
        "",
        label="Title",
        description="Short title; letters, digits, spaces and _ + - ( ). Empty: made from the name.",
        max_length=64,
        pattern=r"^$|^[A-Za-z0-9_+\-() ]{5,}$",
    )
    description: str = param(
        "",
        label="Description",
        description="One or two sentences. Empty: made from the rest.",
        max_length=1000,
    )
    authors: tuple[str, ...] = param(
        ("not stated",),
        label="Authors",
        description="Names of those who trained it.",
        min_length=1,
    )
    licence: str = param(
        "",
        label="Licence",
        description="SPDX identifier, for example MIT or CC-BY-4.0. Empty: not stated.",
        pattern=r"^[A-Za-z0-9.+-]*$",
    )
    cite: tuple[str, ...] = param(
        (), label="References", description="What to cite: one text each, with its DOI or web address."
    )
    architecture: str = param(
        "", label="Network", description="Kind of network in a few words.", max_length=200
    )


class Measured(BaseModel):
    """Results under one condition of one data set.

    Attributes
    ----------
    data : str
        Short name of the data set, for example ``hierarchical-gold``.
    condition, condition_long : str
        Of the images (at most 16 signs), for example ``10nm``, and in words.
    values : mapping of str to float
        By name of the measure (see `METRICS`).
    role : str
        Of the data set. ``test``: of the same kind as the training data, but never used in training.
    samples : int
        Images or volumes that were looked at.
    source : str
        Web address of the data; empty for data that are made by the program.
    remark : str
        What these numbers are to be seen beside.
    """

    model_config = ConfigDict(frozen=True, extra="forbid", allow_inf_nan=False)

    data: str = Field(pattern=r"^[a-z0-9][a-z0-9-]*$", max_length=64)
    condition: str = Field("overall", min_length=1, max_length=16)
    condition_long: str = ""
    values: dict[str, float] = Field(min_length=1)
    role: Role = "test"
    samples: int = Field(1, ge=1)
    source: str = Field("", pattern=r"^$|^https?://")
    remark: str = ""
