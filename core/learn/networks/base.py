"""What every network that tells solid from pore offers."""

from __future__ import annotations

from collections.abc import Sequence

import torch
from torch import Tensor, nn

from core.errors import ParameterError
from core.learn.networks.reach import Operation, reach_of, stride_of
from core.learn.params.network import NetworkParams


class SegmentationNetwork(nn.Module):
    """A network from grey values to solid.

    Input: float32, normalised, ``(b, channels, y, x)`` in the plane (order of channels: see `NetworkParams`)
    or ``(b, channels, z, y, x)`` in the volume, any z.

    Attributes
    ----------
    spec : NetworkParams
        What it was built from.
    stride : int
        Sides in the plane have to be multiples of it, and so have the places at which tiles begin.
    stride_z : int
        The same along z; 1, as z is never shrunk.
    """

    stride_z = 1

    def __init__(self, spec: NetworkParams, path: Sequence[Operation]) -> None:
        super().__init__()
        self.spec = spec
        self.stride = stride_of(path)
        self._reach_px = reach_of(path)

    def halo(self) -> tuple[int, int]:
        """Slices and pixels around a voxel that its result depends on, exactly.

        Returns
        -------
        halo_slices, halo_px : int
            Beyond them nothing matters; at this distance something does, for the least favourable place
            within a square of `stride` pixels.
        """
        return self.spec.slices // 2, self._reach_px

    def forward(self, images: Tensor) -> Tensor:
        """Logits of solid, (b, 1, [z,] y, x)."""
        raise NotImplementedError

    def branches(self, images: Tensor) -> Tensor | None:
        """Logits of each imaging condition, (b, conditions, [z,] y, x); None if there is but one result."""
        return None

    def outputs(self, images: Tensor) -> tuple[Tensor, Tensor | None]:
        """Probability of solid, 0-1, and those of the branches, if any."""
        return torch.sigmoid(self(images).float()), None

    def weights(self) -> dict[str, float] | None:
        """Voting weight of each imaging condition, adding up to 1; None where nothing is voted."""
        return None

    def check(self, images: Tensor) -> None:
        """Refuse images this network cannot take.

        Raises
        ------
        ParameterError
            If the number of axes, of channels, or the sides do not fit.
        """
        if torch.onnx.is_in_onnx_export():  # sizes are symbols then
            return
        axes = "(batch, channel, z, y, x)" if self.spec.is_volume else "(batch, channel, y, x)"
        if images.dim() != 4 + self.spec.is_volume or images.shape[1] != self.spec.inputs:
            raise ParameterError(
                f"{self.spec.kind}: these images do not fit the network",
                expected=f"{axes} with {self.spec.inputs} channels ({', '.join(self.spec.channels)})",
                got=f"an array of {tuple(images.shape)}",
                remedy="give the slices and imaging conditions the network was built for",
            )
        if any(side % self.stride or not side for side in images.shape[-2:]):
            raise ParameterError(
                f"{self.spec.kind}: the sides of an image do not fit the network",
                expected=f"multiples of {self.stride} px",
                got=f"{images.shape[-2]} x {images.shape[-1]} px",
                remedy="choose another patch or tile size",
            )
