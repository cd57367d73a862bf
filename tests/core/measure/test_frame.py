"""Where a volume is measured: how far slices lie apart, and which of them count."""

from __future__ import annotations

from core.measure.params import MeasureParams
from tests.core.measure.test_survey import QUICK, blobs, measure, solid_of


def _leaving_out(slices: str) -> MeasureParams:
    return QUICK.model_copy(update={"exclude_slices": slices})


def test_slices_that_were_dropped_evenly_leave_longer_steps_along_z() -> None:
    """Every second slice of 5 nm: 10 nm apart, whether their numbers or their places say so."""
    solid = blobs((48, 24, 24))[::2].copy()
    stated = measure(solid, voxel_nm=(10.0, 5.0, 5.0))
    numbered = measure(solid, slice_numbers=tuple(range(0, 48, 2)))
    placed = measure(solid, voxel_nm=(None, 5.0, 5.0), z_nm=tuple(10.0 * k for k in range(24)))
    for found in (numbered, placed):
        assert found.step_nm == (10.0, 5.0, 5.0)
        assert found.phases == stated.phases
        assert found.verdict == stated.verdict
    assert [note for note in numbered.notes if note not in stated.notes] == [
        "Slices lie 10 nm apart, not 5 nm as the voxel size says (some were dropped, or their places were "
        "measured): everything along z goes by 10 nm."
    ]
    assert placed.notes == stated.notes


def test_empty_slices_and_what_still_takes_them_are_said() -> None:
    solid = blobs((24, 20, 20))
    solid[[5, 6]] = False
    origin = tuple(0 if z in (5, 6) else 1 for z in range(24))
    notes = measure(solid, origin=origin).notes
    assert any("2 of 24 slices are empty" in note for note in notes)
    assert any("2 of 24 slices are not measured" in note and "components" in note for note in notes)
    assert any("components" in note for note in measure(solid, _leaving_out("5, 6")).notes)


def test_cubes_that_can_be_compared_are_where_others_lack_slices() -> None:
    solid = blobs((40, 20, 20))
    half = measure(solid, _leaving_out("0-19"))
    alone = measure(solid[20:].copy())
    assert solid_of(half).isotropy is not None
    assert solid_of(half).isotropy == solid_of(alone).isotropy
    assert solid_of(measure(solid, _leaving_out("0-12, 30-39"))).isotropy is None


def test_uneven_places_do_not_hide_sizes_within_the_plane() -> None:
    places = (0.0, 9.0, 20.0, 31.0, 39.0, 50.0)
    found = measure(blobs((6, 24, 24)), voxel_nm=(None, 5.0, 5.0), z_nm=places)
    sizes = solid_of(found).ligament_nm
    assert sizes is not None
    assert sizes.x is not None
    assert sizes.z is None
    assert any("unevenly" in note for note in found.notes)
    assert not any("not known" in note for note in found.notes)
