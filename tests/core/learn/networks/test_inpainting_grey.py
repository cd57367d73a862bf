"""The network for grey planes begins as a spline and takes any grey scale."""

from __future__ import annotations

import pytest
import torch

from core.errors import ParameterError
from core.learn.networks.inpainting_grey import GreyNetwork, WholeGreyPlanes
from core.rebuild.network_grey_input import CHANNELS, CUBIC, PLANES


def network() -> GreyNetwork:
    torch.manual_seed(1)
    found = GreyNetwork(6, 5, (1, 2)).eval()
    with torch.no_grad():
        for weight in found.parameters():
            weight.copy_(0.3 * torch.randn(weight.shape))
    return found


def images(side: int = 24) -> torch.Tensor:
    torch.manual_seed(2)
    found = torch.randn(2, len(CHANNELS), side, side + 3)
    found[:, PLANES:] = torch.rand(2, len(CHANNELS) - PLANES, 1, 1)
    return found


def test_the_training_begins_with_the_spline() -> None:
    one, reach = images(), GreyNetwork(6, 5, (1, 2)).reach_px
    assert reach == 5
    found = GreyNetwork(6, 5, (1, 2))(one)
    assert torch.equal(found, one[:, CUBIC : CUBIC + 1, reach:-reach, reach:-reach])


@torch.no_grad()
def test_offset_and_gain_pass_through() -> None:
    own, one = network(), images()
    moved = one.clone()
    moved[:, :PLANES] = 7 * one[:, :PLANES] + 3
    assert torch.allclose(own(moved), 7 * own(one) + 3, atol=1e-3)
    assert float((own(one) - one[:, CUBIC : CUBIC + 1, 5:-5, 5:-5]).abs().max()) > 0.01


@torch.no_grad()
def test_distances_of_slices_matter() -> None:
    own, one = network(), images()
    other = one.clone()
    other[:, PLANES:] += 0.5
    assert not torch.allclose(own(one), own(other), atol=1e-3)


@torch.no_grad()
def test_whole_planes_are_the_same_away_from_the_border() -> None:
    own, one = network(), images()
    whole = WholeGreyPlanes(own)
    assert whole(one).shape == (2, 1, 24, 27)
    assert torch.allclose(whole(one)[:, :, 5:-5, 5:-5], own(one), atol=1e-5)
    with pytest.raises(ParameterError, match="do not fit"):
        whole.check(one[:, :4])
