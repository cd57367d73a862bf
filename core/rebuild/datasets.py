"""The data sets of article II, Table 1: one stack of slices put together in several ways.

DNN: no repositioning (slices exactly at the nominal distance), nearest slice. SRCS: repositioned on a grid of
the nominal distance, cubic spline. RNN, RCS, RSD: repositioned on the fine grid, then nearest slice, cubic
spline, and shape-based interpolation (which is not in the article). RML: by a network, if there is one.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any, Literal, TypeAlias, get_args

import numpy as np

from core.errors import ParameterError
from core.rebuild.blend import blend_phases_into
from core.rebuild.holes import without_small_holes
from core.rebuild.network import Filling, network_into
from core.rebuild.network_input import between
from core.rebuild.places import places
from core.rebuild.signed import fitting_cap, shape_into
from core.rebuild.weights import Row, row_at
from core.volume import ALL, Array, Shape, extent

Name: TypeAlias = Literal["DNN", "SRCS", "RNN", "RCS", "RSD", "RML"]
NAMES: tuple[Name, ...] = get_args(Name)[:-1]
"""Without the network's, which is there only if there is a network."""
Method: TypeAlias = Literal["nearest", "cubic-spline", "signed-distance", "network"]
HOLE_PX = 20
SMOOTHING_PX = 0.6
_SLAB = 32


@dataclass(frozen=True)
class Rebuilt:
    """One data set, computed where it is read.

    Attributes
    ----------
    slices : ndarray of uint8, shape (n, y, x)
        Measured slices, 0 and 255.
    knots : ndarray of int64, shape (n,)
        Plane of the result that each slice lies on, increasing.
    depth : int
        Planes of the result.
    method : {'nearest', 'cubic-spline', 'signed-distance', 'network'}
        How planes in between are made.
    cap_px : float
        See `core.rebuild.signed`.
    network : Filling or None
        For the method that needs one.
    """

    slices: Array
    knots: Array
    depth: int
    method: Method
    cap_px: float
    network: Filling | None = None

    @property
    def shape(self) -> Shape:
        """Slices, rows, columns."""
        return self.depth, self.slices.shape[1], self.slices.shape[2]

    @property
    def dtype(self) -> np.dtype[Any]:
        """uint8."""
        return self.slices.dtype

    @property
    def measured(self) -> Array:
        """Whether each plane is a measured slice; ndarray of bool, shape (depth,)."""
        there = np.zeros(self.depth, dtype=bool)
        there[self.knots[self.knots < self.depth]] = True
        return there

    def read(self, z: slice, y: slice = ALL, x: slice = ALL) -> Array:
        """Compute whole planes and return the asked range of them; uint8, 0 and 255."""
        start, stop = extent(z, self.depth)
        out = np.empty((stop - start, *self.shape[1:]), dtype=np.uint8)
        for first in range(start, stop, _SLAB):
            part = range(first, min(first + _SLAB, stop))
            out[part.start - start : part.stop - start] = self._planes(part)
        rows, columns = extent(y, self.shape[1]), extent(x, self.shape[2])
        return out[:, slice(*rows), slice(*columns)]

    def _planes(self, wanted: range) -> Array:
        knots = self.knots.astype(np.float64)
        if self.network is not None:
            return self._kept(wanted, self._made(wanted, knots, self.network))
        kinds: Mapping[str, Any] = {"cubic-spline": "cubic", "signed-distance": "local-cubic"}
        rows = [row_at(knots, float(plane), kinds.get(self.method, "nearest")) for plane in wanted]
        first, stop = min(row.first for row in rows), max(row.stop for row in rows)
        return self._kept(wanted, self._filled(self.slices[first:stop], rows, first))

    def _made(self, wanted: range, knots: Array, network: Filling) -> Array:
        """Planes by the network; those of slices are replaced anyway."""
        out = np.zeros((len(wanted), *self.shape[1:]), dtype=np.uint8)
        empty = [plane for plane in wanted if not self.measured[plane]]
        if empty:
            made_from = [between(knots, float(plane)) for plane in empty]
            first, stop = min(item.first for item in made_from), max(item.stop for item in made_from)
            places = [plane - wanted.start for plane in empty]
            network_into(out, places, self.slices[first:stop], made_from, first, 255.0, network=network)
        return out

    def _kept(self, wanted: range, planes: Array) -> Array:
        """Put the slices themselves where they lie."""
        for plane in np.flatnonzero(self.measured[wanted.start : wanted.stop]).tolist():
            planes[plane] = self.slices[np.searchsorted(self.knots, wanted.start + plane)]
        return planes

    def _filled(self, data: Array, rows: Sequence[Row], first: int) -> Array:
        if self.method == "nearest":
            return data[[row.first - first for row in rows]]
        out, places = np.empty((len(rows), *data.shape[1:]), dtype=np.uint8), range(len(rows))
        if self.method == "signed-distance":
            cap: dict[str, float] = {"cap_px": self.cap_px, "smoothing_px": SMOOTHING_PX}
            shape_into(out, places, data, rows, first, 255.0, **cap)
            return out
        blend_phases_into(out, places, data, rows, first, 255.0)
        for plane in out:
            plane[without_small_holes(plane > 0, HOLE_PX)] = 255
        return out


