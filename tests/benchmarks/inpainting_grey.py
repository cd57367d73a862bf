"""Grey planes by a network: ``python -m tests.benchmarks.inpainting_grey [MODEL] [--simulated | --real]``.

Planes between slices 10.16 +- 3.12 nm apart (pixels of 2.5 nm, so 4.06 +- 1.25 px), beside the planes that
are there. Simulated: images by the fast approximation of electrons (not how the images to train with were
drawn) of structures that no training has seen, 8 bit, with Poisson noise of stated strength (standard
deviation of solid by the contrast) in the slices only. Real, from ../shared/data where it is there: FIB-SEM
of tissue with cubic voxels, and serial sections of which every other one is left out; here the truth is noisy
itself. Told are PSNR (dB, of the contrast; of real images, of their range from the 1st to the 99th
percentile), SSIM, and pixels on the wrong side of a threshold (Otsu's of the truth). "smoothed": after the
best of several Gaussians in the plane, chosen by the truth, which nobody could choose: so much comes from
smoothing alone.
"""

from __future__ import annotations

import argparse
from collections.abc import Iterator
from pathlib import Path
from typing import TypeAlias

import numpy as np
import tifffile
from scipy.ndimage import gaussian_filter
from skimage.filters import threshold_otsu

from core.job import Job
from core.learn.inpainting.grey.trial import METHODS, filled
from core.rebuild.draws import drawn_planes
from core.rebuild.network import Filling
from core.rebuild.network_choice import filling_model, filling_of
from core.simulate.electrons.conditions import TLD, Beam, Physics
from core.simulate.electrons.materials import material_of
from core.simulate.electrons.world import Raster, World
from core.simulate.structures import Structure, pattern_of
from core.simulate.structures.kinds import LeveledWave, RandomPores, Spheres
from core.simulate.surrogate import predict
from core.volume import Array
from tests.shared_data import SHARED_DATA

Row: TypeAlias = tuple[float, float, float]
NOISES = (0.0, 0.1, 0.3, 0.6)
PLANES = 128
"""Of the tissue; more take longer and tell the same."""
SIGMAS_PX = (0.4, 0.6, 0.8, 1.0, 1.4)
SAMPLES: dict[str, tuple[Structure, str, float]] = {
    "gold in epoxy, 110 + 15 nm, 1 kV": (
        LeveledWave(ligament_nm=(110.0, 15.0), solid_fraction=(0.35, 0.35)),
        "epoxy",
        1.0,
    ),
    "gold, open pores, 30 nm, 1 kV": (LeveledWave(ligament_nm=(30.0,), solid_fraction=(0.4,)), "vacuum", 1.0),
    "gold spheres in epoxy, 20 nm, 2 kV": (
        Spheres(radius_nm=15.0, radius_sd_nm=3.0, solid_fraction=0.3),
        "epoxy",
        2.0,
    ),
    "pores in gold with epoxy, 20 nm, 2 kV": (
        RandomPores(radius_nm=15.0, radius_sd_nm=3.0, solid_fraction=0.6),
        "epoxy",
        2.0,
    ),
}


def imaged(structure: Structure, filler: str, kv: float, seed: int, planes: int, side: int) -> Array:
    """What the detector sees on average of every plane; float32, (planes, side, side)."""
    deeper, around, job = 48, 32, Job()
    shape = (planes + deeper, side + 2 * around, side + 2 * around)
    pattern = pattern_of(structure, shape=shape, voxel_nm=2.5, seed=seed, job=job)
    labels = pattern.read(*((0, length) for length in shape))
    world = World(labels, (2.5,) * 3, (material_of(filler), material_of("Au")))
    corner = (2.5 * around,) * 2
    images = [
        predict(world, Raster(2.5 * z, (side, side), (2.5, 2.5), corner), Beam(kv=kv), (TLD,), Physics(), job)
        for z in range(planes)
    ]
    return np.stack([image[0].signal for image in images])


def noisy(signal: Array, low: float, high: float, noise: float, rng: np.random.Generator) -> Array:
    """Slices as 8-bit grey values; pore at 50 and solid at 200."""
    if noise:
        electrons = high / (noise * (high - low)) ** 2
        signal = rng.poisson(signal * electrons) / electrons
    return np.clip(np.rint(50 + 150 * (signal - low) / (high - low)), 0, 255).astype(np.uint8)


def ssim(one: Array, other: Array, contrast: float) -> float:
    """Mean structural similarity of planes; Wang et al. 2004, doi:10.1109/TIP.2003.819861."""

    def mean(values: Array) -> Array:
        return gaussian_filter(values, (0, 1.5, 1.5))

    a, b = mean(one), mean(other)
    aa, bb, ab = mean(one * one) - a * a, mean(other * other) - b * b, mean(one * other) - a * b
    c, d = (0.01 * contrast) ** 2, (0.03 * contrast) ** 2
    return float(np.mean((2 * a * b + c) * (2 * ab + d) / ((a * a + b * b + c) * (aa + bb + d))))


