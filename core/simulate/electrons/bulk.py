"""Backscattering of endless uniform matter: the quickest check of the physics."""

from __future__ import annotations

import time
from dataclasses import dataclass

import numpy as np

from core.errors import ParameterError
from core.job import Job
from core.simulate.electrons.conditions import Beam, Physics
from core.simulate.electrons.dealing import Part, deal
from core.simulate.electrons.material import Material
from core.simulate.electrons.shoot import balance_of, key_of
from core.simulate.electrons.tables import azimuths, exponential, transport_tables
from core.simulate.electrons.world import Balance
from core.volume import Array

BINS = 100
MOST_ELECTRONS = 10_000_000_000


@dataclass(frozen=True, eq=False)
class Yield:
    """What comes back from a plane face.

    Attributes
    ----------
    eta, eta_error : float
        Share of the electrons that come back, and its standard error.
    mean_energy_fraction : float
        Mean energy of these over the beam energy; NaN if there are none.
    energy_histogram : ndarray of int64, shape (100,)
        Electrons that come back by their share of the beam energy, 0-1.
    electrons_per_second : float
        Speed, with all threads.
    balance : Balance
        Where electrons and energy went.
    """

    eta: float
    eta_error: float
    mean_energy_fraction: float
    energy_histogram: Array
    electrons_per_second: float
    balance: Balance


def bulk_yield(
    material: Material,
    beam: Beam,
    physics: Physics,
    *,
    electrons: int,
    seed: int,
    job: Job,
    threads: int | None = None,
    merge_soft: bool = False,
) -> Yield:
    """Shoot `electrons` at a plane face of `material`; the diameter of the beam does not matter.

    Results do not depend on `threads`.

    Raises
    ------
    ParameterError
        For vacuum, impossible numbers of electrons, or a beam energy not above the cut-off; before any work.
    Cancelled
        If the job was stopped.
    """
    if material.is_vacuum:
        raise ParameterError("vacuum scatters nothing", expected="a material", got=material.name)
    if not 1 <= electrons <= MOST_ELECTRONS:
        raise ParameterError(
            "impossible number of electrons", expected=f"1 to {MOST_ELECTRONS}", got=electrons
        )
    tables = transport_tables((material,), beam.kv, physics, merge_soft=merge_soft)
    from core.simulate.electrons.kernels.bulk_shots import shoot_bulk

    single = np.float32
    setting = (
        key_of(seed, ()),
        *(part.reshape(-1) for part in (tables.flight, tables.deflection, tables.slowing, tables.scales)),
        azimuths(),
        exponential().reshape(-1),
        single(tables.flight.shape[1] - 1) / tables.scales[0, 0],
        tables.flight[0, -1, 0],
        single(np.cos(np.radians(beam.tilt_deg))),
        single(beam.kv * 1000),
    )
    histogram, totals = np.zeros(BINS, np.int64), np.zeros(6, np.int64)

    def some(part: Part) -> tuple[Array, Array]:
        own = np.zeros(BINS, np.int64), np.zeros(6, np.int64)
        shoot_bulk((part.begin, part.end, *setting, *own))
        return own

    def take(_part: Part, own: tuple[Array, Array]) -> None:
        histogram[...] += own[0]
        totals[...] += own[1]

    begin = time.perf_counter()
    deal(1, electrons, some, take, job, threads=threads, message="electrons")
    return _yield(histogram, balance_of(totals), electrons / (time.perf_counter() - begin))


def _yield(histogram: Array, balance: Balance, speed: float) -> Yield:
    eta = balance.backscattered / balance.electrons
    error = np.sqrt(eta * (1 - eta) / max(balance.electrons - 1, 1))
    energy = balance.energy_backscattered / balance.backscattered if balance.backscattered else np.nan
    return Yield(eta, float(error), float(energy), histogram, speed, balance)
