"""What a test of the window must not leave behind: widgets, threads, running timers."""

from __future__ import annotations

import gc
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager

from PySide6.QtCore import QCoreApplication, QEvent, QTimer
from PySide6.QtWidgets import QApplication, QWidget

# Threads that libraries keep for the life of the process.
OF_LIBRARIES = ("zarr_io", "asyncio", "pydevd", "ThreadPoolExecutor")
PATIENCE_S = 5.0


def flush_deletions() -> None:
    """Carry out what was marked for deletion, without running other events."""
    for _ in range(3):
        QCoreApplication.sendPostedEvents(None, QEvent.Type.DeferredDelete.value)


def own_threads() -> set[threading.Thread]:
    """Threads of the program that are alive."""
    return {
        thread
        for thread in threading.enumerate()
        if thread is not threading.main_thread() and not thread.name.startswith(OF_LIBRARIES)
    }


def widgets() -> set[QWidget]:
    """Windows there are, shown or not."""
    return set(QApplication.topLevelWidgets())


def running_timers() -> set[int]:
    """Identities of the timers that run."""
    # Not isinstance: a proxy of something that is gone (numba keeps some) cannot tell its class.
    return {id(found) for found in gc.get_objects() if issubclass(type(found), QTimer) and _runs(found)}


def _runs(timer: QTimer) -> bool:
    try:
        return timer.isActive()
    except RuntimeError:  # the timer itself is gone, only its Python shell is left
        return False


@contextmanager
def nothing_left() -> Iterator[None]:
    """Fail if the body leaves widgets, threads or running timers behind."""
    before = (widgets(), own_threads(), running_timers())
    yield
    flush_deletions()
    gc.collect()  # what hangs together in a circle is not left behind, it only waits for the collector
    flush_deletions()
    until = time.monotonic() + PATIENCE_S
    while own_threads() - before[1] and time.monotonic() < until:
        time.sleep(0.01)
    left = {
        "widgets": [repr(widget) for widget in widgets() - before[0]],
        "threads": [thread.name for thread in own_threads() - before[1]],
        "timers": len(running_timers() - before[2]),
    }
    assert not any(left.values()), f"left behind: {left}"
