"""What the window remembers from one start to the next; the only user of QSettings."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Literal, TypeAlias, get_args

from PySide6.QtCore import QByteArray, QSettings

from app import places
from core import machine
from core.machine import Device

_MIB_PER_GB = 1e9 / (1 << 20)

ThemeChoice: TypeAlias = Literal["system", "dark", "light"]
FolderKind: TypeAlias = Literal["projects", "models", "simulations"]
MOST_RECENT = 12
SCALES = (100, 125, 150, 175, 200)
"""Percent of the usual size of text and controls."""
MOST_THREADS, MOST_MEMORY_GB = 1024, 65536.0
CHOICES = ("theme", "scale", "device", "threads", "memory_gb", "scheduler", "folders")
"""What the Settings page chooses; the rest is remembered by itself."""


class Settings:
    """Typed access to the stored settings.

    Parameters
    ----------
    file : Path, optional
        An INI file to use instead of the user's own settings.
    """

    def __init__(self, file: Path | None = None) -> None:
        if file is None:
            self._store = QSettings(
                QSettings.Format.IniFormat, QSettings.Scope.UserScope, "Trueslice", "trueslice"
            )
        else:
            self._store = QSettings(str(file), QSettings.Format.IniFormat)

    @property
    def theme(self) -> ThemeChoice:
        """Colours of the window."""
        stored = str(self._store.value("theme", "system"))
        for choice in get_args(ThemeChoice):
            if stored == choice:
                return choice  # type: ignore[no-any-return]
        return "system"

    @theme.setter
    def theme(self, choice: ThemeChoice) -> None:
        self._store.setValue("theme", choice)

    @property
    def scale(self) -> int:
        """Size of text and controls in percent, from the next start on."""
        stored = _whole(self._store.value("scale"), 100)
        return min(SCALES, key=lambda scale: abs(scale - stored))

    @scale.setter
    def scale(self, percent: int) -> None:
        self._store.setValue("scale", percent)

    @property
    def device(self) -> Device:
        """What networks compute on."""
        stored = str(self._store.value("device", "auto"))
        return next((known for known in get_args(Device) if stored == known), "auto")

    @device.setter
    def device(self, choice: Device) -> None:
        self._store.setValue("device", choice)

    @property
    def threads(self) -> int | None:
        """Threads that compute at once; None for one per processor."""
        stored = _whole(self._store.value("threads"), 0)
        return stored if 0 < stored <= MOST_THREADS else None

    @threads.setter
    def threads(self, count: int | None) -> None:
        self._store.setValue("threads", count or 0)

    @property
    def memory_gb(self) -> float | None:
        """Memory that the work may take, in GB; None for most of what is free."""
        try:
            stored = float(str(self._store.value("memory_gb", 0)))
        except ValueError:
            return None
        return stored if 0 < stored <= MOST_MEMORY_GB else None

    @memory_gb.setter
    def memory_gb(self, size: float | None) -> None:
        self._store.setValue("memory_gb", size or 0)

    @property
    def scheduler(self) -> str:
        """Where runs compute: empty for threads here, ``local``, or the address of a Dask scheduler."""
        return str(self._store.value("scheduler", "") or "")

    @scheduler.setter
    def scheduler(self, address: str) -> None:
        self._store.setValue("scheduler", address)

    def folder(self, kind: FolderKind) -> Path | None:
        """Where projects, models or simulations go; None for the usual place."""
        stored = str(self._store.value(f"folders/{kind}", "") or "")
        return Path(stored) if stored and Path(stored).is_absolute() else None

    def set_folder(self, kind: FolderKind, folder: Path | None) -> None:
        """Choose where something goes; None for the usual place."""
        self._store.setValue(f"folders/{kind}", "" if folder is None else str(folder))

    def forget_choices(self) -> None:
        """Go back to the defaults of everything on the Settings page."""
        for name in CHOICES:
            self._store.remove(name)

    def take_effect(self) -> None:
        """Have the program keep to what is chosen: device, threads, memory and folders."""
        memory = self.memory_gb
        machine.say(machine.DEVICE, "" if self.device == "auto" else self.device)
        machine.say(machine.THREADS, str(self.threads or ""))
        machine.say(machine.MEMORY, "" if memory is None else str(max(1, round(memory * _MIB_PER_GB))))
        models = self.folder("models")
        machine.say(machine.MODELS, "" if models is None else str(models))
        places.choose("projects", self.folder("projects"))
        places.choose("simulations", self.folder("simulations"))

    @property
    def tour_seen(self) -> bool:
        """Whether the tour was taken or declined: it is offered once."""
        return str(self._store.value("tour_seen", "")) == "1"

    @tour_seen.setter
    def tour_seen(self, seen: bool) -> None:
        self._store.setValue("tour_seen", "1" if seen else "")

    @property
    def last_folder(self) -> Path:
        """Where the last file dialog was."""
        folder = Path(str(self._store.value("last_folder", Path.home())))
        return folder if folder.is_dir() else Path.home()

    @last_folder.setter
    def last_folder(self, folder: Path) -> None:
        self._store.setValue("last_folder", str(folder))

    def recent(self) -> tuple[tuple[Path, ...], ...]:
        """What was opened last, newest first; each entry is what one drop brought."""
        try:
            entries = json.loads(str(self._store.value("recent", "[]")))
            return tuple(tuple(Path(path) for path in entry) for entry in entries)
        except (ValueError, TypeError):
            return ()  # written by hand or by another version: the list starts anew

    def add_recent(self, paths: Sequence[Path]) -> None:
        """Put `paths` first."""
        entry = tuple(path.absolute() for path in paths)
        entries = [entry, *(other for other in self.recent() if other != entry)][:MOST_RECENT]
        self._store.setValue("recent", json.dumps([[str(path) for path in paths] for paths in entries]))

    def speeds(self) -> dict[str, float]:
        """Seconds per voxel of each kind of step, as the last runs on this computer took."""
        try:
            stored = json.loads(str(self._store.value("speeds", "{}")))
            return {str(name): float(speed) for name, speed in stored.items() if float(speed) > 0}
        except (ValueError, TypeError, AttributeError):
            return {}  # written by hand or by another version: they are measured again

    def remember_speeds(self, speeds: Mapping[str, float]) -> None:
        """Remember how fast steps went."""
        if speeds:
            self._store.setValue("speeds", json.dumps({**self.speeds(), **speeds}))

    def training_sets(self) -> tuple[Path, ...]:
        """Simulated training sets that were made or used last, newest first."""
        try:
            return tuple(Path(path) for path in json.loads(str(self._store.value("training_sets", "[]"))))
        except (ValueError, TypeError):
            return ()  # written by hand or by another version: the list starts anew

    def add_training_set(self, folder: Path) -> None:
        """Put a training set first."""
        mine = folder.absolute()
        entries = [mine, *(other for other in self.training_sets() if other != mine)][:MOST_RECENT]
        self._store.setValue("training_sets", json.dumps([str(path) for path in entries]))

    def window(self) -> tuple[QByteArray, QByteArray] | None:
        """Place of the window and of its docks; None before the first close."""
        geometry, docks = self._store.value("window/geometry"), self._store.value("window/docks")
        if isinstance(geometry, QByteArray) and isinstance(docks, QByteArray):
            return geometry, docks
        return None

    def set_window(self, geometry: QByteArray, docks: QByteArray) -> None:
        """Remember the place of the window and of its docks."""
        self._store.setValue("window/geometry", geometry)
        self._store.setValue("window/docks", docks)

    def forget_window(self) -> None:
        """Let the next start use the default layout."""
        self._store.remove("window")

    def save(self) -> None:
        """Write to disk now."""
        self._store.sync()


def _whole(value: object, otherwise: int) -> int:
    """A stored whole number; files are written by hand, too."""
    try:
        return int(str(value))
    except ValueError:
        return otherwise
