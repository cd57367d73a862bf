"""What the files say about the stack, what nobody has stated, and what the user knows better."""

from __future__ import annotations

from typing import Any

from PySide6.QtCore import QRegularExpression, Qt, Signal
from PySide6.QtGui import QRegularExpressionValidator
from PySide6.QtWidgets import QCheckBox, QComboBox, QFormLayout, QGridLayout, QLineEdit, QVBoxLayout, QWidget

from app.guiding import Guide
from app.panels.proposal import LOOKING, ProposalCard
from app.session import Opened, Session
from app.theme import Theme
from app.widgets import button, clear, column, frame, label, row, rule, scrolled
from core.metadata import Metadata
from core.step import Stage

ORDERS: tuple[tuple[str, bool | None], ...] = (
    ("as the metadata say", None),
    ("as the file names say", False),
    ("last slice first", True),
)


def facts(opened: Opened) -> list[tuple[str, str]]:
    """(name, value) of what is known of a stack; what is not known is left out."""
    info, metadata = opened.volume.info, opened.volume.metadata
    z, y, x = info.shape
    known: list[tuple[str, str | None]] = [
        ("Slices", f"{z}"),
        ("Slice size", f"{x} × {y} px"),
        ("Type", f"{info.dtype}, {size_text(info.nbytes)}"),
        ("Pixel x", length_text(info.voxel_nm[2])),
        ("Pixel y", length_text(info.voxel_nm[1])),
        ("Slice distance", length_text(info.voxel_nm[0])),
        ("Missing slices", None if info.slice_numbers is None else gap_text(info.slice_numbers)),
        *acquisition(metadata),
    ]
    return [(name, value) for name, value in known if value is not None]


def acquisition(metadata: Metadata) -> list[tuple[str, str | None]]:
    """(name, value) of the conditions the images were taken under."""

    def with_unit(value: float | None, unit: str) -> str | None:
        return None if value is None else f"{round(value, 3):g} {unit}"

    maker = " ".join(part for part in (metadata.vendor, metadata.instrument) if part)
    corrected = {True: "on", False: "off", None: None}[metadata.tilt_correction_on]
    return [
        ("Instrument", maker or None),
        ("Detector", metadata.detector),
        ("Voltage", with_unit(metadata.voltage_kv, "kV")),
        ("Current", with_unit(metadata.current_pa, "pA")),
        ("Dwell time", with_unit(metadata.dwell_us, "µs")),
        ("Stage tilt", with_unit(metadata.stage_tilt_deg, "°")),
        ("Tilt correction", corrected),
        ("Correction angle", with_unit(metadata.tilt_correction_angle_deg, "°")),
        ("Acquired", metadata.acquired),
    ]


def length_text(size_nm: float | None) -> str:
    """A voxel side for reading."""
    return "not stated" if size_nm is None else f"{size_nm:.6g} nm"


def size_text(count: int) -> str:
    """Bytes for reading."""
    size, units = float(count), ("B", "kB", "MB", "GB")
    for unit in units:
        if size < 1000 or unit == units[-1]:
            return f"{size:.3g} {unit}" if size < 1000 else f"{size:.0f} {unit}"
        size /= 1000
    return ""


def gap_text(numbers: tuple[int, ...]) -> str:
    """How many slices are missing between the first and the last."""
    return f"{numbers[-1] - numbers[0] + 1 - len(numbers)} (the others keep their z)"


class Number(QLineEdit):
    """A number or nothing."""

    def __init__(self, hint: str, low: float, high: float) -> None:
        super().__init__()
        self.setPlaceholderText(hint)
        self._low, self._high = low, high
        # Not a number of the system's language: a point would separate thousands in some of them.
        self.setValidator(QRegularExpressionValidator(QRegularExpression(r"\d*[.,]?\d{0,6}"), self))

    def value(self) -> float | None:
        """The number; None when empty or not a number yet."""
        try:
            value = float(self.text().replace(",", "."))
        except ValueError:
            return None
        return value if self._low <= value <= self._high else None

    def set_value(self, value: float | None) -> None:
        """Show a number; None empties the field."""
        self.setText("" if value is None else f"{value:.8g}")


