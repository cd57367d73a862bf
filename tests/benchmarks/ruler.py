"""Thickness from the ruler: virtual acquisitions with known thickness, a simulated one, and a real slice.

Virtual acquisitions: gamma-distributed thickness (mean 10.16, sd 3.12 nm), 100 slices, marks 150 nm wide
and 700 nm high, drift (slow, 20 px, and jitter, sd 1 px), slant of the structure, marks that taper by 20 %,
brightness that drifts by 20 % and jumps, curtaining (a stripe every 40 px, 2-9 px wide, sd 10 % of the
contrast of the marks, lasting 8 slices), five blanked slices, the angle told with an error (sd 0.25°).

    python -m tests.benchmarks.ruler [straight] [wander] [same] [memory] [real] [NUMBER]

runs only these parts, with so many acquisitions of each kind (1).

Bounds, for straight edges: thickness RMS error max(0.5 nm, 0.03 px / tan angle) at a contrast-to-noise ratio
of 10 and 4, twice that at 2; 95 % intervals cover 90-99 %. `limit`: what noise (Cramer-Rao bound of eight
edges; no curtaining, no error of the angle) and wandering edges leave to any method. `without`: without the
error of the angle.
"""

from __future__ import annotations

import math
import sys
import time
import tracemalloc
from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np

ROOT = Path(__file__).resolve().parents[2]
sys.path.insert(0, str(ROOT))

from core.errors import TruesliceError  # noqa: E402
from core.io import open_stack  # noqa: E402
from core.job import Job  # noqa: E402
from core.thickness.marks import find_marks  # noqa: E402
from core.thickness.ruler import RulerOptions, RulerReading, measure_ruler  # noqa: E402
from core.volume import ALL, Array, Shape, Volume, VolumeInfo  # noqa: E402
from tests.core.thickness.virtual import VirtualRuler  # noqa: E402

PIXELS, ANGLES, CNRS = (3.0, 5.0, 8.0), (20.0, 30.0, 45.0), (10.0, 4.0, 2.0)
ANGLE_SIGMA = 0.25
BLANK = (40, 41, 42, 43, 44)
REAL = ROOT.parent / "shared" / "data" / "kleinerELM_ASV3"
HEAD = (
    "pixel angle  CNR rows | thickness RMS  without   bound  limit |  z RMS  1st/2nd half | "
    "95 % covers t     z without | missed flagged"
)


@dataclass
class Errors:
    """Of some acquisitions of one kind: all but the bound in nm."""

    thickness: list[float]
    scaled: list[float]
    z: list[float]
    halves: list[tuple[float, float]]
    thickness_in: list[bool]
    z_in: list[bool]
    limit: list[float]
    free_in: list[bool]
    missed: int = 0
    flagged: int = 0


def acquisition(
    pixel: float, angle: float, cnr: float, wander: float, inclined: str, seed: int
) -> VirtualRuler:
    """One virtual acquisition with everything in it."""
    return VirtualRuler(
        slices=100,
        pixel_nm=pixel,
        angle_deg=angle,
        cnr=cnr,
        inclined=inclined,
        seed=seed,
        mark_width_nm=150.0,
        mark_depth_nm=700.0,
        below_nm=400.0,
        structure_nm=300.0,
        wander_nm=wander,
        taper=-0.2,
        curtain=0.1,
        brightness=0.2,
        slant_px=0.3,
        blank=BLANK,
    )


