"""From drop to first slice: a 10 GB TIFF and 2500 PNG slices, beside tifffile and scikit-image.

The TIFF is sparse: it has the size and the header of a real one, and costs no disk. Ratios, not seconds, are
what to compare between machines.
"""

from __future__ import annotations

import resource
import statistics
import sys
import tempfile
import time
from collections.abc import Callable
from pathlib import Path

import numpy as np
import tifffile
from _sparse import sparse_tiff

from core.io import open_stack

PICTURES = 2500
ROUNDS = 5


def timed(function: Callable[[], object]) -> float:
    """Median seconds of several calls."""
    seconds = []
    for _ in range(ROUNDS):
        begin = time.perf_counter()
        function()
        seconds.append(time.perf_counter() - begin)
    return statistics.median(seconds)


def pictures(folder: Path) -> Path:
    """Write numbered PNG slices."""
    from PIL import Image

    folder.mkdir()
    rng = np.random.default_rng(0)
    data = rng.integers(0, 255, (256, 256), dtype=np.uint8)
    for number in range(PICTURES):
        Image.fromarray(np.roll(data, number, axis=0)).save(folder / f"slice_{number}.png")
    return folder


def main() -> int:
    """Print first-slice times beside those of the libraries."""
    with tempfile.TemporaryDirectory() as name:
        tiff = sparse_tiff(Path(name, "large.tif"))
        folder = pictures(Path(name, "slices"))
        rows = [
            (
                f"{tiff.stat().st_size / 1e9:.1f} GB TIFF, first slice",
                timed(lambda: open_stack(tiff).slice(0)),
                "tifffile.imread(key=0)",
                timed(lambda: tifffile.imread(tiff, key=0)),
            ),
            (
                f"{PICTURES} PNG slices, first slice",
                timed(lambda: open_stack(folder).slice(0)),
                "skimage ImageCollection[0]",
                timed(lambda: collection(folder)),
            ),
        ]
        for what, ours, peer, theirs in rows:
            print(f"{what}: {ours:.3f} s; {peer}: {theirs:.3f} s; ratio {ours / theirs:.2f}")
    peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024
    print(f"peak RSS of this process: {peak:.0f} MiB")
    return 0


def collection(folder: Path) -> object:
    """First slice by scikit-image, which checks nothing."""
    from skimage.io import ImageCollection, imread

    return ImageCollection(str(folder / "*.png"), load_func=lambda path: imread(path))[0]


if __name__ == "__main__":
    sys.exit(main())
