"""Painting without a window: what can be taken back, what is saved where, and what follows a project."""

from __future__ import annotations

import time
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest

from app.painting.brush import Brush, resized
from app.painting.disk import draft_folder, geometry_of, moved_into, name_of
from app.painting.pages import Edit, History, Page, Pages, fill
from app.painting.painting import Painting
from app.painting.strokes import Strokes
from app.program import Program
from app.session import Opened
from core.labels import LabelStore
from core.labels.paint import Rect, stroke
from core.project import Project
from core.recipe import Recipe, default_step

Wait = Callable[[Callable[[], bool]], None]


# ---------------------------------------------------------------------------------- taking back
def painted_edit(page: Page, begin: tuple[float, float], end: tuple[float, float], value: int) -> Edit:
    edit = Edit(page, "stroke")
    stroke(page.labels, begin, end, 20, value, edit.touch)
    return edit


def test_strokes_are_taken_back_in_order_and_made_again() -> None:
    page, history = Page(0, np.zeros((700, 900), np.uint8)), History()
    states = [page.labels.copy()]
    for number in range(1, 4):
        edit = painted_edit(page, (100.0 * number, 50), (650, 250.0 * number), number)
        assert history.add(edit)
        states.append(page.labels.copy())
    assert page.changes == 3
    for state in states[-2::-1]:
        assert history.undo() is page
        assert np.array_equal(page.labels, state)
    assert history.undo() is None
    for state in states[1:]:
        assert history.redo() is page
        assert np.array_equal(page.labels, state)
    history.undo()
    assert history.add(painted_edit(page, (5, 5), (5, 5), 9))
    assert history.redo() is None
    assert not history.add(painted_edit(page, (5, 5), (5, 5), 9)), "it changed nothing"


def test_old_strokes_are_forgotten_when_memory_ends() -> None:
    page, history = Page(0, np.zeros((512, 512), np.uint8)), History(most_bytes=3 * 256 * 256)
    for number in range(5):
        edit = Edit(page, str(number))
        fill(edit, Rect(0, 10, 0, 10), np.ones((10, 10), np.bool_), number + 1)
        history.add(edit)
    assert [history.undo_text for _ in range(3) if history.undo()] == ["3", "2", ""]


def test_pages_that_nobody_needs_are_forgotten() -> None:
    pages = Pages()
    for z in range(20):
        page = Page(z, np.zeros((4, 4), np.uint8), changes=1 if z == 2 else 0)
        pages.add(page, {5})
    assert {2, 5, 19} <= {page.z for page in pages}
    assert len(list(pages)) < 10


def test_a_stroke_on_a_large_slice_takes_no_longer_than_its_rectangle() -> None:
    page = Page(0, np.zeros((4096, 4096), np.uint8))
    edit, longest = Edit(page, "stroke"), 0.0
    for step in range(40):
        at = time.perf_counter()
        stroke(
            page.labels, (40.0 * step, 60.0 * step), (40.0 * step + 40, 60.0 * step + 60), 60, 2, edit.touch
        )
        longest = max(longest, time.perf_counter() - at)
    assert edit.nbytes < page.labels.nbytes / 4
    assert longest < 0.05
    assert History().add(edit)


def test_sizes_change_by_a_quarter_and_stay_within_bounds() -> None:
    assert [resized(1, 1), resized(20, 1), resized(20, -1), resized(1, -1), resized(400, 1)] == [
        2,
        25,
        16,
        1,
        400,
    ]
    assert Brush(tool="eraser").paints == 0


def test_labels_stay_with_slices_that_are_not_moved() -> None:
    crop, invert = default_step("crop"), default_step("invert")
    assert geometry_of([invert]) == ()
    assert name_of(geometry_of([invert])) == "painted"
    assert name_of(geometry_of([invert, crop])) == name_of(geometry_of([crop, invert])) != "painted"


# ---------------------------------------------------------------------------------- the service
@pytest.fixture
def painting(program: Program, opened: Opened, wait: Wait) -> Painting:
    """Ready to paint on the middle slice."""
    program.session.begin({"": opened}, Recipe())
    made = program.painting
    made.set_base(opened.volume, ())
    made.show_slice(5)
    made.set_on(True)
    wait(lambda: made.ready_page() is not None)
    return made


def dab(strokes: Strokes, row: float, column: float) -> None:
    assert strokes.press((row, column), 2.0)
    strokes.release()


def kept(painting: Painting, wait: Wait) -> LabelStore:
    painting.flush()
    wait(lambda: not painting.disk.busy)
    assert painting.store is not None
    return painting.store


