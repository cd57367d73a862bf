"""How the tensors of a model are laid out: names, sizes, words. Used by card, checks and sample."""

from __future__ import annotations

from core.models.spec import ModelSpec

INPUT, OUTPUT, BRANCHES = "images", "result", "branches"

NORMALISATIONS = {
    "levels": "Grey values v of each channel become (v - low) / (high - low) * 2 - 1, clipped to -3 ... 3. "
    "low and high are the grey levels of empty pore and of bright solid in the whole stack, so that pore is "
    "near -1 and solid near +1, whatever the solid fraction.",
    "none": "Values are taken as they are.",
    "signed-distances": "Distances of pixels from the edge within each slice, positive in solid, cut off at "
    "5 px, smoothed by a Gaussian of 0.6 px and divided by 2.5 px: in two slices on either side of the plane "
    "that is made (the side of the nearer slice first), and interpolated along z by a cubic spline through "
    "the four nearest slices on each side. Offsets are distances of slices from the plane, divided by 8 px.",
    "grey-values": "Values are taken as they are: another offset or gain of them gives the same plane with "
    "this offset and gain. Two slices on either side of the plane that is made (the side of the nearer slice "
    "first), what a cubic spline through the four nearest slices on each side and a line between the two "
    "nearest give for it, and distances of the slices from the plane, divided by 8 px.",
}
"""Rules that bring grey values to the numbers a network was trained on, in words."""


def input_names(spec: ModelSpec) -> tuple[str, ...]:
    """Names of the input channels: ``1kV z-1``, ``1kV z``, ..., or those of the channels alone."""
    if spec.volume or spec.slices == 1:
        return spec.channels
    half = spec.slices // 2
    offsets = [f"z{number:+d}" if number else "z" for number in range(-half, half + 1)]
    return tuple(f"{channel} {offset}" for channel in spec.channels for offset in offsets)


def least_px(spec: ModelSpec) -> int:
    """Least side of an image: a multiple of the stride that leaves something beside the halo."""
    return spec.stride * -(-(2 * spec.halo_px + 1) // spec.stride)


def input_shape(spec: ModelSpec, height_px: int, width_px: int, batch: int = 1) -> tuple[int, ...]:
    """Shape of the input tensor for images of this size."""
    depth = (spec.slices,) if spec.volume else ()
    return (batch, len(input_names(spec)), *depth, height_px, width_px)


def output_shapes(spec: ModelSpec, given: tuple[int, ...]) -> tuple[tuple[int, ...], ...]:
    """Shapes of the outputs for an input of this shape."""
    first = (given[0], 1, *given[2:])
    return (first, (given[0], len(spec.channels), *given[2:])) if spec.branches else (first,)
