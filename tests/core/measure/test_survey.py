"""Everything that is measured of a volume: properties that must hold whatever the structure."""

from __future__ import annotations

import threading
from typing import Any

import numpy as np
import pytest

from core.errors import Cancelled, ParameterError, VoxelError
from core.job import Job
from core.measure import survey as survey_module
from core.measure.params import MeasureParams
from core.measure.results import AxisCurves, Measured, PhaseResult
from core.measure.survey import survey
from core.step import Room
from core.volume import Array, Volume, volume_of

CUBE = (5.0, 5.0, 5.0)
QUICK = MeasureParams(representative=False, planes=False)


def blobs(shape: tuple[int, int, int], seed: int = 1, share: float = 0.45) -> Array:
    """A smooth random structure, True where solid."""
    from scipy.ndimage import gaussian_filter

    field = gaussian_filter(np.random.default_rng(seed).standard_normal(shape), 1.5)
    solid: Array = field > np.quantile(field, 1 - share)
    return solid


def measure(solid: Array, params: MeasureParams = QUICK, **info: Any) -> Measured:
    info = {"voxel_nm": CUBE} | info
    return survey(volume_of(solid.astype(np.uint8) * 255, **info), params, Job())


def solid_of(found: Measured) -> PhaseResult:
    return found.phase(255)


def axes(curves: AxisCurves | None) -> list[tuple[float, ...]]:
    assert curves is not None
    return [curves.z, curves.y, curves.x]


def test_swapping_axes_swaps_answers() -> None:
    solid = blobs((24, 30, 36))
    here = solid_of(measure(solid, voxel_nm=(10.0, 5.0, 4.0)))
    there = solid_of(measure(solid.T.copy(), voxel_nm=(4.0, 5.0, 10.0)))
    for name in ("tpcf", "lineal_path", "correlation_length_nm"):
        for one, other in zip(axes(getattr(here, name)), axes(getattr(there, name))[::-1], strict=True):
            assert one == pytest.approx(other), name
    assert here.chords is not None
    assert there.chords is not None
    assert here.chords.z == there.chords.x
    assert here.ligament_nm is not None
    assert there.ligament_nm is not None
    assert here.ligament_nm.yz == pytest.approx(there.ligament_nm.xy)
    assert here.components is not None
    assert there.components is not None
    assert here.components.percolates == there.components.percolates[::-1]
    assert here.surface is not None
    assert there.surface is not None
    assert here.surface.euler_number == there.surface.euler_number
    assert here.surface.specific_surface_per_nm == pytest.approx(there.surface.specific_surface_per_nm)


def test_complement_swaps_phases() -> None:
    solid = blobs((24, 24, 24))
    here, there = measure(solid), measure(~solid)
    for value in (0, 255):
        one, other = here.phase(value), there.phase(255 - value)
        for name in ("fraction", "fraction_per_slice", "tpcf", "lineal_path", "chords", "ligament_nm"):
            assert getattr(one, name) == getattr(other, name), name
        assert one.surface is not None
        assert other.surface is not None
        assert one.surface.specific_surface_per_nm == pytest.approx(other.surface.specific_surface_per_nm)


def test_scaling_the_voxels_scales_lengths_only() -> None:
    solid = blobs((24, 24, 24))
    small, large = solid_of(measure(solid)), solid_of(measure(solid, voxel_nm=(20.0, 20.0, 20.0)))
    assert small.ligament_nm is not None
    assert large.ligament_nm is not None
    assert large.ligament_nm.xz == pytest.approx(4 * (small.ligament_nm.xz or 0))
    assert axes(large.correlation_length_nm)[1] == pytest.approx(
        [4 * axes(small.correlation_length_nm)[1][0]]
    )
    assert small.chords is not None
    assert large.chords is not None
    assert small.chords.x is not None
    assert large.chords.x is not None
    assert large.chords.x.mean_nm == pytest.approx(4 * small.chords.x.mean_nm)
    assert small.surface is not None
    assert large.surface is not None
    assert large.surface.specific_surface_per_nm == pytest.approx(
        (small.surface.specific_surface_per_nm or 0) / 4
    )
    for name in ("tpcf", "lineal_path", "components", "fraction"):
        assert getattr(small, name) == getattr(large, name)
    assert small.isotropy is not None
    assert large.isotropy is not None
    assert large.isotropy.e_lpf == pytest.approx(small.isotropy.e_lpf)


