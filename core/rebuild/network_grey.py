"""Grey planes between measured ones, made by a network that corrects a cubic spline."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np

from core.rebuild.network import TILE_PX, Filling, windows
from core.rebuild.network_grey_input import as_grey_input
from core.rebuild.network_input import Between
from core.volume import Array


def network_grey_into(
    out: Array,
    places: Sequence[int],
    planes: Array,
    made_from: Sequence[Between],
    first_knot: int,
    *,
    network: Filling,
    tile_px: int = TILE_PX,
) -> None:
    """Grey planes between measured ones by a network.

    Parameters
    ----------
    out, places, planes, first_knot
        As in `core.rebuild.blend.blend_into`; whole numbers are rounded and kept within their range.
    made_from : sequence of Between
        What each is made from. Those beyond the outermost measured plane repeat it.
    network : Filling
        Gives grey values for an input of `core.rebuild.network_grey_input`.
    tile_px : int
        Side of what is computed at once; it matters for the last digits of floating-point values only.

    Notes
    -----
    Beyond the border of the planes grey values are mirrored.
    """
    made = [(place, item) for place, item in zip(places, made_from, strict=True)]
    for place, item in made:
        if len(item.row.weights) == 1:
            out[place] = planes[item.row.first - first_knot]
    made = [(place, item) for place, item in made if len(item.row.weights) > 1]
    halo = network.halo_px
    for window in windows(planes.shape[1:], halo, tile_px) if made else ():
        seen = window.framed(planes[(slice(None), *window.seen(0))].astype(np.float32), 0)
        inner = (slice(halo, seen.shape[1] - halo), slice(halo, seen.shape[2] - halo))
        for place, item in made:
            shown = as_grey_input(seen, item, first_knot)[np.newaxis]
            grey, _ = network.runner.run(shown, network.job)
            out[place][window.place] = stored(grey[0, 0][inner], out.dtype)


def stored(grey: Array, dtype: np.dtype[Any]) -> Array:
    """Grey values in the type of the volume: whole numbers rounded, and kept within its range."""
    if np.issubdtype(dtype, np.floating):
        return grey.astype(dtype)
    limits = np.iinfo(dtype)
    # float32 holds no greatest 32-bit number; the next one would wrap around.
    kept = np.clip(np.rint(grey.astype(np.float64)), limits.min, limits.max)
    return kept.astype(dtype)
