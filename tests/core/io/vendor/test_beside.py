"""Sidecars of JEOL and Hitachi, projects of Auto Slice & View: real truths and traps, and what they lack."""

from __future__ import annotations

import shutil
from pathlib import Path

import pytest

from core.io.vendor import VendorReport, from_project, from_sidecar, from_tiff
from tests.core.io.vendor.raw import raw_tags
from tests.shared_data import shared_path

HITACHI = (
    "[SemImageFile]\r\nInstructName=SU8230\r\nSerialNumber=0-01\r\nImageName=a.tif\r\nDate=2019/03/12\r\n"
    "Time=10:22:13\r\nDataSize=1280x960\r\nPixelSize=9.921875\r\nSignalName=SE(U)\r\n"
    "AcceleratingVoltage=15000 Volt\r\nDecelerationVoltage=0 Volt\r\nMagnification=10000\r\n"
)
JEOL = (
    "$CM_FORMAT JEOL-SEM\n$CM_INSTRUMENT 8530F\n$CM_DETECTOR_NAME COMPO\n$CM_ACCEL_VOLT 10.00\n"
    "$CM_FULL_SIZE 1280 960\n$$SM_MICRON_BAR 200\n$$SM_MICRON_MARKER 500nm\n"
)


def sidecar(tmp_path: Path, text: str, shape_yx: tuple[int, int], encoding: str = "utf-8") -> VendorReport:
    (tmp_path / "a.txt").write_bytes(text.encode(encoding))
    report = from_sidecar(tmp_path / "a.tif", shape_yx)
    assert report is not None
    return report


def project(tmp_path: Path, text: str, name: str = "run.emxml") -> VendorReport:
    (tmp_path / name).write_text(text)
    report = from_project(tmp_path / name)
    assert report is not None
    return report


def emxml(
    spacing: str = "1e-8", *, cuts: int = 100, depth: str = "1e-6", energies: int = 1, name: str = "SEM"
) -> str:
    return (
        '<?xml version="1.0"?><EMProject xmlns="EMProject">'
        f"<ZCutSpacing>{spacing}</ZCutSpacing><Datasets><Dataset><Name>{name}</Name><BoxSize><SizeZ>{depth}</SizeZ>"
        f"</BoxSize><NumberOfCuts>{cuts}</NumberOfCuts><EnergyLevels>{energies}</EnergyLevels><LiveAcquisition>"
        rf"<ImagesPath>D:\ASV\run\Images\{name}</ImagesPath></LiveAcquisition></Dataset></Datasets></EMProject>"
    )


def said(report: VendorReport, *words: str) -> bool:
    return any(all(word in note for word in words) for note in report.notes)


# ---------------------------------------------------------------- jeol_probelab
def test_jeol_pixel_comes_from_the_scale_bar() -> None:
    """Truth: 101 px = 100 µm, 990 nm per pixel; trap: XResolution 270.9 px/inch is a screen value (94 µm)."""
    image = shared_path("jeol_probelab/image000.tif")
    tags, shape_yx = raw_tags(image)
    assert from_tiff(image, tags, shape_yx) is None  # nothing in the TIFF itself
    report = from_sidecar(image, shape_yx)
    assert report is not None
    assert report.metadata.pixel_nm_yx == pytest.approx((990, 990), abs=0.5)
    assert said(report, "derived from the scale bar", "101 pixels")


def test_jeol_image_is_taller_than_its_scan() -> None:
    """Trap: 1024 rows of which 960 are image ($CM_FULL_SIZE), 64 are data bar."""
    report = from_sidecar(shared_path("jeol_probelab/image000.tif"), (1024, 1280))
    assert report is not None
    assert report.metadata.image_rows == 960


@pytest.mark.parametrize("extension", [".tif", ".bmp", ".png"])
def test_jeol_one_sidecar_for_several_extensions(extension: str) -> None:
    """Trap: the same base name with different extensions shares one ``.txt``."""
    image = shared_path("jeol_probelab/image000.tif").with_suffix(extension)
    report = from_sidecar(image, (1024, 1280))
    assert report is not None
    metadata = report.metadata
    assert (metadata.instrument, metadata.voltage_kv, metadata.detector) == ("8530F", 7.0, "SEI")
    assert metadata.current_pa == pytest.approx(16400)
    assert metadata.acquired == "2020-08-31T15:32:31"


