"""Odd samples for the compiled loops; run as a program with NUMBA_BOUNDSCHECK=1, every access is checked.

python -m tests.core.simulate.electrons.bounds_scenes SCENES SEED
"""

from __future__ import annotations

import sys

import numpy as np

from core.job import Job
from core.simulate.electrons.cells import pack
from core.simulate.electrons.conditions import ICD, TLD, Beam, Physics
from core.simulate.electrons.materials import material_of
from core.simulate.electrons.shoot import Shot, shoot
from core.simulate.electrons.tables import transport_tables
from core.simulate.electrons.world import Raster, World

NAMES = ("vacuum", "Au", "epoxy", "C", "U", "Al2O3")
PIXELS = (4, 5)


def shot_of(
    world: World, face_nm: float, kv: float, tilt_deg: float, pixel_nm: float, electrons: int, seed: int
) -> Shot:
    """An image, by one thread."""
    return shoot(
        pack(world, Job()),
        transport_tables(world.materials, kv, Physics()),
        Raster(face_nm, PIXELS, (pixel_nm, pixel_nm), (-20.0, 35.0)),
        Beam(kv=kv, tilt_deg=tilt_deg),
        (TLD, ICD),
        electrons_per_pixel=electrons,
        seed=seed,
        job=Job(),
        threads=1,
    )  # fmt: skip


def check(shot: Shot, electrons: int) -> None:
    """Electrons and energy are all there."""
    balance = shot.balance
    assert balance.electrons == electrons
    assert balance.backscattered + balance.absorbed + balance.lost == electrons
    parts = balance.energy_backscattered, balance.energy_absorbed, balance.energy_lost
    assert min(parts) >= 0
    assert abs(sum(parts) - balance.energy_in) < 1e-6 * electrons
    tld, icd = (image.signal for image in shot.images)
    assert (tld >= icd).all()
    assert 0 <= icd.min() <= tld.max() <= 1


def random_scene(rng: np.random.Generator) -> None:
    """Any shape, voxel, mixture, tilt and face."""
    count = int(rng.integers(1, 5))
    materials = tuple(material_of(str(name)) for name in rng.choice(NAMES, count, replace=False))
    labels = rng.integers(0, count, rng.integers(1, 30, 3)).astype(np.uint8)
    if rng.random() < 0.5:  # larger pieces
        labels = labels[:1, :1].repeat(4 * len(labels), 0).repeat(8, 1)
    voxel = tuple(float(side) for side in 10 ** rng.uniform(-0.3, 1.7, 3))
    beyond = "mirror" if rng.random() < 0.5 else "periodic"
    world = World(labels, (voxel[0], voxel[1], voxel[2]), materials, (-7.0, 3.0, 0.0), beyond)
    face_nm = -7.0 + voxel[0] * len(labels) * float(rng.uniform(0, 0.95))
    kv, tilt_deg = float(rng.choice([0.5, 1.0, 2.0, 4.0])), float(rng.choice([0.0, 30.0, 85.0]))
    electrons, pixel_nm = int(rng.integers(1, 400)), float(10 ** rng.uniform(-0.5, 2))
    check(
        shot_of(world, face_nm, kv, tilt_deg, pixel_nm, electrons, int(rng.integers(2**31))), electrons * 20
    )


def shallow_scene(seed: int) -> None:
    """A thin block of thin planes: electrons collide close to its end all the time."""
    labels = np.zeros((23, 4, 16), np.uint8)
    labels[:, :2] = 1
    materials = material_of("Au"), material_of("Al2O3")
    world = World(
        labels, (0.945690694536728, 15.350882905542738, 6.991473071372014), materials, beyond="periodic"
    )
    check(shot_of(world, 15.95157486625288, 2.0, 60.0, 9.0, 3000, seed), 60_000)


def main() -> None:
    scenes, seed = int(sys.argv[1]), int(sys.argv[2])
    rng = np.random.default_rng(seed)
    for _ in range(scenes):
        random_scene(rng)
    for number in range(20):
        shallow_scene(number)
    sys.stdout.write("all within bounds\n")


if __name__ == "__main__":
    main()
