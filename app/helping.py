"""Where F1 leads: the place in the manual that matches where the user is."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING

from PySide6.QtWidgets import QWidget

from app.manual import Place
from core.step import Stage
from core.steps import STEPS

if TYPE_CHECKING:
    from app.main_window import MainWindow

WINDOW, STEP_PAGE = "window.md", "steps.md"
TABLE: Mapping[str, tuple[Place, ...]] = {
    "empty": (Place(WINDOW, "Opening"),),
    "recipe": (Place(WINDOW, "Building a recipe"),),
    "slices": (Place(WINDOW, "Looking"),),
    "3d": (Place(WINDOW, "3D"), Place(WINDOW, "Looking")),
    "compare": (Place(WINDOW, "Comparing"), Place(WINDOW, "Looking")),
    "paint": (Place(WINDOW, "Painting labels"), Place(WINDOW, "Painting"), Place("training.md")),
    "tab run": (Place(WINDOW, "Running"),),
    "tab alignment": (Place(WINDOW, "Alignment and thickness"),),
    "tab measures": (Place(WINDOW, "Measuring"),),
    "tab grey values": (Place(WINDOW, "Grey values"), Place(WINDOW, "Looking")),
    "tab exports": (Place(WINDOW, "Exporting"),),
    "tab log": (Place(WINDOW, "When something goes wrong"),),
    "tool simulate": (Place(WINDOW, "Simulating a stack"), Place("simulation.md")),
    "tool train": (Place(WINDOW, "Training a network"), Place(WINDOW, "Training"), Place("training.md")),
    "tool models": (Place(WINDOW, "Models"), Place("models.md")),
    "tool settings": (Place(WINDOW, "Settings"), Place(WINDOW)),
    f"stage {Stage.IMPORT.value}": (Place(WINDOW, "Opening"),),
    f"stage {Stage.ALIGN.value}": (Place("registration.md"),),
    f"stage {Stage.THICKNESS.value}": (Place("thickness.md"),),
    f"stage {Stage.SEGMENT.value}": (Place("segmentation.md"),),
    f"stage {Stage.REBUILD.value}": (Place("rebuild.md"),),
    f"stage {Stage.MEASURE.value}": (Place("measures.md"),),
    f"stage {Stage.EXPORT.value}": (Place(WINDOW, "Exporting"),),
}  # fmt: skip
"""By where the user is: places, of which the first that exists is shown."""


def places_of(where: str) -> tuple[Place, ...]:
    """Places for a key of the table, for ``step NAME``, and for stages that have no page of their own."""
    kind, _, name = where.partition(" ")
    if kind == "step":
        return (Place(STEP_PAGE, name),)
    if where not in TABLE and kind == "stage":
        return tuple(Place(STEP_PAGE, step.name) for step in STEPS if step.stage.value == name)
    return TABLE.get(where, ())


def where_is(window: MainWindow, *, page_last: bool = False) -> str:
    """Where the user is, as a key for `places_of`; the page on the right if that was chosen last."""
    tool = next((tool.name for tool in window.tools.values() if tool.shown), None)
    if tool is not None:
        return f"tool {tool}"
    if window.program.session.volume is None:
        return "empty"
    focus = None if page_last else window.focusWidget()
    return _dock_of(window, focus) or _view_of(window, focus) or _page_on_the_right(window)


def _dock_of(window: MainWindow, focus: QWidget | None) -> str:
    """The part beside the picture that has the keyboard; nothing for the right side."""
    name = next((name for name, dock in window.docks.items() if focus and dock.isAncestorOf(focus)), "")
    if name == "recipe":
        return _page_on_the_right(window) if window.program.session.chosen is not None else "recipe"
    return f"tab {name}" if name not in ("", "inspector") else ""


def _view_of(window: MainWindow, focus: QWidget | None) -> str:
    """The picture, while it has the keyboard."""
    views = window.views
    if focus is None or not views.isAncestorOf(focus):
        return ""
    if views.volume_view is not None and views.volume_view.isAncestorOf(focus):
        return "3d"
    if window.program.painting.on:
        return "paint"
    return "compare" if window.acts["compare-results"].isChecked() else "slices"


def _page_on_the_right(window: MainWindow) -> str:
    session, shown = window.program.session, window.inspector.currentWidget()
    if shown is window.step and session.chosen is not None:
        return f"step {session.recipe.steps[session.chosen].step.name}"
    stage = window.stage.stage if shown is window.stage else Stage.IMPORT
    return f"stage {stage.value}"
