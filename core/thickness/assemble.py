"""One `ThicknessEstimate` from what a source says: positions, what is doubtful, statistics, sentences."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from itertools import pairwise
from typing import Any, Final

import numpy as np

from core.errors import ParameterError
from core.thickness.results import ThicknessEstimate
from core.thickness.statistics import IMPLAUSIBLE_NM, OUTLIER_Z_SCORE, ThicknessStatistics, statistics_of
from core.volume import Array, VolumeInfo

LEAST_SLICES: Final = 2
_SHOWN: Final = 12


def require_slices(info: VolumeInfo) -> None:
    """Refuse a stack of one slice.

    Raises
    ------
    ParameterError
        Because a thickness lies between two slices.
    """
    if info.shape[0] < LEAST_SLICES:
        raise ParameterError(
            "thickness: it lies between slices, and there is only one",
            expected=f"at least {LEAST_SLICES} slices",
            got=info.shape[0],
            remedy="leave this step out",
        )


def estimate_of(
    z_nm: Sequence[float] | Array,
    *,
    method: str,
    sigma_nm: Sequence[float] | Array | None = None,
    z_sigma_nm: Sequence[float] | Array | None = None,
    unmeasured: Collection[int] = (),
    numbers: Sequence[int] | None = None,
    notes: Sequence[str] = (),
    **rest: Any,
) -> ThicknessEstimate:
    """Put together what was found of the positions of slices.

    Parameters
    ----------
    z_nm : sequence of float, length n
        Positions of the slices in nm, increasing; given back relative to the first.
    method : str
        Where they come from.
    sigma_nm : sequence of float, length n - 1, optional
        Standard error of each thickness in nm; left out: none is stated, 0.
    z_sigma_nm : sequence of float, length n, optional
        Standard error of each position in nm.
    unmeasured : collection of int
        Slices whose position was not measured.
    numbers : sequence of int, optional
        Slice numbers where slices are missing: distances across these enter no statistics.
    notes : sequence of str
        What the user has to see; sentences on implausible slices and outliers are added.
    **rest
        Further fields of `ThicknessEstimate`.

    Raises
    ------
    ParameterError
        If the positions do not increase.
    """
    places = np.asarray(z_nm, dtype=np.float64)
    places = places - places[0]
    thickness = np.diff(places)
    if not (thickness > 0).all():
        first = int(np.argmin(thickness > 0))
        raise ParameterError(
            f"the position of slice {first + 1} does not lie below that of slice {first}",
            expected="positions that increase",
            got=f"{places[first]:g} and {places[first + 1]:g} nm",
        )
    across = _across(numbers)
    found = statistics_of(thickness.tolist(), unmeasured, across)
    shape, scale_nm = found.gamma or (None, None)
    return ThicknessEstimate(
        method=method,
        thickness_nm=tuple(thickness.tolist()),
        sigma_nm=_or_zero(sigma_nm, thickness.size),
        z_nm=tuple(places.tolist()),
        z_sigma_nm=_or_zero(z_sigma_nm, places.size),
        flagged=tuple(sorted({*map(int, unmeasured), *found.implausible})),
        outliers=found.outliers,
        implausible=found.implausible,
        across=across,
        mean_nm=found.mean_nm,
        sd_nm=found.sd_nm,
        gamma_shape=shape,
        gamma_scale_nm=scale_nm,
        notes=(*notes, *statistics_notes(found)),
        **rest,
    )


def statistics_notes(found: ThicknessStatistics) -> tuple[str, ...]:
    """Sentences on what the statistics leave out and what is odd."""
    notes = []
    total = found.used + len(found.left_out)
    if found.implausible:
        notes.append(
            f"{len(found.implausible)} of {total} thicknesses are {IMPLAUSIBLE_NM:g} nm or less, which is "
            f"implausible (below slice {listed(found.implausible)}): flagged, and left out of the statistics."
        )
    if len(found.left_out) > len(found.implausible):
        notes.append(
            f"mean, standard deviation and gamma fit rest on {found.used} of {total} thicknesses: those"
            " beside slices that were not measured, or across missing ones, are left out."
        )
    if found.outliers:
        share = 100 * len(found.outliers) / found.used
        notes.append(
            f"{len(found.outliers)} thicknesses ({share:.0f} %) lie more than {OUTLIER_Z_SCORE:g} standard"
            " deviations from the mean; they stay in the mean and in the positions."
        )
    return tuple(notes)


def _across(numbers: Sequence[int] | None) -> tuple[int, ...]:
    return tuple(index for index, (a, b) in enumerate(pairwise(numbers or ())) if b - a > 1)


def listed(numbers: Collection[int]) -> str:
    """The first of many numbers, for a sentence."""
    shown = ", ".join(str(number) for number in sorted(numbers)[:_SHOWN])
    return shown if len(numbers) <= _SHOWN else f"{shown}, …"


def unmeasured_of(estimate: ThicknessEstimate) -> frozenset[int]:
    """Flagged slices that are not flagged merely because their thickness is implausible."""
    return frozenset(estimate.flagged) - frozenset(estimate.implausible)


def _or_zero(values: Sequence[float] | Array | None, count: int) -> tuple[float, ...]:
    found = np.zeros(count) if values is None else np.asarray(values, dtype=np.float64)
    if found.size != count:
        raise ParameterError("standard errors do not fit the slices", expected=count, got=found.size)
    return tuple(found.tolist())
