"""The electrons beside measurements and other programs: the tables of docs/physics.md, made anew.

    python3 dev.py bench validation

Prints Markdown. ``TRUESLICE_ELECTRONS`` (default 200000) sets the electrons per value, and with
``TRUESLICE_PLOT=FILE.png`` the coefficients are also drawn against voltage and tilt. What is outside
its tolerance is marked ``!``.
"""

from __future__ import annotations

import math
import os
import sys
from collections.abc import Sequence

import numpy as np
from _backscatter import (
    BROWNING_KV,
    ENERGY_KV,
    ENERGY_QUANTILES,
    EXTRAPOLATED,
    KV,
    MEAN_ENERGY,
    MEASURED,
    MODEL_BROWNING,
    MODEL_KV,
    MODEL_MOTT,
    MODEL_RECOMMENDED,
    OTHER_PROGRAMS,
    QUANTILES,
    TILTED,
    TILTS_DEG,
    energy_quantiles,
)

from core.job import Job
from core.simulate.electrons.bulk import Yield, bulk_yield
from core.simulate.electrons.conditions import Beam, Physics
from core.simulate.electrons.materials import material_of

ELECTRONS = int(os.environ.get("TRUESLICE_ELECTRONS", "200000"))
SEED = 1
RECOMMENDED = Physics()
MOTT = Physics(inelastic_deflection=False)
BROWNING = Physics(elastic="browning", inelastic_deflection=False)


def simulated(name: str, kv: float, physics: Physics = RECOMMENDED, tilt_deg: float = 0.0) -> Yield:
    """One simulation."""
    beam = Beam(kv=kv, tilt_deg=tilt_deg)
    return bulk_yield(material_of(name), beam, physics, electrons=ELECTRONS, seed=SEED, job=Job())


def drescher(eta: float, tilt_deg: float) -> float:
    """Coefficient of a tilted sample from that at normal incidence, Drescher's rule."""
    return 0.89 * (eta / 0.89) ** math.cos(math.radians(tilt_deg))


def arnal(z: int, tilt_deg: float) -> float:
    """Coefficient of a tilted sample, Arnal's formula."""
    return (1 + math.cos(math.radians(tilt_deg))) ** (-9 / math.sqrt(z))


def row(*cells: object) -> None:
    print("| " + " | ".join(map(str, cells)) + " |", flush=True)


def table(title: str, columns: Sequence[object]) -> None:
    print(f"\n### {title}\n")
    row(*columns)
    row(*["---"] * len(columns))


def against_measurements() -> None:
    table("Measured backscatter coefficients (kV)", ["", *KV])
    for name, cells in MEASURED.items():
        shown = []
        for kv, (expected, tolerance) in zip(KV, cells, strict=True):
            eta = simulated(name, kv).eta
            mark = "" if abs(eta - expected) <= tolerance else " !"
            star = "*" if (name, kv) in EXTRAPOLATED else ""
            shown.append(f"{eta:.3f} ({expected:.3f} ± {tolerance:.3f}{star}){mark}")
        row(name, *shown)


def against_other_programs() -> None:
    table("Other programs: gold, Mott without inelastic deflection", ["kV", "η", "⟨E⟩/E0"])
    for kv, (eta, energy) in OTHER_PROGRAMS.items():
        found = simulated("Au", kv, MOTT)
        marks = [
            "" if good else " !"
            for good in (abs(found.eta - eta) <= 0.003, abs(found.mean_energy_fraction - energy) <= 0.005)
        ]
        row(
            kv,
            f"{found.eta:.4f} ± {found.eta_error:.4f} ({eta:.3f} ± .003){marks[0]}",
            f"{found.mean_energy_fraction:.4f} ({energy:.3f} ± .005){marks[1]}",
        )


def against_prototype() -> None:
    for title, kvs, expected, physics in (
        ("Mott × (Z + 1) / Z (recommended)", MODEL_KV, MODEL_RECOMMENDED, RECOMMENDED),
        ("Mott alone", MODEL_KV, MODEL_MOTT, MOTT),
        ("Browning 1994, no inelastic deflection", BROWNING_KV, MODEL_BROWNING, BROWNING),
    ):
        table(f"Prototype, {title}: η here (there), kV", ["", *kvs])
        for name, etas in expected.items():
            pairs = zip(kvs, etas, strict=True)
            row(name, *[f"{simulated(name, kv, physics).eta:.3f} ({eta:.3f})" for kv, eta in pairs])


