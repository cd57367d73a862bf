"""How a network is trained: loss, optimiser, learning rate, when it ends."""

from __future__ import annotations

from typing import Literal, TypeAlias

from core.params import Params, param

LossName: TypeAlias = Literal["dice", "squared-dice", "bce-dice", "mse"]
Schedule: TypeAlias = Literal["cosine", "plateau", "step", "constant"]
Precision: TypeAlias = Literal["auto", "float32"]


class OptimiseParams(Params):
    """One run of an optimiser. It ends with the first of epochs, minutes and patience that is used up.

    The defaults are the program's own: a learning rate that falls along half a cosine to the end, and
    averaged weights. Those of the articles are `schedule` plateau (article I, Table 1; article III, Table 1)
    and step (`002`, eq. 1).
    """

    loss: LossName = param(
        "dice",
        label="Loss",
        description="What is made small: 1 - Dice, the same of squared values, cross entropy and Dice, or "
        "the mean squared difference of the probabilities.",
        choices={
            "dice": "Dice",
            "squared-dice": "Squared Dice",
            "bce-dice": "Cross entropy + Dice",
            "mse": "Mean squared error",
        },
    )
    optimiser: Literal["adam", "adamw"] = param(
        "adamw",
        label="Optimiser",
        description="AdamW lets the weights decay apart from the gradients.",
        choices={"adam": "Adam", "adamw": "AdamW"},
    )
    learning_rate: float = param(
        2e-3, gt=0, le=1, label="Learning rate", decimals=7, description="The greatest of the training."
    )
    weight_decay: float = param(
        1e-4,
        ge=0,
        le=1,
        label="Weight decay",
        decimals=7,
        advanced=True,
        description="Share of the weights that is taken off in each step, times the learning rate.",
        visible_when={"optimiser": ["adamw"]},
    )
    schedule: Schedule = param(
        "cosine",
        label="Learning rate falls",
        description="Along half a cosine until the end, when the validation loss no longer falls, by a "
        "factor every so many epochs, or never.",
        choices={
            "cosine": "Half a cosine",
            "plateau": "On a plateau",
            "step": "Step rule",
            "constant": "Never",
        },
    )
    warm_up: float = param(
        0.02,
        ge=0,
        le=0.5,
        label="Warm-up",
        advanced=True,
        decimals=3,
        description="Share of the training in which the learning rate rises from 0.",
        visible_when={"schedule": ["cosine"]},
    )
    factor: float = param(
        0.1,
        gt=0,
        lt=1,
        label="Factor",
        decimals=3,
        description="The learning rate is multiplied by it (plateau: 0.1; step rule: gamma of eq. 1, 0.5).",
        visible_when={"schedule": ["plateau", "step"]},
    )
    every_epochs: int = param(
        10,
        ge=1,
        le=1000,
        label="Wait",
        unit="epochs",
        description="Plateau: epochs without a smaller validation loss before the factor is applied. Step "
        "rule: epochs in which the rate falls by the factor, smoothly (eq. 1).",
        visible_when={"schedule": ["plateau", "step"]},
    )
    batch_size: int = param(
        64, ge=1, le=4096, label="Batch", unit="patches", description="Patches for one step of the optimiser."
    )
    epochs: int = param(
        40,
        ge=1,
        le=100_000,
        label="Epochs",
        unit="epochs",
        description="The training ends after so many. What repeats a training exactly, unlike minutes.",
    )
    patience: int = param(
        0,
        ge=0,
        le=10_000,
        label="Patience",
        unit="epochs",
        description="The training ends after so many epochs without a smaller validation loss; 0 = never.",
    )
    minutes: float = param(
        0.0,
        ge=0,
        le=100_000,
        label="Minutes",
        unit="min",
        description="Wall-clock time; 0 = no limit. How far a training gets then depends on the machine.",
    )
    clip_norm: float = param(
        1.0,
        ge=0,
        le=1000,
        label="Greatest gradient",
        advanced=True,
        description="Norm to which longer gradients are cut; 0 = not cut.",
    )
    precision: Precision = param(
        "auto",
        label="Precision",
        advanced=True,
        description="Auto calculates in bfloat16 where the processor has instructions for it; weights, loss "
        "and validation stay in float32.",
        choices={"auto": "Auto", "float32": "float32"},
    )
    average: float = param(
        0.998,
        ge=0,
        lt=1,
        label="Averaging",
        advanced=True,
        decimals=5,
        description="Decay per step of a running mean of the weights, which is validated too and kept where "
        "it is better; 0 = none.",
    )
