"""Cap layer, ruler and fiducial, painted over the structure: which label each voxel gets."""

from __future__ import annotations

import math
from dataclasses import dataclass
from itertools import pairwise

import numpy as np

from core.errors import ParameterError
from core.simulate.electrons.material import VACUUM
from core.simulate.plan import Plan
from core.simulate.plan_parts import Fiducial, Ruler
from core.volume import Array

CAP, MARK, EMPTY, STRIP, CROSS = "ruler cap", "ruler mark", "empty", "fiducial", "fiducial cross"
_EDGE_SHARE = 0.06
_CROSS_SHARE = 0.4


def mark_materials(plan: Plan) -> dict[str, str]:
    """Label names that the marks of a plan add, each with its material."""
    found = {}
    if plan.ruler.on:
        found = {CAP: plan.ruler.cap_material, MARK: plan.ruler.mark_material, EMPTY: VACUUM.name}
    if plan.fiducial.on:
        found |= {STRIP: plan.fiducial.material, CROSS: plan.fiducial.cross_material}
    return found


@dataclass(frozen=True)
class RulerMarks:
    """The ruler in the frame of the sample.

    Attributes
    ----------
    first_x_nm : tuple of float
        Centres of the four marks at z = 0: parallel, inclined, inclined, parallel.
    slopes : tuple of float
        How far each centre moves along x per depth: 0 or tan(angle), with its sign.
    """

    ruler: Ruler
    first_x_nm: tuple[float, float, float, float]
    slopes: tuple[float, float, float, float]

    def centres_nm(self, z_nm: float) -> tuple[float, ...]:
        """Centres of the four marks at a depth."""
        return tuple(x + z_nm * slope for x, slope in zip(self.first_x_nm, self.slopes, strict=True))

    def table(self) -> dict[str, object]:
        """Geometry for the truth file."""
        return {
            "angle_deg": self.ruler.angle_deg,
            "marks": [
                {"kind": "inclined" if slope else "parallel", "x_nm_at_z_0": x, "dx_per_dz": slope}
                for x, slope in zip(self.first_x_nm, self.slopes, strict=True)
            ],
            "mark_width_nm": self.ruler.mark_width_nm,
            "mark_y_nm": [self.ruler.above_nm, self.ruler.above_nm + self.ruler.mark_depth_nm],
            "cap_y_nm": [self.ruler.above_nm, self.ruler.above_nm + self.ruler.cap_nm],
        }


def ruler_marks(ruler: Ruler, width_nm: float) -> RulerMarks:
    """Place the marks in a field of some width."""
    edge = max(_EDGE_SHARE * width_nm, ruler.mark_width_nm)
    left, right = ruler.parallel_x_nm or (edge, width_nm - edge)
    step = 2 * ruler.mark_width_nm
    slope = math.tan(math.radians(ruler.angle_deg))
    second = slope if ruler.inclined == "same" else -slope
    inner = (left + step, left + 2 * step if ruler.inclined == "same" else right - step)
    first, last = ruler.inclined_x_nm or inner
    return RulerMarks(ruler, (left, first, last, right), (0.0, slope, second, 0.0))


def check_marks(plan: Plan, *, width_nm: float, height_nm: float, depth_nm: float) -> None:
    """Refuse marks that leave the field, meet each other, or are finer than the voxels.

    Raises
    ------
    ParameterError
        With the numbers.
    """
    if plan.ruler.on:
        _check_ruler(plan, width_nm, height_nm, depth_nm)
    if plan.fiducial.on:
        size, arm = plan.fiducial.width_nm, plan.fiducial.arm_nm
        if size >= width_nm or arm < plan.field.voxel_nm or arm >= size:
            raise ParameterError(
                "the fiducial does not fit the field",
                expected=f"a strip narrower than {width_nm:g} nm, a cross at least a voxel wide inside it",
                got=f"width {size:g} nm, cross {arm:g} nm, voxel {plan.field.voxel_nm:g} nm",
            )


