"""One slice from its expected signal to grey values, every effect with its own random numbers.

In this order: edge blur, defocus, curtains and shading (they act on electrons), dose noise, grey scale,
charging, drift of brightness and contrast, recipe of the article, detector noise, whole grey values.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Any

import numpy as np

from core.errors import ParameterError, VoxelError
from core.simulate.electrons.world import Expected
from core.simulate.image.artefacts import Artefacts
from core.simulate.image.article import renormalised, with_gaussian_noise, with_poisson_noise
from core.simulate.image.dose import with_dose_noise
from core.simulate.image.drawn import Spoiling, charging_streaks, curtain_factor, shading_factor
from core.simulate.image.edges import edge_mask, edges_of_image, edges_of_labels
from core.simulate.image.formation import ImageFormation
from core.simulate.image.scale import GreyScale, quantised
from core.simulate.image.signal import Emission, Signal, convolved, gaussian_kernel, signal_of
from core.simulate.image.streams import Effect, generator
from core.volume import Array

_UNSPOILT = Spoiling(Artefacts())
_ARTICLE_WARNING = (
    "the recipe of the article adds its noise to the sampling noise of {} simulated electrons per pixel"
)
# A narrower Gaussian leaves less than 1e-5 outside the central pixel.
_LEAST_BLUR_PX = 0.2


@dataclass(frozen=True)
class Formed:
    """An image as the microscope's file holds it.

    Attributes
    ----------
    grey : ndarray of uint8 or uint16, shape (y, x)
        The image.
    record : dict
        What was done to it, ready for JSON.
    warnings : tuple of str
        What the user has to know.
    """

    grey: Array
    record: dict[str, Any] = field(default_factory=dict)
    warnings: tuple[str, ...] = ()


@dataclass(frozen=True)
class Randomness:
    """Where the random numbers of one image come from: seed of the acquisition and (channel, slice)."""

    seed: int
    stream: tuple[int, ...]

    def of(self, effect: Effect) -> np.random.Generator:
        """Random numbers of one effect."""
        return generator(self.seed, self.stream, effect)


def form(
    expected: Expected,
    formation: ImageFormation,
    scale: GreyScale,
    *,
    seed: int,
    stream: Sequence[int],
    emission: Emission = "counting",
    labels: Array | None = None,
    spoiling: Spoiling | None = None,
    insulating: Array | None = None,
) -> Formed:
    """Form the image of one slice.

    Parameters
    ----------
    expected : Expected
        Expected signal, shape (y, x).
    formation : ImageFormation
        Dose, detector and recipe.
    scale : GreyScale
        Signals that become black and white; the same for all slices of a channel.
    seed : int
        Of the acquisition.
    stream : sequence of int
        Separates images from each other: (channel, slice).
    emission : {'counting', 'secondary'}
        Whether the signal is of backscattered or of secondary electrons.
    labels : ndarray of integers, shape (y, x), optional
        Material at the face in every pixel; needed for an edge blur by labels.
    spoiling : Spoiling, optional
        Artefacts of this slice.
    insulating : ndarray of bool, shape (y, x), optional
        Poorly conducting pixels; needed for charging.

    Returns
    -------
    formed : Formed
        Image, record and warnings.

    Raises
    ------
    ParameterError
        If labels or insulating pixels are needed and not given.
    VoxelError
        If an array cannot be used, or shapes differ.
    """
    signal = signal_of(expected, emission)
    spoiling = spoiling or _UNSPOILT
    _check(signal.mean.shape, formation, spoiling, labels, insulating)
    random = Randomness(seed, tuple(stream))
    signal = _before_noise(signal, formation, spoiling, labels)
    image, record, warnings = _with_dose(signal, expected.electrons, formation, random)
    level = scale.level(image)
    if spoiling.artefacts.charging_percent and insulating is not None and not spoiling.blank:
        streaks = charging_streaks(insulating, spoiling.artefacts, random.of(Effect.CHARGING))
        level = level + streaks
        record["charging_mean_level"] = float(streaks.mean())
    level = (level - 0.5) * spoiling.contrast + 0.5 + spoiling.brightness
    level = _after_noise(level, formation, spoiling, labels, random)
    grey, clipped = quantised(level, formation.bits)
    return Formed(grey, {**record, **scale.record(), **clipped}, warnings)


def _before_noise(
    signal: Signal, formation: ImageFormation, spoiling: Spoiling, labels: Array | None
) -> Signal:
    """What happens to electrons before they are counted."""
    if formation.edge_blur_px and formation.edge_blur_when == "before-noise":
        signal = signal.blurred(formation.edge_blur_px, _edge_mask(signal.mean, formation, labels))
    if spoiling.defocus_px > _LEAST_BLUR_PX:
        signal = signal.blurred(spoiling.defocus_px)
    if spoiling.curtains:
        signal = signal.faded(curtain_factor(spoiling.curtains, _shape(signal.mean)))
    if spoiling.artefacts.shading_percent:
        signal = signal.faded(shading_factor(spoiling.artefacts.shading_percent, len(signal.mean)))
    return signal.faded(0.0) if spoiling.blank else signal


def _with_dose(
    signal: Signal, simulated: int, formation: ImageFormation, random: Randomness
) -> tuple[Array, dict[str, Any], tuple[str, ...]]:
    record: dict[str, Any] = {
        "noise": formation.noise,
        "simulated_electrons": simulated,
        "sampled_variance": float(signal.sampled.mean()),
    }
    if formation.noise == "article" and simulated:
        return signal.mean, record, (_ARTICLE_WARNING.format(simulated),)
    if formation.noise != "dose":
        return signal.mean, record, ()
    image, noise = with_dose_noise(
        signal,
        simulated=simulated,
        dose_electrons=formation.dose_electrons,
        rng=random.of(Effect.DOSE),
    )
    warning = noise.warning()
    return image, {**record, **noise.record()}, (warning,) if warning else ()


def _after_noise(
    level: Array, formation: ImageFormation, spoiling: Spoiling, labels: Array | None, random: Randomness
) -> Array:
    """What happens to the image; the order of the article, with the detector's noise before renormalising."""
    if formation.noise == "article":
        level = with_poisson_noise(level, formation.article_peak, random.of(Effect.ARTICLE_POISSON))
        rng = random.of(Effect.ARTICLE_GAUSSIAN)
        level = with_gaussian_noise(level, formation.article_variance, rng)
    if formation.edge_blur_px and formation.edge_blur_when == "after-noise":
        mask = _edge_mask(level, formation, labels)
        blurred = convolved(level, gaussian_kernel(formation.edge_blur_px))
        level = (1 - mask) * level + mask * blurred
    if formation.detector_noise_percent:
        sd = formation.detector_noise_percent / 100 / np.sqrt(formation.frames)
        level = level + random.of(Effect.DETECTOR).normal(0.0, sd, level.shape)
    if formation.noise == "article" and formation.article_renormalise and not spoiling.blank:
        level = renormalised(level)
    return level


def _edge_mask(image: Array, formation: ImageFormation, labels: Array | None) -> Array:
    if formation.edges_from == "labels" and labels is not None:
        return edge_mask(edges_of_labels(labels), formation.edge_reach_px)
    return edge_mask(edges_of_image(image), formation.edge_reach_px)


def _shape(image: Array) -> tuple[int, int]:
    rows, columns = image.shape
    return rows, columns


def _check(
    shape: tuple[int, ...],
    formation: ImageFormation,
    spoiling: Spoiling,
    labels: Array | None,
    insulating: Array | None,
) -> None:
    if formation.edge_blur_px and formation.edges_from == "labels" and labels is None:
        raise ParameterError(
            "the edge blur needs the materials at the face", remedy="set edges_from to image, or pass labels"
        )
    if spoiling.artefacts.charging_percent and insulating is None:
        raise ParameterError("charging needs to know which pixels conduct poorly")
    for name, given in (("labels", labels), ("poorly conducting pixels", insulating)):
        if given is not None and given.shape != shape:
            raise VoxelError(f"the {name} do not fit the image", expected=shape, got=given.shape)
