"""The elements up to uranium: symbols, atomic masses, mean excitation energies."""

from __future__ import annotations

import difflib

from core.errors import ParameterError

_LIST = """
H He Li Be B C N O F Ne Na Mg Al Si P S Cl Ar K Ca Sc Ti V Cr Mn Fe Co Ni Cu Zn Ga Ge As Se Br Kr
Rb Sr Y Zr Nb Mo Tc Ru Rh Pd Ag Cd In Sn Sb Te I Xe Cs Ba La Ce Pr Nd Pm Sm Eu Gd Tb Dy Ho Er Tm Yb Lu
Hf Ta W Re Os Ir Pt Au Hg Tl Pb Bi Po At Rn Fr Ra Ac Th Pa U
"""
SYMBOLS = tuple(_LIST.split())

# Standard atomic weights, IUPAC; for elements without a stable isotope the mass number of the longest-lived.
_MASSES = (
    1.008, 4.0026, 6.94, 9.0122, 10.81, 12.011, 14.007, 15.999, 18.998, 20.180, 22.990, 24.305, 26.982,
    28.085, 30.974, 32.06, 35.45, 39.95, 39.098, 40.078, 44.956, 47.867, 50.942, 51.996, 54.938, 55.845,
    58.933, 58.693, 63.546, 65.38, 69.723, 72.630, 74.922, 78.971, 79.904, 83.798, 85.468, 87.62, 88.906,
    91.224, 92.906, 95.95, 97.0, 101.07, 102.906, 106.42, 107.868, 112.414, 114.818, 118.71, 121.76, 127.60,
    126.904, 131.293, 132.905, 137.327, 138.905, 140.116, 140.908, 144.242, 145.0, 150.36, 151.964, 157.25,
    158.925, 162.5, 164.930, 167.259, 168.934, 173.045, 174.967, 178.486, 180.948, 183.84, 186.207, 190.23,
    192.217, 195.084, 196.967, 200.592, 204.38, 207.2, 208.980, 209.0, 210.0, 222.0, 223.0, 226.0, 227.0,
    232.038, 231.036, 238.029,
)  # fmt: skip

# M. J. Berger, S. M. Seltzer, NBSIR 82-2550-A (1983); of hydrogen and bromine the liquid.
_MEAN_EXCITATION_EV = (
    21.8, 41.8, 40, 63.7, 76, 78, 82, 95, 115, 137, 149, 156, 166, 173, 173, 180, 174, 188, 190, 191, 216,
    233, 245, 257, 272, 286, 297, 311, 322, 330, 334, 350, 347, 348, 357, 352, 363, 366, 379, 393, 417,
    424, 428, 441, 449, 470, 470, 469, 488, 488, 487, 485, 491, 482, 488, 491, 501, 523, 535, 546, 560,
    574, 580, 591, 614, 628, 650, 658, 674, 684, 694, 705, 718, 727, 736, 746, 757, 790, 790, 800, 810,
    823, 823, 830, 825, 794, 827, 826, 841, 847, 878, 890,
)  # fmt: skip


def atomic_number(symbol: str) -> int:
    """Z of a chemical symbol, spelled with its capital letter.

    Raises
    ------
    ParameterError
        If no element up to uranium has this symbol.
    """
    if symbol in SYMBOLS:
        return SYMBOLS.index(symbol) + 1
    near = difflib.get_close_matches(symbol.capitalize(), SYMBOLS, 3, cutoff=0.3)
    raise ParameterError(
        "unknown element",
        expected="a symbol from H to U, such as " + ", ".join(near or ["Au", "Si"]),
        got=symbol,
    )


def atomic_mass(z: int) -> float:
    """Atomic mass in g/mol."""
    return _MASSES[z - 1]


def mean_excitation_ev(z: int) -> float:
    """Mean excitation energy J in eV that enters the stopping power."""
    return float(_MEAN_EXCITATION_EV[z - 1])
