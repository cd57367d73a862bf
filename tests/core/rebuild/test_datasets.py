"""The comparison of article II in small, and its command."""

from __future__ import annotations

import json
from pathlib import Path

import numpy as np
import pytest
import tifffile
from scipy.ndimage import gaussian_filter

from core.cli import main
from core.errors import ParameterError
from core.job import Job
from core.rebuild.compare import compared
from core.rebuild.datasets import NAMES, data_sets
from core.rebuild.draws import drawn_planes
from core.volume import ArraySource


@pytest.fixture(scope="module")
def truth() -> ArraySource:
    field = gaussian_filter(np.random.default_rng(1).normal(size=(72, 64, 64)), 4.0)
    return ArraySource(np.where(field > 0.3 * field.std(), np.uint8(255), np.uint8(0)))


def test_drawn_thicknesses_follow_the_distribution() -> None:
    planes = drawn_planes(400_000, 2.5, mean_nm=10.16, sd_nm=3.12, rng=np.random.default_rng(1))
    steps_nm = np.diff(planes) * 2.5
    assert steps_nm.min() >= 2.5
    assert steps_nm.mean() == pytest.approx(10.16, abs=0.05)
    assert steps_nm.std() == pytest.approx(np.hypot(3.12, 2.5 / np.sqrt(12)), abs=0.05)


def test_repositioned_shapes_come_nearest_to_the_truth(truth: ArraySource) -> None:
    planes = drawn_planes(72, 2.5, mean_nm=10.16, sd_nm=3.12, rng=np.random.default_rng(3))
    sets = data_sets(truth.data[planes], planes * 2.5, 2.5, 10.0, 72)
    scores = compared(sets, truth, Job(), isotropy=True)
    mp = {name: scores[name].row()["mp"] for name in NAMES}
    assert mp["RSD"] < 0.8 * mp["RNN"] < mp["DNN"]
    assert mp["RSD"] < 0.8 * mp["RCS"]
    assert len({one.depth for one in sets.values()}) == 1
    for name in ("RNN", "RCS", "RSD"):
        kept = planes[planes < sets[name].depth]
        for plane in kept.tolist():
            assert np.array_equal(sets[name].read(slice(plane, plane + 1)), truth.data[plane : plane + 1])
    row = scores["RSD"].row()
    assert row["mp_invented"] > row["mp"]
    assert row["e_lpf"] is not None


def test_any_range_reads_the_same(truth: ArraySource) -> None:
    planes = np.arange(0, 72, 5)
    for one in data_sets(truth.data[planes], planes * 2.5, 2.5, 10.0, 72).values():
        whole = one.read(slice(0, one.depth))
        parts = [one.read(slice(z, min(z + 7, one.depth))) for z in range(0, one.depth, 7)]
        assert np.array_equal(whole, np.concatenate(parts))


def test_evenly_spaced_slices_need_no_repositioning(truth: ArraySource) -> None:
    planes = np.arange(0, 72, 4)
    sets = data_sets(truth.data[planes], planes * 2.5, 2.5, 10.0, 72)
    assert np.array_equal(*(sets[name].read(slice(0, 69)) for name in ("DNN", "RNN")))
    assert np.array_equal(*(sets[name].read(slice(0, 69)) for name in ("SRCS", "RCS")))


def test_refusals(truth: ArraySource) -> None:
    with pytest.raises(ParameterError, match="multiple of the grid"):
        data_sets(truth.data[:3], (0, 10, 20), 4.0, 10.0)
    with pytest.raises(ParameterError, match="two slices"):
        data_sets(truth.data[:1], (0,), 2.5, 10.0)
    with pytest.raises(ParameterError, match="too thin"):
        drawn_planes(1, 2.5, mean_nm=10, sd_nm=3, rng=np.random.default_rng(1))


def test_the_command(truth: ArraySource, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    tifffile.imwrite(tmp_path / "truth.tif", truth.data, photometric="minisblack")
    size = ["--voxel-nm-zyx", "2.5", "2.5", "2.5", "--json"]
    options = ["--draws", "2", "-o", str(tmp_path / "out"), *size]
    assert main(["compare-rebuild", str(tmp_path / "truth.tif"), *options]) == 0
    answer = json.loads(capsys.readouterr().out)
    assert set(answer["sets"]) == set(NAMES)
    assert answer["sets"]["RSD"]["mp"]["mean"] < answer["sets"]["RNN"]["mp"]["mean"]
    assert len(answer["rows"]) == 2 * len(NAMES)
    assert (tmp_path / "out" / "RSD.tif").exists()
    table = (tmp_path / "out" / "compare-rebuild.csv").read_text().splitlines()
    assert len(table) == 1 + 2 * len(NAMES)
    rows = [f"{i},{z}" for i, z in enumerate((0, 10, 17.5, 30, 40, 52.5, 60))]
    (tmp_path / "t.csv").write_text("slice,z_nm\n" + "\n".join(rows) + "\n")
    tifffile.imwrite(tmp_path / "stack.tif", truth.data[:7], photometric="minisblack")
    stack = ["--stack", str(tmp_path / "stack.tif"), "--thickness", str(tmp_path / "t.csv"), *size]
    assert main(["compare-rebuild", *stack]) == 0
    answer = json.loads(capsys.readouterr().out)
    assert answer["sets"]["RSD"].keys() == {"e_tpcf", "e_lpf", "e_d"}
    assert main(["compare-rebuild", "--json"]) == 2
