"""What a voxel is made of."""

from __future__ import annotations

import math
from dataclasses import dataclass

from core.errors import ParameterError

HEAVIEST_Z = 92


@dataclass(frozen=True)
class Material:
    """A substance that electrons travel through.

    Attributes
    ----------
    name : str
        As the user knows it, for example ``epoxy``.
    atoms : tuple of (int, float)
        Atomic number Z (1-92) and number of atoms in the formula; empty for vacuum.
    density_g_cm3 : float
        0 for vacuum only.

    Raises
    ------
    ParameterError
        If the density is negative or not finite, an element is unknown, or density and formula contradict.
    """

    name: str
    atoms: tuple[tuple[int, float], ...]
    density_g_cm3: float

    def __post_init__(self) -> None:
        if not math.isfinite(self.density_g_cm3) or self.density_g_cm3 < 0:
            raise ParameterError(
                f"the density of {self.name} is impossible",
                expected="g/cm3, above 0 (0 for vacuum)",
                got=self.density_g_cm3,
            )
        if bool(self.atoms) != (self.density_g_cm3 > 0):
            raise ParameterError(
                f"formula and density of {self.name} contradict each other",
                expected="elements and a density above 0, or neither (vacuum)",
                got=f"{len(self.atoms)} elements, {self.density_g_cm3} g/cm3",
            )
        for z, count in self.atoms:
            if not 1 <= z <= HEAVIEST_Z or not math.isfinite(count) or count <= 0:
                raise ParameterError(
                    f"{self.name} has an impossible part",
                    expected=f"elements of Z 1-{HEAVIEST_Z}, each with a positive number of atoms",
                    got=f"Z {z}, {count} atoms",
                )

    @property
    def is_vacuum(self) -> bool:
        """Whether electrons pass without any scattering."""
        return not self.atoms


VACUUM = Material("vacuum", (), 0.0)
