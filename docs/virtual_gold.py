"""A virtual acquisition of porous gold at three voltages, made in about a minute.

    python docs/virtual_gold.py FOLDER

Hierarchical gold in epoxy with a ruler in a cap layer: uneven slices, drift, voltages that lie beside each
other, curtains, the noise of a dose, and a lost slice. The fast approximation images it. As that knows gold
and epoxy only, cap layer and marks are made of these two, and belong to the structure.
"""

from __future__ import annotations

import sys
from pathlib import Path

import numpy as np
from PIL import Image

from core.io import open_stack
from core.io.writers import write
from core.job import Job
from core.simulate.acquisition.acquire import acquire
from core.simulate.acquisition.marks import CAP, EMPTY, MARK, paint_ruler, ruler_marks
from core.simulate.image.artefacts import Artefacts
from core.simulate.image.formation import ImageFormation
from core.simulate.plan import Plan
from core.simulate.plan_parts import Drift, Field, Milling, Misalignment, Ruler
from core.simulate.structures.kinds import LeveledWave
from core.simulate.structures.kinds_laid import LabelFile
from core.simulate.structures.make import pattern_of
from core.volume import volume_of

VOXEL_NM, SLICE_NM, SLICES, LOST = 2.5, 10.0, 48, 20
ROWS, COLUMNS, ANGLE_DEG = 288, 448, 30.0
GOLD = LeveledWave(ligament_nm=(110.0, 15.0), solid_fraction=(0.35, 0.35), waves=400)
RULER = Ruler(on=True, above_nm=0.0, cap_nm=80.0, mark_depth_nm=55.0, mark_width_nm=30.0, angle_deg=ANGLE_DEG)


def virtual_gold(folder: Path) -> Path:
    """Make a folder with a folder of slices for each voltage; one that is there already is taken."""
    slices = folder / "gold"
    if not slices.is_dir():
        job, marked = Job(), folder / "structure.tif"
        if not marked.exists():
            with_ruler(marked, job)
        made = acquire(plan_of(marked), folder / "acquisition", job=job)
        for channel, stack in made.stacks.items():
            write_slices(stack, slices / channel)
    return slices


def with_ruler(file: Path, job: Job) -> None:
    """The structure, with cap layer and marks in its first rows."""
    depth = round(SLICES * SLICE_NM * 1.3 / VOXEL_NM)
    shape = (depth, ROWS, COLUMNS)
    pattern = pattern_of(GOLD, shape=shape, voxel_nm=VOXEL_NM, seed=4, job=job)
    labels = np.array(pattern.read((0, depth), (0, ROWS), (0, COLUMNS)), dtype=np.uint8)
    z, y, x = ((np.arange(count) + 0.5) * VOXEL_NM for count in shape)
    paint_ruler(labels, ruler_marks(RULER, COLUMNS * VOXEL_NM), {EMPTY: 0, CAP: 0, MARK: 1}, z, y, x)
    volume = volume_of(labels, voxel_nm_zyx=(VOXEL_NM,) * 3, content="binary")
    write(volume, file, "fiji", job, overwrite=True)


def plan_of(structure: Path) -> Plan:
    """What is done to it."""
    return Plan(
        seed=4,
        electrons="surrogate",
        voltages_kv=(1.0, 2.0, 4.0),
        structure=LabelFile(path=str(structure)),
        field=Field(slices=SLICES, rows=ROWS, columns=COLUMNS, pixel_nm=VOXEL_NM, voxel_nm=VOXEL_NM),
        milling=Milling(slice_nm=SLICE_NM, thickness="gamma", sd_nm=2.0),
        drift=Drift(walk_px=0.8),
        misalignment=Misalignment(offset_px=2.0),
        image=ImageFormation(noise="dose", current_pa=50.0, dwell_us=3.0),
        artefacts=Artefacts(curtain_percent=6.0, brightness_drift_percent=4.0),
    )


def write_slices(stack: Path, folder: Path) -> None:
    """One file for each slice, numbered, as microscopes write them; one is missing."""
    folder.mkdir(parents=True)
    volume = open_stack(stack)
    for number in range(volume.info.shape[0]):
        if number != LOST:
            plane = volume.source.read(slice(number, number + 1))[0]
            Image.fromarray(plane).save(folder / f"slice_{number + 1:04d}.tif")


if __name__ == "__main__":
    print(virtual_gold(Path(sys.argv[1])))
