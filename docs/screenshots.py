"""Makes the pictures of the window for the documentation, from a real stack.

    python docs/screenshots.py STACK [--output docs/pictures] [--only measures]

Needs a display (on a server: ``xvfb-run -s "-screen 0 1920x1200x24" python docs/screenshots.py STACK``). The
stack is linked into a temporary folder, so that nothing is written beside it.
"""

from __future__ import annotations

import argparse
import sys
import tempfile
from pathlib import Path

import numpy as np
from PIL import Image
from PySide6.QtWidgets import QDialog
from studio import Scene, Studio, application_of_pictures, play

import resources
from app.application import Application
from app.figures import PLOTS
from app.opening import Request
from app.region import Region
from core.params import Params
from core.steps.denoise import DenoiseParams
from core.steps.register import RegisterParams
from core.steps.segment import SegmentParams
from core.steps.thickness import ThicknessParams

VOXEL_NM = (10.0, 10.0, 10.0)
TRUTH_NM, TRUTH_SLICES = (10.0, 5.0, 5.0), 64
SLICES, LOST, SHOWN, RULED_NM = 60, (17, 18, 44), 24, (10.0, 5.0, 5.0)
TRUTH_REGION = Region((0, 40, 80), (64, 192, 256))


class Pictures(Studio):
    """The scenes, played in one window one after the other."""

    def __init__(
        self, application: Application, stack: Path, folder: Path, output: Path, only: str = ""
    ) -> None:
        super().__init__(application, folder, output)
        self.stack, self.only = stack, only

    def play(self) -> Scene:
        """All scenes; each yields what has to be true before it goes on."""
        if self.only:
            yield from getattr(self, self.only)()
            return
        yield from self.empty_page()
        yield from self.slices()
        yield from self.form()
        yield from self.volume()
        yield from self.error()
        yield from self.measures()
        yield from self.alignment()

    def empty_page(self) -> Scene:
        """Nothing is open."""
        yield from self.begin()
        yield from self.settle()
        self.take("empty")

    def slices(self) -> Scene:
        """Before and after a filter."""
        yield from self.opened(self.stack, voxel_nm_zyx=VOXEL_NM)
        for name in ("crop", "normalise", "destripe", "denoise", "segment", "measure", "export"):
            self.session.add(name)
        self.session.choose(3)
        self.session.set_params(3, DenoiseParams(method="gaussian"))
        self.session.set_params(3, DenoiseParams())
        self.window.acts["run-to"].trigger()
        yield lambda: not self.program.busy
        self.window.docks["log"].raise_()
        yield from self.settle()
        self.take("slices")

    def form(self) -> Scene:
        """The settings of a step with a preview."""
        self.theme.choose("light")
        self.session.choose(4)
        self.session.try_out(SegmentParams(method="kmeans", clusters=3))
        yield lambda: not self.program.busy
        self.window.docks["run"].raise_()
        yield from self.settle()
        self.take("form")

    def volume(self) -> Scene:
        """The result in 3D."""
        self.theme.choose("dark")
        yield from self.ran()
        self.window.acts["volume"].trigger()
        yield lambda: self.window.views.volume_view is not None and self.window.views.volume_view.settled()
        self.window.docks["exports"].raise_()
        yield from self.settle()
        self.take("volume")
        self.window.acts["slices"].trigger()

    def error(self) -> Scene:
        """A file that cannot be read."""
        self.theme.choose("dark")
        self.window.docks["log"].raise_()
        broken = self.folder / "stack_2kV.tif"
        broken.write_bytes((b"II*\0\x08\0\0\0" + bytes(range(64))) * 2)
        self.program.opener.open(Request((broken,)))
        yield lambda: any(dialog.isVisible() for dialog in self.window.findChildren(QDialog))
        yield from self.settle()
        self.take("error")

    def measures(self) -> Scene:
        """A region with its numbers."""
        self.close_dialogs()
        yield from self.begin()
        truth = self.folder / "truth.tif"
        truth.symlink_to(resources.path("sample/truth.tif"))
        self.program.opener.open(Request((truth,), {"voxel_nm_zyx": TRUTH_NM}))
        yield lambda: self.session.volume is not None and self.session.volume.info.shape[0] == TRUTH_SLICES
        measuring = self.program.measuring
        self.window.acts["region"].trigger()
        measuring.set_region(TRUTH_REGION)
        measuring.colour_by("thickness")
        self.window.measures.plot.setCurrentIndex(list(PLOTS).index("tpcf"))
        self.window.acts["both"].trigger()
        yield lambda: not measuring.waiting and measuring.tint is not None
        views = self.window.views
        yield lambda: views.volume_view is not None and views.volume_view.settled()
        self.window.docks["measures"].raise_()
        yield from self.settle()
        self.take("measures")

    def alignment(self) -> Scene:
        """Shifts with slices that did not lock, and thicknesses with the marks of the ruler."""
        yield from self.begin()
        page = self.window.alignment
        yield from self.found(wandering(self.stack, self.folder / "wandering"), "register", RegisterParams())
        self.window.acts["slices"].trigger()
        yield from self.settle()
        self.window.views.slices.set_cursor(10, 90, 90)
        yield from self.settle()
        self.window.views.slices.auto_contrast()  # the slice that is shown below is blank
        page.drift.plot.choose_at(LOST[1])
        yield from self.settle()
        self.take("drift")
        self.theme.choose("light")
        params = ThicknessParams(angle_deg=30.0)
        yield from self.found(ruled(self.folder / "ruler"), "thickness", params)
        page.thickness.plot.choose_at(SHOWN)
        yield from self.settle()
        self.take("thickness")

    def found(self, stack: Path, step: str, params: Params) -> Scene:
        """Open a stack and run one step on it."""
        yield from self.opened(stack, voxel_nm_zyx=RULED_NM)
        yield from self.stepped(step, params)