class ImportPanel(QWidget):
    """Facts, gaps and warnings of the shown channel, and what is proposed for all stages.

    `reread` carries (channel, options).
    """

    reread = Signal(str, object)

    def __init__(self, session: Session, theme: Theme, guide: Guide, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._session = session
        self._theme = theme
        self._guide = guide
        self.card = ProposalCard(session, guide, Stage.IMPORT)
        self.propose_button = button("Propose all steps", guide.use_all)
        self.propose_button.setAutoDefault(True)
        self._proposing = label("", "small")
        self._head = label("", "title")
        self._path = label("", "small")
        self._notes = QVBoxLayout()
        self._notes.setSpacing(8)
        self._facts = QGridLayout()
        self._facts.setHorizontalSpacing(16)
        self._facts.setVerticalSpacing(5)
        self._facts.setColumnStretch(1, 1)
        self.voxel = {axis: Number("as stated", 1e-6, 1e9) for axis in "xyz"}
        self.uncorrected = QCheckBox("Images are not tilt-corrected")
        self.angle = Number("for example 38", -89.9, 89.9)
        self.order = QComboBox()
        self.order.addItems([text for text, _ in ORDERS])
        self.order.setSizeAdjustPolicy(QComboBox.SizeAdjustPolicy.AdjustToMinimumContentsLengthWithIcon)
        self.order.setMinimumContentsLength(6)
        self.skip_odd = QCheckBox("Leave out odd slices")
        self.apply = button("Read again with these", self._apply, kind="primary")
        said = (label("WHAT THE FILES SAY", "section"), self._facts)
        known = (label("WHAT YOU KNOW BETTER", "section"), self._form(), row(None, self.apply))
        guided = (self.card, row(self.propose_button, None), self._proposing)
        head = (self._head, self._path, self._notes)
        body = column(*head, *guided, rule(), *said, rule(), *known, None, margin=16)
        self._area = scrolled(body)
        self.setLayout(column(self._area))
        for signal in (session.inputs_changed, session.channel_changed):
            signal.connect(self.refresh)
        guide.changed.connect(self._say_proposals)
        self.refresh()

    def refresh(self) -> None:
        """Show the session's present channel."""
        opened = self._session.inputs.get(self._session.channel)
        clear(self._notes)
        clear(self._facts)
        self.setEnabled(opened is not None)
        self._say_proposals()
        if opened is None:
            self._head.setText("No stack is open")
            self._path.setText("")
            return
        paths = opened.spec.paths
        self._head.setText(self._session.channel or paths[0].name)
        self._path.setText(str(paths[0]) if len(paths) == 1 else f"{len(paths)} files in {paths[0].parent}")
        for place, (name, value) in enumerate(facts(opened)):
            self._facts.addWidget(label(name, "quiet", wrap=False), place, 0)
            self._facts.addWidget(label(value, "warn" if value == "not stated" else ""), place, 1)
        self._show_notes(opened)
        self._show_options(opened)

    def ask(self, what: str) -> None:
        """Lead the user to the field for something that only they can say."""
        field = self.voxel["x" if "pixel" in what else "z"]
        field.setFocus(Qt.FocusReason.OtherFocusReason)
        self._area.ensureWidgetVisible(field)

    def _say_proposals(self) -> None:
        guide = self._guide
        found = any(made.steps for made in guide.proposals.values())
        self.propose_button.setEnabled(found)
        self.propose_button.setToolTip(
            "Replace the recipe by what is proposed for every stage; undo restores it"
        )
        said = "Every stage at once, from what the slices show; each step can be changed afterwards."
        self._proposing.setText(LOOKING if guide.looking else said)

    def options(self) -> dict[str, Any]:
        """What the user has stated, as values for `core.io.ReadOptions`."""
        opened = self._session.inputs[self._session.channel]
        stated = opened.spec.options.model_dump()
        stated["voxel_nm_zyx"] = tuple(self.voxel[axis].value() for axis in "zyx")
        stated["tilt_correction_angle_deg"] = self._angle()
        stated["reverse"] = ORDERS[self.order.currentIndex()][1]
        stated["skip_odd"] = self.skip_odd.isChecked()
        return stated

    def _show_notes(self, opened: Opened) -> None:
        notes = [note[:1].upper() + note[1:] for note in opened.volume.notes]
        if None in opened.volume.info.voxel_nm:
            notes.append("Type in below what you know: nothing is guessed.")
        if notes:
            lines = (label(note) for note in notes)
            self._notes.addWidget(frame("notice", column(*lines, gap=6, margin=10)))

    def _form(self) -> QFormLayout:
        form = QFormLayout()
        form.setHorizontalSpacing(16)
        form.setVerticalSpacing(8)
        names = {"x": "Pixel x (nm)", "y": "Pixel y (nm)", "z": "Slice distance (nm)"}
        for axis, name in names.items():
            form.addRow(name, self.voxel[axis])
            self.voxel[axis].setAccessibleName(name)
        form.addRow(self.uncorrected)
        form.addRow("Correction angle (°)", self.angle)
        form.addRow("Order of slices", self.order)
        form.addRow(self.skip_odd)
        self.skip_odd.setToolTip("Slices of another size or type, and unreadable ones")
        self.uncorrected.toggled.connect(self._allow)
        self.angle.textChanged.connect(self._allow)
        self._allow()
        self.angle.setToolTip("As vendors state it: 38° where beam and face enclose 52°; y = x / cos(angle)")
        return form

    def _show_options(self, opened: Opened) -> None:
        options = opened.spec.options
        for axis, size, stated in zip("zyx", options.voxel_nm_zyx, opened.volume.info.voxel_nm, strict=True):
            self.voxel[axis].set_value(size)
            self.voxel[axis].setPlaceholderText(length_text(stated))
        self.uncorrected.setChecked(options.tilt_correction_angle_deg is not None)
        stated = opened.volume.metadata.tilt_correction_angle_deg
        self.angle.set_value(options.tilt_correction_angle_deg or stated)
        self.order.setCurrentIndex([value for _, value in ORDERS].index(options.reverse))
        self.skip_odd.setChecked(options.skip_odd)

    def _angle(self) -> float | None:
        return self.angle.value() if self.uncorrected.isChecked() else None

    def _allow(self) -> None:
        """A correction without its angle would be a guess, so it cannot be asked for."""
        corrects = self.uncorrected.isChecked()
        self.angle.setEnabled(corrects)
        self.apply.setEnabled(not corrects or self.angle.value() is not None)

    def _apply(self) -> None:
        if self._session.channel in self._session.inputs:
            self.reread.emit(self._session.channel, self.options())
