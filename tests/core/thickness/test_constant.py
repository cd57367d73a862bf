"""Sources that measure nothing say so."""

from __future__ import annotations

import numpy as np
import pytest

from core.errors import MissingMetadataError, ParameterError
from core.metadata import Metadata
from core.thickness.compare import numbers_of
from core.thickness.constant import constant_thickness, stated_thickness
from core.volume import Volume, volume_of


def stack(slices: int = 4, **info: object) -> Volume:
    return volume_of(np.zeros((slices, 3, 3), np.uint8), **info)


def test_missing_slices_keep_their_room() -> None:
    found = constant_thickness(stack(slice_numbers=(3, 4, 6, 7)), 10.0)
    assert found.z_nm == (0.0, 10.0, 30.0, 40.0)
    assert found.thickness_nm == (10.0, 20.0, 10.0)
    assert found.sigma_nm == (0.0, 0.0, 0.0)
    assert "nothing was measured" in found.notes[0]
    assert (found.across, found.outliers) == ((1,), ())
    assert (found.mean_nm, found.sd_nm) == (10.0, 0.0)  # 20 nm is the thickness of two
    assert numbers_of(found)["left_out"] == 1


def test_what_the_files_state_is_used_and_named() -> None:
    assert constant_thickness(stack(voxel_nm=(8.0, None, None)), None).thickness_nm == (8.0,) * 3
    bare = stack()
    stated = Volume(bare.info, bare.source, Metadata(slice_nm=12.0))
    found = constant_thickness(stated, None)
    assert found.mean_nm == 12.0
    assert "asked for" in found.notes[0]


def test_stated_positions() -> None:
    found = stated_thickness(stack(z_nm=(0.0, 9.0, 21.0, 30.5)))
    assert found.method == "metadata"
    assert found.thickness_nm == (9.0, 12.0, 9.5)
    assert stated_thickness(stack(voxel_nm=(5.0, 1.0, 1.0))).method == "metadata"


def test_nothing_is_invented() -> None:
    for function in (lambda: constant_thickness(stack(), None), lambda: stated_thickness(stack())):
        with pytest.raises(MissingMetadataError, match="no file states"):
            function()


@pytest.mark.parametrize("z", [None, (0.0,)])
def test_one_slice_is_refused(z) -> None:
    for function in (lambda: constant_thickness(stack(1), 5.0), lambda: stated_thickness(stack(1, z_nm=z))):
        with pytest.raises(ParameterError, match="only one"):
            function()
