"""Backscattering of uniform matter: conservation, and independence of who computes what."""

from __future__ import annotations

import numpy as np
import pytest

from core.errors import Cancelled, ParameterError
from core.job import Job
from core.simulate.electrons.bulk import Yield, bulk_yield
from core.simulate.electrons.conditions import Beam, Physics
from core.simulate.electrons.material import VACUUM
from core.simulate.electrons.materials import material_of

GOLD = material_of("Au")


def gold(electrons: int = 20_000, **more: object) -> Yield:
    more = {"seed": 1, "job": Job(), "threads": 1} | more
    return bulk_yield(GOLD, Beam(kv=2.0), Physics(), electrons=electrons, **more)  # type: ignore[arg-type]


def test_conservation() -> None:
    found = gold()
    balance = found.balance
    assert balance.electrons == 20_000 == balance.backscattered + balance.absorbed
    assert balance.lost == 0
    assert balance.energy_backscattered + balance.energy_absorbed == pytest.approx(20_000, rel=1e-12)
    assert found.energy_histogram.sum() == balance.backscattered
    middles = (np.arange(100) + 0.5) / 100
    mean = (found.energy_histogram * middles).sum() / balance.backscattered
    assert found.mean_energy_fraction == pytest.approx(mean, abs=0.005)
    assert found.eta == balance.backscattered / 20_000
    assert found.electrons_per_second > 1000


def test_same_numbers_whoever_computes() -> None:
    found = [gold(threads=threads) for threads in (1, 2, 4)]
    for other in found[1:]:
        assert other.balance == found[0].balance
        assert (other.energy_histogram == found[0].energy_histogram).all()


def test_seeds_give_other_electrons_and_the_same_yield() -> None:
    found = [gold(seed=seed) for seed in range(40)]
    values = np.array([one.eta for one in found])
    assert len(set(values)) > 30
    assert values.std(ddof=1) == pytest.approx(found[0].eta_error, rel=0.35)


def test_soft_merging() -> None:
    exact, soft = gold(400_000), gold(400_000, merge_soft=True)
    assert soft.eta == pytest.approx(exact.eta, abs=0.006)
    assert soft.mean_energy_fraction == pytest.approx(exact.mean_energy_fraction, abs=0.005)


def test_one_electron() -> None:
    found = gold(1)
    assert found.eta in (0, 1)
    assert found.eta_error == 0


def test_refused() -> None:
    with pytest.raises(ParameterError, match="electrons"):
        gold(0)
    with pytest.raises(ParameterError, match="vacuum"):
        bulk_yield(VACUUM, Beam(kv=1.0), Physics(), electrons=10, seed=1, job=Job())
    with pytest.raises(ParameterError, match="beam energy"):
        bulk_yield(GOLD, Beam(kv=0.5), Physics(cut_off_ev=500), electrons=10, seed=1, job=Job())


def test_can_be_stopped() -> None:
    job = Job()
    job.stop.set()
    with pytest.raises(Cancelled):
        gold(1_000_000, job=job)
