"""``trueslice simulate yield``: how many electrons a solid block of one material sends back."""

from __future__ import annotations

import argparse
from dataclasses import asdict
from typing import Any

import numpy as np

from core.commands.physics import add_beam, add_physics, read_beam, read_physics
from core.job import Job
from core.options import add_options, read_options
from core.params import Params, param
from core.simulate.electrons.conditions import Beam, Physics
from core.simulate.electrons.elements import SYMBOLS
from core.simulate.electrons.material import Material
from core.volume import Array

MOST_ELECTRONS = 10**10
QUANTILES = (0.10, 0.25, 0.50, 0.75, 0.90)


class Sampling(Params):
    """How much is simulated."""

    electrons: int = param(
        200_000, label="Electrons", description="Number of beam electrons", ge=1, le=MOST_ELECTRONS
    )
    seed: int = param(
        1,
        label="Seed",
        description="The same seed gives the same numbers, whatever the number of threads",
        ge=0,
        le=2**63 - 1,
    )
    threads: int | None = param(
        None, label="Threads", description="Number of threads; none takes every core", ge=1, le=1024
    )


def add(subparsers: Any) -> None:
    """Add the sub-command to the group ``simulate``."""
    from core.commands import new_parser

    parser = new_parser(
        subparsers,
        "yield",
        "Backscatter coefficient of a solid block: the share of beam electrons that come back, and how "
        "much of their energy is left.",
    )
    parser.add_argument(
        "--material",
        required=True,
        metavar="NAME",
        help="a known material (Au, Si, Al2O3, epoxy ...), or FORMULA@DENSITY with the density in g/cm3",
    )
    add_beam(parser, ("kv", "tilt_deg"))
    add_physics(parser)
    add_options(parser, Sampling, title="sampling")
    parser.set_defaults(function=_yield)


def _yield(parsed: argparse.Namespace, job: Job) -> dict[str, Any]:
    from core.simulate.electrons.bulk import bulk_yield
    from core.simulate.electrons.materials import material_of

    beam, physics = read_beam(parsed), read_physics(parsed)
    sampling = read_options(parsed, Sampling, owner="sampling")
    material = material_of(parsed.material)
    # The first call loads the compiled loops, or compiles them: that is no part of the speed.
    bulk_yield(material, beam, physics, electrons=1, seed=0, job=Job(stop=job.stop), threads=1)
    found = bulk_yield(
        material,
        beam,
        physics,
        electrons=sampling.electrons,
        seed=sampling.seed,
        job=job,
        threads=sampling.threads,
    )
    edges = np.linspace(0, 1, len(found.energy_histogram) + 1)
    return {
        "eta": found.eta,
        "eta_error": found.eta_error,
        "mean_energy_fraction": found.mean_energy_fraction if found.balance.backscattered else None,
        "energy_quantiles": _quantiles(found.energy_histogram, edges),
        "electrons_per_second": found.electrons_per_second,
        "material": _material(material),
        "beam": {"kv": beam.kv, "tilt_deg": beam.tilt_deg},
        "physics": physics.model_dump(mode="json"),
        **_lengths(material, beam, physics),
        "electrons": sampling.electrons,
        "seed": sampling.seed,
        "balance": asdict(found.balance),
        "energy_fraction_edges": edges.round(6).tolist(),
        "energy_histogram": found.energy_histogram.tolist(),
    }


def _quantiles(histogram: Array, edges: Array) -> dict[str, float]:
    """Energies, as shares of the beam's, that 10 to 90 % of what comes back stay below."""
    below = np.concatenate([[0], np.cumsum(histogram)])
    if not below[-1]:
        return {}
    return {f"{100 * share:g} %": float(np.interp(share * below[-1], below, edges)) for share in QUANTILES}


def _material(material: Material) -> dict[str, Any]:
    atoms = {SYMBOLS[z - 1]: count for z, count in material.atoms}
    return {"name": material.name, "atoms": atoms, "density_g_cm3": material.density_g_cm3}


def _lengths(material: Material, beam: Beam, physics: Physics) -> dict[str, float]:
    """How far electrons get at the energy of the beam."""
    from core.simulate.electrons.elastic import elastic_of
    from core.simulate.electrons.tables import range_nm

    elastic = elastic_of(material, physics)
    at, known = np.log(1000 * beam.kv), np.log(elastic.energies_ev)
    return {
        "range_nm": range_nm(material, beam.kv, physics),
        "mean_free_path_nm": float(1 / np.interp(at, known, elastic.inverse_path_per_nm)),
        "transport_mean_free_path_nm": float(1 / np.interp(at, known, elastic.inverse_transport_path_per_nm)),
    }
