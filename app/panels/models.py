"""The library of networks: the list on the left, the card or a test on the right."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

from PySide6.QtCore import QSignalBlocker, Qt, Signal
from PySide6.QtWidgets import QListWidget, QListWidgetItem, QMenu, QSplitter, QTabWidget, QWidget

from app.panels.models_card import ModelCard
from app.panels.models_trial import TrialPanel
from app.theme import Theme
from app.widgets import button, column, label, row, rule
from core.models.telling import DOING

if TYPE_CHECKING:
    from core.models.card import Model

LIST_PX, CARD_PX = 330, 900
ABOUT = "Networks that the program can ask: what each is for, and whether it fits your data."
NO_STACK = "Open a stack first: the test looks at its visible slice"
NOT_FOR_SLICES = "It fills the planes between slices, so that a single slice has nothing to show"
BUNDLED = "It came with the program and stays"


class ModelsPage(QWidget):
    """Shows the models; `chosen`, `test`, `use` and `remove` carry a name."""

    chosen = Signal(str)
    test = Signal(str)
    use = Signal(str)
    remove = Signal(str)
    import_file = Signal()
    import_folder = Signal()
    leave = Signal()

    def __init__(self, theme: Theme, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._theme = theme
        self._models: dict[str, Model] = {}
        self._stack_open = False
        self.card, self.trial = ModelCard(), TrialPanel()
        self.list = QListWidget()
        self.list.setAccessibleName("Models")
        self.list.setToolTip("Choose a model to see its card")
        self.list.setStyleSheet("QListWidget::item { padding: 6px 8px; border-radius: 6px; }")
        self.list.setHorizontalScrollBarPolicy(Qt.ScrollBarPolicy.ScrollBarAlwaysOff)
        self.list.currentItemChanged.connect(lambda _now, _before: self._choose())
        self.notes = label("", "small")
        self.notes.hide()
        self._make_buttons()
        words = column(label("Models", "title", wrap=False), label(ABOUT, "quiet"), gap=2)
        head = row(gap=8)
        head.addLayout(words, 1)
        for each in (self.import_button, self.leave_button):
            head.addWidget(each)
        head.setContentsMargins(16, 12, 16, 12)
        whole = column(head, rule(), self._middle(), gap=0)
        whole.setStretch(2, 1)
        self.setLayout(whole)
        self.setProperty("role", "panel")
        self.setAttribute(Qt.WidgetAttribute.WA_StyledBackground)
        theme.changed.connect(self._recolour)
        self._recolour()
        self._allow()

    # ---- what is shown
    @property
    def name(self) -> str:
        """The model that is chosen; empty where none is."""
        item = self.list.currentItem()
        return str(item.data(Qt.ItemDataRole.UserRole)) if self.list.currentRow() >= 0 else ""

    def show_models(self, models: Sequence[Model], notes: Sequence[str] = ()) -> None:
        """List these; the chosen one stays chosen, as far as it is still there."""
        before = self.name
        self._models = {model.name: model for model in models}
        with QSignalBlocker(self.list):
            self.list.clear()
            for model in models:
                self.list.addItem(_item(model))
        self.choose(before if before in self._models else next(iter(self._models), ""))
        self.notes.setText("\n".join(notes))
        self.notes.setVisible(bool(notes))
        if not self._models:
            self.card.say("There is no model yet.")
        self._choose()

    def choose(self, name: str) -> None:
        """Choose a model by name."""
        for line in range(self.list.count()):
            if self.list.item(line).data(Qt.ItemDataRole.UserRole) == name:
                self.list.setCurrentRow(line)

    def set_stack_open(self, is_open: bool) -> None:
        """Say whether there is a slice to test on, and a recipe to use a model in."""
        self._stack_open = is_open
        self._allow()

    def show_test(self) -> None:
        """Bring the test to the front."""
        self.tabs.setCurrentWidget(self.trial)

    def show_card(self) -> None:
        """Bring the card to the front."""
        self.tabs.setCurrentWidget(self.card)

    # ---- parts
    def _make_buttons(self) -> None:
        self.test_button = button("Test on a slice", lambda: self.test.emit(self.name))
        self.use_button = button("Use in the recipe", lambda: self.use.emit(self.name), kind="primary")
        self.remove_button = button("Remove…", lambda: self.remove.emit(self.name))
        self.import_button = button("Import…", lambda: None)
        self.import_button.setToolTip("Check a network of others and add it to your own ones")
        self.leave_button = button("Back", self.leave.emit)
        self.leave_button.setToolTip("Back to the stack")
        menu = QMenu(self.import_button)
        file = menu.addAction("A file: ONNX, ZIP archive or card…")
        file.triggered.connect(lambda _checked=False: self.import_file.emit())
        folder = menu.addAction("A folder with a card…")
        folder.triggered.connect(lambda _checked=False: self.import_folder.emit())
        self.import_button.setMenu(menu)

    def _middle(self) -> QSplitter:
        self.tabs = QTabWidget()
        self.tabs.addTab(self.card, "Card")
        self.tabs.addTab(self.trial, "Test")
        self.tabs.setAccessibleName("Card or test")
        doing = row(self.use_button, self.test_button, None, self.remove_button, gap=8)
        doing.setContentsMargins(16, 12, 16, 4)
        left = column(label("LIBRARY", "section"), self.list, self.notes, gap=8, margin=16)
        left.setStretch(1, 1)
        right = column(doing, self.tabs, gap=0)
        right.setStretch(1, 1)
        splitter = QSplitter(Qt.Orientation.Horizontal)
        for layout in (left, right):
            side = QWidget()
            side.setLayout(layout)
            splitter.addWidget(side)
        splitter.setChildrenCollapsible(False)
        splitter.setStretchFactor(1, 1)
        splitter.setSizes([LIST_PX, CARD_PX])
        return splitter

    def _choose(self) -> None:
        self._allow()
        if self.name:
            self.chosen.emit(self.name)

    def _allow(self) -> None:
        model = self._models.get(self.name)
        segments = model is not None and model.spec.task == "segment"
        usable = model is not None and model.spec.task in ("segment", "fill")
        self.test_button.setEnabled(segments and self._stack_open)
        self.use_button.setEnabled(usable and self._stack_open)
        self.remove_button.setEnabled(model is not None and not model.bundled)
        tip = "Ask the model about the slice that is visible in the opened stack"
        tip = tip if segments or model is None else NOT_FOR_SLICES
        self.test_button.setToolTip(tip if self._stack_open else NO_STACK)
        self.use_button.setToolTip(
            "Put a step with this model into the recipe" if self._stack_open else "Open a stack first"
        )
        own = model is None or not model.bundled
        self.remove_button.setToolTip("Delete this model of your own" if own else BUNDLED)

    def _recolour(self) -> None:
        self.import_button.setIcon(self._theme.icon("add"))
        self.test_button.setIcon(self._theme.icon("preview"))
        self.remove_button.setIcon(self._theme.icon("remove"))


def _item(model: Model) -> QListWidgetItem:
    spec = model.spec
    channels = ", ".join(spec.channels) if len(spec.channels) < 5 else f"{len(spec.channels)} channels"
    along = spec.volume or spec.slices > 1
    size = " x ".join(f"{side:.4g}" for side in (spec.voxel_nm if along else spec.voxel_nm[1:]))
    seen = f"{spec.slices} slices" if along else "one slice"
    own = "" if model.bundled else "  (your own)"
    lines = (f"{spec.name}{own}", f"{DOING[spec.task]}: {channels}", f"{size} nm, {seen}")
    item = QListWidgetItem("\n".join(lines))
    item.setData(Qt.ItemDataRole.UserRole, spec.name)
    item.setToolTip(spec.trained_on)
    return item
