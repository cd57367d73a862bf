"""Elastic scattering by a formula: Browning's fit to Mott cross-sections of 1994.

R. Browning, T. Z. Li, B. Chui, J. Ye, R. F. W. Pease, Z. Czyzewski, D. C. Joy, J. Appl. Phys. 76 (1994) 2016.
Fitted for 0.1-30 keV; down to 50 eV it is extrapolated. What plugins of the time of the
thesis used is of this kind; for results, the Mott tables are better (docs/physics.md).
"""

from __future__ import annotations

import numpy as np

from core.volume import Array


def total_cm2(z: int, energy_ev: Array) -> Array:
    """Elastic cross-section of one atom in cm2."""
    kev = energy_ev / 1000
    power = z**1.7
    below = kev + 0.005 * power * np.sqrt(kev) + 0.0007 * z**2 / np.sqrt(kev)
    answer: Array = 3.0e-18 * power / below
    return answer


def rutherford_share(z: int, energy_ev: Array) -> Array:
    """Share of the collisions with a screened Rutherford distribution; the others are isotropic."""
    kev = energy_ev / 1000
    ratio = 300 * kev ** (1 - z / 2000) / z + z**3 / (3e5 * kev)
    answer: Array = ratio / (1 + ratio)
    return answer


def screening(energy_ev: Array) -> Array:
    """Parameter alpha of the Rutherford part, 0.007 keV / E for every Z: mu = alpha u / (1 + alpha - u)."""
    return 7.0 / energy_ev


def transport_cm2(z: int, energy_ev: Array) -> Array:
    """The cross-section times the mean of 1 - cos(deflection), in cm2."""
    alpha = screening(energy_ev)
    share = rutherford_share(z, energy_ev)
    mean_mu = alpha * ((1 + alpha) * np.log1p(1 / alpha) - 1)
    answer: Array = total_cm2(z, energy_ev) * (2 * share * mean_mu + 1 - share)
    return answer


def cumulative(z: int, energy_ev: Array, mu: Array) -> Array:
    """Share of the collisions that deflect by less than `mu` = (1 - cos) / 2, shape (energy, mu)."""
    alpha = screening(energy_ev)[:, None]
    share = rutherford_share(z, energy_ev)[:, None]
    answer: Array = share * mu * (1 + alpha) / (mu + alpha) + (1 - share) * mu
    return answer
