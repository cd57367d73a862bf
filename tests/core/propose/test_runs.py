"""What is proposed can be run, and gives cubes."""

from __future__ import annotations

import json
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

from core.cli import main
from core.execute import run
from core.io import ReadOptions, open_stack
from core.io.writers import write
from core.job import Job
from core.metadata import Metadata
from core.models.card import write_model
from core.models.library import VARIABLE
from core.project import InputSpec, Project
from core.propose import proposed, recipe_of
from core.recipe import Recipe
from core.step import Stage
from core.volume import Volume, VolumeInfo, volume_of
from tests.core.models.tiny import mean_network, spec_of
from tests.core.propose.phantoms import grey, solid, volume
from tests.core.thickness.virtual import VirtualRuler

READ = ReadOptions(voxel_nm_zyx=(None, 8.0, 8.0))
SAMPLE = Path(__file__).parents[3] / "resources" / "sample"


def test_the_sample_by_the_command_line(tmp_path, capsys):
    whole, truth = open_stack(SAMPLE / "sample.tif"), open_stack(SAMPLE / "truth.tif")
    part = volume_of(whole.read(slice(0, 12), slice(0, 144), slice(0, 144)), voxel_nm=whole.info.voxel_nm)
    write(part, tmp_path / "part.tif", "fiji")
    assert main(["propose", str(tmp_path / "part.tif"), "-o", str(tmp_path / "r.toml"), "--json"]) == 0
    told = json.loads(capsys.readouterr().out)
    assert list(told["stages"]) == [stage.value for stage in Stage]
    assert {"flatten", "destripe"} <= set(told["stages"]["Clean"]["steps"])
    assert Recipe.load(tmp_path / "r.toml").steps
    words = ["run", tmp_path / "r.toml", tmp_path / "part.tif", "--output", tmp_path / "p", "--json"]
    assert main([str(word) for word in words]) == 0
    result = open_stack(Path(json.loads(capsys.readouterr().out)["files"][0]))
    assert result.info.voxel_nm == pytest.approx((5, 5, 5))
    share = float(np.mean(truth.read(slice(0, 12), slice(0, 144), slice(0, 144)) > 0))
    assert float(np.mean(result.read() > 0)) == pytest.approx(share, abs=0.04)


def test_two_voltages_with_a_ruler_once_the_angle_is_stated(tmp_path):
    specs, inputs = {}, {}
    for number, name in enumerate(("1kV", "2kV")):
        ruler = VirtualRuler(slices=26, pixel_nm=8.0, cnr=5.0 - number)
        stack = Volume(VolumeInfo(ruler.shape, ruler.dtype, voxel_nm=(None, 8.0, 8.0)), ruler)
        path = tmp_path / f"{name}.tif"
        write(stack, path, "fiji")
        specs[name] = InputSpec(paths=(path,), options=READ)
        inputs[name] = open_stack(path, READ)
    found = proposed(inputs, Job())
    recipe = recipe_of(found)
    place = next(i for i, one in enumerate(recipe.steps) if one.step.name == "thickness")
    known = recipe.steps[place].params.model_copy(update={"angle_deg": 30.0})
    recipe = recipe.replaced(place, replace(recipe.steps[place], params=known))
    reports = run(Project.create(tmp_path / "p", specs, recipe=recipe), job=Job())
    for report in reports.values():
        assert report.volume.info.voxel_nm == pytest.approx((8, 8, 8))
        assert report.files


@pytest.fixture
def tiny_model(tmp_path, monkeypatch):
    """A network for slices of 2 kV alone, in a library with nothing else of the user's."""
    monkeypatch.setenv(VARIABLE, str(tmp_path / "models"))
    network = mean_network(tmp_path / "net.onnx", [1.0])
    return write_model(tmp_path / "models" / "tiny", network, spec_of(known={"pixel_nm": (2.4, 2.6)}))


def test_a_network_is_proposed_where_all_it_needs_is_stated_and_fits(tiny_model):
    data = grey((7, 160, 160))

    def method(voxel_nm, name):
        found = proposed({name: volume(data, voxel_nm=voxel_nm)}, Job())
        segment = found[list(Stage).index(Stage.SEGMENT)]
        return segment.steps[0].params.method, segment

    chosen, segment = method((10.0, 2.5, 2.5), "2kV")
    assert chosen == "model:tiny"
    assert "model tiny" in segment.why
    assert method((10.0, 2.5, 2.5), "1kV")[0] == "otsu"
    assert method((10.0, 5.0, 5.0), "2kV")[0] == "otsu"
    stated = replace(volume(data, voxel_nm=(10.0, 2.5, 2.5)), metadata=Metadata(voltage_kv=1.9998))
    segment = proposed({"": stated}, Job())[list(Stage).index(Stage.SEGMENT)]
    assert segment.steps[0].params.method == "model:tiny", "files round otherwise than the operator"
    noted, segment = method((10.0, 2.9, 2.9), "2kV")
    assert noted == "model:tiny"
    assert not segment.sure
    assert "2.9 nm" in segment.why


def test_a_binary_stack_of_coarse_slices_is_filled_to_cubes(tmp_path):
    data = np.where(solid((8, 96, 96), step=2.0), 255, 0).astype(np.uint8)
    path = tmp_path / "b.tif"
    write(volume_of(data, voxel_nm=(10.0, 5.0, 5.0), content="binary"), path, "fiji")
    recipe = recipe_of(proposed({"": open_stack(path)}, Job()))
    assert [one.step.name for one in recipe.steps][-4:] == ["reposition", "fill", "measure", "export"]
    reports = run(Project.create(tmp_path / "p", {"": InputSpec(paths=(path,))}, recipe=recipe), job=Job())
    assert reports[""].volume.info.shape == (15, 96, 96)
    assert reports[""].volume.info.voxel_nm == pytest.approx((5, 5, 5))
