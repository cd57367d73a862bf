"""The virtual microscope on the command line: answers, files that read back, and clear refusals."""

from __future__ import annotations

import errno
import json
import tempfile
from pathlib import Path

import numpy as np
import pytest
import tifffile

from core.cli import main
from core.io import open_stack
from core.io.writers import write
from core.simulate.plan import Plan
from core.volume import volume_of

SMALL = ("--kv", "1", "2", "--electrons-per-pixel", "4", "--slices", "3", "--rows", "24", "--columns", "32")


def answer(capsys: pytest.CaptureFixture[str], *words: object, code: int = 0) -> dict:
    """Run a command with ``--json``; exactly one JSON object has to be on standard output."""
    assert main(["simulate", *map(str, words), "--json"]) == code
    return json.loads(capsys.readouterr().out)


def label_file(path: Path, labels: np.ndarray, voxel_nm: float | None = 2.5) -> Path:
    """A stack with or without a scale."""
    write(volume_of(labels, voxel_nm=(voxel_nm,) * 3), path, "fiji")
    return path


def blocks(shape: tuple[int, int, int]) -> np.ndarray:
    z, y, x = np.indices(shape)
    return (((z // 5 + y // 6 + x // 7) % 2) * 255).astype(np.uint8)


def test_acquisition_of_a_file_fills_its_field(capsys: pytest.CaptureFixture[str], tmp_path: Path) -> None:
    labels = blocks((16, 24, 30))
    file = label_file(tmp_path / "S.tif", labels)
    words = ("acquisition", "--structure", file, "--kv", 1, 2, "--electrons-per-pixel", 4, "--slice-nm", 10)
    found = answer(capsys, *words, "--seed", 1, "-o", tmp_path / "F")
    assert found["shape_zyx"] == [4, 24, 30]
    assert found["voxel_nm_zyx"] == [10, 2.5, 2.5]
    assert found["channels"] == ["1kV", "2kV"]
    assert not found["was_done"]
    truth = open_stack(found["truth"])
    assert np.array_equal(truth.read() > 0, labels[:13] > 0)
    assert open_stack(found["stacks"]["2kV"]).info.shape == (4, 24, 30)
    again = answer(capsys, *words, "--seed", 1, "-o", tmp_path / "F")
    assert again["was_done"]
    assert answer(capsys, *words, "--seed", 2, "-o", tmp_path / "F", code=1)["kind"] == "WriteError"


def test_plan_file_and_options_give_the_same_plan(capsys: pytest.CaptureFixture[str], tmp_path: Path) -> None:
    words = ("--structure", tmp_path / "s.toml", "--set", "drift.walk_px=0.5", "misalignment.offset_px=2")
    (tmp_path / "s.toml").write_text('kind = "leveled-wave"\nligament_nm = 15\nsolid_fraction = 0.35\n')
    answer(capsys, "acquisition", *SMALL, *words, "-o", tmp_path / "one")
    answer(capsys, "acquisition", "--recipe", tmp_path / "one" / "plan.toml", "-o", tmp_path / "two")
    for name in ("plan.toml", "truth.json", "1kV.tif", "2kV.tif", "truth.tif"):
        assert (tmp_path / "one" / name).read_bytes() == (tmp_path / "two" / name).read_bytes()
    assert Plan.load(tmp_path / "one" / "plan.toml").drift.walk_px == 0.5
    # A finished folder stands for its plan.
    assert answer(capsys, "acquisition", "--recipe", tmp_path / "one", "-o", tmp_path / "two")["was_done"]
    # Options win over the file.
    other = ("--recipe", tmp_path / "one" / "plan.toml", "--slices", 2, "-o", tmp_path / "three")
    assert answer(capsys, "acquisition", *other)["shape_zyx"][0] == 2


def test_image_is_written_with_signal_error_and_labels(
    capsys: pytest.CaptureFixture[str], tmp_path: Path
) -> None:
    found = answer(capsys, "image", *SMALL, "--slice", 1, "-o", tmp_path / "out" / "a.tif")
    files = found["files"]["1kV"]
    assert {Path(file).name for file in files.values()} == {
        "a-1kV.tif",
        "a-1kV-expected.tif",
        "a-1kV-error.tif",
        "a-1kV-labels.tif",
    }
    assert set(np.unique(tifffile.imread(files["labels"])).tolist()) == {0, 255}
    assert found["labels"] == {"0": "pore", "255": "solid"}
    signal = tifffile.imread(files["expected"])
    assert signal.shape == (24, 32)
    assert signal.dtype == np.float32
    assert found["mean_signal"]["1kV"] == pytest.approx(signal.mean(), rel=1e-6)
    assert found["mean_signal_by_label"]["1kV"]["solid"] > found["mean_signal_by_label"]["1kV"]["pore"]


def test_training_set_answers_with_its_splits(capsys: pytest.CaptureFixture[str], tmp_path: Path) -> None:
    words = ("--train", 2, "--validation", 1, "--test", 0, "--vary", "structure.ligament_nm=12,18")
    found = answer(capsys, "training-set", *SMALL, *words, "-o", tmp_path / "t.zarr")
    assert found["splits"] == {"train": ["0000", "0001"], "validation": ["0002"], "test": []}
    assert answer(capsys, "training-set", *SMALL, *words, "-o", tmp_path / "t.zarr")["was_done"]


@pytest.mark.parametrize("what", ["image", "acquisition", "training-set"])
def test_estimate_only_writes_nothing(what: str, capsys: pytest.CaptureFixture[str], tmp_path: Path) -> None:
    cost = answer(capsys, what, *SMALL, "-o", tmp_path / "x", "--estimate-only")["cost"]
    pictures = {"image": 1, "acquisition": 3, "training-set": 24}[what]
    assert cost["electrons"] == pictures * 2 * 24 * 32 * 4
    assert cost["seconds"] > 0
    assert cost["disk_bytes"] > 0
    assert list(tmp_path.iterdir()) == []


BAD = {
    "zero energy": (["--kv", "0"], 2, "0 kV"),
    "no number": (["--kv", "high"], 2, "voltages_kv"),
    "too much energy": (["--kv", "31"], 2, "31 kV"),
    "no pixels": (["--rows", "0"], 2, "rows"),
    "absurd sides": (["--rows", "999999999"], 2, "rows"),
    "absurd in all": (
        ["--slices", "10000", "--rows", "16384", "--columns", "16384", "--electrons-per-pixel", "1000000"],
        2,
        "years",
    ),
    "more disk than there is": (
        ["--slices", "10000", "--rows", "4096", "--columns", "4096", "--electrons-per-pixel", "1"],
        1,
        "MiB",
    ),
    "absurd window": (
        ["--kv", "30", "--rows", "4000", "--columns", "4000", "--voxel-nm", "0.2"],
        2,
        "voxels",
    ),
    "negative voxel": (["--voxel-nm", "-1"], 2, "voxel_nm"),
    "unknown element": (["--material", "pore=epoxy", "solid=Qq2O3@4"], 2, "material of solid"),
    "unknown material": (["--material", "pore=epoxy", "solid=unobtainium"], 2, "material of solid"),
    "negative density": (["--material", "pore=epoxy", "solid=Au@-19"], 2, "material of solid"),
    "zero density": (["--material", "pore=epoxy", "solid=Au@0"], 2, "material of solid"),
    "phase without material": (["--material", "pores=epoxy", "solid=Au"], 2, "do not match"),
    "no electrons": (["--electrons-per-pixel", "0"], 2, "electrons_per_pixel"),
    "unknown detector": (["--detector", "ETD"], 2, "detector"),
    "unknown entry": (["--set", "ruler.colour=3"], 2, "no such parameter"),
    "entry without value": (["--set", "ruler.on"], 2, "KEY=VALUE"),
    "empty structure": (["--set", "structure.solid_fraction=0"], 2, "solid"),
    "full structure": (["--set", "structure.solid_fraction=1"], 2, "solid"),
    "unknown structure": (["--set", "structure.kind=sponge"], 2, "structure"),
    "missing plan": (["--recipe", "nowhere.toml"], 2, "nowhere.toml"),
    "missing structure": (["--structure", "nowhere.tif"], 1, "nowhere.tif"),
    "missing recipe of structure": (["--structure", "nowhere.toml"], 2, "nowhere.toml"),
    "everything vacuum": (["--material", "pore=vacuum", "solid=vacuum"], 2, "vacuum"),
    "ruler too large": (["--set", "ruler.on=true"], 2, "ruler"),
}


@pytest.mark.parametrize("what", BAD)
def test_bad_input_is_refused_before_work(
    what: str, capsys: pytest.CaptureFixture[str], tmp_path: Path
) -> None:
    words, code, part = BAD[what]
    given = ["--slices", "2", "--rows", "16", "--columns", "20", *words]
    told = answer(capsys, "acquisition", *given, "-o", tmp_path / "out", code=code)
    assert part in told["error"] + told.get("expected", "")
    assert told.get("remedy") or told.get("expected")
    assert not (tmp_path / "out").exists()


@pytest.mark.parametrize("what", ["structure", "image", "acquisition"])
def test_place_that_cannot_be_written_is_called_that(
    what: str, capsys: pytest.CaptureFixture[str], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def refuse(**_options: object) -> None:
        raise OSError(errno.EROFS, "Read-only file system")

    # Permissions would not stop a test that runs with all rights.
    monkeypatch.setattr(tempfile, "TemporaryFile", refuse)
    words = ("--ligament-nm", 15, "--solid-fraction", 0.3, "--shape", 8, 8, 8, "--voxel-nm", 2.5)
    words = words if what == "structure" else SMALL
    told = answer(capsys, what, *words, "-o", tmp_path / "new" / "a.tif", code=1)
    assert told["kind"] == "WriteError"
    assert "cannot be written: Read-only" in told["error"]
    assert list(tmp_path.iterdir()) == []


@pytest.mark.skipif(not Path("/proc/self").is_dir(), reason="a folder that nobody can write to")
def test_real_place_that_cannot_be_written_is_called_that(capsys: pytest.CaptureFixture[str]) -> None:
    told = answer(capsys, "acquisition", *SMALL, "-o", "/proc/self/out", code=1)
    assert "cannot be written" in told["error"]


@pytest.mark.parametrize(
    ("labels", "part"),
    [
        (np.zeros((4, 16, 16), np.uint8), "no segmented stack"),
        (np.full((4, 16, 16), 7, np.uint8), "no segmented stack"),
        (np.zeros((1, 1, 1), np.uint8), "voxel"),
    ],
    ids=["all pore", "one value", "one voxel"],
)
def test_structures_that_show_nothing_are_refused(
    labels: np.ndarray, part: str, capsys: pytest.CaptureFixture[str], tmp_path: Path
) -> None:
    file = label_file(tmp_path / "S.tif", labels)
    words = ("simulate", "acquisition", "--structure", str(file), "-o", str(tmp_path / "F"), "--json")
    assert main(words) in (1, 2)
    told = json.loads(capsys.readouterr().out)
    assert part in told["error"] + told.get("expected", "") + told.get("got", "")
    assert not (tmp_path / "F").exists()


def test_file_without_scale_is_refused(capsys: pytest.CaptureFixture[str], tmp_path: Path) -> None:
    label_file(tmp_path / "S.tif", blocks((4, 16, 16)), None)
    words = ("acquisition", "--structure", tmp_path / "S.tif", "-o", tmp_path / "F")
    told = answer(capsys, *words, code=1)
    assert told["kind"] == "MissingMetadataError"
