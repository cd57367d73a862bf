"""Registration, positions and rebuilding on the command line and in recipes, files in and out."""

from __future__ import annotations

import json

import numpy as np
import pytest
import tifffile

from core.cli import main
from core.io import open_stack
from tests.core.steps.test_register import SHIFTS, stack


@pytest.fixture
def files(tmp_path):
    """Two channels of the same slices, moved alike."""
    for name, seed in (("1kV", 1), ("2kV", 2)):
        tifffile.imwrite(tmp_path / f"{name}.tif", stack(SHIFTS, noise=2, seed=seed).read())
    return tmp_path


def answer(capsys, *words) -> dict:
    """Run a command; its JSON answer."""
    code = main([str(word) for word in words] + ["--json"])
    out = capsys.readouterr().out
    assert code == 0, out
    return json.loads(out)


def test_register_tells_shifts_and_files_of_transforms_serve_another_channel(files, capsys):
    found = answer(
        capsys, "register", files / "2kV.tif", "-o", files / "a.tif", "--save-transforms", files / "t.json"
    )
    assert len(found["shifts_px_yx"]) == len(found["confidence"]) == 9
    assert found["flagged"] == []
    other = answer(
        capsys, "register", files / "1kV.tif", "-o", files / "b.tif", "--transforms", files / "t.json"
    )
    assert other["shape_zyx"] == found["shape_zyx"]
    np.testing.assert_allclose(other["shifts_px_yx"], found["shifts_px_yx"], atol=1e-9)
    one, two = open_stack(files / "a.tif").read(), open_stack(files / "b.tif").read()
    assert np.abs(one.astype(int) - two.astype(int)).mean() < 4


def test_several_channels_get_a_file_each(files, capsys):
    channels = ["--input", f"1kV={files / '1kV.tif'}", f"2kV={files / '2kV.tif'}"]
    found = answer(capsys, "register", *channels, "--from-channel", "2kV", "-o", files / "out.tif")
    assert set(found["channels"]) == {"1kV", "2kV"}
    for name in ("1kV", "2kV"):
        assert list(open_stack(files / f"out_{name}.tif").info.shape) == found["channels"][name]["shape_zyx"]
    on = answer(capsys, "register-channels", *channels, "--reference-channel", "2kV", "-o", files / "on.tif")
    assert on["channels"]["1kV"]["reference"] == "2kV"


def test_a_recipe_registers_two_channels_and_puts_slices_in_place(files, capsys):
    (files / "r.toml").write_text(
        'format = 1\n[[step]]\nstep = "register"\n[step.params]\nfrom_channel = "2kV"\n'
        '[[step]]\nstep = "register-channels"\n[step.params]\nreference_channel = "2kV"\n'
        '[[step]]\nstep = "thickness"\n[step.params]\nmethod = "constant"\nconstant_nm = 10.0\n'
        '[[step]]\nstep = "reposition"\n[step.params]\ngrid_nm = 5.0\n'
        '[[step]]\nstep = "fill"\n[step.params]\nmethod = "linear"\n[[step]]\nstep = "export"\n'
    )
    found = answer(
        capsys, "run", files / "r.toml", "--input", f"1kV={files / '1kV.tif'}", f"2kV={files / '2kV.tif'}",
        "--output", files / "project",
    )  # fmt: skip
    for name in ("1kV", "2kV"):
        info = open_stack(files / "project" / "exports" / f"volume_{name}.tif").info
        assert info.shape[0] == 17
        assert info.origin == (1, 2) * 8 + (1,)
        assert found["channels"][name]["shape_zyx"][0] == 17
    # Started again, nothing is searched or computed a second time.
    again = answer(
        capsys, "run", files / "r.toml", "--input", f"1kV={files / '1kV.tif'}", f"2kV={files / '2kV.tif'}",
        "--output", files / "project",
    )  # fmt: skip
    assert again["files"] == found["files"]


def test_positions_from_a_table(files, capsys):
    z_nm = [0, 8, 19, 30, 30.5, 52, 60, 71, 80]
    rows = [f"{number},{z}" for number, z in enumerate(z_nm)]
    (files / "t.csv").write_text("\n".join(["slice,z_nm", *rows, ""]))
    found = answer(
        capsys, "reposition", files / "2kV.tif", "--thickness", files / "t.csv", "--grid-nm", 2.5,
        "-o", files / "grid.zarr",
    )  # fmt: skip
    assert found["shape_zyx"][0] == 33
    info = open_stack(files / "grid.zarr").info
    assert [place for place, origin in enumerate(info.origin) if origin == 1] == found["places"]
    assert len(found["places"]) == 9
    filled = answer(capsys, "fill", files / "grid.zarr", "--method", "cubic-spline", "-o", files / "full.tif")
    assert filled["shape_zyx"][0] == 33
    volume = open_stack(files / "full.tif")
    np.testing.assert_array_equal(volume.slice(found["places"][3]), open_stack(files / "2kV.tif").slice(3))
