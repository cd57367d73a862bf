"""The recipe as a list: the input, then each step with its state."""

from __future__ import annotations

from collections.abc import Callable

from PySide6.QtCore import QModelIndex, QPersistentModelIndex, QRect, QSize, Qt, Signal
from PySide6.QtGui import QColor, QDropEvent, QFont, QPainter
from PySide6.QtWidgets import (
    QComboBox,
    QListWidget,
    QListWidgetItem,
    QMenu,
    QStyle,
    QStyledItemDelegate,
    QStyleOptionViewItem,
    QToolButton,
    QWidget,
)

from app.guiding import Guide
from app.marks import Mark
from app.panels.badge import draw_mark
from app.session import Session
from app.theme import Theme
from app.widgets import button, column, label, row, tool
from core.params import Params, hint
from core.recipe import RecipeStep
from core.step import Stage
from core.steps import STEPS

ROW_PX = 50
TITLE, DETAIL, MARK, ICON = (Qt.ItemDataRole.UserRole + n for n in range(4))


def differences(params: Params) -> str:
    """The parameters that are not at their defaults, in short."""
    fields = type(params).model_fields
    shown = []
    for name, field in fields.items():
        value = getattr(params, name)
        if value != field.get_default(call_default_factory=True):
            names = hint(field, "choices", {}) or {}
            unit = hint(field, "unit", "")
            text = str(names.get(value, f"{value:g}" if isinstance(value, float) else value))
            shown.append(f"{field.title or name} {text}{' ' + unit if unit else ''}")
    return " · ".join(shown)


def detail(entry: RecipeStep) -> str:
    """The second line of a row."""
    text = differences(entry.params) or "default settings"
    return f"own values · {text}" if entry.estimate is not None else text


