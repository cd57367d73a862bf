"""``trueslice compare`` as a user types it."""

from __future__ import annotations

import csv
import json
from pathlib import Path

import numpy as np
import pytest
import tifffile

from core.cli import main
from core.measure.overlay import LEGEND

RNG = np.random.default_rng(9)
TRUTH = RNG.random((4, 20, 25)) < 0.4
PREDICTION = TRUTH ^ (RNG.random(TRUTH.shape) < 0.1)


@pytest.fixture(scope="module")
def files(tmp_path_factory) -> Path:
    folder = tmp_path_factory.mktemp("compare")
    stacks = {
        "truth": TRUTH.astype(np.uint8),
        "prediction": PREDICTION * np.uint8(255),
        "short": PREDICTION[:3] * np.uint8(255),
        "grey": (100 * PREDICTION + RNG.integers(0, 100, TRUTH.shape)).astype(np.uint8),
        "regions": np.broadcast_to(np.arange(4, dtype=np.uint8)[:, None, None], TRUTH.shape).copy(),
    }
    for name, data in stacks.items():
        tifffile.imwrite(folder / f"{name}.tif", data, photometric="minisblack")
    return folder


@pytest.fixture
def run(files, capsys):
    def _run(prediction: str, truth: str, *options: object) -> tuple[int, dict, str]:
        paths = [str(files / f"{name}.tif") for name in (prediction, truth)]
        code = main(["compare", *paths, *map(str, options), "--json"])
        out, err = capsys.readouterr()
        assert out.count("\n") == 1
        return code, json.loads(out), err

    return _run


def test_fixed_keys(run) -> None:
    code, answer, progress = run("prediction", "truth")
    assert code == 0
    tp, fp = int((PREDICTION & TRUTH).sum()), int((PREDICTION & ~TRUTH).sum())
    fn, tn = int((~PREDICTION & TRUTH).sum()), int((~PREDICTION & ~TRUTH).sum())
    assert [answer[key] for key in ("tp", "fp", "fn", "tn")] == [tp, fp, fn, tn]
    assert answer["mp"] == pytest.approx(100 * (fp + fn) / TRUTH.size)
    assert answer["mgp"] == pytest.approx(100 * fn / (tp + fn))
    assert answer["precision"] == pytest.approx(tp / (tp + fp))
    assert answer["recall"] == pytest.approx(tp / (tp + fn))
    assert answer["iou"] == pytest.approx(tp / (tp + fp + fn))
    assert answer["mds"] == pytest.approx((answer["dice_solid"] + answer["dice_pore"]) / 2)
    assert sum(answer["per_slice"]["tp"]) == tp
    assert "Comparing 100 %" in progress


@pytest.mark.parametrize("name", ["missing/s.csv", ""])
def test_a_table_that_cannot_be_written_is_refused_before_comparing(run, tmp_path, name) -> None:
    code, answer, progress = run("prediction", "truth", "--csv", tmp_path / name)
    assert (code, answer["kind"]) == (1, "WriteError")
    assert "Comparing" not in progress


def test_everything_at_once(run, files, tmp_path) -> None:
    code, answer, _ = run(
        "grey", "truth", "--probabilities", "--prediction-threshold", 99, "--regions", files / "regions.tif",
        "--csv", tmp_path / "s.csv", "--overlay", tmp_path / "o.tif", "--exclude-slices", "1",
        "--region", 0, 3, 0, 20, 0, 25, "--voxel-nm-zyx", 10, 5, 5,
    )  # fmt: skip
    assert code == 0
    assert list(answer["regions"]) == ["0", "2"]
    assert answer["slices_left_out"] == [1]
    assert 0.8 < answer["roc"]["auc"] < 1
    rows = list(csv.DictReader((tmp_path / "s.csv").read_text().splitlines()))
    assert [row["slice"] for row in rows] == ["0", "2"]
    assert [int(row["tp"]) for row in rows] == answer["per_slice"]["tp"]
    colours = tifffile.imread(tmp_path / "o.tif")
    assert colours.shape == (2, 20, 25, 3)
    for key in ("tp", "fp", "fn", "tn"):
        assert (colours == LEGEND[key].rgb).all(axis=-1).sum() == answer[key]
    assert answer["files"] == [str(tmp_path / name) for name in ("s.csv", "o.tif", "o_z_nm.csv")]


def test_agreement_names_no_truth(run) -> None:
    _, one, _ = run("prediction", "truth", "--agreement")
    _, other, _ = run("truth", "prediction", "--agreement")
    for key in ("mp", "mds", "iou", "dice_solid", "dice_pore", "both_solid", "both_pore"):
        assert one[key] == other[key]
    assert one["only_first_solid"] == other["only_second_solid"]
    assert one["mp"] == pytest.approx(100 * (PREDICTION != TRUTH).mean())
    assert [one[key] for key in ("mgp", "precision", "recall", "tp")] == [None] * 4


def test_grey_and_labels(run) -> None:
    _, grey, _ = run("grey", "prediction", "--grey")
    assert grey["mp"] is None
    assert len(grey["per_slice"]["ssim"]) == 4
    assert grey["psnr"] > 0
    _, labels, _ = run("regions", "regions", "--labels")
    assert (labels["mp"], labels["mds"]) == (0, 1)
    assert labels["labels"]["3"]["iou"] == 1


@pytest.mark.parametrize(
    ("names", "options", "code", "word"),
    [
        (("grey", "truth"), [], 1, "--prediction-threshold"),
        (("short", "truth"), [], 2, "crop or reposition"),
        (("truth", "truth"), ["--slices", "measured"], 1, "--exclude-slices"),
        (("truth", "truth"), ["--region", "0", "9", "0", "1", "0", "1"], 2, ""),
        (("truth", "truth"), ["--labels", "--overlay", "o.tif"], 2, "--overlay"),
    ],
)
def test_refusals_say_what_to_do(run, names, options, code, word) -> None:
    found, answer, _ = run(*names, *options)
    assert found == code
    assert word in answer["remedy"]


def test_inputs_are_not_overwritten(run, files) -> None:
    for option in ("--overlay", "--csv"):
        code, answer, _ = run("prediction", "truth", option, files / "truth.tif")
        assert code == 2
        assert "overwrite" in answer["error"]


def test_table_for_people(files, capsys) -> None:
    assert main(["compare", str(files / "prediction.tif"), str(files / "truth.tif")]) == 0
    assert "precision: 0." in capsys.readouterr().out
