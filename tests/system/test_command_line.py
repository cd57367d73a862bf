"""The command line as a user types it."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
import time
from pathlib import Path

import numpy as np
import pytest
import tifffile

from core.cli import main
from core.steps import STEPS
from tests.system.runs import ROOT, SIX_STEPS, command, make_stack, run_command, write_recipe


@pytest.fixture(scope="module")
def stack(tmp_path_factory):
    return make_stack(tmp_path_factory.mktemp("stack") / "stack.tif", (5, 40, 48))


def answered(capsys) -> dict:
    """The one JSON object on standard output."""
    text = capsys.readouterr().out
    assert text.count("\n") == 1
    return json.loads(text)


def test_help_names_every_step(capsys):
    assert main(["--help"]) == 0
    text = capsys.readouterr().out
    for step in STEPS:
        assert step.name in text


@pytest.mark.parametrize("name", [step.name for step in STEPS])
def test_help_of_every_step_gives_units_limits_and_defaults(name, capsys):
    assert main([name, "--help"]) == 0
    text = capsys.readouterr().out
    [step] = [step for step in STEPS if step.name == name]
    for field in step.params.model_fields:
        assert "--" + field.replace("_", "-") in text


@pytest.mark.parametrize(
    "arguments",
    [
        [],
        ["sharpen"],
        ["segment"],
        ["segment", "x.tif"],
        ["crop", "x.tif", "-o", "y.tif", "--z-start", "-4"],
        ["crop", "x.tif", "-o", "y.tif", "--z-start", "many"],
        ["segment", "x.tif", "-o", "y.tif", "--method", "magic"],
        ["run", "nothing.toml", "x.tif"],
        ["segment", "x.tif", "--input", "a=b", "-o", "y.tif"],
        ["segment", "--input", "ab", "-o", "y.tif"],
        ["segment", "x.tif", "-o", "y.tif", "--workers", "0"],
    ],
)
def test_wrong_use_ends_with_2(arguments, capsys):
    assert main(arguments) == 2
    said = capsys.readouterr()
    assert said.err.strip()
    assert "Traceback" not in said.err


def test_failure_ends_with_1_and_says_what_to_do(tmp_path, capsys):
    (tmp_path / "x.tif").write_bytes(b"II*\0")
    assert main(["segment", "x.tif", "-o", "y.tif", "--json"]) == 1
    told = answered(capsys)
    assert "x.tif" in told["error"]
    assert told.get("remedy") or told.get("expected")
    assert not (tmp_path / "y.tif").exists()


def test_info_answers_with_the_keys_of_the_design(stack, capsys):
    assert main(["info", str(stack), "--json"]) == 0
    told = answered(capsys)
    assert told["shape_zyx"] == [5, 40, 48]
    assert told["dtype"] == "uint8"
    assert told["voxel_nm_zyx"] == [None, None, None]
    assert {"channels", "instrument", "warnings"} <= set(told)
    assert any("not known" in text for text in told["warnings"])


def test_segment_writes_and_answers(stack, tmp_path, capsys):
    arguments = ["segment", str(stack), "--method", "threshold", "--threshold", "110", "-o", "solid.tif"]
    assert main([*arguments, "--voxel-nm-zyx", "10", "5", "5", "--json"]) == 0
    told = answered(capsys)
    solid = tifffile.imread(tmp_path / "solid.tif")
    np.testing.assert_array_equal(solid, np.where(tifffile.imread(stack) > 110, 255, 0))
    assert told["solid_fraction"] == pytest.approx((solid == 255).mean(), abs=1e-12)
    assert told["thresholds"] == [110.0]
    assert told["voxel_nm_zyx"] == [10.0, 5.0, 5.0]
    assert sorted(path.name for path in tmp_path.iterdir()) == ["solid.tif"]


# These need more than grey values, or give another shape or scale; see test_register.py, test_thickness.py,
# test_window_paint.py, tests/core/steps/test_probability.py.
OTHERS = {
    "measure",
    "correct",
    "register",
    "register-channels",
    "thickness",
    "reposition",
    "resample",
    "probability",
}


@pytest.mark.parametrize("name", [step.name for step in STEPS if step.name not in OTHERS])
def test_every_step_runs_by_itself(stack, tmp_path, name, capsys):
    arguments = [name, str(stack), "-o", "result.tif", "--voxel-nm-zyx", "10", "5", "5", "--json"]
    arguments += ["--slices", "1"] if name == "drop-slices" else []
    assert main(arguments) == 0
    told = answered(capsys)
    expected = ["result.tif", "result_z_nm.csv"] if name == "drop-slices" else ["result.tif"]
    assert sorted(path.name for path in tmp_path.iterdir()) == expected
    assert [Path(file).name for file in told["files"]] == expected
    with tifffile.TiffFile(tmp_path / "result.tif") as tiff:
        assert tiff.series[0].shape == ((4 if name == "drop-slices" else 5), 40, 48)
        assert tiff.imagej_metadata["unit"] == "um"
    assert told["voxel_nm_zyx"][1:] == [5.0, 5.0]


def test_measure_needs_no_output(tmp_path, capsys):
    solid = np.zeros((4, 10, 10), np.uint8)
    solid[:, :5] = 255
    solid[3] = 255
    tifffile.imwrite("solid.tif", solid, photometric="minisblack")
    assert main(["measure", "solid.tif", "--json"]) == 0
    told = answered(capsys)
    assert told["solid_fraction"] == 0.625
    assert told["solid_fraction_per_slice"] == [0.5, 0.5, 0.5, 1.0]


@pytest.mark.parametrize("output", ["stack.tif", "folder/../stack.tif"])
def test_the_input_is_never_overwritten(tmp_path, output, capsys):
    make_stack(tmp_path / "stack.tif", (2, 8, 8))
    before = (tmp_path / "stack.tif").read_bytes()
    assert main(["invert", "stack.tif", "-o", output]) == 2
    assert (tmp_path / "stack.tif").read_bytes() == before
    assert "overwrite" in capsys.readouterr().err


def test_channels_run_through_one_recipe(tmp_path, capsys):
    for name, seed in [("a.tif", 1), ("b.tif", 2)]:
        make_stack(tmp_path / name, (6, 40, 48), seed)
    recipe = write_recipe(tmp_path)
    arguments = ["run", str(recipe), "--input", "1kV=a.tif", "2kV=b.tif", "--output", "out", "--json"]
    assert main(arguments) == 0
    told = answered(capsys)
    assert set(told["channels"]) == {"1kV", "2kV"}
    names = sorted(path.name for path in (tmp_path / "out" / "exports").iterdir())
    assert names == ["solid_1kV.tif", "solid_2kV.tif"]


def test_a_project_is_an_input(tmp_path, stack, capsys):
    recipe = write_recipe(tmp_path)
    assert main(["run", str(recipe), str(stack), "--output", "out"]) == 0
    capsys.readouterr()
    assert main(["measure", "out", "--json"]) == 0
    assert 0.2 < answered(capsys)["solid_fraction"] < 0.8


def test_a_project_that_ends_with_a_crop_does_not_pass_for_what_came_before(tmp_path, stack, capsys):
    recipe = write_recipe(tmp_path, SIX_STEPS + '[[step]]\nstep = "crop"\n[step.params]\nx_stop = 20\n')
    assert main(["run", str(recipe), str(stack), "--output", "out"]) == 0
    capsys.readouterr()
    assert main(["measure", "out", "--json"]) == 1
    assert "ends with crop" in answered(capsys)["error"]


def test_as_a_program_json_stands_alone(stack, tmp_path):
    ended = run_command("segment", stack, "-o", tmp_path / "s.tif", "--json")
    assert ended.returncode == 0, ended.stderr
    assert json.loads(ended.stdout)["output"] == str(tmp_path / "s.tif")
    assert "Segment" in ended.stderr


@pytest.mark.skipif(sys.platform == "win32", reason="Ctrl-C is sent as a POSIX signal")
def test_interrupt_cancels_cleanly_and_keeps_what_is_finished(tmp_path):
    stack = make_stack(tmp_path / "stack.tif", (80, 300, 320))
    recipe = write_recipe(tmp_path)
    arguments = ["run", recipe, stack, "--output", tmp_path / "out", "--json"]
    arguments += ["--voxel-nm-zyx", 10, 5, 5]
    with subprocess.Popen(
        command(*arguments), stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True, cwd=ROOT
    ) as process:
        assert process.stderr is not None
        while "3/7" not in process.stderr.readline():
            assert process.poll() is None, "ended before it could be interrupted"
        asked = time.monotonic()
        os.kill(process.pid, signal.SIGINT)
        out, err = process.communicate(timeout=60)
    assert process.returncode == 130, err
    assert time.monotonic() - asked < 10
    assert json.loads(out) == {"error": "cancelled"}
    assert "Traceback" not in err
    assert not (tmp_path / "out" / "exports").exists()
    assert list((tmp_path / "out" / "results").glob("*/done.json"))
    assert run_command(*arguments).returncode == 0
