"""What the compiled loops draw is what the cross-sections say, at every energy."""

from __future__ import annotations

import numba
import numpy as np
import pytest

from core.errors import ParameterError
from core.simulate.electrons import tables
from core.simulate.electrons.conditions import Physics
from core.simulate.electrons.elastic import elastic_of
from core.simulate.electrons.kernels import electron
from core.simulate.electrons.material import VACUUM, Material
from core.simulate.electrons.materials import material_of
from core.simulate.electrons.stopping import stopping_power_ev_per_nm

NAMES = ("C", "epoxy", "Si", "Cu", "Ag", "Au", "Al2O3")
U = np.uint64
PHYSICS = Physics()


@numba.njit
def every_draw(table, row, limit):  # type: ignore[no-untyped-def]
    """Mean, mean square, least and share above `limit` over all values that can be drawn."""
    total = squares = above = 0.0
    least = np.float32(1e9)
    for bits in range(0, 1 << 24, 2):
        value = electron.quantile(table, row, U(bits))
        total += value
        squares += value * value
        least = min(least, value)
        above += value > limit
    count = 1 << 23
    return total / count, squares / count, least, above / count


def parts_of(deflection: np.ndarray) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """Values at both ends of every part, and the probability of the part."""
    octave = np.repeat(2.0 ** np.arange(-tables.OCTAVES, 0), 1 << tables.PART_BITS)
    first = deflection[..., 0].astype(float)
    last = first + deflection[..., 1].astype(float) * (1 << (23 - tables.PART_BITS))
    return first, last, octave / (1 << tables.PART_BITS)


@pytest.mark.parametrize("name", [*NAMES, "U@19", "H@0.09"])
@pytest.mark.parametrize("elastic", ["mott", "browning"])
def test_deflections_at_every_energy(name: str, elastic: str) -> None:
    found = elastic_of(material_of(name), Physics(elastic=elastic))
    first, last, probability = parts_of(tables.deflections(found))
    mean = ((first + last) * probability).sum(1)  # of 1 - cos = 2 mu
    assert mean == pytest.approx(
        found.inverse_transport_path_per_nm / found.inverse_path_per_nm,
        rel=0.005 if elastic == "mott" else 0.01,
    )
    backwards = (np.clip((first - 0.5) / np.maximum(first - last, 1e-12), 0, 1) * probability).sum(1)
    expected = [1 - np.interp(0.5, found.mu, cdf) for cdf in found.cdf]
    assert backwards == pytest.approx(expected, rel=0.01, abs=1e-7)
    assert first.max() <= 1 + 1e-6
    assert last.min() >= -1e-7


@pytest.mark.parametrize("name", ["epoxy", "Au"])
def test_the_compiled_function_reads_the_table(name: str) -> None:
    found = elastic_of(material_of(name), PHYSICS)
    table = tables.deflections(found)
    for row in (0, 20, 30, 47):
        mean, _, least, backwards = every_draw(table.reshape(-1), row, 0.5)
        ratio = found.inverse_transport_path_per_nm[row] / found.inverse_path_per_nm[row]
        assert 2 * mean == pytest.approx(ratio, rel=0.005)
        assert least >= 0
        assert backwards == pytest.approx(1 - np.interp(0.5, found.mu, found.cdf[row]), rel=0.01)


@pytest.mark.parametrize("limit", [0.01, 0.1, 1.0, 3.0, 7.0, 12.0])
def test_free_flights_are_exponential(limit: float) -> None:
    mean, square, least, beyond = every_draw(tables.exponential().reshape(-1), 0, limit)
    assert mean == pytest.approx(1, rel=1e-5)
    assert square == pytest.approx(2, rel=1e-4)
    assert beyond == pytest.approx(np.exp(-limit), rel=2e-3, abs=3e-7)
    assert least >= 0


