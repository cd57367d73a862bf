from __future__ import annotations

from unittest.mock import MagicMock

import numpy as np
import pytest
from PySide6.QtCore import QObject, Signal

from app.laying import is_cheap, place_in, plane_offset
from app.previewing import Previewer
from app.session import Session
from app.showing import Shower
from app.standing import Standings
from app.viewing import Views
from core.execute import Preview
from core.recipe import RecipeStep, default_step
from core.step import Estimate
from core.steps import step_named
from core.steps.crop import CropParams
from core.steps.register import RegisterParams
from core.steps.trim import TrimParams
from core.volume import Volume, VolumeInfo, volume_of
from tests.app.alignment import register_estimate


class FakePreviewer(QObject):
    """Announces previews on demand."""

    ready = Signal(object)
    cleared = Signal()
    generation = 7
    corner: tuple[int, int] | None = None
    shown: int | None = None
    asked = 0

    def request(self) -> None:
        self.asked += 1


class FakeStandings(QObject):
    """Knows the results it was given."""

    changed = Signal()

    def __init__(self) -> None:
        super().__init__()
        self.results: dict[int, Volume] = {}
        self.corners: dict[int, tuple[int, int]] = {}

    def result(self, count: int) -> Volume | None:
        return self.results.get(count)

    def estimate(self, _index: int) -> Estimate | None:
        return None

    def corner(self, _index: int) -> tuple[int, int] | None:
        return self.corners.get(_index)


class Stage:
    """A shower with everything around it replaced."""

    def __init__(self, session: Session) -> None:
        self.session = session
        self.views = MagicMock(spec=Views)
        self.views.cursor_zyx.return_value = (6, 20, 24)
        self.standings, self.previewer = FakeStandings(), FakePreviewer()
        self.shower = Shower(session, self.standings, self.previewer, self.views)  # type: ignore[arg-type]
        self.shower.refresh()

    def base_or_none(self) -> object:
        return self.views.set_volume.call_args.args[0]

    def base(self) -> Volume:
        volume = self.views.set_volume.call_args.args[0]
        assert isinstance(volume, Volume)
        return volume


@pytest.fixture
def stage(session: Session) -> Stage:
    return Stage(session)


def crop(**values: int) -> RecipeStep:
    return RecipeStep(step_named("crop"), CropParams(**values))


def add_crop(session: Session, **values: int) -> None:
    session.add("crop")
    session.set_params(0, CropParams(**values))


def test_the_input_is_shown_as_it_is(stage: Stage, session: Session) -> None:
    assert stage.base() is session.volume


def test_cheap_steps_before_the_chosen_one_are_carried_out_for_the_eye(
    stage: Stage, session: Session
) -> None:
    add_crop(session, y_start=10, z_start=2)
    session.add("invert")
    session.choose(1)
    assert stage.base().info.shape == (10, 30, 48)
    assert session.volume is not None
    assert np.array_equal(stage.base().slice(0), session.volume.slice(2)[10:])


def test_steps_that_take_long_are_not(stage: Stage, session: Session) -> None:
    session.add("denoise")
    session.add("segment")
    assert stage.base() is session.volume


def test_a_stored_result_is_shown_beside_its_input(stage: Stage, session: Session) -> None:
    session.add("denoise")
    assert session.volume is not None
    result = volume_of(np.zeros(session.volume.info.shape, np.uint8))
    stage.standings.results[1] = result
    shown: list[Volume] = []
    stage.shower.shown_volume.connect(shown.append)
    stage.standings.changed.emit()
    stage.views.set_compare.assert_called_with(
        result, "Denoise", (0, 0, 0), before="before", quantity=None, of_both=False
    )
    assert shown == [result]
    session.choose(None)
    assert stage.views.set_compare.call_args is None or stage.base() is session.volume


def test_a_crop_lies_where_it_was_cut_out(stage: Stage, session: Session) -> None:
    add_crop(session, z_start=3, y_start=5, x_start=7)
    result = volume_of(np.zeros((9, 35, 41), np.uint8))
    stage.standings.results[1] = result
    stage.standings.changed.emit()
    stage.views.set_compare.assert_called_with(
        result, "Crop", (3, 5, 7), before="before", quantity=None, of_both=False
    )


