"""Estimates of registration and thickness, made up for tests."""

from __future__ import annotations

import numpy as np

from core.align.results import RegisterEstimate
from core.align.warp import shift_matrix
from core.thickness.results import MarkTrack, ThicknessEstimate


def register_estimate(slices: int = 12, flagged: tuple[int, ...] = (3, 7)) -> RegisterEstimate:
    """Content that wanders by (0.5, -0.25) px per slice, and jumps by 1 px along y at every odd one."""
    shifts = [(0.5 * k + (k % 2), -0.25 * k) for k in range(slices)]
    matrices = [shift_matrix(-y, -x).ravel().tolist() for y, x in shifts]
    return RegisterEstimate(
        shifts_px_yx=tuple(shifts),
        transforms=tuple(tuple(row) for row in matrices),
        trend_px_yx=tuple((0.5 * k, -0.25 * k) for k in range(slices)),
        confidence=tuple(0.0 if k in flagged else 1.0 for k in range(slices)),
        flagged=flagged,
        correlation_before=(1.0, *(0.5,) * (slices - 1)),
        correlation_after=(1.0, *(0.9,) * (slices - 1)),
        method="structure",
        notes=("Two slices are blank.",),
    )


def thickness_estimate(slices: int = 12, marks: bool = True) -> ThicknessEstimate:
    """Thicknesses of 9 and 11 nm in turn; an outlier and one that is implausible."""
    thickness = np.where(np.arange(slices - 1) % 2, 11.0, 9.0)
    thickness[2], thickness[5] = 20.0, 0.5
    z = np.concatenate([[0.0], np.cumsum(thickness)])
    return ThicknessEstimate(
        method="ruler",
        thickness_nm=tuple(thickness.tolist()),
        sigma_nm=(0.3,) * (slices - 1),
        z_nm=tuple(z.tolist()),
        z_sigma_nm=(0.2,) * slices,
        flagged=(8,),
        outliers=(2,),
        implausible=(5,),
        mean_nm=float(thickness.mean()),
        sd_nm=float(thickness.std()),
        gamma_shape=9.0,
        gamma_scale_nm=1.1,
        marks=ruler_marks(slices) if marks else (),
        notes=("The ruler was read in 11 of 12 slices.",),
    )


def ruler_marks(slices: int) -> tuple[MarkTrack, ...]:
    """Two parallel marks, and two that come closer; none is seen in slice 8."""
    seen = tuple(k != 8 for k in range(slices))
    return tuple(
        MarkTrack(
            kind="inclined" if way else "parallel",
            x_px=tuple(start + way * k for k in range(slices)),
            y_px=(10.0,) * slices,
            sigma_px=(0.05,) * slices,
            seen=seen,
            width_px=4.0,
        )
        for start, way in ((6.0, 0.0), (14.0, 0.5), (32.0, -0.5), (40.0, 0.0))
    )