def wandering(stack: Path, folder: Path) -> Path:
    """A part of a stack that wanders, with three blank slices and a jump."""
    random, side = np.random.default_rng(7), 30
    walk = random.normal(0, 1.5, (SLICES, 2)).cumsum(axis=0) + np.outer(range(SLICES), (0.1, -0.15))
    walk[SLICES // 2 :] += (8, -12)
    folder.mkdir()
    files = sorted(each for each in stack.iterdir() if each.suffix.lower() in (".png", ".tif", ".tiff"))
    for number, (file, shift) in enumerate(zip(files, walk, strict=False)):
        plane = np.asarray(Image.open(file).convert("L"))
        y, x = (side + int(np.clip(round(by), -side, side)) for by in shift)
        moved = plane[y : y + plane.shape[0] - 2 * side, x : x + plane.shape[1] - 2 * side]
        shown = np.full_like(moved, 110) if number in LOST else moved
        Image.fromarray(shown).save(folder / f"slice_{number:03d}.tif")
    return folder


def ruled(folder: Path) -> Path:
    """A virtual stack with a ruler, of which two slices are blank."""
    sys.path.insert(0, str(Path(__file__).parents[1]))
    from tests.core.thickness.virtual import VirtualRuler

    ruler = VirtualRuler(slices=SLICES, pixel_nm=RULED_NM[1], seed=3, blank=(16, 17), curtain=0.2)
    folder.mkdir()
    for number in range(SLICES):
        plane = (ruler.plane(number) >> 6).clip(0, 255).astype(np.uint8)
        Image.fromarray(plane).save(folder / f"slice_{number:03d}.tif")
    return folder


def main() -> int:
    """Make all pictures."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("stack", type=Path)
    parser.add_argument("--output", type=Path, default=Path(__file__).parent / "pictures")
    parser.add_argument("--only", default="", help="one scene that needs no other, such as measures")
    arguments = parser.parse_args()
    arguments.output.mkdir(parents=True, exist_ok=True)
    with tempfile.TemporaryDirectory() as name:
        application = application_of_pictures(Path(name))
        linked = Path(name) / arguments.stack.name
        linked.symlink_to(arguments.stack.resolve(), target_is_directory=True)
        studio = Pictures(application, linked, Path(name), arguments.output, arguments.only)
        return play(studio, studio.play())


if __name__ == "__main__":
    sys.exit(main())
