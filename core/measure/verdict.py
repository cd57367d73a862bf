"""What the isotropy errors mean, in words, and under which condition."""

from __future__ import annotations

from collections.abc import Sequence

from core.measure.isotropy import Errors
from core.measure.results import IsotropyResult

CONDITION = (
    "This holds if the material itself is isotropic, which the images cannot tell: of an anisotropic "
    "material the differences say nothing about errors."
)
# What differences along z are compared with: those between y and x, where the same errors would show alike.
# Below this they are not told apart from zero in a volume of some ten ligaments (article II, Table S3:
# 0.014-0.019).
_FLOOR = 0.02
_CLEAR = 2.0
_UNLIKE = 0.1


def verdict(found: Sequence[tuple[str, IsotropyResult, Errors]]) -> str:
    """A sentence for each phase that was compared, naming the numbers that decided; then what they rest on.

    Parameters
    ----------
    found : sequence of tuple
        Name (empty where there is nothing to tell apart), result and errors of each phase.
    """
    if not found:
        return "Whether z differs from the imaged plane cannot be told here."
    named = [(f"{name.capitalize()}: " if name else "", _finding(errors)) for name, _, errors in found]
    words = [name + finding for name, finding in named]
    return " ".join([*words, CONDITION, _basis(found[0][1])])


def _finding(errors: Errors) -> str:
    within = max(errors.within_lpf, errors.within_size, _FLOOR)
    along = max(errors.lpf, errors.size)
    measured = (
        f"e_LPF {errors.lpf:.3f}, e_D {errors.size:.3f} and e_TPCF {errors.tpcf:.3f} along z; "
        f"{errors.within_lpf:.3f} and {errors.within_size:.3f} between y and x"
    )
    if within > _UNLIKE:
        return (
            "Within the slices y and x already differ, so the structure is not isotropic, and differences "
            f"along z ({measured}) say nothing about errors."
        )
    if along <= _CLEAR * within:
        return (
            "Along z the structure differs from that within the slices by no more than twice what y and x "
            f"differ by ({measured}): no sign of shine-through or of a wrong slice thickness."
        )
    percent = 100 * (errors.size_ratio - 1)
    return (
        f"Along z ligaments are {abs(percent):.0f} % {'longer' if percent > 0 else 'shorter'} than "
        f"within the slices ({measured}): a sign of "
        + ("shine-through or of slices thinner" if percent > 0 else "slices thicker")
        + " than stated."
    )


def _basis(result: IsotropyResult) -> str:
    sides = " x ".join(map(str, result.patch_px))
    cubes = "one cube" if result.patches == 1 else f"{result.patches} cubes"
    range_text = "" if result.range_nm is None else f" ({result.range_nm:g} nm)"
    return f"From {cubes} of {sides} voxels (z, y, x), lags up to {result.range_px} voxels{range_text}."
