"""Further channels whose colours are added to those of the one that is shown."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from functools import partial

import numpy as np

from app.differences import Place
from app.geometry import X, Y, Z
from app.plots.colour import Contrast, auto_contrast, ramp
from app.plots.loader import PlaneLoader
from app.plots.panes import LinkedPanes
from app.plots.pictures import CHANNELS, Look
from app.plots.planes import Plane
from app.tint import ENTRIES, Legend
from app.workers import WorkerPool
from core.errors import ParameterError
from core.volume import Volume

CACHE_BYTES = 96 << 20
Key = tuple[object, ...]


@dataclass(frozen=True, eq=False)
class Coloured:
    """One channel of an overlay.

    Attributes
    ----------
    name : str
        Of the channel.
    volume : Volume
        Its slices.
    colour : str
        One of `app.plots.colour.CHANNEL_MAPS`.
    """

    name: str
    volume: Volume
    colour: str


def coloured_alike(channels: Sequence[tuple[str, Volume]]) -> tuple[Coloured, ...]:
    """Give each channel a colour that goes by its name, so that it keeps it when another one is the first."""
    colours = ("Magenta", "Green") if len(channels) == 2 else ("Red", "Green", "Blue")
    order = sorted(name for name, _ in channels)
    most = len(CHANNELS) + 1
    return tuple(
        Coloured(name, volume, colours[order.index(name) % most]) for name, volume in channels[:most]
    )


class Contrasts:
    """The contrast that each channel was last looked at with."""

    def __init__(self) -> None:
        self._known: dict[Key, Contrast] = {}

    def keep(self, volume: Volume, contrast: Contrast) -> None:
        """Remember one."""
        self._known[_key(volume)] = contrast

    def of(self, volume: Volume) -> Contrast | None:
        """The one of a channel; None if it was not looked at yet."""
        return self._known.get(_key(volume))


def _key(volume: Volume) -> Key:
    info = volume.info
    return info.channel, info.shape, info.dtype, info.content


class ChannelLayers:
    """Keeps the layers `CHANNELS` of all cuts."""

    def __init__(
        self,
        panes: LinkedPanes,
        pool: WorkerPool,
        changed: Callable[[int], None],
        failed: Callable[[int, Exception], None],
        contrasts: Contrasts,
    ) -> None:
        self._panes, self._pool = panes, pool
        self._changed, self._failed = changed, failed
        self._contrasts = contrasts
        self._loaders: dict[str, PlaneLoader] = {}
        self._looks: dict[str, Look] = {}
        self.shown: tuple[Coloured, ...] = ()

    @property
    def colour(self) -> str | None:
        """Colour of the first channel, in the layer of the stack; None while there is no overlay."""
        return self.shown[0].colour if self.shown else None

    def set_channels(self, shown: Sequence[Coloured], base: Volume | None) -> None:
        """Show these; the first one is the stack itself. None ends the overlay.

        Raises
        ------
        ParameterError
            If one has another shape.
        """
        for each in shown[1:]:
            if base is not None and each.volume.info.shape != base.info.shape:
                raise ParameterError(
                    f"{each.name} cannot be laid over {shown[0].name}",
                    expected=base.info.shape,
                    got=each.volume.info.shape,
                    remedy="register the channels first",
                )
        self.close()
        self.shown = tuple(shown[: len(CHANNELS) + 1]) if base is not None else ()
        for role, each in zip(CHANNELS, self.shown[1:], strict=False):
            known = self._contrasts.of(each.volume)
            self._looks[role] = Look(known or Contrast(0.0, 255.0), each.colour, each.volume.info.content)
            self._loaders[role] = PlaneLoader(
                each.volume,
                self._pool,
                show=partial(self._show, role),
                fail=self._failed,
                cache_bytes=CACHE_BYTES,
            )

    def close(self) -> None:
        """Show none."""
        for role, loader in self._loaders.items():
            loader.close()
            for pane in self._panes.all():
                pane.set_plane(role, None)
        self._loaders.clear()
        self._looks.clear()
        self.shown = ()

    def go(self, cursor: Place) -> None:
        """Ask for what the cursor points at."""
        for loader in self._loaders.values():
            for axis in (Z, Y, X):
                loader.want(axis, cursor[axis])

    def rest(self, ahead: int) -> None:
        """The cursor rests; see `PlaneLoader.rest`."""
        for loader in self._loaders.values():
            loader.rest(ahead)

    def fit(self) -> None:
        """Fit the contrast of each to the slice that is shown."""
        for role in self._loaders:
            plane = self._panes[Z].plane(role)
            if plane is not None:
                self._fit(role, plane)

    def _fit(self, role: str, plane: Plane) -> None:
        volume = self._loaders[role].volume
        self._looks[role].contrast = auto_contrast(plane.levels[-1].data, volume.info.content)
        self._contrasts.keep(volume, self._looks[role].contrast)
        for pane in self._panes.all():
            pane.set_look(role, self._looks[role])

    def _show(self, role: str, plane: Plane) -> None:
        if plane.axis == Z and self._contrasts.of(self._loaders[role].volume) is None:
            self._fit(role, plane)
        pane = self._panes[plane.axis]
        pane.set_look(role, self._looks[role])
        pane.set_plane(role, plane)
        self._changed(plane.axis)

    def values(self, axis: int, zyx: Place) -> list[tuple[str, float | int | None]]:
        """Name and stored value of each further channel at a voxel."""
        pane = self._panes[axis]
        names = (each.name for each in self.shown[1:])
        return [(name, pane.value_at(role, zyx)) for name, role in zip(names, CHANNELS, strict=False)]

    def legend(self) -> Legend | None:
        """Which colour is which channel."""
        if not self.shown:
            return None
        table = np.zeros((ENTRIES, 3), np.uint8)
        for number, each in enumerate(self.shown, start=1):
            table[number] = ramp(each.colour)[-1]
        names = tuple((each.name, number) for number, each in enumerate(self.shown, start=1))
        return Legend("Channels", 0.0, 0.0, table, names)
