"""What is compared beside the chosen step, joined with the window: bars above the slices, menu and keys."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

from app.panels.compare import ChannelBar, CompareBar, PartBox
from app.widgets import tool_button

if TYPE_CHECKING:
    from app.main_window import MainWindow

OVER = "over"
TRUTHS = "Stacks (*.tif *.tiff *.btf *.h5 *.hdf5 *.nrrd *.nhdr *.mhd *.mha *.mrc *.zarr);;All files (*)"


class ComparingBars:
    """The bars, and what connects them with the program."""

    def __init__(self, window: MainWindow) -> None:
        self._window = window
        self.comparing = window.program.comparing
        session, slices = window.program.session, window.views.slices
        self.channels = ChannelBar(session, self.comparing)
        self.part = PartBox(self.comparing)
        self.bar = CompareBar(session, self.comparing)
        self.button = tool_button(
            "Compare…", "Choose which two results are compared; again: back to the chosen step (Ctrl+K)"
        )
        self.button.setCheckable(True)
        self.button.clicked.connect(self.comparing.compare)
        for widget in (self.channels, self.part, self.button):
            slices.add_controls(widget)
        slices.add_bar(self.bar)
        self._mode = ""
        self._connect()

    def _connect(self) -> None:
        window, comparing = self._window, self.comparing
        problems = window.program.problems
        comparing.pinned.connect(window.shower.pin)
        comparing.looked_over.connect(self._look_over)
        comparing.changed.connect(self._refresh)
        comparing.failed.connect(lambda error: problems.report(error, "opening a file to compare with"))
        window.acts["compare-results"].triggered.connect(comparing.compare)
        window.acts["overlay-channels"].triggered.connect(comparing.overlay)
        window.views.slices.channel_wanted.connect(self.channels.choose)
        self.bar.file_wanted.connect(lambda: window.asker.files("Compare with a file", self._open, TRUTHS))
        self._refresh()

    def _open(self, paths: tuple[Path, ...]) -> None:
        self.comparing.open_file(paths[0])

    def _look_over(self) -> None:
        """What a network has said lies over the slices; afterwards they are compared as before."""
        slices = self._window.views.slices
        if slices.mode != OVER:
            self._mode = slices.mode
            slices.set_mode(OVER)

    def _refresh(self) -> None:
        comparing, session, acts = self.comparing, self._window.program.session, self._window.acts
        is_open = session.volume is not None
        self.button.setChecked(comparing.on)
        acts["compare-results"].setChecked(comparing.on)
        acts["overlay-channels"].setChecked(comparing.over)
        acts.enable(compare_results=is_open, overlay_channels=is_open and len(session.inputs) > 1)
        if self._mode and comparing.part == "result":
            slices, before = self._window.views.slices, self._mode
            self._mode = ""
            if slices.mode == OVER:
                slices.set_mode(before)