def limit_nm(virtual: VirtualRuler) -> float:
    """Thickness RMS error that noise and wandering edges leave, for the best method."""
    per_px = virtual.pixel_nm / virtual.tan
    rows = virtual.mark_depth_nm / virtual.pixel_nm
    # What one row says of an edge: the squared slope of its blurred step, summed over pixels (and averaged).
    offsets = np.linspace(-0.5, 0.5, 21)[:, None] + np.arange(-8, 9)
    from scipy.special import ndtr

    blur = virtual.blur_px
    told = ((ndtr((offsets + 0.5) / blur) - ndtr((offsets - 0.5) / blur)) ** 2).sum(axis=1).mean()
    sigma = 1 / (virtual.cnr * math.sqrt(2 * rows * told))
    wander = virtual.edges_px.mean(axis=2) - virtual.centres_px
    if virtual.inclined == "mirrored":
        off, ease = (wander[:, 1] - wander[:, 2]) / 2, 0.5
    else:
        off, ease = (wander[:, 1] + wander[:, 2] - wander[:, 0] - wander[:, 3]) / 2, 1.0
    return float(per_px * np.sqrt(np.mean(np.diff(off) ** 2) + 2 * ease * sigma**2))


def add(errors: Errors, virtual: VirtualRuler, reading: RulerReading, told_deg: float) -> None:
    """Compare one reading with the truth."""
    off = reading.z_nm - virtual.z_nm
    steps = np.diff(off)
    near = reading.measured[1:] & reading.measured[:-1]
    share = math.tan(math.radians(told_deg)) / virtual.tan
    scaled = reading.z_nm * share - virtual.z_nm
    errors.thickness += (steps[near] ** 2).tolist()
    errors.scaled += (np.diff(scaled)[near] ** 2).tolist()
    free = scaled[reading.measured]
    errors.z += (free**2).tolist()
    half = len(free) // 2
    errors.halves.append(
        (float(np.sqrt(np.mean(free[1:half] ** 2))), float(np.sqrt(np.mean(free[half:] ** 2))))
    )
    errors.thickness_in += (np.abs(steps) < 1.96 * reading.sigma_nm).tolist()
    errors.z_in += (np.abs(off) < 1.96 * reading.z_sigma_nm)[1:].tolist()
    own = np.sqrt(np.maximum(reading.z_sigma_nm**2 - (reading.common_share * reading.z_nm) ** 2, 1e-12))
    errors.free_in += (np.abs(scaled) < 1.96 * own)[1:].tolist()
    errors.limit.append(limit_nm(virtual) ** 2)
    errors.missed += int((~reading.measured).sum())
    errors.flagged += len(reading.flagged)


def run(
    pixel: float, angle: float, cnr: float, wander: float, inclined: str, seeds: Iterable[int]
) -> tuple[Errors, float]:
    """Errors of the acquisitions of one kind, and the bound."""
    errors = Errors([], [], [], [], [], [], [], [])
    for seed in seeds:
        virtual = acquisition(pixel, angle, cnr, wander, inclined, seed)
        told = angle + float(np.random.default_rng((seed, 9)).normal(0, ANGLE_SIGMA))
        reading = measure_ruler(virtual.volume(), RulerOptions(told, ANGLE_SIGMA), Job())
        add(errors, virtual, reading, told)
    bound = max(0.5, 0.03 * pixel / math.tan(math.radians(angle)))
    return errors, bound * (2 if cnr == min(CNRS) else 1)


def root(squares: list[float]) -> float:
    """Root mean square."""
    return math.sqrt(sum(squares) / max(1, len(squares)))


def line(pixel: float, angle: float, cnr: float, errors: Errors, bound: float) -> str:
    """One line of a table."""
    first, second = (math.sqrt(np.mean([half[i] ** 2 for half in errors.halves])) for i in (0, 1))
    thickness, covers = root(errors.thickness), (errors.thickness_in, errors.z_in, errors.free_in)
    return (
        f"{pixel:5.0f} {angle:5.0f} {cnr:4.0f} {700 / pixel:4.0f} | {thickness:13.3f} "
        f"{root(errors.scaled):8.3f} {bound:7.3f} {root(errors.limit):6.3f} | {root(errors.z):6.3f}   "
        f"{first:5.2f} {second:5.2f}  | {100 * np.mean(covers[0]):12.1f} {100 * np.mean(covers[1]):6.1f} "
        f"{100 * np.mean(covers[2]):6.1f}  | {errors.missed:5d} {errors.flagged:6d}"
        + ("" if thickness <= bound else "   over the bound")
    )


