"""Starts the window: ``trueslice``, ``trueslice open PATH...`` and ``python -m app``."""

from __future__ import annotations

import multiprocessing
import sys
from collections.abc import Sequence


def main(paths: Sequence[str] | None = None) -> int:
    """Open the window, with the data at `paths`, until the user closes it.

    Parameters
    ----------
    paths : sequence of str, optional
        Files and folders to open; those of the command line when None.

    Returns
    -------
    int
        Exit code of the program.
    """
    multiprocessing.freeze_support()
    from app.application import run

    return run(tuple(sys.argv[1:] if paths is None else paths))


if __name__ == "__main__":
    sys.exit(main())
