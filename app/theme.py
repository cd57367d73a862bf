"""Dark and light: one set of named colours, from which palette, style sheet and icons are made."""

from __future__ import annotations

from dataclasses import asdict, dataclass
from functools import cache
from string import Template

from PySide6.QtCore import QByteArray, QObject, QRectF, QSize, Qt, Signal
from PySide6.QtGui import QColor, QIcon, QPainter, QPalette, QPixmap
from PySide6.QtSvg import QSvgRenderer
from PySide6.QtWidgets import QApplication

import resources
from app.settings import Settings, ThemeChoice

ICON_SIZES_PX = (16, 24, 32, 48)


@dataclass(frozen=True)
class Colours:
    """What each colour is for; all are ``#rrggbb``."""

    name: str
    ground: str
    panel: str
    raised: str
    field: str
    hover: str
    line: str
    text: str
    quiet: str
    faint: str
    accent: str
    accent_hover: str
    on_accent: str
    selected: str
    good: str
    warn: str
    bad: str


DARK = Colours(
    name="dark",
    ground="#12161b",
    panel="#1a2027",
    raised="#232a33",
    field="#12171d",
    hover="#2b343f",
    line="#2e3743",
    text="#e4e9ef",
    quiet="#9ba7b5",
    faint="#64707f",
    accent="#2e78bd",
    accent_hover="#3b8ad2",
    on_accent="#ffffff",
    selected="#1f3a54",
    good="#4fb477",
    warn="#e0a33a",
    bad="#e5655e",
)
LIGHT = Colours(
    name="light",
    ground="#e9edf1",
    panel="#f8fafb",
    raised="#ffffff",
    field="#ffffff",
    hover="#e7edf3",
    line="#d2d9e1",
    text="#1b232c",
    quiet="#596675",
    faint="#98a3b0",
    accent="#1f6fb8",
    accent_hover="#2b80cd",
    on_accent="#ffffff",
    selected="#d5e6f6",
    good="#2b8a52",
    warn="#b0740a",
    bad="#c93f38",
)


class Theme(QObject):
    """The present colours; `changed` is sent after the application has been repainted with others."""

    changed = Signal()

    def __init__(self, application: QApplication, settings: Settings) -> None:
        super().__init__(application)
        self._application = application
        self._settings = settings
        self._icons: dict[tuple[str, str, str], QIcon] = {}
        self.colours = LIGHT
        application.setStyle("Fusion")  # once: each change of style polishes every widget anew
        hints = application.styleHints()
        hints.colorSchemeChanged.connect(self._system_changed)
        self.apply()

    @property
    def dark(self) -> bool:
        """Whether the dark colours are in use."""
        return self.colours is DARK

    def choose(self, choice: ThemeChoice) -> None:
        """Use these colours from now on, and at the next start."""
        self._settings.theme = choice
        self.apply()

    def toggle(self) -> None:
        """Go from dark to light or back."""
        self.choose("light" if self.dark else "dark")

    def apply(self) -> None:
        """Paint the application with the colours that the settings ask for."""
        choice = self._settings.theme
        if choice == "system":
            scheme = self._application.styleHints().colorScheme()
            choice = "light" if scheme is Qt.ColorScheme.Light else "dark"
        self.colours = DARK if choice == "dark" else LIGHT
        # Twice as fast as to replace one sheet by another: Qt then goes through all widgets once, rather than
        # once for each widget that they are in.
        self._application.setStyleSheet("")
        self._application.setPalette(palette(self.colours))
        self._application.setStyleSheet(style_sheet(self.colours))
        self.changed.emit()

    def icon(self, name: str, colour: str = "text") -> QIcon:
        """Bundled icon `name` in one of the named colours.

        Parameters
        ----------
        name : str
            File name in ``resources/icons`` without its ending.
        colour : str
            Attribute of `Colours`.
        """
        key = (name, getattr(self.colours, colour), self.colours.faint)
        if key not in self._icons:
            self._icons[key] = drawn_icon(*key)
        return self._icons[key]

    def _system_changed(self) -> None:
        if self._settings.theme == "system":
            self.apply()


def palette(colours: Colours) -> QPalette:
    """Qt's own colours, for everything that the style sheet does not name."""
    roles = {
        QPalette.ColorRole.Window: colours.panel,
        QPalette.ColorRole.WindowText: colours.text,
        QPalette.ColorRole.Base: colours.field,
        QPalette.ColorRole.AlternateBase: colours.raised,
        QPalette.ColorRole.Text: colours.text,
        QPalette.ColorRole.Button: colours.raised,
        QPalette.ColorRole.ButtonText: colours.text,
        QPalette.ColorRole.BrightText: colours.bad,
        QPalette.ColorRole.Highlight: colours.accent,
        QPalette.ColorRole.HighlightedText: colours.on_accent,
        QPalette.ColorRole.ToolTipBase: colours.raised,
        QPalette.ColorRole.ToolTipText: colours.text,
        QPalette.ColorRole.PlaceholderText: colours.faint,
        QPalette.ColorRole.Link: colours.accent,
        QPalette.ColorRole.Mid: colours.line,
    }
    made = QPalette()
    for role, colour in roles.items():
        made.setColor(role, QColor(colour))
    for role in (QPalette.ColorRole.WindowText, QPalette.ColorRole.Text, QPalette.ColorRole.ButtonText):
        made.setColor(QPalette.ColorGroup.Disabled, role, QColor(colours.faint))
    return made


def style_sheet(colours: Colours) -> str:
    """The style sheet in these colours."""
    text = resources.path("styles/trueslice.qss").read_text(encoding="utf-8")
    icons = resources.path("icons").as_posix()
    return Template(text).substitute(asdict(colours), icons=icons)


def drawn_icon(name: str, colour: str, disabled: str) -> QIcon:
    """Icon of a bundled SVG whose ``currentColor`` is `colour`, sharp up to 24 px at 200 %."""
    icon = QIcon()
    for mode, used in ((QIcon.Mode.Normal, colour), (QIcon.Mode.Disabled, disabled)):
        renderer = _renderer(name, used)
        for size in ICON_SIZES_PX:
            icon.addPixmap(_rendered(renderer, QSize(size, size)), mode)
    return icon


def drawn(name: str, colour: str, size: QSize) -> QPixmap:
    """Bundled SVG `name` in one colour at one size (device pixels)."""
    return _rendered(_renderer(name, colour), size)


def _renderer(name: str, colour: str) -> QSvgRenderer:
    return QSvgRenderer(QByteArray(_svg(name).replace("currentColor", colour).encode()))


def _rendered(renderer: QSvgRenderer, size: QSize) -> QPixmap:
    pixmap = QPixmap(size)
    pixmap.fill(Qt.GlobalColor.transparent)
    painter = QPainter(pixmap)
    renderer.render(painter, QRectF(0, 0, size.width(), size.height()))
    painter.end()
    return pixmap


@cache
def _svg(name: str) -> str:
    return resources.path(f"icons/{name}.svg").read_text(encoding="utf-8")
