"""Materials put together from elements and their amounts, and what their atoms come to on average."""

from __future__ import annotations

import math
from collections.abc import Iterable
from typing import Literal, TypeAlias

import numpy as np

from core.errors import ParameterError
from core.simulate.electrons.elements import SYMBOLS, atomic_mass, atomic_number
from core.simulate.electrons.material import Material
from core.simulate.electrons.materials import material_of

By: TypeAlias = Literal["atoms", "weight"]


def composed(parts: Iterable[tuple[str, float]], by: By, density_g_cm3: float) -> Material:
    """A material of elements in amounts.

    Parameters
    ----------
    parts : iterable of (str, float)
        Symbol and amount of each element: atoms (or mol %), or parts by weight (or weight %).
    by : {'atoms', 'weight'}
        What the amounts are.
    density_g_cm3 : float

    Returns
    -------
    Material
        Its name is what `material_of` reads: the formula, @ and the density.

    Raises
    ------
    ParameterError
        If an element is unknown or stands twice, or an amount or the density is impossible.
    """
    atoms: dict[int, float] = {}
    for symbol, amount in parts:
        z = atomic_number(symbol.strip())
        if z in atoms:
            raise ParameterError(f"{symbol} stands twice", expected="each element once")
        if not 0 < amount < math.inf:
            raise ParameterError(f"how much {symbol} there is", expected="an amount above 0", got=amount)
        atoms[z] = amount / atomic_mass(z) if by == "weight" else amount
    if not atoms:
        raise ParameterError("no element is named", expected="at least one element with its amount")
    return material_of(f"{_formula(atoms, by)}@{density_g_cm3:g}")


def _formula(atoms: dict[int, float], by: By) -> str:
    """Symbols and numbers; parts by weight become atoms in a hundred."""
    scale = 100 / sum(atoms.values()) if by == "weight" else 1.0
    return "".join(f"{SYMBOLS[z - 1]}{_number(count * scale)}" for z, count in atoms.items())


def _number(count: float) -> str:
    text = np.format_float_positional(count, precision=6, unique=False, fractional=False, trim="-")
    return "" if text == "1" else text


def weight_shares(material: Material) -> dict[str, float]:
    """Share of each element in the mass, by symbol."""
    masses = {z: count * atomic_mass(z) for z, count in material.atoms}
    whole = sum(masses.values())
    return {SYMBOLS[z - 1]: mass / whole for z, mass in masses.items()}


def mean_atomic_number(material: Material) -> float:
    """Mean of Z by mass, which backscattering goes by; 0 of vacuum."""
    shares = weight_shares(material)
    return sum((SYMBOLS.index(symbol) + 1) * share for symbol, share in shares.items())


def backscattered_share(material: Material) -> float:
    """About how many of the beam electrons a solid block of it sends back, 0-1.

    For estimates only, such as the contrast of two phases; `core.simulate.electrons.bulk` follows electrons.

    References
    ----------
    Polynomial in Z of W. Reuter (1972), as given in J. I. Goldstein et al., Scanning Electron Microscopy and
    X-Ray Microanalysis, 2003; elements are weighted by mass.
    """
    share = 0.0
    for symbol, mass in weight_shares(material).items():
        z = SYMBOLS.index(symbol) + 1
        share += mass * max(0.0, -0.0254 + 0.016 * z - 1.86e-4 * z**2 + 8.3e-7 * z**3)
    return share
