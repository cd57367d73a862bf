"""From a trained network to an ONNX file that is shown to give the same."""

from __future__ import annotations

import copy
import warnings
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import torch
from torch import Tensor, nn

from core.errors import TruesliceError
from core.files import replacing
from core.learn.networks.base import SegmentationNetwork

OPSET = 17
GREATEST_DIFFERENCE = 1e-4
INPUT, PROBABILITY, BRANCHES = "images", "probability", "branches"
LEAST_SIDES = 2
"""Images that the file is checked with are at least so many strides wide."""


@dataclass(frozen=True)
class ExportReport:
    """What was written.

    Attributes
    ----------
    opset : int
        Version of the ONNX operators.
    bytes : int
        Size of the file.
    largest_difference : float
        Between the probabilities of onnxruntime and of torch, over all images of the check.
    """

    opset: int
    bytes: int
    largest_difference: float


class _Outputs(nn.Module):
    """A network that answers with probabilities."""

    def __init__(self, network: SegmentationNetwork) -> None:
        super().__init__()
        self.network = network

    def forward(self, images: Tensor) -> Tensor | tuple[Tensor, Tensor]:
        probability, branches = self.network.outputs(images)
        return probability if branches is None else (probability, branches)


def export_onnx(network: SegmentationNetwork, path: Path, shape: Sequence[int]) -> ExportReport:
    """Write a network as ONNX and compare what onnxruntime and torch make of the same images.

    The file has one input, ``images``, and the outputs ``probability``, (b, 1, [z,] y, x), 0-1, and, where
    the network has branches, ``branches``, (b, conditions, [z,] y, x). Batch and sides may have any size that
    fits the stride. Equal numbers give equal bytes. The network itself is left as it is.

    Parameters
    ----------
    network : SegmentationNetwork
        On any device, in any mode; it is written as it is evaluated.
    path : Path
        File to write; it appears whole, or not at all.
    shape : sequence of int
        Of one of the inputs used for the check, (b, c, [z,] y, x); larger ones that are not square are added.

    Raises
    ------
    ParameterError
        If the network does not take this shape.
    TruesliceError
        If a probability differs by more than `GREATEST_DIFFERENCE`.
    WriteError
        If the file cannot be written.
    """
    plain = copy.deepcopy(network).cpu().float().eval()
    for value in plain.parameters():
        value.data = value.data.contiguous()  # whatever the layout in memory it was trained in
    plain.check(torch.zeros(*shape))
    model = _Outputs(plain).eval()
    with replacing(path) as temporary, torch.no_grad():
        _write(model, temporary, shape)
        difference = largest_difference(model, temporary, _check_shapes(plain, shape))
        if not difference <= GREATEST_DIFFERENCE:
            raise TruesliceError(
                f"{path.name}: the exported network does not give what the trained one gives",
                expected=f"probabilities that differ by at most {GREATEST_DIFFERENCE:g}",
                got=f"a difference of {difference:g}",
                remedy="look for numbers that are not finite, or train with a smaller learning rate",
            )
        size = temporary.stat().st_size
    return ExportReport(OPSET, size, difference)


def _write(model: _Outputs, path: Path, shape: Sequence[int]) -> None:
    branched = model.network.branches(torch.zeros(*shape)) is not None
    outputs = [PROBABILITY, BRANCHES] if branched else [PROBABILITY]
    sizes = {0: "batch", len(shape) - 2: "y", len(shape) - 1: "x"} | ({2: "z"} if len(shape) == 5 else {})
    with warnings.catch_warnings():
        # The exporter that follows a trace is on its way out, but needs no further package; the other one
        # has to be given every relation between sizes.
        warnings.simplefilter("ignore", DeprecationWarning)
        torch.onnx.export(
            model,
            (torch.zeros(*shape),),
            str(path),
            dynamo=False,
            opset_version=OPSET,
            input_names=[INPUT],
            output_names=outputs,
            dynamic_axes={name: dict(sizes) for name in (INPUT, *outputs)},
        )


def _check_shapes(network: SegmentationNetwork, shape: Sequence[int]) -> list[tuple[int, ...]]:
    """Give `shape` itself, one that is wider than high, and one that is higher and of another batch and z."""
    batch, channels, *depth, height, width = shape
    step = network.stride
    least = LEAST_SIDES * step
    deeper = [slices + 2 for slices in depth]
    wide = (1, channels, *depth, max(height, least), max(width, least) + step)
    high = (batch + 1, channels, *deeper, max(height, least) + step, max(width, least))
    return [tuple(shape), wide, high]


def largest_difference(model: nn.Module, path: Path, shapes: Sequence[Sequence[int]]) -> float:
    """Compare a file with the module it was made from.

    Parameters
    ----------
    model : nn.Module
        In evaluation mode, on the CPU.
    path : Path
        ONNX file with the same outputs.
    shapes : sequence of sequence of int
        Of the inputs; their numbers are normally distributed, from a fixed seed.

    Returns
    -------
    float
        Greatest absolute difference of all outputs; NaN if any is not a number.
    """
    import onnxruntime

    options = onnxruntime.SessionOptions()
    options.intra_op_num_threads = options.inter_op_num_threads = 1
    session = onnxruntime.InferenceSession(str(path), options, providers=["CPUExecutionProvider"])
    draw = np.random.default_rng(0)
    differences = []
    for shape in shapes:
        images = draw.standard_normal(tuple(shape), dtype=np.float32)
        expected = model(torch.from_numpy(images))
        expected = expected if isinstance(expected, tuple) else (expected,)
        for wanted, got in zip(expected, session.run(None, {INPUT: images}), strict=True):
            differences.append(float(np.max(np.abs(wanted.detach().numpy() - got))))
    return float(np.max(differences))  # unlike max(), lets NaN through
