"""The physics as tables that the compiled loops look up: no logarithm, power or arc cosine per collision.

An electron in matter is described by `tau`, the number of elastic mean free paths it has left before the
cut-off if it slows down continuously. Then a free flight is ``tau -= Exp(1)``, its length the difference of
the ranges R(tau), and the energy on which the deflection depends is a function of tau. At a border between
materials the energy is kept and tau is taken anew: free flights have no memory.

Deflections are drawn by their quantiles. With v uniform in (0, 1], mu = (1 - cos) / 2 falls with v. Every
octave of v is cut into equal parts, which the leading bits of v as a floating-point number count: large
deflections (rare where scattering is forward peaked) are as finely told apart as small ones. Over a part mu
goes linearly, with the mean it has there: <1 - cos> is that of the cross-sections, however coarse the parts.
The lengths of free flights are drawn by the same kind of table.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from functools import lru_cache

import numpy as np

from core.errors import ParameterError
from core.simulate.electrons.conditions import Physics
from core.simulate.electrons.elastic import Elastic, elastic_of
from core.simulate.electrons.material import Material
from core.simulate.electrons.stopping import stopping_power_ev_per_nm
from core.volume import Array

PART_BITS = 5  # parts per octave of v, as a power of 2
OCTAVES = 24  # v is a multiple of 2^-24
AZIMUTHS = 1024
CHOICES = 64  # in how many parts the way from one row of deflections to the next is told apart
_FINE = 20_000  # energies at which range and tau are integrated
_ENERGIES = 1024  # steps of the tables over energy and over range
_TAU_STEP, _MOST_STEPS, _FEWEST_STEPS = 0.25, 4096, 256
_HEAVY_Z = 20
_SAFE = 1 + 1e-4  # more than the rounding of the tables
_EV_PER_KV = 1000.0


@dataclass(frozen=True, eq=False)
class TransportTables:
    """What the compiled loops need to know of the materials; all arrays are float32.

    Attributes
    ----------
    materials, kv, physics
        What the tables were made for.
    flight : ndarray, shape (material, step of tau, 4)
        Range in nm and row of the deflections: value at the start of the step and rise over it.
    deflection : ndarray, shape (material, row, part, 2)
        mu at the start of a part of v, and its change per last bit of v. Row r is the r-th energy of the
        cross-sections; between rows one of the two neighbours is drawn.
    slowing : ndarray, shape (material, step of range, 2)
        Energy in eV against the root of the range.
    entry : ndarray, shape (material, step of energy, 4)
        tau and range against energy.
    scales : ndarray, shape (material, 4)
        Steps per unit of tau, squared steps per nm of range, and steps per eV; 1 for vacuum and 0 for matter.
    """

    materials: tuple[Material, ...]
    kv: float
    physics: Physics
    flight: Array
    deflection: Array
    slowing: Array
    entry: Array
    scales: Array


@dataclass(frozen=True)
class _Slowing:
    """Energies from the cut-off to the beam's, and range, tau and row of the deflections at each."""

    energy: Array
    range_nm: Array
    tau: Array
    row: Array


@lru_cache(maxsize=16)
def transport_tables(
    materials: tuple[Material, ...], kv: float, physics: Physics, *, merge_soft: bool = False
) -> TransportTables:
    """Tables for beam electrons of `kv` in `materials`.

    With `merge_soft`, the softest collisions are left out; see `softened`.

    Raises
    ------
    ParameterError
        If the beam energy does not exceed the cut-off, or is beyond the cross-sections.
    """
    _check(kv, physics)
    slow = [_slowing(material, kv, physics, merge_soft) for material in materials]
    deepest = max(float(part.tau[-1]) for part in slow)
    steps = int(np.clip(np.ceil(deepest / _TAU_STEP), _FEWEST_STEPS, _MOST_STEPS))
    shape = (len(materials),)
    rows = int(np.ceil(slow[0].row[-1])) + 1
    tables = TransportTables(
        materials,
        kv,
        physics,
        np.zeros((*shape, steps + 1, 4), np.float32),
        np.zeros((*shape, rows, OCTAVES << PART_BITS, 2), np.float32),
        np.zeros((*shape, _ENERGIES + 1, 2), np.float32),
        np.zeros((*shape, _ENERGIES + 1, 4), np.float32),
        np.zeros((*shape, 4), np.float32),
    )
    for at, (material, part) in enumerate(zip(materials, slow, strict=True)):
        if material.is_vacuum:
            tables.scales[at, 3] = 1
        else:
            _fill(tables, at, part)
            tables.deflection[at] = deflections(_elastic(material, physics, merge_soft))[:rows]
    for name in ("flight", "deflection", "slowing", "entry", "scales"):
        getattr(tables, name).setflags(write=False)
    return tables


