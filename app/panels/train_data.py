"""What a network is trained on: a simulated set, painted labels, or files with labels."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Literal, TypeAlias

from PySide6.QtCore import QSignalBlocker, Signal
from PySide6.QtWidgets import QVBoxLayout, QWidget

from app.forms import StepForm
from app.panels.train_network import FILES, files_form
from app.theme import Theme
from app.widgets import column, combo_box, flush, frame, label, row, tool
from core.learn.params.data import DataParams

if TYPE_CHECKING:
    from core.learn.params.facts import DataFacts

Kind: TypeAlias = Literal["none", "set", "painted", "files", "plan"]
BOTH = (
    "A training learns from one of them. To use a simulated set and labels of your own, train with the set "
    "first, then start from that model with the labels."
)


@dataclass(frozen=True)
class Source:
    """One thing to train with."""

    kind: Kind
    place: str = ""

    @property
    def text(self) -> str:
        """How it is called in the list."""
        name = Path(self.place).name
        return {
            "none": "Choose what to train with …",
            "set": f"Simulated: {name.removesuffix('.zarr')}",
            "painted": f"Painted labels: {name}",
            "files": "Images and labels as files",
            "plan": "Simulated first, by the recipe",
        }[self.kind]


def source_of(data: DataParams, *, simulates: bool) -> Source:
    """What the data of a recipe are."""
    if simulates:
        return Source("plan")
    if data.kind == "simulated":
        return Source("set", data.path) if data.path else Source("none")
    if data.images and Path(data.images[0]).name.startswith("grey_"):
        return Source("painted", str(Path(data.images[0]).parent))
    return Source("files")


class TrainData(QWidget):
    """Sends `chosen` (`Source`), `browse`, and `files_changed` (`DataParams` of which the files count)."""

    chosen = Signal(object)
    browse = Signal()
    files_changed = Signal(object)

    def __init__(self, theme: Theme, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._theme = theme
        self._sources: list[Source] = []
        self.choice = combo_box([], "What to train with")
        self.choice.setToolTip("Simulated sets, labels painted in the open project, or files with labels")
        self.choice.setMinimumContentsLength(18)
        self.choice.currentIndexChanged.connect(self._choose)
        self.browse_button = tool(
            theme.icon("open"), "Choose the folder of a training set…", self.browse.emit
        )
        self.says = label("", "small")
        self.fault = label("")
        self.fault_box = frame("failure", column(self.fault, margin=8))
        self.why = label("", "quiet")
        self._files: StepForm | None = None  # made when it is first shown: few have labels as files
        self._place = QVBoxLayout()
        line = row(self.choice, self.browse_button)
        line.setStretch(0, 1)
        both = label(BOTH, "small")
        self.setLayout(column(line, self._place, self.says, self.fault_box, self.why, both, gap=8))
        self.show_facts(None)
        self.show_faults(())
        self.say_why("")
        theme.changed.connect(lambda: self.browse_button.setIcon(theme.icon("open")))

    @property
    def files(self) -> StepForm:
        """Names and the like of images and labels as files."""
        if self._files is None:
            self._files = files_form()
            flush(self._files)
            self._files.value_changed.connect(self.files_changed)
            self._place.addWidget(self._files)
        return self._files

    def source(self) -> Source:
        """What is chosen."""
        index = self.choice.currentIndex()
        return self._sources[index] if 0 <= index < len(self._sources) else Source("none")

    def offer(self, sources: Sequence[Source]) -> None:
        """List these beside what is chosen."""
        self._list([*sources, Source("files")], self.source())

    def show_data(self, data: DataParams, *, simulates: bool) -> None:
        """Show the data of a recipe."""
        source = source_of(data, simulates=simulates)
        self._list(self._sources, source)
        if self._files is not None:
            self._files.setVisible(source.kind == "files")
        if source.kind == "files":
            update = {name: getattr(data, name) for name in FILES}
            self.files.set_value(DataParams(kind="labelled").model_copy(update=update))

    def show_facts(self, facts: DataFacts | None) -> None:
        """Say what the data hold."""
        self.says.setText("" if facts is None else facts_text(facts))
        self.says.setVisible(facts is not None)

    def show_faults(self, faults: Sequence[str]) -> None:
        """Say why it cannot be trained with them."""
        self.fault.setText("\n".join(faults))
        self.fault_box.setVisible(bool(faults))

    def say_why(self, text: str) -> None:
        """Say why settings were proposed."""
        self.why.setText(text)
        self.why.setVisible(bool(text))

    def _list(self, sources: Sequence[Source], chosen: Source) -> None:
        shown = list(dict.fromkeys([*sources, chosen]))
        shown = [one for one in shown if one.kind != "none" or one == chosen]
        with QSignalBlocker(self.choice):
            self.choice.clear()
            self.choice.addItems([one.text for one in shown])
            for place, one in enumerate(shown):
                self.choice.setItemData(place, one.place or one.text, TOOL_TIP)
            self._sources = shown
            self.choice.setCurrentIndex(shown.index(chosen))

    def _choose(self, _index: int) -> None:
        self.chosen.emit(self.source())


TOOL_TIP = 3  # Qt.ItemDataRole.ToolTipRole


def facts_text(facts: DataFacts) -> str:
    """What data hold, in a few lines."""
    splits = ", ".join(
        f"{facts.splits[name]} {words}"
        for name, words in (
            ("train", "to train with"),
            ("validation", "for validation"),
            ("test", "for tests"),
        )
        if facts.splits.get(name)
    )
    what = "structures" if facts.kind == "simulated" else "images"
    z_nm, y_nm, x_nm = facts.voxel_nm_zyx
    pixel = (
        ""
        if y_nm is None or x_nm is None
        else f"pixels {_nm(x_nm)} nm" + ("" if x_nm == y_nm else f" × {_nm(y_nm)} nm")
    )
    lines = [
        f"{what.capitalize()}: {splits or 'none'}",
        ", ".join(filter(None, [
            ", ".join(facts.structures), _fraction(facts.solid_fraction), ", ".join(facts.channels),
        ])),
        ", ".join(filter(None, [
            f"at least {facts.slices} slices of {facts.side_px} px" if facts.slices > 1
            else f"single slices of at least {facts.side_px} px",
            pixel, "" if z_nm is None else f"slices {_nm(z_nm)} nm apart",
        ])),
        facts.electrons,
    ]  # fmt: skip
    return "\n".join(filter(None, lines))


def _fraction(found: tuple[float, float] | None) -> str:
    if found is None:
        return ""
    low, high = found
    return f"solid fraction {low:.2f}" + (f"-{high:.2f}" if f"{low:.2f}" != f"{high:.2f}" else "")


def _nm(value: float) -> str:
    return f"{value:.4g}"
