"""Folders of slices: natural order, completeness, odd slices, several series, reversed and uneven stacks."""

from __future__ import annotations

import os
import shutil
import time
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest
import tifffile
from hypothesis import given
from hypothesis import strategies as st
from PIL import Image

from core.errors import (
    AmbiguousInputError,
    Cancelled,
    DamagedFileError,
    IncompleteStackError,
    ReadError,
    UnsupportedFormatError,
)
from core.io import ReadOptions, describe, input_files, open_stack
from core.io.naming import natural_key, slice_numbers
from core.job import Job, Progress
from tests.core.io.readers.make import ramp, slices


def test_order_is_natural_whatever_the_system_lists(tmp_path: Path) -> None:
    data = ramp((12, 5, 6))
    folder = slices(tmp_path, data, "s{:d}.png")
    np.testing.assert_array_equal(open_stack(folder).read(), data)
    assert [path.name for path in input_files(folder)][:3] == ["s1.png", "s2.png", "s3.png"]


def test_a_list_of_slices_is_sorted_too(tmp_path: Path) -> None:
    data = ramp((12, 5, 6))
    files = sorted(slices(tmp_path, data).iterdir(), reverse=True)
    np.testing.assert_array_equal(open_stack(files).read(), data)


@given(st.lists(st.integers(0, 10**6), min_size=2, max_size=40, unique=True), st.randoms())
def test_natural_order_is_numeric_order(numbers: list[int], chance: object) -> None:
    names = [f"slice_{number}_x2.tif" for number in numbers]
    assert sorted(names, key=natural_key) == [f"slice_{number}_x2.tif" for number in sorted(numbers)]
    assert slice_numbers(names) == tuple(numbers)


@pytest.mark.parametrize(
    ("names", "expected"),
    [
        (["a_1_7.tif", "a_2_7.tif"], (1, 2)),
        (
            ["2024-05-01_12-59-58_s008.tif", "2024-05-01_13-02-11_s009.tif", "2024-05-01_13-02-40_s010.tif"],
            (8, 9, 10),
        ),
        (["slice_00100_z=1.0894um.tif", "slice_00101_z=1.0988um.tif"], (100, 101)),
        (["front.tif", "back.tif"], None),
        (["same_5.tif", "same_5.tif"], None),
    ],
)
def test_which_number_is_the_slice_number(names: list[str], expected: tuple[int, ...] | None) -> None:
    assert slice_numbers(names) == expected


def test_missing_slices_keep_the_place_of_the_others(tmp_path: Path) -> None:
    folder = slices(tmp_path, ramp((9, 5, 6)), "s_{:03d}.png", first=100)
    (folder / "s_103.png").unlink()
    (folder / "s_104.png").unlink()
    volume = open_stack(folder, ReadOptions(voxel_nm_zyx=(10, 5, 5)))
    assert volume.info.shape[0] == 7
    assert volume.info.slice_numbers == (100, 101, 102, 105, 106, 107, 108)
    assert volume.info.positions_nm() == (0, 10, 20, 50, 60, 70, 80)
    assert any("2 of 9 slices are missing: 103, 104" in note for note in volume.notes)
    assert describe(folder).missing == ("103", "104")


def test_consecutive_slices_need_no_numbers(tmp_path: Path) -> None:
    assert open_stack(slices(tmp_path, ramp(), first=2600)).info.slice_numbers is None


def test_numbers_in_steps_are_said(tmp_path: Path) -> None:
    folder = slices(tmp_path, ramp((9, 5, 6)))
    for number in range(2, 10, 2):
        (folder / f"slice_{number}.png").unlink()
    volume = open_stack(folder)
    assert volume.info.slice_numbers == (1, 3, 5, 7, 9)
    assert any("steps of 2" in note for note in volume.notes)


def test_repeated_slices_are_named(tmp_path: Path) -> None:
    folder = slices(tmp_path, ramp())
    shutil.copy(folder / "slice_3.png", folder / "slice_003.png")
    with pytest.raises(
        IncompleteStackError, match=r"slice 3: slice_003.png and slice_3.png|slice_3.png and slice_003"
    ):
        open_stack(folder)


def test_copies_with_another_name_are_named(tmp_path: Path) -> None:
    folder = slices(tmp_path, ramp())
    shutil.copy(folder / "slice_3.png", folder / "slice_3 - Copy.png")
    with pytest.raises(IncompleteStackError, match=r"slice_3 - Copy\.png"):
        open_stack(folder)


Spoil = Callable[[Path], None]


def _smaller(path: Path) -> None:
    Image.fromarray(ramp((4, 6))).save(path)


