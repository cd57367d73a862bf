"""Where voxels lie: true proportions, uneven slices, holes."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from app.geometry import Frame, Lens, X, Y, Z, readable_length
from core.volume import VolumeInfo


def info(shape: tuple[int, int, int] = (5, 4, 3), **rest: object) -> VolumeInfo:
    return VolumeInfo(shape, np.dtype(np.uint8), **rest)  # type: ignore[arg-type]


def test_even_volume_has_true_lengths() -> None:
    frame = Frame(info(voxel_nm=(20.0, 5.0, 4.0)))
    assert [frame.length(axis) for axis in (Z, Y, X)] == [100.0, 20.0, 12.0]
    assert frame.even
    assert frame.note == ""
    assert frame.centre(Z, 0) == 10.0
    assert frame.centre(X, 2) == 10.0


def test_unknown_size_is_drawn_as_cubes_and_said() -> None:
    frame = Frame(info(voxel_nm=(10.0, None, 4.0)))
    assert frame.unit == "px"
    assert frame.size == (1.0, 1.0, 1.0)
    assert "unknown" in frame.note


def test_unknown_slice_distance_is_drawn_equal_to_x_and_said() -> None:
    frame = Frame(info(voxel_nm=(None, 5.0, 4.0)))
    assert frame.size == (4.0, 5.0, 4.0)
    assert not frame.z_known
    assert "slice distance unknown" in frame.note


def test_missing_slices_leave_a_hole() -> None:
    frame = Frame(info((4, 4, 3), voxel_nm=(10.0, 5.0, 5.0), slice_numbers=(0, 1, 4, 5)))
    assert not frame.even
    assert frame.length(Z) == 60.0
    at = frame.slices_at(np.array([5.0, 15.0, 25.0, 35.0, 45.0, 55.0, 61.0, -1.0]))
    assert at.tolist() == [0, 1, -1, -1, 2, 3, -1, -1]


def test_uneven_slices_meet_in_the_middle() -> None:
    frame = Frame(info((4, 4, 3), voxel_nm=(None, 5.0, 5.0), z_nm=(0.0, 10.0, 18.0, 36.0)))
    begins, ends = frame.z_edges
    np.testing.assert_allclose(begins[1:], ends[:-1])
    assert frame.slices_at(np.array([begins[1] + 0.1, ends[1] - 0.1])).tolist() == [1, 1]
    missing = Frame(
        info((4, 4, 3), voxel_nm=(None, 5.0, 5.0), z_nm=(0.0, 10.0, 18.0, 36.0), slice_numbers=(0, 1, 2, 4))
    )
    assert missing.slices_at(np.array([missing.centre(Z, 2) + 9.0])).tolist() == [-1], "one is left out"
    far = Frame(info((4, 4, 3), voxel_nm=(None, 5.0, 5.0), z_nm=(0.0, 10.0, 20.0, 60.0)))
    assert far.slices_at(np.array([45.0])).tolist() == [-1]


@given(
    st.lists(st.floats(1, 100), min_size=1, max_size=20),
    st.floats(0, 1),
)
def test_every_slice_is_found_at_its_own_middle(steps: list[float], share: float) -> None:
    z_nm = (0.0, *np.cumsum(steps).tolist())
    frame = Frame(info((len(z_nm), 2, 2), voxel_nm=(None, 5.0, 5.0), z_nm=z_nm))
    middles = np.array([frame.centre(Z, index) for index in range(len(z_nm))])
    assert frame.slices_at(middles).tolist() == list(range(len(z_nm)))
    assert [frame.index_at(Z, middle) for middle in middles] == list(range(len(z_nm)))
    assert 0 <= frame.index_at(Z, share * frame.length(Z)) < len(z_nm)
    assert min(frame.z_edges[0]) >= -1e-9


def test_single_slice_has_a_thickness() -> None:
    assert Frame(info((1, 4, 3), voxel_nm=(7.0, 5.0, 5.0))).length(Z) == 7.0


def test_fit_shows_all_of_every_cut() -> None:
    frame = Frame(info((50, 40, 80), voxel_nm=(10.0, 5.0, 5.0)))
    lens = Lens([0.0, 0.0, 0.0])
    lens.fit(frame, {Z: (100.0, 200.0), Y: (100.0, 200.0), X: (100.0, 50.0)})
    assert lens.centre == [250.0, 100.0, 200.0]
    assert lens.scale * 50 >= frame.length(Z)
    assert lens.scale * 200 >= frame.length(X)


@given(st.floats(0.3, 3), st.floats(0, 200), st.floats(0, 400))
def test_zoom_keeps_the_place_under_the_mouse(factor: float, row: float, column: float) -> None:
    frame = Frame(info((50, 40, 80), voxel_nm=(10.0, 5.0, 5.0)))
    lens = Lens([250.0, 100.0, 200.0], 2.0)
    before = ((row - lens.centre[Y]) / lens.scale, (column - lens.centre[X]) / lens.scale)
    lens.zoom(factor, frame, Z, (row, column))
    after = ((row - lens.centre[Y]) / lens.scale, (column - lens.centre[X]) / lens.scale)
    assert after == pytest.approx(before, abs=1e-6)


@pytest.mark.parametrize(
    ("length_nm", "text"),
    [(0.5, "0.5 nm"), (250, "250 nm"), (1500, "1.5 µm"), (2.5e6, "2.5 mm"), (-1500, "-1.5 µm")],
)
def test_lengths_get_the_unit_a_reader_expects(length_nm: float, text: str) -> None:
    assert readable_length(length_nm) == text