def score(made: Array, truth: Array, contrast: float, threshold: float) -> Row:
    made, truth = made.astype(np.float64), truth.astype(np.float64)
    error = float(np.mean((made - truth) ** 2))
    wrong = 100 * float(np.mean((made > threshold) != (truth > threshold)))
    return 10 * float(np.log10(contrast**2 / error)), ssim(made, truth, contrast), wrong


def scores(
    slices: Array, knots: Array, truth: Array, contrast: float, threshold: float, network: Filling
) -> dict[str, Row]:
    """Of the filled planes, by method."""
    found = {}
    for method in METHODS:
        planes, made = filled(slices, knots, method, network)
        found[method] = score(made, truth[planes], contrast, threshold)
        if method != "network":
            smooth = [gaussian_filter(made.astype(np.float32), (0, sigma, sigma)) for sigma in SIGMAS_PX]
            rows = [score(each, truth[planes], contrast, threshold) for each in smooth]
            found[f"{method} smoothed"] = max([found[method], *rows])
    return found


def told(title: str, cases: list[dict[str, Row]]) -> None:
    print(f"{title}\n{'':24}{'PSNR dB':>9}{'SSIM':>9}{'MP %':>9}")
    for method in cases[0]:
        psnr, likeness, wrong = np.mean([case[method] for case in cases], axis=0)
        print(f"{method:24}{psnr:9.2f}{likeness:9.4f}{wrong:9.3f}", flush=True)


def simulated(network: Filling, planes: int, side: int) -> None:
    whole: dict[float, list[dict[str, Row]]] = {noise: [] for noise in NOISES}
    for number, (name, (structure, filler, kv)) in enumerate(SAMPLES.items()):
        signal = imaged(structure, filler, kv, 7001 + number, planes, side)
        low, high = np.percentile(signal, (5, 95))
        truth = 50 + 150 * (signal - low) / (high - low)
        threshold = float(threshold_otsu(truth))
        for noise in NOISES:
            rng = np.random.default_rng((number, int(100 * noise)))
            knots = drawn_planes(planes, 2.5, mean_nm=10.16, sd_nm=3.12, rng=rng)
            slices = noisy(signal[knots], low, high, noise, rng)
            whole[noise].append(scores(slices, knots, truth, 150.0, threshold, network))
            told(f"{name}, noise {noise:g}", whole[noise][-1:])
    for noise in NOISES:
        told(f"all {len(SAMPLES)}, noise {noise:g}", whole[noise])


def real_stacks() -> Iterator[tuple[str, Array, list[Array]]]:
    """Name, planes, and for each draw which ones are kept."""
    tissue = SHARED_DATA / "flyem_medulla_fibsem" / "training_sample1" / "grayscale_maps"
    if tissue.is_dir():
        stack = read(sorted(tissue.glob("*.png"))[:PLANES])
        for name, mean, sd in (("4.06 +- 1.25", 10.16, 3.12), ("2.5 +- 0.75", 6.25, 1.875)):
            draws = [np.random.default_rng((5, number)) for number in range(2)]
            drawn = [drawn_planes(len(stack), 2.5, mean_nm=mean, sd_nm=sd, rng=rng) for rng in draws]
            yield f"FIB-SEM of tissue, 10 nm, slices {name} px apart", stack, drawn
    sections = SHARED_DATA / "vnc_sstem" / "stack1" / "raw"
    if sections.is_dir():
        stack = read(sorted(sections.glob("*.tif")))
        side = stack.shape[1] // 4 * 4
        stack = stack[:, :side, :side].reshape(len(stack), side // 4, 4, side // 4, 4).mean((2, 4))
        yield "serial sections, 4 x 4 binned, every other one", stack, [np.arange(0, len(stack), 2)]


def read(files: list[Path]) -> Array:
    from imagecodecs import imread

    return np.stack([tifffile.imread(file) if file.suffix == ".tif" else imread(file) for file in files])


def real(network: Filling) -> None:
    for name, stack, draws in real_stacks():
        low, high = np.percentile(stack, (1, 99))
        threshold = float(threshold_otsu(stack))
        cases = [scores(stack[knots], knots, stack, high - low, threshold, network) for knots in draws]
        told(name, cases)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("model", nargs="?", default="fill-grey", metavar="MODEL")
    parser.add_argument("--simulated", action="store_true", help="only these")
    parser.add_argument("--real", action="store_true", help="only these")
    parser.add_argument("--planes", type=int, default=48)
    parser.add_argument("--side", type=int, default=96)
    parsed = parser.parse_args()
    network = filling_of(filling_model(parsed.model), 1)
    if not parsed.real:
        simulated(network, parsed.planes, parsed.side)
    if not parsed.simulated:
        real(network)


if __name__ == "__main__":
    main()
