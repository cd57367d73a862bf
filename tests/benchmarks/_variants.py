"""An acquisition of `robustness` with one thing changed; that module says how each change is made."""

from __future__ import annotations

import math
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Any

import numpy as np
from scipy.ndimage import gaussian_filter

from core.volume import Array
from tests.benchmarks.article_three import VOXEL_NM

GAIN = 0.2
FWHM_PX = math.sqrt(8 * math.log(2))  # of a Gaussian with a standard deviation of 1 px
BEAM_NM = math.hypot(1.0, FWHM_PX * VOXEL_NM)  # together with the usual beam of 1 nm
REFERENCE = "reference"


def _whole(values: Array, dtype: np.dtype[Any]) -> Array:
    """Grey values as a file keeps them."""
    return np.clip(np.floor(values + 0.5), 0, np.iinfo(dtype).max).astype(dtype)


def _gained(gain: float) -> Callable[[Array, np.random.Generator], Array]:
    return lambda stack, rng: _whole(stack * gain, stack.dtype)


def _flickering(stack: Array, rng: np.random.Generator) -> Array:
    return _whole(stack * rng.uniform(1 - GAIN, 1 + GAIN, (len(stack), 1, 1)), stack.dtype)


def _blurred(stack: Array, rng: np.random.Generator) -> Array:
    return _whole(gaussian_filter(stack.astype(np.float32), (0, 1, 1)), stack.dtype)


@dataclass(frozen=True)
class Variant:
    """What differs from the reference: entries of the plan, share of the electrons, or finished images."""

    title: str
    plan: Mapping[str, Any] = field(default_factory=dict)
    dose: float = 1.0
    finished: Callable[[Array, np.random.Generator], Array] | None = None


VARIANTS = {
    REFERENCE: Variant("reference: 10 ± 3 nm"),
    "noise": Variant("twice the noise", dose=0.25),
    "gain-high": Variant("gain +20 %", finished=_gained(1 + GAIN)),
    "gain-low": Variant("gain -20 %", finished=_gained(1 - GAIN)),
    "gain-slices": Variant("gain ±20 % per slice", finished=_flickering),
    "blur-beam": Variant("blur 1 px, beam", {"beam_diameter_nm": BEAM_NM}),
    "blur-image": Variant("blur 1 px, image", finished=_blurred),
    "half": Variant("ligaments × 0.5", {"structure.ligament_nm": [55.0, 7.5]}),
    "double": Variant("ligaments × 2", {"structure.ligament_nm": [220.0, 30.0]}),
    "vacuum": Variant("vacuum for epoxy", {"materials.pore": "vacuum"}),
    "even": Variant("10 nm exactly", {"milling.thickness": "even"}),
    "uneven": Variant("10 ± 5 nm", {"milling.sd_nm": 5.0}),
    "curtains": Variant("curtains 10 %", {"artefacts.curtain_percent": 10.0}),
}
