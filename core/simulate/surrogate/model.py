"""The constants of the fast approximation, which follow from materials and beam without any simulation."""

from __future__ import annotations

import math

import numpy as np

from core.errors import ParameterError
from core.params import Params
from core.simulate.electrons.conditions import Beam, Physics
from core.simulate.electrons.elastic import elastic_of
from core.simulate.electrons.material import Material
from core.simulate.electrons.stopping import stopping_power_ev_per_nm
from core.simulate.electrons.tables import range_nm
from core.volume import Array

ORDERS = 3  # turns of the way of an electron that are told apart; more do not make the images better

# Scattering on the way back is less frequent than at the beam energy implies, for what scatters little gets
# out; shares tried on hierarchical gold at 1-4 kV, where 0.5-1 give nearly the same.
_BACK_SHARE = 0.6
_LOSS_SHARE = 1.5  # energy is lost for good faster than S/E: S rises while E falls
_BEAM_SPREADS = (0.0, 0.2)  # widths of the beam (sigma) over depth in dense samples, by small deflections
_DECAYS_DENSE = (0.1, 0.3)  # in ranges of the lightest material
_DECAYS_OPEN = (5.0, 20.0)  # in transport paths of the strongest one
_OPEN_DEPTH_NM, _OPEN_PATHS = 500.0, 60.0
_FINEST_SHARE, _GROWTH = 0.5, 0.08
_THICKEST_NM, _THICKEST_SHARE = (6.0, 10.0), 0.03
_POLAR_DEG, _AZIMUTHS = (25.0, 65.0), (4, 8)
_SPLIT_DEG = 45.0
_FINE_NM, _COARSE_NM, _CELL_SHARE = 2.5, 5.0, 0.6  # fine cells matter in open samples
_EV_PER_KV = 1000.0


class Model(Params):
    """What the approximation knows of materials and beam.

    Electrons go straight down, are scattered into all directions, and after up to `ORDERS` - 1 more turns
    leave through the face. How much each number of turns counts is calibrated.

    Attributes
    ----------
    down_per_nm : tuple of float
        Per material: turns per nm of the electrons of the beam.
    scatter_per_nm, loss_per_nm : tuple of float
        Per material: turns and losses per nm of electrons that were turned once.
    edges_nm : tuple of float
        Depths between the layers, from 0.
    spreads : tuple of float
        Widths of the beam (sigma) over depth.
    decays_nm : tuple of float
        Lengths over which what comes from the depth gets less, besides what the turns explain; an unlimited
        one always comes first and is not listed.
    margin_nm : float
        How far to the sides electrons are followed.
    fine_nm, coarse_nm : float
        Sides of the cells in which they are followed to their first and their later turns, at most.
    """

    down_per_nm: tuple[float, ...]
    scatter_per_nm: tuple[float, ...]
    loss_per_nm: tuple[float, ...]
    edges_nm: tuple[float, ...]
    spreads: tuple[float, ...]
    decays_nm: tuple[float, ...]
    margin_nm: float
    fine_nm: float
    coarse_nm: float

    @property
    def depth_nm(self) -> float:
        """How far below the face the sample matters."""
        return self.edges_nm[-1]

    @property
    def centres_nm(self) -> Array:
        """Depths of the middle of the layers."""
        edges = np.array(self.edges_nm)
        centres: Array = 0.5 * (edges[1:] + edges[:-1])
        return centres

    @property
    def features(self) -> int:
        """Numbers per pixel from which the signal is added up."""
        matter = sum(rate > 0 for rate in self.down_per_nm)
        return len(self.spreads) * matter * ORDERS * (1 + len(self.decays_nm))


