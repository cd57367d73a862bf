"""Common materials by name, and any other by formula and density."""

from __future__ import annotations

import difflib
import math
from collections.abc import Mapping
from types import MappingProxyType

from core.errors import ParameterError
from core.simulate.electrons.formula import parse_formula
from core.simulate.electrons.material import VACUUM, Material

HIGHEST_DENSITY = 25.0  # osmium has 22.6

# Densities in g/cm3 at room temperature, of the dense solid; those of compounds are X-ray or handbook
# densities of the usual phase. C is amorphous carbon, SiO2 fused silica, TiO2 rutile, ZrO2 monoclinic,
# YSZ has 8 mol % Y2O3.
_ELEMENTS = """
Li 0.534, Be 1.85, B 2.34, C 2.0, Na 0.97, Mg 1.74, Al 2.70, Si 2.33, S 2.07, K 0.86, Ca 1.55, Sc 2.99,
Ti 4.51, V 6.11, Cr 7.19, Mn 7.44, Fe 7.87, Co 8.90, Ni 8.91, Cu 8.96, Zn 7.14, Ga 5.91, Ge 5.32, As 5.73,
Se 4.81, Sr 2.64, Y 4.47, Zr 6.52, Nb 8.57, Mo 10.28, Ru 12.37, Rh 12.41, Pd 12.02, Ag 10.49, Cd 8.65,
In 7.31, Sn 7.29, Sb 6.69, Te 6.24, Ba 3.51, La 6.15, Ce 6.77, Nd 7.01, Gd 7.90, Hf 13.31, Ta 16.65,
W 19.25, Re 21.02, Os 22.59, Ir 22.56, Pt 21.45, Au 19.3, Pb 11.34, Bi 9.78, U 19.05
"""
_COMPOUNDS = """
Al2O3 3.97, SiO2 2.20, TiO2 4.23, ZrO2 5.68, CeO2 7.22, Y2O3 5.01, MgO 3.58, ZnO 5.61, NiO 6.67, CuO 6.31,
Fe2O3 5.24, Fe3O4 5.17, FeS2 5.01, Si3N4 3.20, SiC 3.21, WC 15.6, TiN 5.40, TiC 4.93, AlN 3.26, BN 2.10,
B4C 2.52, GaAs 5.32, GaN 6.15, BaTiO3 6.02, LiCoO2 5.06, LiFePO4 3.60, CaCO3 2.71, NaCl 2.16, H2O 1.0
"""
_NAMED = {
    "epoxy": ("C21H24O4", 1.20),  # cured bisphenol-A diglycidyl ether
    "PMMA": ("C5H8O2", 1.18),
    "polystyrene": ("C8H8", 1.05),
    "polyethylene": ("C2H4", 0.94),
    "PVDF": ("C2H2F2", 1.78),
    "graphite": ("C", 2.26),
    "diamond": ("C", 3.51),
    "quartz": ("SiO2", 2.65),
    "glass": ("Na2CaSi6O14", 2.50),  # soda-lime
    "hydroxyapatite": ("Ca5(PO4)3OH", 3.16),
    "Ba122": ("BaFe2As2", 6.48),  # from its cell, a = 0.3963 nm, c = 1.302 nm
    "YBCO": ("YBa2Cu3O7", 6.36),
    "YSZ": ("Zr0.92Y0.16O2.08", 5.96),
    "LSM": ("La0.8Sr0.2MnO3", 6.57),
    "LSCF": ("La0.6Sr0.4Co0.2Fe0.8O3", 6.30),
    "GDC": ("Ce0.9Gd0.1O1.95", 7.22),
    "NMC": ("LiNi0.33Mn0.33Co0.33O2", 4.75),
    "steel": ("Fe", 7.85),  # unalloyed
    "stainless-steel": ("Fe71.3Cr20.2Ni8.5", 7.90),  # 304
    "brass": ("Cu63Zn37", 8.45),
    "Ti6Al4V": ("Ti86.2Al10.2V3.6", 4.43),
    # Deposits of the FIB-SEM vary with current and gas; densities by adding up the volumes of the parts.
    "Pt-deposit-ion": ("Pt46C24Ga28O2", 12.5),
    "Pt-deposit-electron": ("PtC5", 6.5),
    "W-deposit-ion": ("W70C20Ga10", 14.0),
}


