"""Which network is trained."""

from __future__ import annotations

from typing import Literal, Self, TypeAlias

from pydantic import model_validator

from core.params import Params, param

Kind: TypeAlias = Literal[
    "unet", "residual-unet", "unet-3d", "residual-unet-3d", "vnet", "fcn-32s", "fcn-16s", "fcn-8s"
]
Fusion: TypeAlias = Literal["early", "intermediate", "late", "voting"]
VOLUMES: frozenset[str] = frozenset({"unet-3d", "residual-unet-3d", "vnet"})
"""Networks that convolve along z as well."""


class NetworkParams(Params):
    """A network that tells solid from pore.

    Networks in the plane get the slice with its neighbours as input channels, ordered by imaging condition
    and then by slice: ``1kV z-1, 1kV z, 1kV z+1, 2kV z-1, ...``. Networks in the volume get one input channel
    per imaging condition.
    """

    kind: Kind = param(
        "residual-unet",
        label="Network",
        description="U-Net in the plane with adjacent slices, in the volume, V-Net, or FCN.",
        choices={
            "unet": "U-Net",
            "residual-unet": "U-Net with residual connections",
            "unet-3d": "3D U-Net",
            "residual-unet-3d": "3D U-Net with residual connections",
            "vnet": "V-Net",
            "fcn-32s": "FCN-32s",
            "fcn-16s": "FCN-16s",
            "fcn-8s": "FCN-8s",
        },
    )
    channels: tuple[str, ...] = param(
        ("2kV",),
        label="Channels",
        description="Imaging conditions the network looks at, by the names they have in the training data.",
        min_length=1,
        max_length=8,
    )
    slices: Literal[1, 3, 5, 7, 9] = param(
        7,
        label="Slices",
        unit="slices",
        description="Slices seen at once: the one that is segmented and its neighbours on both sides.",
    )
    depth: int = param(
        4, ge=2, le=6, label="Depth", description="Levels of resolution, the finest included.", unit=""
    )
    width: int = param(
        16,
        ge=4,
        le=128,
        label="Width",
        description="Feature maps at the finest level; doubled at each below.",
    )
    fold_px: Literal[1, 2] = param(
        1,
        label="Fold",
        unit="px",
        description="Side of the squares of pixels that are taken in, and given back, as one place; 2 leaves "
        "the full resolution to the first and last layer, which makes a U-Net of twice the width as fast.",
        advanced=True,
    )
    fusion: Fusion = param(
        "late",
        label="Fusion",
        description="How several channels are joined: at the input, between encoder and decoder, from the "
        "probabilities of one network each, or from these by one weight per channel.",
        choices={
            "early": "Early",
            "intermediate": "Intermediate",
            "late": "Late",
            "voting": "Voting weights",
        },
    )

    @model_validator(mode="after")
    def _fits(self) -> Self:
        if len(set(self.channels)) != len(self.channels):
            raise ValueError(f"channels: each only once, got {', '.join(self.channels)}")
        if self.fold_px > 1 and "unet" not in self.kind:
            raise ValueError(f"fold_px: only U-Nets take in squares of pixels, got {self.kind}")
        return self

    @property
    def is_volume(self) -> bool:
        """Whether it convolves along z as well."""
        return self.kind in VOLUMES

    @property
    def fuses(self) -> bool:
        """Whether there is anything to join."""
        return len(self.channels) > 1

    @property
    def inputs(self) -> int:
        """Number of input channels of the tensor."""
        return len(self.channels) * (1 if self.is_volume else self.slices)
