"""The manual inside the window: contents and search on the left, a page on the right."""

from __future__ import annotations

from collections.abc import Mapping

from PySide6.QtCore import QSize, Qt, Signal
from PySide6.QtGui import QImage, QKeySequence, QShortcut
from PySide6.QtWidgets import (
    QLineEdit,
    QListWidget,
    QListWidgetItem,
    QStackedWidget,
    QTreeWidget,
    QTreeWidgetItem,
    QWidget,
)

from app.manual import Manual, Place
from app.panels.manual_text import ManualText
from app.theme import Theme
from app.widgets import button, column, label, row, rule, tool

LEFT_PX = 264
PLACE = Qt.ItemDataRole.UserRole


class ManualPage(QWidget):
    """Shows a `Manual`.

    Signals: `wanted` (`Place`) when the user goes somewhere, `followed` (address) for links, `back`,
    `forward`, `leave`.
    """

    wanted = Signal(object)
    followed = Signal(str)
    back = Signal()
    forward = Signal()
    leave = Signal()

    def __init__(self, theme: Theme, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._manual: Manual | None = None
        self._place = Place("")
        self._pages: list[QTreeWidgetItem] = []
        self.text = ManualText(theme)
        self.text.followed.connect(self.followed)
        self.back_button = tool(theme.icon("back"), "Back  (Alt+Left)", self.back.emit)
        self.forward_button = tool(theme.icon("forward"), "Forward  (Alt+Right)", self.forward.emit)
        self.leave_button = button("Close the manual", self.leave.emit)
        self.leave_button.setToolTip("Back to where you were  (F1)")
        self.said = label("", "quiet", wrap=False)
        self._make_left()
        head = row(self.back_button, self.forward_button, label("Manual", "title", wrap=False), None, gap=8)
        head.addWidget(self.said)
        head.addWidget(self.leave_button)
        head.setContentsMargins(16, 12, 16, 12)
        body = row(self._left, self.text, gap=0)
        body.setStretch(1, 1)
        whole = column(head, rule(), body, gap=0)
        whole.setStretch(2, 1)
        self.setLayout(whole)
        self.setProperty("role", "panel")
        self.setAttribute(Qt.WidgetAttribute.WA_StyledBackground)
        self._make_keys()
        theme.changed.connect(lambda: self._recolour(theme))
        self.allow(back=False, forward=False)

    def _make_left(self) -> None:
        self.search = QLineEdit()
        self.search.setPlaceholderText("Search  (Ctrl+F)")
        self.search.setClearButtonEnabled(True)
        self.search.setAccessibleName("Search the manual")
        self.search.setToolTip("Words that all stand in one section")
        self.search.textChanged.connect(self._search)
        self.search.returnPressed.connect(self._choose_first)
        self.contents = QTreeWidget()
        self.contents.setHeaderHidden(True)
        self.contents.setAccessibleName("Contents")
        self.contents.setToolTip("Pages of the manual and their headings")
        self.contents.setIndentation(14)
        self.contents.itemClicked.connect(self._chosen)
        self.contents.itemActivated.connect(self._chosen)
        self.hits = QListWidget()
        self.hits.setAccessibleName("What was found")
        self.hits.setToolTip("Sections with these words")
        self.hits.setWordWrap(True)
        self.hits.setSpacing(3)
        self.hits.itemClicked.connect(self._hit_chosen)
        self.hits.itemActivated.connect(self._hit_chosen)
        self._lists = QStackedWidget()
        self._lists.addWidget(self.contents)
        self._lists.addWidget(self.hits)
        self._left = QWidget()
        self._left.setFixedWidth(LEFT_PX)
        self._left.setLayout(column(self.search, self._lists, gap=10, margin=12))

    def _make_keys(self) -> None:
        for keys, act in (
            ("Alt+Left", self.back.emit), ("Alt+Right", self.forward.emit), ("Ctrl+F", self._to_search),
            ("Escape", self._escape),
        ):  # fmt: skip
            shortcut = QShortcut(QKeySequence(keys), self)
            shortcut.setContext(Qt.ShortcutContext.WidgetWithChildrenShortcut)
            shortcut.activated.connect(act)

    # ---- what is shown
    def set_manual(self, manual: Manual) -> None:
        """List the contents."""
        self._manual = manual
        self._pages.clear()
        self.contents.clear()
        for page in manual.pages.values():
            item = self._item(page.title, Place(page.name))
            self.contents.addTopLevelItem(item)
            self._pages.append(item)
            for section in page.sections:
                if section.level == 2:
                    item.addChild(self._item(section.heading, Place(page.name, section.heading)))

    def show_place(
        self, place: Place, images: Mapping[str, QImage], *, scroll: int = 0, anew: bool = False
    ) -> None:
        """Show a page at a heading, or scrolled as it was before."""
        if self._manual is None:
            return
        words = self.search.text()
        if place.page != self._place.page or anew:
            sections = self._manual.pages[place.page].sections
            self.text.show_page(sections, images, place.heading, scroll, words)
        else:
            self.text.mark(words)
            if scroll:
                self.text.verticalScrollBar().setValue(scroll)
            elif self.text.settled:
                self.text.go_to(place.heading)
        self._place = place
        self._show_in_contents(place)

    def allow(self, *, back: bool, forward: bool) -> None:
        """Say where one can go."""
        self.back_button.setEnabled(back)
        self.forward_button.setEnabled(forward)

    # ---- contents
    def _item(self, text: str, place: Place) -> QTreeWidgetItem:
        item = QTreeWidgetItem([text])
        item.setData(0, PLACE, place)
        item.setToolTip(0, text)
        return item

    def _show_in_contents(self, place: Place) -> None:
        for page in self._pages:
            mine = page.data(0, PLACE).page == place.page
            page.setExpanded(mine)
            if mine:
                found = next((item for item in children(page) if item.data(0, PLACE) == place), page)
                self.contents.setCurrentItem(found)
                self.contents.scrollToItem(found)

    def _chosen(self, item: QTreeWidgetItem) -> None:
        self.wanted.emit(item.data(0, PLACE))

    # ---- search
    def _search(self, words: str) -> None:
        self.hits.clear()
        self._lists.setCurrentWidget(self.hits if words.strip() else self.contents)
        if self._manual is None or not words.strip():
            self.text.mark("")
            return
        for hit in self._manual.found(words):
            item = QListWidgetItem(f"{hit.title}\n{hit.excerpt}")
            item.setData(PLACE, hit.place)
            self.hits.addItem(item)
        if not self.hits.count():
            item = QListWidgetItem("Nothing is found.")
            item.setFlags(Qt.ItemFlag.NoItemFlags)
            self.hits.addItem(item)

    def _choose_first(self) -> None:
        if self.hits.count():
            self.hits.setCurrentRow(max(0, self.hits.currentRow()))
            self._hit_chosen(self.hits.currentItem())

    def _hit_chosen(self, item: QListWidgetItem) -> None:
        if item.data(PLACE) is not None:
            self.wanted.emit(item.data(PLACE))

    def _to_search(self) -> None:
        self.search.setFocus(Qt.FocusReason.ShortcutFocusReason)
        self.search.selectAll()

    def _escape(self) -> None:
        """End the search, or leave."""
        if self.search.text():
            self.search.clear()
        else:
            self.leave.emit()

    def _recolour(self, theme: Theme) -> None:
        self.back_button.setIcon(theme.icon("back"))
        self.forward_button.setIcon(theme.icon("forward"))

    def sizeHint(self) -> QSize:
        """As large as there is room for."""
        return QSize(900, 600)


def children(page: QTreeWidgetItem) -> list[QTreeWidgetItem]:
    """The headings below a page."""
    return [item for number in range(page.childCount()) if (item := page.child(number)) is not None]
