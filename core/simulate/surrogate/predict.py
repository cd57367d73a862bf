"""The image that a calibrated approximation expects."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path

import numpy as np

from core.errors import ParameterError
from core.job import Job
from core.simulate.electrons.conditions import Beam, Detector, Physics
from core.simulate.electrons.world import Expected, Raster, World
from core.simulate.surrogate.card import Card, card_for
from core.simulate.surrogate.features import features, tiles
from core.volume import Array

_FWHM_PER_SIGMA = 2 * math.sqrt(2 * math.log(2))
_TAILS = 3.0  # sigmas


def predict(
    world: World,
    raster: Raster,
    beam: Beam,
    detectors: Sequence[Detector],
    physics: Physics,
    job: Job,
    *,
    folder: Path | None = None,
) -> tuple[Expected, ...]:
    """Approximate the image of one face: for previews, and as a cheap addition to training sets.

    Never use it as truth for tests: its error (`Expected.standard_error`, from the card) is the same for
    all images of the same structure and does not average out.

    Parameters
    ----------
    world : World
        The sample; beyond its last plane there is nothing, as for the electrons.
    raster : Raster
        Pixels of any size; what lies before the face does not count.
    folder : Path, optional
        The user's cards, in place of the usual folder.

    Returns
    -------
    tuple of Expected
        One per detector; `electrons` is 0.

    Raises
    ------
    ParameterError
        If there is no calibration for these materials and conditions, or the face lies outside the sample.
    Cancelled
        If the job was stopped.
    """
    present = [world.materials[label] for label in _present(world, raster)]
    cards = [card_for(present, beam, physics, detector, folder=folder) for detector in detectors]
    return apply(cards, world, raster, beam, job)


def apply(cards: Sequence[Card], world: World, raster: Raster, beam: Beam, job: Job) -> tuple[Expected, ...]:
    """Images by given cards; what they have in common is computed once.

    Raises
    ------
    ParameterError
        If a label of the sample is of a material that a card does not know, the beam is another one, or the
        face lies outside the sample.
    """
    if not world.origin_nm[0] <= raster.face_nm < world.depth_nm:
        raise ParameterError(
            "the imaged face lies outside the block of voxels",
            expected=f"{world.origin_nm[0]:g} nm to below {world.depth_nm:g} nm",
            got=f"{raster.face_nm:g} nm",
        )
    signals: dict[int, Array] = {}
    alike: dict[tuple[object, ...], list[int]] = {}
    for number, card in enumerate(cards):
        alike.setdefault((card.model, card.materials, card.beam), []).append(number)
    for numbers in alike.values():
        found = _signals([cards[number] for number in numbers], world, raster, beam, job)
        signals.update(zip(numbers, found, strict=True))
    errors = [np.full(raster.shape, card.quality.rms_error, np.float32) for card in cards]
    return tuple(Expected(signals[number], error, 0) for number, error in enumerate(errors))


def _signals(cards: list[Card], world: World, raster: Raster, beam: Beam, job: Job) -> list[Array]:
    """Images by cards that differ only in their detectors."""
    model, blur = cards[0].model, _blur_px(cards[0], beam, raster)
    tables, wider = tables_of(cards[0], world, raster), _wider(raster, blur)
    signals = [np.empty(wider.shape, np.float32) for _ in cards]
    for place, tile in tiles(wider, model):
        found = features(world, tables, tile, model, job)
        for card, signal in zip(cards, signals, strict=True):
            signal[place] = np.tensordot(np.array(card.weights, np.float32), found, 1).clip(0, 1)
    return [_blurred(signal, blur) for signal in signals]


def tables_of(card: Card, world: World, raster: Raster) -> Array:
    """Which label of `world` is which material of the card, shape (material, label).

    Raises
    ------
    ParameterError
        If a label that occurs has no material of the card.
    """
    tables = np.zeros((len(card.materials), len(world.materials)), np.float32)
    for label in _present(world, raster):
        material = world.materials[label]
        try:
            tables[card.index_of(material), label] = 1
        except ValueError:
            raise ParameterError(
                "the fast approximation is not calibrated for a material of the sample",
                expected=", ".join(one.name for one in card.materials),
                got=material.name,
                remedy="calibrate it for these materials, or simulate the electrons",
            ) from None
    return tables


def _present(world: World, raster: Raster) -> list[int]:
    """Labels that occur below the face."""
    first = max(0, math.floor((raster.face_nm - world.origin_nm[0]) / world.voxel_nm[0]))
    counts = np.zeros(len(world.materials), np.int64)
    for plane in world.labels[first:]:
        counts += np.bincount(plane.ravel(), minlength=len(counts))
    return [int(label) for label in np.flatnonzero(counts)]


def _blur_px(card: Card, beam: Beam, raster: Raster) -> tuple[float, float]:
    """Width (sigma, in pixels) that the beam has more than the calibrated one."""
    if (beam.kv, beam.tilt_deg) != (card.beam.kv, card.beam.tilt_deg):
        raise ParameterError(
            "the fast approximation is calibrated for another beam",
            expected=f"{card.beam.kv:g} kV, tilt {card.beam.tilt_deg:g}°",
            got=f"{beam.kv:g} kV, tilt {beam.tilt_deg:g}°",
        )
    more = max(0.0, beam.diameter_nm**2 - card.beam.diameter_nm**2)
    sigma = math.sqrt(more) / _FWHM_PER_SIGMA
    return sigma / raster.pixel_nm[0], sigma / raster.pixel_nm[1]


def _wider(raster: Raster, blur: tuple[float, float]) -> Raster:
    """With the pixels around it that a wide beam reaches."""
    more = [math.ceil(_TAILS * sigma) for sigma in blur]
    return replace(
        raster,
        shape=(raster.shape[0] + 2 * more[0], raster.shape[1] + 2 * more[1]),
        corner_nm=(
            raster.corner_nm[0] - more[0] * raster.pixel_nm[0],
            raster.corner_nm[1] - more[1] * raster.pixel_nm[1],
        ),
    )


def _blurred(signal: Array, blur: tuple[float, float]) -> Array:
    """Blurred by the beam, without the pixels that were added for it."""
    if max(blur) == 0:
        return signal
    from scipy.ndimage import gaussian_filter

    reach = [math.ceil(_TAILS * sigma) for sigma in blur]
    height, width = signal.shape
    smooth: Array = gaussian_filter(signal, blur, radius=reach)
    return smooth[reach[0] : height - reach[0], reach[1] : width - reach[1]]
