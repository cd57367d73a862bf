"""Project folders: made, opened, refused, locked; states of steps."""

from __future__ import annotations

import json
import os
import subprocess
import sys

import numpy as np
import pytest
import tifffile

from core.errors import InputChangedError, ParameterError, ProjectError
from core.execute import run
from core.io import ReadOptions
from core.project import MARKER, InputSpec, Project, StepState
from core.recipe import Recipe, RecipeStep, default_step

DATA = np.random.default_rng(3).integers(0, 255, (6, 20, 24), dtype=np.uint8)


@pytest.fixture
def project(tmp_path):
    tifffile.imwrite(tmp_path / "stack.tif", DATA, photometric="minisblack")
    return Project.create(tmp_path / "project", {"2kV": InputSpec(paths=(tmp_path / "stack.tif",))})


def entry_of(name: str, **values: object) -> RecipeStep:
    entry = default_step(name)
    return RecipeStep(entry.step, entry.params.model_copy(update=values))


def recipe_of(*names: str) -> Recipe:
    return Recipe(tuple(default_step(name) for name in names))


def test_made_and_opened_it_is_the_same(project):
    again = Project.open(project.folder)
    assert again == project
    assert again.input("2kV").info.channel == "2kV"
    np.testing.assert_array_equal(again.input("2kV").read(), DATA)


def test_what_the_user_typed_is_kept(tmp_path, project):
    options = ReadOptions(voxel_nm_zyx=(None, 5.0, 5.0))
    specs = {"a": InputSpec(paths=(tmp_path / "stack.tif",), options=options)}
    Project.create(tmp_path / "other", specs)
    assert Project.open(tmp_path / "other").input("a").info.voxel_nm == (None, 5.0, 5.0)


def test_a_folder_keeps_its_inputs(tmp_path, project):
    tifffile.imwrite(tmp_path / "other.tif", DATA)
    with pytest.raises(ProjectError, match="other inputs"):
        Project.create(project.folder, {"2kV": InputSpec(paths=(tmp_path / "other.tif",))})
    with pytest.raises(ProjectError, match="at least one input"):
        Project.create(tmp_path / "empty", {})


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("{", "cannot be read"),
        ("[]", "another version"),
        ('{"format": 99, "program": "9.0"}', "another version"),
        ('{"format": 1}', "damaged"),
        ('{"format": 1, "input": {"a": {"colour": 1}}}', "damaged"),
        ("\x00\xff", "cannot be read"),
    ],
)
def test_foreign_and_damaged_markers_are_refused(tmp_path, text, words):
    (tmp_path / MARKER).write_text(text, encoding="latin-1")
    with pytest.raises(ProjectError, match=words):
        Project.open(tmp_path)


def test_a_plain_folder_is_no_project(tmp_path):
    with pytest.raises(ProjectError, match="not a project"):
        Project.open(tmp_path)


def test_states_follow_the_work(project):
    recipe = recipe_of("crop", "denoise", "segment", "measure", "export")
    project.save_recipe(recipe)
    todo, done = StepState.TODO, StepState.DONE
    assert project.states("2kV")[1:] == (todo,) * 4
    run(project, upto=2)
    assert project.states("2kV") == (done, done, todo, todo, todo)
    assert project.volume("2kV", 3) is None
    run(project)
    assert project.states("2kV") == (done,) * 5
    solid = project.volume("2kV", 5)
    assert solid is not None
    assert solid.info.content == "binary"
    np.testing.assert_array_equal(solid.read(), tifffile.imread(project.exports / "volume.tif"))
    changed = recipe.replaced(1, default_step("invert"))
    assert project.states("2kV", changed)[2:] == (todo,) * 3


