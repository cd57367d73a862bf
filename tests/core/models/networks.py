"""Tiny ONNX files."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import onnx
from onnx import helper, numpy_helper

from core.models.spec import Known, ModelSpec


def spec_of(name: str = "tiny", **changes) -> ModelSpec:
    """What the card of `mean_network` says: one condition, three slices."""
    values = {
        "name": name,
        "channels": ("2kV",),
        "slices": 3,
        "voxel_nm": (10, 2.5, 2.5),
        "halo_px": 1,
        "halo_slices": 1,
        "known": Known(pixel_nm=(2, 3)),
        "trained_on": "Made by hand.",
        "limits": "Not for real data.",
    }
    return ModelSpec.model_validate(values | changes)


def mean_network(path: Path, inputs: int = 3, *, branches: int = 0, volume: bool = False) -> Path:
    """Sigmoid of 4 times the mean of 3 x 3 pixels of all channels; branches: of one pixel."""
    lead = ([1] if volume else []) + [3, 3]
    weights = {"w": np.full((1, inputs, *lead), 4 / 9 / inputs, np.float32)}
    pads = [0, 1, 1, 0, 1, 1] if volume else [1, 1, 1, 1]
    nodes = [
        helper.make_node("Conv", ["x", "w"], ["logit"], pads=pads),
        helper.make_node("Sigmoid", ["logit"], ["probability"]),
    ]
    if branches:
        weights["v"] = np.full((branches, inputs, *([1] * len(lead))), 2 / inputs, np.float32)
        nodes += [
            helper.make_node("Conv", ["x", "v"], ["logits"]),
            helper.make_node("Sigmoid", ["logits"], ["branches"]),
        ]
    outputs = {"probability": 1} | ({"branches": branches} if branches else {})
    return save(path, nodes, weights, inputs=inputs, outputs=outputs, volume=volume)


def pooled_network(path: Path) -> Path:
    """Pooling by 4, a kernel of 3 there, and back: a stride of 4."""
    weights = {
        "w": np.full((1, 1, 3, 3), 2 / 9, np.float32),
        "scales": np.array([1, 1, 4, 4], np.float32),
    }
    nodes = [
        helper.make_node("MaxPool", ["x"], ["small"], kernel_shape=[4, 4], strides=[4, 4]),
        helper.make_node("Conv", ["small", "w"], ["wide"], pads=[1, 1, 1, 1]),
        helper.make_node("Resize", ["wide", "", "scales"], ["large"], mode="nearest"),
        helper.make_node("Sigmoid", ["large"], ["probability"]),
    ]
    return save(path, nodes, weights, inputs=1)


def save(path, nodes, weights=None, *, inputs=1, outputs=None, volume=False, opset=17, size=None) -> Path:
    """Write an ONNX file."""
    free = ["z"] * volume + (["y", "x"] if size is None else [size, size])

    def tensor(name, channels):
        return helper.make_tensor_value_info(name, onnx.TensorProto.FLOAT, ["b", channels, *free])

    graph = helper.make_graph(
        nodes,
        "network",
        [tensor("x", inputs)],
        [tensor(name, channels) for name, channels in (outputs or {"probability": 1}).items()],
        [numpy_helper.from_array(values, name) for name, values in (weights or {}).items()],
    )
    model = helper.make_model(graph, opset_imports=[helper.make_opsetid("", opset)], ir_version=8)
    onnx.save(model, str(path))
    return path
