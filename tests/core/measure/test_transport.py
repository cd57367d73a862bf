"""Transport along the three axes put together, and what is done when the whole does not fit into memory."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from core.errors import MissingMetadataError, NotEnoughMemoryError, ParameterError
from core.job import Job
from core.measure.results import TransportResult
from core.measure.transport import BYTES_PER_VOXEL, _box, transport, transport_of
from core.volume import Array, ArraySource

CUBES = (1.0, 1.0, 1.0)


def measured(phase: Array, connectivity: int = 6) -> tuple[TransportResult, tuple[str, ...]]:
    return transport(phase, connectivity=connectivity, voxel_nm=CUBES, job=Job())


def solid(block: Array) -> Array:
    found: Array = block > 0
    return found


def test_channels_along_one_axis() -> None:
    phase = np.zeros((12, 10, 10), dtype=np.bool_)
    phase[:, 2:5, 3] = True
    found, notes = measured(phase)
    assert found.z.geometric_tortuosity == 1.0
    assert found.z.conductivity == pytest.approx(0.03, rel=1e-9)
    assert found.z.diffusive_tortuosity == pytest.approx(1, rel=1e-9)
    assert found.z.residual is not None
    assert found.z.residual < 1e-6
    for axis in (found.y, found.x):
        assert axis.model_dump() == dict.fromkeys(axis.model_dump())
    assert found.shape_px == (12, 10, 10)
    assert found.box_px is None
    assert notes == tuple(f"nothing conducts through the volume along {axis}" for axis in "yx")


def test_full_and_empty() -> None:
    found, notes = measured(np.ones((6, 5, 4), dtype=np.bool_))
    for axis in (found.z, found.y, found.x):
        assert axis.geometric_tortuosity == 1.0
        assert axis.conductivity == pytest.approx(1)
        assert axis.diffusive_tortuosity == pytest.approx(1)
    assert notes == ()
    assert len(measured(np.zeros((6, 5, 4), dtype=np.bool_))[1]) == 3


def test_edges_are_ways_but_do_not_conduct() -> None:
    found, _ = measured(np.eye(8, dtype=np.bool_)[:, :, None], connectivity=26)
    assert found.z.geometric_tortuosity == pytest.approx(2**0.5)
    assert found.z.conductivity is None


def test_diffusion_is_slowed_down_more_than_ways_are_long() -> None:
    """Plates with a hole in each, at changing places: ways wind, and holes are narrow."""
    phase = np.ones((16, 16, 16), dtype=np.bool_)
    phase[4::8] = False
    phase[4, 1:3, 1:3] = phase[12, 12:14, 12:14] = True
    found, _ = measured(phase)
    assert found.z.geometric_tortuosity is not None
    assert found.z.diffusive_tortuosity is not None
    assert 1.3 < found.z.geometric_tortuosity < found.z.diffusive_tortuosity
    assert found.z.diffusive_tortuosity == pytest.approx(float(phase.mean()) / (found.z.conductivity or 0))


def test_middle_where_the_whole_does_not_fit() -> None:
    volume = np.zeros((40, 50, 30), dtype=np.uint8)
    volume[10:30, 15:35, 5:25] = 255
    budget_mb = 20**3 * BYTES_PER_VOXEL / 2**20
    options = {"connectivity": 6, "voxel_nm": CUBES, "job": Job()}
    found, notes = transport_of(ArraySource(volume), solid, memory_mb=budget_mb, **options)
    assert found.box_px == ((10, 30), (15, 35), (5, 25))
    assert found.shape_px == (40, 50, 30)
    assert found.x.conductivity == pytest.approx(1)
    assert "middle 20 x 20 x 20 of 40 x 50 x 30 voxels" in notes[0]
    whole, notes = transport_of(ArraySource(volume), solid, **options)
    assert whole.box_px is None
    assert whole.x.conductivity is None
    assert not any("middle" in note for note in notes)


@given(shape=st.tuples(*[st.integers(1, 3000)] * 3), memory_mb=st.floats(1, 4000))
@example(shape=(26, 26, 30), memory_mb=1.125)  # the two short sides just fit
def test_the_middle_is_as_large_as_memory_allows(shape: tuple[int, int, int], memory_mb: float) -> None:
    most = memory_mb * 2**20 / BYTES_PER_VOXEL
    try:
        box = _box(shape, memory_mb)
    except NotEnoughMemoryError:
        return
    sides = [stop - start for start, stop in box]
    assert all(0 <= start < stop <= side for (start, stop), side in zip(box, shape, strict=True))
    assert np.prod(sides, dtype=float) <= most
    if tuple(sides) != shape:
        longer = [min(side, max(sides) + 1) for side in shape]
        assert np.prod(longer, dtype=float) > most


def test_refusals() -> None:
    source = ArraySource(np.ones((20, 20, 20), dtype=np.uint8))
    with pytest.raises(MissingMetadataError, match="voxel size"):
        transport_of(source, solid, connectivity=6, voxel_nm=None, job=Job())
    with pytest.raises(NotEnoughMemoryError, match="bytes per voxel"):
        transport_of(source, solid, connectivity=6, voxel_nm=CUBES, job=Job(), memory_mb=0.1)
    with pytest.raises(ParameterError, match="yes or no"):
        transport_of(source, lambda block: block, connectivity=6, voxel_nm=CUBES, job=Job())
