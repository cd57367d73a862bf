"""Elastic scattering: published cross-sections and mean free paths, and what the distributions imply."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

from core.simulate.electrons import browning, tabulate
from core.simulate.electrons.conditions import Physics
from core.simulate.electrons.elastic import Elastic, elastic_of
from core.simulate.electrons.elements import SYMBOLS, atomic_mass
from core.simulate.electrons.material import VACUUM, Material
from core.simulate.electrons.materials import material_of

MOTT = Physics(inelastic_deflection=False)
BROWNING = Physics(elastic="browning", inelastic_deflection=False)
KEV = (0.1, 0.2, 0.5, 1, 2, 3, 4, 5, 10, 20)
# Total and transport cross-section in 1e-17 cm2 at these energies, as ELSEPA gives them.
SECTIONS = {
    "Au": (
        (90.24, 66.58, 35.49, 25.04, 18.33, 15.10, 13.10, 11.71, 8.108, 5.479),
        (19.62, 9.545, 9.871, 6.934, 3.601, 2.255, 1.576, 1.179, 0.4548, 0.1660),
    ),
    "C": (
        (29.34, 18.60, 9.603, 5.417, 2.905, 1.988, 1.512, 1.222, 0.6283, 0.3253),
        (12.79, 4.962, 1.228, 0.3897, 0.1173, 0.0572, 0.0342, 0.0229, 0.00654, 0.00186),
    ),
    "O": (
        (25.36, 16.32, 8.996, 5.422, 3.068, 2.146, 1.653, 1.346, 0.7028, 0.3668),
        (15.77, 6.701, 1.818, 0.6113, 0.1916, 0.0949, 0.0572, 0.0385, 0.01112, 0.00318),
    ),
}


def element(z: int) -> Material:
    """One gram per cm3 of an element."""
    return Material(SYMBOLS[z - 1], ((z, 1.0),), 1.0)


def at(elastic: Elastic, values: np.ndarray, kev: float) -> float:
    """Values between the energies of the tables."""
    return float(np.exp(np.interp(np.log(kev * 1000), np.log(elastic.energies_ev), np.log(values))))


def mean_mu(elastic: Elastic) -> np.ndarray:
    """Mean of (1 - cos) / 2 that the distribution implies, linear between its points."""
    return (np.diff(elastic.cdf, axis=1) * (elastic.mu[1:] + elastic.mu[:-1]) / 2).sum(axis=1)


@pytest.mark.parametrize("symbol", SECTIONS)
def test_cross_sections(symbol: str) -> None:
    z = SYMBOLS.index(symbol) + 1
    elastic = elastic_of(element(z), MOTT)
    per_nm3 = 602.214 / atomic_mass(z)
    for kev, total, transport in zip(KEV, *SECTIONS[symbol], strict=True):
        unit = per_nm3 * 1e-3  # of 1e-17 cm2
        assert at(elastic, elastic.inverse_path_per_nm, kev) == pytest.approx(total * unit, rel=0.003)
        ours = at(elastic, elastic.inverse_transport_path_per_nm, kev)
        # interpolated over energies 15 % apart: low and light, the transport cross-section bends most
        assert ours == pytest.approx(transport * unit, rel=0.008)


@pytest.mark.parametrize(
    ("name", "paths_nm", "transport_nm"),
    [("Au", (0.677, 0.925, 1.294), (2.44, 4.71, 10.76)), ("epoxy", (3.31, 6.14, 11.75), None)],
)
def test_mean_free_paths(
    name: str, paths_nm: tuple[float, ...], transport_nm: tuple[float, ...] | None
) -> None:
    elastic = elastic_of(material_of(name), MOTT)
    for index, kev in enumerate((1, 2, 4)):
        assert 1 / at(elastic, elastic.inverse_path_per_nm, kev) == pytest.approx(paths_nm[index], rel=0.002)
        if transport_nm:
            ours = 1 / at(elastic, elastic.inverse_transport_path_per_nm, kev)
            assert ours == pytest.approx(transport_nm[index], rel=0.003)


@pytest.mark.parametrize("physics", [MOTT, BROWNING], ids=["mott", "browning"])
def test_distributions_agree_with_the_transport_cross_sections(physics: Physics) -> None:
    for z in range(1, 93):
        elastic = elastic_of(element(z), physics)
        assert (np.diff(elastic.cdf, axis=1) > 0).all()
        assert elastic.cdf[:, 0] == pytest.approx(0)
        assert elastic.cdf[:, -1] == pytest.approx(1)
        expected = elastic.inverse_transport_path_per_nm / elastic.inverse_path_per_nm
        np.testing.assert_allclose(2 * mean_mu(elastic), expected, rtol=6e-4, err_msg=SYMBOLS[z - 1])


def test_inelastic_deflection_is_a_factor_per_element() -> None:
    with_it, without = (elastic_of(element(6), Physics(inelastic_deflection=on)) for on in (True, False))
    np.testing.assert_allclose(with_it.inverse_path_per_nm, 7 / 6 * without.inverse_path_per_nm)
    np.testing.assert_allclose(with_it.cdf, without.cdf)


def test_mixtures_add_up_by_number_density() -> None:
    physics = Physics()
    mixture = elastic_of(Material("oxide", ((14, 1.0), (8, 2.0)), 2.2), physics)
    mass = atomic_mass(14) + 2 * atomic_mass(8)
    parts = [
        (elastic_of(element(z), physics), 2.2 * count * atomic_mass(z) / mass)
        for z, count in ((14, 1), (8, 2))
    ]
    total = sum(share * part.inverse_path_per_nm for part, share in parts)
    np.testing.assert_allclose(mixture.inverse_path_per_nm, total)
    cdf = sum(share * part.inverse_path_per_nm[:, None] * part.cdf for part, share in parts) / total[:, None]
    np.testing.assert_allclose(mixture.cdf, cdf)


def test_vacuum_never_scatters() -> None:
    elastic = elastic_of(VACUUM, Physics())
    assert not elastic.inverse_path_per_nm.any()
    assert not elastic.inverse_transport_path_per_nm.any()
    assert mean_mu(elastic) == pytest.approx(0.5)


def test_tables_cover_the_voltages() -> None:
    energies = elastic_of(element(79), MOTT).energies_ev
    assert energies.shape == (48,)
    assert (energies[0], energies[-1]) == (50, 30000)
    steps = np.diff(np.log(energies))
    np.testing.assert_allclose(steps, steps.mean(), rtol=1e-3)


@pytest.mark.parametrize(
    ("z", "kev", "excess_percent"), [(79, 1, (46, 67)), (79, 4, (46, 67)), (8, 1, (41, 56))]
)
def test_browning_totals_differ_from_mott_as_known(
    z: int, kev: float, excess_percent: tuple[float, float]
) -> None:
    mott, formula = (elastic_of(element(z), physics) for physics in (MOTT, BROWNING))
    ratio = at(formula, formula.inverse_path_per_nm, kev) / at(mott, mott.inverse_path_per_nm, kev)
    assert excess_percent[0] - 1 < 100 * (ratio - 1) < excess_percent[1] + 1


@pytest.mark.parametrize(
    ("z", "kev", "percent"), [(79, 1, 7), (79, 2, 14), (79, 4, 13), (79, 20, 0), (14, 1, 24)]
)
def test_browning_transport_differs_from_mott_as_known(z: int, kev: float, percent: float) -> None:
    mott, formula = (elastic_of(element(z), physics) for physics in (MOTT, BROWNING))
    ours = at(formula, formula.inverse_transport_path_per_nm, kev)
    ratio = ours / at(mott, mott.inverse_transport_path_per_nm, kev)
    assert 100 * (ratio - 1) == pytest.approx(percent, abs=1)


def test_browning_by_hand() -> None:
    # Z = 14, 1 keV: 14 ** 1.7 = 88.80; 3e-18 x 88.80 / (1 + 0.4440 + 0.1372)
    energy = np.array([1000.0])
    assert browning.total_cm2(14, energy)[0] == pytest.approx(1.6847e-16, rel=1e-3)
    # 300 / 14 + 2744 / 3e5 = 21.4377; share = 21.4377 / 22.4377
    assert browning.rutherford_share(14, energy)[0] == pytest.approx(0.955432, rel=1e-5)
    cdf = browning.cumulative(14, energy, np.array([0.0, 0.007, 1.0]))[0]
    assert cdf == pytest.approx([0, 0.955432 * 1.007 / 2 + 0.044568 * 0.007, 1], rel=1e-5)


def test_written_tables_are_read_back(tmp_path: Path) -> None:
    theta = np.concatenate([[0.0, 1e-3], np.geomspace(0.02, 180, 60)])
    energy = np.array([50.0, 30000.0])
    exact = 1e-14 / (1 + (theta / np.array([[9.0], [0.3]])) ** 2) ** 2
    raw = {"energy_eV": energy, "theta_deg": theta}
    for z in range(1, 93):
        raw |= {
            f"dcs_cm2_sr_{z:02d}": exact * z,
            f"total_cm2_{z:02d}": energy * z,
            f"transport_cm2_{z:02d}": energy,
        }
    np.savez(tmp_path / "raw.npz", **raw)
    tabulate.write_tables(tmp_path / "raw.npz", tmp_path)
    with np.load(tmp_path / "elastic_mott.npz") as tables:
        assert tables["theta_deg"].tolist() == [0.0, *theta[2:]]
        assert tables["total_cm2"][78].tolist() == [50 * 79, 30000 * 79]
        read = tabulate.decode(tables["log_dcs_79"])
    np.testing.assert_allclose(read, exact[:, [0, *range(2, 62)]] * 79, rtol=tabulate.LOG_STEP / 2 * 1.001)
