"""What this program writes it reads again: values, voxel size, and what the format has a place for."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

from core.io import open_stack
from core.io.writers import write
from tests.core.io.writers.volumes import PRESET_NAMES, VOXEL_NM, values, volume

UNEVEN = (0.0, 5.0, 6.5, 20.0, 22.0)
VOLUMES = {name: file for name, file in PRESET_NAMES.items() if name not in ("stl", "ply")}
ALL_KNOWN = ("ome-zarr", "raw")


@pytest.mark.parametrize("dtype", ["uint8", "uint16", "float32"])
@pytest.mark.parametrize("preset", VOLUMES)
def test_values_and_voxel_size(preset: str, dtype: str, tmp_path: Path) -> None:
    write(volume(dtype), tmp_path / VOLUMES[preset], preset)
    back = open_stack(tmp_path / VOLUMES[preset])
    assert back.info.dtype == dtype
    np.testing.assert_array_equal(back.read(), values(dtype))
    assert back.info.voxel_nm == pytest.approx(VOXEL_NM, rel=1e-9)
    assert back.info.z_nm is None


def test_slices_of_a_volume_too_large_for_one_file(tmp_path: Path) -> None:
    write(volume("uint16"), tmp_path / "a.tif", "fiji", largest_file_gb=1e-9)
    back = open_stack(tmp_path / "a")
    np.testing.assert_array_equal(back.read(), values("uint16"))
    assert back.info.voxel_nm == pytest.approx(VOXEL_NM, rel=1e-9)


@pytest.mark.parametrize("preset", ALL_KNOWN)
def test_positions_content_and_lost_slices(preset: str, tmp_path: Path) -> None:
    target = tmp_path / VOLUMES[preset]
    original = volume(z_nm=UNEVEN, content="labels", channel="2kV-TLD")
    write(original, target, preset)
    assert open_stack(target).info == original.info
    original = volume(slice_numbers=(0, 1, 4, 5, 6), voxel_nm=(None, 4.0, 5.0))
    write(original, target, preset, overwrite=True)
    assert open_stack(target).info == original.info


@pytest.mark.parametrize("preset", [name for name in VOLUMES if name not in ALL_KNOWN])
def test_an_incomplete_voxel_size_stays_unknown(preset: str, tmp_path: Path) -> None:
    write(volume(voxel_nm=(None, 4.0, 5.0)), tmp_path / VOLUMES[preset], preset)
    assert open_stack(tmp_path / VOLUMES[preset]).info.voxel_nm == (None, None, None)


@pytest.mark.parametrize(
    ("known", "numbers"), [((5.0, None, None), None), ((None, None, None), (0, 2, 4, 6, 8)), (VOXEL_NM, None)]
)
def test_where_gaps_lie_survives_with_their_origin(known, numbers, tmp_path: Path) -> None:
    original = volume(voxel_nm=known, slice_numbers=numbers, origin=(1, 0, 1, 0, 1))
    write(original, tmp_path / "a.tif", "fiji")
    back = open_stack(tmp_path / "a.tif").info
    assert back.origin == original.info.origin
    assert back.slice_numbers == numbers
    assert back.voxel_nm[0] == (known[0] and pytest.approx(known[0], rel=1e-9))
