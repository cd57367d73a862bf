"""Training sets on the command line."""

from __future__ import annotations

from pathlib import Path

import pytest
import zarr

from core.cli import main
from tests.system.test_simulate import SMALL, answer

FEW = ("--train", 1, "--validation", 1, "--test", 0)
WAVES = 'kind = "leveled-wave"\nligament_nm = [40, 15]\nsolid_fraction = [0.5, 0.5]\nwaves = 200\n'


@pytest.fixture(scope="module")
def made(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("made")
    (folder / "s.toml").write_text(WAVES)
    words = ("--structure", folder / "s.toml", "--each", "structure.ligament_nm=[40,15],[30,12]")
    words = (
        *SMALL,
        *FEW,
        *words,
        "--vary",
        "structure.solid_fraction.0=0.45,0.55",
        "electrons_per_pixel=5,9",
    )
    assert main(["simulate", "training-set", *map(str, words), "-o", str(folder / "t.zarr")]) == 0
    return folder / "t.zarr"


def test_lists_and_levels_reach_the_structures(made: Path) -> None:
    group = zarr.open_group(made, mode="r")
    assert [group[name].attrs["structure"]["ligament_nm"] for name in ("0000", "0001")] == [
        [40, 15],
        [30, 12],
    ]
    for name in ("0000", "0001"):
        attributes = group[name].attrs
        coarse, fine = attributes["structure"]["solid_fraction"]
        assert 0.45 <= coarse <= 0.55
        assert fine == 0.5
        assert attributes["electrons_per_pixel"] in range(5, 10)


def test_a_training_set_is_a_recipe(made: Path, capsys: pytest.CaptureFixture[str], tmp_path: Path) -> None:
    answer(capsys, "training-set", "--recipe", made, "-o", tmp_path / "again.zarr")
    assert (tmp_path / "again.zarr" / "zarr.json").read_bytes() == (made / "zarr.json").read_bytes()
    for other in (tmp_path, made / "0000"):
        words = ("training-set", "--recipe", other, "-o", tmp_path / "x.zarr")
        found = answer(capsys, *words, code=2)
        assert found["kind"] == "RecipeError"


def test_a_plan_file_is_a_recipe(capsys: pytest.CaptureFixture[str], tmp_path: Path) -> None:
    plan = "format = 1\ntrain = 1\nvalidation = 1\ntest = 0\n[plan]\nseed = 5\n[plan.structure]\n" + WAVES
    (tmp_path / "set.toml").write_text(plan)
    words = ("training-set", "--recipe", tmp_path / "set.toml", *SMALL, "-o", tmp_path / "made.zarr")
    assert answer(capsys, *words)["splits"]["validation"] == ["0001"]


def test_members_are_described_as_calibrated(made: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["info", str(made / "0000" / "images" / "1kV")]) == 0
    assert "voxel_nm_zyx: 10, 2.5, 2.5" in capsys.readouterr().out


@pytest.mark.parametrize(
    ("words", "part"),
    [
        (("--vary", "structure.ligament_nm=18,12"), "low to high"),
        (("--each", "seed=5,5"), "seed of its own"),
        (("--each", "voltages_kv=[1],[2]"), "same channels"),
        (("--each", "structure.ligament_nm=[40,15"), "ligament_nm"),
    ],
)
def test_lists_and_ranges_that_do_not_fit_are_refused(
    words: tuple[str, ...], part: str, capsys: pytest.CaptureFixture[str], tmp_path: Path
) -> None:
    found = answer(capsys, "training-set", *SMALL, *FEW, *words, "-o", tmp_path / "t.zarr", code=2)
    assert part in str(found)
    assert list(tmp_path.iterdir()) == []
