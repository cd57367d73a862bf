"""What a network says, epoch by epoch, to a few patches that it is not trained with."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import torch

from core.learn.data.batch import PatchSource
from core.learn.networks import SegmentationNetwork
from core.learn.params.watch import EXAMPLES, MOST_EXAMPLES
from core.learn.training.device import on_device
from core.learn.training.epochs import OnPoint
from core.learn.training.state import CurvePoint, write_arrays
from core.volume import Array

_WHITE = 255
_SHARES = (0.5, 99.5)


def with_examples(folder: Path, network: SegmentationNetwork, source: PatchSource, then: OnPoint) -> OnPoint:
    """Have the examples of each epoch written, and then its point told."""

    def told(point: CurvePoint) -> None:
        write_examples(folder, network, source, point.epoch)
        then(point)

    return told


@torch.no_grad()
def write_examples(folder: Path, network: SegmentationNetwork, source: PatchSource, epoch: int) -> None:
    """Write images, truth and probabilities of the first patches for validation; the same patches each time.

    Nothing of a training depends on it: no random number is drawn. Of several slices the one that is
    segmented is kept, of several channels the first, of a volume its middle.
    """
    batch = next(iter(source.validation()), None)
    if batch is None:
        return
    chosen = np.unique(np.linspace(0, len(batch.images) - 1, MOST_EXAMPLES).round().astype(int)).tolist()
    images, target = batch.images[chosen], batch.target[chosen]
    network.eval()
    device = next(network.parameters()).device
    found = torch.sigmoid(network(on_device(images, device))).float().cpu()
    spec = network.spec
    seen = images[:, 0, images.shape[2] // 2] if spec.is_volume else images[:, spec.slices // 2]
    write_arrays(
        folder / EXAMPLES,
        {
            "image": np.stack([_grey(plane) for plane in seen.numpy()]),
            "truth": np.sign(_plane(target)).astype(np.int8),
            "prediction": np.round(_plane(found) * _WHITE).astype(np.uint8),
            "epoch": np.array(epoch),
        },
    )


def _plane(answers: torch.Tensor) -> Array:
    """(b, 1, [z,] y, x) -> (b, y, x)."""
    planes: Array = (answers[:, 0, answers.shape[2] // 2] if answers.ndim == 5 else answers[:, 0]).numpy()
    return planes


def _grey(plane: Array) -> Array:
    low, high = np.percentile(plane, _SHARES)
    shares = np.clip((plane - low) / max(high - low, 1e-6), 0, 1)
    return np.asarray(np.round(shares * _WHITE), np.uint8)
