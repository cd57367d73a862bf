"""Pictures of what stands beside the stages: comparing, 3D, painting, and the pages of the tools."""

from __future__ import annotations

from collections.abc import Iterator
from functools import partial
from pathlib import Path

import numpy as np
from PySide6.QtCore import QPoint, Qt
from PySide6.QtTest import QTest
from PySide6.QtWidgets import QWidget
from studio import Scene, Studio

from app.canvas.look import Cut
from app.figures import PLOTS
from app.manual import Place
from app.painting.brush import Brush
from app.panels.models import ModelsPage
from app.panels.simulate import SimulatePage
from app.panels.train import TrainPage
from core.learn.params.optimise import OptimiseParams
from core.step import Stage

TOOL_PAGES = ("compare", "cut", "paint", "train", "models", "simulate", "settings", "guide")
PAINTED = (8, 24, 40)  # slices
STROKES, SEED = 14, 3
LEFT, RIGHT = (0.36, 0.40), (0.62, 0.40)  # ends of the line, as shares of the pane


class ToolPages(Studio):
    """The scenes; a recipe has been run when they are played."""

    size, look = "1280x800", "dark"

    def form(self, size: str, theme: str) -> Scene:
        """One form of the pictures."""
        self.size, self.look = size, theme
        width, height = (int(each) for each in size.split("x"))
        yield from self.begin(theme, (width, height))
        self.window.reset_layout()
        yield from self.settle(0.5)

    def shoot(self, name: str) -> None:
        """Take a picture that says how it was taken."""
        self.take(f"{name}-{self.size}-{self.look}")

    # ---- hands
    def index(self, step: str) -> int:
        """Where a step is in the recipe."""
        return [entry.step.name for entry in self.session.recipe.steps].index(step)

    def shown(self, step: str, dock: str, stage: Stage | None = None) -> Scene:
        """A step's result, with its settings or the page of its stage, and a tab below."""
        self.session.choose(self.index(step))
        self.window.inspector.show_chosen()
        if stage is not None:
            self.window.inspector.show_stage(stage)
        self.window.docks[dock].raise_()
        yield from self.settle()
        yield lambda: not self.program.busy
        yield from self.settle(0.5)

    def plot(self, name: str) -> None:
        """Choose what the measures plot."""
        self.window.measures.plot.setCurrentIndex(list(PLOTS).index(name))

    def profiled(self) -> Scene:
        """A line profile, drawn with the mouse."""
        slices = self.window.views.slices
        slices.gauges.clear()
        self.window.docks["grey values"].raise_()
        self.window.grey_values.show_plot("profile")
        slices.gauges.use("profile")
        pane = slices.cut(0)
        begin, end = (
            QPoint(round(pane.width() * share[0]), round(pane.height() * share[1])) for share in (LEFT, RIGHT)
        )
        QTest.mousePress(pane.viewport(), Qt.MouseButton.LeftButton, pos=begin)
        for part in range(1, 5):
            QTest.mouseMove(pane.viewport(), begin + (end - begin) * part / 4)
            yield from self.settle(0.05)
        QTest.mouseRelease(pane.viewport(), Qt.MouseButton.LeftButton, pos=end)
        slices.gauges.use(None)
        yield from self.settle(0.5)

    def ready_at(self, z: int) -> bool:
        """Whether a slice can be painted on."""
        painting = self.program.painting
        return painting.ready_page() is not None and painting.z == z

    def strokes(self, z: int) -> Iterator[tuple[int, int, list[tuple[int, int]]]]:
        """(class, width, way) of what someone would paint: short strokes well inside of what is clear."""
        from scipy.ndimage import gaussian_filter

        shown = self.program.painting.volume
        assert shown is not None
        plane = gaussian_filter(shown.source.read(slice(z, z + 1))[0].astype(np.float32), 2.0)
        clear = {2: plane > np.percentile(plane, 90), 1: plane < np.percentile(plane, 45)}
        random = np.random.default_rng(SEED + z)
        for value, width, length in ((1, 14, 40), (2, 6, 6)):
            places = np.argwhere(clear[value])
            for row, column in places[random.choice(len(places), STROKES, replace=False)].tolist():
                way = [(row, column + step) for step in range(length)]
                inside = [at for at in way if at[1] < plane.shape[1] and clear[value][at]]
                yield value, width, inside

    # ---- looking
    def compare(self) -> Scene:
        """The segmentation over the grey values."""
        yield from self.shown("segment", "grey values")
        self.window.views.slices.set_mode("over")
        yield from self.settle()
        self.shoot("compare")
        self.window.views.slices.set_mode("swipe")
        self.window.views.slices.gauges.clear()

    def cut(self) -> Scene:
        """The rebuilt volume, cut open, with a slice in it."""
        yield from self.shown("fill", "run")
        self.window.acts["volume"].trigger()
        yield lambda: self.window.views.volume_view is not None and self.window.views.volume_view.settled()
        view = self.window.views.volume_view
        assert view is not None
        view.show_panel("Cut")
        view.set_slices(frozenset({0}))
        view.set_cut(Cut(on=True, offset=0.6))
        yield from self.settle()
        yield view.settled
        self.shoot("cut")
        self.window.acts["slices"].trigger()

    def paint(self) -> Scene:
        """Labels on three slices."""
        yield from self.shown("normalise", "run")
        self.window.views.slices.set_mode("before")
        self.window.acts["paint"].setChecked(True)
        painting, strokes = self.program.painting, self.program.strokes
        for z in PAINTED:
            self.window.views.slices.set_cursor(z, 100, 220)
            yield partial(self.ready_at, z)
            for value, width, way in self.strokes(z):
                painting.set_brush(value=value, diameter=width)
                strokes.press(way[0], 2.0)
                for at in way[1:]:
                    strokes.drag(at)
                strokes.release()
        yield lambda: not painting.disk.busy and not any(page.dirty for page in painting.pages)
        painting.set_brush(value=2, diameter=Brush().diameter)
        yield from self.settle()
        self.shoot("paint")
        self.window.acts["paint"].setChecked(False)
        self.window.views.slices.set_mode("swipe")

    # ---- the pages of the tools
    def opened_tool(self, name: str) -> Scene:
        """The page of a tool."""
        self.window.acts[name].trigger()
        tool = self.window.tools[name]
        yield lambda: tool.page is not None and tool.page.isVisible()
        yield from self.settle()
        yield lambda: not self.program.busy

    def left_tool(self, name: str) -> Scene:
        """Its picture, and back."""
        yield from self.settle()
        self.shoot(name)
        self.window.tools[name].leave()
        yield from self.settle(0.3)

    def page(self, name: str) -> QWidget | None:
        """The page of a tool, once there is one."""
        return self.window.tools[name].page

    def simulate(self) -> Scene:
        """A sample like the open one."""
        yield from self.opened_tool("simulate")
        page = self.page("simulate")
        assert isinstance(page, SimulatePage)
        yield lambda: page.form is not None
        page.like_button.click()
        yield from self.settle()
        yield lambda: not self.program.busy
        plan = page.plan()
        assert plan is not None
        without = plan.ruler.model_copy(update={"on": False})  # its marks would meet in so small a field
        page.set_plan(plan.model_copy(update={"ruler": without}))
        yield from self.settle()
        yield lambda: not self.program.foreseen.waiting and not self.program.priced.waiting
        yield from self.left_tool("simulate")

    def train(self) -> Scene:
        """A short training with the painted labels."""
        yield from self.opened_tool("train")
        page = self.page("train")
        assert isinstance(page, TrainPage)
        form = page.form
        assert form is not None
        choice = form.data.choice
        painted = choice.findText("Painted labels: ", Qt.MatchFlag.MatchStartsWith)
        if painted >= 0:
            choice.setCurrentIndex(painted)
            choice.activated.emit(painted)
            yield lambda: form.facts is not None
            recipe = form.recipe()
            assert recipe is not None
            short = {**recipe.optimise.model_dump(), "epochs": 5, "batch_size": 8, "learning_rate": 0.01}
            form.put(
                name="my-gold",
                network=recipe.network.model_copy(update={"kind": "unet", "depth": 2, "width": 8}),
                data=recipe.data.model_copy(
                    update={"patch_px": 64, "patches_per_epoch": 64, "validation_patches": 16}
                ),
                optimise=OptimiseParams.model_validate(short),
            )
            page.foot.set_folder(Path.home() / "training")
            yield from self.settle()
            page.foot.start_button.click()
            yield lambda: self.program.trainer.active
            yield lambda: not self.program.trainer.active
        yield from self.left_tool("train")

    def models(self) -> Scene:
        """A network, tested on the shown slice."""
        yield from self.shown("normalise", "run")
        yield from self.opened_tool("models")
        page = self.page("models")
        assert isinstance(page, ModelsPage)
        page.choose("gold-2kv")
        yield from self.settle()
        page.test_button.click()
        yield from self.settle()
        yield lambda: not self.program.busy
        yield from self.left_tool("models")

    def settings(self) -> Scene:
        """What holds for every project."""
        yield from self.opened_tool("settings")
        yield from self.left_tool("settings")

    def guide(self) -> Scene:
        """The manual."""
        self.window.tools["guide"].open_at(Place("guide.md"))  # type: ignore[attr-defined]
        yield from self.settle()
        yield from self.left_tool("guide")
