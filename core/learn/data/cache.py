"""Decoded stacks in bounded memory, for several threads."""

from __future__ import annotations

import threading
from collections import OrderedDict
from collections.abc import Sequence

from core.job import Job
from core.learn.data.stacks import Decoded, Facts, Stack, decoded
from core.learn.params.data import AugmentParams


class StackCache:
    """Decodes stacks when they are asked for and keeps those last used.

    Parameters
    ----------
    channels : sequence of str
    augment : AugmentParams
        Doses at which levels of noise-free stacks are looked at.
    limit_bytes : int
        Memory for what is kept; the stack asked for last is kept in any case.
    job : Job
    """

    def __init__(self, channels: Sequence[str], augment: AugmentParams, limit_bytes: int, job: Job) -> None:
        self._channels, self._augment = tuple(channels), augment
        self._limit_bytes, self._job = limit_bytes, Job(stop=job.stop)  # only stacks count as progress
        self._kept: OrderedDict[Stack, Decoded] = OrderedDict()
        self._facts: dict[Stack, Facts] = {}
        self._lock = threading.Lock()

    def get(self, stack: Stack) -> Decoded:
        """Decoded voxels of a stack.

        Raises
        ------
        TruesliceError, Cancelled
            As `decoded`.
        """
        with self._lock:
            found = self._kept.get(stack)
            if found is None:
                self._make_room(stack.nbytes(len(self._channels)))
                found = self._kept[stack] = decoded(stack, self._channels, self._augment, self._job)
                self._facts[stack] = found.facts
            self._kept.move_to_end(stack)
            return found

    def facts(self, stack: Stack) -> Facts:
        """What was found in a stack; kept when its voxels are not."""
        return self._facts[stack] if stack in self._facts else self.get(stack).facts

    @property
    def nbytes(self) -> int:
        """Memory of all that is kept."""
        with self._lock:
            return sum(one.nbytes for one in self._kept.values())

    def _make_room(self, wanted: int) -> None:
        held = sum(one.nbytes for one in self._kept.values())
        while self._kept and held + wanted > self._limit_bytes:
            held -= self._kept.popitem(last=False)[1].nbytes
