"""One page of the manual: Markdown laid out in the colours of the window, piece by piece."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from PySide6.QtCore import QPoint, Qt, QTimer, QUrl, Signal
from PySide6.QtGui import (
    QColor,
    QFont,
    QImage,
    QResizeEvent,
    QTextBlock,
    QTextBlockFormat,
    QTextCharFormat,
    QTextCursor,
    QTextDocument,
    QTextFormat,
    QTextFrameFormat,
    QTextTable,
)
from PySide6.QtWidgets import QTextBrowser, QTextEdit, QWidget

from app.manual import Section
from app.theme import Theme

TEXT_PX = 800
"""Widest line of text, and widest picture."""
EDGE_PX = 24
HEAD_PX = 8  # room above a heading that was gone to
TOPS_PX = {1: 0, 2: 24}
SIZES_PX = {1: 24, 2: 18, 3: 15}
BODY_PX = 14
LINE_PERCENT = 135.0
CODE_PX = 13
PROPORTIONAL = QTextBlockFormat.LineHeightTypes.ProportionalHeight.value
EMPTY = "\u200b"
FENCE = QTextFormat.Property.BlockCodeFence


class ManualText(QTextBrowser):
    """Shows the sections of a page; `followed` carries the address of a link that was clicked.

    A long page would hold the window up, so its sections come one after the other. Pictures are those that
    were handed over; nothing else is ever loaded.
    """

    followed = Signal(str)

    def __init__(self, theme: Theme, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._theme = theme
        self._images: Mapping[str, QImage] = {}
        self._waiting: list[Section] = []
        self._heading, self._scroll, self._words = "", 0, ""
        self._tables = 0  # how many have their lines and colours
        self.setOpenLinks(False)
        self.setAccessibleName("Manual")
        self.setFrameShape(QTextEdit.Shape.NoFrame)
        self.setVerticalScrollBarPolicy(Qt.ScrollBarPolicy.ScrollBarAlwaysOn)  # else lines are broken twice
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
        return max(200, min(TEXT_PX, self.viewport().width() - 2 * round(self.document().documentMargin())))

    def show_page(
        self, sections: Sequence[Section], images: Mapping[str, QImage], heading: str, scroll: int, words: str
    ) -> None:
        """Show a page at a heading, or scrolled as it was before; `words` are marked."""
        self._images = images
        self._waiting = list(sections)
        self._heading, self._scroll, self._words = heading, scroll, words
        self.setExtraSelections([])
        self._tables = 0
        self.clear()
        font = QFont(self.font())
        font.setPixelSize(BODY_PX)
        self.document().setDefaultFont(font)
        self._timer.start()

    def go_to(self, heading: str) -> None:
        """Put a heading at the top; an empty one is the beginning of the page."""
        self._heading, self._scroll = heading, 0
        self.document().documentLayout().documentSize()  # lays all of it out: only then it can be scrolled
        block = self.document().begin()
        while heading and block.isValid():
            if block.blockFormat().headingLevel() and block.text().strip() == heading:
                box = self.document().documentLayout().blockBoundingRect(block)
                self.verticalScrollBar().setValue(round(box.top()) - HEAD_PX)
                return
            block = block.next()
        self.verticalScrollBar().setValue(0)

    def heading_at_top(self) -> str:
        """The heading above what is visible, or the first one visible."""
        at_top = self.cursorForPosition(QPoint(0, HEAD_PX + 4)).block()
        for onward in (False, True):
            block = at_top
            while block.isValid():
                if block.blockFormat().headingLevel():
                    return block.text().strip()
                block = block.next() if onward else block.previous()
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
                selection.cursor, selection.format = cursor, shape
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
            scroll = self._scroll
            self.go_to("" if scroll else self._heading)
            if scroll:
                self.verticalScrollBar().setValue(scroll)

    def _add(self, section: Section) -> None:
        cursor = QTextCursor(self.document())
        cursor.movePosition(QTextCursor.MoveOperation.End)
        cursor.beginEditBlock()
        if self.document().blockCount() > 1:
            cursor.insertBlock(QTextBlockFormat(), QTextCharFormat())
        begun = cursor.block().blockNumber()
        # The first block that is inserted loses what it is, so that this is an empty one.
        cursor.insertMarkdown(f"{EMPTY}\n\n{section.text}")
        self._style_blocks(begun)
        for frame in self.document().rootFrame().childFrames()[self._tables :]:
            self._tables += 1
            if isinstance(frame, QTextTable):
                self._style_table(frame)
        cursor.endEditBlock()

    def _style_blocks(self, begun: int) -> None:
        block = self.document().findBlockByNumber(begun)
        flat = QTextBlockFormat()
        flat.setLineHeight(2.0, QTextBlockFormat.LineHeightTypes.FixedHeight.value)
        QTextCursor(block).setBlockFormat(flat)
        block = block.next()
        while block.isValid():
            cursor = QTextCursor(block)
            self._style_block(cursor, inside=cursor.currentFrame() != self.document().rootFrame())
            self._size_letters(block)
            block = block.next()

    def _style_block(self, cursor: QTextCursor, *, inside: bool) -> None:
        """Space around a paragraph, and the size of a heading; `inside` a table there is no space."""
        block, change = cursor.block(), QTextBlockFormat()
        level = block.blockFormat().headingLevel()
        change.setLineHeight(LINE_PERCENT, PROPORTIONAL)
        change.setBottomMargin(0 if inside else 8)
        if level:
            change.setTopMargin(TOPS_PX.get(level, 16))
        elif block.blockFormat().hasProperty(FENCE):
            change.setBackground(QColor(self._theme.colours.raised))
            change.setLineHeight(100.0, PROPORTIONAL)
            change.setNonBreakableLines(False)
            last = not block.next().blockFormat().hasProperty(FENCE)
            change.setBottomMargin(10 if last else 0)
        cursor.mergeBlockFormat(change)

    def _size_letters(self, block: QTextBlock) -> None:
        """Headings as large as they are important; code, which comes too large, as the text around it."""
        level, fenced = block.blockFormat().headingLevel(), block.blockFormat().hasProperty(FENCE)
        place = block.begin()
        while not place.atEnd():
            piece = place.fragment()
            letters = piece.charFormat()
            if level or letters.fontFixedPitch() or fenced:
                letters.clearProperty(QTextFormat.Property.FontSizeAdjustment.value)
                size = SIZES_PX.get(level, BODY_PX) if level else CODE_PX
                letters.setProperty(QTextFormat.Property.FontPixelSize.value, size)
                cursor = QTextCursor(self.document())
                cursor.setPosition(piece.position())
                cursor.setPosition(piece.position() + piece.length(), QTextCursor.MoveMode.KeepAnchor)
                cursor.setCharFormat(letters)
            place += 1

    def _style_table(self, table: QTextTable) -> None:
        """Thin lines, and a ground below the headings of columns."""
        colours = self._theme.colours
        shape = table.format()
        shape.setCellPadding(6)
        shape.setCellSpacing(0)
        shape.setBorderCollapse(True)
        shape.setBorder(1)
        shape.setBorderStyle(QTextFrameFormat.BorderStyle.BorderStyle_Solid)
        shape.setBorderBrush(QColor(colours.line))
        shape.setTopMargin(4)
        shape.setBottomMargin(12)
        table.setFormat(shape)
        for place in range(table.columns()):
            cell = table.cellAt(0, place)
            kept = cell.format()
            kept.setBackground(QColor(colours.raised))
            cell.setFormat(kept)