def test_labels_follow_into_a_new_project(
    program: Program, painting: Painting, opened: Opened, wait: Wait, tmp_path: Path
) -> None:
    paths = opened.spec.paths
    dab(program.strokes, 10, 10)
    assert kept(painting, wait).folder == draft_folder(paths) / "painted"
    project = Project.create(tmp_path / "gold.trueslice", {"": opened.spec})
    program.session.home = project.folder
    program.session.set_project(project)
    dab(program.strokes, 20, 20)
    painting.flush()
    wait(lambda: not painting.disk.busy)
    store = painting.store
    assert store is not None
    assert store.folder == project.folder / "labels" / "painted"
    page = painting.ready_page()
    assert page is not None
    assert np.array_equal(store.labels(5, store.header()), page.labels)
    assert page.labels[10, 10] == page.labels[20, 20] == 2
    assert not draft_folder(paths).joinpath("painted").exists()
    assert painting.history.undo_text == "stroke", "what was painted before can still be taken back"


def test_labels_of_a_draft_do_not_replace_those_of_a_project(
    painting: Painting, program: Program, opened: Opened, wait: Wait, tmp_path: Path
) -> None:
    dab(program.strokes, 10, 10)
    store = kept(painting, wait)
    header = store.header()
    LabelStore(tmp_path / "labels" / "painted").write(1, np.ones(header.shape[1:], np.uint8), header)
    moved = moved_into(tmp_path, opened.spec.paths)
    assert moved == {store.folder: tmp_path / "labels" / "painted-2"}
    assert LabelStore(tmp_path / "labels" / "painted").slices() == (1,)
    assert LabelStore(tmp_path / "labels" / "painted-2").slices() == (5,)


def test_undo_goes_to_the_slice_of_the_stroke(painting: Painting, program: Program, wait: Wait) -> None:
    wanted: list[int] = []
    painting.slice_wanted.connect(wanted.append)
    dab(program.strokes, 10, 10)
    painting.show_slice(7)
    dab(program.strokes, 12, 12)
    painting.show_slice(6)
    painting.undo()
    assert wanted == [7]
    painting.undo()
    assert wanted == [7, 5]
    assert not painting.slices
    assert kept(painting, wait).slices() == ()


def test_a_cropped_stack_has_labels_of_its_own(
    painting: Painting, program: Program, opened: Opened, wait: Wait
) -> None:
    dab(program.strokes, 10, 10)
    steps = (default_step("crop"),)
    painting.set_base(opened.volume, steps)
    wait(lambda: painting.ready_page() is not None)
    assert not painting.slices
    painting.set_base(opened.volume, ())
    wait(lambda: painting.ready_page() is not None)
    assert painting.slices == (5,)
    page = painting.ready_page()
    assert page is not None
    assert page.labels[10, 10] == 2


def test_an_outline_of_clicks_is_closed_at_its_first_corner(
    painting: Painting, program: Program, wait: Wait
) -> None:
    strokes = program.strokes
    painting.set_brush(tool="outline", value=1)
    for row, column in ((5, 5), (5, 25), (25, 25), (25, 5)):
        dab(strokes, row, column)
    strokes.drop_corner()
    dab(strokes, 25, 5)
    dab(strokes, 6, 6)
    wait(lambda: painting.slices == (5,))
    page = painting.ready_page()
    assert page is not None
    assert (page.labels[5:25, 5:25] == 1).all()
    assert page.labels.sum() == 400
    dab(strokes, 30, 30)
    painting.show_slice(6)
    assert strokes.corners == [], "an outline ends with its slice"


