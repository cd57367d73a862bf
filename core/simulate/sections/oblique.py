"""The secondary-electron image of an open face that the beam meets obliquely.

The face lies at the first plane; everything before it is milled away. The beam comes from above (small y), at
an angle to the normal of the face, and goes straight on through empty space until it meets something: a
polished face, or at a depth d a wall of a pore, farther down the image than where it went in. That is why
floors of pores show and their roofs do not. Signal, as a share of that of the polished face::

    material * wall * (cos(tilt) / cos(angle))^n * sky^m * exp(-d / decay) + rest      in a pore
    material * (1 + rim * side * exp(-distance / rim_px))                              at the face

with the angle between beam and surface normal, and the share of the sky by `core.simulate.image.relief`.
`side` is greater where a pore lies below the place, so that it looks toward the detector.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from core.job import Job
from core.simulate.image.relief import Relief, sky_share
from core.simulate.sections.fields import drawn
from core.simulate.sections.grains import PORE, SECOND
from core.simulate.sections.params import Oblique
from core.volume import Array

_LEAST_COSINE = 0.15  # a glancing beam does not give signal without end
_NORMAL_PX = 1.2  # standard deviation over which a surface is smoothed for its normals
_SIDE_PX = 1.5
_GREATEST_SIDE = 3.0


@dataclass(frozen=True)
class Met:
    """What the beam meets first from each place of the face.

    Attributes
    ----------
    depth : ndarray of float32, shape (y, x)
        Planes below the face; infinite where nothing is met.
    labels : ndarray of uint8, shape (y, x)
        What is met.
    rows : ndarray of int64, shape (y, x)
        Row in which it is met.
    """

    depth: Array
    labels: Array
    rows: Array


def first_met(labels: Array, tilt_deg: float) -> Met:
    """Follow the beam from every place of the first plane.

    Parameters
    ----------
    labels : ndarray of uint8, shape (z, y, x)
        0 is empty. The last row goes on beyond it.
    tilt_deg : float
        Angle of the beam to the normal of the face, toward greater y.
    """
    planes, rows, columns = labels.shape
    depth = np.full((rows, columns), np.inf, dtype=np.float32)
    met = np.zeros((rows, columns), dtype=np.uint8)
    where = np.zeros((rows, columns), dtype=np.int64)
    slope = np.tan(np.deg2rad(tilt_deg))
    waiting = np.ones((rows, columns), dtype=bool)
    for plane in range(planes):
        reached = np.minimum(np.round(np.arange(rows) + plane * slope).astype(np.int64), rows - 1)
        here = labels[plane][reached]
        hit = waiting & (here != PORE)
        depth[hit], met[hit] = plane, here[hit]
        where[hit] = np.broadcast_to(reached[:, None], hit.shape)[hit]
        waiting &= ~hit
        if not waiting.any():
            break
    return Met(depth, met, where)


def oblique_image(labels: Array, params: Oblique, rng: np.random.Generator, job: Job) -> Array:
    """Image of the first plane of a block.

    Parameters
    ----------
    labels : ndarray of uint8, shape (z, y, x)
        0 pore, 1 solid, 2 second phase.
    params : Oblique
        Ranges.
    rng : numpy.random.Generator
        Where everything random comes from.
    job : Job
        Cancelling.

    Returns
    -------
    signal : ndarray of float32, shape (y, x)
        1 is the polished face, 0 no signal.
    """
    straight = rng.random() < params.straight
    tilt = drawn(rng, params.tilt_deg) * (not straight)
    met = first_met(labels, tilt)
    job.check()
    depth = np.minimum(met.depth, np.float32(len(labels)))
    signal = _inclined(labels, met, tilt, drawn(rng, params.inclined))
    job.check()
    relief = Relief(met.depth, met.labels, (1.0, 1.0), (0, 0), (1, 1))
    signal *= sky_share(relief) ** drawn(rng, params.shadow) * np.exp(-depth / drawn(rng, params.decay_px))
    material = np.where(met.labels == SECOND, drawn(rng, params.second_yield), 1.0) * np.isfinite(met.depth)
    in_pore = material * signal * drawn(rng, params.wall) + drawn(rng, params.rest)
    face = labels[0] != PORE
    rim = drawn(rng, params.rim) * _rim(face, drawn(rng, params.rim_px), rng)
    return np.where(face, material * (1 + rim), in_pore).astype(np.float32)


def _inclined(labels: Array, met: Met, tilt_deg: float, power: float) -> Array:
    """Signal of inclined surfaces by that of the polished face under the same beam."""
    from scipy.ndimage import gaussian_filter

    solid = gaussian_filter((labels != PORE).astype(np.float32), _NORMAL_PX)
    plane = np.where(np.isfinite(met.depth), met.depth, 0).astype(np.int64)
    places = plane, met.rows, np.broadcast_to(np.arange(labels.shape[2]), plane.shape)
    normal = np.stack([np.gradient(solid, axis=axis)[places] for axis in range(3)])
    normal /= np.linalg.norm(normal, axis=0) + 1e-6
    tilt = np.deg2rad(tilt_deg)
    cosine = np.clip(np.cos(tilt) * normal[0] + np.sin(tilt) * normal[1], _LEAST_COSINE, 1)
    return np.asarray((np.cos(tilt) / cosine) ** power)


def _rim(face: Array, width_px: float, rng: np.random.Generator) -> Array:
    """Additional signal of the face beside pores, 1 at an edge that looks neither up nor down."""
    from scipy.ndimage import distance_transform_edt, gaussian_filter

    if face.all():
        return np.zeros(face.shape)
    beside = np.exp(-distance_transform_edt(face) / width_px)
    rise = gaussian_filter((~face).astype(np.float32), (_SIDE_PX, 1), order=(1, 0))
    return np.asarray(beside * np.clip(1 + float(rng.uniform(-3, 6)) * rise, 0, _GREATEST_SIDE))
