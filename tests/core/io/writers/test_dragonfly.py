"""Numbered slices for Dragonfly, read back with Pillow and, for the tags, tifffile."""

from __future__ import annotations

import json
from pathlib import Path

import numpy as np
import pytest
import tifffile
from PIL import Image

from core.io.writers import write
from core.volume import volume_of
from tests.core.io.writers.volumes import SHAPE, VOXEL_NM, values, volume


@pytest.mark.parametrize("dtype", ["uint8", "uint16", "float32"])
def test_slices_of_one_size_and_type(dtype: str, tmp_path: Path) -> None:
    report = write(volume(dtype), tmp_path / "volume", "dragonfly")
    slices = sorted((tmp_path / "volume").glob("*.tif"))
    assert len({path.stat().st_size for path in slices}) == 1
    for path, plane in zip(slices, values(dtype), strict=True):
        with Image.open(path) as picture:
            assert picture.n_frames == 1
            assert picture.info["compression"] == "raw"
            np.testing.assert_array_equal(np.asarray(picture), plane)
        with tifffile.TiffFile(path) as file:
            tags = file.pages.first.tags
            assert tags["ResolutionUnit"].value == 3
            pixels, cm = tags["XResolution"].value
            assert 1e7 * cm / pixels == pytest.approx(VOXEL_NM[2], rel=1e-9)
            assert file.imagej_metadata["spacing"] == pytest.approx(VOXEL_NM[0] / 1e3)
    assert report.notes[0] == (
        "Dragonfly asks for the image spacing: type X 4.7 nm, Y 4.3 nm, Z 8.1 nm "
        "(in mm: X 4.7e-06, Y 4.3e-06, Z 8.1e-06)."
    )


def test_text_and_json_state_what_to_type(tmp_path: Path) -> None:
    write(volume("uint16", channel="2kV-TLD"), tmp_path / "volume", "dragonfly")
    lines = (tmp_path / "volume" / "voxel-size.txt").read_text().splitlines()
    assert "Size: X 9, Y 7, Z 5 voxels, uint16, uncompressed." in lines
    assert "Z spacing: 8.1 nm = 0.0081 um = 8.1e-06 mm" in lines
    table = json.loads((tmp_path / "volume" / "voxel-size.json").read_text())
    assert table["voxel_nm_zyx"] == list(VOXEL_NM)
    assert table["shape_zyx"] == list(SHAPE)
    assert table["dtype"] == "uint16"
    assert table["channel"] == "2kV-TLD"


def test_signed_values_become_floats(tmp_path: Path) -> None:
    data = np.array([-5, 7], "i2").reshape(2, 1, 1)
    report = write(volume_of(data, voxel_nm=VOXEL_NM), tmp_path / "volume", "dragonfly")
    with Image.open(tmp_path / "volume" / "volume_0000.tif") as picture:
        assert picture.mode == "F"
        assert np.asarray(picture)[0, 0] == -5
    assert "float32" in report.notes[1]


def test_an_unknown_spacing_is_said_not_guessed(tmp_path: Path) -> None:
    report = write(volume(voxel_nm=(None, 4.0, 4.0)), tmp_path / "volume", "dragonfly")
    assert "not known" in report.notes[0]
    assert "not known" in (tmp_path / "volume" / "voxel-size.txt").read_text()
    table = json.loads((tmp_path / "volume" / "voxel-size.json").read_text())
    assert table["voxel_nm_zyx"] == [None, 4.0, 4.0]
    with Image.open(tmp_path / "volume" / "volume_0000.tif") as picture:
        assert "dpi" not in picture.info or picture.info["dpi"] == (1, 1)


def test_uneven_slices_come_with_their_positions(tmp_path: Path) -> None:
    uneven = (0.0, 5.0, 6.5, 20.0, 22.0)
    report = write(volume(z_nm=uneven), tmp_path / "volume", "dragonfly")
    table = np.loadtxt(tmp_path / "volume" / "z_nm.csv", delimiter=",", skiprows=1)
    np.testing.assert_array_equal(table[:, 1], uneven)
    assert "Z 5.5 nm" in report.notes[0]
    assert any("uneven" in note for note in report.notes)


def test_an_older_folder_is_replaced_as_a_whole(tmp_path: Path) -> None:
    write(volume(z_nm=(0.0, 5.0, 6.5, 20.0, 22.0)), tmp_path / "volume", "dragonfly")
    short = volume_of(np.ones((2, 3, 3), np.uint8), voxel_nm=VOXEL_NM)
    write(short, tmp_path / "volume", "dragonfly", overwrite=True)
    assert sorted(path.name for path in (tmp_path / "volume").iterdir()) == [
        "volume_0000.tif",
        "volume_0001.tif",
        "voxel-size.json",
        "voxel-size.txt",
    ]
