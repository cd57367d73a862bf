"""The table of slice positions beside an export is read again."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
import tifffile

from core.errors import DamagedFileError
from core.io import input_files, open_stack
from core.io.writers import preset_for, write
from core.volume import volume_of
from tests.core.io.readers.make import imagej, ramp, slices

UNEVEN = (0.0, 5.0, 6.5, 20.0, 22.0, 31.0)


@pytest.mark.parametrize(
    ("preset", "name"),
    [("fiji", "a.tif"), ("bigtiff", "a.ome.tif"), ("nrrd", "a.nrrd"), ("mhd", "a.mhd"), ("dragonfly", "a")],
)
def test_exports_keep_uneven_positions(preset: str, name: str, tmp_path: Path) -> None:
    volume = volume_of(ramp(), voxel_nm=(None, 5.0, 4.0), z_nm=UNEVEN)
    write(volume, tmp_path / name, preset)  # type: ignore[arg-type]
    back = open_stack(tmp_path / name)
    assert back.info.z_nm == pytest.approx(UNEVEN)
    np.testing.assert_array_equal(back.read(), ramp())
    assert any("z_nm.csv" in note for note in back.notes)
    assert any(path.name.endswith("z_nm.csv") for path in input_files(tmp_path / name))


@pytest.mark.parametrize("name", ["a.tif", "a.ome.tif", "a.mhd", "a.nrrd", "a", "a.zarr", "a.raw"])
@pytest.mark.parametrize("even", [True, False])
def test_exports_keep_where_slices_come_from(name: str, even: bool, tmp_path: Path) -> None:
    origin = (1, 2, 2, 1, 3, 0)
    places = {"voxel_nm": (10.0, 5.0, 4.0)} if even else {"voxel_nm": (None, 5.0, 4.0), "z_nm": UNEVEN}
    write(volume_of(ramp(), origin=origin, **places), tmp_path / name, preset_for(Path(name)))
    back = open_stack(tmp_path / name).info
    assert back.origin == origin
    assert back.z_nm == (None if even else pytest.approx(UNEVEN))


def test_exports_of_measured_slices_have_no_table(tmp_path: Path) -> None:
    write(volume_of(ramp(), voxel_nm=(10.0, 5.0, 4.0), origin=(1,) * 6), tmp_path / "a.tif", "fiji")
    assert [path.name for path in tmp_path.iterdir()] == ["a.tif"]


def test_a_canvas_that_slices_do_not_cover_comes_with_a_mask(tmp_path: Path) -> None:
    areas = (((0.0, 0.0), (0.0, 4.0), (3.0, 4.0), (3.0, 0.0)),) * 5 + ((),)
    volume = volume_of(ramp(), voxel_nm=(10.0, 5.0, 4.0), footprint=areas)
    report = write(volume, tmp_path / "a.tif", "fiji")
    assert any("a_measured.tif" in note for note in report.notes)
    mask = tifffile.imread(tmp_path / "a_measured.tif")
    assert mask.shape == ramp().shape
    assert [int((plane == 255).sum()) for plane in mask] == [20] * 5 + [0]
    for name in ("a.zarr", "a.raw"):
        write(volume, tmp_path / name, preset_for(Path(name)))
        assert open_stack(tmp_path / name).info.footprint == areas


def test_numbers_of_lost_slices(tmp_path: Path) -> None:
    path = imagej(tmp_path, ramp())
    (tmp_path / "imagej_z_nm.csv").write_text("slice,number\n0,0\n1,1\n2,2\n3,5\n4,6\n5,9\n")
    assert open_stack(path).info.slice_numbers == (0, 1, 2, 5, 6, 9)


def test_a_table_of_another_stack_is_ignored_aloud(tmp_path: Path) -> None:
    folder = slices(tmp_path, ramp())
    (folder / "z_nm.csv").write_text("slice,z_nm\n0,0\n1,5\n")
    volume = open_stack(folder)
    assert volume.info.z_nm is None
    assert any("lists 2 slices, but there are 6" in note for note in volume.notes)


MALFORMED = [
    "",
    "a,b\n0,1\n",
    "slice,z_nm\n0,x\n",
    "slice,z_nm\n0,5\n1,4\n",
    "slice,z_nm\n0,nan\n",
    "é",
    "slice,z_nm,origin\n0,0,7\n",
    "slice,z_nm,origin\n0,0\n",
]


@pytest.mark.parametrize("text", MALFORMED)
def test_malformed_tables_stop(text: str, tmp_path: Path) -> None:
    path = tmp_path / "a.tif"
    tifffile.imwrite(path, ramp(), metadata=None, photometric="minisblack")
    (tmp_path / "a_z_nm.csv").write_text(text)
    with pytest.raises(DamagedFileError):
        open_stack(path)