def _deeper(path: Path) -> None:
    Image.fromarray(ramp((5, 6), "uint16")).save(path)


def _coloured(path: Path) -> None:
    Image.fromarray(ramp((5, 6, 3))).save(path)


def _emptied(path: Path) -> None:
    path.write_bytes(b"")


def _no_image(path: Path) -> None:
    path.write_text("not an image")


@pytest.mark.parametrize("spoil", [_smaller, _deeper, _coloured, _emptied, _no_image])
def test_an_odd_slice_is_named_or_left_out(tmp_path: Path, spoil: Spoil) -> None:
    data = ramp((6, 5, 6))
    folder = slices(tmp_path, data)
    spoil(folder / "slice_4.png")
    with pytest.raises(IncompleteStackError, match=r"slice_4\.png") as caught:
        open_stack(folder)
    assert len(caught.value.slices) == 1
    volume = open_stack(folder, ReadOptions(skip_odd=True))
    np.testing.assert_array_equal(volume.read(), np.delete(data, 3, axis=0))
    assert volume.info.slice_numbers == (1, 2, 3, 5, 6)
    assert any("slice_4.png" in note for note in volume.notes)
    assert any("slice_4.png" in warning for warning in describe(folder).warnings)


def test_a_truncated_tiff_slice_is_noticed_by_its_header(tmp_path: Path) -> None:
    folder = slices(tmp_path, ramp((6, 50, 60)), "s{:d}.tif")
    data = (folder / "s4.tif").read_bytes()
    (folder / "s4.tif").write_bytes(data[:-100])
    with pytest.raises(IncompleteStackError, match=r"s4.tif \(s4.tif is truncated"):
        open_stack(folder)


