"""Small images for `test_cuda`, and the program that computes them in numba's simulator of CUDA.

The simulator has to be chosen before numba is imported: run as a program, this writes what it computed to
the file it is given.
"""

from __future__ import annotations

import sys
from dataclasses import dataclass
from typing import Literal

import numpy as np

from core.job import Job
from core.simulate.electrons.cells import Cells, pack
from core.simulate.electrons.conditions import ICD, TLD, Beam, Detector, Physics
from core.simulate.electrons.materials import material_of
from core.simulate.electrons.shoot import Shot, Sums, kernel_arguments, key_of, shoot
from core.simulate.electrons.tables import transport_tables
from core.simulate.electrons.world import Raster, World

ENERGY = Detector(name="energy, a ring", weight="energy", min_polar_deg=10, max_polar_deg=60)
PARTS = ((0, 3, 0, 18), (3, 20, 0, 7), (3, 20, 7, 18))


@dataclass(frozen=True)
class Scene:
    """A block of lumps of two materials, and how it is looked at."""

    materials: tuple[str, str]
    share: float
    beyond: Literal["mirror", "periodic"]
    beam: Beam
    raster: Raster
    electrons: int = 18  # not a multiple of what one thread takes
    merge_soft: bool = False
    planes: int = 24  # below them the first material alone
    detectors: tuple[Detector, ...] = (TLD, ICD, ENERGY)

    @property
    def cells(self) -> Cells:
        lumps = np.random.default_rng(5).random((12, 5, 6)) < self.share
        labels = np.kron(lumps, np.ones((2, 2, 2))).astype(np.uint8)
        labels[self.planes :] = 0
        materials = tuple(material_of(name) for name in self.materials)
        return pack(World(labels, (5.0, 5.0, 4.0), materials, beyond=self.beyond), Job())

    def shot(self, device: Literal["cpu", "cuda"], job: Job | None = None) -> Shot:
        cells = self.cells
        return shoot(
            cells, transport_tables(cells.materials, self.beam.kv, Physics()), self.raster, self.beam,
            self.detectors, electrons_per_pixel=self.electrons, seed=11, stream=(1, 2), job=job or Job(),
            threads=1, device=device, merge_soft=self.merge_soft,
        )  # fmt: skip

    def setting(self) -> tuple[object, ...]:
        cells = self.cells
        tables = transport_tables(cells.materials, self.beam.kv, Physics())
        return kernel_arguments(cells, tables, self.raster, self.beam, self.detectors)


_PIXELS = Raster(7.0, (4, 5), (6.0, 5.0), (-8.0, 3.0))  # the face within a plane, the corner off the block
SCENES = {
    "resin": Scene(("epoxy", "Au"), 0.3, "mirror", Beam(kv=2.0, tilt_deg=30, diameter_nm=4), _PIXELS),
    "void": Scene(("vacuum", "Au"), 0.5, "periodic", Beam(kv=1.0), _PIXELS, detectors=(TLD,)),
    "floor": Scene(("vacuum", "Au"), 1.0, "mirror", Beam(kv=1.0), _PIXELS, planes=16),
    "soft": Scene(("SiO2", "Au"), 0.3, "mirror", Beam(kv=1.0), _PIXELS, merge_soft=True),
}
GOLD = Scene(("Au", "C"), 0.0, "periodic", Beam(kv=1.0), Raster(0.0, (4, 4), (5.0, 5.0)), electrons=150)


def numbers_of(shot: Shot) -> np.ndarray:
    """All that a shot says, in one row."""
    images = [part.ravel() for image in shot.images for part in (image.signal, image.standard_error)]
    return np.concatenate([*images, list(vars(shot.balance).values())]).astype(np.float64)


def sums_in_parts() -> np.ndarray:
    """Sums of the scene 'resin', shot in `PARTS`: per pixel and detector, and of squares; then the totals."""
    from core.simulate.electrons.cuda import device_shots

    scene = SCENES["resin"]
    count = len(scene.detectors)
    run = device_shots(scene.setting(), count)
    whole = Sums.of(20, count)
    for first, last, begin, end in PARTS:
        part = Sums.of(last - first, count)
        out = (part.sums.reshape(-1), part.squares.reshape(-1), part.totals)
        run((first, last, begin, end, 5, key_of(11, (1, 2))), out)
        whole.sums[first:last] += part.sums
        whole.squares[first:last] += part.squares
        whole.totals[...] += part.totals
    return np.concatenate([whole.sums.ravel(), whole.squares.ravel(), whole.totals])


def _cancelled() -> bool:
    """Whether a job stopped by its first report ends without the rest."""
    from core.errors import Cancelled

    job = Job(lambda _progress: job.stop.set())
    try:
        GOLD.shot("cuda", job)
    except Cancelled:
        return True
    return False


if __name__ == "__main__":
    found = {name: numbers_of(scene.shot("cuda")) for name, scene in SCENES.items()}
    np.savez(
        sys.argv[1],
        **found,
        gold=numbers_of(GOLD.shot("cuda")),
        parts=sums_in_parts(),
        cancelled=_cancelled(),
    )
