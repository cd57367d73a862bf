"""The inpainting network of article II: ``python -m tests.benchmarks.inpainting_article [--minutes 8]``.

Trained for a stated time on one core (MSE, Adam 0.001, plateau, batches of 64 patches of 64 px, Tables S1 and
S2) on binary voxels or on signed distances, with structures like gold as the bundled network is trained with,
and measured with structures of `article_two`: probabilities of zx and zy sections are averaged, and measured
slices stay. The article trained for 14.5 h on a GPU.
"""

from __future__ import annotations

import argparse
import tempfile
import time
from pathlib import Path

import numpy as np
import torch
from torch import nn

from core.job import Job
from core.learn.inpainting.recipe import GapParams
from core.learn.inpainting.sections import SectionPatches, Voxels, in_sections
from core.learn.networks.inpainting import ArticleNetwork
from core.learn.params.optimise import OptimiseParams
from core.learn.training.device import Machine
from core.learn.training.loop import fit
from core.measure.confusion import Confusion
from core.rebuild.draws import drawn_planes
from core.rebuild.network_input import CAP_PX, SMOOTHING_PX
from core.rebuild.signed import signed_distances
from core.volume import Array
from tests.benchmarks.article_two import truth_of


@torch.no_grad()
def filled(network: nn.Module, slices: Array, knots: Array, depth: int, voxels: Voxels) -> Array:
    values = slices.astype(np.float32)
    if voxels == "signed-distance":
        values = signed_distances(slices, CAP_PX, SMOOTHING_PX) / (2 * CAP_PX) + 0.5
    whole = torch.from_numpy(in_sections(values, knots, depth))
    total = torch.zeros(whole.shape[1:])
    for place in range(whole.shape[2]):
        total[:, place] += torch.sigmoid(network(whole[None, :, :, place]))[0, 0]
        total[:, :, place] += torch.sigmoid(network(whole[None, :, :, :, place]))[0, 0]
    found: Array = total.numpy() > 1
    found[knots] = slices
    return found


def measured(network: nn.Module, structures: int, side: int, voxels: Voxels) -> None:
    rows = []
    for seed in range(1, structures + 1):
        truth = truth_of(seed, side).data > 0
        rng = np.random.default_rng((seed, 0))
        knots = drawn_planes(side, 2.5, mean_nm=10.16, sd_nm=3.12, rng=rng)
        depth = int(knots[-1]) + 1
        found, true = filled(network, truth[knots], knots, depth, voxels), truth[:depth]
        both = int(np.count_nonzero(found & true))
        got, there = int(found.sum()), int(true.sum())
        counts = Confusion(both, got - both, there - both, found.size - got - there + both)
        rows.append((counts.mp, counts.mgp, counts.mds))
    mp, mgp, mds = np.mean(rows, axis=0)
    print(f"{voxels}: MP {mp:.3f} %, MGP {mgp:.2f} %, MDS {mds:.4f} over {structures} x {side}³", flush=True)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--minutes", type=float, default=8.0)
    parser.add_argument("--structures", type=int, default=2)
    parser.add_argument("--side", type=int, default=128)
    parser.add_argument("--voxels", choices=("binary", "signed-distance"), nargs="*", default=["binary"])
    parsed = parser.parse_args()
    gaps = GapParams(structures=24, validation=4, batches_per_epoch=20)
    for voxels in parsed.voxels:
        torch.manual_seed(1)
        source = SectionPatches(gaps, 1, 64, voxels, Job())
        optimise = OptimiseParams(
            loss="mse",
            optimiser="adam",
            learning_rate=1e-3,
            schedule="plateau",
            epochs=500,
            patience=25,
            minutes=parsed.minutes,
            average=0.0,
        )
        begin = time.process_time()
        with tempfile.TemporaryDirectory() as folder:
            machine = Machine("cpu", 1)
            done = fit(ArticleNetwork(), source, optimise, Path(folder), job=Job(), seed=1, machine=machine)
        print(
            f"{len(done.curve)} epochs of 20 x 64 patches, {time.process_time() - begin:.0f} s of processor "
            f"time, best validation MP {done.best.mp:.3f} %",
            flush=True,
        )
        measured(done.network, parsed.structures, parsed.side, voxels)


if __name__ == "__main__":
    main()
