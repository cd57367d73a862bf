"""The table of slice positions beside an export is read again."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
import tifffile

from core.errors import DamagedFileError
from core.io import input_files, open_stack
from core.io.writers import write
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


@pytest.mark.parametrize(
    "text", ["", "a,b\n0,1\n", "slice,z_nm\n0,x\n", "slice,z_nm\n0,5\n1,4\n", "slice,z_nm\n0,nan\n", "é"]
)
def test_malformed_tables_stop(text: str, tmp_path: Path) -> None:
    path = tmp_path / "a.tif"
    tifffile.imwrite(path, ramp(), metadata=None, photometric="minisblack")
    (tmp_path / "a_z_nm.csv").write_text(text)
    with pytest.raises(DamagedFileError):
        open_stack(path)
