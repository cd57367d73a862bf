"""The simulated electrons against measurements, other programs and their own cross-sections.

Reference values and where they come from: ``tests/benchmarks/_backscatter.py``. Numbers of electrons make the
standard error at most a third of the tolerance.
"""

from __future__ import annotations

import math
from collections.abc import Callable
from functools import cache

import numpy as np
import pytest

from core.job import Job
from core.simulate.electrons.bulk import Yield, bulk_yield
from core.simulate.electrons.conditions import Beam, Physics
from core.simulate.electrons.elastic import elastic_of
from core.simulate.electrons.elements import SYMBOLS
from core.simulate.electrons.material import Material
from core.simulate.electrons.materials import material_of
from core.simulate.electrons.tables import deflections, range_nm
from tests.benchmarks._backscatter import (
    BROWNING_KV,
    ENERGY_KV,
    ENERGY_QUANTILES,
    KV,
    MEAN_ENERGY,
    MEASURED,
    MODEL_BROWNING,
    MODEL_KV,
    MODEL_MOTT,
    MODEL_RECOMMENDED,
    OTHER_PROGRAMS,
    TILTED,
    TILTS_DEG,
    energy_quantiles,
)

RECOMMENDED = Physics()
MOTT = Physics(inelastic_deflection=False)
BROWNING = Physics(elastic="browning", inelastic_deflection=False)


@cache
def simulated(
    name: str, kv: float, physics: Physics = RECOMMENDED, tilt_deg: float = 0.0, electrons: int = 100_000
) -> Yield:
    """Backscattering of a solid block."""
    beam = Beam(kv=kv, tilt_deg=tilt_deg)
    return bulk_yield(material_of(name), beam, physics, electrons=electrons, seed=20, job=Job(), threads=1)


CELLS = [(name, kv, *cell) for name, row in MEASURED.items() for kv, cell in zip(KV, row, strict=True)]


@pytest.mark.parametrize(("name", "kv", "expected", "tolerance"), CELLS)
def test_measured_coefficients(name: str, kv: float, expected: float, tolerance: float) -> None:
    found = simulated(name, kv)
    assert found.eta_error < tolerance / 3
    assert found.eta == pytest.approx(expected, abs=tolerance)


@pytest.mark.parametrize("kv", OTHER_PROGRAMS)
def test_other_programs_without_inelastic_deflection(kv: float) -> None:
    eta, energy = OTHER_PROGRAMS[kv]
    found = simulated("Au", kv, MOTT, electrons=400_000)
    assert found.eta_error < 0.001
    assert found.eta == pytest.approx(eta, abs=0.003)
    assert found.mean_energy_fraction == pytest.approx(energy, abs=0.005)


TILT_CELLS = [
    (name, kv, tilt, eta)
    for (name, kv), row in TILTED.items()
    for tilt, eta in zip(TILTS_DEG, row, strict=True)
]


@pytest.mark.parametrize(("name", "kv", "tilt_deg", "expected"), TILT_CELLS)
def test_tilt(name: str, kv: float, tilt_deg: float, expected: float) -> None:
    electrons = 100_000 if kv == 20 else 800_000 if tilt_deg >= 60 else 300_000
    found = simulated(name, kv, tilt_deg=tilt_deg, electrons=electrons)
    assert found.eta_error < 0.005 / 3
    assert found.eta == pytest.approx(expected, abs=0.005)


ENERGY_CELLS = [
    (name, kv, energy) for name, row in MEAN_ENERGY.items() for kv, energy in zip(ENERGY_KV, row, strict=True)
]


@pytest.mark.parametrize(("name", "kv", "expected"), ENERGY_CELLS)
def test_mean_energy(name: str, kv: float, expected: float) -> None:
    electrons = {"Au": 100_000, "Si": 200_000, "C": 400_000}[name]
    found = simulated(name, kv, MOTT, electrons=electrons)
    assert found.mean_energy_fraction == pytest.approx(expected, abs=0.005)


@pytest.mark.parametrize("name", ENERGY_QUANTILES)
def test_energy_distribution(name: str) -> None:
    found = simulated(name, 2, MOTT, electrons=400_000)
    assert energy_quantiles(found.energy_histogram) == pytest.approx(ENERGY_QUANTILES[name], abs=0.012)


