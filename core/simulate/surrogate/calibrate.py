"""Calibrate the fast approximation against the Monte Carlo, and state how far off it is."""

from __future__ import annotations

import time
from collections.abc import Iterator, Sequence
from dataclasses import dataclass

import numpy as np

from core.errors import ParameterError
from core.job import Job
from core.simulate.electrons.cells import pack
from core.simulate.electrons.conditions import TLD, Beam, Detector, Physics
from core.simulate.electrons.material import Material
from core.simulate.electrons.shoot import shoot
from core.simulate.electrons.tables import transport_tables
from core.simulate.surrogate.card import Card, Quality
from core.simulate.surrogate.features import features
from core.simulate.surrogate.model import Model, model_of
from core.simulate.surrogate.samples import CHECKS, SIDE_PX, TRAINING, Sample, porous, sizes, stack
from core.volume import Array

TRAINING_SAMPLES, CHECK_SAMPLES, STACKS = 24, 8, 40
_CHECK_ELECTRONS = 3  # times as many as for calibrating
_STACK_ELECTRONS = 50  # times as many in one pixel
_STACK_WEIGHT = 30.0  # pixels that one stack stands for
_RIDGE = 1e-5
_CHECK_SEED = 1_000_003
_TRIAL = 20  # electrons per pixel


@dataclass(frozen=True)
class _Pixels:
    """Pixels of one sample: features (pixel, feature), and per detector signal and its standard error."""

    features: Array
    signals: Array
    errors: Array
    weight: float


def electrons_for(electrons_per_pixel: int) -> int:
    """Electrons that `calibrate` follows."""
    pixels = SIDE_PX**2 * (TRAINING_SAMPLES + CHECK_SAMPLES * _CHECK_ELECTRONS) + STACKS * _STACK_ELECTRONS
    return pixels * electrons_per_pixel


def seconds_for(
    materials: Sequence[Material],
    beam: Beam,
    physics: Physics,
    electrons_per_pixel: int,
    *,
    job: Job,
    threads: int | None = None,
) -> float:
    """About how long `calibrate` takes, from shooting some electrons at one of the samples.

    Raises
    ------
    ParameterError
        As `calibrate`.
    """
    substances = tuple(materials)
    _check(substances, (TLD,), electrons_per_pixel)
    shots = _Shots(substances, beam, physics, (TLD,), 1, 0, threads, model_of(substances, beam, physics))
    sample = porous(substances, shots.model, TRAINING[0], 0, 0, Job(stop=job.stop))
    shots.shot(sample, 1, (), 1.0, job)  # compiles
    begin = time.perf_counter()
    shots.shot(sample, 1, (), 1.0, job)
    middle = time.perf_counter()
    shots.shot(sample, 1 + _TRIAL, (), 1.0, job)
    end = time.perf_counter()
    per_electron = max(end - 2 * middle + begin, 0.0) / (_TRIAL * SIDE_PX**2)
    without = (middle - begin) * (TRAINING_SAMPLES + CHECK_SAMPLES)
    return without + per_electron * electrons_for(electrons_per_pixel)


def calibrate(
    materials: Sequence[Material],
    beam: Beam,
    physics: Physics,
    detectors: Sequence[Detector],
    *,
    electrons_per_pixel: int = 400,
    seed: int = 1,
    job: Job,
    threads: int | None = None,
) -> tuple[Card, ...]:
    """Shoot at small samples of the materials, fit the weights of the features, check them on other samples.

    Takes `electrons_for` electrons and well under a gigabyte of memory.

    Parameters
    ----------
    materials : sequence of Material
        Two or more that may occur together, vacuum among them; the last two are pore and solid.
    electrons_per_pixel : int
        For the samples of the calibration; three times as many for those of the check.
    seed : int
        Of structures and electrons.

    Returns
    -------
    tuple of Card
        One per detector.

    Raises
    ------
    ParameterError
        If the materials are not different ones, all vacuum, or the beam is tilted.
    Cancelled
        If the job was stopped.
    """
    substances = tuple(materials)
    _check(substances, detectors, electrons_per_pixel)
    model = model_of(substances, beam, physics)
    shots = _Shots(substances, beam, physics, tuple(detectors), electrons_per_pixel, seed, threads, model)
    parts = list(job.track(shots.all(job), TRAINING_SAMPLES + CHECK_SAMPLES + STACKS, "calibration"))
    checks, rest = parts[:CHECK_SAMPLES], parts[CHECK_SAMPLES:]
    ligaments, solid, pixels = sizes(model)
    cards = []
    for at, detector in enumerate(detectors):
        weights = _fit(rest, at)
        card = Card(
            materials=substances,
            beam=beam,
            physics=physics,
            detector=detector,
            model=model,
            weights=tuple(float(f"{weight:.7g}") for weight in weights),
            quality=_quality(checks, at, weights, electrons_per_pixel * _CHECK_ELECTRONS),
            sizes_nm=ligaments,
            solid_fractions=solid,
            pixel_nm=pixels,
            electrons=electrons_for(electrons_per_pixel),
            seed=seed,
        )
        cards.append(card)
    return tuple(cards)


