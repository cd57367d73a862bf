"""Components counted while the stack streams by equal those of a labelled volume."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy.ndimage import generate_binary_structure, label

from core.errors import ParameterError
from core.job import Job
from core.measure import components
from core.measure.components import ComponentCounter, Connectivity, label_components
from core.measure.results import ComponentResult
from core.volume import Array

SHAPES = st.tuples(st.integers(1, 8), st.integers(1, 8), st.sampled_from([1, 4, 64, 70]))


def streamed(solid: Array, connectivity: Connectivity, at: int) -> ComponentResult:
    counter = ComponentCounter(solid.shape, connectivity)  # type: ignore[arg-type]
    counter.add(solid[:at])
    counter.add(solid[at:])
    return counter.finish()


@settings(max_examples=40, deadline=None)
@given(
    seed=st.integers(0, 999),
    shape=SHAPES,
    share=st.sampled_from([0, 0.1, 0.3, 0.6, 1]),
    connectivity=st.sampled_from([6, 26]),
    at=st.integers(0, 8),
)
def test_equals_labels_in_memory(
    seed: int, shape: tuple[int, int, int], share: float, connectivity: Connectivity, at: int
) -> None:
    solid = np.random.default_rng(seed).random(shape) < share
    labels, count = label(solid, generate_binary_structure(3, 1 if connectivity == 6 else 3))
    sizes = np.bincount(labels.ravel(), minlength=count + 1)[1:]
    found = streamed(solid, connectivity, at)
    assert found.count == count
    assert list(found.largest) == sorted(sizes.tolist(), reverse=True)[:20]
    border = set()
    for axis in range(3):
        ends = np.moveaxis(labels, axis, 0)
        first, last = set(np.unique(ends[0])) - {0}, set(np.unique(ends[-1])) - {0}
        border |= first | last
        through = first & last
        assert found.percolates[axis] == bool(through)
        expected = sum(sizes[number - 1] for number in through) / max(1, solid.sum())
        assert found.percolating_fraction[axis] == pytest.approx(expected)
    isolated = sum(sizes[number - 1] for number in range(1, count + 1) if number not in border)
    assert found.isolated_fraction == pytest.approx(isolated / max(1, solid.sum()))


def test_a_small_table_gives_the_same(monkeypatch: pytest.MonkeyPatch) -> None:
    """Finished components leave the table whenever it is full."""
    solid = np.random.default_rng(1).random((40, 12, 90)) < 0.3
    whole = streamed(solid, 6, 17)
    monkeypatch.setattr(components, "_TABLE", 1)
    assert streamed(solid, 6, 17) == whole


def test_corners_join_only_with_26() -> None:
    solid = np.zeros((2, 2, 2), dtype=bool)
    solid[0, 0, 0] = solid[1, 1, 1] = True
    assert streamed(solid, 6, 1).count == 2
    assert streamed(solid, 26, 1).count == 1


def test_labels_go_by_size() -> None:
    solid = np.zeros((3, 4, 9), dtype=bool)
    solid[0, 0, 0] = solid[2, 0, 0:3] = solid[0, 3, 4:6] = solid[2, 3, 4:6] = True
    labels = label_components(solid, connectivity=6, job=Job())
    assert labels.dtype == np.int32
    assert (labels[2, 0, 0], labels[0, 3, 4], labels[2, 3, 4], labels[0, 0, 0]) == (1, 2, 3, 4)
    assert (labels > 0).tolist() == solid.tolist()


def test_refuses_slabs_that_do_not_fit() -> None:
    counter = ComponentCounter((2, 3, 4), 6)
    with pytest.raises(ParameterError, match="fit"):
        counter.add(np.ones((1, 3, 5), dtype=bool))
    with pytest.raises(ParameterError, match="add up"):
        counter.finish()
