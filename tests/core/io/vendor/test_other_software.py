"""Files that state nothing about a microscope: nothing is read into them, and nothing is borrowed."""

from __future__ import annotations

import pytest

from core.io.vendor import from_project, from_sidecar, from_tiff
from tests.core.io.vendor.raw import raw_tags
from tests.shared_data import shared_path


@pytest.mark.parametrize(
    "name",
    [
        # Truths: "pixel size not stated", "the imaging technique and voxel size are NOT in the repository".
        "sofc_anode_hsu2018/anode_segmented_tiff_z050.tif",
        "superres_electrodes/SEM_hr_input.tif",
        "superres_electrodes/SOFC_hr_input.tif",
        # Format robustness: another vendor's light microscope, an ImageJ stack.
        "rosettasciio_vendor/olympus_SIS.tif",
        "rosettasciio_vendor/test_loading_image_saved_with_imageJ_stack.tif",
    ],
)
def test_images_without_any_vendor_metadata(name: str) -> None:
    path = shared_path(name)
    tags, shape_yx = raw_tags(path)
    assert from_tiff(path, tags, shape_yx) is None
    assert from_sidecar(path, shape_yx) is None


@pytest.mark.parametrize(
    "name",
    [
        "yamamoto_Ba122/labelled/sample_001_sem.bmp",
        "flyem_medulla_fibsem/training_sample1/grayscale_maps/iso.2600.png",
    ],
)
def test_a_readme_is_no_sidecar(name: str) -> None:
    """Trap: README.txt and SOURCE.txt lie around; the pixel size of Ba122 is not in its repository."""
    path = shared_path(name)
    assert from_sidecar(path, (256, 256)) is None
    assert from_project(path) is None