def range_nm(material: Material, kv: float, physics: Physics) -> float:
    """Length of the path from the beam energy to the cut-off, in nm; infinite in vacuum.

    Raises
    ------
    ParameterError
        As `transport_tables`.
    """
    _check(kv, physics)
    return np.inf if material.is_vacuum else float(_slowing(material, kv, physics).range_nm[-1])


def reach(tables: TransportTables, present: tuple[bool, ...]) -> Array:
    """How many times farther than in each material an electron can get among those `present`, at least 1.

    Vacuum, where it gets any distance, does not count. An electron that is farther than its range times this
    number from the face and from vacuum can be given up: whatever its way, it will not come back.
    """
    ranges = [
        None if m.is_vacuum else _slowing(m, tables.kv, tables.physics).range_nm[1:] for m in tables.materials
    ]
    factors = np.ones(len(tables.materials))
    for at, own in enumerate(ranges):
        others = [other for other, there in zip(ranges, present, strict=True) if there and other is not None]
        if own is not None:
            factors[at] = max([1.0, *(float((other / own).max()) for other in others)])
    return (factors * _SAFE).astype(np.float32)


def _check(kv: float, physics: Physics) -> None:
    if not physics.cut_off_ev < kv * _EV_PER_KV <= elastic_limit_ev():
        raise ParameterError(
            "the beam energy is outside what can be simulated",
            expected=f"above the cut-off of {physics.cut_off_ev:g} eV, up to {elastic_limit_ev():g} eV",
            got=f"{kv * _EV_PER_KV:g} eV",
        )


def elastic_limit_ev() -> float:
    """The highest energy of the cross-sections."""
    return 30_000.0


@lru_cache(maxsize=64)
def _slowing(material: Material, kv: float, physics: Physics, merge_soft: bool = False) -> _Slowing:
    elastic = _elastic(material, physics, merge_soft)
    logs = np.linspace(np.log(physics.cut_off_ev), np.log(kv * _EV_PER_KV), _FINE)
    energy = np.exp(logs)
    known = np.log(elastic.energies_ev)
    row = np.interp(logs, known, np.arange(known.size))
    if material.is_vacuum:
        return _Slowing(energy, np.zeros(_FINE), np.zeros(_FINE), row)
    per_ev = 1 / stopping_power_ev_per_nm(material, energy)
    collisions = per_ev * np.interp(logs, known, elastic.inverse_path_per_nm)
    return _Slowing(energy, _integral(per_ev, energy), _integral(collisions, energy), row)


def _elastic(material: Material, physics: Physics, merge_soft: bool) -> Elastic:
    elastic = elastic_of(material, physics)
    return softened(elastic, _soft_mu(material)) if merge_soft and not material.is_vacuum else elastic


def _soft_mu(material: Material) -> float:
    """Deflections below which collisions are left out on request: 5 degrees in light matter, 10 in heavy."""
    heaviest = max(z for z, _ in material.atoms)
    return float(np.sin(np.radians(10 if heaviest >= _HEAVY_Z else 5) / 2) ** 2)


def softened(elastic: Elastic, least_mu: float) -> Elastic:
    """Without collisions that deflect by less than `least_mu`; the others are the more frequent.

    The transport mean free path stays, so that electrons lose their direction over the same length.
    """
    cdf = elastic.cdf
    below = np.array([np.interp(least_mu, elastic.mu, row) for row in cdf])[:, None]
    kept = np.maximum(cdf - below, 0) / (1 - below)
    mean = np.trapezoid(1 - kept, elastic.mu, axis=1)
    inverse_path = elastic.inverse_transport_path_per_nm / (2 * mean)
    return replace(elastic, cdf=kept, inverse_path_per_nm=inverse_path)


