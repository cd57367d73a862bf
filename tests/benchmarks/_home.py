"""A home of its own for a benchmark that opens windows: the user's settings are neither read nor written."""

from __future__ import annotations

import atexit
import os
import shutil
import tempfile

VARIABLES = ("HOME", "XDG_CONFIG_HOME", "XDG_CACHE_HOME", "XDG_DATA_HOME", "XDG_STATE_HOME")


def own_home() -> None:
    """Use an empty home from now on; before the application is made."""
    home = tempfile.mkdtemp(prefix="benchmark-home-")
    atexit.register(shutil.rmtree, home, ignore_errors=True)
    os.environ.setdefault("XAUTHORITY", os.path.expanduser("~/.Xauthority"))  # the key to the display stays
    for variable in VARIABLES:
        os.environ[variable] = home