@pytest.mark.parametrize("name", NAMES)
@pytest.mark.parametrize("kv", [0.5, 4.0, 30.0])
def test_range_and_collisions_belong_to_the_energy(name: str, kv: float) -> None:
    """Slowing down by the tables is the integral of the stopping power, and entering undoes it."""
    material = material_of(name)
    made = tables.transport_tables((material, VACUUM), kv, PHYSICS)
    energies = np.geomspace(60, kv * 1000 * 0.999, 15)
    fine = np.geomspace(50, kv * 1000, 100_001)
    per_ev = 1 / stopping_power_ev_per_nm(material, fine)
    elastic = elastic_of(material, PHYSICS)
    inverse_path = np.interp(np.log(fine), np.log(elastic.energies_ev), elastic.inverse_path_per_nm)
    widths = np.diff(fine)
    range_nm = np.concatenate([[0], np.cumsum((per_ev[1:] + per_ev[:-1]) / 2 * widths)])
    both = per_ev * inverse_path
    tau = np.concatenate([[0], np.cumsum((both[1:] + both[:-1]) / 2 * widths)])
    steps = made.slowing.shape[1] - 1
    scales = made.scales[0]
    for energy in energies:
        exact = np.interp(energy, fine, range_nm)
        got_tau, got_range = electron.entering(
            made.entry.reshape(-1), steps, 0, np.float32(energy) * scales[2]
        )
        assert got_range == pytest.approx(exact, rel=3e-3, abs=range_nm[-1] * 1e-4)
        assert got_tau == pytest.approx(np.interp(energy, fine, tau), rel=3e-3, abs=tau[-1] * 1e-4)
        back = electron.energy_left(
            made.slowing.reshape(-1), made.scales.reshape(-1), steps, 0, np.float32(exact)
        )
        assert back == pytest.approx(energy, rel=1e-3, abs=0.2)
    assert tables.range_nm(material, kv, PHYSICS) == pytest.approx(range_nm[-1], rel=1e-4)
    assert made.scales[1].tolist() == [0, 0, 0, 1]


def test_rows_belong_to_the_energy() -> None:
    """Along tau, the row of deflections is that of the energy the electron has."""
    made = tables.transport_tables((material_of("Au"),), 4.0, PHYSICS)
    energies = elastic_of(material_of("Au"), PHYSICS).energies_ev
    ranges = made.flight[0, :, 0].astype(float)
    steps = np.array(
        [
            electron.energy_left(made.slowing.reshape(-1), made.scales[0], 1024, 0, np.float32(r))
            for r in ranges
        ]
    )
    rows = np.interp(np.log(steps), np.log(energies), np.arange(energies.size))
    assert made.flight[0, :, 2] / tables.CHOICES == pytest.approx(rows, abs=0.06)
    assert made.deflection.shape[1] > rows[-1]


def test_reach_is_the_farthest_an_electron_gets() -> None:
    gold, resin = material_of("Au"), material_of("epoxy")
    made = tables.transport_tables((gold, resin, VACUUM), 2.0, PHYSICS)
    both = tables.reach(made, (True, True, False))
    ratio = tables.range_nm(resin, 2.0, PHYSICS) / tables.range_nm(gold, 2.0, PHYSICS)
    assert both[0] >= ratio
    assert both[1] == pytest.approx(1, abs=1e-3)
    assert both[1] >= 1
    assert tables.reach(made, (True, False, False))[0] == pytest.approx(1, abs=1e-3)
    assert (tables.reach(made, (True, True, True))[:2] == both[:2]).all()


@pytest.mark.parametrize("name", ["epoxy", "Au", "Si"])
def test_softening_keeps_the_transport_path(name: str) -> None:
    found = elastic_of(material_of(name), PHYSICS)
    soft = tables.softened(found, np.sin(np.radians(10) / 2) ** 2)
    assert (soft.inverse_path_per_nm < found.inverse_path_per_nm).all()
    mean = 2 * np.trapezoid(1 - soft.cdf, soft.mu, axis=1)
    assert soft.inverse_path_per_nm * mean == pytest.approx(found.inverse_transport_path_per_nm)
    assert (soft.cdf[:, soft.mu < np.sin(np.radians(9.9) / 2) ** 2] == 0).all()


def test_vacuum_has_no_range() -> None:
    assert tables.range_nm(VACUUM, 2.0, PHYSICS) == np.inf


@pytest.mark.parametrize("kv", [0.0, 0.05, 0.9, 31.0, float("nan")])
def test_impossible_voltages(kv: float) -> None:
    physics = Physics(cut_off_ev=1000)
    with pytest.raises(ParameterError, match="beam energy"):
        tables.transport_tables((material_of("Au"),), kv, physics)
    with pytest.raises(ParameterError, match="beam energy"):
        tables.range_nm(material_of("Au"), kv, physics)


def test_tables_are_kept_and_cannot_be_changed() -> None:
    made = tables.transport_tables((material_of("Au"),), 2.0, PHYSICS)
    assert (
        tables.transport_tables(
            (Material("Au", ((79, 1.0),), material_of("Au").density_g_cm3),), 2.0, PHYSICS
        )
        is made
    )
    with pytest.raises(ValueError, match="read-only"):
        made.flight[0] = 0