def data_sets(
    slices: Array,
    z_nm: Sequence[float],
    grid_nm: float,
    nominal_nm: float,
    deepest: int | None = None,
    network: Filling | None = None,
) -> dict[Name, Rebuilt]:
    """All data sets, over the z range that all of them have.

    Parameters
    ----------
    slices : ndarray of uint8, shape (n, y, x)
        0 and 255; at least two.
    z_nm : sequence of float
        Where they lie, increasing.
    grid_nm : float
        Distance of the planes of the results.
    nominal_nm : float
        Distance that slices were meant to have, a multiple of the grid.
    deepest : int, optional
        Planes of the truth, where there is one.
    network : Filling, optional
        For the data set RML.

    Raises
    ------
    ParameterError
        If the nominal distance is no multiple of the grid, or there are fewer than two slices.
    """
    coarse = round(nominal_nm / grid_nm)
    if coarse < 1 or abs(coarse * grid_nm - nominal_nm) > 1e-6 * nominal_nm:
        raise ParameterError(
            "the nominal distance of slices must be a multiple of the grid",
            expected=f"a multiple of {grid_nm:g} nm",
            got=f"{nominal_nm:g} nm",
        )
    if len(slices) < 2 or len(slices) != len(z_nm):
        raise ParameterError(
            "two slices are needed, and a position of each", got=(len(slices), len(z_nm)), expected="(n, n)"
        )
    cap_px = fitting_cap(plane > 0 for plane in slices[:: max(1, len(slices) // 24)])
    fine = places(z_nm, grid_nm)
    knots: dict[Name, Array] = {
        "DNN": np.arange(len(slices)) * coarse,
        "SRCS": places(z_nm, nominal_nm) * coarse,
        "RNN": fine,
        "RCS": fine,
        "RSD": fine,
    }
    if network is not None:
        knots["RML"] = fine
    depth = min(int(found[-1]) + 1 for found in knots.values())
    depth = depth if deepest is None else min(depth, deepest)
    methods: dict[str, Method] = {
        "DNN": "nearest",
        "RNN": "nearest",
        "RSD": "signed-distance",
        "RML": "network",
    }
    return {
        name: Rebuilt(
            slices,
            found,
            depth,
            methods.get(name, "cubic-spline"),
            cap_px,
            network if name == "RML" else None,
        )
        for name, found in knots.items()
    }


def until(sets: Mapping[Name, Rebuilt], depth: int) -> dict[Name, Rebuilt]:
    """The same data sets, ending after `depth` planes."""
    return {name: replace(one, depth=min(depth, one.depth)) for name, one in sets.items()}
