"""What the isotropy errors mean, in words, and under which condition."""

from __future__ import annotations

import math
from collections.abc import Sequence

from core.measure.isotropy import Errors
from core.measure.results import IsotropyResult

CONDITION = (
    "This holds if the material itself is isotropic, which the images cannot tell: of an anisotropic one the "
    "differences say nothing about errors."
)
# What an isotropic structure shows by chance: the root mean square of e_LPF of leveled waves is 0.3-0.6,
# divided by how many ligaments fit side by side into the cube; tests/benchmarks/isotropy_chance.py.
_CHANCE = 0.6
# The truth of article II still has 0.014 and 0.019.
_LEAST = 0.01
# Shine-through of a tenth would hide in this.
_TOO_LARGE = 0.12
# Cubes not much larger than the ligaments cut most of them off, along all axes alike.
_FEWEST, _UNCUT = 2, 3


def verdict(found: Sequence[tuple[str, IsotropyResult, Errors]]) -> str:
    """A sentence for each phase that was compared, naming the numbers that decided; then what they rest on.

    Parameters
    ----------
    found : sequence of tuple
        Name (empty where there is nothing to tell apart), result and errors of each phase.
    """
    if not found:
        return "Whether z differs from the imaged plane cannot be told here."
    # Of voxels that are no cubes, every structure looks longer or shorter along z.
    words = ["The voxel size is not known; if voxels are cubes:"] if found[0][1].range_nm is None else []
    for name, result, errors in found:
        finding = _finding(errors, result.patches)
        words.append(f"{name.capitalize()}: {finding}" if name else finding)
    return " ".join([*words, CONDITION, _basis(found[0][1])])


def chance(errors: Errors, cubes: int) -> float:
    """About how large e_LPF is for an isotropic structure in cubes of this size."""
    return max(_LEAST, _CHANCE / (errors.ligaments * math.sqrt(cubes)))


def _finding(errors: Errors, cubes: int) -> str:
    by_chance = chance(errors, cubes)
    within = max(errors.within_lpf, errors.within_size)
    along = max(errors.lpf, errors.size)
    measured = (
        f"e_LPF {errors.lpf:.3f}, e_D {errors.size:.3f}, e_TPCF {errors.tpcf:.3f} along z; "
        f"{errors.within_lpf:.3f} and {errors.within_size:.3f} between y and x; an isotropic structure shows "
        f"about {by_chance:.3f} by chance"
    )
    if within > 3 * by_chance:
        return (
            f"Within the slices y and x differ, so the structure is not isotropic ({measured}), and what it "
            "shows along z says nothing about errors."
        )
    if along <= 2 * by_chance and (by_chance > _TOO_LARGE or errors.ligaments < _FEWEST):
        return (
            f"Only about {errors.ligaments:.1f} ligaments fit side by side into the cubes, too few to tell "
            f"differences along z from chance ({measured})."
        )
    if along <= 2 * by_chance:
        return (
            f"Along z the structure looks as within the slices ({measured}): no sign of shine-through or of "
            "a wrong slice thickness."
        )
    percent = 100 * (errors.size_ratio - 1)
    longer, reason = "longer", "shine-through or of slices thinner"
    if percent < 0:
        longer, reason = "shorter", "slices thicker"
    sign = "a sign" if along > 3 * by_chance else "perhaps a sign"
    least = "at least " if errors.ligaments < _UNCUT else ""
    return (
        f"Along z ligaments are {least}{abs(percent):.0f} % {longer} than within the slices ({measured}): "
        f"{sign} of {reason} than stated."
    )


def _basis(result: IsotropyResult) -> str:
    sides = " x ".join(map(str, result.patch_px))
    cubes = "one cube" if result.patches == 1 else f"{result.patches} cubes"
    range_text = "" if result.range_nm is None else f" ({result.range_nm:g} nm)"
    return f"From {cubes} of {sides} voxels (z, y, x), lags up to {result.range_px} voxels{range_text}."
