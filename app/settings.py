"""What the window remembers from one start to the next; the only user of QSettings."""

from __future__ import annotations

import json
from collections.abc import Sequence
from pathlib import Path
from typing import Literal, TypeAlias, get_args

from PySide6.QtCore import QByteArray, QSettings

ThemeChoice: TypeAlias = Literal["system", "dark", "light"]
MOST_RECENT = 12


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
