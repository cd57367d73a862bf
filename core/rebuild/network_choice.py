"""Which network fills gaps, whether it fits them, and where the planes lie for it."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

import numpy as np

from core import machine
from core.errors import ParameterError, VoxelError
from core.rebuild.gaps import Gaps
from core.rebuild.network import Filling
from core.rebuild.network_grey_input import CHANNELS as GREY_CHANNELS
from core.rebuild.network_grey_input import RULE as GREY_RULE
from core.rebuild.network_input import CHANNELS, RULE, Between, between
from core.volume import Array, VolumeInfo

if TYPE_CHECKING:
    from core.job import Job
    from core.models.card import Model
    from core.models.fit import Finding

_SQUARE = 0.01
_WIDEST = 2.0  # distances beyond twice the greatest mean were next to never seen
_FORCE = "use --method {other}, or --force (window: Use it anyway) if you know that it works"
_LAYOUTS = {RULE: CHANNELS, GREY_RULE: GREY_CHANNELS}


def filling_model(name: str) -> Model:
    """The model of this name; of one that is gone, what a project has kept of it.

    Raises
    ------
    ParameterError
        If there is none, or it does not fill gaps in the way that is known here.
    """
    from core.models.memory import model_or_memory

    model = model_or_memory(name)
    spec = model.spec
    if spec.task != "fill" or spec.channels != _LAYOUTS.get(spec.normalisation):
        raise ParameterError(
            f"fill: the model {spec.name} does not fill gaps in a way that is known here",
            expected=f"task fill, normalisation {' or '.join(_LAYOUTS)}",
            got=f"task {spec.task}, normalisation {spec.normalisation}",
            remedy="`trueslice models list` says which model does what",
        )
    return model


def shapes_model(name: str) -> Model:
    """The model of this name, for two phases.

    Raises
    ------
    ParameterError
        Also if it makes grey values.
    """
    model = filling_model(name)
    if makes_grey(model):
        raise ParameterError(
            f"the model {model.name} makes grey values, and these voxels are of two phases",
            expected=f"a model with normalisation {RULE}",
            got=f"normalisation {model.spec.normalisation}",
            remedy="use the model fill-shapes",
        )
    return model


def makes_grey(model: Model) -> bool:
    """Whether it fills grey values; the others fill two phases."""
    return model.spec.normalisation == GREY_RULE


def require_grey(method: str, info: VolumeInfo, solid: float | None) -> None:
    """Refuse two phases where grey values are made.

    Parameters
    ----------
    method : str
        For the words.
    info : VolumeInfo
    solid : float or None
        Value of the solid, None for grey values.

    Raises
    ------
    VoxelError
    """
    binary = info.content == "binary"
    if solid is None and not binary:
        return
    raise VoxelError(
        f"fill: {method} makes grey values, and these voxels are of two phases",
        expected="grey values",
        got="binary voxels" if binary else f"the values 0 and {solid:g} only",
        remedy="use --method model:fill-shapes or signed-distance"
        + ("" if binary else "; state --voxels grey if these are grey values"),
    )


def filling_of(model: Model, planes: int, job: Job | None = None) -> Filling:
    """The network, ready to run; blocks are computed several at once, so one thread for each will do."""
    from core.models.memory import require_there
    from core.models.session import open_session

    require_there(model, "fill")
    session = open_session(model.weights, "auto", max(1, machine.threads() // planes))
    return Filling(session, model.spec.halo_px, job)


def z_px(info: VolumeInfo, gaps: Gaps) -> Array:
    """Position of every plane in pixels; planes of unknown distance are taken to be a pixel apart.

    Returns
    -------
    ndarray of float64, shape (planes,)
    """
    plane_nm, _, x_nm = info.voxel_nm
    if info.z_nm is not None and x_nm is not None:
        return gaps.z / x_nm
    if info.z_nm is not None:
        return gaps.z / max(float(np.diff(gaps.z).min()), 1e-9) if len(gaps.z) > 1 else gaps.z * 0
    return gaps.z * (plane_nm / x_nm if plane_nm is not None and x_nm is not None else 1.0)


def planes_between(info: VolumeInfo, gaps: Gaps, wanted: Sequence[int], tail: float) -> list[Between]:
    """What each of the wanted planes is made from."""
    places = z_px(info, gaps)
    knots = places[gaps.known]
    return [between(knots, float(places[plane]), tail) for plane in wanted]


def fit_notes(model: Model, info: VolumeInfo, gaps: Gaps, *, force: bool) -> tuple[str, ...]:
    """What the user has to know of slices that differ from those the model was trained on.

    Raises
    ------
    VoxelError
        If they differ by too much, and nobody has insisted.
    """
    from core.models.fit import refuse

    force_it = _FORCE.format(other="cubic-spline" if makes_grey(model) else "signed-distance")
    findings = [*_square_findings(info, force_it), *_distance_findings(model, info, gaps, force_it)]
    return refuse(findings, model.spec, force=force)


def _square_findings(info: VolumeInfo, force_it: str) -> list[Finding]:
    from core.models.fit import Finding

    _, y_nm, x_nm = info.voxel_nm
    if y_nm is None or x_nm is None:
        return [Finding("The pixel size is not known; planes were taken to be one pixel apart.")]
    if abs(y_nm / x_nm - 1) <= _SQUARE:
        return []
    return [
        Finding(
            f"Pixels are {y_nm:g} x {x_nm:g} nm (y, x); the model knows square ones.",
            refused=True,
            expected="square pixels",
            got=f"{y_nm:g} x {x_nm:g} nm",
            remedy=f"resample --pixel-nm {x_nm:g} first; {force_it}",
        )
    ]


def _distance_findings(model: Model, info: VolumeInfo, gaps: Gaps, force_it: str) -> list[Finding]:
    from core.models.fit import TOLERANCE, Finding

    known = model.spec.known
    if known.slice_nm is None or len(gaps.known) < 2:
        return []
    low, high = (length / known.pixel_nm[0] for length in known.slice_nm)
    distances = np.diff(z_px(info, gaps)[gaps.known])
    mean, widest = float(distances.mean()), float(distances.max())
    trained = f"{low:.3g} to {high:.3g} px"
    found = []
    if not low <= mean <= high:
        found.append(
            Finding(
                f"Slices are {mean:.3g} px apart; the model was trained on {trained}.",
                refused=not low / TOLERANCE <= mean <= high * TOLERANCE,
                expected=f"slices {trained} apart",
                got=f"{mean:.3g} px",
                remedy=force_it,
            )
        )
    if widest > _WIDEST * high:
        found.append(
            Finding(
                f"The widest gap is {widest:.3g} px; the model hardly saw any beyond {_WIDEST * high:.3g} "
                "px, and its planes there deserve no more trust than interpolated ones."
            )
        )
    return found
