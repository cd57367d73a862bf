"""Puts a material together from its elements and its density."""

from __future__ import annotations

from collections.abc import Callable

from PySide6.QtCore import Qt, Signal
from PySide6.QtWidgets import (
    QComboBox,
    QCompleter,
    QDialog,
    QGridLayout,
    QLineEdit,
    QPushButton,
    QToolButton,
    QWidget,
)

from app.forms_number import NumberBox, UnreadableError
from app.widgets import button, column, combo_box, label, row
from core.errors import ParameterError
from core.simulate.electrons.compose import By, composed, mean_atomic_number, weight_shares
from core.simulate.electrons.elements import SYMBOLS
from core.simulate.electrons.material import Material
from core.simulate.electrons.materials import HIGHEST_DENSITY, material_of

WIDTH_PX, MOST_ELEMENTS = 460, 12
WAYS: dict[str, By] = {"Atoms (or mol %)": "atoms", "Parts by weight (or wt %)": "weight"}
TEXT = (
    "Elements with their amounts, and the density of the solid. Amounts count by their proportions: 2 Al and "
    "3 O, or 40 and 60."
)


class MaterialDialog(QDialog):
    """Sends `composed`, a text such as ``Al2O3@3.95``."""

    composed = Signal(str)

    def __init__(self, phase: str, present: str, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.setAttribute(Qt.WidgetAttribute.WA_DeleteOnClose)
        self.setWindowTitle("Trueslice")
        self.setMinimumWidth(WIDTH_PX)
        self.rows: list[_Element] = []
        self._grid = QGridLayout()
        self._grid.setHorizontalSpacing(8)
        self._grid.setColumnStretch(1, 1)
        self.ways = combo_box(list(WAYS), "What the amounts are")
        self.ways.setToolTip("Whether amounts are numbers of atoms or parts by weight")
        self.density = NumberBox(whole=False, optional=True, lower=0.001, upper=HIGHEST_DENSITY, step=0.1)
        self.density.setAccessibleName("Density")
        self.density.setToolTip("Of the solid, in g/cm³: the listed value, or as weighed")
        self.verdict = label("")
        self.more_button = button("Add an element", self._add)
        self.use_button = button("Use it", self._use, kind="primary")
        self.use_button.setDefault(True)
        self._lay_out(phase)
        self._fill(present)
        self.ways.currentIndexChanged.connect(lambda _index: self._judge())
        self.density.changed.connect(self._judge)

    def material(self) -> Material:
        """What the fields say.

        Raises
        ------
        ParameterError, UnreadableError
            If they are no material.
        """
        parts = [element.read() for element in self.rows if element.symbol.text().strip()]
        density = self.density.number()
        if density is None:
            raise UnreadableError("The density is needed.")
        return composed(parts, WAYS[self.ways.currentText()], float(density))

    def _lay_out(self, phase: str) -> None:
        thickness = row(label("Density", wrap=False), self.density, label("g/cm³", wrap=False), None, gap=8)
        thickness.setStretch(1, 1)
        buttons = row(None, button("Cancel", self.reject), self.use_button, gap=8)
        self.setLayout(
            column(
                label(f"Compose the material of {phase}", "title"),
                label(TEXT, "quiet"),
                self.ways,
                self._grid,
                row(self.more_button, None),
                thickness,
                self.verdict,
                buttons,
                margin=24,
                gap=14,
            )
        )

    def _fill(self, present: str) -> None:
        """Begin with the material of before."""
        try:
            material = material_of(present)
        except ParameterError:
            material = None
        atoms = () if material is None else material.atoms[:MOST_ELEMENTS]
        for z, count in atoms:
            self._add()
            self.rows[-1].show_values(SYMBOLS[z - 1], count)
        if not self.rows:
            self._add()
        if material is not None and material.density_g_cm3:
            self.density.show_number(material.density_g_cm3)
        self._judge()

    def _add(self) -> None:
        if len(self.rows) >= MOST_ELEMENTS:
            return
        element = _Element(len(self.rows) + 1, self._judge, self._remove)
        place = self._grid.rowCount()
        for at, widget in enumerate((element.symbol, element.amount, element.remove_button)):
            self._grid.addWidget(widget, place, at)
        self.rows.append(element)
        element.symbol.setFocus()
        self._judge()

    def _remove(self, element: _Element) -> None:
        self.rows.remove(element)
        for widget in (element.symbol, element.amount, element.remove_button):
            self._grid.removeWidget(widget)
            widget.hide()
            widget.deleteLater()
        if not self.rows:
            self._add()
        self._judge()

    def _judge(self) -> None:
        """Say what the fields come to, or what is wrong."""
        self.more_button.setEnabled(len(self.rows) < MOST_ELEMENTS)
        try:
            material = self.material()
        except ParameterError as error:
            wanted = f": {error.expected}" if error.expected else ""
            self._say(f"{error.what[:1].upper()}{error.what[1:]}{wanted}.", good=False)
        except UnreadableError as error:
            self._say(str(error), good=False)
        else:
            shares = weight_shares(material)
            parts = ", ".join(f"{100 * share:.3g} % {symbol}" for symbol, share in shares.items())
            self._say(f"{material.name}: {facts(material)}. By weight {parts}.", good=True)

    def _say(self, text: str, *, good: bool) -> None:
        self.verdict.setText(text)
        self.verdict.setProperty("role", "small" if good else "warn")
        self.verdict.style().unpolish(self.verdict)
        self.verdict.style().polish(self.verdict)
        self.use_button.setEnabled(good)

    def _use(self) -> None:
        name = self.material().name
        self.accept()
        self.composed.emit(name)


class _Element:
    """Symbol and amount of one element, and a button that takes it out."""

    def __init__(self, number: int, changed: Callable[[], None], remove: Callable[[_Element], None]) -> None:
        self.symbol = QLineEdit()
        self.symbol.setPlaceholderText("Si")
        self.symbol.setMaxLength(2)
        self.symbol.setAccessibleName(f"Element {number}")
        self.symbol.setToolTip("Symbol of the element, with its capital letter")
        self.symbol.setFixedWidth(self.symbol.fontMetrics().horizontalAdvance("0") * 9)
        self.symbol.setCompleter(QCompleter(list(SYMBOLS), self.symbol))
        self.amount = NumberBox(whole=False, optional=True, lower=0.0, upper=1e6, step=1)
        self.amount.setAccessibleName(f"Amount of element {number}")
        self.amount.setToolTip("How much of it there is, in the unit chosen above")
        self.amount.show_number(1)
        self.remove_button = QToolButton()
        self.remove_button.setText("×")
        self.remove_button.setAccessibleName(f"Take out element {number}")
        self.remove_button.setToolTip("Take this element out")
        self.symbol.textChanged.connect(lambda _text: changed())
        self.amount.changed.connect(changed)
        self.remove_button.clicked.connect(lambda _checked=False: remove(self))

    def show_values(self, symbol: str, amount: float) -> None:
        """Show an element of a material."""
        self.symbol.setText(symbol)
        self.amount.show_number(round(amount, 6))

    def read(self) -> tuple[str, float]:
        """Symbol and amount; 0 where none is given."""
        return self.symbol.text().strip(), float(self.amount.number() or 0)


def facts(material: Material) -> str:
    """Mean atomic number and density, which decide how bright a material is."""
    if material.is_vacuum:
        return "empty"
    return f"mean Z {mean_atomic_number(material):.3g}, {material.density_g_cm3:g} g/cm³"


def composer_button(phase: str, box: QComboBox) -> QPushButton:
    """A button that opens the dialog and puts what was composed into a list of materials."""

    def compose() -> None:
        dialog = MaterialDialog(phase, box.currentText(), made.window())
        dialog.composed.connect(box.setCurrentText)
        dialog.open()

    made = button("…", compose)
    made.setFixedWidth(made.fontMetrics().horizontalAdvance("…") + 30)
    made.setToolTip("Compose it from elements and density")
    made.setAccessibleName(f"Compose the material of {phase}")
    return made
