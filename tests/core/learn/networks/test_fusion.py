"""How channels are joined."""

from __future__ import annotations

import pytest
import torch
from hypothesis import given
from hypothesis import strategies as st

from core.errors import ParameterError
from core.learn.networks import BranchedNetwork, SegmentationNetwork, build, from_branches
from core.learn.networks.fusion import Voting
from tests.core.learn.networks.probing import images_for, settled, spec

THREE = build(spec("unet", channels=3, fusion="voting", depth=2, slices=1)).eval()


def _trained(kind: str = "unet") -> dict[str, SegmentationNetwork]:
    """Two networks, of 1kV and 2kV, that stand for trained ones."""
    networks = {}
    for seed, channel in enumerate(("1kV", "2kV")):
        torch.manual_seed(seed)
        params = spec(kind, fusion="early").model_copy(update={"channels": (channel,)})
        networks[channel] = settled(build(params))
    return networks


@pytest.mark.parametrize("fusion", ["late", "voting"])
@pytest.mark.parametrize("kind", ["unet", "vnet"])
def test_branches_are_the_networks_they_were_made_from(kind: str, fusion: str) -> None:
    trained = _trained(kind)
    network = from_branches(spec(kind, channels=2, fusion=fusion), trained).eval()
    images = images_for(network.spec)
    half = network.spec.inputs // 2
    expected = torch.cat([trained["1kV"](images[:, :half]), trained["2kV"](images[:, half:])], dim=1)
    found = network.branches(images)
    assert found is not None
    assert torch.allclose(found, expected, atol=1e-6)


@pytest.mark.parametrize("fusion", ["late", "voting"])
def test_it_starts_as_a_vote_of_equals(fusion: str) -> None:
    network = from_branches(spec("unet", channels=2, fusion=fusion), _trained()).eval()
    images = images_for(network.spec)
    probability, each = network.outputs(images)
    assert each is not None
    mean = each.mean(dim=1, keepdim=True)
    assert torch.equal(probability > 0.5, mean > 0.5)
    assert torch.allclose(torch.sigmoid(network(images)), probability, atol=1e-5)
    if fusion == "voting":
        assert torch.allclose(probability, mean, atol=1e-6)


@given(st.lists(st.floats(-4, 4), min_size=3, max_size=3))
def test_voting_weights_are_shares(votes: list[float]) -> None:
    network = THREE
    assert isinstance(network, Voting)
    with torch.no_grad():
        network.votes.copy_(torch.tensor(votes))
    weights = network.weights()
    assert list(weights) == ["1kV", "2kV", "4kV"]
    assert sum(weights.values()) == pytest.approx(1)
    assert all(0 < weight < 1 for weight in weights.values())
    each = torch.rand(1, 3, 2, 2)
    expected = sum(weight * each[:, number] for number, weight in enumerate(weights.values()))
    assert torch.allclose(torch.sigmoid(network.joined(each))[:, 0], torch.as_tensor(expected), atol=1e-5)


def test_certain_votes_give_finite_logits_and_gradients() -> None:
    network = build(spec("unet", channels=2, fusion="voting", depth=2))
    assert isinstance(network, Voting)
    each = torch.tensor([0.0, 1.0]).view(1, 1, 1, 2).repeat(1, 2, 1, 1).requires_grad_()
    logits = network.joined(each)
    logits.sum().backward()
    assert torch.isfinite(logits).all()
    assert each.grad is not None
    assert torch.isfinite(each.grad).all()


def test_voting_finds_the_channel_that_is_right() -> None:
    torch.manual_seed(0)
    network = build(spec("unet", channels=2, fusion="voting", depth=2))
    assert isinstance(network, Voting)
    truth = (torch.rand(4, 1, 8, 8) > 0.5).float()
    each = torch.cat([truth * 0.8 + 0.1, torch.rand_like(truth)], dim=1)
    for _ in range(40):
        loss = torch.nn.functional.binary_cross_entropy_with_logits(network.joined(each), truth)
        (slope,) = torch.autograd.grad(loss, network.votes)
        network.votes.data -= 10 * slope
    assert network.weights()["1kV"] > 0.9


def test_only_voting_has_weights() -> None:
    assert build(spec("unet", channels=2, fusion="late")).weights() is None
    assert build(spec("unet", channels=1, fusion="voting")).weights() is None


@pytest.mark.parametrize("fusion", ["late", "voting"])
def test_frozen_branches_stay_as_they_are(fusion: str) -> None:
    network = from_branches(spec("unet", channels=2, fusion=fusion), _trained(), freeze=True).train()
    assert isinstance(network, BranchedNetwork)
    before = {name: value.clone() for name, value in network.state_dict().items()}
    network(images_for(network.spec, batch=2)).square().mean().backward()
    for value in network.parameters():
        if value.grad is not None:
            value.data -= value.grad
    changed = {name for name, value in network.state_dict().items() if not torch.equal(value, before[name])}
    assert changed == ({"votes"} if fusion == "voting" else {"ensemble.weight", "ensemble.bias"})
    network.freeze_branches(False)
    assert network.networks.training
    assert all(value.requires_grad for value in network.parameters())


def test_networks_that_do_not_fit_are_refused() -> None:
    late = spec("unet", channels=2, fusion="late")
    trained = _trained()
    with pytest.raises(ParameterError, match="no trained network for 2kV"):
        from_branches(late, {"1kV": trained["1kV"]})
    with pytest.raises(ParameterError, match="not the one that fits"):
        from_branches(late, {**trained, "2kV": trained["1kV"]})
    with pytest.raises(ParameterError, match="not the one that fits"):
        from_branches(spec("residual-unet", channels=2, fusion="late"), trained)
    with pytest.raises(ParameterError, match="only late fusion and voting"):
        from_branches(spec("unet", channels=2, fusion="early"), trained)
