"""Lengths and angles with known answers, in each cut, with even and uneven slices."""

from __future__ import annotations

import math

import numpy as np
import pytest

from app.geometry import Frame, X, Y, Z
from app.plots.lines import Line, angle_of, is_true, length_of, table_of, value_of
from core.volume import VolumeInfo

UNEVEN_NM = (100.0, 110.0, 118.0, 136.0)  # begins elsewhere than at 0


def frame(**rest: object) -> Frame:
    known: dict[str, object] = {"voxel_nm": (10.0, 5.0, 5.0), **rest}
    return Frame(VolumeInfo((4, 40, 50), np.dtype(np.uint8), **known))  # type: ignore[arg-type]


def line(kind: str, axis: int, *points: tuple[float, float]) -> Line:
    return Line(kind, axis, 2, points, 1)  # type: ignore[arg-type]


def test_lengths_and_angles() -> None:
    assert length_of((0, 0), (30, 40)) == 50
    assert angle_of((0, 10), (0, 0), (10, 0)) == pytest.approx(90)
    assert angle_of((0, 10), (0, 0), (0, -5)) == pytest.approx(180)
    assert angle_of((10, 10), (0, 0), (0, 3)) == pytest.approx(45)
    assert angle_of((0, 3), (0, 0), (-10, 10)) == pytest.approx(45)
    assert math.isnan(angle_of((0, 0), (0, 0), (1, 1)))


def test_a_distance_in_the_slice_is_told_in_nm_and_pixels() -> None:
    assert value_of(line("distance", Z, (10, 10), (40, 50)), frame()) == "50 nm (10.0 px)"


def test_a_distance_along_z_counts_slices_and_pixels_apart() -> None:
    assert value_of(line("distance", Y, (5, 10), (35, 50)), frame()) == "50 nm (z 3.0 slices, x 8.0 px)"
    assert value_of(line("distance", X, (10, 5), (50, 35)), frame()) == "50 nm (y 8.0 px, z 3.0 slices)"


def test_uneven_slices_count_where_they_were_taken() -> None:
    uneven = frame(voxel_nm=(None, 5.0, 5.0), z_nm=UNEVEN_NM)
    places = uneven.z_centres
    np.testing.assert_allclose(np.diff(places), np.diff(UNEVEN_NM))
    first_to_last = line("distance", Y, (places[0], 20), (places[3], 20))
    assert value_of(first_to_last, uneven) == "36 nm (z 3.0 slices, x 0.0 px)"
    last_two = line("distance", X, (20, places[2]), (20, places[3]))
    assert value_of(last_two, uneven) == "18 nm (y 0.0 px, z 1.0 slices)"
    # 18 nm down and 18 nm along x: half a right angle only with the true distance of the slices
    angle = line("angle", Y, (places[3], 38), (places[2], 20), (places[2], 40))
    assert value_of(angle, uneven) == "45.0°"


def test_what_is_not_known_is_not_told_in_nm() -> None:
    cubes = frame(voxel_nm=(None, None, None))
    assert value_of(line("distance", Z, (0, 0), (3, 4)), cubes) == "5.0 px"
    assert value_of(line("angle", Z, (0, 5), (0, 0), (5, 0)), cubes) == "90.0° as drawn"
    no_distance = frame(voxel_nm=(None, 5.0, 5.0))
    assert is_true(no_distance, Z)
    assert not is_true(no_distance, Y)
    assert value_of(line("distance", Y, (2.5, 10), (17.5, 50)), no_distance) == "z 3.0 slices, x 8.0 px"
    oblong = frame(voxel_nm=(10.0, 4.0, 5.0))
    assert value_of(line("distance", Z, (0, 0), (4, 10)), oblong) == "10.77 nm (y 1.0 px, x 2.0 px)"


def test_all_lines_as_a_table() -> None:
    rows = table_of(
        [line("distance", Z, (10, 10), (40, 50)), line("angle", Z, (0, 9), (0, 0), (9, 0))], frame()
    )
    head, first, second = rows.splitlines()
    assert head.startswith("name,cut,index,length_nm,angle_deg")
    assert first == "Distance 1,xy,2,50,,6,8,1.50 1.50; 7.50 9.50"
    assert second.startswith("Angle 1,xy,2,,90,,,")
