"""How much energy electrons lose on their way."""

from __future__ import annotations

import numpy as np

from core.simulate.electrons.elements import atomic_mass, mean_excitation_ev
from core.simulate.electrons.material import Material
from core.volume import Array

# 2 pi e^4 N_A in the units asked for: eV/nm, with the density in g/cm3 and the energy in eV.
_BETHE = 7850.0
_SQRT_HALF_E = 1.166


def mass_fractions(material: Material) -> dict[int, float]:
    """Share of the mass by atomic number; empty for vacuum."""
    masses: dict[int, float] = {}
    for z, count in material.atoms:
        masses[z] = masses.get(z, 0.0) + count * atomic_mass(z)
    whole = sum(masses.values())
    return {z: mass / whole for z, mass in masses.items()}


def stopping_power_ev_per_nm(material: Material, energy_ev: Array) -> Array:
    """Energy loss per length, after Joy and Luo.

    Bethe's law with the mean excitation energy lowered at low energies [1]_; the elements of a compound add
    up by their mass (Bragg's rule). The constant k of each element is 0.731 + 0.0688 log10 Z.

    Parameters
    ----------
    material : Material
        What the electrons travel through; vacuum stops nothing.
    energy_ev : ndarray of float
        Energies in eV, above 0.

    Returns
    -------
    ndarray of float64
        -dE/ds in eV/nm, of the shape of `energy_ev`.

    References
    ----------
    .. [1] D. C. Joy, S. Luo, Scanning 11 (1989) 176, doi:10.1002/sca.4950110404
    """
    energy = np.asarray(energy_ev, dtype=np.float64)
    power = np.zeros_like(energy)
    for z, fraction in mass_fractions(material).items():
        j = mean_excitation_ev(z)
        k = 0.731 + 0.0688 * np.log10(z)
        power += fraction * z / atomic_mass(z) * np.log(_SQRT_HALF_E * (energy + k * j) / j)
    return _BETHE * material.density_g_cm3 * power / energy