def test_both_copies_of_the_jeol_sidecar_say_the_same() -> None:
    """Truth: kit_tomo_mapper/JEOL_image000.txt is the same file."""
    first = from_sidecar(shared_path("jeol_probelab/image000.txt"), (1024, 1280))
    second = from_sidecar(shared_path("kit_tomo_mapper/JEOL_image000.txt"), (1024, 1280))
    assert first is not None
    assert second is not None
    assert first.notes == second.notes
    assert first.metadata.model_copy(update={"sources": ()}) == second.metadata.model_copy(
        update={"sources": ()}
    )


def test_resized_jeol_image_has_no_pixel_size(tmp_path: Path) -> None:
    """Trap of 1.png (not here): 2560 px wide, redrawn, while the sidecar describes 1280."""
    report = sidecar(tmp_path, JEOL, (2052, 2560))
    assert report.metadata.pixel_nm_yx == (None, None)
    assert report.metadata.image_rows is None
    assert said(report, "1280 pixels wide", "2560", "not known")


@pytest.mark.parametrize("marker", ["500nm", "0.5um", "0.5µm", "0.0005 mm"])
def test_jeol_marker_units(tmp_path: Path, marker: str) -> None:
    report = sidecar(tmp_path, JEOL.replace("500nm", marker), (960, 1280), "cp1252")
    assert report.metadata.pixel_nm_yx == pytest.approx((2.5, 2.5))


def test_jeol_marker_without_unit_is_left_out(tmp_path: Path) -> None:
    report = sidecar(tmp_path, JEOL.replace("500nm", "500"), (960, 1280))
    assert report.metadata.pixel_nm_yx == (None, None)
    assert said(report, "$$SM_MICRON_MARKER", '"500"')


def test_jeol_ambiguous_date_stays_as_stated(tmp_path: Path) -> None:
    report = sidecar(tmp_path, JEOL + "$CM_DATE 3/4/2032\n$CM_TIME 10:00:00\n", (960, 1280))
    assert report.metadata.acquired == "3/4/2032 10:00:00"


# ---------------------------------------------------------------- tfs_metadata_text: Hitachi
def test_hitachi_excerpt() -> None:
    """Truth: 6.615 nm per pixel = 127 mm / 15000 / 1280; an inference, so it is said."""
    text = shared_path("tfs_metadata_text/hitachi_s4700_excerpt.txt")
    report = from_sidecar(text.with_suffix(".tif"), (960, 1280))
    assert report is not None
    assert report.metadata.pixel_nm_yx == pytest.approx((6.615, 6.615), abs=0.001)
    assert (report.metadata.instrument, report.metadata.voltage_kv) == ("S-4700", 10.0)
    assert report.metadata.detector is None
    assert said(report, "127 mm / 15000 / 1280", "derived")


@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "cp1252", "utf-16", "utf-16-le"])
def test_full_hitachi_sidecar_in_every_encoding(tmp_path: Path, encoding: str) -> None:
    report = sidecar(tmp_path, HITACHI, (960, 1280), encoding)
    metadata = report.metadata
    assert metadata.pixel_nm_yx == (9.921875, 9.921875)
    assert (metadata.vendor, metadata.instrument, metadata.detector) == ("Hitachi", "SU8230", "SE(U)")
    assert metadata.voltage_kv == 15.0
    assert metadata.acquired == "2019-03-12T10:22:13"
    assert metadata.image_rows == 960
    assert report.notes == ()


def test_hitachi_pixel_size_and_127_mm_agree(tmp_path: Path) -> None:
    stated = sidecar(tmp_path, HITACHI, (960, 1280)).metadata.pixel_nm_yx
    derived = sidecar(
        tmp_path, HITACHI.replace("PixelSize=9.921875\r\n", ""), (960, 1280)
    ).metadata.pixel_nm_yx
    assert derived == pytest.approx(stated)


def test_hitachi_image_with_bar(tmp_path: Path) -> None:
    report = sidecar(tmp_path, HITACHI.replace("1280x960", "1280x890"), (960, 1280))
    assert report.metadata.image_rows == 890


# ---------------------------------------------------------------- sidecars of no vendor
def test_text_of_no_vendor_is_no_sidecar(tmp_path: Path) -> None:
    (tmp_path / "a.txt").write_text("Remember to buy milk.\nPixelSize=4\n")
    assert from_sidecar(tmp_path / "a.tif", (10, 10)) is None


def test_no_sidecar_of_a_real_slice() -> None:
    image = shared_path("kleinerELM_ASV3/SEM Image - SliceImage - 001.tif")
    assert from_sidecar(image, (2007, 1618)) is None


