"""What is known of a virtual acquisition: positions, movements, marks, materials, dose, versions."""

from __future__ import annotations

import importlib.metadata
from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np

from core import __version__
from core.simulate.acquisition.approximation import cards_table
from core.simulate.acquisition.expected import Entry, Image
from core.simulate.acquisition.scene import Scene
from core.simulate.acquisition.schedule import Schedule
from core.simulate.acquisition.windows import Reach
from core.simulate.electrons.material import Material
from core.simulate.electrons.world import Balance
from core.simulate.plan import Plan

TRUTH_FORMAT = 1
_MUCH_LOST = 0.01
Journal = Mapping[Image, Entry]


def truth_table(scene: Scene, schedule: Schedule, reach: Reach, journal: Journal) -> dict[str, Any]:
    """Everything known beside the pixels, ready for JSON.

    Positions are per slice in the stacks (lost slices left out) and start at the first of them, which shows
    plane 0 of the truth volume; a face at z shows its plane floor(z / voxel + 1/2). `first_face_nm` is how
    far that first one lies below the first milled face: 0 unless slices before it are lost.
    """
    plan = scene.plan
    z_nm = schedule.kept_z_nm
    voxel = plan.field.voxel_nm
    return {
        "format": TRUTH_FORMAT,
        "channels": list(plan.channels),
        "z_nm": z_nm.tolist(),
        "thickness_nm": np.diff(z_nm).tolist(),
        "first_face_nm": -float(schedule.z_nm[0]) + 0.0,
        "slice_numbers": list(schedule.kept),
        "lost_slices": sorted(set(range(plan.field.slices)) - set(schedule.kept)),
        "voxel_nm_zyx": [plan.milling.slice_nm, *schedule.pixel_nm_yx],
        "shape_zyx": [len(schedule.kept), *schedule.shape],
        "truth_voxel_nm_zyx": [voxel] * 3,
        "truth_shape_zyx": list(scene.shape),
        "labels": {str(value): name for value, name in enumerate(scene.labels)},
        "materials": {
            name: _material(scene.materials[index])
            for name, index in zip(scene.labels, scene.material_index, strict=True)
        },
        **_movements(scene, schedule),
        "ruler": None if scene.marks is None else scene.marks.table(),
        "fiducial": plan.fiducial.model_dump() if plan.fiducial.on else None,
        "tilt_deg": plan.tilt_deg,
        "electrons": plan.electrons,
        "devices": sorted({entry.device for entry in journal.values()}),
        "approximation": cards_table(scene),
        "electrons_per_pixel": followed_per_pixel(plan),
        "voltages_kv": list(plan.voltages_kv),
        "secondary": None if plan.secondary is None else plan.secondary.model_dump(),
        "detectors": [detector.model_dump() for detector in plan.detectors],
        "physics": plan.physics.model_dump(),
        "seed": plan.seed,
        "plan": plan.key(),
        "margin_nm": reach.margin_nm,
        "balance": _balance(scene, journal),
        "versions": versions(),
        "warnings": _warnings(scene, journal),
    }


def followed_per_pixel(plan: Plan) -> int:
    """Electrons that were followed per pixel: none for the fast approximation."""
    return plan.electrons_per_pixel if plan.electrons == "monte-carlo" else 0


def versions() -> dict[str, str]:
    """Of the program and of what decides its numbers."""
    return {"trueslice": __version__} | {
        name: importlib.metadata.version(name) for name in ("numpy", "scipy", "numba")
    }


def versions_table(seen: Sequence[Mapping[str, str]]) -> dict[str, Any]:
    """Versions that began the work; those that went on with it only where they are others.

    Parameters
    ----------
    seen : sequence of mapping
        Different `versions`, the first first.
    """
    first, *later = (dict(one) for one in seen)
    return {"versions": first, "later_versions": later} if later else {"versions": first}


def versions_warnings(seen: Sequence[Mapping[str, str]]) -> list[str]:
    """What has to be said where versions have changed on the way."""
    if len(seen) < 2:
        return []
    told = "; then ".join(", ".join(f"{name} {number}" for name, number in one.items()) for one in seen)
    return [
        f"Made by different versions ({told}): one version alone may give other bytes. Simulate into a new "
        "folder to be sure."
    ]


def _material(material: Material) -> dict[str, Any]:
    return {
        "name": material.name,
        "atoms": [list(part) for part in material.atoms],
        "density_g_cm3": material.density_g_cm3,
    }


def _movements(scene: Scene, schedule: Schedule) -> dict[str, Any]:
    plan, shifts, first = scene.plan, {}, {}
    for channel in plan.channels:
        voltage, _detector = plan.origin(channel)
        shifts[channel] = schedule.relative_shifts_px(voltage).tolist()
        first[channel] = schedule.shifts_px_yx[voltage, schedule.kept[0]].tolist()
    return {"shifts_px_yx": shifts, "first_shift_px_yx": first}


def totals(scene: Scene, journal: Journal) -> dict[float, Balance]:
    """Where the electrons of each voltage went, all slices together."""
    found: dict[float, Balance] = {}
    # In the order of the images, so that sums of fractions do not depend on the order of work.
    for image in sorted(journal, key=lambda image: (image.voltage, image.slice)):
        if journal[image].balance:
            one, kv = Balance(**journal[image].balance), scene.plan.voltages_kv[image.voltage]
            found[kv] = found[kv] + one if kv in found else one
    return found


def _balance(scene: Scene, journal: Journal) -> dict[str, Any]:
    return {f"{kv:g}kV": vars(total) for kv, total in totals(scene, journal).items()}


def _warnings(scene: Scene, journal: Journal) -> list[str]:
    found = []
    if scene.plan.electrons == "surrogate":
        found.append("The signal is a fast approximation; no electrons were followed: not for tests.")
    phases = scene.material_index[: len(scene.pattern.labels)]
    short = scene.plan.field.margin_nm is not None or any(scene.materials[k].is_vacuum for k in phases)
    for kv, total in totals(scene, journal).items():
        share = total.lost / total.electrons
        # Otherwise only what flies off above the top surface is lost, as it should be.
        if short and share > _MUCH_LOST:
            found.append(
                f"{100 * share:.1f} % of the electrons of {kv:g} kV left the simulated part of the sample; "
                "a greater margin would keep them."
            )
    return found
