"""Electrons that fly exactly along the planes of voxels: rare by chance, and divided by."""

from __future__ import annotations

import numpy as np
import pytest

from core.job import Job
from core.simulate.electrons.cells import pack
from core.simulate.electrons.conditions import TLD, Beam, Physics
from core.simulate.electrons.kernels.shots import UNIT, shoot_pixels
from core.simulate.electrons.material import VACUUM
from core.simulate.electrons.materials import material_of
from core.simulate.electrons.shoot import Sums, kernel_arguments, key_of
from core.simulate.electrons.tables import transport_tables
from core.simulate.electrons.world import Raster, World


@pytest.mark.parametrize("solid", ["Au", "C"])
def test_direction_without_a_depth_gives_finite_energies(solid: str) -> None:
    labels = np.ones((12, 16, 16), np.uint8)
    labels[:, 6:10, 6:10] = 0
    materials = (VACUUM, material_of(solid))
    beam, raster = Beam(kv=1), Raster(4.0, (8, 8), (4.0, 4.0))
    cells = pack(World(labels, (2.0, 2.0, 2.0), materials), Job())
    tables = transport_tables(materials, 1.0, Physics())
    setting = list(kernel_arguments(cells, tables, raster, beam, (TLD,)))
    # The last entries before energy and windows are cosine and sine of the tilt: 90 degrees, exactly.
    assert (float(setting[-4]), float(setting[-3])) == (1.0, 0.0)
    setting[-4], setting[-3] = np.float32(0), np.float32(1)
    sums = Sums.of(64, 1)
    numbers = (0, 64, 0, 50, 8, key_of(1, ()))
    shoot_pixels((*numbers, *setting, sums.sums.reshape(-1), sums.squares.reshape(-1), sums.totals))
    assert sums.totals[:3].sum() == 64 * 50
    assert (sums.totals >= 0).all()
    assert sums.totals[3:].sum() == 64 * 50 * UNIT
    assert sums.totals[1] > 0