def test_an_edited_estimate_is_used_and_named_apart(project):
    recipe = recipe_of("segment")
    project.save_recipe(recipe)
    run(project)
    found = project.estimate("2kV", 0)
    edited = found.model_copy(update={"thresholds": (200.0,)})
    own = Recipe.loads(
        Recipe((type(recipe.steps[0])(recipe.steps[0].step, recipe.steps[0].params, edited),)).dumps()
    )
    assert own.keys("root") != recipe.keys("root")
    project.save_recipe(own)
    run(project)
    np.testing.assert_array_equal(project.volume("2kV", 1).read(), np.where(DATA > 200, 255, 0))


def test_a_changed_input_is_noticed(tmp_path, project):
    project.save_recipe(recipe_of("segment"))
    run(project)
    other = DATA.copy()
    other[0, 0, 0] += 1
    tifffile.imwrite(tmp_path / "stack.tif", other, photometric="minisblack")
    with pytest.raises(InputChangedError, match="has changed"):
        run(Project.open(project.folder))


def test_touching_an_input_is_not_changing_it(tmp_path, project):
    project.save_recipe(recipe_of("segment"))
    key = project.root_key("2kV")
    os.utime(tmp_path / "stack.tif", (1, 1))
    assert Project.open(project.folder).root_key("2kV") == key


def test_added_slices_are_noticed(tmp_path):
    folder = tmp_path / "slices"
    folder.mkdir()
    for index in range(3):
        tifffile.imwrite(folder / f"s{index}.tif", DATA[index])
    spec = InputSpec(paths=(folder,))
    Project.create(tmp_path / "p", {"": spec}).root_key("")
    tifffile.imwrite(folder / "s3.tif", DATA[3])
    with pytest.raises(InputChangedError, match="added or removed"):
        Project.open(tmp_path / "p").root_key("")


def test_one_writer_at_a_time_even_between_processes(project):
    with project.locked():
        with pytest.raises(ProjectError, match="in use"), Project.open(project.folder).locked():
            pytest.fail("locked twice")
        code = (
            "import sys; from pathlib import Path; from core.project import Project\n"
            "with Project.open(Path(sys.argv[1])).locked(): pass"
        )
        ended = subprocess.run(
            [sys.executable, "-c", code, str(project.folder)], capture_output=True, text=True, check=False
        )
        assert ended.returncode != 0
        assert "in use by another window" in ended.stderr
    with Project.open(project.folder).locked():
        pass


def test_checksums_are_not_computed_twice(project, monkeypatch):
    project.root_key("2kV")
    monkeypatch.setattr("core.project.sha256", lambda *_: pytest.fail("read again"))
    assert Project.open(project.folder).root_key("2kV") == project.root_key("2kV")
    table = json.loads((project.folder / "inputs.json").read_text())
    assert set(table["2kV"]) == {"stack.tif"}


def test_the_first_channel_stays_the_first(tmp_path):
    specs = {}
    for number, name in enumerate(("2kV", "4kV", "1kV")):
        tifffile.imwrite(tmp_path / f"{name}.tif", np.full((5, 8, 9), number, np.uint8))
        specs[name] = InputSpec(paths=(tmp_path / f"{name}.tif",))
    made = Project.create(tmp_path / "project", specs)
    assert list(Project.open(made.folder).specs) == list(made.specs) == ["2kV", "4kV", "1kV"]
    again = Project.create(made.folder, dict(sorted(specs.items())))
    assert list(again.specs) == ["2kV", "4kV", "1kV"]


@pytest.mark.parametrize("step", [entry_of("crop", x_stop=59), entry_of("destripe")])
def test_what_turns_out_not_to_fit_has_no_result(tmp_path, step):
    field = np.random.default_rng(0).integers(0, 255, (48, 60)).astype(np.uint8)
    tifffile.imwrite(tmp_path / "a.tif", np.stack([field, np.roll(field, 3, 1)]))
    canvas = "common" if step.step.name == "crop" else "grow"
    recipe = Recipe((entry_of("register", canvas=canvas), step))
    made = Project.create(tmp_path / "p", {"": InputSpec(paths=(tmp_path / "a.tif",))}, recipe=recipe)
    with pytest.raises(ParameterError):
        run(made)
    assert made.volume("", 1) is not None
    assert made.volume("", 2) is None