def test_the_same_slice_stays_visible_when_slices_are_cut_off(stage: Stage, session: Session) -> None:
    session.show_slice(8)
    add_crop(session, z_start=3)
    session.add("invert")
    stage.views.set_cursor.assert_called_with(5, 20, 24)
    stage.shower.moved(0, 1, 1)
    assert session.z_index == 3


def test_previews_go_to_the_view_with_their_place_and_caveats(stage: Stage, session: Session) -> None:
    session.add("denoise")
    session.add("segment")
    plane = np.zeros((40, 48), np.uint8)
    stage.previewer.ready.emit(Preview(plane, plane, None, True))
    kwargs = stage.views.show_preview.call_args.kwargs
    assert stage.views.show_preview.call_args.args[1] == 7
    assert kwargs["z"] == 6
    assert kwargs["content"] == "binary"
    assert kwargs["note"] == "from a sample of slices"
    assert kwargs["before"] is plane, "what enters the second step, not the stack"


def test_an_input_that_does_not_fit_over_the_stack_is_said(stage: Stage, session: Session) -> None:
    session.add("denoise")
    add_crop(session, y_start=5)
    session.move(0, 1)
    session.add("segment")
    plane = np.zeros((35, 48), np.uint8)
    stage.previewer.ready.emit(Preview(plane, plane, None, False))
    kwargs = stage.views.show_preview.call_args.kwargs
    assert kwargs["note"] == "left: input of step 1"
    assert kwargs["before"] is None


def test_a_dropped_slice_is_said_to_be_dropped(stage: Stage, session: Session) -> None:
    session.add("drop-slices")
    said: list[str] = []
    stage.shower.explained.connect(said.append)
    stage.previewer.ready.emit(Preview(np.zeros((40, 48), np.uint8), None, None, False))
    assert said == ["This slice is dropped."]
    assert stage.views.show_preview.call_args.args[0] is None


def test_place_of_results_that_cannot_be_laid_over_their_input() -> None:
    info = VolumeInfo((10, 20, 30), np.dtype(np.uint8))
    smaller = VolumeInfo((10, 10, 15), np.dtype(np.uint8))
    assert place_in(info, default_step("denoise"), info) == (0, 0, 0)
    assert place_in(info, default_step("denoise"), smaller) is None
    assert place_in(info, crop(y_start=10, x_start=15), smaller) == (0, 10, 15)


def test_a_trimmed_result_lies_where_it_was_cut_from() -> None:
    info = VolumeInfo((10, 20, 30), np.dtype(np.uint8))
    trim = RecipeStep(step_named("trim"), TrimParams(top_px=10, bottom_px=2, left_px=4, right_px=1))
    result = trim.step.result_info(info, trim.params)
    assert place_in(info, trim, result) == (0, 10, 4)
    before, after = np.zeros(info.shape[1:]), np.zeros(result.shape[1:])
    assert plane_offset(trim, before, after) == (10, 4)
    assert plane_offset(default_step("denoise"), before, after) is None


def moved(session: Session, stage: Stage, shape: tuple[int, int, int], corner: tuple[int, int]) -> Volume:
    """A registration that has been run, with this canvas."""
    session.add("register")
    result = volume_of(np.full(shape, 9, np.uint8))
    stage.standings.results[1] = result
    stage.standings.corners[0] = corner
    placed: list[object] = []
    stage.shower.placed.connect(placed.append)
    stage.standings.changed.emit()
    assert placed == [corner]
    return result


def test_the_input_is_laid_into_the_canvas_of_a_registration(stage: Stage, session: Session) -> None:
    result = moved(session, stage, (12, 44, 50), (3, 1))
    base = stage.base()
    assert base.info.shape == (12, 44, 50)
    assert session.volume is not None
    np.testing.assert_array_equal(base.slice(5)[3:43, 1:49], session.volume.slice(5))
    assert stage.views.set_compare.call_args.args[:2] == (result, "Register")
    calls = stage.views.set_volume.call_count
    stage.standings.changed.emit()
    assert stage.views.set_volume.call_count == calls, "the same result is not shown anew"


