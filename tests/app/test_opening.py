from __future__ import annotations

import shutil
import threading
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest
import tifffile

from app.keeping import save
from app.opening import Request, named, opened_at, verified
from app.places import draft_file, project_folders
from app.program import Program
from app.session import Opened
from core.errors import AmbiguousInputError, IncompleteStackError, ReadError
from core.io import ReadOptions
from core.job import Job
from core.project import InputSpec, Project
from core.recipe import Recipe, default_step
from tests.app.conftest import SHAPE, made_stack

Wait = Callable[[Callable[[], bool]], None]


@pytest.fixture
def heard(program: Program) -> dict[str, list[object]]:
    """What the opener says."""
    said: dict[str, list[object]] = {"opened": [], "failed": [], "choice": [], "odd": [], "recipe": []}
    opener = program.opener
    opener.opened.connect(lambda paths: said["opened"].append(paths))
    opener.failed.connect(lambda error, _doing: said["failed"].append(error))
    opener.choice_needed.connect(lambda request, error: said["choice"].append((request, error)))
    opener.odd_slices.connect(lambda request, error: said["odd"].append((request, error)))
    opener.recipe_found.connect(lambda recipe: said["recipe"].append(recipe))
    return said


def test_a_folder_of_slices_opens(
    program: Program, stack: Path, wait: Wait, heard: dict[str, list[object]]
) -> None:
    program.opener.open(Request((stack,)))
    wait(lambda: bool(heard["opened"]))
    assert program.session.volume is not None
    assert program.session.volume.info.shape == SHAPE
    assert program.session.z_index == SHAPE[0] // 2
    assert program.settings.recent() == ((stack,),)
    assert program.session.project is None
    assert list(stack.parent.iterdir()) == [stack], "looking makes no project"


def test_a_broken_file_is_told(
    program: Program, tmp_path: Path, wait: Wait, heard: dict[str, list[object]]
) -> None:
    broken = tmp_path / "broken.tif"
    broken.write_bytes(b"II*\0\x10\0\0\0 this is no TIFF")
    program.opener.open(Request((broken,)))
    wait(lambda: bool(heard["failed"]))
    assert isinstance(heard["failed"][0], ReadError)
    assert program.session.volume is None


def test_odd_slices_are_asked_about_and_can_be_left_out(
    program: Program, stack: Path, wait: Wait, heard: dict[str, list[object]]
) -> None:
    tifffile.imwrite(stack / "slice_0005.tif", np.zeros((10, 10), np.uint8))
    program.opener.open(Request((stack,)))
    wait(lambda: bool(heard["odd"]))
    request, error = heard["odd"][0]  # type: ignore[misc]
    assert isinstance(error, IncompleteStackError)
    assert any("slice_0005" in name for name in error.slices)
    program.opener.open(request.answered("skip_odd", True))
    wait(lambda: bool(heard["opened"]))
    assert program.session.volume is not None
    assert program.session.volume.info.shape[0] == SHAPE[0] - 1
    assert program.session.volume.info.slice_numbers is not None


def test_several_readings_are_asked_about(
    program: Program, tmp_path: Path, wait: Wait, heard: dict[str, list[object]]
) -> None:
    colour = tmp_path / "colour.tif"
    tifffile.imwrite(colour, np.zeros((4, 16, 16, 3), np.uint8), photometric="rgb")
    program.opener.open(Request((colour,)))
    wait(lambda: bool(heard["choice"]))
    request, error = heard["choice"][0]  # type: ignore[misc]
    assert isinstance(error, AmbiguousInputError)
    program.opener.open(request.answered(error.option, error.choices[1]))
    wait(lambda: bool(heard["opened"]))
    assert program.session.inputs[""].spec.options.dataset == error.choices[1]


def test_a_recipe_comes_alone(
    program: Program, tmp_path: Path, wait: Wait, heard: dict[str, list[object]]
) -> None:
    recipe = Recipe((default_step("crop"),), "mine")
    recipe.save(tmp_path / "mine.toml")
    program.opener.open(Request((tmp_path / "mine.toml",)))
    wait(lambda: bool(heard["recipe"]))
    assert heard["recipe"] == [recipe]


@pytest.mark.parametrize("through", ["stack", "project", "marker"])
def test_coming_back_resumes(
    program: Program, stack: Path, wait: Wait, heard: dict[str, list[object]], through: str
) -> None:
    folder = next(iter(project_folders((stack,))))
    project = Project.create(folder, {"": InputSpec(paths=(stack,), options=ReadOptions(reverse=True))})
    project.save_recipe(Recipe((default_step("invert"),)))
    path = {"stack": stack, "project": folder, "marker": folder / "trueslice.json"}[through]
    program.opener.open(Request((path,)))
    wait(lambda: program.session.project is not None)
    assert program.session.project is not None
    assert program.session.project.folder == folder
    assert [entry.step.name for entry in program.session.recipe.steps] == ["invert"]
    assert program.session.inputs[""].spec.options.reverse is True


def test_a_recipe_without_a_project_waits_for_its_stack(
    program: Program, stack: Path, wait: Wait, heard: dict[str, list[object]]
) -> None:
    save(Recipe((default_step("segment"),)), None, draft_file((stack,)))
    program.opener.open(Request((stack,)))
    wait(lambda: bool(heard["opened"]))
    assert [entry.step.name for entry in program.session.recipe.steps] == ["segment"]