def _table() -> dict[str, Material]:
    rows = [tuple(row.split()) for row in (_ELEMENTS + "," + _COMPOUNDS).split(",")]
    table = {name: Material(name, parse_formula(name), float(density)) for name, density in rows}
    for name, (formula, density) in _NAMED.items():
        table[name] = Material(name, parse_formula(formula), density)
    table[VACUUM.name] = VACUUM
    return table


MATERIALS: Mapping[str, Material] = MappingProxyType(_table())
_ENGLISH = {
    "aluminium": "Al", "aluminum": "Al", "carbon": "C", "copper": "Cu", "gold": "Au", "iron": "Fe",
    "nickel": "Ni", "platinum": "Pt", "silicon": "Si", "silver": "Ag", "titanium": "Ti", "tungsten": "W",
    "alumina": "Al2O3", "silica": "SiO2", "zirconia": "ZrO2",
}  # fmt: skip
_BY_LOWER_CASE = {name.lower(): material for name, material in MATERIALS.items()} | {
    english: MATERIALS[name] for english, name in _ENGLISH.items()
}


def material_of(text: str) -> Material:
    """The material that the user means.

    Parameters
    ----------
    text : str
        A name of `MATERIALS`, or ``FORMULA@DENSITY`` or ``NAME@DENSITY`` with the density in g/cm3, such as
        ``Al2O3@3.95`` or ``epoxy@1.1``. Small and capital letters of names are the same, unless what is
        written is the formula of something else (CO is not cobalt).

    Raises
    ------
    ParameterError
        If there is no such material or element, or the density is missing or impossible.
    """
    whole = text.strip()
    name, at, density = whole.partition("@")
    known = _known(name.strip())
    if not at and known is not None:
        return known
    if not at:
        raise _unknown(whole)
    atoms = parse_formula(name) if known is None else known.atoms
    if not atoms:
        raise ParameterError("vacuum has no density", expected="vacuum", got=whole)
    return Material(whole, atoms, _density(density, whole))


def _known(name: str) -> Material | None:
    found = _BY_LOWER_CASE.get(name.lower())
    if found is None or name == found.name or name.lower() in _ENGLISH:
        return found
    try:
        return found if parse_formula(name) == found.atoms else None
    except ParameterError:
        return found


def _density(text: str, owner: str) -> float:
    try:
        density = float(text)
    except ValueError:
        density = math.nan
    if not 0 < density <= HIGHEST_DENSITY:
        raise ParameterError(
            f"the density of {owner[:80]} is impossible",
            expected=f"g/cm3 after the @, above 0, at most {HIGHEST_DENSITY:g}",
            got=text.strip()[:40] or "nothing",
        )
    return density


def _unknown(name: str) -> ParameterError:
    try:
        parse_formula(name)
    except ParameterError:
        near = difflib.get_close_matches(name.lower(), _BY_LOWER_CASE, 3)
        names = ", ".join(_BY_LOWER_CASE[key].name for key in near) or ", ".join(MATERIALS)
        return ParameterError(
            "unknown material",
            expected=f"{names}, or FORMULA@DENSITY (g/cm3)",
            got=name[:80] or "nothing",
            remedy="write a formula with its density, for example Al2O3@3.95",
        )
    meant = _BY_LOWER_CASE.get(name.lower())
    return ParameterError(
        f"no density is known of {name}",
        expected="FORMULA@DENSITY (g/cm3)" + (f", or {meant.name}" if meant else ""),
        got=name,
        remedy=f"write its density behind it, as in {name}@5.0",
    )
