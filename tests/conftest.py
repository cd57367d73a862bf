"""What holds for every test: nothing outside the test's own folder is touched, and chance is repeatable."""

from __future__ import annotations

import os
import shutil
import sys
import tempfile
from collections.abc import Callable
from pathlib import Path

import pytest
from hypothesis import settings

from tests.shared_data import shared_path

HOME_VARIABLES = (
    "HOME", "USERPROFILE", "APPDATA", "LOCALAPPDATA",
    "XDG_CONFIG_HOME", "XDG_CACHE_HOME", "XDG_DATA_HOME", "XDG_STATE_HOME", "XDG_RUNTIME_DIR",
)  # fmt: skip

settings.register_profile("trueslice", deadline=None)
settings.register_profile("ci", deadline=None, derandomize=True, print_blob=True)


def pytest_configure(config: pytest.Config) -> None:
    """Give the run a home of its own, before any library looks for its settings."""
    settings.load_profile("ci" if os.environ.get("CI") else "trueslice")
    os.environ.setdefault("XAUTHORITY", str(Path.home() / ".Xauthority"))  # the key to the display stays
    home = tempfile.mkdtemp(prefix="trueslice-tests-home-")
    config.add_cleanup(lambda: shutil.rmtree(home, ignore_errors=True))
    for name in HOME_VARIABLES:
        folder = Path(home, name.lower())
        folder.mkdir(mode=0o700)
        os.environ[name] = str(folder)
    # Kept from run to run: matplotlib takes seconds to list the fonts anew.
    if config.cache is not None:
        os.environ["MPLCONFIGDIR"] = str(config.cache.mkdir("matplotlib"))


def has_display() -> bool:
    """Whether a window can be opened here."""
    return not sys.platform.startswith("linux") or bool(os.environ.get("DISPLAY"))


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Mark the tests that open a window, and skip them where none can be opened."""
    for item in items:
        if "qtbot" in getattr(item, "fixturenames", ()):
            item.add_marker(pytest.mark.gui)
        if item.get_closest_marker("gui") and not has_display():
            item.add_marker(pytest.mark.skip(reason="needs a display: python3 dev.py test starts one"))


@pytest.fixture(autouse=True)
def own_folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Run each test in its own empty folder, so that a file written by mistake stays there."""
    monkeypatch.chdir(tmp_path)


@pytest.fixture(scope="session")
def shared_data() -> Callable[[str], Path]:
    """The function that finds real data beside the project or skips the test."""
    return shared_path
