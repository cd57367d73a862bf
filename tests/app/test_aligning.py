"""Changes of what registration and thickness have found: all of them through the recipe."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from app.aligning import Aligning, Subject
from app.jobs import JobQueue
from app.session import Session
from app.standing import Standings
from core.align.results import RegisterEstimate
from core.errors import AmbiguousInputError
from core.thickness.results import ThicknessEstimate
from tests.app.alignment import register_estimate, thickness_estimate

pytestmark = pytest.mark.gui
Wait = Callable[[Callable[[], bool]], None]


@pytest.fixture
def aligning(session: Session, wait: Wait) -> Iterator[Aligning]:
    queue = JobQueue(1)
    made = Aligning(session, Standings(session, queue), queue)
    yield made
    wait(lambda: not queue.active)
    queue.close()


def registered(session: Session, aligning: Aligning) -> Subject:
    session.add("register")
    session.set_estimate(0, register_estimate())
    subject = aligning.subject()
    assert subject is not None
    return subject


def shifts(session: Session) -> tuple[tuple[float, float], ...]:
    estimate = session.recipe.steps[0].estimate
    assert isinstance(estimate, RegisterEstimate)
    return estimate.shifts_px_yx


def test_steps_that_find_places_are_looked_at(session: Session, aligning: Aligning) -> None:
    assert aligning.subject() is None
    session.add("denoise")
    assert aligning.subject() is None
    session.add("register")
    subject = aligning.subject()
    assert subject is not None
    assert (subject.index, subject.estimate) == (0, None)
    session.add("thickness")
    assert aligning.subject().entry.step.name == "thickness"  # type: ignore[union-attr]
    session.choose(0)
    assert aligning.subject().entry.step.name == "register"  # type: ignore[union-attr]
    session.set_estimate(1, thickness_estimate())
    session.choose(2)
    assert aligning.subject().index == 1  # type: ignore[union-attr]  # the last that has found something


def test_slices_are_those_of_the_input(session: Session, aligning: Aligning) -> None:
    session.add("crop")
    session.set_params(0, type(session.recipe.steps[0].params)(z_start=3))  # type: ignore[call-arg]
    session.add("register")
    subject = aligning.subject()
    assert subject is not None
    assert list(subject.slices) == list(range(3, 12))


def test_a_shift_by_hand_moves_the_slice_and_can_be_undone(session: Session, aligning: Aligning) -> None:
    subject = registered(session, aligning)
    before = shifts(session)
    aligning.set_shift(subject, 4, 9.0, -1.0, False)
    after = shifts(session)
    assert after[4] == pytest.approx((9.0, -1.0))
    assert after[5] == before[5]
    subject = aligning.subject()
    assert subject is not None
    aligning.set_shift(subject, 6, before[6][0] + 2.0, before[6][1], True)
    assert [b[0] - a[0] for a, b in zip(before[5:], shifts(session)[5:], strict=True)] == pytest.approx(
        [0.0, *[2.0] * 6]
    )
    session.undo.undo()
    session.undo.undo()
    assert shifts(session) == before


def test_the_slow_part_is_a_setting(session: Session, aligning: Aligning) -> None:
    subject = registered(session, aligning)
    assert subject.trend == "remove"
    assert list(subject.trends) == ["remove", "keep"]
    aligning.set_trend(subject, "keep")
    assert session.recipe.steps[0].params.model_dump()["trend"] == "keep"
    assert session.recipe.steps[0].estimate is not None, "what was found holds for both"
    session.undo.undo()
    assert session.recipe.steps[0].params.model_dump()["trend"] == "remove"


def test_transforms_are_saved_and_loaded(
    session: Session, aligning: Aligning, tmp_path: Path, wait: Wait
) -> None:
    subject = registered(session, aligning)
    told: list[str] = []
    aligning.told.connect(told.append)
    aligning.save_transforms(subject, tmp_path / "moves.json")
    wait(lambda: bool(told))
    aligning.back_to_found(subject)
    assert session.recipe.steps[0].estimate is None
    aligning.load_transforms(subject, tmp_path / "moves.json")
    wait(lambda: session.recipe.steps[0].estimate is not None)
    assert [y for y, _ in shifts(session)] == pytest.approx([y for y, _ in register_estimate().shifts_px_yx])


def test_transforms_of_another_stack_are_refused(
    session: Session, aligning: Aligning, tmp_path: Path, wait: Wait
) -> None:
    from core.align.files import save_transforms

    subject = registered(session, aligning)
    save_transforms(tmp_path / "moves.json", register_estimate(5, ()))
    seen: list[Exception] = []
    aligning.failed.connect(seen.append)
    aligning.load_transforms(subject, tmp_path / "moves.json")
    aligning.load_transforms(subject, tmp_path / "none.json")
    wait(lambda: len(seen) == 2)
    assert "does not fit this stack" in str(seen[0])
    assert shifts(session) == register_estimate().shifts_px_yx


def test_tables_are_compared_and_used(
    session: Session, aligning: Aligning, tmp_path: Path, wait: Wait
) -> None:
    session.add("thickness")
    session.set_estimate(0, thickness_estimate())
    subject = aligning.subject()
    assert subject is not None
    table = tmp_path / "log.csv"
    table.write_text("slice,z_nm\n" + "".join(f"{k},{12.5 * k}\n" for k in range(12)), encoding="utf-8")
    aligning.compare(subject, table)
    wait(lambda: bool(aligning.tables))
    assert aligning.tables[0].name == "log.csv"
    assert aligning.tables[0].thickness_nm == pytest.approx([12.5] * 11)
    aligning.compare(subject, table)
    aligning.use_table(subject, table)
    wait(lambda: session.recipe.steps[0].estimate != thickness_estimate())
    estimate = session.recipe.steps[0].estimate
    assert isinstance(estimate, ThicknessEstimate)
    assert estimate.z_nm[-1] == pytest.approx(137.5)
    assert len(aligning.tables) == 1, "the same table again takes the place of itself"
    aligning.save_table(aligning.subject() or subject, tmp_path / "own.csv")
    wait(lambda: (tmp_path / "own.csv").exists())
    assert (tmp_path / "own.csv").read_text(encoding="utf-8").startswith("slice,z_nm,thickness_nm")
    session.end()
    assert aligning.tables == ()


def test_a_table_that_leaves_its_unit_open_is_read_with_the_answer(
    session: Session, aligning: Aligning, tmp_path: Path, wait: Wait
) -> None:
    session.add("thickness")
    subject = aligning.subject()
    assert subject is not None
    table = tmp_path / "log.csv"
    table.write_text("slice,z\n" + "".join(f"{k},{0.0125 * k}\n" for k in range(12)), encoding="utf-8")
    asked: list[tuple[AmbiguousInputError, Callable[[object], None]]] = []
    aligning.choice_needed.connect(lambda error, then: asked.append((error, then)))
    aligning.use_table(subject, table)
    wait(lambda: bool(asked))
    assert asked[0][0].option == "unit"
    asked[0][1]("um")
    wait(lambda: session.recipe.steps[0].estimate is not None)
    estimate = session.recipe.steps[0].estimate
    assert isinstance(estimate, ThicknessEstimate)
    assert estimate.thickness_nm[0] == pytest.approx(12.5)
