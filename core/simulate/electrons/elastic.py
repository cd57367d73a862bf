"""How often and how far electrons are deflected by a material.

The cross-sections of free atoms (Mott: bundled tables computed with ELSEPA [1]_; Browning: a formula) are
added up by number density. Inelastic collisions deflect too, mostly a little: they are counted by the
classical factor (Z + 1) / Z on the elastic cross-section of each element.

.. [1] F. Salvat, A. Jablonski, C. J. Powell, Comput. Phys. Commun. 165 (2005) 157,
   doi:10.1016/j.cpc.2004.09.006
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import lru_cache

import numpy as np

import resources
from core.simulate.electrons import browning
from core.simulate.electrons.conditions import Physics
from core.simulate.electrons.elements import atomic_mass
from core.simulate.electrons.material import Material
from core.simulate.electrons.stopping import mass_fractions
from core.simulate.electrons.tabulate import decode
from core.volume import Array

_AVOGADRO = 6.02214076e23
_PER_NM = 1e-7  # 1/cm in 1/nm
_FINER = 3  # parts that each step of angle is cut into, so that the distribution is linear between the points


@dataclass(frozen=True, eq=False)
class Elastic:
    """Elastic scattering of a material at the energies of the tables.

    Between the energies, quantities go linearly with the logarithm of energy.

    Attributes
    ----------
    energies_ev : ndarray of float64, shape (48,)
        From 50 eV to 30 keV, evenly spaced in their logarithm.
    inverse_path_per_nm, inverse_transport_path_per_nm : ndarray of float64, shape (48,)
        Collisions per nm, and the same times the mean of 1 - cos(deflection); 0 for vacuum.
    mu : ndarray of float64, shape (n,)
        Deflections (1 - cos) / 2, rising from 0 to 1; finer where the scattering is.
    cdf : ndarray of float64, shape (48, n)
        Share of the collisions that deflect by less than `mu`, from 0 to 1; linear between the points.
    """

    energies_ev: Array
    inverse_path_per_nm: Array
    inverse_transport_path_per_nm: Array
    mu: Array
    cdf: Array


@dataclass(frozen=True, eq=False)
class _Atom:
    """One element: cross-sections in cm2, and the distribution as in `Elastic`."""

    total_cm2: Array
    transport_cm2: Array
    cdf: Array


@lru_cache(maxsize=64)
def elastic_of(material: Material, physics: Physics) -> Elastic:
    """Elastic scattering of `material`.

    Parameters
    ----------
    material : Material
        Vacuum has infinite mean free paths (their inverse is 0), and isotropic deflections that never happen.
    physics : Physics
        Which cross-sections, and whether inelastic collisions deflect.
    """
    energies, mu = _grid()
    total = np.zeros_like(energies)
    transport = np.zeros_like(energies)
    weighted = np.zeros((energies.size, mu.size))
    for z, fraction in mass_fractions(material).items():
        atom = _mott_atom(z) if physics.elastic == "mott" else _browning_atom(z)
        per_cm3 = material.density_g_cm3 * fraction * _AVOGADRO / atomic_mass(z)
        per_cm3 *= (z + 1) / z if physics.inelastic_deflection else 1.0
        total += per_cm3 * _PER_NM * atom.total_cm2
        transport += per_cm3 * _PER_NM * atom.transport_cm2
        weighted += (per_cm3 * _PER_NM * atom.total_cm2)[:, None] * atom.cdf
    cdf = np.broadcast_to(mu, weighted.shape) if material.is_vacuum else weighted / total[:, None]
    elastic = Elastic(energies, total, transport, mu, cdf)
    for values in vars(elastic).values():
        values.setflags(write=False)  # it is kept for the next who asks
    return elastic


@lru_cache(maxsize=1)
def _grid() -> tuple[Array, Array]:
    """Energies in eV, and deflections mu."""
    with np.load(resources.path("electrons/elastic_mott.npz")) as tables:
        return tables["energy_ev"], np.sin(_refined(np.radians(tables["theta_deg"])) / 2) ** 2


@lru_cache(maxsize=16)
def _mott_atom(z: int) -> _Atom:
    with np.load(resources.path("electrons/elastic_mott.npz")) as tables:
        log_dcs = np.log(decode(tables[f"log_dcs_{z:02d}"]))
        total, transport = (
            tables[f"{name}_cm2"][z - 1].astype(np.float64) for name in ("total", "transport")
        )
    dcs = np.exp(_refined(log_dcs))
    mu = _grid()[1]
    shares = 0.5 * (dcs[:, 1:] + dcs[:, :-1]) * np.diff(mu)
    cdf = np.zeros_like(dcs)
    np.cumsum(shares, axis=1, out=cdf[:, 1:])
    return _Atom(total, transport, cdf / cdf[:, -1:])


@lru_cache(maxsize=16)
def _browning_atom(z: int) -> _Atom:
    energies, mu = _grid()
    return _Atom(
        browning.total_cm2(z, energies),
        browning.transport_cm2(z, energies),
        browning.cumulative(z, energies, mu),
    )


def _refined(values: Array) -> Array:
    """Each step along the last axis cut into `_FINER` equal ones."""
    parts = np.arange(_FINER) / _FINER
    inner = values[..., :-1, None] * (1 - parts) + values[..., 1:, None] * parts
    return np.concatenate([inner.reshape(*values.shape[:-1], -1), values[..., -1:]], axis=-1)
