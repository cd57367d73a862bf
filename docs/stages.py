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

from studio import Scene, application_of_pictures, play
from tool_pages import TOOL_PAGES, ToolPages
from virtual_gold import ANGLE_DEG, SLICE_NM, VOXEL_NM, virtual_gold

from core.recipe import Recipe
from core.step import Stage

SIZES, THEMES = ("1280x800", "2560x1440"), ("dark", "light")
CHANNEL, SLICE = "2kV", 24


class Stages(ToolPages):
    """The guided run on three voltages of porous gold, and the pages of the tools."""

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
        for name in TOOL_PAGES:
            if wanted(name):
                yield from getattr(self, name)()

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
                yield from self.profiled()
                yield from self.settle()
                self.shoot("import")

    def computed(self) -> Scene:
        """All that is proposed, with what only the user can say: the angle of the ruler."""
        self.program.guide.use_all()
        recipe = self.session.recipe
        thick = self.index("thickness")
        params = recipe.steps[thick].params
        assert params is not None
        self.session.set_params(thick, params.model_copy(update={"angle_deg": ANGLE_DEG}))
        yield from self.ran()

    def align(self) -> Scene:
        yield from self.shown("register", "alignment", Stage.ALIGN)

    def thickness(self) -> Scene:
        yield from self.shown("thickness", "alignment")

    def clean(self) -> Scene:
        yield from self.shown("normalise", "grey values")
        yield from self.profiled()

    def segment(self) -> Scene:
        yield from self.shown("segment", "grey values", Stage.SEGMENT)
        yield from self.profiled()

    def rebuild(self) -> Scene:
        self.plot("fraction")
        yield from self.shown("fill", "measures", Stage.REBUILD)

    def measure(self) -> Scene:
        self.plot("tpcf")
        yield from self.shown("measure", "measures")

    def export(self) -> Scene:
        yield from self.shown("export", "exports")


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
        studio = Stages(application_of_pictures(Path(name)), asked.data or Path(name), asked.output)
        return play(studio, studio.play(lambda one: not asked.only or one in asked.only, sizes, themes))


if __name__ == "__main__":
    sys.exit(main())
