"""Threads share a few heaps."""

from __future__ import annotations

import subprocess
import sys

import pytest

SCRIPT = """
import ctypes, threading
from app.arenas import share_heaps
assert share_heaps()
held, go = [], threading.Barrier(25)

def work():
    held.append(bytearray(100_000))
    go.wait()

threads = [threading.Thread(target=work) for _ in range(24)]
for thread in threads:
    thread.start()
ctypes.CDLL(None).malloc_stats()
go.wait()
"""


@pytest.mark.skipif(sys.platform != "linux", reason="only there each thread gets a heap")
def test_many_threads_make_few_heaps() -> None:
    done = subprocess.run([sys.executable, "-c", SCRIPT], check=True, capture_output=True, text=True)
    assert 1 <= done.stderr.count("Arena") <= 4


@pytest.mark.skipif(sys.platform != "linux", reason="only there each thread gets a heap")
def test_what_the_user_has_set_stays(monkeypatch: pytest.MonkeyPatch) -> None:
    from app.arenas import VARIABLE, share_heaps

    monkeypatch.setenv(VARIABLE, "2")
    assert not share_heaps()
