"""Energy loss against the values published for gold and PMMA, and against its own rules."""

from __future__ import annotations

import numpy as np
import pytest

from core.simulate.electrons.material import VACUUM, Material
from core.simulate.electrons.materials import material_of
from core.simulate.electrons.stopping import mass_fractions, stopping_power_ev_per_nm

GOLD = {100: 86.1, 200: 79.7, 500: 67.5, 1000: 55.2, 2000: 41.8, 4000: 29.4, 10000: 16.8}
PMMA = {1000: 14.6, 2000: 8.98, 4000: 5.34}


@pytest.mark.parametrize(("name", "table"), [("Au", GOLD), ("C5H8O2@1.19", PMMA)])
def test_joy_luo_values(name: str, table: dict[int, float]) -> None:
    ours = stopping_power_ev_per_nm(material_of(name), np.array(list(table), float))
    np.testing.assert_allclose(ours, list(table.values()), rtol=6e-3)


@pytest.mark.parametrize(("name", "ranges_nm"), [("Au", (14.1, 35.2, 93.5)), ("epoxy", (42.0, 133.0, 433.0))])
def test_ranges_to_50_ev(name: str, ranges_nm: tuple[float, ...]) -> None:
    for kv, expected in zip((1, 2, 4), ranges_nm, strict=True):
        energy = np.geomspace(50, 1000 * kv, 5000)
        ours = np.trapezoid(1 / stopping_power_ev_per_nm(material_of(name), energy), energy)
        assert ours == pytest.approx(expected, rel=0.008)


def test_always_positive_down_to_the_cut_off() -> None:
    energy = np.geomspace(50, 30000, 200)
    for z in range(1, 93):
        assert (stopping_power_ev_per_nm(Material("element", ((z, 1.0),), 1.0), energy) > 0).all()


def test_elements_add_up_by_mass() -> None:
    energy = np.geomspace(50, 30000, 50)
    alumina = material_of("Al2O3@4")
    fractions = mass_fractions(alumina)
    parts = [
        fraction * stopping_power_ev_per_nm(Material("part", ((z, 1.0),), 4.0), energy)
        for z, fraction in fractions.items()
    ]
    assert sum(fractions.values()) == pytest.approx(1)
    assert fractions[13] == pytest.approx(0.5293, abs=1e-4)
    np.testing.assert_allclose(sum(parts), stopping_power_ev_per_nm(alumina, energy))


def test_proportional_to_density_and_nothing_in_vacuum() -> None:
    energy = np.array([100.0, 5000.0])
    once, twice = (stopping_power_ev_per_nm(material_of(f"Si@{rho}"), energy) for rho in (1.5, 3.0))
    np.testing.assert_allclose(twice, 2 * once)
    assert not stopping_power_ev_per_nm(VACUUM, energy).any()
