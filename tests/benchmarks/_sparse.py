"""A large TIFF that costs no disk."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import tifffile


def sparse_tiff(path: Path) -> Path:
    """Write a TIFF of 10 GB, 1250 slices of 2048 x 4096, whose pixels are holes."""
    with tifffile.TiffWriter(path, bigtiff=True) as writer:
        writer.write(shape=(1250, 2048, 4096), dtype=np.uint8)
    return path
