"""Draws how deeper structure shines through at each voltage, from a virtual acquisition.

    python docs/shine_through.py FOLDER [--output docs/pictures/shine-through.png]

FOLDER is what ``trueslice simulate acquisition --kv 1 2 4`` has written. Pictures: one slice at every voltage
on one grey scale, and its truth. Plot: mean signal of solid and of pore pixels over all slices, for pores
also split by how deep the solid lies below them.
"""

from __future__ import annotations

import argparse
import json
from itertools import pairwise
from pathlib import Path

import matplotlib
import numpy as np
import tifffile
import zarr

matplotlib.use("Agg")

import matplotlib.pyplot as plt

DEPTHS_NM = (0, 10, 20, 40, 80, 160)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("folder", type=Path)
    parser.add_argument("--output", type=Path, default=Path("docs/pictures/shine-through.png"))
    given = parser.parse_args()
    truth = json.loads((given.folder / "truth.json").read_text(encoding="utf-8"))
    signals = {name: signal_of(given.folder, name) for name in truth["channels"]}
    solid, covered_nm = below(given.folder, truth)
    table = {name: means(signal, solid, covered_nm) for name, signal in signals.items()}
    for name, row in table.items():
        print(name, {key: round(value, 4) for key, value in row.items()})
    draw(given.output, signals, solid, table)


def signal_of(folder: Path, channel: str) -> np.ndarray:
    return np.asarray(zarr.open_group(folder / "expected.zarr", mode="r")[channel]["signal"])


def below(folder: Path, truth: dict) -> tuple[np.ndarray, np.ndarray]:
    """For every pixel of every slice: whether its face is solid, and how deep (nm) the next solid lies."""
    labels = tifffile.imread(folder / "truth.tif") > 0
    voxel_nm = truth["truth_voxel_nm_zyx"][0]
    depth = np.full(labels.shape, np.inf, np.float32)
    depth[-1][labels[-1]] = 0
    for z in range(len(labels) - 2, -1, -1):
        depth[z] = np.where(labels[z], 0, depth[z + 1] + voxel_nm)
    at = [int(np.floor(z_nm / voxel_nm + 0.5)) for z_nm in truth["z_nm"]]
    expected = (truth["shape_zyx"][1:], truth["voxel_nm_zyx"][1:])
    if expected != (truth["truth_shape_zyx"][1:], truth["truth_voxel_nm_zyx"][1:]):
        raise SystemExit("this drawing needs pixels as large as voxels, and no ruler or tilt")
    return labels[at], depth[at]


def means(signal: np.ndarray, solid: np.ndarray, covered_nm: np.ndarray) -> dict[str, float]:
    found = {"solid": float(signal[solid].mean()), "pore": float(signal[~solid].mean())}
    for low, high in pairwise(DEPTHS_NM):
        part = ~solid & (covered_nm > low) & (covered_nm <= high)
        if part.any():
            found[f"pore, solid {low}-{high} nm below"] = float(signal[part].mean())
    far = ~solid & (covered_nm > DEPTHS_NM[-1]) & np.isfinite(covered_nm)
    if far.any():
        found[f"pore, solid deeper than {DEPTHS_NM[-1]} nm"] = float(signal[far].mean())
    return found


def draw(output: Path, signals: dict, solid: np.ndarray, table: dict) -> None:
    middle = len(solid) // 2
    figure, axes = plt.subplots(
        1, len(signals) + 2, figsize=(4 * (len(signals) + 3), 4), layout="constrained"
    )
    top = max(np.percentile(signal[middle], 99.8) for signal in signals.values())
    for axis, (name, signal) in zip(axes, signals.items(), strict=False):
        axis.imshow(signal[middle], cmap="gray", vmin=0, vmax=top)
        axis.set_title(name.replace("kV", " kV"))
        axis.set_axis_off()
    axes[-2].imshow(solid[middle], cmap="gray")
    axes[-2].set_title("truth")
    axes[-2].set_axis_off()
    keys = list(next(iter(table.values())))
    voltages = [float(name.split("kV")[0]) for name in table]
    for key in keys:
        axes[-1].plot(voltages, [row.get(key, np.nan) for row in table.values()], "o-", label=key)
    axes[-1].set_xlabel("Accelerating voltage (kV)")
    axes[-1].set_ylabel("Mean signal per beam electron")
    axes[-1].set_ylim(bottom=0)
    axes[-1].legend(fontsize=8, loc="upper left", bbox_to_anchor=(1.02, 1))
    figure.savefig(output, dpi=110)
    print(output)


if __name__ == "__main__":
    main()
