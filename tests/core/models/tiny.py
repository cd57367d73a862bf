"""Networks of a few numbers, whose answers and receptive fields are known."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
import onnx
from onnx import TensorProto, helper, numpy_helper

from core.models.spec import Known, ModelSpec

SLOPE = 4.0


def spec_of(**changes: Any) -> ModelSpec:
    """A model for one channel of slices 10 nm apart, pixels of 2.5 nm."""
    plain: dict[str, Any] = {
        "name": "tiny",
        "channels": ("2kV",),
        "voxel_nm": (10, 2.5, 2.5),
        "known": Known(pixel_nm=(2.5, 2.5)),
        "halo_px": 1,
    }
    return ModelSpec(**plain | changes)


def _saved(
    path: Path, nodes: list[Any], weights: dict[str, Any], shape: list[Any], outputs: dict[str, Any]
) -> Path:
    graph = helper.make_graph(
        nodes,
        "tiny",
        [helper.make_tensor_value_info("images", TensorProto.FLOAT, shape)],
        [helper.make_tensor_value_info(name, TensorProto.FLOAT, sizes) for name, sizes in outputs.items()],
        [numpy_helper.from_array(np.asarray(value), name) for name, value in weights.items()],
    )
    model = helper.make_model(graph, opset_imports=[helper.make_opsetid("", 17)], ir_version=8)
    onnx.checker.check_model(model)
    onnx.save(model, path)
    return path


def mean_network(path: Path, weights: Any, *, side: int = 3) -> Path:
    """Sigmoid of `SLOPE` times the mean over `side` x `side` pixels, weighted by input channel."""
    channels = np.asarray(weights, np.float32)
    kernel = np.broadcast_to(channels[None, :, None, None], (1, len(channels), side, side)) * (
        SLOPE / side**2
    )
    pad = side // 2
    nodes = [
        helper.make_node("Conv", ["images", "kernel"], ["logits"], pads=[pad] * 4),
        helper.make_node("Sigmoid", ["logits"], ["result"]),
    ]
    shape: list[Any] = ["b", len(channels), "y", "x"]
    return _saved(path, nodes, {"kernel": kernel.astype(np.float32)}, shape, {"result": ["b", 1, "y", "x"]})


def pooled_network(path: Path, channels: int = 1, *, branches: bool = False) -> Path:
    """Maximum over 4 x 4 pixels, a 3 x 3 convolution of these, back to pixels: stride 4, halo 7."""
    rng = np.random.default_rng(5)
    kernel = rng.normal(0, 1, (1, channels, 3, 3)).astype(np.float32)
    nodes = [
        helper.make_node("MaxPool", ["images"], ["coarse"], kernel_shape=[4, 4], strides=[4, 4]),
        helper.make_node("Conv", ["coarse", "kernel"], ["mixed"], pads=[1, 1, 1, 1]),
        helper.make_node(
            "Resize",
            ["mixed", "", "scales"],
            ["fine"],
            mode="nearest",
            nearest_mode="floor",
            coordinate_transformation_mode="asymmetric",
        ),
        helper.make_node("Sigmoid", ["fine"], ["result"]),
    ]
    outputs: dict[str, Any] = {"result": ["b", 1, "y", "x"]}
    if branches:
        nodes.append(helper.make_node("Sigmoid", ["images"], ["branches"]))
        outputs["branches"] = ["b", channels, "y", "x"]
    weights = {"kernel": kernel, "scales": np.array([1, 1, 4, 4], np.float32)}
    return _saved(path, nodes, weights, ["b", channels, "y", "x"], outputs)


def volume_network(path: Path) -> Path:
    """Maximum over 2 x 2 x 2 voxels, a 3 x 3 x 3 convolution, back to voxels: stride 2, halo 3."""
    rng = np.random.default_rng(6)
    kernel = rng.normal(0, 0.5, (1, 1, 3, 3, 3)).astype(np.float32)
    nodes = [
        helper.make_node("MaxPool", ["images"], ["coarse"], kernel_shape=[2, 2, 2], strides=[2, 2, 2]),
        helper.make_node("Conv", ["coarse", "kernel"], ["mixed"], pads=[1] * 6),
        helper.make_node(
            "Resize",
            ["mixed", "", "scales"],
            ["fine"],
            mode="nearest",
            nearest_mode="floor",
            coordinate_transformation_mode="asymmetric",
        ),
        helper.make_node("Sigmoid", ["fine"], ["result"]),
    ]
    weights = {"kernel": kernel, "scales": np.array([1, 1, 2, 2, 2], np.float32)}
    shape = ["b", 1, "z", "y", "x"]
    return _saved(path, nodes, weights, shape, {"result": shape})