def test_neither_slabs_nor_threads_change_anything(monkeypatch: pytest.MonkeyPatch) -> None:
    solid = blobs((21, 20, 24))
    whole = measure(solid)
    monkeypatch.setattr(survey_module, "_SLAB_BYTES", 4 * 20 * 24)
    data = volume_of(solid.astype(np.uint8) * 255, voxel_nm=CUBE)
    assert survey(data, QUICK, Job(), Room(threads=1)) == whole
    assert survey(data, QUICK, Job(), Room(threads=3)) == whole


@pytest.mark.parametrize("full", [False, True])
def test_empty_and_full_volumes(full: bool) -> None:
    found = measure(np.full((20, 20, 20), full), MeasureParams(planes=False))
    solid, pore = solid_of(found), found.phase(0)
    assert (solid.fraction, pore.fraction) == (float(full), float(not full))
    there, missing = (solid, pore) if full else (pore, solid)
    assert there.components is not None
    assert there.components.percolates == (True, True, True)
    assert missing.components is not None
    assert missing.components.count == 0
    assert missing.ligament_nm is None
    assert set(axes(missing.lineal_path)[0]) == {0.0}
    assert solid.surface is not None
    assert solid.surface.specific_surface_per_nm == 0
    assert found.phase(0).isotropy is None


def test_volume_of_one_slice() -> None:
    found = measure(blobs((1, 40, 50)))
    solid = solid_of(found)
    assert len(axes(solid.tpcf)[0]) == 1
    assert len(axes(solid.tpcf)[2]) > 10
    assert solid.isotropy is None
    assert any("too thin" in note for note in found.notes)
    size = solid.ligament_nm
    assert size is not None
    assert (size.z, size.xz, size.yz) == (None, None, None)
    assert size.xy == pytest.approx(((size.y or 0) + (size.x or 0)) / 2)
    row = solid_of(measure(blobs((30, 1, 30)))).ligament_nm
    assert row is not None
    assert (row.y, row.xy, row.yz) == (None, None, None)
    assert row.xz == pytest.approx(((row.z or 0) + (row.x or 0)) / 2)


def test_values_of_a_binary_volume_may_be_any() -> None:
    solid = blobs((12, 12, 12))
    fractions = measure(solid)
    for low, high, dtype in ((0.2, 0.8, np.float64), (-5, -1, np.int16), (0, 65535, np.uint16)):
        data = np.where(solid, high, low).astype(dtype)
        found = survey(volume_of(data, voxel_nm=CUBE), QUICK, Job())
        assert [(phase.value, phase.name) for phase in found.phases] == [(low, "pore"), (high, "solid")]
        assert found.phase(high).tpcf == solid_of(fractions).tpcf
        assert Measured.model_validate_json(found.model_dump_json()) == found


def test_runs_longer_than_the_volume_are_said() -> None:
    solid = np.zeros((20, 20, 20), dtype=bool)
    solid[:, ::4] = True
    notes = measure(solid).notes
    assert any("solid: runs along z, x are as long" in note for note in notes)
    assert not any("as long" in note for note in measure(blobs((48, 48, 48))).notes)


def test_refuses_what_is_not_segmented() -> None:
    grey = np.arange(8 * 8 * 8, dtype=np.uint16).reshape(8, 8, 8)
    with pytest.raises(VoxelError, match="two different values"):
        survey(volume_of(grey), QUICK, Job())
    late = np.zeros((40, 8, 8), dtype=np.uint8)
    late[0, 0, 0], late[39, 7, 7] = 255, 128
    with pytest.raises(VoxelError, match="two different values") as caught:
        survey(volume_of(late), QUICK, Job())
    assert "labels" in caught.value.remedy
    with pytest.raises(VoxelError, match="too many labels"):
        survey(volume_of(grey), QUICK.model_copy(update={"values": "labels"}), Job())
    with pytest.raises(VoxelError, match="whole numbers"):
        survey(volume_of(np.ones((4, 4, 4))), QUICK.model_copy(update={"values": "labels"}), Job())


def test_every_label_is_measured_against_the_rest() -> None:
    labels = np.zeros((20, 20, 20), dtype=np.int16)
    labels[:, :10] = 3
    labels[:, 10:15, :5] = 7
    found = survey(volume_of(labels, voxel_nm=CUBE, content="labels"), QUICK, Job())
    assert [phase.value for phase in found.phases] == [0, 3, 7]
    assert [phase.connectivity for phase in found.phases] == [26, 6, 6]
    assert [phase.fraction for phase in found.phases] == [0.4375, 0.5, 0.0625]
    alone = measure(labels == 7)
    for name in ("tpcf", "lineal_path", "components", "ligament_nm", "isotropy", "surface"):
        assert getattr(found.phase(7), name) == getattr(solid_of(alone), name), name


