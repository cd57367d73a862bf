"""What microscope and user say, joined with what the file says: size, order, tilt, data bar."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
import tifffile

from core.io import ReadOptions, describe, open_stack
from core.io.assemble import assembled
from core.io.found import Found, Picture
from core.metadata import Metadata
from core.volume import ArraySource, Volume
from tests.core.io.readers.make import imagej, ramp

SHAPE = (11, 13)


def volume(
    first: Metadata, last: Metadata | None = None, options: ReadOptions | None = None, **found: object
) -> Volume:
    pictures = [Picture(Path("a.tif"), SHAPE, metadata=each) for each in (first, last or first)]
    made = Found(ArraySource(ramp()), "test", (), first=pictures[0], last=pictures[1])
    return assembled(made.with_(**found), options or ReadOptions())


def test_an_uncorrected_face_gets_its_true_height() -> None:
    said = Metadata(pixel_nm_yx=(20.8, 20.8), tilt_correction_on=False, tilt_correction_angle_deg=38.0)
    made = volume(said)
    assert made.info.voxel_nm[1:] == (pytest.approx(26.4, abs=0.01), 20.8)
    note = next(note for note in made.notes if "seen at an angle" in note)
    assert "26.39" in note
    assert "20.8 nm" in note


@pytest.mark.parametrize("corrected", [True, None])
def test_a_corrected_or_unclear_face_stays(corrected: bool | None) -> None:
    said = Metadata(pixel_nm_yx=(20.8, 20.8), tilt_correction_on=corrected, tilt_correction_angle_deg=38.0)
    assert volume(said).info.voxel_nm[1] == 20.8


def test_a_typed_angle_is_applied() -> None:
    options = ReadOptions(tilt_correction_angle_deg=38)
    made = volume(Metadata(pixel_nm_yx=(20.8, 20.8)), options=options)
    assert made.info.voxel_nm[1] == pytest.approx(26.4, abs=0.01)
    twice = volume(Metadata(pixel_nm_yx=(20.8, 20.8), tilt_correction_on=True), options=options)
    assert any("on already" in note for note in twice.notes)


def test_a_typed_angle_corrects_typed_pixels() -> None:
    options = ReadOptions(tilt_correction_angle_deg=38, voxel_nm_zyx=(10, 20.8, 20.8))
    assert volume(Metadata(), options=options).info.voxel_nm == (10, pytest.approx(26.4, abs=0.01), 20.8)
    only_x = ReadOptions(tilt_correction_angle_deg=38, voxel_nm_zyx=(10, None, 20.8))
    assert volume(Metadata(), options=only_x).info.voxel_nm[1] == pytest.approx(26.4, abs=0.01)
    said = Metadata(pixel_nm_yx=(20.8, 20.8), tilt_correction_on=False, tilt_correction_angle_deg=38.0)
    typed = ReadOptions(voxel_nm_zyx=(None, 26.0, None))
    assert volume(said, options=typed).info.voxel_nm[1] == 26.0


def test_even_positions_with_gaps_give_the_thickness_of_one_slice() -> None:
    made = volume(Metadata(), z_nm=(0, 10, 20, 40, 50, 70), numbers=(1, 2, 3, 5, 6, 8))
    assert made.info.voxel_nm[0] == pytest.approx(10)
    assert made.info.z_nm is None
    assert made.info.positions_nm() == pytest.approx((0, 10, 20, 40, 50, 70))


def test_falling_positions_in_kept_order_are_mirrored() -> None:
    options = ReadOptions(reverse=False)
    made = volume(Metadata(), options=options, z_nm=(70, 60, 45, 30, 20, 10))
    assert made.info.z_nm == (0, 10, 25, 40, 50, 60)
    np.testing.assert_array_equal(made.read(), ramp())
    turned = volume(Metadata(), options=ReadOptions(reverse=True), z_nm=(10, 20, 30, 45, 60, 70))
    assert turned.info.z_nm == (0, 10, 25, 40, 50, 60)
    np.testing.assert_array_equal(turned.slice(0), ramp()[-1])


def test_a_typed_size_replaces_and_is_said() -> None:
    made = volume(Metadata(pixel_nm_yx=(5, 5)), options=ReadOptions(voxel_nm_zyx=(10, None, 6)))
    assert made.info.voxel_nm == (10, 5, 6)
    assert any("along x: 6 nm, typed by the user (instead of 5 nm)" in note for note in made.notes)


def test_the_file_wins_over_the_microscope_and_says_so(tmp_path: Path) -> None:
    made = volume(Metadata(pixel_nm_yx=(5, 5)), voxel_nm=(20, 10, 10))
    assert made.info.voxel_nm == (20, 10, 10)
    assert sum("the file is used" in note for note in made.notes) == 2


def test_times_that_run_backwards_reverse_the_stack() -> None:
    made = volume(Metadata(acquired="2024-05-01T12:00:00"), Metadata(acquired="2024-05-01T09:00:00"))
    np.testing.assert_array_equal(made.read(), ramp()[::-1])
    assert any("times of acquisition" in note for note in made.notes)
    kept = volume(
        Metadata(acquired="2024-05-01T12:00:00"), Metadata(acquired="2024-05-01T09:00:00"),
        ReadOptions(reverse=False),
    )  # fmt: skip
    np.testing.assert_array_equal(kept.read(), ramp())


@pytest.mark.parametrize(
    "times", [("2024-05-01T09:00:00", "2024-05-01T12:00:00"), ("morning", "evening"), (None, None)]
)
def test_other_times_do_not(times: tuple[str | None, str | None]) -> None:
    made = volume(Metadata(acquired=times[0]), Metadata(acquired=times[1]))
    np.testing.assert_array_equal(made.read(), ramp())


def test_positions_of_first_and_last_give_a_mean(tmp_path: Path) -> None:
    made = volume(Metadata(z_nm=100), Metadata(z_nm=150))
    assert made.info.voxel_nm[0] == pytest.approx(10)
    assert any("mean between first and last" in note for note in made.notes)
    gaps = volume(Metadata(z_nm=100), Metadata(z_nm=150), numbers=(1, 2, 3, 4, 5, 11))
    assert gaps.info.voxel_nm[0] == pytest.approx(5)
    down = volume(Metadata(z_nm=150), Metadata(z_nm=100))
    np.testing.assert_array_equal(down.slice(0), ramp()[-1])


def test_changes_between_first_and_last_are_said() -> None:
    made = volume(Metadata(voltage_kv=2, pixel_nm_yx=(5, 5)), Metadata(voltage_kv=3, pixel_nm_yx=(6, 6)))
    assert any("voltage in kV differs" in note for note in made.notes)
    assert any("pixel size in nm differs" in note for note in made.notes)


def test_a_data_bar_is_said_and_kept() -> None:
    made = volume(Metadata(image_rows=8))
    assert made.info.shape == (6, 11, 13)
    assert any("rows 8 to 10 are a data bar" in note for note in made.notes)


def test_channel_names() -> None:
    said = Metadata(voltage_kv=2, detector="TLD")
    assert volume(said).info.channel == "2kV-TLD"
    assert volume(said, options=ReadOptions(channel="mine")).info.channel == "mine"


def test_project_file_gives_the_thickness(tmp_path: Path, shared_data) -> None:  # type: ignore[no-untyped-def]
    (tmp_path / "EMProject.emxml").write_bytes(shared_data("kit_tomo_mapper/EMProject.emxml").read_bytes())
    for number, plane in enumerate(ramp()):
        tifffile.imwrite(tmp_path / f"SEM Image - SliceImage - {number:03d}.tif", plane)
    made = open_stack(tmp_path)
    assert made.info.voxel_nm[0] == pytest.approx(100.0)
    assert any("planned 185 slices; 6 are here" in note for note in made.notes)


def test_uncalibrated_files_say_what_is_missing(tmp_path: Path) -> None:
    path = imagej(tmp_path, ramp(), unit="")
    notes = " ".join(open_stack(path).notes)
    assert "slice thickness is not known" in notes
    assert "pixel size along y and x is not known" in notes


def test_what_is_unknown_is_listed(tmp_path: Path) -> None:
    report = describe(imagej(tmp_path, ramp()))
    assert report.unknown == ("voltage_kv", "detector", "stage_tilt_deg", "tilt_correction_on")
    bare = describe(imagej(tmp_path, ramp(), unit=""))
    assert {"pixel_nm_yx", "slice_nm"} <= set(bare.unknown)
    assert bare.model_dump(mode="json")["voxel_nm_zyx"] == [None, None, None]


@pytest.mark.parametrize(("shape", "believed"), [((40, 50), True), ((30, 50), False)])
def test_a_project_of_other_frames_is_named_and_not_used(tmp_path, shape, believed):
    (tmp_path / "run.a3d-setup").write_text(
        "<ATLAS3D-Setup><Settings><Imaging><Interval>0.01</Interval><FibicsRasterInfo><Width>50</Width>"
        "<Height>40</Height><PixelSizeX>0.005</PixelSizeX><PixelSizeY>0.005</PixelSizeY></FibicsRasterInfo>"
        "</Imaging></Settings></ATLAS3D-Setup>",
        encoding="iso-8859-1",
    )
    tifffile.imwrite(tmp_path / "a.tif", np.zeros(shape, np.uint8))
    volume = open_stack(tmp_path / "a.tif")
    assert volume.info.voxel_nm == ((10.0, 5.0, 5.0) if believed else (None, None, None))
    assert any("frames of 40 x 50 px" in note for note in volume.notes) is not believed