class RowDelegate(QStyledItemDelegate):
    """Draws icon, title, detail and mark."""

    def __init__(self, theme: Theme, parent: QWidget) -> None:
        super().__init__(parent)
        self._theme = theme

    def sizeHint(  # noqa: D102 - Qt's name
        self, option: QStyleOptionViewItem, index: QModelIndex | QPersistentModelIndex
    ) -> QSize:
        return QSize(1, ROW_PX)

    def paint(  # noqa: D102 - Qt's name
        self,
        painter: QPainter,
        option: QStyleOptionViewItem,
        index: QModelIndex | QPersistentModelIndex,
    ) -> None:
        colours = self._theme.colours
        box: QRect = option.rect.adjusted(6, 2, -6, -2)
        state = option.state
        painter.save()
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        painter.setPen(Qt.PenStyle.NoPen)
        if state & QStyle.StateFlag.State_Selected:
            painter.setBrush(QColor(colours.selected))
            painter.drawRoundedRect(box, 7, 7)
        elif state & QStyle.StateFlag.State_MouseOver:
            painter.setBrush(QColor(colours.hover))
            painter.drawRoundedRect(box, 7, 7)
        icon_box = QRect(box.left() + 10, box.center().y() - 10, 20, 20)
        self._theme.icon(index.data(ICON), "quiet").paint(painter, icon_box)
        text_box = box.adjusted(42, 5, -34, -5)
        self._text(painter, text_box, index, option.font)
        mark_box = QRect(box.right() - 26, box.center().y() - 8, 16, 16)
        draw_mark(painter, mark_box, index.data(MARK), self._theme)
        painter.restore()

    def _text(
        self, painter: QPainter, box: QRect, index: QModelIndex | QPersistentModelIndex, base: QFont
    ) -> None:
        font = QFont(base)
        font.setPixelSize(13)
        font.setWeight(QFont.Weight.DemiBold)
        painter.setFont(font)
        painter.setPen(QColor(self._theme.colours.text))
        upper = QRect(box.left(), box.top(), box.width(), box.height() // 2)
        painter.drawText(upper, Qt.AlignmentFlag.AlignVCenter, _fitting(painter, index.data(TITLE), box))
        font.setPixelSize(11)
        font.setWeight(QFont.Weight.Normal)
        painter.setFont(font)
        painter.setPen(QColor(self._theme.colours.quiet))
        lower = QRect(box.left(), box.top() + box.height() // 2, box.width(), box.height() // 2)
        painter.drawText(lower, Qt.AlignmentFlag.AlignVCenter, _fitting(painter, index.data(DETAIL), box))


def _fitting(painter: QPainter, text: str, box: QRect) -> str:
    return painter.fontMetrics().elidedText(text, Qt.TextElideMode.ElideRight, box.width())


class StepList(QListWidget):
    """The rows; `moved` carries (row, row it goes to) after a drag, and the list itself stays as it was."""

    moved = Signal(int, int)

    def dropEvent(self, event: QDropEvent) -> None:
        """Ask for the move instead of making it: the recipe decides what the list shows."""
        source = self.currentRow()
        place = self.indexAt(event.position().toPoint())
        target = place.row() if place.isValid() else self.count()
        if place.isValid() and self.dropIndicatorPosition() is QListWidget.DropIndicatorPosition.BelowItem:
            target += 1
        if target > source:
            target -= 1
        event.setDropAction(Qt.DropAction.IgnoreAction)
        event.accept()
        self.moved.emit(source, target)


class RecipePanel(QWidget):
    """The recipe of the session, and the buttons that change it."""

    def __init__(self, session: Session, theme: Theme, guide: Guide, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._session = session
        self._theme = theme
        self._guide = guide
        self.propose = button("Propose all steps", guide.use_all)
        self.propose.setToolTip(
            "Make a recipe from what the slices show; each step can be changed afterwards"
        )
        self.list = StepList()
        self.list.setItemDelegate(RowDelegate(theme, self.list))
        self.list.setMouseTracking(True)
        self.list.setHorizontalScrollBarPolicy(Qt.ScrollBarPolicy.ScrollBarAlwaysOff)
        self.list.setDragDropMode(QListWidget.DragDropMode.InternalMove)
        self.list.setDefaultDropAction(Qt.DropAction.MoveAction)
        self.list.setAccessibleName("Recipe")
        self.list.currentRowChanged.connect(self._row_chosen)
        self.list.moved.connect(self._moved)
        self.channels = QComboBox()
        self.channels.setAccessibleName("Channel")
        self.channels.textActivated.connect(session.show_channel)
        self.add_menu = QMenu(self)
        self._fill_menu()
        self._tools = self._buttons()
        head = row(label("RECIPE", "section", wrap=False), None, self._tools["add"])
        head.setContentsMargins(14, 8, 8, 0)
        foot = row(*(self._tools[name] for name in ("up", "down", "duplicate", "remove")), None)
        foot.setContentsMargins(10, 0, 8, 8)
        chooser = row(self.channels)
        chooser.setContentsMargins(12, 0, 12, 0)
        start = row(self.propose)
        start.setContentsMargins(12, 0, 12, 0)
        self.setLayout(column(head, chooser, start, self.list, foot, gap=6))
        for signal in (session.recipe_changed, session.inputs_changed, session.channel_changed):
            signal.connect(self.refresh)
        session.marks_changed.connect(self._show_marks)
        guide.changed.connect(self._offer_all)
        session.chosen_changed.connect(self._show_chosen)
        theme.changed.connect(self._recolour)
        self.refresh()

    def refresh(self) -> None:
        """Show the recipe as it is now."""
        self._list_channels()
        self._offer_all()
        self.list.blockSignals(True)
        self.list.clear()
        self._add_input()
        for number, entry in enumerate(self._session.recipe.steps, start=1):
            item = QListWidgetItem()
            item.setData(TITLE, f"{number}  {entry.step.label}")
            item.setData(DETAIL, detail(entry))
            item.setData(ICON, entry.step.stage.value.lower())
            item.setToolTip(entry.step.summary)
            self.list.addItem(item)
        self._show_marks()
        self.list.blockSignals(False)
        self._show_chosen()

    def _offer_all(self) -> None:
        found = any(made.steps for made in self._guide.proposals.values())
        self.propose.setVisible(found and not self._session.recipe.steps)

    def _list_channels(self) -> None:
        names = list(self._session.inputs)
        self.channels.setVisible(len(names) > 1)
        self.channels.clear()
        self.channels.addItems(names)
        self.channels.setCurrentText(self._session.channel)

    def _add_input(self) -> None:
        volume = self._session.volume
        item = QListWidgetItem()
        item.setData(TITLE, self._session.channel or "Input")
        item.setData(ICON, "drop")
        item.setData(MARK, Mark.EMPTY)
        if volume is None:
            item.setData(DETAIL, "nothing is open")
        else:
            z, y, x = volume.info.shape
            item.setData(DETAIL, f"{z} slice{'s' * (z != 1)} · {x} × {y} px · {volume.info.dtype}")
        item.setFlags(Qt.ItemFlag.ItemIsEnabled | Qt.ItemFlag.ItemIsSelectable)
        self.list.addItem(item)

    def _buttons(self) -> dict[str, QToolButton]:
        session = self._session
        made = {
            "up": self._tool("up", "Move the step up", lambda index: session.move(index, index - 1)),
            "down": self._tool("down", "Move the step down", lambda index: session.move(index, index + 1)),
            "duplicate": self._tool("duplicate", "Duplicate the step", session.duplicate),
            "remove": self._tool("remove", "Remove the step", session.remove),
        }
        made["add"] = tool(self._theme.icon("add", "quiet"), "Add a step", lambda: None)
        made["add"].setMenu(self.add_menu)
        made["add"].setPopupMode(QToolButton.ToolButtonPopupMode.InstantPopup)
        return made

    def _fill_menu(self) -> None:
        for stage in Stage:
            steps = [step for step in STEPS if step.stage is stage]
            if steps:
                self.add_menu.addSection(self._theme.icon(stage.value.lower(), "quiet"), stage.value)
            for step in steps:
                action = self.add_menu.addAction(step.label)
                action.setToolTip(step.summary)
                action.triggered.connect(lambda _checked=False, name=step.name: self._session.add(name))
        self.add_menu.setToolTipsVisible(True)

    def _tool(self, icon: str, tip: str, change: Callable[[int], None]) -> QToolButton:
        def act() -> None:
            if self._session.chosen is not None:
                change(self._session.chosen)

        return tool(self._theme.icon(icon, "quiet"), tip, act)

    def _row_chosen(self, row_number: int) -> None:
        if row_number >= 0:
            self._session.choose(row_number - 1 if row_number > 0 else None)

    def _moved(self, source: int, target: int) -> None:
        if source > 0:
            self._session.move(source - 1, max(0, target - 1))

    def _show_marks(self) -> None:
        for index in range(self.list.count() - 1):
            marks = self._session.marks
            item = self.list.item(index + 1)
            mark = marks[index] if index < len(marks) else Mark.TODO
            item.setData(MARK, mark)
            item.setData(Qt.ItemDataRole.AccessibleDescriptionRole, mark.value)

    def _show_chosen(self) -> None:
        chosen = self._session.chosen
        self.list.blockSignals(True)
        self.list.setCurrentRow(0 if chosen is None else chosen + 1)
        self.list.blockSignals(False)
        count = len(self._session.recipe.steps)
        self._tools["up"].setEnabled(chosen is not None and chosen > 0)
        self._tools["down"].setEnabled(chosen is not None and chosen < count - 1)
        self._tools["duplicate"].setEnabled(chosen is not None)
        self._tools["remove"].setEnabled(chosen is not None)
        self._tools["add"].setEnabled(self._session.volume is not None)

    def _recolour(self) -> None:
        for name, made in self._tools.items():
            made.setIcon(self._theme.icon(name, "quiet"))
        self.list.viewport().update()
