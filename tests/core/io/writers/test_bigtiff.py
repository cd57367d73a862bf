"""BigTIFF with OME metadata, read back with tifffile and ITK."""

from __future__ import annotations

from pathlib import Path
from xml.etree import ElementTree

import numpy as np
import pytest
import SimpleITK as sitk
import tifffile

from core.io.writers import VOXEL_TYPES, write
from tests.core.io.writers.volumes import SHAPE, VOXEL_NM, values, volume

OME = {"ome": "http://www.openmicroscopy.org/Schemas/OME/2016-06"}


def pixels(path: Path) -> ElementTree.Element:
    with tifffile.TiffFile(path) as file:
        assert file.is_bigtiff
        assert file.ome_metadata is not None
        found = ElementTree.fromstring(file.ome_metadata).find("ome:Image/ome:Pixels", OME)
    assert found is not None
    return found


@pytest.mark.parametrize("dtype", VOXEL_TYPES)
def test_every_type_and_the_voxel_size_come_back(dtype: str, tmp_path: Path) -> None:
    target = tmp_path / "volume.ome.tif"
    report = write(volume(dtype), target, "bigtiff")
    with tifffile.TiffFile(target) as file:
        data = file.asarray()
        assert file.series[0].axes == "ZYX"
    assert data.dtype == dtype
    np.testing.assert_array_equal(data, values(dtype))
    found = pixels(target)
    for axis, size in zip("ZYX", VOXEL_NM, strict=True):
        assert float(found.attrib[f"PhysicalSize{axis}"]) == size
        assert found.attrib[f"PhysicalSize{axis}Unit"] == "nm"
    assert report.notes == ()


def test_itk_reads_it_too(tmp_path: Path) -> None:
    target = tmp_path / "volume.tif"
    write(volume("uint16"), target, "bigtiff")
    image = sitk.ReadImage(str(target))
    np.testing.assert_array_equal(sitk.GetArrayFromImage(image), values("uint16"))
    # ITK takes x and y from the tags (in mm, 32-bit) and has no z.
    assert [size * 1e6 for size in image.GetSpacing()[:2]] == pytest.approx(
        [VOXEL_NM[2], VOXEL_NM[1]], rel=1e-6
    )


def test_labels_beyond_16_bits_stay_whole_numbers(tmp_path: Path) -> None:
    write(volume("uint32", content="labels"), tmp_path / "labels.ome.tif", "bigtiff")
    assert tifffile.imread(tmp_path / "labels.ome.tif").max() == 2**32 - 1


def test_uneven_slices_state_their_own_position(tmp_path: Path) -> None:
    uneven = (0.0, 5.0, 6.5, 20.0, 22.0)
    report = write(volume(z_nm=uneven), tmp_path / "volume.ome.tif", "bigtiff")
    found = pixels(tmp_path / "volume.ome.tif")
    planes = found.findall("ome:Plane", OME)
    assert [float(plane.attrib["PositionZ"]) for plane in planes] == list(uneven)
    assert [int(plane.attrib["TheZ"]) for plane in planes] == list(range(SHAPE[0]))
    assert float(found.attrib["PhysicalSizeZ"]) == 5.5
    assert (tmp_path / "volume_z_nm.csv").is_file()
    assert "uneven" in report.notes[0]


def test_nothing_is_guessed_where_the_size_is_unknown(tmp_path: Path) -> None:
    report = write(volume(voxel_nm=(8.0, 4.0, None)), tmp_path / "volume.ome.tif", "bigtiff")
    assert not [key for key in pixels(tmp_path / "volume.ome.tif").attrib if key.startswith("PhysicalSize")]
    with tifffile.TiffFile(tmp_path / "volume.ome.tif") as file:
        assert "XResolution" not in {tag.name for tag in file.pages.first.tags}
    assert "no scale" in report.notes[0]


def test_names_with_signs_that_xml_reserves(tmp_path: Path) -> None:
    target = tmp_path / "a & b's.ome.tif"
    write(volume(channel='<2kV> "TLD"'), target, "bigtiff")
    channel = pixels(target).find("ome:Channel", OME)
    assert channel is not None
    assert channel.attrib["Name"] == '<2kV> "TLD"'


def test_offsets_beyond_4_gb_are_64_bit(tmp_path: Path) -> None:
    from core.io.writers.tiff import TiffLayout

    layout = TiffLayout((70_000, 300, 300), np.dtype("uint8"), b"x", None, big=True)
    path = tmp_path / "sparse.tif"
    with path.open("wb") as stream:  # a file with a hole where the planes would be
        stream.write(layout.head())
        stream.seek(layout.data_offset + 70_000 * 300 * 300)
        for part in layout.tail():
            stream.write(part)
    assert path.stat().st_size == layout.total_bytes > 2**32
    with tifffile.TiffFile(path) as file:
        page = file.pages[69_999]
        assert page.dataoffsets[0] == layout.data_offset + 69_999 * 90_000
