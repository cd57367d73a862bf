"""Writes the bundled sample: ``python -m core.simulate.bundle FOLDER`` makes ``resources/sample`` again."""

from __future__ import annotations

import sys
from pathlib import Path

import numpy as np

from core.files import write_json
from core.io.writers import write
from core.simulate.sample import VOXEL_NM, make_sample
from core.volume import Shape, volume_of

SEED = 1
SHAPE: Shape = (64, 192, 256)


def write_sample(folder: Path) -> None:
    """Write ``sample.tif``, ``truth.tif`` and ``truth.json``, replacing older ones."""
    grey, solid, info = make_sample(SEED, SHAPE)
    truth = np.where(solid, 255, 0).astype(np.uint8)
    write(volume_of(grey, voxel_nm=VOXEL_NM), folder / "sample.tif", "fiji", overwrite=True)
    labels = volume_of(truth, voxel_nm=VOXEL_NM, content="binary")
    write(labels, folder / "truth.tif", "fiji", overwrite=True)
    write_json(folder / "truth.json", info)


if __name__ == "__main__":
    write_sample(Path(sys.argv[1]))
