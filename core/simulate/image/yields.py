"""How many secondary electrons a flat clean surface gives."""

from __future__ import annotations

from collections.abc import Mapping
from types import MappingProxyType

import numpy as np

# Greatest yield and the beam energy (eV) at which it is reached: CRC Handbook of Chemistry and Physics, table
# "Secondary electron emission" (C: graphite). Clean surfaces; contamination easily changes them by half.
MAXIMUM_YIELDS: Mapping[str, tuple[float, float]] = MappingProxyType(
    {
        "ag": (1.5, 800.0),
        "al": (1.0, 300.0),
        "au": (1.4, 800.0),
        "c": (1.0, 300.0),
        "cu": (1.3, 600.0),
        "fe": (1.3, 400.0),
        "ni": (1.3, 550.0),
    }
)

# Constant-loss model with a range proportional to E ** 1.67; 1.614 puts the maximum at E = E_max.
_RANGE_POWER, _REACH = 1.67, 1.614


def yield_at(maximum: float, peak_ev: float, energy_ev: float) -> float:
    """Secondary electrons per beam electron at normal incidence.

    The universal curve of the constant-loss model in the form of Lin & Joy 2005 (doi:10.1002/sia.2107),
    normalised so that it is `maximum` at `peak_ev`.

    Parameters
    ----------
    maximum : float
        Greatest yield.
    peak_ev, energy_ev : float
        Beam energy of the greatest yield, and the one asked for, above 0.
    """
    ratio = energy_ev / peak_ev
    curve = ratio ** (1 - _RANGE_POWER) * (1 - np.exp(-_REACH * ratio**_RANGE_POWER))
    return float(maximum * curve / (1 - np.exp(-_REACH)))
