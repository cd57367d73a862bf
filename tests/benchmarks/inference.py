"""Segmenting with a network: any tiling gives the same, and the whole command beside bare onnxruntime.

Bare is what onnxruntime alone needs for the same planes, already normalised and in memory: with tiles of its
own best size, run several at once or one with all threads. Tiles without context are told too, although they
leave seams; to give the answer of the whole plane each has to be larger by the halo on all sides, and that is
what is compared. The command reads, finds levels, segments, stores and writes. On a machine that has other
work, the time of the processors says more than the clock.

``BENCH_SHAPE=40,768,768`` takes a smaller volume than 620 x 768 x 768; ``BENCH_MODEL=NAME`` a model of the
library in place of a U-Net with random weights (``BENCH_SLICES=7`` of so many slices).
"""

from __future__ import annotations

import json
import os
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import onnx
import tifffile
from onnx import TensorProto, helper, numpy_helper

ROOT = Path(__file__).resolve().parents[2]
sys.path.insert(0, str(ROOT))

from core.models.card import Model, write_model  # noqa: E402 - the line before says where it is
from core.models.intensity import levels_of_planes  # noqa: E402
from core.models.library import VARIABLE, model_named  # noqa: E402
from core.models.predict import predict_planes  # noqa: E402
from core.models.session import open_session  # noqa: E402
from core.models.spec import Known, ModelSpec  # noqa: E402
from core.models.tiles import parts_for, tiles_of, up_to_multiple  # noqa: E402
from core.models.work import Work, cut_for  # noqa: E402

SHAPE = tuple(int(side) for side in os.environ.get("BENCH_SHAPE", "620,768,768").split(","))
SLICES = int(os.environ.get("BENCH_SLICES", "1"))
TILES = (128, 192, 256, 384, 512, 768)
BARE_S = 20.0
CORES = os.cpu_count() or 1
WATCH = """
import json, resource, subprocess, sys, time
begin = time.perf_counter()
subprocess.run(sys.argv[1:], check=True, stdout=subprocess.DEVNULL)
usage = resource.getrusage(resource.RUSAGE_CHILDREN)
print(json.dumps([time.perf_counter() - begin, usage.ru_utime + usage.ru_stime, usage.ru_maxrss / 1024]))
"""


