"""The chance of electrons to leave a sample through its face, from every cell and turn by turn."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np

from core.job import Job
from core.simulate.electrons.world import Pair
from core.simulate.surrogate.model import ORDERS, Model, directions
from core.volume import Array

_LEAST = np.float32(1e-6)


@dataclass(frozen=True)
class Layer:
    """Optical thickness of the cells of one layer, each of shape (y, x) in float32.

    Attributes
    ----------
    down : ndarray
        For the electrons of the beam.
    back : ndarray
        For electrons that were turned once, straight up or down.
    turned : ndarray
        Share of these that is turned again rather than lost.
    """

    down: Array
    back: Array
    turned: Array

    def shares(self, cosines: Array, upward: bool) -> tuple[Array, Array, Array]:
        """Shares that pass the layer, that leave it from anywhere, and from where the beam is turned.

        Shape (direction group, y, x) each; see `kernels.sweep.shares`.
        """
        from core.simulate.surrogate.kernels.sweep import shares

        slant = self.back[None] / cosines[:, None, None].astype(np.float32)
        passes = np.exp(-slant)
        even, early = np.empty_like(slant), np.empty_like(slant)
        left = np.exp(-self.down)
        for group in range(len(cosines)):
            shares(self.down, left, slant[group], passes[group], upward, even[group], early[group])
        return passes, even, early


def layers_of(fractions: Array, model: Model) -> list[Layer]:
    """From volume fractions of the materials, shape (material, layer, y, x)."""
    rates = [
        np.array(rate, np.float32) for rate in (model.down_per_nm, model.scatter_per_nm, model.loss_per_nm)
    ]
    result = []
    for number, thickness in enumerate(np.diff(model.edges_nm).astype(np.float32)):
        down, scatter, loss = (np.tensordot(rate, fractions[:, number], 1) * thickness for rate in rates)
        back = scatter + loss
        result.append(Layer(down, back, scatter / np.maximum(back, _LEAST)))
    return result


def escape(
    layers: list[Layer], model: Model, cell_nm: Pair, job: Job, *, orders: int = ORDERS
) -> Iterator[Array]:
    """Solve the transport equation backwards in discrete ordinates [1]_, one turn after the other.

    Yields
    ------
    ndarray of float32, shape (layer, y, x)
        For 0, 1, ... further turns: the chance that an electron of the beam that is turned in a cell leaves
        after exactly so many more turns.

    References
    ----------
    .. [1] E. E. Lewis, W. F. Miller, Computational Methods of Neutron Transport, Wiley 1984, chapters 3-4.
    """
    shape = (len(layers), *layers[0].back.shape)
    emitted: list[Array] | None = None
    for _ in range(orders):
        found = np.zeros((shape[0], 2, *shape[1:]), np.float32)
        _pass(layers, emitted, model, cell_nm, True, found, job)
        if emitted is not None:
            _pass(layers, emitted, model, cell_nm, False, found, job)
        emitted = [layer.turned * chances[0] for layer, chances in zip(layers, found, strict=True)]
        yield found[:, 1]


def _pass(
    layers: list[Layer],
    emitted: list[Array] | None,
    model: Model,
    cell_nm: Pair,
    upward: bool,
    found: Array,
    job: Job,
) -> None:
    """Add what is met along all directions up (or down), to both kinds of chances of every layer."""
    from core.simulate.surrogate.kernels.sweep import step

    cosines, slopes, parts = directions()
    groups, weights = parts[:, 0].astype(np.int64), np.ascontiguousarray(parts[:, 1])
    centres = model.centres_nm
    shape = layers[0].back.shape
    nothing = np.zeros(shape, np.float32)
    # Beyond the face: free. Beyond the last layer: never to return.
    flights = np.full((len(slopes), *shape), float(upward and emitted is None), np.float32)
    moved = np.empty_like(flights)
    order = range(len(layers)) if upward else range(len(layers) - 1, -1, -1)
    last = None
    for number in order:
        job.check()
        gap = 0.0 if last is None else abs(centres[number] - centres[last])
        own = nothing if emitted is None else emitted[number]
        sideways = slopes * gap / np.array(cell_nm)
        shares = layers[number].shares(cosines, upward)
        step(flights, sideways, *shares, own, groups, weights, moved, found[number])
        flights, moved = moved, flights
        last = number
