"""The bubbles of the tour: what each says, where it stands, and what is done on the way."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import TYPE_CHECKING, TypeAlias

from PySide6.QtCore import QRect
from PySide6.QtWidgets import QWidget

from app.guiding import whole_recipe
from core.errors import TruesliceError
from core.step import Stage

if TYPE_CHECKING:
    from app.main_window import MainWindow

Parts: TypeAlias = tuple[QWidget | None, ...]
TOOLS = ("simulate", "train", "models")


def nothing(_window: MainWindow) -> None:
    """Do nothing."""


def always(_window: MainWindow) -> bool:
    """There is nothing to wait for."""
    return True


@dataclass(frozen=True)
class Stop:
    """One bubble.

    Attributes
    ----------
    title, text : str
        What it says.
    parts : callable
        The widgets it stands beside; none: it stands in the middle.
    enter : callable
        Brings these into view; called again when the user comes back.
    then : callable
        What *Next* does before it goes on.
    button : str
        What *Next* is called.
    ready : callable
        Whether *Next* can be pressed.
    """

    title: str
    text: str
    parts: Callable[[MainWindow], Parts]
    enter: Callable[[MainWindow], None] = nothing
    then: Callable[[MainWindow], None] = nothing
    button: str = "Next"
    ready: Callable[[MainWindow], bool] = always


def is_open(window: MainWindow) -> bool:
    """Whether the sample is there."""
    return window.program.session.volume is not None


def has_proposals(window: MainWindow) -> bool:
    """Whether something is proposed, or nothing will be."""
    guide = window.program.guide
    return bool(guide.proposals) or (is_open(window) and not guide.looking)


def propose(window: MainWindow) -> None:
    """Put all that is proposed into the recipe, once."""
    guide, session = window.program.guide, window.program.session
    if whole_recipe(guide.proposals.values()).steps != session.recipe.steps:
        guide.use_all()


def run(window: MainWindow) -> None:
    """Run the recipe, unless that is under way."""
    runner, session = window.program.runner, window.program.session
    if runner.running or not session.recipe.steps:
        return
    session.settle()
    try:
        runner.run(None)
    except TruesliceError as error:
        window.program.problems.report(error)


def show_slices(window: MainWindow) -> None:
    """Show the slices with the preview of a step."""
    window.leave_tools()
    window.views.show_views(True, False)
    steps = window.program.session.recipe.steps
    stages = [entry.step.stage for entry in steps]
    wanted = next((stage for stage in (Stage.CLEAN, Stage.SEGMENT) if stage in stages), None)
    if wanted is not None:
        window.program.session.choose(stages.index(wanted))
    window.acts["preview"].setChecked(True)


def show_tab(name: str) -> Callable[[MainWindow], None]:
    """Bring a tab at the bottom to the front."""

    def enter(window: MainWindow) -> None:
        window.leave_tools()
        window.docks[name].show()
        window.docks[name].raise_()

    return enter


def show_stage(stage: Stage) -> Callable[[MainWindow], None]:
    """Show the page of a stage on the right."""

    def enter(window: MainWindow) -> None:
        window.leave_tools()
        window.docks["inspector"].show()
        window.inspector.show_stage(stage)

    return enter


def show_volume(window: MainWindow) -> None:
    """Show 3D; where that is not possible the slices stay."""
    window.leave_tools()
    window.views.show_views(False, True)


def no_part(_window: MainWindow) -> Parts:
    """Nothing: the bubble stands in the middle."""
    return ()


def stages(window: MainWindow) -> Parts:
    """The stages on the left."""
    return (window.rail,)


def picture(window: MainWindow) -> Parts:
    """Slices or 3D."""
    return (window.views,)


def tab(name: str) -> Callable[[MainWindow], Parts]:
    """One of the parts around the picture."""

    def parts(window: MainWindow) -> Parts:
        return (window.docks[name],)

    return parts


def proposal(window: MainWindow) -> Parts:
    """The card of the proposal and the button below it."""
    return (window.importing.card, window.importing.propose_button)


def tool_buttons(window: MainWindow) -> Parts:
    """The buttons of the tools in the toolbar."""
    return tuple(window.tool_bar.widgetForAction(window.acts[name]) for name in TOOLS)


def box_of(window: MainWindow, parts: Parts) -> QRect | None:
    """The box around parts that are visible, in coordinates of the window."""
    box = QRect()
    for part in parts:
        if part is not None and part.isVisible():
            mine = QRect(part.mapTo(window, part.rect().topLeft()), part.size())
            box = box.united(mine.intersected(window.rect()))
    return None if box.isEmpty() else box


STOPS: tuple[Stop, ...] = (
    Stop(
        "Welcome",
        "This tour opens a small sample, a virtual FIB-SEM acquisition of a porous material, and "
        "takes it from "
        "slices to a measured volume. Enter goes on, Left goes back, and Esc leaves at any time.",
        no_part,
        ready=is_open,
    ),
    Stop(
        "Eight stages",
        "The way leads from top to bottom. A mark on each stage says how far it is: proposed, to do, "
        "done, or out of "
        "date because something before it was changed.",
        stages,
        enter=show_stage(Stage.IMPORT),
    ),
    Stop(
        "What is proposed",
        "The program has looked at the slices. For every stage it proposes steps and says why in a "
        "sentence; where it "
        "is not sure, it says that too. You can take them one by one, or all of them now, in place "
        "of the recipe that comes with the sample.",
        proposal,
        enter=show_stage(Stage.IMPORT),
        then=propose,
        button="Use all",
        ready=has_proposals,
    ),
    Stop(
        "The recipe",
        "These are the steps, in order. Drag them, add others with +, or click one to see its "
        "settings on the right. "
        "Everything can be undone (Ctrl+Z).",
        tab("recipe"),
        enter=show_slices,
    ),
    Stop(
        "Before and after",
        "Left of the divider is the slice as it comes in, right of it what the chosen step makes of "
        "it. Drag the "
        "divider; change a setting on the right and the picture follows. Page Up and Page Down go "
        "through the slices.",
        picture,
        enter=show_slices,
    ),
    Stop(
        "Run it",
        "So far you have seen previews of one slice. Running computes all of them. It goes on in the "
        "background, can be "
        "stopped, and then goes on where it was.",
        tab("run"),
        enter=show_tab("run"),
        then=run,
        button="Run",
    ),
    Stop(
        "In 3D",
        "Turn the volume by dragging, zoom with the wheel. While the run is under way this is what "
        "there is so far. "
        "The bar beside the picture has surfaces, cuts and a movie.",
        picture,
        enter=show_volume,
    ),
    Stop(
        "Measures",
        "When the run is done, this tab shows solid fraction, ligament sizes and more. Point at a "
        "number for its "
        "definition. Report… saves all of it as a page, a PDF and tables.",
        tab("measures"),
        enter=show_tab("measures"),
    ),
    Stop(
        "Exports",
        "An Export step writes files for Fiji, Dragonfly and others. They are listed here with the "
        "spacings the other "
        "program has to be told.",
        tab("exports"),
        enter=show_tab("exports"),
    ),
    Stop(
        "And beyond",
        "Simulate makes virtual stacks of which every voxel is known, Train makes networks from them "
        "or from what you "
        "have painted, and Models lists those there are. F1 opens the manual wherever you are. Now "
        "drop slices of "
        "your own.",
        tool_buttons,
        button="Finish",
    ),
)
