import numpy as np
import pytest

from core.job import Job
from core.simulate.electrons.conditions import Beam, Physics
from core.simulate.electrons.materials import material_of
from core.simulate.surrogate.escape import escape, layers_of
from core.simulate.surrogate.model import directions, model_of

GOLD_IN_VACUUM = model_of((material_of("vacuum"), material_of("Au")), Beam(kv=2.0), Physics())
CELL = (2.5, 2.5)


def orders(gold: np.ndarray, model=GOLD_IN_VACUUM) -> list[np.ndarray]:
    return list(escape(layers_of(np.stack([1 - gold, gold]), model), model, CELL, Job()))


def blocks(fraction: float) -> np.ndarray:
    return np.full((len(GOLD_IN_VACUUM.centres_nm), 12, 12), fraction, np.float32)


def test_directions_cover_the_sphere_once_and_keep_their_symmetry():
    cosines, slopes, shares = directions()
    assert shares[:, 1].sum() == pytest.approx(0.5)  # and as much downward
    turned = np.stack([slopes[:, 1], -slopes[:, 0]], axis=1)
    for slope in turned:
        assert np.abs(slopes - slope).sum(1).min() < 1e-9
    assert np.all((cosines > 0) & (cosines < 1))


def test_half_of_the_electrons_leave_a_void():
    first, *rest = orders(blocks(0))
    np.testing.assert_allclose(first, 0.5, rtol=1e-5)
    assert max(np.abs(part).max() for part in rest) == 0


def test_direct_escape_from_uniform_matter_falls_exponentially():
    first = orders(blocks(1))[0][:, 6, 6]
    cosines, _, shares = directions()
    rate = GOLD_IN_VACUUM.scatter_per_nm[1] + GOLD_IN_VACUUM.loss_per_nm[1]
    beam = GOLD_IN_VACUUM.down_per_nm[1]
    edges = np.array(GOLD_IN_VACUUM.edges_nm)
    for layer in (0, 3, 8):
        depth = np.linspace(edges[layer], edges[layer + 1], 2001)
        weight = np.exp(-beam * depth)
        direct = sum(share * np.exp(-rate * depth / cosines[int(group)]) for group, share in shares)
        assert first[layer] == pytest.approx(float((direct * weight).sum() / weight.sum()), rel=0.01)


def test_no_electron_leaves_twice():
    gold = (np.random.default_rng(1).random(blocks(0).shape) < 0.3).astype(np.float32)
    found = np.stack(orders(gold))
    assert found.min() >= 0
    assert found.sum(0).max() <= 1 + 1e-5


def test_a_pit_wall_sends_fewer_electrons_out_the_deeper():
    gold = blocks(1)
    gold[:, 4:8, 4:8] = 0
    gold[40:] = 1
    direct = orders(gold)[0]
    grounded = [np.where(np.arange(len(gold))[:, None, None] >= at, 1, gold) for at in (10, 40)]
    shallow, deep = (
        orders(sample.astype(np.float32))[0][at, 6, 6] for sample, at in zip(grounded, (10, 40), strict=True)
    )
    assert direct[40, 6, 6] == pytest.approx(deep)
    assert 0.0 < deep < 0.8 * shallow
