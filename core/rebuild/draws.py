"""Slices of uneven thickness through a true volume."""

from __future__ import annotations

import numpy as np

from core.errors import ParameterError
from core.volume import Array


def drawn_planes(
    depth: int, voxel_nm: float, *, mean_nm: float, sd_nm: float, rng: np.random.Generator
) -> Array:
    """Planes that are imaged when thicknesses follow a gamma distribution.

    Parameters
    ----------
    depth : int
        Planes of the true volume.
    voxel_nm : float
        Their distance; thicknesses are whole multiples of it, at least one.
    mean_nm, sd_nm : float
        Of the gamma distribution, above 0.
    rng : numpy.random.Generator
        Where the thicknesses come from.

    Returns
    -------
    ndarray of int64, shape (n,)
        Increasing, from 0, below `depth`.

    Raises
    ------
    ParameterError
        If mean or standard deviation are not above 0, or fewer than two slices fit.

    References
    ----------
    Article II, 2.1.2: the mimicking data set.
    """
    if not (mean_nm > 0 and sd_nm > 0 and voxel_nm > 0):
        raise ParameterError(
            "thicknesses need a mean and a standard deviation", expected="above 0 nm", got=(mean_nm, sd_nm)
        )
    shape, scale_nm = (mean_nm / sd_nm) ** 2, sd_nm**2 / mean_nm
    drawn_nm = rng.gamma(shape, scale_nm, size=depth)
    steps = np.maximum(1, np.floor(drawn_nm / voxel_nm + 0.5)).astype(np.int64)
    planes = np.concatenate([[0], np.cumsum(steps)])
    planes = planes[planes < depth]
    if len(planes) < 2:
        raise ParameterError(
            "the volume is too thin for two slices",
            expected=f"more than {mean_nm:g} nm",
            got=f"{depth * voxel_nm:g} nm",
        )
    return planes
