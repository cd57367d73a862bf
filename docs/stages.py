"""Makes the pictures of every stage and of the tools, from a virtual acquisition that is made first.

    python docs/stages.py [--output docs/pictures/stages] [--only segment] [--size 1280x800] [--theme dark]

Needs a display of 2600 x 1500 pixels (on a server: ``xvfb-run -s "-screen 0 2600x1500x24" python
docs/stages.py``). ``--data FOLDER`` keeps the acquisition for the next time.
"""

from __future__ import annotations

import argparse
import sys
import tempfile
from collections.abc import Callable
from pathlib import Path

from studio import Scene, Studio, application_of_pictures, play
from virtual_gold import ANGLE_DEG, SLICE_NM, VOXEL_NM, virtual_gold

from app.canvas.look import Cut
from app.figures import PLOTS
from core.recipe import Recipe, RecipeStep
from core.step import Stage
from core.steps import step_named
from core.steps.crop import CropParams

CAP_PX = 42  # rows of cap layer and ruler, which are no part of the sample
SIZES, THEMES = ("1280x800", "2560x1440"), ("dark", "light")
CHANNEL, SLICE = "2kV", 24


class Stages(Studio):
    """The guided run on three voltages of porous gold, and the pages of the tools."""

    size, look = SIZES[0], THEMES[0]

    def play(self, wanted: Callable[[str], bool], sizes: list[str], themes: list[str]) -> Scene:
        """Run the recipe once and show its stages in all forms; the tools in the first one only."""
        yield from self.begin(themes[0], None)
        for size in sizes:
            yield from self.dropped(size, themes, wanted)
        yield from self.computed()
        for size in sizes:
            for theme in themes:
                yield from self.form(size, theme)
                for stage in list(Stage)[1:]:
                    if wanted(stage.value.lower()):
                        yield from getattr(self, stage.value.lower())()
                        self.shoot(stage.value.lower())
        yield from self.form(sizes[0], themes[0])
        for name in ("compare", "cut", "paint", "simulate", "train", "models", "settings", "guide"):
            if wanted(name):
                yield from getattr(self, name)()

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

    # ---- the guided run
    def dropped(self, size: str, themes: list[str], wanted: Callable[[str], bool]) -> Scene:
        """What is there right after the drop."""
        if self.session.volume is None:
            slices = virtual_gold(self.folder)
            voxel = (SLICE_NM, VOXEL_NM, VOXEL_NM)
            yield from self.opened(slices, voxel_nm_zyx=voxel)
            yield lambda: bool(self.program.guide.proposals)
            self.session.load(Recipe())  # what an earlier call has left, if the acquisition is kept
            self.session.show_channel(CHANNEL)
            self.window.views.slices.set_cursor(SLICE, 150, 230)
        if wanted("import"):
            for theme in themes:
                yield from self.form(size, theme)
                self.window.docks["grey values"].raise_()
                yield from self.settle()
                self.shoot("import")

    def computed(self) -> Scene:
        """All that is proposed, with what only the user can say: the angle, and where the sample begins."""
        self.program.guide.use_all()
        recipe = self.session.recipe
        thick = self.index("thickness")
        params = recipe.steps[thick].params
        assert params is not None
        self.session.set_params(thick, params.model_copy(update={"angle_deg": ANGLE_DEG}))
        crop = RecipeStep(step_named("crop"), CropParams(y_start=CAP_PX))
        self.session.change("crop", self.session.recipe.inserted(thick + 1, crop), thick)
        yield from self.ran()

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

    def align(self) -> Scene:
        yield from self.shown("register", "alignment", Stage.ALIGN)

    def thickness(self) -> Scene:
        yield from self.shown("thickness", "alignment")

    def clean(self) -> Scene:
        yield from self.shown("normalise", "grey values")

    def segment(self) -> Scene:
        yield from self.shown("segment", "run", Stage.SEGMENT)

    def rebuild(self) -> Scene:
        yield from self.shown("fill", "run", Stage.REBUILD)

    def measure(self) -> Scene:
        self.window.measures.plot.setCurrentIndex(list(PLOTS).index("tpcf"))
        yield from self.shown("measure", "measures")

    def export(self) -> Scene:
        yield from self.shown("export", "exports")

    # ---- the tools
    def compare(self) -> Scene:
        yield from self.shown("segment", "grey values")
        self.window.views.slices.set_mode("over")
        yield from self.settle()
        self.shoot("compare")
        self.window.views.slices.set_mode("swipe")

    def cut(self) -> Scene:
        yield from self.shown("fill", "run")
        self.window.acts["volume"].trigger()
        yield lambda: self.window.views.volume_view is not None and self.window.views.volume_view.settled()
        view = self.window.views.volume_view
        assert view is not None
        view.show_panel("Cut")
        view.set_slices(frozenset({0, 1, 2}))
        view.set_cut(Cut(on=True))
        yield from self.settle()
        yield view.settled
        self.shoot("cut")
        self.window.acts["slices"].trigger()

    def paint(self) -> Scene:
        yield from self.shown("normalise", "run")
        self.window.acts["paint"].setChecked(True)
        yield from self.settle()
        self.shoot("paint")
        self.window.acts["paint"].setChecked(False)

    def tool(self, name: str) -> Scene:
        """The page of a tool."""
        self.window.acts[name].trigger()
        tool = self.window.tools[name]
        yield lambda: tool.page is not None and tool.page.isVisible()
        yield from self.settle()
        yield lambda: not self.program.busy
        yield from self.settle()
        self.shoot(name)
        tool.leave()
        yield from self.settle(0.3)

    def simulate(self) -> Scene:
        yield from self.tool("simulate")

    def train(self) -> Scene:
        yield from self.tool("train")

    def models(self) -> Scene:
        yield from self.tool("models")

    def settings(self) -> Scene:
        yield from self.tool("settings")

    def guide(self) -> Scene:
        yield from self.tool("guide")


def main() -> int:
    """Make all pictures, or those that are asked for."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--output", type=Path, default=Path(__file__).parent / "pictures" / "stages")
    parser.add_argument("--only", nargs="*", default=[], help="such as import, segment or simulate")
    parser.add_argument("--size", choices=SIZES)
    parser.add_argument("--theme", choices=THEMES)
    parser.add_argument("--data", type=Path, help="where the acquisition is, or is to be kept")
    asked = parser.parse_args()
    asked.output.mkdir(parents=True, exist_ok=True)
    sizes = [asked.size] if asked.size else list(SIZES)
    themes = [asked.theme] if asked.theme else list(THEMES)
    with tempfile.TemporaryDirectory() as name:
        studio = Stages(application_of_pictures(), asked.data or Path(name), asked.output)
        return play(studio, studio.play(lambda one: not asked.only or one in asked.only, sizes, themes))


if __name__ == "__main__":
    sys.exit(main())
