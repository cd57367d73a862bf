"""What every structure has to keep to, whatever its kind."""

from __future__ import annotations

import pickle

import numpy as np

from core.job import Job
from core.simulate.structures import Pattern, Structure, pattern_of
from core.volume import Array, Shape


def made(
    structure: Structure, shape: Shape = (64, 64, 64), *, voxel_nm: float = 2.5, seed: int = 1
) -> Pattern:
    return pattern_of(structure, shape=shape, voxel_nm=voxel_nm, seed=seed, job=Job())


def whole(pattern: Pattern) -> Array:
    """All labels within the nominal shape."""
    return pattern.read(*((0, side) for side in pattern.shape))


def check_reading(pattern: Pattern, seed: int = 0) -> None:
    """The same voxel is the same in any block, also after pickling, before zero and beyond the shape."""
    sides = pattern.shape
    ranges = [(-side // 3, side + side // 3) for side in sides]
    large = pattern.read(*ranges)
    assert large.dtype == np.uint8
    assert large.shape == tuple(stop - start for start, stop in ranges)
    assert int(large.max()) < len(pattern.labels)
    again: Pattern = pickle.loads(pickle.dumps(pattern))
    rng = np.random.default_rng(seed)
    for turn in range(12):
        starts = [int(rng.integers(start, stop)) for start, stop in ranges]
        stops = [
            int(rng.integers(a + 1, min(stop, a + (1 if axis == turn % 4 else 50)) + 1))
            for axis, (a, (_, stop)) in enumerate(zip(starts, ranges, strict=True))
        ]
        block = again.read(*zip(starts, stops, strict=True))
        place = tuple(
            slice(a - start, b - start) for a, b, (start, _) in zip(starts, stops, ranges, strict=True)
        )
        assert np.array_equal(block, large[place])
