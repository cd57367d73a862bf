"""One view by itself, to try it out: ``python -m app.alone slices PATH`` (or ``volume PATH``)."""

from __future__ import annotations

import sys
from pathlib import Path

from PySide6.QtWidgets import QApplication

from app.canvas.volume3d import VolumeView
from app.gc_guard import CollectorGuard
from app.plots.slices import SliceViews
from core.io import open_stack

VIEWS = ("slices", "volume")


def main(arguments: list[str]) -> int:
    """Open a stack in one view; return the exit code."""
    if len(arguments) != 2 or arguments[0] not in VIEWS:
        sys.stderr.write(f"{__doc__}\n")
        return 2
    application = QApplication(sys.argv[:1])
    guard = CollectorGuard(application)
    guard.start()
    view = SliceViews() if arguments[0] == "slices" else VolumeView()
    view.set_volume(open_stack(Path(arguments[1])))
    view.resize(1000, 800)
    view.show()
    code = application.exec()
    view.shutdown()
    return code


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