def _check_ruler(plan: Plan, width_nm: float, height_nm: float, depth_nm: float) -> None:
    ruler = plan.ruler
    if ruler.mark_width_nm < plan.field.voxel_nm or ruler.above_nm + ruler.cap_nm >= height_nm:
        raise ParameterError(
            "the ruler does not fit the field",
            expected=f"marks at least a voxel ({plan.field.voxel_nm:g} nm) wide, cap layer above "
            f"{height_nm:g} nm",
            got=f"marks {ruler.mark_width_nm:g} nm wide, cap layer down to "
            f"{ruler.above_nm + ruler.cap_nm:g} nm",
        )
    marks = ruler_marks(ruler, width_nm)
    half = ruler.mark_width_nm / 2
    for z_nm in (0.0, depth_nm):
        # Centres move in straight lines: what keeps its order and distance at both ends does so between.
        edges = [-half, *marks.centres_nm(z_nm), width_nm + half]
        if any(b - a < 2 * half for a, b in pairwise(edges)):
            raise ParameterError(
                f"the marks of the ruler meet or leave the field at a depth of {z_nm:g} nm",
                expected=f"centres in the order parallel, inclined, inclined, parallel, "
                f"{2 * half:g} nm apart, within 0-{width_nm:g} nm",
                got=", ".join(f"{x:.4g} nm" for x in edges[1:-1]),
                remedy="take a smaller angle, narrower marks, a wider field, or fewer slices",
            )


def paint_ruler(
    labels: Array, marks: RulerMarks, values: dict[str, int], z: Array, y: Array, x: Array
) -> None:
    """Paint empty space, cap layer and marks over labels (z, y, x), in place.

    Parameters
    ----------
    labels : ndarray of uint8, shape (z, y, x)
    marks : RulerMarks
    values : dict of str to int
        Label value by name.
    z, y, x : ndarray of float64
        Centres of the voxels in nm.
    """
    ruler = marks.ruler
    labels[:, y < ruler.above_nm] = values[EMPTY]
    labels[:, (y >= ruler.above_nm) & (y < ruler.above_nm + ruler.cap_nm)] = values[CAP]
    rows = np.flatnonzero((y >= ruler.above_nm) & (y < ruler.above_nm + ruler.mark_depth_nm))
    if rows.size == 0:
        return
    centres = np.array(marks.first_x_nm)[:, None] + np.array(marks.slopes)[:, None] * z
    inside = (np.abs(x[None, None] - centres[:, :, None]) < ruler.mark_width_nm / 2).any(axis=0)
    part = labels[:, rows[0] : rows[-1] + 1]
    part[np.broadcast_to(inside[:, None], part.shape)] = values[MARK]


def paint_fiducial(
    labels: Array,
    fiducial: Fiducial,
    values: dict[str, int],
    y: Array,
    x: Array,
    *,
    size_nm: tuple[float, float],
) -> None:
    """Paint the strip at the right of the field, with crossed trenches at half height, in place.

    Parameters
    ----------
    labels : ndarray of uint8, shape (z, y, x)
    fiducial : Fiducial
    values : dict of str to int
        Label value by name.
    y, x : ndarray of float64
        Centres of the voxels in nm.
    size_nm : tuple of float
        (y, x) size of the field.
    """
    start = size_nm[1] - fiducial.width_nm
    columns = np.flatnonzero(x >= start)
    if columns.size == 0:
        return
    down = y - size_nm[0] / 2
    across = x[columns[0] :] - (start + fiducial.width_nm / 2)
    reach = _CROSS_SHARE * fiducial.width_nm
    within = (np.abs(down)[:, None] < reach) & (np.abs(across)[None] < reach)
    # Distance to the nearer diagonal through the centre.
    off = np.abs(np.abs(down)[:, None] - np.abs(across)[None]) / math.sqrt(2)
    cross = within & (off < fiducial.arm_nm / 2)
    labels[:, :, columns[0] :] = np.where(cross, values[CROSS], values[STRIP])
