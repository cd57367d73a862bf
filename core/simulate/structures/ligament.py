"""Which wavelength gives ligaments of the size asked for.

The ligament size D of leveled waves is proportional to their wavelength; the factor depends on the solid
fraction, and a little on the voxels: gaps narrower than a voxel are missed. `TABLE` holds it, made by
`tabulate_ligament` to about 0.1 %.
"""

from __future__ import annotations

import numpy as np

from core.errors import ParameterError

# fmt: off
FRACTIONS = (0.02, 0.03, 0.05, 0.08, 0.12, 0.16, 0.20, 0.25, 0.30, 0.35, 0.40, 0.45, 0.50,
             0.55, 0.60, 0.65, 0.70, 0.75, 0.80, 0.84, 0.88, 0.90, 0.92, 0.935, 0.95)
VOXELS = (0.02, 0.1, 0.15, 0.2, 0.25, 0.3, 0.35)
"""Solid fractions (rows) and voxel sizes in wavelengths (columns) of the table."""
TABLE = (
    (0.1767, 0.1796, 0.1830, 0.1885, 0.1955, 0.2038, 0.2135),
    (0.1887, 0.1915, 0.1948, 0.1997, 0.2064, 0.2140, 0.2231),
    (0.2081, 0.2106, 0.2137, 0.2182, 0.2241, 0.2313, 0.2397),
    (0.2324, 0.2347, 0.2375, 0.2415, 0.2469, 0.2537, 0.2613),
    (0.2616, 0.2637, 0.2665, 0.2702, 0.2751, 0.2815, 0.2886),
    (0.2899, 0.2920, 0.2945, 0.2983, 0.3031, 0.3092, 0.3164),
    (0.3188, 0.3207, 0.3234, 0.3272, 0.3319, 0.3380, 0.3455),
    (0.3567, 0.3587, 0.3616, 0.3654, 0.3704, 0.3768, 0.3845),
    (0.3981, 0.4002, 0.4031, 0.4074, 0.4127, 0.4198, 0.4279),
    (0.4440, 0.4464, 0.4499, 0.4543, 0.4601, 0.4681, 0.4772),
    (0.4961, 0.4988, 0.5026, 0.5078, 0.5145, 0.5233, 0.5340),
    (0.5563, 0.5593, 0.5635, 0.5697, 0.5774, 0.5875, 0.6000),
    (0.6266, 0.6301, 0.6355, 0.6425, 0.6515, 0.6640, 0.6788),
    (0.7108, 0.7148, 0.7213, 0.7299, 0.7408, 0.7563, 0.7747),
    (0.8138, 0.8189, 0.8269, 0.8377, 0.8514, 0.8704, 0.8937),
    (0.9438, 0.9495, 0.9593, 0.9738, 0.9912, 1.0149, 1.0444),
    (1.1126, 1.1207, 1.1332, 1.1526, 1.1754, 1.2056, 1.2436),
    (1.3428, 1.3546, 1.3712, 1.3964, 1.4276, 1.4682, 1.5199),
    (1.6783, 1.6947, 1.7172, 1.7534, 1.7988, 1.8578, 1.9290),
    (2.0830, 2.1075, 2.1391, 2.1896, 2.2539, 2.3359, 2.4349),
    (2.7352, 2.7739, 2.8218, 2.8964, 2.9915, 3.1159, 3.2696),
    (3.2392, 3.2909, 3.3515, 3.4475, 3.5718, 3.7324, 3.9268),
    (3.9733, 4.0443, 4.1314, 4.2561, 4.4246, 4.6396, 4.8995),
    (4.7991, 4.8880, 5.0013, 5.1693, 5.3945, 5.6761, 6.0105),
    (6.0808, 6.2091, 6.3647, 6.5972, 6.9134, 7.3145, 7.7717),
)
# fmt: on
FEWEST_VOXELS = 2.0


def ligament_per_wavelength(solid_fraction: float, voxel_per_wavelength: float) -> float:
    """D / wavelength by the table; its logarithm is linear in probit(fraction) and voxel squared."""
    from scipy.special import ndtri

    squares = np.square(VOXELS)
    rows = [np.interp(voxel_per_wavelength**2, squares, row) for row in np.log(TABLE)]
    return float(np.exp(np.interp(ndtri(solid_fraction), ndtri(FRACTIONS), rows)))


def wavelength_px(ligament_px: float, solid_fraction: float) -> float:
    """Wavelength in voxels at which ligaments measure `ligament_px` voxels.

    Raises
    ------
    ParameterError
        If ligaments or waves are too thin for the voxels.
    """
    low, high = 1 / VOXELS[-1], 100 * ligament_px + 100
    smallest = max(FEWEST_VOXELS, low * ligament_per_wavelength(solid_fraction, 1 / low))
    if not ligament_px >= smallest:
        raise ParameterError(
            f"ligaments of {ligament_px:.3g} voxels at {solid_fraction:g} solid (or the gaps between) "
            "are not resolved",
            expected=f"at least {smallest:.3g} voxels",
            remedy="choose smaller voxels or larger ligaments",
        )
    for _ in range(60):
        middle = (low + high) / 2
        if middle * ligament_per_wavelength(solid_fraction, 1 / middle) < ligament_px:
            low = middle
        else:
            high = middle
    return (low + high) / 2
