"""From parameters to shifts, whatever they rest on, with what the user has to know of them."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from core.align.moves import pairs_of, rows_of
from core.align.neighbours import neighbour_quality
from core.align.options import AlignOptions
from core.align.params import RegisterParams
from core.align.results import RegisterEstimate, Shift
from core.align.stack import StackResult, register_stack
from core.align.trend import slow_part
from core.align.warp import shift_matrix
from core.boxes import boxes_of
from core.errors import ParameterError
from core.job import Job
from core.step import Room
from core.volume import Array, Volume

_SLOW_PX = 1.0  # a slow part below this over the whole stack is not worth a word
_NAMED = 12


def registered(
    volume: Volume, params: RegisterParams, job: Job, room: Room | None = None
) -> RegisterEstimate:
    """Register one stack.

    Raises
    ------
    TruesliceError
        If the region lies outside, voxels are no finite numbers, or the ruler was not found.
    """
    if params.anchor == "ruler":
        return _by_ruler(volume, params, job, room)
    found = register_stack(volume, _options(params), job, room)
    estimate = _estimate_of(found, params)
    return estimate.model_copy(update={"notes": (*found.notes, *_notes(estimate, params))})


def _options(params: RegisterParams) -> AlignOptions:
    fixed = params.anchor == "fiducial"
    return AlignOptions(
        model=params.transform,
        reference="fixed" if fixed else params.reference,
        window_slices=params.window_slices,
        reference_slice=params.reference_slice,
        region=boxes_of(params.region),
        exclude=boxes_of(params.exclude),
    )


def _estimate_of(found: StackResult, params: RegisterParams) -> RegisterEstimate:
    return RegisterEstimate(
        shifts_px_yx=pairs_of(found.shifts_px_yx),
        transforms=rows_of(found.transforms),
        trend_px_yx=_trend(found.shifts_px_yx, params, found.flagged),
        confidence=_floats(found.confidence),
        flagged=tuple(found.flagged),
        residual_px=_floats(found.residual_px),
        correlation_before=_floats(found.correlation_before),
        correlation_after=_floats(found.correlation_after),
        information_before=_floats(found.information_before),
        information_after=_floats(found.information_after),
        method="fiducial" if params.anchor == "fiducial" else f"structure, {params.reference}",
    )


def _by_ruler(volume: Volume, params: RegisterParams, job: Job, room: Room | None) -> RegisterEstimate:
    from core.thickness.ruler import RulerOptions, measure_ruler

    boxes = boxes_of(params.region)
    if len(boxes) > 1 or params.exclude.strip():
        raise ParameterError(
            "register: the ruler is looked for in one box, and none is left out of it",
            expected="one region that holds the parallel marks, or none; nothing to leave out",
            got=f"{len(boxes)} regions, left out: {params.exclude.strip() or 'none'}",
            remedy="give one region without what disturbs",
        )
    # The parallel marks alone are asked for: neither angle nor pixel size enters their place.
    options = RulerOptions(region=boxes[0] if boxes else None, angle_deg=45.0, pixel_nm=1.0)
    reading = measure_ruler(volume, options, job, room)
    drift = np.asarray(reading.drift_px_yx, dtype=np.float64)
    matrices = np.stack([shift_matrix(-down, -right) for down, right in drift])
    quality = neighbour_quality(volume, matrices, job, room)
    parallel = [mark for mark in reading.marks if mark.kind == "parallel"]
    sigma = np.mean([mark.sigma_px for mark in parallel], axis=0)
    seen = np.all([mark.seen for mark in parallel], axis=0)
    estimate = RegisterEstimate(
        shifts_px_yx=pairs_of(drift),
        transforms=rows_of(matrices),
        trend_px_yx=_trend(drift, params, np.flatnonzero(~seen)),
        confidence=_floats(np.where(seen, 1.0 / (1.0 + sigma), 0.0)),
        flagged=tuple(int(number) for number in np.flatnonzero(~seen)),
        residual_px=_floats(sigma),
        correlation_before=_floats(quality.correlation_before),
        correlation_after=_floats(quality.correlation_after),
        information_before=_floats(quality.information_before),
        information_after=_floats(quality.information_after),
        method="parallel marks of the ruler",
    )
    return estimate.model_copy(update={"notes": _notes(estimate, params)})


def _trend(shifts: Array, params: RegisterParams, flagged: Sequence[int] | Array) -> tuple[Shift, ...]:
    use = np.ones(len(shifts), dtype=bool)
    use[list(flagged)] = False
    return pairs_of(slow_part(shifts, params.trend_slices, use))


def _notes(estimate: RegisterEstimate, params: RegisterParams) -> tuple[str, ...]:
    notes = []
    if estimate.flagged:
        notes.append(
            f"{len(estimate.flagged)} of {len(estimate.shifts_px_yx)} slices did not lock and follow their "
            f"neighbours: {_listed(estimate.flagged)}. Look at them."
        )
    if params.anchor == "structure":
        notes += _slow_note(estimate)
    return tuple(notes)


def _slow_note(estimate: RegisterEstimate) -> list[str]:
    """Says nothing of what is done with the slow part: that may change while the estimate stays."""
    trend = np.array(estimate.trend_px_yx)
    down, right = np.ptp(trend, axis=0)
    if max(down, right) < _SLOW_PX:
        return []
    return [
        f"The slow part of the shifts amounts to {down:.1f} px in y and {right:.1f} px in x over the stack. "
        "Images alone cannot tell drift from structure that slants: correct one, keep the other (--trend). "
        "Take the position from the ruler or from a fixed mark, or decide by what you know of the sample."
    ]


def _listed(numbers: Sequence[int]) -> str:
    text = ", ".join(str(number) for number in numbers[:_NAMED])
    return f"{text}, ..." if len(numbers) > _NAMED else text


def _floats(values: Array) -> tuple[float, ...]:
    return tuple(float(value) for value in values)