def test_slices_that_were_invented_are_left_out_of_lines_and_said() -> None:
    solid = blobs((24, 20, 20))
    origin = [1] * 24
    origin[5] = 2
    spoilt = solid.copy()
    spoilt[5] = ~spoilt[5]
    here = measure(solid, origin=tuple(origin))
    there = measure(spoilt, origin=tuple(origin))
    for name in ("tpcf", "lineal_path", "chords", "fraction"):
        assert getattr(solid_of(here), name) == getattr(solid_of(there), name), name
    assert (here.slices, here.slices_used) == ("measured", 23)
    assert here.slices_of["tpcf"] == "measured"
    assert here.slices_of["components"] == "all"
    assert any("not measured" in note for note in here.notes)
    every = measure(solid, QUICK.model_copy(update={"slices": "all"}), origin=tuple(origin))
    assert (every.slices, every.slices_used) == ("all", 24)
    typed = measure(solid, QUICK.model_copy(update={"exclude_slices": "5"}))
    assert solid_of(typed).tpcf == solid_of(here).tpcf
    with pytest.raises(ParameterError, match="do not exist"):
        measure(solid, QUICK.model_copy(update={"exclude_slices": "24"}))
    with pytest.raises(ParameterError, match="every slice"):
        measure(solid, QUICK.model_copy(update={"exclude_slices": "0-23"}))


def test_uneven_slices_and_unknown_sizes_are_not_guessed() -> None:
    solid = blobs((24, 20, 20))
    uneven = measure(solid, z_nm=tuple(np.cumsum(np.r_[0, 5 + np.arange(23) % 2]).astype(float).tolist()))
    found = solid_of(uneven)
    assert axes(found.tpcf)[0] == axes(found.lineal_path)[0] == ()
    assert found.isotropy is None
    assert found.ligament_nm is not None
    assert (found.ligament_nm.z, found.ligament_nm.xz) == (None, None)
    assert any("unevenly" in note for note in uneven.notes)
    unknown = measure(solid, voxel_nm=(None, 5.0, 5.0))
    found = solid_of(unknown)
    assert found.ligament_nm is None
    assert found.chords is None
    assert found.surface is not None
    assert found.surface.specific_surface_per_nm is None
    assert found.isotropy is not None
    assert found.isotropy.range_nm is None
    assert any("--voxel-nm-zyx" in note for note in unknown.notes)
    assert unknown.verdict.startswith("The voxel size is not known; if voxels are cubes:")
    assert "cubes:" not in measure(solid).verdict


def test_voxels_of_other_sizes_along_z_are_compared_at_the_same_distances() -> None:
    """Every fourth slice of a structure says nearly the same of its isotropy as all of them."""
    solid = blobs((96, 96, 96), share=0.5)
    whole, thick = solid_of(measure(solid)), solid_of(measure(solid[::2], voxel_nm=(10.0, 5.0, 5.0)))
    assert whole.isotropy is not None
    assert thick.isotropy is not None
    assert thick.isotropy.patch_px == (48, 96, 96)
    assert thick.isotropy.range_nm == whole.isotropy.range_nm
    assert thick.isotropy.e_tpcf == pytest.approx(whole.isotropy.e_tpcf, abs=0.02)
    assert thick.isotropy.e_lpf < 0.06
    wrong = solid_of(measure(solid[::2]))
    assert wrong.isotropy is not None
    assert wrong.isotropy.e_lpf > 0.2


def test_verdict_names_what_decided_and_its_condition() -> None:
    solid = blobs((64, 64, 64))
    fine = measure(solid)
    assert "no sign" in fine.verdict
    assert "if the material itself is isotropic" in fine.verdict
    stretched = measure(np.repeat(solid[:32], 2, axis=0))
    assert "longer" in stretched.verdict
    assert "shine-through" in stretched.verdict
    assert "too few to tell" in measure(solid[:20, :20, :20].copy()).verdict
    # A structure twice too long, in cubes much thinner than it: how much, cannot be told.
    wide = np.repeat(np.repeat(np.repeat(solid, 4, axis=0), 4, axis=1), 4, axis=2)[8:14, :96, :96]
    assert "too few to tell" in measure(wide.copy()).verdict
    assert "at least" in measure(np.repeat(wide[:1], 6, axis=0)).verdict
    across = measure(np.repeat(solid[:, :32], 2, axis=1))
    assert "not isotropic" in across.verdict
    assert "shorter" in measure(solid[::2, :32, :32].copy()).verdict


def test_can_be_stopped() -> None:
    stop = threading.Event()

    def report(_progress: object) -> None:
        stop.set()

    data: Volume = volume_of(blobs((16, 16, 16)).astype(np.uint8))
    with pytest.raises(Cancelled):
        survey(data, QUICK, Job(report, stop))
