from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import cast

import numpy as np
import pytest

from app.comparing import Comparing
from app.jobs import JobQueue
from app.pairing import Pinned
from app.session import Opened, Session
from app.shelf import Side
from app.standing import Standings
from core.volume import Volume, volume_of
from tests.app.leftovers import flush_deletions
from tests.app.test_showing import FakeStandings

Wait = Callable[[Callable[[], bool]], None]
VOXELS = np.arange(2 * 6 * 7, dtype=np.uint8).reshape(2, 6, 7)


class Scene:
    """Two channels that are open, and what the comparison wants to have shown."""

    def __init__(self, session: Session) -> None:
        self.session = session
        self.queue = JobQueue(1)
        standings = cast("Standings", FakeStandings())
        self.comparing = Comparing(session, standings, self.queue, pause_ms=0)
        self.shown: list[Pinned | None] = []
        self.comparing.pinned.connect(self.shown.append)

    def open(self, **volumes: Volume) -> None:
        spec = next(iter(self.session.inputs.values())).spec
        inputs = {name: Opened(spec, volume) for name, volume in volumes.items()}
        self.session.begin(inputs, self.session.recipe)


@pytest.fixture
def scene(session: Session, wait: Wait) -> Iterator[Scene]:
    made = Scene(session)
    made.open(a=volume_of(VOXELS, channel="a"), b=volume_of(VOXELS // 2, channel="b"))
    yield made
    made.comparing.stop()
    wait(lambda: not made.queue.active)
    made.queue.close()
    made.comparing.deleteLater()
    made.queue.deleteLater()
    flush_deletions()


def test_channels_are_laid_over_each_other_until_that_ends(scene: Scene, wait: Wait) -> None:
    comparing = scene.comparing
    comparing.overlay(True)
    wait(lambda: not comparing.waiting)
    found = scene.shown[-1]
    assert found is not None
    assert [name for name, _ in found.channels] == ["a", "b"]
    comparing.refresh()
    wait(lambda: not comparing.waiting)
    assert len(scene.shown) == 1, "the same voxels are not shown anew"
    comparing.show_channel("b")
    wait(lambda: not comparing.waiting)
    found = scene.shown[-1]
    assert found is not None
    assert [name for name, _ in found.channels] == ["b", "a"]
    comparing.toggle_channel("a")
    assert comparing.channels == ("a", "b"), "one channel is no overlay"
    comparing.compare(True)
    wait(lambda: not comparing.waiting)
    assert not comparing.over
    comparing.choose(Side("a", 0), Side("b", 0))
    wait(lambda: not comparing.waiting)
    found = scene.shown[-1]
    assert found is not None
    assert found.names == ("a Input", "b Input")
    comparing.swap()
    wait(lambda: not comparing.waiting)
    assert (comparing.left, comparing.right) == (Side("b", 0), Side("a", 0))
    comparing.compare(False)
    assert scene.shown[-1] is None


def test_what_cannot_be_laid_over_each_other_is_said(scene: Scene, wait: Wait) -> None:
    scene.open(a=volume_of(VOXELS, channel="a"), b=volume_of(VOXELS[:, 1:], channel="b"))
    scene.comparing.overlay(True)
    wait(lambda: not scene.comparing.waiting)
    assert "cannot be laid over each other" in scene.comparing.trouble
    assert scene.shown == []


def test_another_stack_ends_the_comparison(scene: Scene, wait: Wait) -> None:
    scene.comparing.overlay(True)
    wait(lambda: not scene.comparing.waiting)
    scene.open(c=volume_of(VOXELS, channel="c"))
    assert scene.shown[-1] is None
    assert not scene.comparing.active
    assert scene.comparing.parts() == ()
    scene.comparing.overlay(True)
    assert not scene.comparing.over, "a single channel has nothing to be laid over"
