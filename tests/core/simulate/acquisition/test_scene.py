"""The sample: structure, cap layer, ruler and fiducial, where they belong and on every slice."""

from __future__ import annotations

import math

import numpy as np
import pytest

from core.errors import ParameterError, VoxelError
from core.job import Job
from core.simulate.acquisition.delivery import face_labels, insulates
from core.simulate.acquisition.marks import CAP, CROSS, EMPTY, MARK, STRIP
from core.simulate.acquisition.scene import Scene, TruthSource, require_contents, scene_of
from core.simulate.acquisition.schedule import schedule_of
from core.simulate.acquisition.windows import Windows, reach_of
from core.simulate.electrons.materials import material_of
from core.simulate.plan import Plan
from tests.core.simulate.acquisition.plans import plan

RULER = {"on": True, "above_nm": 10, "cap_nm": 40, "mark_depth_nm": 25, "mark_width_nm": 20}
WIDE = {"slices": 11, "rows": 48, "columns": 160}


def scene(made: Plan) -> Scene:
    return scene_of(made, schedule_of(made), Job())


def values(one: Scene) -> dict[str, int]:
    return {name: value for value, name in enumerate(one.labels)}


def test_truth_covers_the_field_from_first_to_last_face() -> None:
    one = scene(plan(field={"pixel_nm": 3.0}))
    assert one.shape == (9, 29, 39)  # 20 nm / 2.5 + 1 planes; 72 and 96 nm in voxels of 2.5 nm
    assert TruthSource(one).read(slice(None)).shape == one.shape
    assert one.labels == ("pore", "solid")
    assert [one.materials[index].name for index in one.material_index] == ["epoxy", "Au"]


def test_first_depth_shifts_the_structure() -> None:
    shallow = scene(plan(field={"slices": 9}))
    deep = scene(plan(milling={"first_nm": 60}))
    # Both know the structure to the same depth (80 nm), so that its fraction is exact over the same voxels.
    assert np.array_equal(deep.read((0, 9), (0, 24), (0, 32)), shallow.read((24, 33), (0, 24), (0, 32)))


def test_ruler_marks_move_by_tan_of_the_angle() -> None:
    one = scene(plan(field=WIDE, ruler={**RULER, "angle_deg": 30}))
    value = values(one)
    row = one.read((0, one.shape[0]), (6, 7), (0, one.shape[2]))[:, 0]  # 15-17.5 nm: within the marks
    assert set(np.unique(row)) == {value[CAP], value[MARK]}
    starts = [np.flatnonzero(np.diff((line == value[MARK]).astype(int)) == 1) + 1 for line in row]
    ends = [np.flatnonzero(np.diff((line == value[MARK]).astype(int)) == -1) + 1 for line in row]
    centres = 2.5 * (np.array(starts) + np.array(ends)) / 2
    assert centres.shape == (len(row), 4)
    depth = 2.5 * np.arange(len(row))
    slope = math.tan(math.radians(30))
    for number, expected in enumerate([0, slope, -slope, 0]):
        moved = centres[:, number] - one.marks.first_x_nm[number]
        # A mark ends where the centre of a voxel lies within it: half a voxel at most.
        assert np.abs(moved - expected * depth).max() <= 1.26
        assert np.polyfit(depth, moved, 1)[0] == pytest.approx(expected, abs=0.01)
    assert np.all(2.5 * (np.array(ends) - np.array(starts)) == 20)


def test_ruler_lies_on_the_top_surface() -> None:
    one = scene(plan(field=WIDE, ruler=RULER))
    value = values(one)
    # From well above the field to below the cap layer, at x = 0 (no mark).
    column = one.read((0, 1), (-40, 24), (0, 1))[0, :, 0]
    assert np.all(column[:44] == value[EMPTY])
    assert np.all(column[44:60] == value[CAP])
    assert set(np.unique(column[60:])) <= {0, 1}
    mark = one.read((0, 1), (0, 24), (4, 5))[0, :, 0]  # the first parallel mark, at 24 nm
    first = round(one.marks.first_x_nm[0] / 2.5)
    mark = one.read((0, 1), (0, 24), (first, first + 1))[0, :, 0]
    assert np.flatnonzero(mark == value[MARK]).tolist() == list(range(4, 14))
    assert one.materials[one.material_index[value[EMPTY]]].is_vacuum


def test_fiducial_is_the_same_on_every_slice() -> None:
    one = scene(plan(field=WIDE, fiducial={"on": True, "width_nm": 80, "arm_nm": 10}))
    value = values(one)
    block = one.read((0, one.shape[0]), (0, 48), (0, 160))
    assert np.all(block[:, :, 128:] == block[:1, :, 128:])
    assert set(np.unique(block[:, :, 128:])) == {value[STRIP], value[CROSS]}
    assert set(np.unique(block[:, :, :128])) == {0, 1}
    cross = block[0, :, 128:] == value[CROSS]
    assert np.array_equal(cross, cross[::-1])
    assert np.array_equal(cross, cross[:, ::-1])
    assert cross[24, 16]  # at half height, in the middle of the strip
    # Beside the field the strip goes on.
    assert np.all(one.read((0, 1), (0, 4), (160, 300)) == value[STRIP])


