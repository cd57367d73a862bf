"""Sub-volumes are counted exactly, and independent voxels have an integral range of one voxel."""

from __future__ import annotations

import threading

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from core.errors import Cancelled, ParameterError
from core.job import Job
from core.measure import representative as module
from core.measure.representative import fitted_sizes, representative
from core.measure.results import RepresentativeResult, RepresentativeSize
from core.simulate.structures import pattern_of
from core.simulate.structures.kinds import LeveledWave
from core.volume import Array, ArraySource

CUBES = (1.0, 1.0, 1.0)


def measured(
    phase: Array,
    voxel_nm: tuple[float, float, float] | None = CUBES,
    quantity: module.Quantity = "fraction",
) -> RepresentativeResult:
    source = ArraySource(phase.astype(np.uint8))
    return representative(source, lambda block: block > 0, voxel_nm=voxel_nm, job=Job(), quantity=quantity)


def blocks(values: Array, side: tuple[int, int, int]) -> Array:
    """Mean of each whole block."""
    z, y, x = (length // n for length, n in zip(values.shape, side, strict=True))
    cut = values[: z * side[0], : y * side[1], : x * side[2]]
    return cut.reshape(z, side[0], y, side[1], x, side[2]).mean(axis=(1, 3, 5))


@settings(max_examples=10)
@given(
    shape=st.tuples(*[st.integers(16, 45)] * 3),
    seed=st.integers(0, 2**32 - 1),
    thin=st.sampled_from([1, 4]),
)
def test_blocks_are_counted_exactly(shape: tuple[int, int, int], seed: int, thin: int) -> None:
    """In slabs that fit no block; with voxels four times as long along z, too."""
    phase = np.random.default_rng(seed).random(shape) < 0.3
    found = measured(phase, (float(thin), 1.0, 1.0))
    for size in found.sizes:
        side = (max(1, round(size.side_px / thin)), size.side_px, size.side_px)
        expected = blocks(phase.astype(float), side)
        assert size.count == expected.size
        assert size.mean == pytest.approx(expected.mean())
        assert size.sd == pytest.approx(expected.std(ddof=1))
        assert size.side_nm == pytest.approx((np.prod(side) * thin) ** (1 / 3))


def test_slabs_change_nothing(monkeypatch: pytest.MonkeyPatch) -> None:
    phase = np.random.default_rng(1).random((37, 40, 41)) < 0.5
    whole = measured(phase), measured(phase, quantity="surface")
    monkeypatch.setattr(module, "_SLAB_BYTES", 5000)
    assert (measured(phase), measured(phase, quantity="surface")) == whole


def test_sides_grow_to_half_of_the_shortest() -> None:
    found = measured(np.random.default_rng(2).random((130, 40, 128)) < 0.5, (1.0, 4.0, 1.0))
    assert [size.side_px for size in found.sizes] == [8, 11, 16, 23, 32, 45, 64]
    assert [size.count for size in found.sizes[:2]] == [16 * 20 * 16, 11 * 13 * 11]
    assert measured(np.ones((15, 100, 100))).sizes == ()


def test_independent_voxels_have_a_range_of_one_voxel() -> None:
    phase = np.random.default_rng(3).random((96, 96, 96)) < 0.1
    found = measured(phase, (2.0, 2.0, 2.0))
    assert found.integral_range_nm3 == pytest.approx(8, rel=0.06)
    assert found.standard_error == pytest.approx((0.1 * 0.9 / 96**3) ** 0.5, rel=0.05)
    # 1 % of 0.1: 0.09 / 0.001² voxels
    assert found.side_for_1_percent_nm == pytest.approx(2 * 90_000 ** (1 / 3), rel=0.05)
    assert found.representative is True
    assert measured(phase[:32, :32, :32]).representative is False


def test_larger_grains_have_a_larger_range() -> None:
    """Cubes of 4 voxels: an integral range of 64."""
    grains = np.random.default_rng(4).random((32, 32, 32)) < 0.5
    phase = np.kron(grains, np.ones((4, 4, 4)))[1:, 2:, 3:]  # blocks cut through grains
    found = measured(phase)
    assert found.integral_range_nm3 == pytest.approx(64, rel=0.3)


def test_leveled_wave() -> None:
    """The range of a wave is a good part of a ligament's cube (6 voxels), as waves repeat themselves."""
    params = LeveledWave(ligament_nm=(15,), solid_fraction=(0.35,))
    pattern = pattern_of(params, shape=(112,) * 3, voxel_nm=2.5, seed=1, job=Job())
    found = measured(pattern.read(*[(0, 112)] * 3), (2.5, 2.5, 2.5))
    assert found.integral_range_nm3 is not None
    assert 0.1 * 15**3 < found.integral_range_nm3 < 3 * 15**3
    assert found.standard_error is not None
    assert 0.0005 < found.standard_error < 0.01


def test_unknown_size_of_voxels_leaves_lengths_out() -> None:
    found = measured(np.random.default_rng(5).random((64, 64, 64)) < 0.3, None)
    assert found.integral_range_nm3 is None
    assert found.side_for_1_percent_nm is None
    assert all(size.side_nm is None for size in found.sizes)
    assert found.standard_error == pytest.approx((0.21 / 64**3) ** 0.5, rel=0.1)
    assert found.representative is True


@pytest.mark.parametrize("full", [False, True])
def test_uniform_volumes_tell_nothing(full: bool) -> None:
    found = measured(np.full((40, 40, 40), full))
    assert found.representative is None
    assert found.integral_range_nm3 is None
    assert found.standard_error is None
    assert [size.sd for size in found.sizes] == [0.0] * 3
    assert found.sizes[0].mean == float(full)


def test_a_drift_tells_nothing() -> None:
    """The variance of a volume that is empty at one end and full at the other does not fall as 1 / V."""
    z = np.arange(96)[:, None, None] / 96
    assert measured(np.random.default_rng(6).random((96, 96, 96)) < z).representative is None


def test_fit_takes_the_sizes_along_which_the_variance_falls() -> None:
    volumes = [8.0**k for k in range(1, 7)]
    falls = [1.0, 0.9, 0.8, 0.1, 0.0125, 0.0015]
    counts = [5000, 4000, 3000, 2000, 1000, 5]
    sizes = [
        RepresentativeSize(side_px=2**k, side_nm=None, count=count, mean=0.5, sd=fall**0.5)
        for k, (fall, count) in enumerate(zip(falls, counts, strict=True))
    ]
    assert fitted_sizes(sizes, volumes) == range(2, 5)
    assert fitted_sizes(sizes[:4], volumes[:4]) == range(0)
    assert fitted_sizes([], []) == range(0)


def test_surface_of_plates() -> None:
    """Plates of 4 voxels, 4 apart, across y: a face every 4 voxels of 2 nm, wherever a block lies."""
    phase = np.zeros((48, 64, 48), dtype=np.bool_)
    phase[:, np.arange(64) % 8 < 4] = True
    found = measured(phase, (3.0, 2.0, 3.0), "surface")
    sizes = [size for size in found.sizes if size.side_px % 4 == 0]
    assert len(sizes) >= 2
    for size in sizes:
        assert (size.mean, size.sd) == (pytest.approx(1 / 8), pytest.approx(0, abs=1e-12))
    noise = np.random.default_rng(7).random((96, 96, 96)) < 0.5
    found = measured(noise, (2.0, 2.0, 2.0), "surface")
    assert found.quantity == "surface"
    assert found.sizes[-1].mean == pytest.approx(3 / 2 / 2, rel=0.02)
    assert found.integral_range_nm3 is None
    assert found.representative is True


def test_refuses_and_stops() -> None:
    source = ArraySource(np.ones((20, 20, 20), dtype=np.uint8))
    with pytest.raises(ParameterError, match="no such quantity"):
        representative(source, lambda b: b > 0, voxel_nm=None, job=Job(), quantity="euler")  # type: ignore[arg-type]
    stop = threading.Event()
    stop.set()
    with pytest.raises(Cancelled):
        representative(source, lambda b: b > 0, voxel_nm=None, job=Job(stop=stop))
