"""From the drop to the result and beyond: whole journeys, driven by hand, with nothing left behind."""

from __future__ import annotations

import gc
import json
import os
import shutil
import subprocess
from collections.abc import Iterator
from pathlib import Path

import numpy as np
import pytest
import tifffile
from PySide6.QtWidgets import QApplication

from core.volume import Array
from tests.app.conftest import made_stack
from tests.shared_data import shared_path
from tests.system import journeys
from tests.system.hand import Desk, large_arrays, new_arrays
from tests.system.journeys import VOLTAGES, Result

IMAGEJ = Path("/usr/share/java/ij.jar")
MACRO = Path(__file__).with_name("read_binary.ijm")
POINTS = 0.04
"""By how much the solid fraction of the clearest channel may differ from the truth."""

pytestmark = [pytest.mark.gui, pytest.mark.proposes]


@pytest.fixture
def desk(qapp: QApplication, tmp_path: Path) -> Iterator[Desk]:
    with Desk(qapp, tmp_path) as made:
        yield made


@pytest.fixture(scope="module")
def acquired(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Three voltages with a ruler; a fresh folder would cost another simulation."""
    return journeys.acquisition(tmp_path_factory.mktemp("data") / "virtual gold")


@pytest.fixture
def copied(acquired: Path, tmp_path: Path) -> Path:
    """The same in a folder whose neighbourhood can be written to."""
    return Path(shutil.copytree(acquired, tmp_path / "data" / "virtual gold"))


def seen_by_imagej(file: Path, home: Path) -> tuple[tuple[int, ...], tuple[float, ...], tuple[int, int, int]]:
    """Shape (z, y, x), voxel size in nm (z, y, x), and counts of 0, 255 and others, as ImageJ reads them."""
    if not IMAGEJ.exists() or shutil.which("java") is None:
        pytest.skip("ImageJ is not installed (Debian: apt-get install imagej default-jre)")
    command = ["java", "-Dfile.encoding=UTF-8", f"-Duser.home={home}", "-jar", str(IMAGEJ)]
    done = subprocess.run(
        [*command, "-batch", str(MACRO), str(file)],
        capture_output=True, encoding="utf-8", timeout=200, check=False, env=os.environ,
    )  # fmt: skip
    assert done.returncode == 0, done.stderr
    rows = [line.split("\t") for line in done.stdout.splitlines() if line.startswith("read\t")]
    assert rows, f"ImageJ did not open it: {done.stdout} {done.stderr}"
    width, height, slices, bits, *scale, unit, low, high, other = rows[0][1:]
    assert bits == "8"
    nm = {"µm": 1e3, "nm": 1.0}[unit]
    shape = (int(slices), int(height), int(width))
    return shape, tuple(float(side) * nm for side in reversed(scale)), (int(low), int(high), int(other))


def binary(file: Path, voxel_nm: float, home: Path) -> Array:
    """The voxels of a file that has to be isotropic and binary for ImageJ."""
    data: Array = tifffile.imread(file)
    shape, sides, (low, high, other) = seen_by_imagej(file, home)
    assert shape == data.shape
    assert sides == pytest.approx((voxel_nm,) * 3, rel=1e-6)
    assert other == 0
    assert (low, high) == (int((data == 0).sum()), int((data == 255).sum()))
    assert low > 0 < high
    return data


@pytest.mark.slow
def test_three_voltages_with_a_ruler_become_isotropic_binary_files(
    desk: Desk, copied: Path, tmp_path: Path
) -> None:
    result = journeys.three_voltages(desk, copied, tmp_path)
    assert [file.name for file in result.exported] == [f"solid_{name}.tif" for name in VOLTAGES]
    truth = json.loads((copied / "truth.json").read_text())
    surface = int((truth["ruler"]["cap_y_nm"][1] + 10) // 5)  # the exported rows begin below the empty ones
    labels = tifffile.imread(copied / "truth.tif")[:, surface:]
    fractions = []
    for file in result.exported:
        data = binary(file, journeys.PLAN.field.pixel_nm, tmp_path)
        fractions.append(float((data[:, -labels.shape[1] :] == 255).mean()))
    assert fractions[0] == pytest.approx(float((labels == 1).mean()), abs=POINTS)
    assert fractions == sorted(fractions), "the higher the voltage, the more shines through"
    same_bytes(result, [f"{name}={copied / name}.tif" for name in VOLTAGES], tmp_path / "cli")


def same_bytes(result: Result, channels: list[str], output: Path) -> None:
    """The recipe that was saved gives the same files on the command line."""
    again = journeys.on_command_line(result.recipe, ["--input", *channels], output)
    assert [file.name for file in again] == [file.name for file in result.exported]
    for one, other in zip(result.exported, again, strict=True):
        assert one.read_bytes() == other.read_bytes(), one.name


@pytest.mark.slow
def test_a_real_stack_from_the_drop_to_imagej(desk: Desk, tmp_path: Path) -> None:
    real = shared_path("flyem_medulla_fibsem/training_sample1")
    (tmp_path / "data").mkdir()
    beside = tmp_path / "data" / "medulla"
    beside.symlink_to(real, target_is_directory=True)  # the project then lies in this test's folder
    result = journeys.real_stack(desk, beside, tmp_path)
    (file,) = result.exported
    binary(file, journeys.VOXEL_NM, tmp_path)


@pytest.mark.slow
def test_cancelled_closed_opened_again_and_resumed(desk: Desk, tmp_path: Path) -> None:
    slices = 40
    stack = made_stack(tmp_path / "data" / "gold", (slices, 64, 72))
    result, before = journeys.cancel_close_resume(desk, stack, tmp_path)
    assert slices < len(before) < 2 * slices, "the first step, and a part of the second"
    (file,) = result.exported
    (again,) = journeys.on_command_line(result.recipe, [str(stack)], tmp_path / "undisturbed")
    assert file.read_bytes() == again.read_bytes()
    assert max(desk.cancels.values()) < 2.0, desk.cancels


@pytest.mark.slow
def test_labels_painted_trained_with_and_segmented_by(
    desk: Desk, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("TRUESLICE_MODELS", str(tmp_path / "models"))
    result = journeys.paint_train_segment(desk, journeys.halves(tmp_path / "data" / "halves"), tmp_path)
    (file,) = result.exported
    found = tifffile.imread(file) > 0
    assert found[:, :, 36:].mean() > 0.9
    assert found[:, :, :28].mean() < 0.1


@pytest.mark.slow
def test_a_set_simulated_in_the_window_and_trained_with(
    desk: Desk, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("TRUESLICE_MODELS", str(tmp_path / "models"))
    journeys.simulate_train(desk, tmp_path)
    assert (tmp_path / "models" / "simulated" / "rdf.yaml").is_file()


def test_an_array_that_stays_is_found() -> None:
    before = large_arrays()
    kept = [{"view": np.zeros((3, 1 << 20))[:, ::2]}]
    assert len(new_arrays(before)) == 1
    kept.clear()
    gc.collect()
    assert new_arrays(before) == []
