"""How much a structure differs between z and the imaged plane: three errors, zero for perfect isotropy.

e_TPCF and e_LPF compare the two-point correlation and the lineal path along x and z and along y and z (thesis
eq. 2.12), e_D the ligament sizes (eq. 2.13; it may exceed 1). A finite volume of a perfect structure does not
give zero: article II, Table S3, has 0.104, 0.019 and 0.014.
"""

from __future__ import annotations

from dataclasses import dataclass
from itertools import product

import numpy as np

from core.errors import ParameterError, VoxelError
from core.job import Job
from core.measure.correlation import two_point_correlation
from core.measure.lineal_path import LinealPath, ligament_size, lineal_path
from core.volume import Array, Source

PATCH = 256


@dataclass(frozen=True)
class IsotropyErrors:
    """The three errors, and what they were measured on.

    Attributes
    ----------
    e_tpcf, e_lpf, e_d : float
        From the functions averaged over all patches.
    spread : tuple of float or None
        Standard deviation of the three among the patches, each by itself; None for a single patch.
    patches, patch_px, lags : int
        Number of cubes, their side, and the greatest lag, in voxels.
    """

    e_tpcf: float
    e_lpf: float
    e_d: float
    spread: tuple[float, float, float] | None
    patches: int
    patch_px: int
    lags: int


def isotropy_errors(source: Source, job: Job, *, patch_px: int = PATCH) -> IsotropyErrors:
    """Measure the three errors of a volume of cubic voxels; values above 0 are solid.

    Parameters
    ----------
    source : Source
        Cut into as many whole patches as fit, from its first voxel on; one patch in memory at a time.
    job : Job
        Progress and cancelling.
    patch_px : int
        Side of the patches; lags reach half of it. In smaller volumes: their shortest side.

    Raises
    ------
    VoxelError
        If nothing is solid in a patch.
    ParameterError
        If the volume is thinner than four voxels.
    """
    side = min(patch_px, *source.shape)
    if side < 4:
        raise ParameterError("too thin to compare directions", expected="4 voxels or more", got=source.shape)
    lags = side // 2
    corners = list(product(*(range(0, length - side + 1, side) for length in source.shape)))
    correlations: list[Array] = []
    paths: list[LinealPath] = []
    for z, y, x in job.track(corners, len(corners), "Isotropy"):
        solid = source.read(slice(z, z + side), slice(y, y + side), slice(x, x + side)) > 0
        if not solid.any():
            raise VoxelError(f"nothing is solid in the patch at {(z, y, x)}", expected="solid voxels")
        correlations.append(two_point_correlation(solid, lags))
        paths.append(lineal_path([solid], (side, side, side)))
    pooled = sum(paths[1:], start=paths[0])
    whole = _errors(np.mean(correlations, axis=0), pooled, lags)
    each = [_errors(one, path, lags) for one, path in zip(correlations, paths, strict=True)]
    tpcf, lpf, size = np.std(each, axis=0).tolist()
    spread = (tpcf, lpf, size) if len(corners) > 1 else None
    return IsotropyErrors(*whole, spread, len(corners), side, lags)


def function_error(functions: Array) -> float:
    """Eq. 2.12 for a function sampled along z, y and x, shape (3, samples)."""
    z, y, x = functions
    return float((_distance(x, z) + _distance(y, z)) / 2)


def size_error(sizes: tuple[float, float, float]) -> float:
    """Eq. 2.13 from sizes along z, y and x; a plane's size is the mean of its two axes."""
    z, y, x = sizes
    xy, xz, yz = (x + y) / 2, (x + z) / 2, (y + z) / 2
    return (abs(xz - xy) + abs(yz - xy)) / (2 * xy)


def _distance(one: Array, other: Array) -> float:
    return float(2 * np.linalg.norm(one - other) / (np.linalg.norm(one) + np.linalg.norm(other)))


def _errors(correlation: Array, path: LinealPath, lags: int) -> tuple[float, float, float]:
    functions = np.stack([values[: lags + 1] for values in path.functions()])
    return function_error(correlation), function_error(functions), size_error(ligament_size(path, (1, 1, 1)))
