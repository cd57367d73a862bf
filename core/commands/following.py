"""What a program that watches a command is told: JSON line by line; the command stops when nobody listens."""

from __future__ import annotations

import contextlib
import json
import os
import sys
import threading
import time
from collections.abc import Mapping
from typing import Any

from core.job import Job, Progress

_PAUSE_S = 0.2
_LOWERED = 2


class Follower:
    """Progress on standard error as JSON; whoever closes standard input asks to stop.

    A pipe closes with the program at its other end, however that ended, on every system: nothing is left
    running. What is computed gives way to the program that watches.
    """

    def __init__(self, job: Job) -> None:
        self.job = Job(self._report, job.stop)
        self._lock = threading.Lock()
        self._message, self._told = "", 0.0
        with contextlib.suppress(OSError, AttributeError):  # not on every system
            os.nice(_LOWERED)
        threading.Thread(target=self._listen, name="listen", daemon=True).start()

    def tell(self, facts: Mapping[str, Any]) -> None:
        """Write one line."""
        with self._lock, contextlib.suppress(OSError):  # who listened is gone; the stop is on its way
            sys.stderr.write(json.dumps(facts) + "\n")
            sys.stderr.flush()

    def _report(self, progress: Progress) -> None:
        now = time.monotonic()
        if progress.message == self._message and now - self._told < _PAUSE_S:
            return
        self._message, self._told = progress.message, now
        share = progress.fraction if progress.total > 0 else None
        self.tell({"progress": share, "message": progress.message})

    def _listen(self) -> None:
        # Not sys.stdin: a thread that waits in it holds its lock, and the interpreter could not end.
        try:
            while os.read(0, 1024):
                pass
        except OSError:  # there is no standard input: nobody can ask
            return
        self.job.stop.set()
