"""Networks that fill gaps: what they begin with, how far they look, and that windows do for planes."""

from __future__ import annotations

from pathlib import Path
from typing import cast

import pytest
import torch
from torch import nn

from core.errors import ParameterError
from core.learn.export import export_onnx
from core.learn.networks import SegmentationNetwork
from core.learn.networks.inpainting import EXTRACTION, NEAR_PX, ArticleNetwork, ShapeNetwork, WholePlanes
from core.rebuild.network_input import CHANNELS, DISTANCE_UNIT_PX, DISTANCES


def trained(reach: int = 2) -> ShapeNetwork:
    """As if trained: nothing is zero any more."""
    network = ShapeNetwork(reach, (6, 4))
    with torch.no_grad():
        nn.init.normal_(network.correction.weight, std=5.0)
        network(torch.randn(64, len(CHANNELS), 2 * reach + 1, 2 * reach + 1))
    return network.eval()


def test_it_begins_with_the_interpolated_shape() -> None:
    images = torch.randn(2, len(CHANNELS), 12, 11)
    logits = ShapeNetwork(2, (6, 4)).eval()(images)
    assert logits.shape == (2, 1, 8, 7)
    assert torch.equal(logits > 0, images[:, DISTANCES - 1 : DISTANCES, 2:-2, 2:-2] > 0)


def test_a_plane_gives_what_its_windows_give() -> None:
    network, images = trained(), torch.randn(1, len(CHANNELS), 9, 8)
    windows = images.unfold(2, 5, 1).unfold(3, 5, 1).permute(0, 2, 3, 1, 4, 5).reshape(20, -1, 5, 5)
    assert torch.allclose(network(windows).reshape(5, 4), network(images)[0, 0], atol=1e-5)


def test_it_looks_as_far_as_it_says_and_no_farther() -> None:
    network, images = WholePlanes(trained()), torch.randn(1, len(CHANNELS), 15, 15) * 0.3
    before = network(images)
    for away, changes in ((2, True), (3, False)):
        moved = images.clone()
        moved[0, :DISTANCES, 7 + away, 7] += 1.0
        assert bool((network(moved)[0, 0, 7, 7] - before[0, 0, 7, 7]).abs() > 1e-6) == changes


def test_far_from_the_edge_nothing_is_corrected() -> None:
    network, images = trained(), torch.randn(1, len(CHANNELS), 9, 9)
    images[:, DISTANCES - 1] = NEAR_PX / DISTANCE_UNIT_PX * 1.01
    found = network(images)
    assert torch.allclose(found, network.log_gain.exp() * images[0, DISTANCES - 1, 0, 0])


def test_it_is_exported_and_refuses_other_channels(tmp_path: Path) -> None:
    network = WholePlanes(trained())
    whole = cast("SegmentationNetwork", network)
    report = export_onnx(whole, tmp_path / "a.onnx", (1, len(CHANNELS), 9, 9))
    assert report.largest_difference < 1e-4
    assert network(torch.zeros(1, len(CHANNELS), 3, 7)).shape == (1, 1, 3, 7)
    with pytest.raises(ParameterError, match="do not fit the network"):
        export_onnx(whole, tmp_path / "b.onnx", (1, 4, 9, 9))


def test_network_of_the_article_begins_with_the_interpolation() -> None:
    network = ArticleNetwork((4, 3), (4, 3, 3, 2)).eval()
    nn.init.zeros_(network.l1.weight)
    nn.init.zeros_(cast("torch.Tensor", network.l1.bias))
    images = torch.rand(2, 3, 8, 10)
    logits = network(images)
    assert logits.shape == (2, 1, 8, 10)
    assert torch.equal(logits > 0, images[:, 2:] > 0.5)


def test_network_of_the_article_has_its_filters() -> None:
    network = ArticleNetwork()
    blocks = [cast("nn.Conv2d", cast("nn.Sequential", block)[0]) for block in network.extraction]
    assert tuple(block.out_channels for block in blocks) == EXTRACTION
    assert cast("nn.Conv2d", network.a1[0]).in_channels == sum(EXTRACTION)
