"""What is said of the machine once is kept to wherever work is cut to fit."""

from __future__ import annotations

import os
from collections.abc import Iterator

import pytest

from core import machine
from core.align.feed import threads_of
from core.errors import ParameterError
from core.execute.pools import open_pool
from core.execute.preflight import memory_budget
from core.models import providers
from core.models.tiles import MOST_PX, most_px
from core.step import Room


@pytest.fixture(autouse=True)
def forgotten() -> Iterator[None]:
    """Nothing is said before and after."""
    machine.say_nothing()
    yield
    machine.say_nothing()


def test_saying_nothing_goes_back_to_the_environment(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv(machine.THREADS, "3")
    machine.say(machine.THREADS, "")
    assert machine.threads() == 3
    machine.say(machine.THREADS, "1")
    machine.say(machine.THREADS, "2")
    assert (machine.threads(), os.environ[machine.THREADS]) == (2, "2")
    machine.say(machine.THREADS, "")
    assert machine.threads() == 3
    monkeypatch.delenv(machine.THREADS)
    assert machine.threads() == os.cpu_count()


def test_memory_is_kept_to() -> None:
    free, tile = memory_budget(None), most_px(1024)
    machine.say(machine.MEMORY, "64")
    assert memory_budget(None) == 64 << 20 < free
    assert memory_budget(512) == 512 << 20, "what is stated for a run goes first"
    assert most_px(1024) == (64 << 20) // 1024 < tile <= MOST_PX
    machine.say(machine.MEMORY, str(1 << 40))
    assert memory_budget(None) == pytest.approx(free, rel=0.2), "more than there is cannot be taken"


def test_threads_are_kept_to() -> None:
    machine.say(machine.THREADS, "1")
    with open_pool(None, None) as pool:
        assert pool.workers == 1
    with open_pool(None, 3) as pool:
        assert pool.workers == 3
    assert threads_of(None) == 1
    assert threads_of(Room(threads=5)) == 5


def test_the_device_decides_where_a_step_leaves_it_open() -> None:
    assert providers.effective("auto") == "auto"
    machine.say(machine.DEVICE, "cpu")
    assert providers.effective("auto") == "cpu"
    assert providers.accelerators(providers.effective("auto")) == ()
    machine.say(machine.DEVICE, "gpu")
    assert (providers.effective("auto"), providers.effective("cpu")) == ("gpu", "cpu")


@pytest.mark.parametrize(
    ("variable", "value", "read"),
    [
        (machine.THREADS, "many", machine.threads),
        (machine.MEMORY, "-1", machine.free_bytes),
        (machine.DEVICE, "tpu", machine.device),
    ],
)
def test_nonsense_in_the_environment_is_refused(variable, value, read, monkeypatch) -> None:
    monkeypatch.setenv(variable, value)
    with pytest.raises(ParameterError, match=variable):
        read()
