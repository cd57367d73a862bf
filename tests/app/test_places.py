"""Where projects go, and how they are called."""

from __future__ import annotations

from pathlib import Path

import pytest

from app.opening import _earlier_project
from app.places import channels_folders, choose, forget_chosen, inputs_name, project_folders
from app.standing import exports_of
from core.execute import run
from core.job import Job
from core.project import InputSpec, Project
from core.recipe import Recipe, default_step
from tests.app.conftest import made_stack

CHANNELS = ("1kV", "2kV")


@pytest.fixture
def gold(tmp_path: Path) -> Path:
    """A folder in which two channels lie."""
    for seed, channel in enumerate(CHANNELS):
        made_stack(tmp_path / "gold" / channel, (4, 16, 16), seed)
    return tmp_path / "gold"


def folders(gold: Path) -> list[tuple[Path, ...]]:
    return [(gold / channel,) for channel in CHANNELS]


def test_channels_in_one_folder_go_by_it(gold: Path) -> None:
    slices = [tuple(sorted((gold / channel).iterdir())) for channel in CHANNELS]
    files = [(gold / f"{channel}.tif",) for channel in CHANNELS]
    for inputs in (folders(gold), slices, files):
        assert next(channels_folders(inputs)) == gold / "gold.trueslice"
        assert inputs_name(inputs) == "gold"


def test_one_channel_and_channels_of_different_folders_go_by_the_first(gold: Path) -> None:
    [first, second] = folders(gold)
    assert next(channels_folders([first])) == gold / "1kV.trueslice"
    elsewhere = (gold.parent / "other" / "2kV",)
    assert next(channels_folders([first, elsewhere])) == gold / "1kV.trueslice"
    together = [(gold / f"{name}_0.tif", gold / f"{name}_1.tif") for name in CHANNELS]
    assert next(channels_folders(together)) == gold.parent / "gold.trueslice"
    assert inputs_name([second]) == "2kV"


def test_the_folder_that_was_chosen_for_projects_counts(gold: Path, tmp_path: Path) -> None:
    choose("projects", tmp_path / "projects")
    try:
        assert next(channels_folders(folders(gold))) == tmp_path / "projects" / "gold.trueslice"
    finally:
        forget_chosen()


@pytest.mark.parametrize("named", ["now", "before"])
def test_a_project_is_found_also_by_the_name_of_its_first_channel(gold: Path, named: str) -> None:
    inputs = folders(gold)
    place = next(channels_folders(inputs) if named == "now" else project_folders(inputs[0]))
    assert _earlier_project(inputs, Job()) is None
    Project.create(
        place, {name: InputSpec(paths=paths) for name, paths in zip(CHANNELS, inputs, strict=True)}
    )
    found = _earlier_project(inputs, Job())
    assert found is not None
    assert found.folder == place
    assert _earlier_project(inputs[:1], Job()) is None


def test_files_of_all_channels_are_listed(gold: Path) -> None:
    specs = {name: InputSpec(paths=paths) for name, paths in zip(CHANNELS, folders(gold), strict=True)}
    recipe = Recipe((default_step("export"),))
    project = Project.create(gold / "gold.trueslice", specs)
    project.save_recipe(recipe)
    run(project, job=Job())
    found = exports_of(project, recipe, Job())
    assert [each.channel for each in found] == list(CHANNELS)
    assert len({each.files[0] for each in found}) == 2
