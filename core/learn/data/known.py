"""What the data to train with look like, for those who run the model on other data."""

from __future__ import annotations

from collections.abc import Sequence

from core.learn.data.stacks import Facts, Stack
from core.learn.params.data import AugmentParams, DataParams
from core.learn.params.network import NetworkParams
from core.models.spec import Known, Range
from core.volume import Array


def known_of(
    stacks: Sequence[Stack],
    facts: Sequence[Facts],
    data: DataParams,
    augment: AugmentParams,
    network: NetworkParams,
) -> Known:
    """Ranges of pixel, slice distance, contrast to noise, solid fraction and mean chords.

    Augmentation counts: stretched patches are as if pixels were larger or smaller; added noise lowers the
    least contrast to noise.
    """
    stretch = 1 + (augment.stretch if augment.share else 0.0)
    pixels = [size for stack in stacks for size in stack.voxel_nm[1:]]
    solid = [one.solid_fraction for one in facts]
    return Known(
        pixel_nm=(min(pixels) / stretch, max(pixels) * stretch),
        slice_nm=_slice_nm(stacks, data.slices_step) if network.is_volume or network.slices > 1 else None,
        contrast_to_noise={name: _contrast(facts, name, augment) for name in network.channels},
        solid_fraction=(min(solid), max(solid)),
        solid_chord_nm=_chord_nm(stacks, [one.truth.solid_px for one in facts], facts),
        pore_chord_nm=_chord_nm(stacks, [one.truth.pore_px for one in facts], facts),
    )


def _chord_nm(stacks: Sequence[Stack], chords_px: Sequence[Array], facts: Sequence[Facts]) -> Range | None:
    """Range over structures and axes; axes along which no border is crossed say nothing."""
    found = [
        float(chord_px * size_nm)
        for stack, both_px, one in zip(stacks, chords_px, facts, strict=True)
        for chord_px, size_nm, count in zip(both_px, stack.voxel_nm[1:], one.truth.crossings, strict=True)
        if count
    ]
    return (min(found), max(found)) if found else None


def _slice_nm(stacks: Sequence[Stack], step: int) -> Range | None:
    found = [stack.voxel_nm[0] * step for stack in stacks if stack.voxel_nm[0] is not None]
    return (min(found), max(found)) if found else None


def _contrast(facts: Sequence[Facts], channel: str, augment: AugmentParams) -> Range:
    found = [levels.contrast_to_noise for one in facts for levels in one.levels[channel]]
    added = augment.noise if augment.share else 0.0
    least = (min(found) ** -2 + added**2) ** -0.5
    return least, max(found)