@pytest.mark.parametrize(
    ("changes", "part"),
    [
        ({"ruler": RULER, "field": {"slices": 60, "rows": 48, "columns": 160}}, "meet or leave"),
        ({"ruler": {**RULER, "mark_width_nm": 1}, "field": WIDE}, "does not fit"),
        ({"ruler": {**RULER, "above_nm": 90}, "field": WIDE}, "does not fit"),
        ({"ruler": {**RULER, "inclined_x_nm": [-5, 200]}, "field": WIDE}, "meet or leave"),
        ({"fiducial": {"on": True, "width_nm": 500}}, "fiducial does not fit"),
        ({"materials": {"pore": "epoxy"}}, "do not match"),
        ({"materials": {"pore": "epoxy", "solid": "Au", "sollid": "Au"}}, "do not match"),
        ({"materials": {"pore": "epoxy", "solid": "Qq"}}, "material of solid"),
        ({"materials": {"pore": "epoxy", "solid": "Au@-3"}}, "material of solid"),
    ],
)
def test_what_does_not_fit_is_refused(changes: dict, part: str) -> None:
    with pytest.raises(ParameterError, match=part):
        scene(plan(**changes))


def test_structure_of_one_phase_is_refused() -> None:
    gap = plan(structure={"kind": "leveled-wave", "ligament_nm": 15, "solid_fraction": 0.35})
    one = scene(gap)
    require_contents(one, Job())

    class OnePhase:
        labels = ("pore", "solid")

        def read(self, z: tuple, y: tuple, x: tuple) -> np.ndarray:
            return np.zeros((z[1] - z[0], y[1] - y[0], x[1] - x[0]), np.uint8)

    empty = Scene(one.plan, OnePhase(), one.labels, one.materials, one.material_index, one.shape, one.size_nm)
    with pytest.raises(VoxelError, match="empty"):
        require_contents(empty, Job())


def test_face_shows_the_voxels_below_it_moved_as_recorded() -> None:
    made = plan(drift={"slant_nm_yx": [5.0, -7.5]})
    schedule = schedule_of(made)
    one = scene_of(made, schedule, Job())
    seen = face_labels(one, schedule.raster(0, 2))
    truth = one.read((8, 9), (-4, 28), (0, 40))[0]  # plane of z = 20 nm
    # Content moves by +4 px down and 6 px to the left (slant times 2 slices / 2.5 nm).
    assert np.array_equal(seen, truth[0:24, 6:38])
    assert np.array_equal(face_labels(one, schedule.undisturbed(2)), truth[4:28, 0:32])


@pytest.mark.parametrize("lost", [[], [0, 1]], ids=["all kept", "first lost"])
def test_a_face_shows_the_plane_where_repositioning_puts_its_slice(lost: list[int]) -> None:
    """Place on the fine grid: floor(z / grid + 1/2), z counted from the first image."""
    deeper = 0
    for seed in range(12):
        milling = {"thickness": "gamma", "slice_nm": 10, "sd_nm": 3.12, "lost_slices": lost, "first_nm": 6}
        made = plan(field={"slices": 12}, milling=milling, seed=seed)
        schedule = schedule_of(made)
        one = scene_of(made, schedule, Job())
        truth = TruthSource(one).read(slice(None))
        reach = reach_of(one, schedule)
        windows = Windows(one, reach)
        z_nm = schedule.kept_z_nm
        assert z_nm[0] == 0
        for position, index in enumerate(schedule.kept):
            place = int(np.floor(z_nm[position] / 2.5 + 0.5))
            deeper += place > int(z_nm[position] / 2.5)
            seen = face_labels(one, schedule.undisturbed(index))
            assert np.array_equal(seen, truth[place])
            # The electrons meet the same plane, and that within half a voxel of the middle of it.
            face = schedule.raster(0, index).face_nm
            world = windows.world(face, Job())
            into = face - world.origin_nm[0]
            assert 0 <= into < 2.5
            assert face - 2.5 * place == pytest.approx(into - 1.25, abs=1e-4)
            rows, columns = (-part[0] for part in (reach.rows, reach.columns))
            top = world.labels[0, rows : rows + 24, columns : columns + 32]
            assert np.array_equal(top, np.array(one.material_index)[seen])
    assert deeper > 40  # half of the slices: those that would be wrong if plane k began at k voxels


def test_a_lost_first_slice_leaves_the_structure_where_it_is_but_for_part_of_a_voxel() -> None:
    given = {"thickness": "given", "given_nm": [11, 10]}
    whole, lost = (scene(plan(milling={**given, "lost_slices": part})) for part in ([], [0]))
    assert (whole.first_plane, lost.first_plane) == (0, 4)  # 11 nm: nearest to plane 4
    assert lost.shape[0] == 5  # 10 nm
    assert np.array_equal(lost.read((0, 5), (0, 24), (0, 32)), whole.read((4, 9), (0, 24), (0, 32)))


def test_ruler_stands_where_it_should_on_the_first_image() -> None:
    marks = {**RULER, "inclined_x_nm": [100, 300]}
    for lost in ([], [0, 1]):
        one = scene(plan(field=WIDE, ruler=marks, milling={"lost_slices": lost}))
        row = one.read((0, 1), (6, 7), (0, one.shape[2]))[0, 0] == values(one)[MARK]
        assert 2.5 * (np.flatnonzero(row[30:60]).mean() + 30.5) == 100


def test_metals_conduct() -> None:
    conducting = {name: not insulates(material_of(name)) for name in ("Au", "brass", "Si", "C", "epoxy")}
    assert conducting == {"Au": True, "brass": True, "Si": True, "C": True, "epoxy": False}
    assert insulates(material_of("vacuum"))
    assert insulates(material_of("Al2O3"))
