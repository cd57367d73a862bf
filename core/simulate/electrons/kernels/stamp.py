"""What the compiled loops were compiled from.

numba keeps compiled functions on disk and compiles anew when the file of the function has changed. It does
not see that a function of another file, called and built in, has changed. Therefore the functions that are
kept are closures over this stamp, which numba does look at.
"""

from __future__ import annotations

import zlib
from pathlib import Path


def source_stamp() -> int:
    """A number that changes with any file of this folder; 0 where the program comes without its source."""
    stamp = 0
    for path in sorted(Path(__file__).parent.glob("*.py")):
        stamp = zlib.crc32(path.read_bytes(), stamp)
    return stamp