def table(name: str, wander: float, inclined: str, count: int) -> None:
    """All pixel sizes, angles and ratios."""
    print(f"\n{name}\n{HEAD}")
    within = total = 0
    inside: dict[str, list[bool]] = {"thickness": [], "z": [], "z without the angle's error": []}
    for pixel in PIXELS:
        for angle in ANGLES:
            for cnr in CNRS:
                begin = int(1000 * pixel + 10 * angle + cnr)
                errors, bound = run(pixel, angle, cnr, wander, inclined, range(begin, begin + count))
                if wander:  # the bound is one for straight edges
                    bound = 1.1 * root(errors.limit)
                inside["thickness"] += errors.thickness_in
                inside["z"] += errors.z_in
                inside["z without the angle's error"] += errors.free_in
                total += 1
                within += root(errors.thickness) <= bound
                print(line(pixel, angle, cnr, errors, bound), flush=True)
    covers = ", ".join(f"{key} {100 * np.mean(values):.1f} %" for key, values in inside.items())
    print(f"within the bound: {within} of {total}; 95 % intervals cover: {covers}")


@dataclass(frozen=True)
class First:
    """The first slices of a virtual acquisition, a `Source`."""

    whole: VirtualRuler
    count: int

    @property
    def shape(self) -> Shape:
        return self.count, *self.whole.shape[1:]

    @property
    def dtype(self) -> np.dtype[Any]:
        return self.whole.dtype

    def read(self, z: slice, y: slice = ALL, x: slice = ALL) -> Array:
        return self.whole.read(z, y, x)


def memory() -> None:
    """Peak memory and time for stacks of different length."""
    print("\nslices   peak MiB   s per slice (making the slices included)")
    whole = VirtualRuler(slices=240, angle_deg=20.0, structure_nm=1500.0)
    for count in (40, 40, 240):  # the first time compiles
        source = First(whole, count)
        volume = Volume(VolumeInfo(source.shape, source.dtype, (None, 5.0, 5.0)), source)
        tracemalloc.start()
        begin = time.perf_counter()
        measure_ruler(volume, RulerOptions(20.0), Job())
        spent = time.perf_counter() - begin
        peak = tracemalloc.get_traced_memory()[1] / 2**20
        tracemalloc.stop()
        print(f"{count:6d} {peak:10.1f}   {spent / count:.4f}   ({whole.rows} x {whole.columns} px)")


def real() -> None:
    """Slice of a real acquisition: two converging bars."""
    path = REAL / "SEM Image - SliceImage - 001.tif"
    print(f"\n{path.name} ({REAL.name})")
    if not path.is_file():
        print("not there")
        return
    volume = open_stack(path)
    for mark in find_marks([volume.slice(0)]).marks:
        print(f"  bar: {mark}, contrast {mark.contrast:.0f}, {mark.contrast_to_noise:.1f} times the noise")
    try:
        measure_ruler(volume, RulerOptions(30.0, pixel_nm=8.993), Job())
        print("  measured, although there is nothing to measure with")
    except TruesliceError as error:
        print("  " + str(error).replace("\n", "\n  "))


def main(names: list[str]) -> None:
    """Run the parts asked for."""
    count = next((int(name) for name in names if name.isdigit()), 1)
    parts = [name for name in names if not name.isdigit()] or ["straight", "wander", "same", "memory", "real"]
    if "straight" in parts:
        table("Straight edges, inclined marks toward each other", 0.0, "mirrored", count)
    if "wander" in parts:
        table(
            "Edges that wander (sd 3 nm each, over 8 slices); bound: 1.1 times the limit",
            3.0,
            "mirrored",
            count,
        )
    if "same" in parts:
        table("Straight edges, both inclined marks the same way", 0.0, "same", count)
    if "memory" in parts:
        memory()
    if "real" in parts:
        real()


if __name__ == "__main__":
    main(sys.argv[1:])
