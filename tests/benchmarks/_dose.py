"""Fewer electrons of a simulation that is there: what a lower dose would have shown, exactly.

Electrons are independent of each other. Of the N that were followed in a pixel, k of which were counted, n
are chosen at random; how many of these were counted is drawn from the hypergeometric distribution.
"""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path

import numpy as np
import zarr

from core.volume import Array

MOST_GREY = 255


def thinned(folder: Path, channel: str, electrons: int) -> Array:
    """Images of an acquisition with only `electrons` per pixel, on its own grey scale; uint8, (z, y, x).

    Raises
    ------
    SystemExit
        If fewer electrons were simulated than are wanted, or the signal is not that of whole electrons.
    """
    truth = json.loads((folder / "truth.json").read_text())
    scale = truth["images"][channel]["scale"]
    simulated = int(truth["electrons_per_pixel"])
    counted = zarr.open_group(folder / "expected.zarr", mode="r")[f"{channel}/signal"][:] * simulated
    whole = np.rint(counted).astype(np.int64)
    if electrons > simulated or np.abs(counted - whole).max() > 0.01:
        raise SystemExit(f"{folder}: {electrons} of {simulated} electrons cannot be taken")
    rng = np.random.default_rng((truth["seed"], electrons))
    seen = rng.hypergeometric(whole, simulated - whole, electrons) / electrons
    share = (seen - scale["black_signal"]) / (scale["white_signal"] - scale["black_signal"])
    return np.clip(np.floor(share * MOST_GREY + 0.5), 0, MOST_GREY).astype(np.uint8)


def hard_enough(
    folder: Path, channel: str, most: int, wanted: float, misplaced: Callable[[Array], float]
) -> tuple[int, Array]:
    """The greatest dose at which `misplaced` reaches `wanted` percent, and its images."""
    for electrons in range(most, 1, -1):
        images = thinned(folder, channel, electrons)
        if misplaced(images) >= wanted:
            return electrons, images
    raise SystemExit(f"{channel}: not as hard as {wanted} % at any dose")
