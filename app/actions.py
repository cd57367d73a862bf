"""Menus, shortcuts and toolbar as one table."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

from PySide6.QtCore import Qt
from PySide6.QtGui import QAction, QKeySequence
from PySide6.QtWidgets import QMenuBar, QToolBar, QWidget

from app.theme import Theme


@dataclass(frozen=True)
class Entry:
    """One thing the user can do.

    Attributes
    ----------
    name : str
        How the program calls it.
    menu, text, icon, shortcut : str
        Where it is found and how it is shown; an icon or a shortcut may be empty.
    bar : str
        Words beside the icon in the toolbar; ``-`` for the icon alone, empty to leave it out of the toolbar.
    checkable : bool
        Whether it is switched on and off.
    separated : bool
        Whether a line comes before it in its menu.
    """

    name: str
    menu: str
    text: str
    icon: str = ""
    shortcut: str = ""
    bar: str = ""
    checkable: bool = False
    separated: bool = False


TABLE: tuple[Entry, ...] = (
    Entry("open-folder", "&File", "Open &folder of slices…", "open", "Ctrl+O", bar="Open"),
    Entry("open-files", "&File", "Open f&iles…", "file", "Ctrl+Shift+O"),
    Entry("add-channel", "&File", "Add &channel…", "channel"),
    Entry("open-sample", "&File", "Open the s&ample", "drop"),
    Entry("recent", "&File", "Open &recent", "recent"),
    Entry("save-project", "&File", "&Save project as…", "save", "Ctrl+Shift+S", separated=True),
    Entry("open-recipe", "&File", "&Load recipe…", "recipe", "Ctrl+L"),
    Entry("save-recipe", "&File", "Save rec&ipe…", "save", "Ctrl+S"),
    Entry("save-report", "&File", "Save r&eport of measures…", "chart", bar="Report…"),
    Entry("close-project", "&File", "&Close", "close", "Ctrl+W", separated=True),
    Entry("quit", "&File", "&Quit", "", "Ctrl+Q", separated=True),
    Entry("undo", "&Edit", "&Undo", "undo", "Ctrl+Z", bar="-"),
    Entry("redo", "&Edit", "&Redo", "redo", "Ctrl+Shift+Z", bar="-"),
    Entry("duplicate", "&Edit", "&Duplicate step", "duplicate", "Ctrl+D", separated=True),
    Entry("remove", "&Edit", "Re&move step", "remove", "Ctrl+Backspace"),
    Entry("move-up", "&Edit", "Move step &up", "up", "Ctrl+Up"),
    Entry("move-down", "&Edit", "Move step d&own", "down", "Ctrl+Down"),
    Entry("run", "&Run", "&Run all steps", "run", "F5", bar="Run"),
    Entry("run-to", "&Run", "Run up to this &step", "run-to", "Shift+F5"),
    Entry("stop", "&Run", "&Stop", "stop", "Ctrl+."),
    Entry("preview", "&View", "Live &preview", "preview", "P", bar="Preview", checkable=True),
    Entry("slices", "&View", "&Slices", "slices", "Ctrl+1", bar="Slices", checkable=True, separated=True),
    Entry("volume", "&View", "&3D", "cube", "Ctrl+2", bar="3D", checkable=True),
    Entry("both", "&View", "Side &by side", "compare", "Ctrl+3", checkable=True),
    Entry("movie", "&View", "Mo&vie of the volume…", "film"),
    Entry("fit", "&View", "&Fit", "", "F"),
    Entry(
        "region", "&View", "Mark a &region", "region", "Ctrl+R", bar="Region", checkable=True, separated=True
    ),
    Entry("paint", "&View", "Paint la&bels", "brush", "Ctrl+B", bar="-", checkable=True),
    Entry("colour-by", "&View", "&Colour by", "drop"),
    Entry("compare-results", "&View", "Compare &two results…", "compare", "Ctrl+K", checkable=True),
    Entry("overlay-channels", "&View", "O&verlay of channels", "channel", "O", checkable=True),
    Entry("profile", "&View", "Line pro&file", "profile", "L", checkable=True, separated=True),
    Entry("distance", "&View", "D&istance", "distance", "D", checkable=True),
    Entry("angle", "&View", "A&ngle", "angle", "G", checkable=True),
    Entry("histogram", "&View", "&Histogram", "histogram", "H"),
    Entry("play", "&View", "P&lay the slices", "play", checkable=True),
    Entry("copy-picture", "&View", "Cop&y the slice as a picture", "copy", "Ctrl+C", separated=True),
    Entry("save-slice", "&View", "Save a slice &as a picture…", "save", "Ctrl+Shift+P"),
    Entry("screenshot", "&View", "Save &picture of the view…", "camera", "Ctrl+P"),
    Entry("theme", "&View", "&Dark or light", "sun", "Ctrl+T", bar="-", separated=True),
    Entry("layout", "&View", "Reset &layout", "reset"),
    Entry("simulate", "&Tools", "Si&mulate…", "simulate", "Ctrl+4", bar="Simulate", checkable=True),
    Entry("train", "&Tools", "&Train a network…", "train", "Ctrl+5", bar="Train", checkable=True),
    Entry("models", "&Tools", "M&odels…", "models", "Ctrl+6", bar="Models", checkable=True),
    Entry("settings", "&Tools", "&Settings…", "settings", "Ctrl+,", checkable=True, separated=True),
    Entry("guide", "&Help", "&Manual", "question", "F1", checkable=True),
    Entry("keys", "&Help", "&Keyboard shortcuts", "keyboard", "Shift+F1"),
    Entry("tour", "&Help", "Take the &tour", "tour", checkable=True),
    Entry("show-log", "&Help", "Open &log folder", "log", separated=True),
    Entry("about", "&Help", "&About Trueslice", "info"),
)
TIPS: dict[str, str] = {
    "open-folder": "Open a folder of slices, or a project",
    "open-files": "Open a stack file, several slices or a recipe",
    "open-sample": "Open a small stack that comes with the program, with a recipe to try",
    "add-channel": "Add another imaging condition of the same slices",
    "save-project": "Keep recipe and results in a folder of your choice",
    "open-recipe": "Replace the steps by those of a saved recipe",
    "save-recipe": "Write the steps to a recipe file",
    "save-report": "Save the measures that are shown: a folder with web page, PDF, figures and tables",
    "close-project": "Close the stack; recipe and results stay in the project",
    "undo": "Take the last change of the recipe back",
    "redo": "Make the change again",
    "run": "Run the whole recipe; what is done already is not repeated",
    "run-to": "Run the recipe up to and with the chosen step",
    "stop": "Stop; finished blocks are kept and the run can be resumed",
    "preview": "Show what the chosen step does to the visible slice",
    "slices": "Linked slices: xy, xz and yz",
    "volume": "The volume in three dimensions",
    "both": "Slices and 3D beside each other, for wide screens",
    "movie": "Turn the volume once and save it as a movie or as pictures",
    "fit": "Show the whole slice",
    "compare-results": "Choose which two results are compared, or a result and a file",
    "overlay-channels": "Lay channels over each other in colours, to judge whether they fit",
    "region": "Mark a part of the stack and measure it: drag its borders, or draw it with Ctrl held",
    "paint": "Label pixels of slices by hand: to train on your own sample, or to correct a segmentation",
    "profile": "Grey values along a line that you draw on one of the cuts",
    "distance": "Measure a distance on one of the cuts",
    "angle": "Measure an angle on one of the cuts",
    "histogram": "How often grey values occur in this slice or in the volume, with handles for the contrast",
    "play": "Go through the slices by itself; space does the same while the slices have the keys",
    "copy-picture": "Copy the cut that was clicked last, with scale bar and lines, for another program",
    "save-slice": "Save one of the cuts, as on the screen or with every pixel",
    "simulate": "Make stacks of a virtual sample, of which every voxel is known",
    "train": "Train a network with simulated sets or with labels of your own",
    "models": "Networks that can be asked: their cards, a test on your data, import and removal",
    "settings": "Device, memory, cluster, folders and appearance",
    "guide": "The manual, at the page that matches where you are",
    "keys": "All keys of the window, the slices and the volume",
    "tour": "Walk through the window with the sample; choose it again to leave",
    "about": "Version, licences and a report for whoever helps you",
    "theme": "Change between dark and light",
}


class Actions:
    """All actions by name, ready to be connected."""

    def __init__(self, owner: QWidget, theme: Theme) -> None:
        self._theme = theme
        self._by_name = {entry.name: self._made(entry, owner) for entry in TABLE}
        theme.changed.connect(self.recolour)
        self.recolour()

    def __getitem__(self, name: str) -> QAction:
        return self._by_name[name]

    def on(self, name: str, slot: Callable[[], object]) -> None:
        """Have `slot` called when the action is chosen."""
        self._by_name[name].triggered.connect(lambda _checked=False: slot())

    def enable(self, **states: bool) -> None:
        """Enable or disable by name; underscores stand for hyphens."""
        for name, enabled in states.items():
            self._by_name[name.replace("_", "-")].setEnabled(enabled)

    def fill(self, bar: QMenuBar) -> None:
        """Put every action into its menu."""
        menus = {}
        for entry in TABLE:
            if entry.menu not in menus:
                menus[entry.menu] = bar.addMenu(entry.menu)
            if entry.separated:
                menus[entry.menu].addSeparator()
            menus[entry.menu].addAction(self[entry.name])

    def recolour(self) -> None:
        """Draw the icons in the present colours."""
        for entry in TABLE:
            if entry.icon:
                name = "moon" if entry.icon == "sun" and not self._theme.dark else entry.icon
                self[entry.name].setIcon(self._theme.icon(name))

    def _made(self, entry: Entry, owner: QWidget) -> QAction:
        action = QAction(entry.text, owner)
        action.setObjectName(entry.name)
        action.setCheckable(entry.checkable)
        action.setIconText(entry.bar if entry.bar not in ("", "-") else entry.text.replace("&", ""))
        if entry.shortcut:
            action.setShortcut(QKeySequence(entry.shortcut))
        shown = TIPS.get(entry.name, entry.text.replace("&", ""))
        keys = action.shortcut().toString(QKeySequence.SequenceFormat.NativeText)
        action.setToolTip(f"{shown}  ({keys})" if keys else shown)
        owner.addAction(action)
        return action


def shortcuts() -> tuple[tuple[str, str], ...]:
    """(what, keys) of every action that has keys."""
    return tuple(
        (entry.text.replace("&", "").rstrip("…"), entry.shortcut) for entry in TABLE if entry.shortcut
    )


def add_to_bar(bar: QToolBar, action: QAction) -> None:
    """Add an action to the toolbar as its table entry wants it."""
    entry = next(entry for entry in TABLE if entry.name == action.objectName())
    bar.addAction(action)
    button = bar.widgetForAction(action)
    if entry.bar != "-":
        button.setProperty("toolButtonStyle", Qt.ToolButtonStyle.ToolButtonTextBesideIcon)
