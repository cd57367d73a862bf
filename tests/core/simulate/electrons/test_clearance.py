"""Electrons that are given up where vacuum is far away: nothing may change by it but the time."""

from __future__ import annotations

from dataclasses import replace
from itertools import product
from typing import Any, Literal

import numpy as np
import pytest

from core.job import Job
from core.simulate.electrons.cells import Cells, pack
from core.simulate.electrons.conditions import TLD, Beam, Detector, Physics
from core.simulate.electrons.material import VACUUM
from core.simulate.electrons.materials import material_of
from core.simulate.electrons.shoot import Shot, shoot
from core.simulate.electrons.tables import transport_tables
from core.simulate.electrons.world import Raster, World

MATERIALS = (*(material_of(name) for name in ("epoxy", "Au", "C")), VACUUM)
DETECTORS = (TLD, Detector(name="energy", weight="energy"))
RASTER = Raster(6.3, (12, 6), (25.0, 17.0), (-30.0, -20.0))


def under_a_cap(beyond: Literal["mirror", "periodic"], voxel: Any) -> Cells:
    """Lumps of gold in resin below a cap of carbon with vacuum above, and a hole far below."""
    lumps = np.random.default_rng(3).random((15, 15, 10)) < 0.2
    labels = np.kron(lumps, np.ones((4, 4, 4))).astype(np.uint8)
    labels[:, :9] = 3
    labels[:, 9:13] = 2
    labels[50:53, 41:44, 20:22] = 3
    return pack(World(labels, voxel, MATERIALS, (0.0, 0.0, 0.0), beyond), Job())


def shot(cells: Cells, kv: float, tilt: float = 0.0) -> Shot:
    beam = Beam(kv=kv, tilt_deg=tilt)
    tables = transport_tables(MATERIALS, kv, Physics())
    return shoot(
        cells, tables, RASTER, beam, DETECTORS, electrons_per_pixel=150, seed=4, job=Job(), threads=1
    )


@pytest.mark.parametrize("beyond", ["mirror", "periodic"])
@pytest.mark.parametrize(
    ("voxel", "kv", "tilt"), [((5.0,) * 3, 1.0, 0.0), ((5.0,) * 3, 2.0, 30.0), ((3.0, 6.0, 9.0), 1.0, 50.0)]
)
def test_same_bytes_with_and_without(
    beyond: Literal["mirror", "periodic"], voxel: Any, kv: float, tilt: float
) -> None:
    cells = under_a_cap(beyond, voxel)
    assert cells.clearance.max() > 0
    nowhere = replace(cells, clearance=np.zeros_like(cells.clearance))
    assert nowhere.clearance_nm == 0 < cells.clearance_nm
    found, expected = shot(cells, kv, tilt), shot(nowhere, kv, tilt)
    assert found.balance == expected.balance
    assert found.balance.lost > 0
    for one, other in zip(found.images, expected.images, strict=True):
        assert one.signal.tobytes() == other.signal.tobytes()
        assert one.standard_error.tobytes() == other.standard_error.tobytes()


def test_a_clearance_too_large_would_be_seen() -> None:
    """What the test above can tell apart."""
    cells = under_a_cap("mirror", (5.0,) * 3)
    everywhere = replace(cells, clearance=np.full_like(cells.clearance, 200))
    assert shot(cells, 2.0).balance != shot(everywhere, 2.0).balance


@pytest.mark.parametrize("beyond", ["mirror", "periodic"])
@pytest.mark.parametrize("shape", [(20, 41, 35), (8, 8, 8), (1, 30, 1), (17, 9, 64)])
def test_clearance_is_never_too_large(
    shape: tuple[int, int, int], beyond: Literal["mirror", "periodic"]
) -> None:
    """Against the distance of every voxel to every one of vacuum, also in repeats of the sample."""
    random = np.random.default_rng(1)
    labels = random.integers(0, 3, shape).astype(np.uint8)
    holes = [tuple(int(random.integers(0, side)) for side in shape) for _ in range(2)]
    for hole in holes:
        labels[hole] = 3
    cells = pack(World(labels, (5.0,) * 3, MATERIALS, beyond=beyond), Job())
    places = np.indices(shape)
    nearest = np.full(shape, 10_000)
    for hole, turn in product(holes, product((-1, 0, 1), repeat=2)):
        there = [hole[0]]
        for at, side, times in zip(hole[1:], shape[1:], turn, strict=True):
            mirrored = times != 0 and beyond == "mirror"
            there.append(times * side + (side - 1 - at if mirrored else at))
        away = [np.abs(axis - at) for axis, at in zip(places, there, strict=True)]
        nearest = np.minimum(nearest, np.max(away, axis=0))
    z, y, x = (axis // 8 + 1 for axis in places)
    free = 8 * cells.clearance[z, y, x].astype(int)
    # Of `nearest` voxels from middle to middle, one less lies between.
    assert (free <= np.maximum(nearest - 1, 0)).all()
    assert cells.has_vacuum
    assert cells.clearance_nm == (40 if cells.clearance.any() else 0)
    frame = cells.clearance.copy()
    frame[1:-1, 1:-1, 1:-1] = 0
    assert not frame.any()


def test_clearance_of_a_plane_of_vacuum() -> None:
    labels = np.zeros((30, 50, 20), np.uint8)
    labels[:, :3] = 3
    cells = pack(World(labels, (5.0, 2.5, 4.0), MATERIALS), Job())
    assert (cells.clearance[1:-1, 1:-1, 1:-1] == np.array([0, 0, 1, 2, 3, 4, 5])[None, :, None]).all()
    assert cells.clearance_nm == 20


def test_without_vacuum_there_is_nothing_to_watch() -> None:
    cells = pack(World(np.zeros((30, 30, 30), np.uint8), (5.0,) * 3, MATERIALS), Job())
    assert cells.clearance.shape == (1, 1, 1)
    assert cells.clearance_nm == 0
    assert not cells.has_vacuum
