"""Brings colours onto the surface: reduces them like the stack itself, in the background."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

import numpy as np

from app.canvas.reduce import Reduction, reduced
from app.canvas.screen import Screen
from app.tint import ENTRIES, Tint
from app.workers import Ticket, WorkerPool
from core.job import Job, Outcome
from core.volume import Array, Volume

if TYPE_CHECKING:
    from app.canvas.renderer import Renderer

NO_COLOURS = np.zeros((ENTRIES, 3), np.uint8)


class Tints:
    """The colours that are wanted, and those that are there."""

    def __init__(self, pool: WorkerPool) -> None:
        self._pool = pool
        self._wanted: Tint | None = None
        self._ticket: Ticket | None = None

    @property
    def reading(self) -> bool:
        """Whether colours are still to come."""
        return self._ticket is not None

    def wish(self, tint: Tint | None) -> None:
        """Say what is wanted from now on."""
        self._wanted = tint

    def fits(self, volume: Volume) -> bool:
        """Whether there is something to colour this stack with."""
        return self._wanted is not None and self._wanted.volume.info.shape == volume.info.shape

    def drop(self, screen: Screen) -> None:
        """Want no answer any more; the colours come back with the next stack they fit."""
        if self._ticket is not None:
            self._ticket.cancel()
            self._ticket = None
        screen.set_legend(None)

    def show(self, renderer: Renderer, screen: Screen, how: Reduction | None) -> None:
        """Reduce the colours as the stack was, and put them onto the surface; None takes them away."""
        self.drop(screen)
        tint = self._wanted
        if tint is None or how is None:
            renderer.set_tint(None, NO_COLOURS)
            return
        # The greatest entry of a block: a mean would be a colour that no voxel of it has.
        volume = replace(tint.volume, info=tint.volume.info.with_(content="grey"))
        greatest = replace(how, kind="max")

        def work(job: Job) -> Array:
            return reduced(volume, greatest, job)

        def done(outcome: Outcome[Array]) -> None:
            self._ticket = None
            if outcome.value is not None:
                renderer.set_tint(outcome.value, tint.legend.table)
                screen.set_legend(tint.legend)

        self._ticket = self._pool.submit(work, done)