@dataclass(frozen=True)
class _Shots:
    """What all samples have in common."""

    materials: tuple[Material, ...]
    beam: Beam
    physics: Physics
    detectors: tuple[Detector, ...]
    electrons: int
    seed: int
    threads: int | None
    model: Model

    def all(self, job: Job) -> Iterator[_Pixels]:
        """The checks, the samples of the calibration, and the stacks of layers, one after the other."""
        quiet = Job(stop=job.stop)
        for number in range(CHECK_SAMPLES):
            levels, seed = CHECKS[number % len(CHECKS)], self.seed + _CHECK_SEED + 10 * number
            sample = porous(self.materials, self.model, levels, number, seed, quiet)
            yield self.shot(sample, _CHECK_ELECTRONS, (1, number), 1.0, quiet)
        for number in range(TRAINING_SAMPLES):
            levels, seed = TRAINING[number % len(TRAINING)], self.seed + 10 * number
            sample = porous(self.materials, self.model, levels, number, seed, quiet)
            yield self.shot(sample, 1, (0, number), 1.0, quiet)
        for number in range(STACKS):
            sample = stack(self.materials, self.model, number, self.seed)
            yield self.shot(sample, _STACK_ELECTRONS, (2, number), _STACK_WEIGHT, quiet)

    def shot(self, sample: Sample, times: int, stream: tuple[int, ...], weight: float, job: Job) -> _Pixels:
        """Monte Carlo and features of one sample."""
        cells = pack(sample.world, job)
        tables = transport_tables(self.materials, self.beam.kv, self.physics)
        shot = shoot(
            cells,
            tables,
            sample.raster,
            self.beam,
            self.detectors,
            electrons_per_pixel=self.electrons * times,
            seed=self.seed,
            stream=stream,
            job=job,
            threads=self.threads,
        )
        known = np.eye(len(self.materials), dtype=np.float32)
        found = features(sample.world, known, sample.raster, self.model, job)
        signals = np.stack([image.signal.ravel() for image in shot.images])
        errors = np.stack([image.standard_error.ravel() for image in shot.images])
        return _Pixels(found.reshape(len(found), -1).T.astype(np.float64), signals, errors, weight)


def _check(materials: tuple[Material, ...], detectors: Sequence[Detector], electrons: int) -> None:
    substances = {(material.atoms, material.density_g_cm3) for material in materials}
    if len(materials) < 2 or len(substances) < len(materials):
        raise ParameterError(
            "a calibration needs materials that differ",
            expected="at least two, each once",
            got=", ".join(material.name for material in materials) or "none",
        )
    if not detectors:
        raise ParameterError("no detector", expected="at least one", got="none")
    if electrons < 1:
        raise ParameterError("impossible number of electrons per pixel", expected="1 or more", got=electrons)


def _fit(parts: Sequence[_Pixels], detector: int) -> Array:
    """Weights by least squares, kept small where the samples do not tell them (ridge)."""
    root = np.concatenate([np.full(len(part.features), np.sqrt(part.weight)) for part in parts])
    seen = np.concatenate([part.features for part in parts]) * root[:, None]
    signal = np.concatenate([part.signals[detector] for part in parts]) * root
    scale = np.sqrt((seen**2).mean(0)) + np.finfo(np.float64).tiny
    scaled = seen / scale
    matrix = scaled.T @ scaled + _RIDGE * len(scaled) * np.eye(scaled.shape[1])
    weights: Array = np.linalg.solve(matrix, scaled.T @ signal) / scale
    return weights


def _quality(parts: Sequence[_Pixels], detector: int, weights: Array, electrons: int) -> Quality:
    truth = np.concatenate([part.signals[detector] for part in parts]).astype(np.float64)
    noise = float(np.mean(np.concatenate([part.errors[detector] for part in parts]).astype(np.float64) ** 2))
    guess = np.concatenate([part.features @ weights for part in parts]).clip(0, 1)
    off = guess - truth
    covered = max(float(truth.var()) - noise, np.finfo(np.float64).tiny)
    correlation = float(np.mean((guess - guess.mean()) * (truth - truth.mean())))
    correlation /= np.sqrt(max(float(guess.var()), np.finfo(np.float64).tiny) * covered)
    means = [float(np.mean(part.features @ weights - part.signals[detector])) for part in parts]
    rounded = {
        "correlation": min(correlation, 1.0),
        "mean_error": off.mean(),
        "mean_absolute_error": np.abs(off).mean(),
        "rms_error": np.sqrt(max(float(np.mean(off**2)) - noise, 0.0)),
        "worst_mean_error": max(means, key=abs),
    }
    return Quality(
        **{name: float(f"{value:.4g}") for name, value in rounded.items()},
        pixels=len(truth),
        electrons=electrons,
    )
