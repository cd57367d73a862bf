"""The thesis' three-voltage training set: time per slice and voltage, and what the whole would take here.

Hierarchical gold (110 and 15 nm, 0.35 each) in epoxy at 1, 2 and 4 kV; 512 x 512 pixels of 2.5 nm, 100 slices
of 10 nm, 100 electrons per pixel. One slice in the middle is made whole, with all that making it needs: the
structure around it, its packing, and the electrons. The thesis reports "some days" for a set of its tool.
With and without the merging of soft collisions.
"""

from __future__ import annotations

import resource
import time

from core.job import Job
from core.simulate.acquisition.imaging import Camera
from core.simulate.acquisition.prepare import prepare
from core.simulate.acquisition.windows import Windows
from core.simulate.plan import Plan

SIDE, SLICES = 512, 100


def plan_of(*, merge_soft: bool) -> Plan:
    """The set of the thesis, in the sizes above."""
    return Plan.parse(
        {
            "structure": {
                "kind": "leveled-wave",
                "ligament_nm": [110.0, 15.0],
                "solid_fraction": [0.35, 0.35],
            },
            "materials": {"pore": "epoxy", "solid": "Au"},
            "field": {
                "rows": SIDE,
                "columns": SIDE,
                "pixel_nm": 2.5,
                "voxel_nm": 2.5,
                "slices": SLICES,
            },
            "milling": {"slice_nm": 10.0},
            "voltages_kv": [1.0, 2.0, 4.0],
            "electrons_per_pixel": 100,
            "merge_soft": merge_soft,
        },
        owner="plan",
    )


def measure(*, merge_soft: bool) -> None:
    """Make one slice; print what each part took."""
    plan, job = plan_of(merge_soft=merge_soft), Job()
    begin = time.perf_counter()
    prepared = prepare(plan, job)
    made = time.perf_counter() - begin
    scene, schedule = prepared.scene, prepared.schedule
    windows = Windows(scene, prepared.reach)
    half = SLICES // 2
    Camera(scene, windows.world(float(schedule.z_nm[half]), job), job)  # fills the window once
    begin = time.perf_counter()
    camera = Camera(scene, windows.world(float(schedule.z_nm[half + 1]), job), job)
    ready = time.perf_counter() - begin
    for voltage in range(3):  # compiling and making tables is no part of a slice
        camera.image(voltage, half + 1, schedule.raster(voltage, half + 1), job, electrons_per_pixel=1)
    electrons, total = SIDE * SIDE * plan.electrons_per_pixel, ready
    print(f"merging soft collisions: {'yes' if merge_soft else 'no'}")
    print(f"  structure {made:.1f} s once; next slice of it, packed {ready:.2f} s")
    for voltage, kv in enumerate(plan.voltages_kv):
        begin = time.perf_counter()
        camera.image(voltage, half + 1, schedule.raster(voltage, half + 1), job)
        seconds = time.perf_counter() - begin
        total += seconds
        print(f"  {kv:g} kV: {seconds:6.1f} s per slice, {electrons / seconds / 1e6:.2f} million electrons/s")
    print(f"  all three: {total:.1f} s per slice, {(made + SLICES * total) / 3600:.2f} h for {SLICES} slices")


def main() -> None:
    for merge_soft in (False, True):
        measure(merge_soft=merge_soft)
    print(f"peak memory {resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024:.0f} MiB")


if __name__ == "__main__":
    main()
