"""Registration corrected by hand."""

from __future__ import annotations

from core.align.moves import rows_of
from core.align.results import RegisterEstimate, Shift
from core.align.warp import shift_matrix, stacked
from core.errors import ParameterError


def with_shift(
    estimate: RegisterEstimate, index: int, shift_px_yx: Shift, *, following: bool = False
) -> RegisterEstimate:
    """The estimate with another shift of one slice, set by hand; its transform goes with it.

    Parameters
    ----------
    estimate : RegisterEstimate
    index : int
        Slice, from 0.
    shift_px_yx : tuple of float
        Where its content lies from that of the first slice, (y, x) in px.
    following : bool
        Whether all later slices move by the same amount.
    """
    count = len(estimate.shifts_px_yx)
    if not 0 <= index < count:
        raise ParameterError("no such slice", expected=f"0-{count - 1}", got=index)
    old = estimate.shifts_px_yx[index]
    down, right = shift_px_yx[0] - old[0], shift_px_yx[1] - old[1]
    touched = range(index, count) if following else range(index, index + 1)
    shifts, matrices = list(estimate.shifts_px_yx), stacked(estimate.transforms)
    for place in touched:
        shifts[place] = (shifts[place][0] + down, shifts[place][1] + right)
        matrices[place] = shift_matrix(-down, -right) @ matrices[place]
    flagged = tuple(number for number in estimate.flagged if number != index)
    changes = {"shifts_px_yx": tuple(shifts), "transforms": rows_of(matrices), "flagged": flagged}
    return estimate.model_copy(update=changes)