def tilted() -> dict[tuple[str, float], list[float]]:
    table("Tilt (degrees): η here (prototype)", ["", *TILTS_DEG])
    found: dict[tuple[str, float], list[float]] = {}
    for (name, kv), etas in TILTED.items():
        ours = [simulated(name, kv, tilt_deg=tilt).eta for tilt in TILTS_DEG]
        found[name, kv] = ours
        marks = ["" if abs(a - b) <= 0.005 else " !" for a, b in zip(ours, etas, strict=True)]
        row(
            f"{name} {kv:g} kV", *[f"{a:.3f} ({b:.3f}){m}" for a, b, m in zip(ours, etas, marks, strict=True)]
        )
        if kv == 20:
            z = material_of(name).atoms[0][0]
            row("Drescher", *[f"{drescher(ours[0], tilt):.3f}" for tilt in TILTS_DEG])
            row("Arnal", *[f"{arnal(z, tilt):.3f}" for tilt in TILTS_DEG])
    return found


def energies() -> None:
    table("Mean energy ⟨E⟩/E0, Mott without inelastic deflection: here (prototype)", ["", *ENERGY_KV])
    for name, values in MEAN_ENERGY.items():
        ours = [simulated(name, kv, MOTT).mean_energy_fraction for kv in ENERGY_KV]
        row(name, *[f"{a:.3f} ({b:.3f})" for a, b in zip(ours, values, strict=True)])
    table("Quantiles of E/E0 at 2 kV: here (prototype)", ["", *[f"{100 * q:g} %" for q in QUANTILES]])
    for name, values in ENERGY_QUANTILES.items():
        ours = energy_quantiles(simulated(name, 2, MOTT).energy_histogram)
        row(name, *[f"{a:.3f} ({b:.2f})" for a, b in zip(ours, values, strict=True)])


def plot(path: str, tilts: dict[tuple[str, float], list[float]]) -> None:
    """Coefficients against voltage beside the measurements, and against tilt beside the formulas."""
    import matplotlib

    matplotlib.use("Agg")
    from matplotlib import pyplot

    figure, (left, right) = pyplot.subplots(1, 2, figsize=(12, 5), layout="constrained")
    for index, (name, cells) in enumerate(MEASURED.items()):
        colour = f"C{index}"
        left.errorbar(KV, [c[0] for c in cells], [c[1] for c in cells], fmt="o", color=colour, capsize=3)
        left.plot(MODEL_KV, [simulated(name, kv).eta for kv in MODEL_KV], color=colour, label=name)
    left.set(xscale="log", xlabel="Voltage (kV)", ylabel="Backscatter coefficient", ylim=(0, 0.6))
    left.set_xticks(MODEL_KV, [f"{kv:g}" for kv in MODEL_KV])
    left.minorticks_off()
    left.set_title("simulated (lines) and measured (points)")
    figure.legend(*left.get_legend_handles_labels(), loc="outside left center")
    angles = np.linspace(0, 80, 81)
    for index, ((name, kv), etas) in enumerate(tilts.items()):
        right.plot(TILTS_DEG, etas, "o-", color=f"C{index}", label=f"{name} {kv:g} kV")
        if kv == 20:
            z = material_of(name).atoms[0][0]
            right.plot(angles, [drescher(etas[0], a) for a in angles], "--", color=f"C{index}")
            right.plot(angles, [arnal(z, a) for a in angles], ":", color=f"C{index}")
    right.set(xlabel="Tilt (°)", ylabel="Backscatter coefficient")
    right.set_title("simulated (points); Drescher (dashed) and Arnal (dotted) at 20 kV")
    figure.legend(*right.get_legend_handles_labels(), loc="outside right center")
    figure.savefig(path, dpi=80)


def main() -> int:
    print(
        f"{ELECTRONS} electrons per value, seed {SEED}; "
        f"standard error of η at most {0.5 / ELECTRONS**0.5:.4f}"
    )
    against_measurements()
    against_other_programs()
    against_prototype()
    tilts = tilted()
    energies()
    if "TRUESLICE_PLOT" in os.environ:
        plot(os.environ["TRUESLICE_PLOT"], tilts)
    return 0


if __name__ == "__main__":
    sys.exit(main())
