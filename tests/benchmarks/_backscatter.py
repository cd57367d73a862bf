"""What the electrons are held to: measured backscatter coefficients, and results of other programs.

Backscatter coefficients eta count electrons of at least 50 eV, at normal incidence unless said otherwise.

MEASURED: midpoint and spread of measurements on clean surfaces: El Gomati and Assad (1997), Bronstein and
Fraiman (1969), Hunger and Kuchler (1979), Bishop (1963), Heinrich (1966), Reimer and Tollkamp (1980),
Drescher (1970), Neubert (1980), Wittry (1966), Cosslett (1965), mostly through Joy's database of 2001. Where
nothing was measured (EXTRAPOLATED: Ti, Fe and Ag below 10 kV), the formula of Hunger and Kuchler.

MODEL, TILTED, ENERGY: an independent prototype of the same model (Mott, Joy-Luo), which agrees with NIST's
EPQ (NISTMonte with SRD-64 cross-sections) within 0.3 % of eta.
"""

from __future__ import annotations

import numpy as np

KV = (1, 2, 3, 4, 5, 10, 20)
MEASURED: dict[str, tuple[tuple[float, float], ...]] = {
    "C": ((.105, .030), (.089, .020), (.076, .015), (.072, .015), (.077, .015), (.069, .006), (.059, .008)),
    "Al": ((.212, .012), (.200, .010), (.193, .010), (.188, .010), (.182, .010), (.172, .012), (.157, .012)),
    "Si": ((.222, .014), (.206, .010), (.197, .010), (.194, .012), (.190, .010), (.178, .010), (.166, .012)),
    "Ti": ((.293, .03), (.282, .03), (.275, .025), (.271, .025), (.267, .02), (.260, .012), (.250, .012)),
    "Fe": ((.318, .03), (.308, .03), (.303, .025), (.300, .025), (.297, .02), (.289, .012), (.284, .012)),
    "Cu": ((.34, .04), (.33, .03), (.325, .025), (.325, .020), (.320, .015), (.316, .012), (.309, .012)),
    "Ag": ((.394, .03), (.395, .03), (.395, .025), (.396, .025), (.396, .02), (.398, .015), (.403, .015)),
    "Au": ((.407, .025), (.439, .020), (.457, .015), (.457, .015), (.463, .020), (.476, .015), (.490, .020)),
}  # fmt: skip
EXTRAPOLATED = {(name, kv) for name in ("Ti", "Fe", "Ag") for kv in (1, 2, 3, 4, 5)}

# EPQ and the prototype, Mott without inelastic deflection: kV -> eta +- 0.003, <E>/E0 +- 0.005.
OTHER_PROGRAMS = {1: (0.420, 0.687), 2: (0.449, 0.726), 4: (0.453, 0.750)}

MODEL_KV = (0.5, 1, 2, 3, 4, 5, 10, 20, 30)
MODEL_MOTT: dict[str, tuple[float, ...]] = {
    "C": (.109, .090, .076, .068, .065, .061, .055, .051, .049),
    "Al": (.223, .201, .184, .174, .171, .167, .157, .149, .148),
    "Si": (.230, .210, .194, .186, .182, .177, .169, .163, .161),
    "Ti": (.288, .274, .262, .256, .254, .253, .250, .248, .249),
    "Fe": (.322, .306, .293, .288, .286, .285, .283, .284, .286),
    "Cu": (.339, .329, .312, .307, .304, .304, .304, .307, .309),
    "Ag": (.356, .376, .378, .378, .379, .380, .385, .397, .405),
    "Au": (.295, .418, .449, .452, .453, .457, .468, .486, .499),
    "epoxy": (.095, .080, .068, .061, .058, .055, .049, .045, .043),
}  # fmt: skip
MODEL_RECOMMENDED: dict[str, tuple[float, ...]] = {
    "C": (.125, .106, .090, .082, .078, .075, .068, .063, .061),
    "Al": (.233, .211, .195, .186, .183, .178, .169, .162, .159),
    "Si": (.241, .221, .205, .197, .193, .189, .180, .174, .173),
    "Ti": (.295, .281, .269, .264, .263, .261, .259, .256, .258),
    "Fe": (.328, .312, .300, .295, .293, .292, .290, .292, .293),
    "Cu": (.344, .334, .318, .314, .311, .310, .311, .313, .316),
    "Ag": (.360, .380, .381, .382, .383, .384, .389, .401, .408),
    "Au": (.297, .421, .451, .454, .455, .459, .470, .488, .500),
    "epoxy": (.111, .094, .081, .074, .071, .068, .062, .057, .056),
}  # fmt: skip
BROWNING_KV = (1, 2, 4, 10, 20)
MODEL_BROWNING: dict[str, tuple[float, ...]] = {  # without inelastic deflection
    "C": (.104, .089, .077, .067, .060),
    "Si": (.242, .222, .203, .185, .171),
    "Cu": (.355, .349, .338, .323, .317),
    "Au": (.423, .471, .480, .485, .491),
}  # fmt: skip

# Recommended model, +- 0.005.
TILTS_DEG = (0, 15, 30, 45, 60, 70, 80)
TILTED: dict[tuple[str, float], tuple[float, ...]] = {
    ("Au", 1): (.421, .428, .448, .488, .554, .616, .702),
    ("Au", 2): (.451, .457, .480, .523, .592, .653, .734),
    ("Au", 4): (.455, .465, .490, .538, .605, .667, .744),
    ("Au", 20): (.488, .496, .524, .573, .641, .700, .775),
    ("Si", 1): (.221, .229, .255, .307, .396, .485, .605),
    ("Si", 4): (.193, .203, .237, .302, .404, .497, .621),
    ("Si", 20): (.174, .187, .225, .294, .402, .501, .630),
    ("epoxy", 2): (.081, .088, .112, .164, .262, .371, .525),
}  # fmt: skip

# Mott without inelastic deflection.
ENERGY_KV = (1, 2, 4, 20)
MEAN_ENERGY: dict[str, tuple[float, ...]] = {
    "Au": (.688, .726, .750, .781),
    "Si": (.641, .630, .624, .615),
    "C": (.582, .575, .572, .558),
}  # fmt: skip
QUANTILES = (0.10, 0.25, 0.50, 0.75, 0.90)
ENERGY_QUANTILES: dict[str, tuple[float, ...]] = {  # at 2 kV, of E / E0
    "Au": (.35, .59, .80, .92, .97),
    "Si": (.30, .47, .66, .82, .92),
}  # fmt: skip


def energy_quantiles(histogram: np.ndarray) -> list[float]:
    """Share of the beam energy at `QUANTILES`, from a histogram over 0-1."""
    below = np.concatenate([[0], np.cumsum(histogram)]) / histogram.sum()
    return [float(np.interp(share, below, np.linspace(0, 1, below.size))) for share in QUANTILES]
