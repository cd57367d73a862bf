"""Every kind of network with every way of joining channels: sizes, reach, independence of tiles."""

from __future__ import annotations

from typing import get_args

import pytest
import torch

from core.errors import ParameterError
from core.learn.networks import SegmentationNetwork, build
from core.learn.params.network import Fusion, Kind, NetworkParams
from tests.core.learn.networks.probing import images_for, monotone, settled, spec

KINDS = get_args(Kind)
FUSIONS = get_args(Fusion)
PLANE_KINDS = [kind for kind in KINDS if not NetworkParams(kind=kind).is_volume]


@pytest.mark.parametrize("fusion", FUSIONS)
@pytest.mark.parametrize("kind", KINDS)
def test_every_kind_with_every_fusion_can_be_trained(kind: str, fusion: str) -> None:
    params = spec(kind, channels=2, fusion=fusion)
    network = build(params).train()
    images = images_for(params, side=32, batch=2, depth=3)
    logits = network(images)
    assert logits.shape == (2, 1, *images.shape[2:])
    logits.square().mean().backward()
    assert all(value.grad is not None for value in network.parameters())
    branches = network.branches(images)
    assert (branches is not None) == (fusion in ("late", "voting"))
    if branches is not None:
        assert branches.shape == (2, 2, *images.shape[2:])
    probability, each = network.outputs(images)
    assert 0 <= probability.min() <= probability.max() <= 1
    assert (each is None) == (branches is None)


@pytest.mark.parametrize("kind", KINDS)
def test_with_one_channel_there_is_nothing_to_join(kind: str) -> None:
    sizes = {
        fusion: sum(value.numel() for value in build(spec(kind, fusion=fusion)).parameters())
        for fusion in FUSIONS
    }
    assert len(set(sizes.values())) == 1
    assert build(spec(kind)).branches(images_for(spec(kind), side=64)) is None


def test_the_usual_network_has_half_a_million_numbers() -> None:
    for kind in ("unet", "residual-unet"):
        network = build(NetworkParams.model_validate({"kind": kind}))
        assert 400_000 < sum(value.numel() for value in network.parameters()) < 550_000
        assert network.stride == 8


def test_fcn_has_the_size_of_the_original_at_width_64() -> None:
    with torch.device("meta"):
        network = build(NetworkParams(kind="fcn-32s", width=64, slices=3))
    count = sum(value.numel() for value in network.parameters())
    assert count == pytest.approx(134.3e6, rel=0.002)  # VGG-16 without its last layer of 1000 classes