class _Graph:
    """Nodes and random weights of a small U-Net."""

    def __init__(self) -> None:
        self.nodes: list[Any] = []
        self.weights: list[Any] = []
        self.rng = np.random.default_rng(0)

    def add(self, kind: str, *inputs: str, **values: Any) -> str:
        name = f"n{len(self.nodes)}"
        self.nodes.append(helper.make_node(kind, [*inputs], [name], **values))
        return name

    def constant(self, values: Any) -> str:
        name = f"w{len(self.weights)}"
        self.weights.append(numpy_helper.from_array(np.asarray(values, np.float32), name))
        return name

    def conv(self, name: str, inputs: int, outputs: int, side: int = 3) -> str:
        kernel = self.rng.normal(0, (2 / (inputs * side**2)) ** 0.5, (outputs, inputs, side, side))
        return self.add("Conv", name, self.constant(kernel), pads=[side // 2] * 4)

    def block(self, name: str, inputs: int, outputs: int) -> str:
        for count in (inputs, outputs):
            name = self.add("Relu", self.conv(name, count, outputs))
        return name


def unet(path: Path, inputs: int, *, width: int = 8, depth: int = 4) -> Path:
    """A U-Net with random weights: two convolutions at each of the levels, on the way down and up."""
    graph = _Graph()
    name, there = "images", inputs
    kept = []
    for level in range(depth):
        if level:
            name = graph.add("MaxPool", name, kernel_shape=[2, 2], strides=[2, 2])
        name, there = graph.block(name, there, width << level), width << level
        kept.append((name, there))
    scales = graph.constant([1, 1, 2, 2])
    ways = {"mode": "nearest", "nearest_mode": "floor", "coordinate_transformation_mode": "asymmetric"}
    for other, count in reversed(kept[:-1]):
        name = graph.conv(graph.add("Resize", name, "", scales, **ways), there, count, 1)
        name, there = graph.block(graph.add("Concat", other, name, axis=1), 2 * count, count), count
    graph.nodes.append(helper.make_node("Sigmoid", [graph.conv(name, there, 1, 1)], ["result"]))
    sides = [helper.make_tensor_value_info("images", TensorProto.FLOAT, ["b", inputs, "y", "x"])]
    answer = [helper.make_tensor_value_info("result", TensorProto.FLOAT, ["b", 1, "y", "x"])]
    made = helper.make_graph(graph.nodes, "unet", sides, answer, graph.weights)
    onnx.save(helper.make_model(made, opset_imports=[helper.make_opsetid("", 17)], ir_version=8), path)
    return path


def model_in(folder: Path) -> Model:
    """The model that is timed."""
    if "BENCH_MODEL" in os.environ:
        return model_named(os.environ["BENCH_MODEL"])
    os.environ[VARIABLE] = str(folder / "models")
    spec = ModelSpec(
        name="random-unet",
        channels=("2kV",),
        slices=SLICES,
        voxel_nm=(10, 5, 5),
        stride=8,
        halo_px=46,
        known=Known(pixel_nm=(5, 5)),
    )
    return write_model(folder / "models" / spec.name, unet(folder / "unet.onnx", SLICES), spec)


def volume(shape: tuple[int, ...]) -> Any:
    """Grey values of blobs with noise, uint8."""
    rng = np.random.default_rng(0)
    y, x = np.mgrid[: shape[1], : shape[2]]
    pattern = 110 + 40 * np.sign(np.sin(x / 21) + np.sin(y / 17))
    planes = [rng.normal(0, 15, shape[1:]) + pattern for _ in range(min(shape[0], 16))]
    whole = np.clip(np.stack(planes), 0, 255).astype(np.uint8)
    return whole[np.arange(shape[0]) % len(whole)]


def tiling(model: Model, planes: Any) -> float:
    """Greatest difference of probabilities between tilings."""
    levels = dict.fromkeys(model.spec.channels, levels_of_planes(planes))
    channels = dict.fromkeys(model.spec.channels, planes)
    work = Work(open_session(model.weights, "cpu", CORES), model.spec, levels)
    middle = [len(planes) // 2]
    whole = predict_planes(work, channels, middle).probability
    found = [
        np.abs(predict_planes(replace(work, parts_yx=parts), channels, middle).probability - whole).max()
        for parts in ((1, 2), (3, 2), (5, 7))
    ]
    return float(max(found))


def bare(model: Model, planes: Any) -> dict[tuple[int, str], tuple[float, float]]:
    """Pixels per second and per processor second of onnxruntime alone, by tile and use of the processors."""
    inputs = len(model.spec.channels) * model.spec.slices
    rng = np.random.default_rng(0)
    found = {}
    for side in [side for side in TILES if side <= min(planes.shape[1:])]:
        tensor = rng.uniform(-1, 1, (1, inputs, side, side)).astype(np.float32)
        one, all_ = (open_session(model.weights, "cpu", threads) for threads in (1, CORES))
        found[side, f"{CORES} threads"] = _speed(lambda t=tensor, s=all_: s.run(t), side, 1)
        found[side, f"{CORES} runs"] = _speed(lambda t=tensor, s=one: s.run(t), side, CORES)
    return found


def _speed(run: Callable[[], object], side: int, at_once: int) -> tuple[float, float]:
    run()
    seconds = BARE_S / (2 * len(TILES))
    with ThreadPoolExecutor(at_once) as pool:
        begin, worked = time.perf_counter(), time.process_time()
        counts = list(pool.map(lambda _: _repeated(run, begin + seconds), range(at_once)))
    px = sum(counts) * side**2
    return px / (time.perf_counter() - begin), px / (time.process_time() - worked)


def worth(model: Model, side: int) -> float:
    """Share of the pixels of all windows that is not context, for whole planes cut into such windows."""
    _, y, x = SHAPE
    stride, halo = model.spec.stride, model.spec.halo_px
    parts = parts_for((y, x), halo, stride, up_to_multiple(side, stride) ** 2)
    windows = [
        (tile.y.stop - tile.y.start) * (tile.x.stop - tile.x.start)
        for tile in tiles_of((y, x), parts, halo, stride)
    ]
    return y * x / sum(windows)


def _repeated(run: Callable[[], object], until: float) -> int:
    count = 0
    while time.perf_counter() < until or count == 0:
        run()
        count += 1
    return count


def command(model: Model, folder: Path, planes: Any) -> tuple[float, float, float]:
    """Seconds, processor seconds and peak MiB of the whole command."""
    stack = folder / "stack.tif"
    tifffile.imwrite(stack, planes, photometric="minisblack", bigtiff=True)
    z, y, x = model.spec.voxel_nm
    inputs = ["--input", *(f"{name}={stack}" for name in model.spec.channels)]
    arguments = ["segment", *inputs, "--method", f"model:{model.name}", "--force", "--json"]
    arguments += ["-o", folder / "solid.tif", "--voxel-nm-zyx", z, y, x]
    ended = subprocess.run(
        [sys.executable, "-c", WATCH, sys.executable, "-m", "core", *map(str, arguments)],
        check=True,
        capture_output=True,
        text=True,
        cwd=ROOT,
    )
    seconds, processor_s, peak_mb = json.loads(ended.stdout)
    return seconds, processor_s, peak_mb


def main() -> int:
    """Print all of it."""
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        model, planes = model_in(folder), volume(SHAPE)
        parts = cut_for(model.spec, model.weights, (SHAPE[1], SHAPE[2]))
        print(f"{model.name}: {model.spec.slices} slices, halo {model.spec.halo_px} px, tiles {parts}")
        print(f"tilings differ by {tiling(model, planes[:9]):.1e} at most")
        speeds = bare(model, planes)
        best: list[tuple[float, float]] = []
        for (side, how), (speed, per_cpu) in speeds.items():
            share = worth(model, side)
            best.append((share * speed, share * per_cpu))
            print(
                f"  bare, {side} px, {how}: {speed / 1e6:5.2f} Mpx/s ({per_cpu / 1e6:5.2f} of a processor); "
                f"with context {share * speed / 1e6:5.2f} ({share * per_cpu / 1e6:5.2f})"
            )
        seams_s = planes.size / max(speed for speed, _ in speeds.values())
        best_s, best_processor_s = (planes.size / max(each) for each in zip(*best, strict=True))
        seconds, processor_s, peak_mb = command(model, folder, planes)
        print(f"{' x '.join(map(str, SHAPE))} voxels, bare: {best_s:.1f} s (with seams {seams_s:.1f} s)")
        print(f"whole command: {seconds:.1f} s, peak {peak_mb:.0f} MiB")
        print(f"throughput of the command beside bare: {100 * best_s / seconds:.0f} %")
        print(
            f"processor time: bare {best_processor_s:.1f} s, command {processor_s:.1f} s: "
            f"{100 * best_processor_s / processor_s:.0f} %"
        )
    return 0


if __name__ == "__main__":
    sys.exit(main())