def test_a_large_area_is_put_together_in_the_background(
    painting: Painting, program: Program, wait: Wait, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("app.painting.strokes.LARGE_PX", 100)
    dab(program.strokes, 10, 10)
    page = painting.ready_page()
    assert page is not None
    before, painted = page.labels.copy(), page.painted
    assert painted == np.count_nonzero(before)
    painting.set_brush(tool="outline", value=1)
    assert program.strokes.press((2, 2), 2.0)
    for place in ((2.0, 40.0), (35.0, 40.0), (35.0, 2.0)):
        program.strokes.drag(place)
    program.strokes.release()
    wait(lambda: page.painted > painted)
    assert page.painted == np.count_nonzero(page.labels) == 33 * 38
    painting.undo()
    assert np.array_equal(page.labels, before)
    assert page.painted == painted
    painting.redo()
    assert (page.labels[2:35, 2:40] == 1).all()
    program.strokes.clear()
    assert not painting.slices
    painting.undo()
    assert page.painted == 33 * 38
    assert painting.slices == (5,)


def test_similar_grey_is_filled_in_the_background(
    painting: Painting, program: Program, opened: Opened, wait: Wait
) -> None:
    painting.set_brush(tool="fill", tolerance=40.0)
    plane = opened.volume.slice(5)
    row, column = np.argwhere(plane > 160)[0]
    dab(program.strokes, float(row) + 0.5, float(column) + 0.5)
    wait(lambda: painting.slices == (5,))
    page = painting.ready_page()
    assert page is not None
    assert page.labels[row, column] == 2
    found = plane[page.labels == 2].astype(int)
    assert np.abs(found - int(plane[row, column])).max() <= 40


def test_hidden_labels_are_not_painted(painting: Painting, program: Program) -> None:
    painting.set_brush(visible=False)
    assert not program.strokes.press((10, 10), 2.0)
    painting.set_brush(visible=True)
    painting.add_class("Platinum")
    assert [one.name for one in painting.classes] == ["Pore", "Solid", "Platinum"]
    assert painting.brush.value == 3


def test_a_fill_that_arrives_during_a_stroke_leaves_both_to_be_taken_back(
    painting: Painting, program: Program, wait: Wait
) -> None:
    strokes = program.strokes
    painting.set_brush(tool="outline", value=1)
    for corner in ((2, 2), (2, 20), (20, 20), (20, 2)):
        dab(strokes, *corner)
    strokes.close_outline()
    painting.set_brush(tool="brush", value=2, diameter=3)
    assert strokes.press((30, 30), 2.0)  # the mouse is still down when the outline is filled
    wait(lambda: bool((painting.ready_page().labels == 1).any()))  # type: ignore[union-attr]
    strokes.drag((30, 36))
    strokes.release()
    page = painting.ready_page()
    assert page is not None
    assert page.painted == np.count_nonzero(page.labels)
    assert page.labels[30, 36] == 2
    while painting.history.undo_text:
        painting.undo()
    assert not page.labels.any()
    assert page.painted == 0


def test_a_stroke_under_way_is_kept_when_something_else_is_shown(
    painting: Painting, opened: Opened, program: Program, wait: Wait
) -> None:
    assert program.strokes.press((10, 10), 2.0)
    store = painting.store
    assert store is not None
    painting.set_base(opened.volume, (default_step("crop"),))
    wait(lambda: not painting.disk.busy)
    assert store.exists()
    assert store.slices() == (5,)


def test_labels_that_could_not_be_saved_are_saved_with_the_next_stroke(
    painting: Painting, program: Program, wait: Wait, monkeypatch: pytest.MonkeyPatch
) -> None:
    told: list[object] = []
    painting.failed.connect(lambda error, _doing: told.append(error))

    def full(*_given: object, **_named: object) -> None:
        raise OSError("no space left on device")

    with monkeypatch.context() as patched:
        patched.setattr(LabelStore, "write", full)
        dab(program.strokes, 10, 10)
        painting.flush()
        wait(lambda: not painting.disk.busy)
        painting.flush()
        assert not painting.disk.busy, "closing does not try for ever"
    assert len(told) == 1
    for z in range(10):  # the page would have made room for others
        painting.show_slice(z)
    dab(program.strokes, 12, 12)
    wait(lambda: painting.store is not None and painting.store.exists() and painting.store.slices() == (5, 9))


def test_strokes_can_be_taken_back_after_labels_of_another_shape_were_found(
    painting: Painting, opened: Opened, program: Program, wait: Wait
) -> None:
    store, stack = painting.store, painting.stack
    assert store is not None
    assert stack is not None
    painting.set_on(False)
    store.write(0, np.ones((4, 4), np.uint8), stack.model_copy(update={"shape": (2, 4, 4)}), None)
    painting.set_base(None, ())
    painting.set_on(True)
    painting.set_base(opened.volume, ())
    wait(lambda: painting.ready_page() is not None)
    dab(program.strokes, 10, 10)
    painting.set_base(opened.volume, ())  # looked up again
    assert painting.history.undo_text


def test_the_brush_has_no_class_that_only_another_stack_has(painting: Painting, wait: Wait) -> None:
    painting.add_class("void")
    assert painting.brush.value == 3
    seen: list[bool] = []
    painting.changed.connect(
        lambda: seen.append(painting.brush.value in {each.value for each in painting.classes})
    )
    painting.set_base(None, ())
    assert seen
    assert all(seen)
    wait(lambda: not painting.disk.busy)
