"""Every real file and folder beside the project: the truth, or a clear statement of what is not known."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest

from core.errors import TruesliceError
from core.io import ReadOptions, describe, open_stack
from tests.shared_data import SHARED_DATA

Shared = Callable[[str], Path]


def _everything() -> list[str]:
    if not SHARED_DATA.is_dir():
        return ["."]
    found = [path for path in sorted(SHARED_DATA.rglob("*")) if not path.name.startswith(".")]
    return [path.relative_to(SHARED_DATA).as_posix() for path in found]


# Text that is about the data, not part of it, and what else is rightly no image.
NO_IMAGE = ("SOURCE.txt", "README.md", "README.txt", "LICENSE.txt", "real_slice_filenames.txt", ".tif.gz")


@pytest.mark.parametrize("name", _everything())
def test_everything_is_described_or_refused_clearly(name: str, shared_data: Shared) -> None:
    path = shared_data(name)
    if name.endswith((*NO_IMAGE, "janelia_dat")):
        with pytest.raises(TruesliceError) as caught:
            describe(path)
        assert caught.value.what
        assert caught.value.expected is not None
        return
    report = describe(path)
    if report.shape_zyx is None:
        assert report.format == "metadata without pixels"
        assert report.metadata
        return
    assert report.dtype
    assert min(report.shape_zyx) >= 1
    for axis, size in zip("zyx", report.voxel_nm_zyx, strict=True):
        if size is None and report.z_nm is None and (axis != "z" or report.shape_zyx[0] > 1):
            assert any("not known" in warning or "unknown" in warning for warning in report.warnings)


FEI = "rosettasciio_vendor/FEI-Helios-"
TRUTHS = [
    # path, shape, dtype, pixel size along y and x in nm
    ("flyem_medulla_fibsem/training_sample1", (250, 250, 250), "uint8", None),
    ("demarco_fibsem_2d/docs_img_gamma_gamma_example.tif", (1, 1024, 1536), "uint8", 97.66),
    ("demarco_fibsem_2d/fibsem_detection_test_image_2.tif", (1, 1024, 1536), "uint8", 97.66),
    ("demarco_fibsem_2d/fibsem_segmentation_test_image.tif", (1, 1024, 1536), "uint8", None),
    ("imageio_fei_rbc/fei-sem-rbc.tif", (1, 1094, 1536), "uint8", 7.70833),
    ("jeol_probelab/image000.tif", (1, 1024, 1280), "uint8", 990.099),
    ("kit_zeiss_sem/1-as-cast_16_Sch_10k_InLens.tif", (1, 768, 1024), "uint8", 11.16),
    ("kit_zeiss_sem/FeMoOx_AntiA_04_1k5x_CN.tif", (1, 768, 1024), "uint8", 74.43),
    ("kit_zeiss_sem/zeiss_tiff_meta_test.tif", (1, 768, 1024), "uint8", 55.82),
    ("kit_zeiss_sem/InLens_keyframe_00001_slice_00006_z=1.6659um.tif", (1, 1023, 1023), "uint8", 44.7154),
    ("kleinerELM_ASV3/SEM Image - SliceImage - 001.tif", (1, 2007, 1618), "uint8", 8.99306),
    (FEI + "Ebeam-8bits.tif", (1, 471, 512), "uint8", 3372.4),
    (FEI + "Ebeam-16bits.tif", (1, 471, 512), "uint16", 3372.4),
    (FEI + "navcam.tif", (1, 551, 768), "uint8", None),
    (FEI + "navcam-with-no-IRBeam-bad-floats.tif", (1, 551, 768), "uint8", None),
    ("rosettasciio_vendor/test_tiff_Zeiss_SEM_1k.tif", (1, 768, 1024), "uint8", 2614.5),
    ("sofc_anode_hsu2018/anode_segmented_tiff_z050.tif", (1, 1697, 1900), "uint8", None),
    ("superres_electrodes/SOFC_lr_input.tif", (62, 62, 62), "int8", None),
    ("superres_electrodes/SOFC_hr_input.tif", (1, 1024, 1024), "int8", None),
    ("superres_electrodes/NMC_lr_input.tif", (128, 128, 128), "int8", None),
    ("superres_electrodes/SEM_lr_input.tif", (128, 128, 128), "uint8", None),
    ("superres_electrodes/SEM_hr_input.tif", (1, 427, 427), "uint8", None),
    ("vnc_sstem/stack1/raw", (20, 1024, 1024), "uint8", None),
    ("yamamoto_Ba122/labelled/sample_001_sem.bmp", (1, 256, 256), "uint8", None),
]  # fmt: skip


@pytest.mark.parametrize(("name", "shape", "dtype", "pixel_nm"), TRUTHS)
def test_stated_truths(
    name: str, shape: tuple[int, int, int], dtype: str, pixel_nm: float | None, shared_data: Shared
) -> None:
    report = describe(shared_data(name))
    assert (report.shape_zyx, report.dtype) == (shape, dtype)
    expected = None if pixel_nm is None else pytest.approx(pixel_nm, rel=3e-4)
    assert report.voxel_nm_zyx[1:] == (expected, expected)


def test_the_one_flyem_slice_stack_is_read(shared_data: Shared) -> None:
    volume = open_stack(shared_data("flyem_medulla_fibsem/training_sample1"))
    files = volume.source.names  # type: ignore[attr-defined]
    assert files[0].endswith("iso.2600.png")
    assert files[-1].endswith("iso.2849.png")
    assert volume.info.slice_numbers is None
    assert not any("missing" in note for note in volume.notes)


@pytest.mark.parametrize(
    ("name", "coloured"),
    [
        ("rosettasciio_vendor/test_tiff_Zeiss_SEM_512pix.tif", True),
        ("kit_zeiss_sem/FeMoOx_AntiA_04_1k5x_CN.tif", False),
    ],
)
def test_palette_index_is_the_grey_value(name: str, coloured: bool, shared_data: Shared) -> None:
    import tifffile

    path = shared_data(name)
    with tifffile.TiffFile(path) as file:
        page = file.pages.first
        assert page.photometric == 3
        index, colours = page.asarray(), page.colormap
    grey = (colours == colours[:1]).all(axis=0)
    assert (not grey.all()) == coloured
    volume = open_stack(path)
    np.testing.assert_array_equal(volume.slice(0), index)
    assert any("palette" in note for note in volume.notes)


def test_packbits_phases(shared_data: Shared) -> None:
    plane = open_stack(shared_data("sofc_anode_hsu2018/anode_segmented_tiff_z050.tif")).slice(0)
    values, counts = np.unique(plane, return_counts=True)
    assert values.tolist() == [0, 128, 255]
    np.testing.assert_allclose(counts / plane.size, (0.2089, 0.3450, 0.4461), atol=5e-5)


def test_phase_fractions(shared_data: Shared) -> None:
    for name, fractions in (
        ("SOFC_lr_input", (0.354, 0.341, 0.305)),
        ("SOFC_hr_input", (0.359, 0.333, 0.308)),
    ):
        data = open_stack(shared_data(f"superres_electrodes/{name}.tif")).read()
        _, counts = np.unique(data, return_counts=True)
        np.testing.assert_allclose(np.sort(counts / data.size)[::-1], fractions, atol=6e-4)


def test_imagej_stack_with_spacing(shared_data: Shared) -> None:
    path = shared_data("rosettasciio_vendor/test_loading_image_saved_with_imageJ_stack.tif")
    volume = open_stack(path)
    assert volume.info.shape == (2, 68, 68)
    assert volume.info.dtype == "float32"
    assert volume.info.voxel_nm == pytest.approx((2500.0, 168.6747, 168.6747), rel=1e-5)


def test_ion_beam_and_data_bar_are_said(shared_data: Shared) -> None:
    ion = describe(shared_data("demarco_fibsem_2d/docs_img_gamma_gamma_example.tif"))
    assert ion.metadata["beam"] == "ion"
    assert any("ion" in warning for warning in ion.warnings)
    bar = describe(shared_data("imageio_fei_rbc/fei-sem-rbc.tif"))
    assert bar.metadata["image_rows"] == 1024
    assert bar.shape_zyx == (1, 1094, 1536)
    assert any("data bar" in warning for warning in bar.warnings)


def test_mixed_types_in_a_real_folder_are_named(shared_data: Shared) -> None:
    report = describe(shared_data("vnc_sstem/stack1/mitochondria"))
    assert report.missing == ("1", "7", "18")
    volume = open_stack(shared_data("vnc_sstem/stack1/mitochondria"), ReadOptions(skip_odd=True))
    plane = volume.slice((volume.info.slice_numbers or ()).index(5))
    assert set(np.unique(plane)) == {0, 8, 17, 40, 255}


def test_screen_resolutions_are_ignored_aloud(shared_data: Shared) -> None:
    for name in ("sofc_anode_hsu2018/anode_segmented_tiff_z050.tif", "jeol_probelab/image000.tif"):
        assert any("pixels per inch" in warning for warning in describe(shared_data(name)).warnings)


def test_metadata_without_pixels(shared_data: Shared) -> None:
    project = describe(shared_data("kit_tomo_mapper/EMProject.emxml"))
    assert project.shape_zyx is None
    assert project.voxel_nm_zyx[0] == pytest.approx(100.0)
    tescan = describe(shared_data("kit_tomo_mapper/tescan-minimal.hdr"))
    assert tescan.voxel_nm_zyx == pytest.approx((50.0, 50.0, 50.0))
    atlas = describe(shared_data("pystack3d_atlas/Atlas3D.a3d-setup"))
    assert atlas.voxel_nm_zyx == pytest.approx((10.0, 10.0, 10.0), rel=1e-4)
    hitachi = describe(shared_data("tfs_metadata_text/hitachi_s4700_excerpt.txt"))
    assert hitachi.voxel_nm_zyx[2] == pytest.approx(6.615, rel=1e-3)
    hydra = describe(shared_data("tfs_metadata_text/helios5hydra_asv_slice_ini.txt"))
    assert hydra.voxel_nm_zyx[2] == pytest.approx(10.0)
    assert hydra.metadata["voltage_kv"] == pytest.approx(2.0)
    xml = describe(shared_data("tfs_metadata_text/helios5hydra_xml_2022.xml"))
    assert xml.instrument


def test_real_names_give_uneven_positions(tmp_path: Path, shared_data: Shared) -> None:
    import tifffile

    names = shared_data("pystack3d_atlas/real_slice_filenames.txt").read_text().split()
    for number, name in enumerate(names):
        tifffile.imwrite(tmp_path / name, np.full((8, 9), number, np.uint8))
    volume = open_stack(tmp_path)
    steps = np.diff(volume.info.z_nm or ())
    np.testing.assert_allclose(steps, (9.4, 10.0, 9.2, 10.0, 9.8, 10.0, 11.2, 10.0, 9.5), atol=1e-6)
