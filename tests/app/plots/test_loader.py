"""Planes arrive from threads, newest wishes only, within the memory that is allowed."""

from __future__ import annotations

import threading
from collections.abc import Callable, Iterator

import numpy as np
import pytest
from pytestqt.qtbot import QtBot

from app.geometry import X, Y, Z
from app.plots import loader as loader_module
from app.plots.loader import PlaneCache, PlaneLoader
from app.plots.planes import Level, Plane
from app.workers import WorkerPool
from tests.app.plots.sources import WatchedSource, watched

pytestmark = pytest.mark.gui


class Shown:
    """What a loader has given."""

    def __init__(self) -> None:
        self.planes: list[Plane] = []
        self.errors: list[tuple[int, Exception]] = []

    def last(self, axis: int) -> Plane | None:
        found = [plane for plane in self.planes if plane.axis == axis]
        return found[-1] if found else None

    def exact(self, axis: int, index: int) -> bool:
        plane = self.last(axis)
        return plane is not None and plane.index == index and plane.exact


@pytest.fixture
def make(qtbot: QtBot) -> Iterator[Callable[..., tuple[PlaneLoader, Shown]]]:
    pool = WorkerPool(1)

    def build(source: WatchedSource, **settings: int) -> tuple[PlaneLoader, Shown]:
        shown = Shown()
        made = PlaneLoader(
            watched(source),
            pool,
            show=shown.planes.append,
            fail=lambda axis, error: shown.errors.append((axis, error)),
            **settings,
        )
        return made, shown

    yield build
    assert pool.shutdown()


def test_slices_are_exact_and_read_on_another_thread(make: Callable, qtbot: QtBot) -> None:
    source = WatchedSource()
    loader, shown = make(source)
    loader.want(Z, 5)
    qtbot.waitUntil(lambda: shown.exact(Z, 5))
    plane = shown.last(Z)
    assert plane is not None
    assert plane.value_at(3, 4) == 12
    assert source.threads == source.threads - {threading.get_ident()}
    assert source.reads == [(5, 6)], "one slice is read to show one slice"


def test_stale_answers_are_not_shown(make: Callable, qtbot: QtBot) -> None:
    source = WatchedSource(gate=threading.Event())
    loader, shown = make(source)
    for index in (1, 2, 3, 4):
        loader.want(Z, index)
    source.gate.set()
    qtbot.waitUntil(lambda: shown.exact(Z, 4))
    assert [plane.index for plane in shown.planes] == [4]
    assert len(source.reads) <= 2, "wishes that were taken back are not read"


def test_cuts_across_a_small_stack_become_exact(make: Callable, qtbot: QtBot) -> None:
    loader, shown = make(WatchedSource())
    for axis, index in ((Z, 0), (Y, 7), (X, 9)):
        loader.want(axis, index)
    loader.rest()
    qtbot.waitUntil(lambda: shown.exact(Y, 7) and shown.exact(X, 9))
    xz, yz = shown.last(Y), shown.last(X)
    assert xz is not None
    assert yz is not None
    assert xz.value_at(11, 3) == 11 + 7 + 3
    assert yz.value_at(3, 11) == 3 + 11 + 9
    assert loader.overview.complete
    assert loader.remarks(Y) == ()


def test_large_stacks_show_an_overview_first_then_the_cut_itself(make: Callable, qtbot: QtBot) -> None:
    source = WatchedSource(shape=(40, 60, 80))
    loader, shown = make(source, overview_bytes=5000)
    assert not loader.overview.full_resolution
    loader.want(Y, 20)
    loader.rest()
    qtbot.waitUntil(lambda: shown.exact(Y, 20))
    qtbot.waitUntil(lambda: loader.overview.complete)
    first, last = shown.planes[0], shown.last(Y)
    assert last is not None
    assert last.value_at(10, 10) == 40
    loader.want(X, 33)
    qtbot.waitUntil(lambda: shown.last(X) is not None)
    coarse = shown.last(X)
    assert coarse is not None
    assert not coarse.exact
    assert coarse.value_at(0, 0) is None
    assert "overview" in loader.remarks(X)[0]
    assert first.axis == Y


def test_cuts_that_would_take_too_long_stay_an_overview_and_say_so(
    make: Callable, qtbot: QtBot, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(loader_module, "CUT_LIMIT_S", 0.0)
    loader, shown = make(WatchedSource(shape=(40, 60, 80)), overview_bytes=5000)
    loader.want(Y, 20)
    loader.rest()
    qtbot.waitUntil(lambda: loader.too_slow is not None and shown.last(Y) is not None)
    qtbot.waitUntil(lambda: loader.overview.complete)
    plane = shown.last(Y)
    assert plane is not None
    assert not plane.exact
    assert "would take" in loader.remarks(Y)[0]


def test_neighbours_are_read_ahead(make: Callable, qtbot: QtBot) -> None:
    loader, shown = make(WatchedSource())
    loader.want(Z, 5)
    qtbot.waitUntil(lambda: shown.exact(Z, 5))
    loader.rest(ahead=1)
    qtbot.waitUntil(lambda: all(loader.cache.get(Z, index) is not None for index in (4, 6, 7)))
    count = len(shown.planes)
    loader.want(Z, 6)
    assert len(shown.planes) == count + 1, "shown at once, without waiting"
    assert shown.exact(Z, 6)


def test_a_slice_that_cannot_be_read_is_said_and_the_others_still_come(make: Callable, qtbot: QtBot) -> None:
    loader, shown = make(WatchedSource(bad=frozenset({3})))
    loader.want(Z, 3)
    qtbot.waitUntil(lambda: bool(shown.errors))
    assert shown.errors[0][0] == Z
    assert "damaged" in str(shown.errors[0][1])
    loader.want(Z, 4)
    loader.want(Y, 0)
    loader.rest()
    qtbot.waitUntil(lambda: shown.exact(Z, 4))
    qtbot.waitUntil(lambda: loader.overview.fraction > 0.9)
    assert not loader.overview.complete


def test_a_closed_loader_is_silent(make: Callable, qtbot: QtBot) -> None:
    source = WatchedSource(gate=threading.Event())
    loader, shown = make(source)
    loader.want(Z, 1)
    loader.close()
    source.gate.set()
    qtbot.wait(50)
    assert shown.planes == []


def plane_of(index: int, nbytes: int) -> Plane:
    return Plane(Z, index, (Level(np.zeros((1, nbytes), np.uint8), (1, 1)),), exact=True)


def test_the_cache_keeps_to_its_bytes_and_drops_what_was_used_longest_ago() -> None:
    cache = PlaneCache(100)
    for index in range(3):
        cache.put(plane_of(index, 40))
    assert cache.nbytes == 80
    assert cache.get(Z, 0) is None
    assert cache.get(Z, 1) is not None
    cache.put(plane_of(5, 40))
    assert cache.get(Z, 2) is None
    assert cache.get(Z, 1) is not None


def test_one_huge_plane_is_kept_alone() -> None:
    cache = PlaneCache(100)
    cache.put(plane_of(0, 40))
    cache.put(plane_of(1, 500))
    assert cache.get(Z, 1) is not None
    assert cache.get(Z, 0) is None
    cache.put(plane_of(1, 20))
    assert cache.nbytes == 20
