"""What the user has to see of a reading of the ruler."""

from __future__ import annotations

import math
from collections.abc import Sequence

import numpy as np

from core.thickness.ruler_depth import Depths
from core.thickness.ruler_solve import Solution


def angle_share(angle_deg: float, sigma_deg: float) -> float:
    """Relative standard error that the angle gives to all of z: of 1 / tan."""
    angle = math.radians(angle_deg)
    return math.radians(sigma_deg) / (math.sin(angle) * math.cos(angle))


def _listed(indices: Sequence[int]) -> str:
    shown = ", ".join(str(i) for i in indices[:12])
    return shown + (f" and {len(indices) - 12} more" if len(indices) > 12 else "")


def notes_of(
    angle: tuple[float, float],
    solution: Solution,
    depths: Depths,
    changed: Sequence[int],
    pixel_nm: float,
    stated_nm: float | None,
) -> tuple[str, ...]:
    """Sentences about one reading.

    Parameters
    ----------
    angle : tuple of float
        In degrees, and its standard error.
    solution, depths : Solution, Depths
    changed : sequence of int
        Slices that step back.
    pixel_nm, stated_nm : float
        Pixel size that was used, and the one that was stated, if any.
    """
    notes = []
    missing = np.flatnonzero(~depths.measured).tolist()
    if missing:
        notes.append(
            f"The ruler could not be read in {len(missing)} of {depths.measured.size} slices "
            f"({_listed(missing)}): they lie where their neighbours let expect."
        )
    if changed:
        notes.append(f"Steps back, which milling cannot make: slices {_listed(changed)}.")
    notes.append(
        f"Angle {angle[0]:g}° ± {angle[1]:g}°: all of z has a common standard error "
        f"of {100 * angle_share(*angle):.2g} %, contained in the errors given."
    )
    wander_nm = solution.noise.wander_px * pixel_nm
    if solution.noise.wander_px > 0.02:
        notes.append(
            f"The edges of the marks wander: {wander_nm:.2g} nm (standard deviation of their centres)."
        )
    if solution.unlike:
        notes.append(
            f"The inclined marks differ in slope by {200 * abs(solution.unlike):.2g} %; the angle is taken "
            "as their mean."
        )
    change = float(np.ptp(solution.scale))
    if change > 1e-3:
        notes.append(f"The magnification changes by {100 * change:.2g} % along the stack; it is allowed for.")
    if pixel_nm != stated_nm:
        notes.append(
            f"The parallel marks give a pixel of {pixel_nm:.4g} nm"
            + ("" if stated_nm is None else f"; stated were {stated_nm:.4g} nm")
            + "."
        )
    return tuple(notes)