MODELS = {
    "mott": (MOTT, MODEL_KV, MODEL_MOTT),
    "recommended": (RECOMMENDED, MODEL_KV, MODEL_RECOMMENDED),
    "browning": (BROWNING, BROWNING_KV, MODEL_BROWNING),
}
MODEL_CELLS = [
    (model, name, kv, eta)
    for model, (_, kvs, rows) in MODELS.items()
    for name, row in rows.items()
    for kv, eta in zip(kvs, row, strict=True)
]


@pytest.mark.slow
@pytest.mark.parametrize(("model", "name", "kv", "expected"), MODEL_CELLS)
def test_prototype(model: str, name: str, kv: float, expected: float) -> None:
    found = simulated(name, kv, MODELS[model][0], electrons=200_000)
    assert found.eta == pytest.approx(expected, abs=0.005)


# ---------------------------------------------------------------- deflections

EVERY = 16  # of the 24-bit numbers that deflections are drawn with


@pytest.fixture(scope="module")
def draw() -> Callable[[Material, Physics], tuple[np.ndarray, np.ndarray]]:
    """Mean of 1 - cos and share beyond 90 degrees, as the compiled loops draw them, at every energy."""
    from numba import njit

    from core.simulate.electrons.kernels.electron import quantile

    @njit
    def of_row(table: np.ndarray, row: int) -> tuple[float, float]:
        total, beyond, count = 0.0, 0, 0
        for bits in range(EVERY // 2, 1 << 24, EVERY):
            mu = quantile(table, np.int64(row), np.uint64(bits))
            if not 0 <= mu <= 1:
                return np.nan, np.nan
            total += mu
            beyond += mu > 0.5
            count += 1
        return 2 * total / count, beyond / count

    def of(material: Material, physics: Physics) -> tuple[np.ndarray, np.ndarray]:
        table = deflections(elastic_of(material, physics))
        rows = [of_row(table.reshape(-1), row) for row in range(len(table))]
        return np.array([row[0] for row in rows]), np.array([row[1] for row in rows])

    return of


@pytest.mark.parametrize("name", ["H", "C", "Al", "Si", "Fe", "Ag", "Au", "U", "epoxy", "Al2O3"])
@pytest.mark.parametrize("physics", [MOTT, BROWNING], ids=["mott", "browning"])
def test_drawn_deflections_are_those_of_the_tables(
    name: str, physics: Physics, draw: Callable[[Material, Physics], tuple[np.ndarray, np.ndarray]]
) -> None:
    material = (
        Material(name, ((SYMBOLS.index(name) + 1, 1.0),), 1.0) if name in SYMBOLS else material_of(name)
    )
    elastic = elastic_of(material, physics)
    one_minus_cos, beyond = draw(material, physics)
    expected = elastic.inverse_transport_path_per_nm / elastic.inverse_path_per_nm
    np.testing.assert_allclose(one_minus_cos, expected, rtol=0.005)
    expected = [1 - np.interp(0.5, elastic.mu, cdf) for cdf in elastic.cdf]
    np.testing.assert_allclose(beyond, expected, rtol=0.01)


# ---------------------------------------------------------------- lengths


@pytest.mark.parametrize(
    ("name", "kv", "expected_nm"),
    [
        ("Au", 1, 14.1),
        ("Au", 2, 35.2),
        ("Au", 4, 93.5),
        ("epoxy", 1, 42),
        ("epoxy", 2, 133),
        ("epoxy", 4, 433),
    ],
)
def test_ranges(name: str, kv: float, expected_nm: float) -> None:
    assert range_nm(material_of(name), kv, RECOMMENDED) == pytest.approx(expected_nm, rel=0.008)


def test_density_does_not_change_the_coefficient_of_a_block() -> None:
    dense, light = simulated("C@3.5", 4), simulated("C@0.5", 4)
    assert dense.eta == pytest.approx(light.eta, abs=4 * math.hypot(dense.eta_error, light.eta_error))


def test_mixing_stays_between_its_parts() -> None:
    alumina = simulated("Al2O3", 10).eta
    assert simulated("C", 10).eta < alumina < simulated("Al", 10).eta
