"""Networks that tell solid from pore.

MONAI's U-Nets are not used: they begin with a strided convolution, or have a fixed number of levels, or
normalise each image by itself; none takes one encoder per imaging condition.
"""

from __future__ import annotations

from core.learn.networks.base import SegmentationNetwork
from core.learn.networks.family import Family
from core.learn.networks.fcn import FCNFamily
from core.learn.networks.fusion import BranchedNetwork, LateFusion, PyramidNetwork, Voting, from_branches
from core.learn.networks.unet import UNetFamily
from core.learn.networks.vnet import VNetFamily
from core.learn.params.network import NetworkParams

__all__ = ["BranchedNetwork", "SegmentationNetwork", "build", "from_branches"]


def build(spec: NetworkParams) -> SegmentationNetwork:
    """Make a network with random numbers from torch's own generator, which the caller seeds.

    Parameters
    ----------
    spec : NetworkParams
        Kind, size, channels and how these are joined; with one channel there is nothing to join.
    """
    family = _family(spec)
    if spec.fuses and spec.fusion == "late":
        return LateFusion(spec, family)
    if spec.fuses and spec.fusion == "voting":
        return Voting(spec, family)
    intermediate = spec.fuses and spec.fusion == "intermediate"
    return PyramidNetwork(spec, family, len(spec.channels) if intermediate else 1)


def _family(spec: NetworkParams) -> Family:
    if spec.kind == "vnet":
        return VNetFamily(spec)
    if spec.kind.startswith("fcn"):
        return FCNFamily(spec)
    return UNetFamily(spec)