def test_slices_are_compared_with_the_one_before(stage: Stage, session: Session) -> None:
    result = moved(session, stage, (12, 36, 44), (-2, -2))
    stage.shower.show_neighbours(True)
    assert stage.views.set_compare.call_args.args[0] is result
    assert stage.views.set_compare.call_args.kwargs["before"] == "slice before"
    assert stage.base().info.shape == result.info.shape
    stage.shower.show_neighbours(False)
    assert stage.views.set_compare.call_args.kwargs["before"] == "before"


def test_a_preview_of_another_canvas_lies_where_it_belongs(stage: Stage, session: Session) -> None:
    moved(session, stage, (12, 44, 50), (3, 1))
    session.try_out(RegisterParams(canvas="grow"))
    stage.previewer.corner = (-2, 0)
    plane = np.zeros((36, 48), np.uint8)
    stage.previewer.ready.emit(Preview(np.zeros((40, 48), np.uint8), plane, register_estimate(), False))
    assert stage.views.show_preview.call_args.kwargs["offset_yx"] == (5, 1)


def test_before_a_run_there_is_no_preview_of_a_survey(stage: Stage, session: Session) -> None:
    session.add("register")
    plane = np.zeros((40, 48), np.uint8)
    stage.previewer.ready.emit(Preview(plane, plane, None, False))
    assert stage.views.show_preview.call_args.args[0] is None


def test_a_result_with_other_slices_is_shown_by_itself(stage: Stage, session: Session) -> None:
    session.add("reposition")
    assert session.volume is not None
    origin = tuple(int(k % 3 == 1) for k in range(36))
    result = volume_of(np.zeros((36, 40, 48), np.uint8), origin=origin)
    stage.standings.results[1] = result
    session.real = lambda count: result.info if count == 1 else None
    placed: list[object] = []
    stage.shower.placed.connect(placed.append)
    stage.standings.changed.emit()
    assert stage.base() is result
    assert stage.views.set_compare.call_args.args[0] is None
    assert placed == [None], "slices of the input are not shown: nothing can be drawn on them"
    session.show_slice(4)
    z = stage.views.set_cursor.call_args.args[0]
    assert z == 13, "the measured plane of slice 4, not the gap beside it"
    stage.views.cursor_zyx.return_value = (14, 20, 24)
    stage.views.set_cursor.reset_mock()
    stage.shower.moved(14, 20, 24)
    assert stage.previewer.shown == 14
    asked = stage.previewer.asked
    stage.shower.moved(13, 20, 24)
    assert stage.previewer.asked == asked + 1, "slice 4 as before, but another plane of it"
    session.show_slice(4)
    stage.views.set_cursor.assert_not_called()


def test_a_longer_stack_begins_at_a_measured_slice(stage: Stage, session: Session) -> None:
    session.add("reposition")
    origin = tuple(int(k % 3 == 0) for k in range(36))
    stage.views.cursor_zyx.return_value = (19, 20, 24)
    result = volume_of(np.zeros((36, 40, 48), np.uint8), origin=origin)
    session.real = lambda count: result.info if count == 1 else None
    stage.standings.results[1] = result
    stage.standings.changed.emit()
    stage.views.set_cursor.assert_called_with(18, 20, 24)
    stage.views.set_cursor.reset_mock()
    stage.standings.results[1] = volume_of(np.zeros((36, 40, 48), np.uint8), origin=origin)
    stage.standings.changed.emit()
    stage.views.set_cursor.assert_not_called()  # the user may have gone to this gap


def test_closing_empties_the_views(stage: Stage, session: Session) -> None:
    session.end()
    assert stage.base_or_none() is None


@pytest.mark.parametrize(
    ("name", "cheap"), [("crop", True), ("invert", True), ("measure", True), ("denoise", False)]
)
def test_cheap_is_what_is_not_stored(name: str, cheap: bool) -> None:
    assert is_cheap(default_step(name)) is cheap


def test_types_fit() -> None:
    """The fakes offer what the shower uses of the real ones."""
    for name in ("ready", "cleared"):
        assert hasattr(Previewer, name)
    for name in ("result", "estimate", "corner", "changed"):
        assert hasattr(Standings, name)
