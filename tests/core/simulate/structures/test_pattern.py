"""What all patterns share: folding of ranges, levels from counts, refusals, cancelling."""

from __future__ import annotations

from typing import Literal

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from core.errors import Cancelled, NotEnoughMemoryError, ParameterError
from core.job import Job, Progress
from core.simulate.structures import PatternSource, pattern_of
from core.simulate.structures.kinds import LeveledWave, Polycrystal, Spheres, Structure
from core.simulate.structures.levels import BINS, blocks_of, level_of, stride_of
from core.simulate.structures.pattern import pieces
from core.volume import ALL
from tests.core.simulate.structures.reading import made


@given(
    start=st.integers(-40, 40),
    count=st.integers(1, 40),
    length=st.integers(1, 12),
    continues=st.sampled_from(["periodic", "mirrored"]),
)
def test_pieces_put_together_give_the_folded_line(
    start: int, count: int, length: int, continues: Literal["periodic", "mirrored"]
) -> None:
    out = np.full(count, -1)
    for (first, last), place in pieces((start, start + count), length, continues):
        out[place] = np.arange(first, last)
    line = np.arange(length)
    if continues == "mirrored":
        line = np.concatenate([line, line[::-1]])
    assert out.tolist() == line[np.arange(start, start + count) % len(line)].tolist()


def test_blocks_fill_the_shape_once() -> None:
    seen = np.zeros((7, 12, 5), dtype=int)
    for ranges in blocks_of((7, 12, 5), 5):
        seen[tuple(slice(*part) for part in ranges)] += 1
    assert (seen == 1).all()


def test_level_comes_nearest_to_the_share() -> None:
    counts = np.zeros(BINS, dtype=np.int64)
    counts[[10, 20, 30]] = [100, 250, 650]
    assert level_of(counts, 0.12, "test") == (11, 0.1)
    assert level_of(counts, 0.33, "test") == (21, 0.35)
    with pytest.raises(ParameterError, match="empty"):
        level_of(counts, 0.01, "test")
    with pytest.raises(ParameterError, match="empty"):
        level_of(counts, 0.9, "test")
    with pytest.raises(ParameterError, match="no room"):
        level_of(np.append(counts, 9000), 0.12, "test")  # the last entry: covered by nothing


def test_large_shapes_are_sampled() -> None:
    assert stride_of((512, 512, 512)) == 1
    assert stride_of((513, 512, 512)) == 2
    assert stride_of((2048, 2048, 2048)) == 4


@pytest.mark.parametrize("structure", [LeveledWave(), Spheres(), Polycrystal(grain_nm=60, pore_nm=20)])
def test_can_be_cancelled_while_the_level_is_sought(structure: Structure) -> None:
    job = Job()

    def stop(progress: Progress) -> None:
        if progress.done == 1:
            job.stop.set()

    watched = Job(stop, job.stop)
    with pytest.raises(Cancelled):
        pattern_of(structure, shape=(64, 64, 300), voxel_nm=2.5, seed=1, job=watched)


def test_blocks_beyond_memory_and_empty_ranges_are_refused() -> None:
    pattern = made(LeveledWave(), (30, 30, 30))
    with pytest.raises(NotEnoughMemoryError, match="MiB"):
        pattern.read((0, 1 << 20), (0, 1 << 20), (0, 1 << 20))
    with pytest.raises(ParameterError, match="impossible range"):
        pattern.read((5, 5), (0, 1), (0, 1))
    with pytest.raises(ParameterError, match="outside the volume"):
        PatternSource(pattern).read(slice(20, 40), ALL, ALL)
