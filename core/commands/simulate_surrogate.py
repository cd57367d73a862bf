"""``trueslice simulate calibrate-surrogate``: the fast approximation for other materials and voltages."""

from __future__ import annotations

import argparse
from pathlib import Path
from typing import Any

from core.commands.physics import add_physics, read_physics
from core.job import Job
from core.options import add_options, read_options
from core.params import Params, param


class Calibration(Params):
    """How much is simulated for a calibration."""

    electrons_per_pixel: int = param(
        300,
        label="Electrons per pixel",
        description="Simulated electrons per pixel of the samples; the check takes three times as many",
        ge=1,
        le=100_000,
    )
    seed: int = param(1, label="Seed", description="Of structures and electrons", ge=0, le=2**31 - 1)
    threads: int | None = param(
        None, label="Threads", description="Number of threads; none takes every core", ge=1, le=1024
    )


def add(subparsers: Any) -> None:
    """Add the sub-command to the group ``simulate``."""
    from core.commands import new_parser

    parser = new_parser(
        subparsers,
        "calibrate-surrogate",
        "Calibrate the fast approximation of images against the Monte Carlo, for materials that occur "
        "together. The cards it writes state how far off it is, and previews find them from then on.",
    )
    parser.add_argument(
        "--material",
        nargs="+",
        required=True,
        metavar="NAME",
        help="two or more: known materials (vacuum, Au, epoxy ...) or FORMULA@DENSITY, density in g/cm3",
    )
    parser.add_argument("--kv", nargs="+", type=float, required=True, metavar="KV", help="voltages in kV")
    parser.add_argument(
        "--detector", nargs="+", default=["TLD"], metavar="NAME", help="TLD, ICD or both (default: TLD)"
    )
    parser.add_argument(
        "-o", "--output", type=Path, metavar="DIR", help="folder of the cards (default: the user's own)"
    )
    parser.add_argument(
        "--estimate-only", action="store_true", help="say what it would cost, and do nothing else"
    )
    add_physics(parser)
    add_options(parser, Calibration, title="calibration")
    parser.set_defaults(function=_calibrate)


def _calibrate(parsed: argparse.Namespace, job: Job) -> dict[str, Any]:
    from core.simulate.electrons.conditions import Beam, detector_named
    from core.simulate.electrons.materials import material_of
    from core.simulate.surrogate.calibrate import calibrate, electrons_for, seconds_for
    from core.simulate.surrogate.card import user_folder

    materials = tuple(material_of(name) for name in parsed.material)
    detectors = tuple(detector_named(name) for name in parsed.detector)
    beams = [Beam.parse({"kv": kv}, owner="beam") for kv in parsed.kv]
    physics, given = read_physics(parsed), read_options(parsed, Calibration, owner="calibration")
    electrons, threads = given.electrons_per_pixel, given.threads
    times = [seconds_for(materials, b, physics, electrons, job=job, threads=threads) for b in beams]
    cost = {"electrons": len(beams) * electrons_for(electrons), "seconds": sum(times)}
    job.progress(0, 1, f"calibration: {cost['electrons']:.2g} electrons, about {cost['seconds']:.0f} s")
    if parsed.estimate_only:
        return {"cost": cost}
    folder = user_folder() if parsed.output is None else parsed.output
    found = []
    for beam in beams:
        for card in calibrate(
            materials,
            beam,
            physics,
            detectors,
            electrons_per_pixel=electrons,
            seed=given.seed,
            job=job,
            threads=threads,
        ):
            file = card.save(folder)
            found.append({"file": str(file), "kv": beam.kv, "detector": card.detector.name})
            found[-1] |= card.quality.model_dump()
    return {"cost": cost, "cards": found}
