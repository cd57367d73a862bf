"""Boxes around voxels, against a distance transform of another library."""

from __future__ import annotations

from typing import Literal

import numpy as np
import pytest
from scipy.ndimage import distance_transform_cdt

from core.errors import Cancelled
from core.job import Job
from core.simulate.electrons.cells import pack
from core.simulate.electrons.materials import material_of
from core.simulate.electrons.world import World

MATERIALS = tuple(material_of(name) for name in ("epoxy", "Au", "Si"))
WIDEST = 30


def expected_widths(labels: np.ndarray, beyond: str) -> np.ndarray:
    """Nothing limits boxes above the first plane; the mirrored edge is as good as more of the same."""
    margin = WIDEST + 1
    padded = np.pad(labels, ((margin, 0), (0, 0), (0, 0)), mode="edge")
    side = margin if beyond == "mirror" else 1
    mode = {"mode": "symmetric"} if beyond == "mirror" else {"constant_values": 255}
    padded = np.pad(padded, ((0, 0), (side, side), (side, side)), **mode)
    padded = np.pad(padded, ((0, 1), (0, 0), (0, 0)), constant_values=255)
    widths = np.zeros(labels.shape, int)
    for label in np.unique(labels):
        distance = distance_transform_cdt(padded == label, "chessboard") - 1
        z, y, x = labels.shape
        inner = distance[margin : margin + z, side : side + y, side : side + x]
        widths[labels == label] = np.minimum(inner, WIDEST)[labels == label]
    return widths


@pytest.mark.parametrize("beyond", ["mirror", "periodic"])
@pytest.mark.parametrize(
    ("shape", "lump"),
    [((20, 13, 17), 1), ((6, 7, 5), 5), ((3, 2, 1), 1), ((1, 1, 1), 1), ((4, 1, 12), 4), ((3, 3, 3), 25)],
)
def test_boxes(shape: tuple[int, int, int], lump: int, beyond: Literal["mirror", "periodic"]) -> None:
    lumps = np.random.default_rng(3).integers(0, 3, shape).astype(np.uint8)
    labels = np.kron(lumps, np.ones((lump, lump, lump), np.uint8))
    cells = pack(World(labels, (5.0, 4.0, 3.0), MATERIALS, beyond=beyond), Job())
    inner = cells.packed[1:-1, 1:-1, 1:-1]
    assert (inner >> 5 == labels).all()
    assert (inner & 31 == expected_widths(labels, beyond)).all()
    assert cells.shape == labels.shape
    frame = cells.packed.copy()
    frame[1:-1, 1:-1, 1:-1] = 31
    assert (frame == 31).all()


def test_memory_layout_does_not_matter() -> None:
    labels = np.random.default_rng(0).integers(0, 2, (8, 9, 10)).astype(np.uint8)
    plain = pack(World(labels, (5.0,) * 3, MATERIALS), Job()).packed
    turned = np.asfortranarray(labels)
    turned.setflags(write=False)
    assert (pack(World(turned, (5.0,) * 3, MATERIALS), Job()).packed == plain).all()


def test_which_materials_there_are() -> None:
    labels = np.zeros((4, 4, 4), np.uint8)
    labels[1, 2, 3] = 2
    cells = pack(World(labels, (5.0,) * 3, MATERIALS, origin_nm=(-10.0, 0.0, 0.0)), Job())
    assert cells.present == (True, False, True)
    assert cells.depth_nm == 10


def test_packing_can_be_stopped() -> None:
    job = Job()
    job.stop.set()
    with pytest.raises(Cancelled):
        pack(World(np.zeros((4, 4, 4), np.uint8), (5.0,) * 3, MATERIALS), job)
