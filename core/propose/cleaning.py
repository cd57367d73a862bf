"""What spoils the grey values, in numbers: dark for bright, jumps, shading, curtains, noise."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace

import numpy as np

from core.clean.normalise import phase_levels
from core.clean.shading import fit_surface, surface, terms, tile_levels
from core.execute.preview import SampledSource
from core.job import Job
from core.models.intensity import Levels
from core.propose.look import Look
from core.propose.proposal import Proposal, entry
from core.recipe import RecipeStep
from core.segment.histogram import counted, histogram_of
from core.step import Stage
from core.volume import Array, Volume, volume_of

JUMPS = 0.05
"""Scatter of the levels from slice to slice, by their contrast, from which it is evened out."""
SHADE = 0.15
"""Fall of the bright level over the image, by itself, from which it is flattened."""
CLEARER = 6.0
"""How much greater it has to be than what is left beside it: other things than shading leave more."""
STEEP = 0.8
"""A greater fall is no shading: something else than the face is in view."""
FEW = 4
"""Of fewer slices twice the fall is asked for, as structure can look like shading."""
CURTAIN, CURTAIN_ERRORS = 0.02, 4.0
"""Standard deviation of upright stripes, by the contrast, and in standard errors, from which they count."""
STRIPE_PX, FAR_PX = 12.0, 16
EDGE = 2.0
BANDS = 4
NOISY = 5.0
"""Contrast by noise below which thresholds would tear phases apart."""
UPSIDE_DOWN = 0.85
"""Noise of the bright phase by that of the dark one, below which brightness is no signal."""


@dataclass(frozen=True)
class Faults:
    """What was measured, each by the contrast of solid and pore unless said otherwise.

    Attributes
    ----------
    jumps : float
        Scatter of both levels from slice to slice.
    fall, rest : float
        Span of the smooth shading by the bright level, and what is left of the tile levels beside it.
    curtain, curtain_error : float
        Standard deviation of stripes that run down the image, and its standard error.
    contrast_to_noise : float
    noise_ratio : float or None
        Noise of the bright by that of the dark phase; None where it cannot be told.
    """

    jumps: float
    fall: float
    rest: float
    curtain: float
    curtain_error: float
    contrast_to_noise: float
    noise_ratio: float | None
    slices: int = FEW

    @property
    def shaded(self) -> bool:
        """Whether the image darkens smoothly, as a trench does toward its bottom."""
        least = SHADE * (1 if self.slices >= FEW else 2)
        return least < self.fall < STEEP and self.fall > CLEARER * self.rest


def faults_of(look: Look, levels: Levels) -> Faults:
    """Measure one channel."""
    fall, rest = _shading(look.wide)
    curtain, error = _curtain(look.middles)
    return Faults(
        jumps=_jumps(look.middles, levels),
        fall=fall,
        rest=rest,
        curtain=curtain / levels.contrast,
        curtain_error=error / levels.contrast,
        contrast_to_noise=levels.contrast_to_noise,
        noise_ratio=_noise_ratio(look.middles, levels),
        slices=len(look.numbers),
    )


def _jumps(planes: Sequence[Array], levels: Levels) -> float:
    rows = np.array([phase_levels(histogram_of(counted(plane), plane.dtype)) for plane in planes])
    rows = rows[np.isfinite(rows).all(axis=1)]
    if len(rows) < 3:
        return 0.0
    return float(np.sqrt(np.mean(rows.var(axis=0))) / levels.contrast)


def _shading(planes: Sequence[Array]) -> tuple[float, float]:
    """Span of a smooth surface through the bright levels, and scatter beside it, by the level itself."""
    levels = np.median([tile_levels(plane, "bright") for plane in planes], axis=0)
    usual = float(np.median(levels))
    if min(levels.shape) < 3 or usual <= 0:
        return 0.0, 0.0
    degrees = terms(2, "both")
    # A pixel per tile: the surface at their middles.
    shape = levels.shape[0] * 8, levels.shape[1] * 8
    fit = surface(fit_surface(levels / usual, shape, degrees).tolist(), degrees, shape)
    at_tiles = fit.reshape(levels.shape[0], 8, levels.shape[1], 8).mean(axis=(1, 3))
    beside = levels / usual - at_tiles
    return float(np.ptp(fit)), float(1.4826 * np.median(np.abs(beside - np.median(beside))))


def _curtain(planes: Sequence[Array]) -> tuple[float, float]:
    """Standard deviation of upright stripes in grey, from what columns far apart in y have in common.

    Its error is what they have in common by chance: the same with one of them moved along x.
    """
    found = [_common(plane) for plane in planes if plane.shape[0] >= 16 * BANDS]
    if not found or found[0].size < 4 * FAR_PX:
        return 0.0, 0.0
    common = np.mean(found, axis=0)
    chance = float(np.std(common[FAR_PX:-FAR_PX]))
    spread = float(np.sqrt(max(common[0], 0.0)))
    return spread, chance / (2 * spread) if spread > 0 else float(np.sqrt(chance))


def _common(plane: Array) -> Array:
    """Covariance of the high-passed columns of bands that are not neighbours, by lag along x."""
    from scipy.ndimage import gaussian_filter1d

    # Edges of structure are steep and clipped; stripes are faint and the same in every row.
    steep = np.diff(plane.astype(np.float32), axis=1, prepend=plane[:, :1])
    limit = EDGE * 1.4826 * float(np.median(np.abs(steep - np.median(steep))))
    bands = np.array_split(np.clip(steep, -limit, limit), BANDS, axis=0)
    low = np.cumsum([band.mean(axis=0, dtype=np.float64) for band in bands], axis=1)
    high = low - gaussian_filter1d(low, STRIPE_PX, axis=1, mode="nearest")
    spectra = np.fft.rfft(high, axis=1)
    pairs = [(i, j) for i in range(BANDS) for j in range(i + 2, BANDS)]
    product = np.mean([np.conj(spectra[i]) * spectra[j] for i, j in pairs], axis=0)
    lags: Array = np.fft.irfft(product, n=plane.shape[1]) / plane.shape[1]
    return lags


def _noise_ratio(planes: Sequence[Array], levels: Levels) -> float | None:
    """Noise of the bright by that of the dark phase, away from edges and from the ends of the type."""
    from scipy.ndimage import uniform_filter

    ratios = []
    for plane in planes:
        values = plane.astype(np.float32)
        smooth = uniform_filter(values, 5)
        rough = np.abs(values[1:, 1:] - values[1:, :-1] - values[:-1, 1:] + values[:-1, :-1])
        place = smooth[:-1, :-1]
        flat = uniform_filter(values**2, 5)[:-1, :-1] - place**2
        sides = []
        for at in (levels.low, levels.high):
            near = np.abs(place - at) < 0.2 * levels.contrast
            near &= flat <= np.percentile(flat[near], 60) if near.any() else near
            sides.append(float(np.mean(rough[near])) if near.sum() > 200 else 0.0)
        if min(sides) > 0:
            ratios.append(sides[1] / sides[0])
    if len(ratios) < 2 or _clipped(planes):
        return None
    return float(np.median(ratios))


def _clipped(planes: Sequence[Array]) -> bool:
    if planes[0].dtype.kind not in "iu":
        return False
    full = np.iinfo(planes[0].dtype).max
    return float(np.mean([np.mean(plane == full) for plane in planes])) > 0.005


# ---------------------------------------------------------------------------------- what follows
def worst(faults: Sequence[Faults]) -> Faults:
    """Of several channels the greatest fault of each kind."""
    ratios = [one.noise_ratio for one in faults]
    curtain = max(faults, key=lambda one: one.curtain)
    shade = max(faults, key=lambda one: one.fall)
    return Faults(
        jumps=max(one.jumps for one in faults),
        fall=shade.fall,
        rest=shade.rest,
        curtain=curtain.curtain,
        curtain_error=curtain.curtain_error,
        contrast_to_noise=min(one.contrast_to_noise for one in faults),
        slices=min(one.slices for one in faults),
        noise_ratio=None if None in ratios else max(ratio for ratio in ratios if ratio is not None),
    )


def repairs(faults: Faults) -> tuple[tuple[RecipeStep, str], ...]:
    """Steps, each with the words for it, but without noise: that depends on how the stack is segmented."""
    found: list[tuple[RecipeStep, str]] = []
    if is_inverted(faults):
        found.append((entry("invert"), _inverted_words(faults)))
    if faults.jumps > JUMPS:
        words = f"brightness scatters by {100 * faults.jumps:.0f} % of the contrast from slice to slice"
        found.append((entry("normalise"), words))
    if faults.shaded:
        words = f"the bright phase falls by {100 * faults.fall:.0f} % over the image"
        found.append((entry("flatten"), words))
    if faults.curtain > CURTAIN and faults.curtain > CURTAIN_ERRORS * faults.curtain_error:
        words = f"upright stripes have {100 * faults.curtain:.0f} % of the contrast"
        found.append((entry("destripe"), words))
    return tuple(found)


def is_inverted(faults: Faults) -> bool:
    """Whether noise falls with brightness, which signals of detectors never do."""
    return faults.noise_ratio is not None and faults.noise_ratio < UPSIDE_DOWN


def _inverted_words(faults: Faults) -> str:
    return (
        f"the bright phase has {faults.noise_ratio or 0:.2f} times the noise of the dark one, as if dark and "
        "bright were exchanged (noise grows with the signal): look whether pores are bright"
    )


def at_clean(faults: Faults, steps: Sequence[tuple[RecipeStep, str]], *, classical: bool) -> Proposal:
    """The repairs, and a filter against noise where a threshold follows."""
    steps = list(steps)
    noisy = faults.contrast_to_noise < NOISY
    ratio = f"the contrast is {faults.contrast_to_noise:.1f} times the noise"
    if noisy and classical:
        steps.append((entry("denoise"), ratio))
    if not steps:
        return Proposal(Stage.CLEAN, (), _nothing(faults, ratio))
    words = "; ".join(text for _, text in steps)
    entries = tuple(step for step, _ in steps)
    sure = not is_inverted(faults) and not (faults.shaded and faults.slices < FEW)
    return Proposal(Stage.CLEAN, entries, words[0].upper() + words[1:] + ".", sure)


def _nothing(faults: Faults, ratio: str) -> str:
    return (
        f"Nothing has to be mended: brightness scatters by {100 * faults.jumps:.1f} % of the contrast from "
        f"slice to slice, stripes have {100 * faults.curtain:.1f} %, no shading stands out, and {ratio}."
    )


def cleaned(look: Look, steps: Iterable[RecipeStep], job: Job) -> tuple[Array, ...]:
    """Middles of some slices after the repairs, their estimates from these middles alone."""
    volume = volume_of(np.stack(look.middles[:: max(1, len(look.middles) // 4)]))
    for step in steps:
        job.check()
        volume = _applied(volume, step, job)
    return tuple(volume.slices())


def _applied(volume: Volume, step: RecipeStep, job: Job) -> Volume:
    from core.execute.lazy import applied

    if step.step.estimate is None:
        made = applied(volume, step, None, job=job)
    else:
        source = SampledSource.of(volume, step, job)
        made = replace(volume, info=source.result, source=source)
    return volume_of(made.read())
