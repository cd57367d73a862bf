"""A large binary volume measured in little memory: ``python -m tests.benchmarks.measures_large [--slices
N]``.

2048 x 2048 x 620 voxels of a leveled wave (tiles of 512³ that repeat) are written as a TIFF; then processes
of their own read the file plainly (slab by slab through this program's reader, and through tifffile) and
measure it: shares, two-point correlation, lineal path, chords, surface, Euler number, components of solid
and pore, isotropy errors of solid; then the same with averages within planes and representative sizes, too.
"""

from __future__ import annotations

import argparse
import json
import subprocess
import sys
import tempfile
from pathlib import Path

import numpy as np

from core.io import writers
from core.job import Job
from core.simulate.structures import PatternSource, pattern_of
from core.simulate.structures.kinds import LeveledWave
from core.volume import Array, Volume, VolumeInfo

TILE = 512
CODE = """
import json, sys, time
from pathlib import Path
from core.io import open_stack
from core.job import Job
from core.steps.measure import MeasureParams, measured
path, what = Path(sys.argv[1]), sys.argv[2]
volume = open_stack(path)
begin = time.perf_counter()
answer = {}
if what == "read":
    for first in range(0, volume.info.shape[0], 5):
        volume.read(slice(first, min(first + 5, volume.info.shape[0])))
elif what == "tifffile":
    import tifffile
    with tifffile.TiffFile(path) as file:
        for page in file.pages:
            page.asarray()
else:
    more = what == "all"
    found = measured(volume, MeasureParams(planes=more, representative=more), Job())
    answer = found.model_dump(mode="json", exclude={"measured", "solid_fraction_per_slice", "verdict"})
seconds = time.perf_counter() - begin
# Not ru_maxrss: a process inherits that from the one that started it.
status = Path("/proc/self/status").read_text()
peak = int(status.split("VmHWM:")[1].split()[0]) / 1024
print(json.dumps({"seconds": seconds, "peak_mib": peak, "answer": answer}))
"""


class Tiles:
    """A tile repeated in all directions; every layer of tiles is moved, so that slices do not repeat."""

    def __init__(self, tile: Array, shape: tuple[int, int, int]) -> None:
        self._tile, self.shape, self.dtype = tile, shape, tile.dtype

    def read(self, z: slice, y: slice = slice(None), x: slice = slice(None)) -> Array:
        """Whole planes."""
        planes = [
            np.tile(np.roll(self._tile[k % TILE], k // TILE * 37, axis=0), (self.shape[1] // TILE,) * 2)
            for k in range(z.start, z.stop)
        ]
        return np.stack(planes)[:, y, x]


def write_volume(folder: Path, slices: int) -> Path:
    structure = LeveledWave(ligament_nm=(60.0,), solid_fraction=(0.35,), periodic=True)
    pattern = pattern_of(structure, shape=(TILE,) * 3, voxel_nm=5.0, seed=1, job=Job())
    source = PatternSource(pattern, solid_255=True)
    tile = np.concatenate([source.read(slice(z, z + 16)) for z in range(0, TILE, 16)])
    tiles = Tiles(tile, (slices, 2048, 2048))
    info = VolumeInfo(tiles.shape, tile.dtype, (5.0,) * 3, content="binary")
    [path] = writers.write(Volume(info, tiles), folder / "large.tif", "bigtiff").files[:1]
    return path


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--slices", type=int, default=620)
    parsed = parser.parse_args()
    with tempfile.TemporaryDirectory() as folder:
        path = write_volume(Path(folder), parsed.slices)
        print(f"{path.stat().st_size / 2**30:.2f} GiB, 2048 x 2048 x {parsed.slices}", flush=True)
        plain = None
        for what in ("read", "read", "tifffile", "measure", "all"):
            done = subprocess.run(
                [sys.executable, "-c", CODE, str(path), what], capture_output=True, text=True, check=True
            )
            told = json.loads(done.stdout)
            plain = told["seconds"] if what == "read" else plain
            print(
                f"{what:9} {told['seconds']:7.1f} s, {told['seconds'] / (plain or 1):6.1f} x a plain read, "
                f"peak {told['peak_mib']:.0f} MiB  {told['answer'] or ''}",
                flush=True,
            )


if __name__ == "__main__":
    main()
