"""The command ``trueslice``: the window without arguments or with ``open``, else the command line."""

from __future__ import annotations

import sys
from collections.abc import Sequence


def main(argv: Sequence[str] | None = None) -> int:
    """Start the window or run a command; return the exit code.

    Parameters
    ----------
    argv : sequence of str, optional
        Arguments without the program's name; those of the process when None.
    """
    arguments = list(sys.argv[1:] if argv is None else argv)
    if arguments and arguments[0] != "open":
        from core.cli import main as run_command

        return run_command(arguments)
    try:
        from app.__main__ import main as open_window
    except ImportError as error:
        sys.stderr.write(
            f"trueslice: the window is not installed ({error})\n"
            '  what to do: pip install "trueslice[gui]", or see `trueslice --help` for the command line\n'
        )
        return 1
    return open_window(arguments[1:])