@pytest.mark.parametrize(("kind", "fold_px"), [*((kind, 1) for kind in PLANE_KINDS), ("residual-unet", 2)])
def test_halo_is_as_far_as_anything_matters(kind: str, fold_px: int) -> None:
    """One bright pixel raises exactly the results within the halo, and at the halo's end for some phase."""
    network = monotone(build(spec(kind, fold_px=fold_px)))
    slices, reach = network.halo()
    assert slices == 1
    stride = network.stride
    assert stride == (32 if kind.startswith("fcn") else 4 * fold_px)
    middle = -(-(reach + 1) // stride) * stride
    # A strip as low as the stride: what matters is the row.
    # Of the 32 places of an FCN six, with those that see farthest (6 and 25): it is slow.
    phases = range(stride) if stride < 32 else (0, 6, 13, 19, 25, 31)
    images = torch.zeros(len(phases), 3, stride, 2 * middle + stride)
    for number, phase in enumerate(phases):
        images[number, :, stride // 2, middle + phase] = 1.0
    with torch.inference_mode():
        raised = network(images)[:, 0].amax(dim=1) > 0
    distances = []
    for row, phase in zip(raised, phases, strict=True):
        (places,) = torch.nonzero(row, as_tuple=True)
        distances.append(int((places - middle - phase).abs().max()))
    assert max(distances) == reach


@pytest.mark.parametrize("kind", ["unet-3d", "residual-unet-3d", "vnet"])
@pytest.mark.parametrize(("slices", "depth", "fold_px"), [(1, 2, 1), (7, 3, 1), (9, 2, 1), (5, 2, 2)])
def test_halo_of_networks_in_the_volume(kind: str, slices: int, depth: int, fold_px: int) -> None:
    if kind == "vnet":
        fold_px = 1
    network = monotone(build(spec(kind, slices=slices, depth=depth, fold_px=fold_px)))
    halo_slices, reach = network.halo()
    assert network.stride_z == 1
    assert halo_slices == slices // 2
    stride = network.stride
    middle = -(-(reach + 1) // stride) * stride
    images = torch.zeros(stride, 1, 11, stride, 2 * middle + stride)
    for phase in range(stride):
        images[phase, :, 5, 0, middle + phase] = 1.0
    with torch.inference_mode():
        raised = network(images)[:, 0] > 0
    (z,) = torch.nonzero(raised.amax(dim=(0, 2, 3)), as_tuple=True)
    assert int(z.min()) == 5 - halo_slices
    assert int(z.max()) == 5 + halo_slices
    across = raised.amax(dim=(1, 2))
    assert reach == max(
        int((torch.nonzero(row)[:, 0] - middle - phase).abs().max()) for phase, row in enumerate(across)
    )


@pytest.mark.parametrize(
    ("kind", "fusion", "fold_px"),
    [
        ("unet", "late", 1),
        ("residual-unet", "intermediate", 1),
        ("residual-unet", "voting", 1),
        ("residual-unet", "late", 2),
        ("unet-3d", "early", 1),
        ("unet-3d", "intermediate", 2),
        ("vnet", "late", 1),
        ("fcn-8s", "early", 1),
    ],
)
def test_tiles_with_their_halo_give_the_same_as_the_whole(kind: str, fusion: str, fold_px: int) -> None:
    network = settled(
        build(spec(kind, channels=2, fusion=fusion, depth=3 if fold_px == 1 else 2, fold_px=fold_px))
    )
    halo_slices, reach = network.halo()
    stride = network.stride
    context = -(-reach // stride) * stride
    side = 2 * context + 2 * stride
    images = images_for(network.spec, side=side, depth=2 * halo_slices + 3)
    tile = images[..., stride : stride + 2 * context + stride]
    volume = network.spec.is_volume
    with torch.inference_mode():
        whole, part = network(images), network(tile)
        if volume:
            fewer = network(images[:, :, 1:])
    inside = slice(context, context + stride)
    difference = part[..., inside] - whole[..., stride + context : 2 * stride + context]
    assert float(difference.abs().max()) < 1e-5
    assert float(whole.std()) > 1e-3
    if volume:
        assert torch.allclose(fewer[:, :, halo_slices:], whole[:, :, 1 + halo_slices :], atol=1e-5)


@pytest.mark.parametrize("kind", ["unet", "vnet", "fcn-32s"])
def test_images_that_do_not_fit_are_refused(kind: str) -> None:
    network = build(spec(kind))
    images = images_for(network.spec, side=64)
    with pytest.raises(ParameterError, match=r"multiples of \d+ px"):
        network(images[..., 1:])
    with pytest.raises(ParameterError, match="channels"):
        network(torch.cat([images, images], dim=1))
    with pytest.raises(ParameterError, match=r"batch, channel"):
        network(images[0])


@pytest.mark.parametrize("kind", ["fcn-8s", "vnet"])
def test_only_u_nets_fold(kind: str) -> None:
    with pytest.raises(ValueError, match="only U-Nets"):
        spec(kind, fold_px=2)


def test_a_folded_network_answers_for_every_pixel() -> None:
    """The four pixels of a square are not given one common answer."""
    torch.manual_seed(0)
    network = settled(build(spec("residual-unet", fold_px=2)))
    with torch.inference_mode():
        logits = network(images_for(network.spec))[0, 0]
    squares = logits.unfold(0, 2, 2).unfold(1, 2, 2)
    assert float(squares.std(dim=(-2, -1)).min()) > 1e-4


def test_equal_seeds_give_equal_networks() -> None:
    first, again, other = (_seeded(seed) for seed in (3, 3, 4))
    images = images_for(first.spec)
    assert torch.equal(first(images), again(images))
    assert not torch.equal(first(images), other(images))


def _seeded(seed: int) -> SegmentationNetwork:
    torch.manual_seed(seed)
    return build(spec("residual-unet")).eval()


def test_residual_connections_matter() -> None:
    torch.manual_seed(0)
    plain = build(spec("unet")).eval()
    residual = build(spec("residual-unet")).eval()
    residual.load_state_dict(plain.state_dict())
    images = images_for(plain.spec)
    assert not torch.allclose(plain(images), residual(images), atol=1e-3)


@pytest.mark.parametrize("kind", ["residual-unet", "vnet"])
def test_single_precision_and_bfloat16_agree_roughly(kind: str) -> None:
    network = settled(build(spec(kind, channels=2)))
    images = images_for(network.spec)
    with torch.inference_mode():
        exact = network(images)
        with torch.autocast("cpu", torch.bfloat16):
            rough = network(images)
    assert rough.dtype == torch.float32  # the layer that joins branches is not rounded
    assert float((rough - exact).abs().max()) < 0.1