def test_a_truncated_png_slice_is_noticed_when_it_is_read(tmp_path: Path) -> None:
    folder = slices(tmp_path, ramp((4, 50, 60)))
    data = (folder / "slice_2.png").read_bytes()
    (folder / "slice_2.png").write_bytes(data[: len(data) // 2])
    volume = open_stack(folder)
    volume.slice(0)
    with pytest.raises(DamagedFileError, match=r"slice_2\.png"):
        volume.slice(1)


def test_bystanders_are_left_out_and_named(tmp_path: Path) -> None:
    folder = slices(tmp_path, ramp())
    Image.fromarray(ramp((40, 50, 3))).save(folder / "overview.jpg")
    (folder / "notes.txt").write_text("x")
    (folder / "._slice_1.png").write_bytes(b"resource fork")
    volume = open_stack(folder)
    np.testing.assert_array_equal(volume.read(), ramp())
    assert any("overview.jpg" in note for note in volume.notes)


def test_two_detectors_in_one_folder_are_asked_for(tmp_path: Path) -> None:
    folder = tmp_path / "two"
    folder.mkdir()
    for z in range(4):
        Image.fromarray(ramp((5, 6), seed=z)).save(folder / f"SE_{z:03d}.png")
        Image.fromarray(ramp((5, 6), seed=z + 50)).save(folder / f"BSE_{z:03d}.png")
    with pytest.raises(AmbiguousInputError) as caught:
        open_stack(folder)
    assert set(caught.value.choices) == {"SE_*.png", "BSE_*.png"}
    volume = open_stack(folder, ReadOptions(dataset="BSE_*.png"))
    np.testing.assert_array_equal(volume.slice(2), ramp((5, 6), seed=52))
    assert set(describe(folder).channels) == {"SE_*.png", "BSE_*.png"}


def test_the_one_sub_folder_with_slices_is_opened(tmp_path: Path) -> None:
    slices(tmp_path, ramp())
    (tmp_path / "README.txt").write_text("x")
    volume = open_stack(tmp_path)
    np.testing.assert_array_equal(volume.read(), ramp())
    assert any("sub-folder slices" in note for note in volume.notes)


def test_several_sub_folders_are_asked_for(tmp_path: Path) -> None:
    for name in ("1kV", "2kV"):
        (tmp_path / name).mkdir()
        slices(tmp_path / name, ramp(seed=len(name)))
    with pytest.raises(AmbiguousInputError) as caught:
        open_stack(tmp_path)
    assert caught.value.choices == ("1kV/slices", "2kV/slices")
    assert open_stack(tmp_path, ReadOptions(dataset="2kV/slices")).info.shape == (6, 11, 13)


def test_a_folder_of_one_stack_opens_it(tmp_path: Path) -> None:
    tifffile.imwrite(tmp_path / "only.tif", ramp(), metadata=None)
    np.testing.assert_array_equal(open_stack(tmp_path).read(), ramp())


def test_a_folder_of_stacks_asks_which(tmp_path: Path) -> None:
    for number in (1, 2):
        tifffile.imwrite(tmp_path / f"stack{number}.tif", ramp(seed=number), metadata=None)
    with pytest.raises(AmbiguousInputError, match="stacks themselves") as caught:
        open_stack(tmp_path)
    np.testing.assert_array_equal(
        open_stack(tmp_path, ReadOptions(dataset=caught.value.choices[1])).read(), ramp(seed=2)
    )


def test_files_without_numbers_are_no_series(tmp_path: Path) -> None:
    for name in ("front", "back"):
        Image.fromarray(ramp((5, 6))).save(tmp_path / f"{name}.png")
    with pytest.raises(AmbiguousInputError, match="2 series"):
        open_stack(tmp_path)


def test_dates_for_numbers_leave_completeness_open(tmp_path: Path) -> None:
    for name in ("120501", "153002", "201107"):
        Image.fromarray(ramp((5, 6))).save(tmp_path / f"img{name}.png")
    volume = open_stack(tmp_path)
    assert volume.info.slice_numbers is None
    assert any("cannot be noticed" in note for note in volume.notes)


@pytest.mark.parametrize("what", ["empty", "texts", "missing", "unreadable"])
def test_folders_that_hold_no_slices(tmp_path: Path, what: str) -> None:
    folder = tmp_path / "folder"
    if what != "missing":
        folder.mkdir()
    if what == "texts":
        (folder / "a.txt").write_text("x")
    if what == "unreadable":
        if os.name == "nt" or os.geteuid() == 0:
            pytest.skip("permissions do not bind this user")
        folder.chmod(0)
    with pytest.raises(ReadError if what in ("missing", "unreadable") else UnsupportedFormatError):
        open_stack(folder)
    with pytest.raises(ReadError):
        describe(folder)


def test_a_png_named_tif_is_read_as_png(tmp_path: Path) -> None:
    path = tmp_path / "lies.tif"
    Image.fromarray(ramp((5, 6))).save(path, format="PNG")
    volume = open_stack(path)
    np.testing.assert_array_equal(volume.slice(0), ramp((5, 6)))
    assert any("is a PNG" in note for note in volume.notes)


def test_slices_that_lie_about_their_format_are_named(tmp_path: Path) -> None:
    folder = slices(tmp_path, ramp())
    for path in folder.iterdir():
        path.rename(path.with_suffix(".tif"))
    volume = open_stack(folder)
    np.testing.assert_array_equal(volume.read(), ramp())
    assert any("named otherwise" in note for note in volume.notes)


def test_jpeg_slices_are_read_and_noted(tmp_path: Path) -> None:
    data = np.repeat(np.repeat(ramp((4, 3, 4)) // 32 * 32, 16, axis=1), 16, axis=2)
    for number, plane in enumerate(data):
        Image.fromarray(plane).save(tmp_path / f"s{number}.jpg", quality=95)
    volume = open_stack(tmp_path)
    np.testing.assert_allclose(volume.read().astype(int), data, atol=6)
    assert any("JPEG" in note for note in volume.notes)


def test_bmp_files_are_not_upside_down(tmp_path: Path) -> None:
    data = ramp((5, 6))
    Image.fromarray(data).save(tmp_path / "a.bmp")
    np.testing.assert_array_equal(open_stack(tmp_path / "a.bmp").slice(0), data)


def test_palette_and_bit_depth_of_png(tmp_path: Path) -> None:
    index = ramp((5, 6)) % 4
    image = Image.frombytes("P", (6, 5), index.tobytes())
    image.putpalette([10, 20, 30, 200, 100, 0, 1, 2, 3, 90, 90, 90])
    image.save(tmp_path / "palette.png")
    volume = open_stack(tmp_path / "palette.png")
    np.testing.assert_array_equal(volume.slice(0), index)
    assert any("palette" in note for note in volume.notes)


def test_16_bit_colour_png_is_refused(tmp_path: Path) -> None:
    path = tmp_path / "deep.png"
    Image.fromarray(ramp((5, 6, 3))).save(path)
    data = bytearray(path.read_bytes())
    data[24] = 16
    import zlib

    data[29:33] = zlib.crc32(bytes(data[12:29])).to_bytes(4, "big")
    path.write_bytes(data)
    with pytest.raises(UnsupportedFormatError, match="16-bit colour"):
        open_stack(path)


@pytest.mark.parametrize(("suffix", "place"), [(".png", 16), (".bmp", 18)])
def test_a_picture_that_claims_a_trillion_pixels_is_refused(tmp_path: Path, suffix: str, place: int) -> None:
    path = tmp_path / f"huge{suffix}"
    Image.fromarray(ramp((5, 6))).save(path)
    data = bytearray(path.read_bytes())
    order = "big" if suffix == ".png" else "little"
    data[place : place + 8] = (10**6).to_bytes(4, order) * 2
    if suffix == ".png":
        import zlib

        data[29:33] = zlib.crc32(bytes(data[12:29])).to_bytes(4, "big")
    path.write_bytes(data)
    start = time.perf_counter()
    with pytest.raises(DamagedFileError, match="1,000,000,000,000 pixels"):
        open_stack(path)
    assert time.perf_counter() - start < 1


def test_a_large_honest_picture_is_read(tmp_path: Path) -> None:
    path = tmp_path / "large.png"
    Image.new("1", (20_000, 10_000)).save(path)
    volume = open_stack(path)  # 200 megapixels: Pillow's own limit would refuse it
    assert volume.info.shape == (1, 10_000, 20_000)


def test_uneven_positions_in_names_are_kept(tmp_path: Path) -> None:
    z_um = (1.0894, 1.0988, 1.1088, 1.1180, 1.1280, 1.1378)
    for number, (position, plane) in enumerate(zip(z_um, ramp(), strict=True), 100):
        tifffile.imwrite(tmp_path / f"slice_{number:05d}_z={position:.4f}um.tif", plane)
    volume = open_stack(tmp_path)
    assert volume.info.z_nm == pytest.approx((0, 9.4, 19.4, 28.6, 38.6, 48.4), abs=1e-6)
    assert volume.info.voxel_nm[0] is None
    assert volume.info.slice_numbers is None
    assert any("uneven: 9.2 to 10 nm" in note for note in volume.notes)
    typed = open_stack(tmp_path, ReadOptions(voxel_nm_zyx=(10, None, None)))
    assert typed.info.z_nm is None
    assert typed.info.voxel_nm[0] == 10


def test_even_positions_give_a_thickness(tmp_path: Path) -> None:
    for number, plane in enumerate(ramp()):
        tifffile.imwrite(tmp_path / f"slice_{number:05d}_z={0.5 + number * 0.01:.4f}um.tif", plane)
    volume = open_stack(tmp_path)
    assert volume.info.z_nm is None
    assert volume.info.voxel_nm[0] == pytest.approx(10.0)


def test_positions_that_fall_reverse_the_stack(tmp_path: Path) -> None:
    data = ramp()
    for number, plane in enumerate(data):
        tifffile.imwrite(tmp_path / f"slice_{number:05d}_z={0.5 - number * 0.01:.4f}um.tif", plane)
    volume = open_stack(tmp_path)
    np.testing.assert_array_equal(volume.read(), data[::-1])
    np.testing.assert_array_equal(volume.read(slice(1, 3), slice(2, 5)), data[::-1][1:3, 2:5])
    assert volume.info.voxel_nm[0] == pytest.approx(10.0)
    assert any("reversed (" in note or "order has been reversed" in note for note in volume.notes)
    kept = open_stack(tmp_path, ReadOptions(reverse=False))
    np.testing.assert_array_equal(kept.read(), data)


def test_reversing_keeps_gaps(tmp_path: Path) -> None:
    folder = slices(tmp_path, ramp((6, 5, 6)))
    (folder / "slice_2.png").unlink()
    volume = open_stack(folder, ReadOptions(reverse=True))
    np.testing.assert_array_equal(volume.slice(0), ramp((6, 5, 6))[5])
    assert volume.info.slice_numbers == (0, 1, 2, 3, 5)


def test_progress_and_cancelling(tmp_path: Path) -> None:
    folder = slices(tmp_path, ramp((30, 5, 6)))
    seen: list[Progress] = []
    open_stack(folder, job=Job(report=seen.append))
    assert seen[-1].fraction == 1.0
    job = Job()
    job.stop.set()
    with pytest.raises(Cancelled):
        open_stack(folder, job=job)


def test_2500_slices_open_and_show_the_first_quickly(tmp_path: Path) -> None:
    folder = slices(tmp_path, ramp((1, 64, 64)), "s_{:05d}.png")
    for number in range(2, 2501):
        os.link(folder / "s_00001.png", folder / f"s_{number:05d}.png")
    start = time.perf_counter()
    volume = open_stack(folder)
    volume.slice(0)
    assert time.perf_counter() - start < 3  # 0.4 s here; the rest is for busy machines
    assert volume.info.shape[0] == 2500
