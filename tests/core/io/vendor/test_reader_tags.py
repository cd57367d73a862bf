"""The tags our own TIFF reader hands over say the same as the raw bytes read by an independent library."""

from __future__ import annotations

import pytest

from core.io.ifd import tags_of
from core.io.vendor import from_tiff
from tests.core.io.vendor.raw import raw_tags
from tests.shared_data import shared_path


@pytest.mark.parametrize(
    "name",
    [
        "kleinerELM_ASV3/SEM Image - SliceImage - 001.tif",
        "imageio_fei_rbc/fei-sem-rbc.tif",
        "kit_zeiss_sem/FeMoOx_AntiA_04_1k5x_CN.tif",
        "kit_zeiss_sem/InLens_keyframe_00001_slice_00006_z=1.6659um.tif",
        "rosettasciio_vendor/test_tiff_Zeiss_SEM_1k.tif",
        "demarco_fibsem_2d/fibsem_detection_test_image_2.tif",
    ],
)
def test_same_report_from_both(name: str) -> None:
    path = shared_path(name)
    raw, shape_yx = raw_tags(path)
    report = from_tiff(path, raw, shape_yx)
    assert report is not None
    assert from_tiff(path, tags_of(path), shape_yx) == report