def test_sidecar_of_many_megabytes_is_not_read(tmp_path: Path) -> None:
    with (tmp_path / "a.txt").open("wb") as file:
        file.write(b"$CM_MAG 5\n")
        file.truncate(50 * 2**20)
    report = from_sidecar(tmp_path / "a.tif", (10, 10))
    assert report is not None
    assert said(report, "a.txt", "not read")


@pytest.mark.parametrize("path", ["", ".", "..", "nowhere/a.tif", "a\0b.tif", "x" * 5000])
def test_impossible_paths_have_nothing_beside_them(path: str) -> None:
    assert from_sidecar(Path(path), (10, 10)) is None
    assert from_tiff(Path(path), {}, (10, 10)) is None
    assert from_project(Path("nowhere") / path) is None


# ---------------------------------------------------------------- kit_tomo_mapper: Auto Slice & View
def test_real_project() -> None:
    """Truth: ZCutSpacing 1.0E-07 m = 100 nm, 185 cuts, 7 data sets, default namespace "EMProject"."""
    report = from_project(shared_path("kit_tomo_mapper/EMProject.emxml"))
    assert report is not None
    assert report.metadata.slice_nm == 100.0
    assert report.metadata.slice_count == 185
    assert len(report.metadata.channels) == 7
    assert report.metadata.channels[0] == "SEM Image"
    assert report.metadata.channels[-1] == "EDS"
    assert said(report, "100 nm", "not measured")


def test_depth_of_the_real_project_bears_the_spacing_out() -> None:
    """Cross-check: 18.5 µm / 185 = 100 nm, so no contradiction; EnergyLevels=1, so no separate energies."""
    report = from_project(shared_path("kit_tomo_mapper/EMProject.emxml"))
    assert report is not None
    assert not said(report, "do not make the stated depth")
    assert not said(report, "energies")


def test_images_in_a_folder_the_project_does_not_name_are_doubted() -> None:
    """Trap: the image beside the project is of another run (2020 against 2023)."""
    report = from_project(shared_path("kit_tomo_mapper"))
    assert report is not None
    assert said(report, "kit_tomo_mapper", "make sure it belongs")


def test_project_two_folders_above_the_slices(tmp_path: Path) -> None:
    source = shared_path("kit_tomo_mapper/EMProject.emxml")
    slices = tmp_path / "Images" / "SEM Image"
    slices.mkdir(parents=True)
    shutil.copy(source, tmp_path / "EMProject.emxml")
    (slices / "SEM Image - SliceImage - 001.tif").touch()
    for path in (slices, slices / "SEM Image - SliceImage - 001.tif"):
        report = from_project(path)
        assert report is not None
        assert (report.metadata.slice_nm, report.metadata.slice_count) == (100.0, 185)
        assert not said(report, "make sure it belongs")


# ---------------------------------------------------------------- what the real project lacks
def test_foreign_project_above_is_ignored(tmp_path: Path) -> None:
    (tmp_path / "other.emxml").write_text(emxml())
    (tmp_path / "my slices").mkdir()
    assert from_project(tmp_path / "my slices") is None


def test_spacing_that_contradicts_the_depth_is_said(tmp_path: Path) -> None:
    report = project(tmp_path, emxml("1e-8", cuts=100, depth="2e-6"))
    assert report.metadata.slice_nm == 10.0
    assert said(report, "do not make the stated depth")


def test_energies_are_channels(tmp_path: Path) -> None:
    assert said(project(tmp_path, emxml(energies=3)), "3 energies", "separate channels")


def test_several_projects_give_no_values(tmp_path: Path) -> None:
    for name in ("a.emxml", "b.emxml"):
        (tmp_path / name).write_text(emxml())
    report = from_project(tmp_path)
    assert report is not None
    assert report.metadata.slice_nm is None
    assert said(report, "Several projects", "a.emxml", "b.emxml")


@pytest.mark.parametrize("name", ["run.emxml", "run.a3d-setup"])
@pytest.mark.parametrize("text", ["", "<", "<Other/>", "<EMProject><ZCut", "\0\0\0", "plain"])
def test_damaged_projects_are_said(tmp_path: Path, name: str, text: str) -> None:
    report = project(tmp_path, text, name)
    assert report.metadata.slice_nm is None
    assert said(report, name, "not read")


def test_implausible_spacing_is_left_out(tmp_path: Path) -> None:
    report = project(tmp_path, emxml("100"))
    assert report.metadata.slice_nm is None
    assert said(report, "slice_nm cannot be")