def _integral(values: Array, at: Array) -> Array:
    """Cumulative, from 0 at the first point."""
    steps = 0.5 * (values[1:] + values[:-1]) * np.diff(at)
    return np.concatenate([[0.0], np.cumsum(steps)])


def _fill(tables: TransportTables, at: int, slow: _Slowing) -> None:
    """The tables of one material other than its deflections."""
    flight, slowing, entry = tables.flight[at], tables.slowing[at], tables.entry[at]
    tau = np.linspace(0, slow.tau[-1], len(flight))
    energy = np.interp(tau, slow.tau, slow.energy)
    _lines(flight[:, :2], np.interp(energy, slow.energy, slow.range_nm))
    _lines(flight[:, 2:], np.interp(energy, slow.energy, slow.row) * CHOICES)
    length = np.linspace(0, 1, len(slowing)) ** 2 * slow.range_nm[-1]
    _lines(slowing, np.interp(length, slow.range_nm, slow.energy))
    energy = np.linspace(0, slow.energy[-1], len(entry))
    _lines(entry[:, :2], np.interp(energy, slow.energy, slow.tau))
    _lines(entry[:, 2:], np.interp(energy, slow.energy, slow.range_nm))
    steps = np.array([len(flight), len(slowing), len(entry)]) - 1.0
    tables.scales[at, :3] = steps / [slow.tau[-1], slow.range_nm[-1] / steps[1], slow.energy[-1]]


def _lines(out: Array, values: Array) -> None:
    """Value at the start of every step and rise over it; nothing rises after the last."""
    out[:, 0] = values
    out[:-1, 1] = np.diff(values)


def deflections(elastic: Elastic) -> Array:
    """Quantile tables of mu = (1 - cos) / 2 for every energy of the cross-sections.

    Returns
    -------
    ndarray of float32, shape (energy, part, 2)
        mu at the start of each part of v, and its change per last bit of v as a float32.
    """
    return np.stack([_of_parts(1 - cdf[::-1], elastic.mu[::-1]) for cdf in elastic.cdf])


@lru_cache(maxsize=1)
def exponential() -> Array:
    """Quantile table of the exponential distribution, as of `deflections`: float32, shape (part, 2)."""
    v = np.exp2(np.linspace(-OCTAVES - 1, 0, 200_000))
    return _of_parts(v, -np.log(v))


@lru_cache(maxsize=1)
def azimuths() -> Array:
    """Cosine and sine of evenly spread angles, one after the other: float32."""
    angle = (np.arange(AZIMUTHS) + 0.5) * (2 * np.pi / AZIMUTHS)
    return np.stack([np.cos(angle), np.sin(angle)], axis=-1).astype(np.float32).reshape(-1)


def _of_parts(v: Array, values: Array) -> Array:
    """For every part of v the value at its start and the change per last bit; exact in the mean.

    `values` is linear between the rising points `v`.
    """
    start, stop = _parts()
    knots = np.unique(np.concatenate([v, start, stop]))
    at_knots = np.interp(knots, v, values)
    steps = 0.5 * (at_knots[1:] + at_knots[:-1]) * np.diff(knots)
    integral = np.concatenate([[0.0], np.cumsum(steps)])
    begin, end = np.searchsorted(knots, start), np.searchsorted(knots, stop)
    mean = (integral[end] - integral[begin]) / (stop - start)
    change = at_knots[end] - at_knots[begin]
    # Not beyond the ends of the whole: mu stays in 0-1, paths positive.
    change = -np.minimum(-change, 2 * np.minimum(mean - values.min(), values.max() - mean))
    bits = 1 << (23 - PART_BITS)
    return np.stack([mean - change / 2, change / bits], axis=-1).astype(np.float32)


def _parts() -> tuple[Array, Array]:
    """Borders of the parts of v in the order of their floating-point bits: from small to large."""
    per_octave = 1 << PART_BITS
    octave = np.exp2(np.repeat(np.arange(-OCTAVES, 0), per_octave))
    start = octave * (1 + np.tile(np.arange(per_octave), OCTAVES) / per_octave)
    return start, start + octave / per_octave