def test_opening_the_same_stack_again_keeps_what_was_changed_a_moment_ago(
    program: Program, stack: Path, wait: Wait, heard: dict[str, list[object]]
) -> None:
    save(Recipe((default_step("segment"),)), None, draft_file((stack,)))
    program.opener.open(Request((stack,)))
    wait(lambda: bool(heard["opened"]))
    program.opener.open(Request((stack,)))
    program.session.add("measure")
    wait(lambda: len(heard["opened"]) == 2)
    assert [entry.step.name for entry in program.session.recipe.steps] == ["segment", "measure"]


def test_a_second_stack_becomes_a_channel_with_a_name_of_its_own(
    program: Program, stack: Path, wait: Wait, heard: dict[str, list[object]], tmp_path: Path
) -> None:
    program.opener.open(Request((stack,)))
    wait(lambda: bool(heard["opened"]))
    program.session.add("invert")
    other = made_stack(tmp_path / "data" / "gold 2", seed=2)
    program.opener.open(Request((other,), adds=True))
    wait(lambda: len(program.session.inputs) == 2)
    assert list(program.session.inputs) == [stack.name, "gold 2"]
    channels = [opened.volume.info.channel for opened in program.session.inputs.values()]
    assert channels == [stack.name, "gold 2"]
    assert program.session.channel == stack.name
    assert [entry.step.name for entry in program.session.recipe.steps] == ["invert"]


def test_channels_never_share_a_name(opened: Opened, stack: Path) -> None:
    channels = named([("", opened), ("SE", opened), ("", opened), ("SE", opened)])
    assert list(channels) == [stack.name, "SE", f"{stack.name} 2", "SE 2"]
    files = opened.spec.model_copy(update={"paths": tuple(sorted(stack.iterdir()))})
    assert list(named([("", Opened(files, opened.volume))])) == [stack.name]
    file = opened.spec.model_copy(update={"paths": (stack.parent / "2.5kV.tif",)})
    assert list(named([("", Opened(file, opened.volume))])) == ["2.5kV"]


def test_reading_again_with_a_voxel_size(
    program: Program, stack: Path, wait: Wait, heard: dict[str, list[object]]
) -> None:
    program.opener.open(Request((stack,)))
    wait(lambda: bool(heard["opened"]))
    program.opener.reread("", {"voxel_nm_zyx": (10.0, 5.0, 5.0)})
    wait(lambda: program.session.volume is not None and program.session.volume.info.voxel_nm[0] == 10.0)


def test_only_the_newest_request_counts(
    program: Program, stack: Path, wait: Wait, heard: dict[str, list[object]], tmp_path: Path
) -> None:
    other = made_stack(tmp_path / "data" / "other", (5, 16, 16))
    program.opener.open(Request((stack,)))
    program.opener.open(Request((other,)))
    wait(lambda: not program.busy)
    assert program.session.volume is not None
    assert program.session.volume.info.shape == (5, 16, 16)
    assert heard["opened"] == [(other,)]


def test_an_input_that_has_changed_is_told_on_coming_back(
    program: Program, stack: Path, wait: Wait, heard: dict[str, list[object]]
) -> None:
    folder = next(iter(project_folders((stack,))))
    project = Project.create(folder, {"": InputSpec(paths=(stack,))})
    project.root_key("")
    shutil.copy(stack / "slice_0001.tif", stack / "slice_0002.tif")
    program.opener.open(Request((stack,)))
    wait(lambda: bool(heard["failed"]))
    assert "changed" in str(heard["failed"][0])
    assert program.session.volume is not None, "it can still be looked at"
    assert program.session.project is None


def test_a_stack_read_again_too_late_does_not_come_into_another(
    program: Program, stack: Path, wait: Wait, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    other = made_stack(tmp_path / "data" / "other", (5, 16, 16))
    program.opener.open(Request((stack,)))
    wait(lambda: not program.busy)
    reading, go_on = opened_at, threading.Event()

    def slow(request: Request, job: Job) -> Opened:
        if request.paths == (stack,):
            go_on.wait(20)
        return reading(request, job)

    monkeypatch.setattr("app.opening.opened_at", slow)
    program.opener.reread("", {"voxel_nm_zyx": (10.0, 5.0, 5.0)})
    program.opener.open(Request((other,)))
    wait(lambda: program.session.volume is not None and program.session.volume.info.shape == (5, 16, 16))
    go_on.set()
    wait(lambda: not program.busy)
    assert [one.spec.paths for one in program.session.inputs.values()] == [(other,)]


def test_a_project_checked_after_its_stack_was_read_in_another_way_is_not_taken(
    program: Program, stack: Path, wait: Wait, monkeypatch: pytest.MonkeyPatch
) -> None:
    Project.create(next(project_folders((stack,))), {"": InputSpec(paths=(stack,))})
    checking, go_on = verified, threading.Event()

    def slow(project: Project, job: Job) -> Project:
        go_on.wait(20)
        return checking(project, job)

    monkeypatch.setattr("app.opening.verified", slow)
    program.opener.open(Request((stack,)))
    wait(lambda: program.session.volume is not None)
    program.opener.reread("", {"voxel_nm_zyx": (10.0, 5.0, 5.0)})
    wait(lambda: program.session.volume is not None and program.session.volume.info.voxel_nm[0] == 10.0)
    go_on.set()
    wait(lambda: not program.busy)
    assert program.session.project is None, "its results are of other voxels"
