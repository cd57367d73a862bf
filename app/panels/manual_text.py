"""One page of the manual: Markdown laid out in the colours of the window, piece by piece."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from PySide6.QtCore import QTimer, QUrl, Signal
from PySide6.QtGui import (
    QColor,
    QFont,
    QImage,
    QResizeEvent,
    QTextBlockFormat,
    QTextCharFormat,
    QTextCursor,
    QTextDocument,
    QTextFormat,
    QTextFrameFormat,
    QTextLength,
    QTextTable,
)
from PySide6.QtWidgets import QTextBrowser, QTextEdit, QWidget

from app.manual import Section
from app.theme import Theme

TEXT_PX = 800
"""Widest line of text, and widest picture."""
EDGE_PX = 24
SIZES_PX = {1: 24, 2: 18, 3: 15}
BODY_PX = 14
LINE_PERCENT = 135.0
FENCE = QTextFormat.Property.BlockCodeFence


class ManualText(QTextBrowser):
    """Shows the sections of a page; `followed` carries the address of a link that was clicked.

    A long page would hold the window up, so its sections come one after the other. Pictures are those that were
    handed over; nothing else is ever loaded.
    """

    followed = Signal(str)

    def __init__(self, theme: Theme, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._theme = theme
        self._images: Mapping[str, QImage] = {}
        self._waiting: list[Section] = []
        self._heading, self._scroll, self._words = "", 0, ""
        self.setOpenLinks(False)
        self.setAccessibleName("Manual")
        self.setFrameShape(QTextEdit.Shape.NoFrame)
        self.anchorClicked.connect(lambda link: self.followed.emit(link.toString()))
        self._timer = QTimer(self)
        self._timer.setInterval(0)
        self._timer.timeout.connect(self._add_next)

    @property
    def settled(self) -> bool:
        """Whether the whole page is there."""
        return not self._waiting

    def picture_px(self) -> int:
        """How wide pictures may be."""
        return max(200, min(TEXT_PX, self.width() - 2 * EDGE_PX - 20))

    def show_page(
        self, sections: Sequence[Section], images: Mapping[str, QImage], heading: str, scroll: int, words: str
    ) -> None:
        """Show a page at a heading, or scrolled as it was before; `words` are marked."""
        self._images = images
        self._waiting = list(sections)
        self._heading, self._scroll, self._words = heading, scroll, words
        self.setExtraSelections([])
        self.clear()
        font = QFont(self.font())
        font.setPixelSize(BODY_PX)
        self.document().setDefaultFont(font)
        self._timer.start()

    def go_to(self, heading: str) -> None:
        """Put a heading at the top; an empty one is the beginning of the page."""
        self._heading, self._scroll = heading, 0
        block = self.document().begin()
        while heading and block.isValid():
            if block.blockFormat().headingLevel() and block.text().strip() == heading:
                box = self.document().documentLayout().blockBoundingRect(block)
                self.verticalScrollBar().setValue(round(box.top()) - 8)
                return
            block = block.next()
        self.verticalScrollBar().setValue(0)

    def heading_at_top(self) -> str:
        """The heading above what is visible, or the first one visible."""
        block = self.cursorForPosition(self.viewport().rect().topLeft()).block()
        while block.isValid():
            if block.blockFormat().headingLevel():
                return block.text().strip()
            block = block.previous()
        return ""

    def mark(self, words: str) -> None:
        """Mark words wherever they stand on the page; none marks nothing."""
        shape = QTextCharFormat()
        shape.setBackground(QColor(self._theme.colours.selected))
        marks = []
        for word in words.split():
            cursor = self.document().find(word)
            while not cursor.isNull():
                selection = QTextEdit.ExtraSelection()
                selection.cursor, selection.format = cursor, shape  # type: ignore[attr-defined]
                marks.append(selection)
                cursor = self.document().find(word, cursor)
        self.setExtraSelections(marks)

    def stop(self) -> None:
        """Lay no more out."""
        self._waiting = []
        self._timer.stop()

    def loadResource(self, kind: int, name: QUrl | str) -> Any:
        """Pictures that were handed over; never a file, never the network."""
        wanted = name.toString() if isinstance(name, QUrl) else name
        return self._images.get(wanted) if kind == QTextDocument.ResourceType.ImageResource.value else None

    def resizeEvent(self, event: QResizeEvent) -> None:
        """Keep lines short enough to read."""
        spare = max(0, self.width() - TEXT_PX - 2 * EDGE_PX - 20)
        self.setViewportMargins(EDGE_PX, 12, EDGE_PX + spare, 0)
        super().resizeEvent(event)

    # ---- laying out
    def _add_next(self) -> None:
        if self._waiting:
            self._add(self._waiting.pop(0))
        if not self._waiting:
            self._timer.stop()
            self.mark(self._words)
            if self._scroll:
                self.verticalScrollBar().setValue(self._scroll)
            else:
                self.go_to(self._heading)

    def _add(self, section: Section) -> None:
        cursor = QTextCursor(self.document())
        cursor.movePosition(QTextCursor.MoveOperation.End)
        if not self.document().isEmpty():
            cursor.insertBlock(QTextBlockFormat(), QTextCharFormat())
        begun = cursor.block().blockNumber()
        cursor.beginEditBlock()
        cursor.insertMarkdown(section.text)
        self._style_blocks(begun)
        cursor.endEditBlock()

    def _style_blocks(self, begun: int) -> None:
        block = self.document().findBlockByNumber(begun)
        tables: dict[int, QTextTable] = {}
        while block.isValid():
            cursor = QTextCursor(block)
            table = cursor.currentTable()
            if table is None:
                self._style_block(cursor)
            else:
                tables[table.objectIndex()] = table
            block = block.next()
        for table in tables.values():
            self._style_table(table)

    def _style_block(self, cursor: QTextCursor) -> None:
        block = cursor.block()
        level, change = block.blockFormat().headingLevel(), QTextBlockFormat()
        change.setLineHeight(LINE_PERCENT, QTextBlockFormat.LineHeightTypes.ProportionalHeight.value)
        if level:
            change.setTopMargin(26 if level < 3 else 18)
            change.setBottomMargin(8)
            letters = QTextCharFormat()
            letters.setProperty(QTextFormat.Property.FontSizeAdjustment, 0)
            letters.setProperty(QTextFormat.Property.FontPixelSize, SIZES_PX.get(level, BODY_PX))
            cursor.movePosition(QTextCursor.MoveOperation.EndOfBlock, QTextCursor.MoveMode.KeepAnchor)
            cursor.mergeCharFormat(letters)
        elif block.blockFormat().hasProperty(FENCE):
            change.setBackground(QColor(self._theme.colours.field))
            change.setLineHeight(120.0, QTextBlockFormat.LineHeightTypes.ProportionalHeight.value)
        else:
            change.setBottomMargin(8)
        cursor.mergeBlockFormat(change)

    def _style_table(self, table: QTextTable) -> None:
        shape = table.format()
        shape.setCellPadding(5)
        shape.setCellSpacing(0)
        shape.setBorderCollapse(True)
        shape.setBorder(1)
        shape.setBorderStyle(QTextFrameFormat.BorderStyle.BorderStyle_Solid)
        shape.setBorderBrush(QColor(self._theme.colours.line))
        shape.setTopMargin(4)
        shape.setBottomMargin(10)
        shape.setWidth(QTextLength(QTextLength.Type.VariableLength, 0))
        table.setFormat(shape)
