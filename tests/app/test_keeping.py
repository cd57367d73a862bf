"""The recipe is on disk before anything else is opened."""

from __future__ import annotations

from pathlib import Path

from pytestqt.qtbot import QtBot

from app.jobs import JobQueue
from app.keeping import Keeper
from app.places import draft_file
from app.running import Runner
from app.session import Opened, Session
from core.io import open_stack
from core.recipe import Recipe
from tests.app.conftest import made_stack


def test_a_change_just_before_another_stack_is_opened_is_kept(
    qtbot: QtBot, session: Session, opened: Opened, tmp_path: Path
) -> None:
    other = made_stack(tmp_path / "other" / "stack", seed=2)
    queue = JobQueue(1, name="test", parent=session)
    keeper = Keeper(session, Runner(session, queue, session), queue, session)
    session.add("normalise")
    changed = session.recipe
    spec = opened.spec.model_copy(update={"paths": (other,)})
    session.begin({"": Opened(spec, open_stack(other))}, Recipe())
    draft = draft_file(opened.spec.paths)
    qtbot.waitUntil(draft.is_file, timeout=5000)
    assert Recipe.load(draft) == changed
    keeper.flush()
    assert not draft_file((other,)).exists(), "nothing was changed there"
    queue.close()


def test_a_change_just_before_a_channel_is_added_is_kept(
    qtbot: QtBot, session: Session, opened: Opened
) -> None:
    queue = JobQueue(1, name="test", parent=session)
    Keeper(session, Runner(session, queue, session), queue, session)
    session.add("normalise")
    session.reread({"": opened, "other": opened})
    draft = draft_file(opened.spec.paths)
    qtbot.waitUntil(draft.is_file, timeout=5000)
    assert Recipe.load(draft) == session.recipe
    queue.close()