def model_of(materials: tuple[Material, ...], beam: Beam, physics: Physics) -> Model:
    """Constants for `materials`.

    Turns are counted by the transport cross-section (one turn is a deflection into any direction) at the beam
    energy, losses by the stopping power over the energy.

    Raises
    ------
    ParameterError
        If there is no matter among the materials, or the beam is tilted.
    """
    if all(material.is_vacuum for material in materials):
        raise ParameterError("every material is vacuum", expected="at least one of matter")
    if beam.tilt_deg:
        raise ParameterError(
            "the fast approximation is made for a beam that is not tilted",
            expected="0°",
            got=f"{beam.tilt_deg:g}°",
            remedy="simulate the electrons, or set the tilt to 0",
        )
    turns = np.array([_turns_per_nm(material, beam.kv, physics) for material in materials])
    energy = beam.kv * _EV_PER_KV
    losses = np.array([float(stopping_power_ev_per_nm(m, np.array(energy))) for m in materials]) / energy
    ranges = [range_nm(m, beam.kv, physics) for m in materials if not m.is_vacuum]
    path = float(1 / turns.max())
    dense = not any(material.is_vacuum for material in materials)
    depth = 0.5 * max(ranges) if dense else max(_OPEN_DEPTH_NM, _OPEN_PATHS * path)
    decays = [share * max(ranges) for share in _DECAYS_DENSE] if dense else [n * path for n in _DECAYS_OPEN]
    return Model(
        down_per_nm=_rounded(turns + losses),
        scatter_per_nm=_rounded(_BACK_SHARE * turns),
        loss_per_nm=_rounded(_LOSS_SHARE * losses),
        edges_nm=_edges(path, depth),
        spreads=_BEAM_SPREADS if dense else _BEAM_SPREADS[:1],
        decays_nm=_rounded(np.array(decays)),
        margin_nm=float(f"{0.6 * depth if dense else 0.2 * depth:.4g}"),
        fine_nm=max(_COARSE_NM if dense else _FINE_NM, float(f"{_CELL_SHARE * path:.4g}")),
        coarse_nm=max(_COARSE_NM, float(f"{_CELL_SHARE * path:.4g}")),
    )


def directions() -> tuple[Array, Array, Array]:
    """Ways of electrons through the layers: cosines to the normal per group, and per direction the step
    sideways (y, x) per depth, its group and its weight (group, weight in the second and third array).

    Returns
    -------
    cosines : ndarray, shape (group,)
    steps : ndarray, shape (direction, 2)
    shares : ndarray, shape (direction, 2)
        Group, and share of the half sphere halved (up and down add up to 1).
    """
    polar = np.radians(_POLAR_DEG)
    split = float(np.cos(np.radians(_SPLIT_DEG)))
    solid = (1 - split, split)
    steps, shares = [], []
    for group, (angle, count) in enumerate(zip(polar, _AZIMUTHS, strict=True)):
        for number in range(count):
            azimuth = 2 * math.pi * (number + 0.5 * group) / count
            steps.append((math.tan(angle) * math.sin(azimuth), math.tan(angle) * math.cos(azimuth)))
            shares.append((group, 0.5 * solid[group] / count))
    return np.cos(polar), np.array(steps), np.array(shares)


def _turns_per_nm(material: Material, kv: float, physics: Physics) -> float:
    if material.is_vacuum:
        return 0.0
    elastic = elastic_of(material, physics)
    logs = np.log(elastic.energies_ev)
    return float(np.interp(math.log(kv * _EV_PER_KV), logs, elastic.inverse_transport_path_per_nm))


def _edges(path: float, depth: float) -> tuple[float, ...]:
    """Layers fine against the free path at the face, and against ligaments of some 10 nm below it."""
    edges, thickest = [0.0], min(max(_THICKEST_NM[0], path), _THICKEST_NM[1])
    while edges[-1] < depth:
        z = edges[-1]
        grown = _FINEST_SHARE * path + _GROWTH * z
        edges.append(z + min(grown, max(thickest, _FINEST_SHARE * path, _THICKEST_SHARE * z)))
    scale = depth / edges[-1]
    return _rounded(np.array(edges) * scale)


def _rounded(values: Array) -> tuple[float, ...]:
    return tuple(float(f"{value:.6g}") for value in values)
