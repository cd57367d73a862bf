"""Schedulers that are not there, or are something else, hold nobody up."""

from __future__ import annotations

import socket
import threading
import time
from collections.abc import Iterator

import pytest

from core.errors import Cancelled, ParameterError
from core.execute.cluster import Cluster, asked
from core.job import Job

distributed = pytest.importorskip("distributed")


@pytest.fixture
def mute() -> Iterator[str]:
    """Something that listens and says nothing."""
    with socket.socket() as place:
        place.bind(("127.0.0.1", 0))
        place.listen()
        yield f"tcp://127.0.0.1:{place.getsockname()[1]}"


@pytest.mark.parametrize(
    "address", ["tcp://127.0.0.1:9", "127.0.0.1", "nonsense://here:1", "tls://127.0.0.1:9"]
)
def test_nobody_there(address: str) -> None:
    with pytest.raises(ParameterError, match="no Dask scheduler answers"):
        asked(address, seconds=0.3)


def test_something_else_is_there(mute: str) -> None:
    began = time.monotonic()
    with pytest.raises(ParameterError, match="did not answer"):
        asked(mute, seconds=0.3)
    assert time.monotonic() - began < 3


def test_asking_is_stopped_at_once(mute: str) -> None:
    job = Job()
    timer = threading.Timer(0.2, job.stop.set)
    timer.start()
    began = time.monotonic()
    with pytest.raises(Cancelled):
        asked(mute, job)
    timer.join()
    assert time.monotonic() - began < 1.2


def test_workers_are_counted() -> None:
    with distributed.LocalCluster(
        n_workers=1, threads_per_worker=2, processes=False, dashboard_address=None, protocol="tcp"
    ) as cluster:
        found = asked(cluster.scheduler_address)
    assert (found.workers, found.threads) == (1, 2)
    assert "1 worker with 2 threads" in found.sentence()
    assert "no workers" in Cluster("tcp://a:1", 0, 0, 0).sentence()
