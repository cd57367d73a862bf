"""``trueslice thickness`` as a user types it."""

from __future__ import annotations

import csv
import json
from pathlib import Path

import numpy as np
import pytest
import tifffile

from core.cli import main
from core.io import open_stack
from tests.core.thickness.virtual import VirtualRuler

RULER = VirtualRuler(slices=24, cnr=8.0, seed=7)
READING = ("--voxel-nm-zyx", "none", "5", "5")


@pytest.fixture(scope="module")
def stack(tmp_path_factory) -> Path:
    path = tmp_path_factory.mktemp("thickness") / "stack.tif"
    tifffile.imwrite(path, RULER.read(slice(0, RULER.slices)), photometric="minisblack")
    return path


@pytest.fixture
def run(capsys):
    def _run(*words: object) -> tuple[int, dict, str]:
        code = main(["thickness", *map(str, words), "--json"])
        out, err = capsys.readouterr()
        assert out.count("\n") == 1
        return code, json.loads(out), err

    return _run


def rows_of(path: Path) -> list[dict[str, str]]:
    return list(csv.DictReader(path.read_text().splitlines()))


def test_the_ruler_is_measured_into_a_table(run, stack, tmp_path) -> None:
    table = tmp_path / "THICKNESS.csv"
    code, answer, _ = run(stack, *READING, "--method", "ruler", "--angle-deg", 30, "-o", table)
    assert code == 0
    true_nm = np.diff(RULER.z_nm)
    assert len(answer["thickness_nm"]) == len(answer["sigma_nm"]) == len(true_nm)
    assert np.sqrt(np.mean(np.subtract(answer["thickness_nm"], true_nm) ** 2)) < 0.5
    assert (answer["method"], answer["flagged"]) == ("ruler", [])
    assert answer["mean_nm"] == answer["statistics"]["mean_nm"] == pytest.approx(true_nm.mean(), abs=0.3)
    assert answer["gamma_shape"] * answer["gamma_scale_nm"] == pytest.approx(answer["mean_nm"])
    assert answer["files"] == [str(table)]
    rows = rows_of(table)
    assert [int(row["slice"]) for row in rows] == list(range(24))
    assert [float(row["z_nm"]) for row in rows] == answer["z_nm"]
    assert [float(row["thickness_nm"]) for row in rows[:-1]] == answer["thickness_nm"]
    again, other, _ = run(stack, *READING, "--from", table, "-o", tmp_path / "again.csv")
    assert (again, other["method"]) == (0, "file")
    assert (tmp_path / "again.csv").read_bytes() == table.read_bytes()


def test_the_volume_gets_its_positions(run, stack, tmp_path) -> None:
    table = tmp_path / "t.csv"
    table.write_text("thickness_nm\n" + "\n".join(str(8 + i % 3) for i in range(23)) + "\n")
    target = tmp_path / "out.ome.zarr"
    code, answer, _ = run(stack, *READING, "--from", table, "-o", target)
    assert code == 0
    assert answer["output"] == str(target)
    written = open_stack(target)
    assert written.info.z_nm == pytest.approx(answer["z_nm"])
    assert np.array_equal(written.read(slice(3, 4)), RULER.read(slice(3, 4)))


def test_several_channels(run, stack, tmp_path) -> None:
    blank = tmp_path / "blank.tif"
    tifffile.imwrite(blank, np.zeros((24, 8, 8), np.uint8), photometric="minisblack")
    both = ["--input", f"1kV={blank}", f"2kV={stack}"]
    code, answer, _ = run(*both, *READING, "--angle-deg", 30, "-o", tmp_path / "t.csv")
    assert (code, answer["channel"]) == (0, "2kV")
    code, answer, _ = run(*both, *READING, "--from", tmp_path / "t.csv", "-o", tmp_path / "v.tif")
    assert code == 0
    assert {"v_1kV.tif", "v_2kV.tif"} <= {Path(file).name for file in answer["files"]}


def test_sources_are_compared(run, stack, tmp_path) -> None:
    for name, step in (("a.csv", 10.0), ("b.csv", 11.0)):
        (tmp_path / name).write_text("z_nm\n" + "\n".join(str(i * step) for i in range(24)) + "\n")
    code, answer, _ = run(
        stack, *READING, "--method", "constant", "--constant-nm", 10,
        "--compare", tmp_path / "a.csv", tmp_path / "b.csv", "--plot", tmp_path / "c.svg",
    )  # fmt: skip
    assert code == 0
    assert list(answer["comparison"]["sources"]) == ["constant", "a.csv", "b.csv"]
    differences = [pair["mean_difference_nm"] for pair in answer["comparison"]["pairs"]]
    assert differences == pytest.approx([0, 1, 1])
    assert answer["files"] == [str(tmp_path / "c.svg")]
    text = (tmp_path / "c.svg").read_text()
    assert "b.csv" in text
    assert "Histogram" in text


@pytest.mark.parametrize(
    ("words", "code", "word"),
    [
        ((), 2, "--angle-deg"),
        (("--method", "table"), 2, "--from"),
        (("--method", "metadata"), 1, "--constant-nm"),
        (("--from", "ambiguous.csv"), 1, "--unit"),
        (("--from", "short.csv"), 2, "table of this stack"),
        (("--from", "none.csv"), 1, "path"),
        (("--method", "constant", "--constant-nm", "5", "--plot", "c.gif"), 2, ""),
        (("--method", "constant", "--constant-nm", "5", "-o", "x.docx"), 2, ""),
        (("--method", "constant", "--constant-nm", "5", "--compare", "short.csv"), 2, "table of this stack"),
        (("--angle-deg", "30", "--region", "1-2"), 2, ""),
    ],
)
def test_refusals_say_what_to_do(run, stack, tmp_path, words, code, word) -> None:
    (tmp_path / "ambiguous.csv").write_text("thickness\n" + "10\n" * 23)
    (tmp_path / "short.csv").write_text("thickness_nm\n" + "10\n" * 5)
    found, answer, _ = run(stack, *READING, *words)
    assert found == code
    assert word in answer.get("remedy", "")
    assert sorted(path.name for path in tmp_path.iterdir()) == ["ambiguous.csv", "short.csv"]


def test_inputs_are_not_overwritten(run, stack, tmp_path) -> None:
    table = tmp_path / "t.csv"
    table.write_text("thickness_nm\n" + "10\n" * 23)
    for words in (("-o", stack), ("--from", table, "-o", table), ("--from", table, "--plot", table)):
        code, answer, _ = run(stack, *READING, *words)
        assert code == 2
        assert "overwrite" in answer["error"]


def test_people_are_told_the_headline(stack, capsys) -> None:
    assert main(["thickness", str(stack), "--method", "constant", "--constant-nm", "10"]) == 0
    out, err = capsys.readouterr()
    assert "mean_nm: 10" in out
    assert len(out.splitlines()) < 60
    assert "nothing was measured" in err
