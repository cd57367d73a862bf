"""Puts the manual into the built package; everything else about it stands in pyproject.toml."""

import re
import shutil
from pathlib import Path

from setuptools import setup
from setuptools.command.build_py import build_py

ROOT = Path(__file__).resolve().parent
PICTURE = re.compile(r"!\[[^\]]*\]\((pictures/[^)\s]+)\)")


class WithManual(build_py):
    """Copies docs/*.md and the pictures they show to resources/docs, where the window looks for them."""

    def run(self) -> None:
        """Build as usual, then add the manual; sources that are used in place have docs/ beside them."""
        super().run()
        if not self.editable_mode:
            self.copy_manual(Path(self.build_lib) / "resources" / "docs")

    def copy_manual(self, target: Path) -> None:
        """Put pages and pictures there."""
        shutil.rmtree(target, ignore_errors=True)
        target.mkdir(parents=True)
        for page in sorted((ROOT / "docs").glob("*.md")):
            shutil.copy2(page, target)
            for name in PICTURE.findall(page.read_text(encoding="utf-8")):
                (target / name).parent.mkdir(parents=True, exist_ok=True)
                shutil.copy2(ROOT / "docs" / name, target / name)


setup(cmdclass={"build_py": WithManual})
