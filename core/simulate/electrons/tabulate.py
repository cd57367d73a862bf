"""Writes the bundled cross-sections: ``python -m core.simulate.electrons.tabulate SOURCE.npz FOLDER``.

The source holds what ELSEPA [1]_ computed for free atoms: ``energy_eV`` (48), ``theta_deg`` (606) and, for
every element ZZ = 01-92, ``dcs_cm2_sr_ZZ`` (48 x 606), ``total_cm2_ZZ`` and ``transport_cm2_ZZ`` (48).
Written is a file of a fifth of the size: the logarithm of the differential cross-section in steps of
`LOG_STEP`, as second differences along the angle, which compress well. Rounding changes the cross-section by
at most half a step (0.005 %), evenly up and down; totals and transport cross-sections are
carried as they are.

.. [1] F. Salvat, A. Jablonski, C. J. Powell, Comput. Phys. Commun. 165 (2005) 157,
   doi:10.1016/j.cpc.2004.09.006
"""

from __future__ import annotations

import sys
from pathlib import Path

import numpy as np

from core.files import replacing
from core.simulate.electrons.material import HEAVIEST_Z
from core.volume import Array

LOG_STEP = 1e-4
# Below this angle the cross-section of every element is flat at every energy up to 30 keV.
SMALLEST_ANGLE_DEG = 0.02


def encode(dcs: Array) -> Array:
    """Steps of ln(dcs / cm2), shape (energy, angle), as second differences along the angle.

    All but the first two differences are small and repeat themselves, which is what makes them compress.
    """
    steps = np.rint(np.log(dcs.astype(np.float64)) / LOG_STEP).astype(np.int64)
    steps[:, 1:] -= steps[:, :-1].copy()
    steps[:, 2:] -= steps[:, 1:-1].copy()
    return steps.astype(np.int32)


def decode(steps: Array) -> Array:
    """The cross-section that `encode` was given, within half a step."""
    logarithm = steps.astype(np.int64)
    logarithm[:, 1:] = np.cumsum(logarithm[:, 1:], axis=1)
    dcs: Array = np.exp(np.cumsum(logarithm, axis=1) * LOG_STEP)
    return dcs


def write_tables(source: Path, folder: Path) -> None:
    """Write ``elastic_mott.npz`` into `folder`, replacing an older one."""
    with np.load(source) as raw, replacing(folder / "elastic_mott.npz") as target:
        theta = raw["theta_deg"]
        kept = (theta == 0) | (theta >= SMALLEST_ANGLE_DEG)
        elements = range(1, HEAVIEST_Z + 1)
        tables = {
            "energy_ev": raw["energy_eV"],
            "theta_deg": theta[kept],
            "total_cm2": np.stack([raw[f"total_cm2_{z:02d}"] for z in elements]),
            "transport_cm2": np.stack([raw[f"transport_cm2_{z:02d}"] for z in elements]),
            **{f"log_dcs_{z:02d}": encode(raw[f"dcs_cm2_sr_{z:02d}"][:, kept]) for z in elements},
        }
        with target.open("wb") as file:
            np.savez_compressed(file, **tables)


if __name__ == "__main__":
    write_tables(Path(sys.argv[1]), Path(sys.argv[2]))
