"""What was exported, where it lies, and what to type into the program that reads it."""

from __future__ import annotations

from pathlib import Path

from PySide6.QtCore import QUrl
from PySide6.QtGui import QDesktopServices, QGuiApplication
from PySide6.QtWidgets import QFrame, QVBoxLayout, QWidget

from app.session import Session
from app.standing import Exported, Standings
from app.theme import Theme
from app.widgets import button, clear, column, frame, label, row, scrolled

MOST_FILES = 4


class ExportsPanel(QWidget):
    """The files of the export steps with their notes, of all channels."""

    def __init__(
        self, session: Session, standings: Standings, theme: Theme, parent: QWidget | None = None
    ) -> None:
        super().__init__(parent)
        self._session = session
        self._standings = standings
        self._theme = theme
        self._cards = QVBoxLayout()
        self._cards.setSpacing(8)
        self._nothing = label("Add an Export step and run the recipe: its files appear here.", "quiet")
        self.setLayout(column(scrolled(column(self._nothing, self._cards, None, margin=12))))
        self._saved: list[Exported] = []
        standings.changed.connect(self.refresh)
        session.inputs_changed.connect(self._forget)
        self.refresh()

    def add(self, report: Exported) -> None:
        """Show files that were saved beside the project; they are listed until another stack is opened."""
        self._saved.insert(0, report)
        self.refresh()

    def _forget(self) -> None:
        self._saved.clear()
        self.refresh()

    def refresh(self) -> None:
        """Show what the project holds now."""
        clear(self._cards)
        exported = () if self._standings.now is None else self._standings.now.exports
        reports = [*self._saved, *exported]
        self._nothing.setVisible(not reports)
        for report in reports:
            self._cards.addWidget(self._card(report))

    def _card(self, report: Exported) -> QFrame:
        first = report.files[0]
        title = label(first.name, "heading", wrap=False)
        show = button("Show in folder", lambda: open_folder(first.parent), icon=self._theme.icon("open"))
        copy = button("Copy path", lambda: QGuiApplication.clipboard().setText(str(first)))
        actions: list[QWidget] = [copy, show]
        if first.suffix == ".html":
            actions.insert(0, button("Open", lambda: open_path(first)))
        parts: list[QWidget] = [label(text, "small") for text in self._more(report)]
        parts += [frame("notice", column(label(note), margin=8)) for note in report.notes]
        return frame("card", column(row(title, None, *actions, gap=8), *parts, gap=6, margin=12))

    def _more(self, report: Exported) -> list[str]:
        rest = len(report.files) - 1
        with_more = f" and {rest} more" if rest else ""
        of = f"{report.channel}  ·  " if report.channel else ""
        return [f"{of}{report.label}  ·  {report.files[0].parent}{with_more}"]


def open_folder(folder: Path) -> None:
    """Show a folder in the desktop's file manager."""
    open_path(folder)


def open_path(path: Path) -> None:
    """Open something with the program that the desktop has for it."""
    QDesktopServices.openUrl(QUrl.fromLocalFile(str(path)))
