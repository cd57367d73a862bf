"""Measuring in the whole window: a region, its numbers and plots, colours in slices and in 3D."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
import tifffile
from PySide6.QtWidgets import QFileDialog, QLineEdit
from pytestqt.qtbot import QtBot

from app.canvas.gl import NoOpenGLError, ask_driver
from app.figures import PLOTS
from app.geometry import X, Y, Z
from app.main_window import MainWindow
from app.plots.pictures import OVERLAY
from app.region import Region
from core.job import Job
from core.reports import ReportInput
from core.steps.segment import SegmentParams
from tests.app.conftest import made_stack
from tests.system.test_window import OpenWindow, drop, open_window, opened, texts, until

__all__ = ["open_window"]
pytestmark = pytest.mark.gui
SHAPE = (24, 40, 48)


@pytest.fixture
def segmented(tmp_path: Path) -> Path:
    """A stack of two values: a grid of bars, and a cube that hangs loose."""
    z, y, x = np.indices(SHAPE)
    bars = ((y % 16 < 6) & (x % 16 < 6)) | ((z % 12 < 4) & (y % 16 < 6))
    voxels = np.where(bars & (x < 36), 255, 0).astype(np.uint8)
    voxels[8:12, 8:12, 42:46] = 255
    (tmp_path / "data").mkdir()
    tifffile.imwrite(tmp_path / "data" / "bars.tif", voxels)
    return tmp_path / "data" / "bars.tif"


def settled(window: MainWindow) -> bool:
    return not window.program.measuring.waiting and not window.views.slices.busy()


def save_report(qtbot: QtBot, window: MainWindow, folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Save what is shown as the user does; the writing itself is tested elsewhere."""
    given: list[ReportInput] = []

    def written(results: list[ReportInput], target: Path, _job: Job) -> list[Path]:
        given.extend(results)
        return [target / "report.html", target / "report.pdf"]

    monkeypatch.setattr("core.reports.write_measures_report", written)
    window.acts["save-report"].trigger()
    dialog = next(each for each in window.findChildren(QFileDialog) if each.isVisible())
    dialog.findChild(QLineEdit).setText(str(folder))
    dialog.accept()
    until(qtbot, lambda: bool(given) and not window.program.reporter.running)
    region = window.program.measuring.region
    assert region is not None
    assert given[0].title == f"bars, region {region.text}"
    assert given[0].params["region"] == region.text
    assert given[0].measured.shape_zyx == region.shape
    assert [file.path for file in given[0].inputs] == ["bars.tif"]
    assert str(folder) in texts(window.exports)


def test_a_region_of_an_opened_binary_stack(
    qtbot: QtBot, open_window: OpenWindow, segmented: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    window = open_window()
    drop(window, segmented)
    until(qtbot, lambda: opened(window))
    assert not window.views.slices.region()
    window.acts["region"].trigger()
    measuring = window.program.measuring
    until(qtbot, lambda: settled(window))
    assert measuring.trouble == ""
    assert measuring.numbers is not None
    assert "Region z 0–23, y 10–29, x 12–35 px" in texts(window.measures)
    assert "Solid fraction" in texts(window.measures)
    data = tifffile.imread(segmented)
    assert measuring.numbers.estimate.solid_fraction == pytest.approx((data[:, 10:30, 12:36] > 0).mean())
    before = measuring.numbers
    pane = window.views.slices._panes[Z]
    assert pane.box is not None
    pane.box_changed.emit(pane.box.dragged((0, 1), 0.0, 8.0))
    assert measuring.region == Region((0, 10, 12), (24, 30, 44))
    until(qtbot, lambda: settled(window))
    assert measuring.numbers is not before
    for index in range(len(PLOTS)):
        window.measures.plot.setCurrentIndex(index)
        assert window.measures.grab().width() > 0
    window.measures.plot.setCurrentIndex(0)
    window.measures.curves.choose_at(5)
    assert window.views.slices.cursor_zyx()[Z] == 5
    save_report(qtbot, window, tmp_path / "report", monkeypatch)
    window.acts["region"].trigger()
    assert window.views.slices.region() is None
    assert "Add a Measure step" in texts(window.measures)
    assert not window.acts["save-report"].isEnabled()


def test_colours_in_slices_and_3d(qtbot: QtBot, open_window: OpenWindow, segmented: Path) -> None:
    try:
        ask_driver()
    except NoOpenGLError as error:
        pytest.skip(f"no OpenGL here: {error}")
    window = open_window()
    drop(window, segmented)
    until(qtbot, lambda: opened(window))
    menu = window.acts["colour-by"].menu()
    menu.actions()[1].trigger()
    until(qtbot, lambda: settled(window) and window.program.measuring.tint is not None)
    tint = window.program.measuring.tint
    assert tint is not None
    assert window.measures.colours.currentIndex() == 1
    assert window.views.slices.overlay() is tint.volume
    assert tint.volume.read().max() == tint.volume.read()[10, 10, 44] == 4, "the loose cube is the smallest"
    views = window.views
    window.acts["both"].trigger()
    until(qtbot, lambda: views.volume_view is not None and views.volume_view.settled())
    assert views.volume_view is not None
    assert views.volume_view._screen.decor.legend is tint.legend
    window.measures.colours.setCurrentIndex(2)
    assert menu.actions()[2].isChecked()
    until(qtbot, lambda: settled(window) and window.program.measuring.tint is not None)
    until(qtbot, views.volume_view.settled)
    thickness = window.program.measuring.tint
    assert thickness is not None
    assert thickness.legend.title == "Local thickness (px)", "nobody has stated a voxel size"
    assert 6 <= thickness.legend.high <= 12
    picture = views.volume_view.screenshot()[..., :3].astype(int)
    assert (np.ptp(picture, axis=2) > 60).mean() > 0.01, "coloured, not grey"
    menu.actions()[0].trigger()
    assert views.slices.overlay() is None
    assert all(views.slices._panes[axis].plane(OVERLAY) is None for axis in (Z, Y, X))


def test_grey_values_are_segmented_first(qtbot: QtBot, open_window: OpenWindow, tmp_path: Path) -> None:
    window = open_window()
    drop(window, made_stack(tmp_path / "data" / "gold", (20, 40, 48)))
    until(qtbot, lambda: opened(window))
    window.acts["region"].trigger()
    until(qtbot, lambda: settled(window))
    assert "segment first" in texts(window.measures)
    session, measuring = window.program.session, window.program.measuring
    session.add("segment")
    session.set_params(0, SegmentParams(method="otsu"))
    session.add("measure")
    window.acts["run"].trigger()
    until(qtbot, lambda: not window.program.busy)
    assert session.chosen == 1
    until(qtbot, lambda: settled(window))
    assert measuring.numbers is not None, texts(window.measures)
    assert "Region" in texts(window.measures)
    measuring.colour_by("component")
    until(qtbot, lambda: settled(window) and measuring.tint is not None)
    overlay = window.views.slices.overlay()
    session.choose(0)
    assert measuring.region is not None, "the result of the step lies where its input does"
    assert window.views.slices.overlay() is overlay, "and the colours with it"
    window.acts["region"].trigger()
    assert "Whole volume, step 2: Measure" in texts(window.measures)
    session.choose(None)
    until(qtbot, lambda: settled(window))
    assert window.views.slices.overlay() is None
    assert "segment first" in texts(window.measures)
