"""What is said below the 3D picture."""

from __future__ import annotations

from app.canvas.gl import GlFacts
from app.canvas.labels import LabelSet
from app.canvas.reduce import Reduction
from app.geometry import readable_length


def describe(
    how: Reduction, *, quick: bool, facts: GlFacts | None = None, budget_bytes: int = 0, mode: str = "mip",
    labels: LabelSet | None = None,
) -> str:  # fmt: skip
    """Say how coarse the picture is and why, and how large the stack."""
    z, y, x = how.lengths
    if how.unit == "nm":
        size = " × ".join(readable_length(length) for length in (x, y, z))
    else:
        size = f"{x:g} × {y:g} × {z:g} px"
    why = "" if facts is None else facts.why_coarse(how.limit, budget_bytes)
    parts = [f"{size} (x, y, z)", f"{how.label}: {why}" if why else how.label]
    if quick:
        parts.append("first look at single slices, reading all of them …")
    if how.note:
        parts.append(how.note)
    if mode == "labels" and max(how.factors) > 1:
        parts.append("of each block of labels, the voxel in its middle is shown")
    if mode == "labels" and labels is not None and labels.repeats:
        parts.append("more than 255 labels: colours repeat")
    return "   ·   ".join(parts)
