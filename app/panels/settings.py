"""What the user decides once: device, memory, threads, cluster, folders, appearance."""

from __future__ import annotations

from typing import TYPE_CHECKING

from PySide6.QtCore import Qt, Signal
from PySide6.QtWidgets import QLineEdit, QVBoxLayout, QWidget

from app.panels.settings_rows import CONTROL_PX, Amount, Choice, FolderLine, Section, name_control
from app.settings import MOST_MEMORY_GB, MOST_THREADS, SCALES
from app.widgets import button, clear, column, frame, label, row, rule, scrolled

if TYPE_CHECKING:
    from core.hardware import Hardware

WIDTH_PX = 860
ADDRESS = "address"
ABOUT = "What holds for every project on this computer. Changes take effect at once unless it says otherwise."
DEVICES = (("auto", "What is fastest"), ("cpu", "The processor"), ("gpu", "The graphics card"))
THEMES = (("system", "As the system"), ("dark", "Dark"), ("light", "Light"))
RUNS = (
    ("", "Here, in threads"), ("local", "Here, in processes (Dask)"), (ADDRESS, "On a Dask cluster"),
)  # fmt: skip
FOLDERS = {
    "projects": ("Projects", "Where new projects go. Projects that are there already stay where they are."),
    "models": ("Models", "Where your own networks are. Others on the same folder share them."),
    "simulations": ("Simulations", "Where virtual acquisitions go whose folder you do not name."),
}


class SettingsPage(QWidget):
    """The controls; `SettingsTool` connects them."""

    leave = Signal()
    defaults = Signal()

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.leave_button = button("Back", self.leave.emit)
        self.leave_button.setToolTip("Back to the stack")
        self.defaults_button = button("Defaults…", self.defaults.emit)
        self.defaults_button.setToolTip("Put everything on this page back to what it was at the first start")
        words = column(label("Settings", "title", wrap=False), label(ABOUT, "quiet"), gap=2)
        head = row(gap=8)
        head.addLayout(words, 1)
        head.addWidget(self.defaults_button)
        head.addWidget(self.leave_button)
        head.setContentsMargins(16, 12, 16, 12)
        sections = (self._computing(), self._runs(), self._folders(), self._appearance())
        body = QWidget()
        body.setMaximumWidth(WIDTH_PX)
        body.setLayout(column(*sections, None, gap=20, margin=16))
        middle = row(body, None)
        middle.setStretch(0, WIDTH_PX)  # as wide as there is room
        whole = column(head, rule(), scrolled(middle), gap=0)
        whole.setStretch(2, 1)
        self.setLayout(whole)
        self.setProperty("role", "panel")
        self.setAttribute(Qt.WidgetAttribute.WA_StyledBackground)

    # ---- what was found
    def show_hardware(self, found: Hardware | None) -> None:
        """Say what there is; None while it is looked for."""
        clear(self._found)
        sentences = ("Looking for processor and graphics card …",) if found is None else found.sentences()
        for sentence in sentences:
            self._found.addWidget(label(sentence, "quiet" if found is None else ""))
        wanting = found is not None and not found.networks and self.device.currentData() == "gpu"
        if wanting:
            self._found.addWidget(label("The graphics card is asked for, and none can be used here.", "warn"))

    def show_scheduler(self, scheduler: str) -> None:
        """Show where runs compute."""
        kind = scheduler if scheduler in ("", "local") else ADDRESS
        self.runs.show_value(kind)
        if kind == ADDRESS:
            self.address.setText(scheduler)
        self.allow_address()

    def allow_address(self) -> None:
        """Offer the address where it counts."""
        on = self.runs.currentData() == ADDRESS
        self.address.setEnabled(on)
        self.test_button.setEnabled(on and bool(self.address.text().strip()))

    def say_cluster(self, text: str, role: str = "quiet") -> None:
        """Say what the test of the cluster has come to."""
        self.cluster_words.setText(text)
        self.cluster_words.setProperty("role", role)
        self.cluster_words.style().polish(self.cluster_words)
        self.cluster_words.setVisible(bool(text))

    def say_scale(self, text: str) -> None:
        """Say when the size takes effect."""
        self.scale_words.setText(text)
        self.scale_words.setVisible(bool(text))

    # ---- parts
    def _computing(self) -> QVBoxLayout:
        self._found = QVBoxLayout()
        self._found.setSpacing(4)
        self._found.setContentsMargins(12, 10, 12, 10)
        section = Section()
        self.device = Choice(DEVICES)
        section.add("Networks compute on", self.device, "Segmenting and filling with networks.")
        self.memory = Amount("GB", whole=False, upper=MOST_MEMORY_GB, automatic="automatic")
        section.add(
            "Memory limit", self.memory,
            "At most so much is taken for slices in flight, tiles of networks and measuring. Less means "
            "smaller pieces and the same results. Automatic: most of what is free.",
        )  # fmt: skip
        self.threads = Amount("threads", whole=True, upper=MOST_THREADS, automatic="automatic")
        section.add(
            "Threads", self.threads,
            "So many slices are computed at once. Fewer leave the computer free for others. Automatic: one "
            "for each processor.",
        )  # fmt: skip
        card = frame("card", self._found)
        return column(label("COMPUTING", "section"), card, section.grid, gap=8)

    def _runs(self) -> QVBoxLayout:
        section = Section()
        self.runs = Choice(RUNS)
        section.add(
            "Runs compute", self.runs, "Where the steps of a recipe are computed, from the next run on."
        )
        self.address = QLineEdit()
        self.address.setPlaceholderText("tcp://host:8786")
        self.address.setMaximumWidth(CONTROL_PX)
        name_control(self.address, "Address of the scheduler", "Address of a Dask scheduler")
        self.test_button = button("Test connection", lambda: None)
        self.test_button.setToolTip("Ask the scheduler for its workers")
        self.address.textChanged.connect(lambda _text: self.allow_address())
        both = QWidget()
        both.setLayout(row(self.address, self.test_button, None, gap=8))
        section.add_line(
            "Scheduler", both,
            "Started with `dask scheduler`, workers with `dask worker ADDRESS`. These need this program and "
            "see project and stack under the same names.",
        )  # fmt: skip
        self.cluster_words = label("", "quiet")
        self.cluster_words.hide()
        return column(label("RUNS", "section"), section.grid, self.cluster_words, gap=8)

    def _folders(self) -> QVBoxLayout:
        section = Section()
        self.folders: dict[str, FolderLine] = {}
        for kind, (name, what) in FOLDERS.items():
            self.folders[kind] = FolderLine(f"Folder of {name.lower()}", what)
            section.add_line(name, self.folders[kind], what)
        return column(label("FOLDERS", "section"), section.grid, gap=8)

    def _appearance(self) -> QVBoxLayout:
        section = Section()
        self.theme = Choice(THEMES)
        section.add("Colours", self.theme, "Dark or light.")
        self.scale = Choice([(percent, f"{percent} %") for percent in SCALES])
        section.add("Size of text and controls", self.scale, "From the next start of the program on.")
        self.scale_words = label("", "warn")
        self.scale_words.hide()
        return column(label("APPEARANCE", "section"), section.grid, self.scale_words, gap=8)
