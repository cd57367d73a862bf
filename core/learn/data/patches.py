"""Patches from decoded stacks: where they are cut, and how they are put together to batches."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass

import numpy as np
import torch

from core.learn.data.batch import Batch
from core.learn.data.dose import thinned, with_dose
from core.learn.data.geometry import Turn, drawn_frame, drawn_turn, moved, reach_px
from core.learn.data.grey import blurred, edge_blurred, noisy, recoloured, striped
from core.learn.data.stacks import Decoded, Stack
from core.learn.params.data import AugmentParams
from core.models.intensity import LIMIT
from core.volume import Array

_CHUNK = 8  # patches treated at once: they stay in the processor's cache


@dataclass(frozen=True)
class View:
    """What a network sees at once.

    Attributes
    ----------
    channels : int
    slices : int
        Slices of a patch.
    step : int
        Their distance in slices of the stack.
    side_px : int
    volume : bool
        Whether the truth of all slices is wanted, or of the middle one.
    """

    channels: int
    slices: int
    step: int
    side_px: int
    volume: bool

    def planes(self, middle: int, count: int) -> Array:
        """Slices of the stack; those at its ends are repeated."""
        offsets = np.arange(self.slices) - self.slices // 2
        return np.clip(middle + self.step * offsets, 0, count - 1)

    def asked(self, planes: Array) -> Array:
        """Those of the slices of a patch whose truth is wanted."""
        return planes if self.volume else planes[self.slices // 2 : self.slices // 2 + 1]


@dataclass(frozen=True)
class Place:
    """Where a patch is cut: middle slice, upper row, left column of a square of `side_px`.

    `frame` is None where the square is the patch itself; see `core.learn.data.geometry.drawn_frame`.
    """

    stack: Stack
    decoded: Decoded
    planes: Array
    row: int
    column: int
    side_px: int
    turn: Turn
    frame: Array | None = None


def drawn_place(
    stack: Stack, voxels: Decoded, view: View, augment: AugmentParams, rng: np.random.Generator
) -> Place:
    """Draw a patch: any slice and any place have the same chance."""
    count, height, width = stack.shape
    middle = int(rng.integers(_middles(view, count).start, _middles(view, count).stop))
    planes = _with_losses(view.planes(middle, count), view, augment, rng)
    turn = drawn_turn(augment, stack.tilted, rng)
    frame = drawn_frame(augment, stack.tilted, rng)
    moves = (augment.rotate_deg > 0 and not stack.tilted) or augment.stretch > 0
    is_moved = bool(rng.random() < augment.share) and moves
    side = min(reach_px(augment, view.side_px), height, width) if is_moved else view.side_px
    if voxels.known is not None:
        return _on_known(stack, voxels, view, (side, turn, frame if is_moved else None), augment, rng)
    row, column = (int(rng.integers(0, length - side + 1)) for length in (height, width))
    return Place(stack, voxels, planes, row, column, side, turn, frame if is_moved else None)


def _on_known(
    stack: Stack,
    voxels: Decoded,
    view: View,
    drawn: tuple[int, Turn, Array | None],
    augment: AugmentParams,
    rng: np.random.Generator,
) -> Place:
    """Draw a patch around a pixel whose truth is known: most patches of a few strokes would hold none."""
    side, turn, frame = drawn
    count, height, width = stack.shape
    at = int(rng.integers(len(voxels.places)))
    z, rest = divmod(int(voxels.places[at]), height * width)
    middles = _middles(view, count)
    middle = min(max(z, middles.start), middles.stop - 1)
    reached = [one for one in middles if z in view.planes(one, count)] if view.volume else []
    if reached:
        middle = reached[int(rng.integers(len(reached)))]
    planes = _with_losses(view.planes(middle, count), view, augment, rng)
    # A patch that is turned and stretched sees the middle of its square best.
    inner = view.side_px if frame is None else max(1, view.side_px // 2)
    offset = (side - inner) // 2
    row, column = (
        min(max(place - offset - int(rng.integers(inner)), 0), length - side)
        for place, length in zip(divmod(rest, width), (height, width), strict=True)
    )
    return Place(stack, voxels, planes, row, column, side, turn, frame)


def _middles(view: View, count: int) -> range:
    if not view.volume:
        return range(count)
    first = (view.slices // 2) * view.step
    return range(first, max(first + 1, count - (view.slices - view.slices // 2 - 1) * view.step))


def _with_losses(planes: Array, view: View, augment: AugmentParams, rng: np.random.Generator) -> Array:
    """Replace some neighbours by the next slice towards the middle one."""
    lost = rng.random(len(planes)) < augment.slice_loss
    if view.volume:
        return planes
    middle = len(planes) // 2
    inward = np.where(np.arange(len(planes)) < middle, 1, -1)
    lost[middle] = False
    return np.asarray(planes[np.arange(len(planes)) + inward * lost])


def grid_places(stack: Stack, voxels: Decoded, view: View, stride: float) -> list[Place]:
    """Patches of a grid that covers the whole stack, not turned."""
    count, height, width = stack.shape
    step = max(1, round(view.side_px * stride))
    middles = _middles(view, count)
    if view.volume:
        middles = range(middles.start, middles.stop, max(1, round(view.slices * view.step * stride)))
    found = [
        Place(stack, voxels, view.planes(middle, count), row, column, view.side_px, Turn())
        for middle in middles
        for row in _starts(height, view.side_px, step)
        for column in _starts(width, view.side_px, step)
    ]
    return found if voxels.known is None else [place for place in found if _shows_known(place, view)]


def _shows_known(place: Place, view: View) -> bool:
    """Whether the truth of any pixel of a patch is known."""
    rows, columns = (slice(first, first + view.side_px) for first in (place.row, place.column))
    return bool((place.decoded.truth(view.asked(place.planes), rows, columns) >= 0).any())


def _starts(length: int, side: int, step: int) -> list[int]:
    last = length - side
    return sorted({*range(0, last + 1, step), last})


def assembled(places: Sequence[Place], view: View, augment: AugmentParams, seed: Sequence[int]) -> Batch:
    """Cut, move and vary patches.

    Parameters
    ----------
    places : sequence of Place
    view : View
    augment : AugmentParams
    seed : sequence of int
        All that is random follows from it.
    """
    rng = np.random.Generator(np.random.SFC64(np.random.SeedSequence(list(seed))))
    count, side = len(places), view.side_px
    images = torch.empty((count, view.channels, view.slices, side, side))
    target = torch.empty((count, view.slices if view.volume else 1, side, side))
    _cut(places, view, images, target)
    for first in range(0, count, _CHUNK):
        part = slice(first, first + _CHUNK)
        images[part] = _varied(images[part], places[part], augment, rng)
    sparse = any(place.decoded.known is not None for place in places)
    if view.volume:
        return Batch(images, target[:, None], sparse)
    return Batch(images.reshape(count, view.channels * view.slices, side, side), target, sparse)


def _cut(places: Sequence[Place], view: View, images: torch.Tensor, target: torch.Tensor) -> None:
    sides: dict[int | None, list[int]] = {}
    for number, place in enumerate(places):
        sides.setdefault(None if place.frame is None else place.side_px, []).append(number)
    for side, numbers in sides.items():
        if side is None:
            _fill(places, numbers, view, images, target, numbers)
            continue
        shape = len(numbers), view.channels, view.slices, side, side
        larger, labels = torch.empty(shape), torch.empty((len(numbers), target.shape[1], side, side))
        _fill(places, numbers, view, larger, labels, range(len(numbers)))
        frames = np.stack([np.asarray(places[number].frame) for number in numbers])
        flat = larger.reshape(len(numbers), -1, side, side)
        found = moved(flat, frames, view.side_px, nearest=False)
        images[numbers] = found.reshape(len(numbers), *images.shape[1:])
        target[numbers] = moved(labels, frames, view.side_px, nearest=True)


def _fill(
    places: Sequence[Place],
    numbers: Sequence[int],
    view: View,
    images: torch.Tensor,
    target: torch.Tensor,
    at: Sequence[int],
) -> None:
    """Copy squares from the stacks; grey values stay those of `Decoded`."""
    pixels, labels = images.numpy(), target.numpy()
    for number, to in zip(numbers, at, strict=True):
        place, voxels = places[number], places[number].decoded
        rows = slice(place.row, place.row + place.side_px)
        columns = slice(place.column, place.column + place.side_px)
        codes = place.turn(voxels.codes[:, place.planes, rows, columns])
        np.multiply(codes, voxels.scales[:, None, None, None], out=pixels[to], dtype=np.float32)
        if voxels.offset:
            pixels[to] += np.float32(voxels.offset)
        labels[to] = place.turn(voxels.truth(view.asked(place.planes), rows, columns))


def _varied(
    images: torch.Tensor, places: Sequence[Place], augment: AugmentParams, rng: np.random.Generator
) -> torch.Tensor:
    """Normalised patches from those of a few places."""
    count = len(places)
    drawn = rng.random((4, count)) < augment.share
    amounts = rng.uniform(0.1, 1, (4, count))
    images = _some(images, drawn[0], augment.edge_blur_px * amounts[0], edge_blurred)
    images = _with_noise_of_dose(images, places, augment, rng)
    images = _some(images, drawn[1], augment.stripes * amounts[1], lambda a, b: striped(a, b, rng))
    images = _some(images, drawn[2], augment.blur_px * amounts[2], blurred)
    images = _some(images, drawn[3], augment.noise * amounts[3], lambda a, b: noisy(a, b, rng))
    return recoloured(images, augment, rng).clamp_(-LIMIT, LIMIT)


def _some(
    images: torch.Tensor, drawn: Array, amounts: Array, change: Callable[[torch.Tensor, Array], torch.Tensor]
) -> torch.Tensor:
    """Change the patches that were drawn, each by its own amount."""
    numbers = np.flatnonzero(drawn & (amounts > 0))
    if len(numbers):
        images[numbers] = change(images[numbers], amounts[numbers])
    return images


def _with_noise_of_dose(
    images: torch.Tensor, places: Sequence[Place], augment: AugmentParams, rng: np.random.Generator
) -> torch.Tensor:
    """Give signals the noise of a dose and normalise them; patches and channels differ in dose."""
    count, channels = images.shape[:2]
    span = np.log([augment.dose_low, augment.dose_high])
    electrons = np.exp(rng.uniform(span[0], span[1], (count, channels)))
    fixed = _is_fixed(augment, rng.random((count, channels)))
    numbers = [number for number, place in enumerate(places) if place.decoded.doses]
    if not numbers:
        return images
    gains, offsets = np.empty((2, len(numbers), channels, 1, 1, 1), dtype=np.float32)
    for row, number in enumerate(numbers):
        for channel, doses in enumerate(places[number].decoded.doses):
            levels = doses.at(float(electrons[number, channel]), bool(fixed[number, channel]))
            gains[row, channel] = 2 / levels.contrast
            offsets[row, channel] = -2 * levels.low / levels.contrast - 1
    signal = images if len(numbers) == count else images[numbers]
    counted = [places[number].stack.electrons for number in numbers]
    found = _at_dose(signal, electrons[numbers], fixed[numbers], counted, rng)
    found.mul_(torch.from_numpy(gains)).add_(torch.from_numpy(offsets))
    if len(numbers) == count:
        return found
    images[numbers] = found
    return images


def _at_dose(
    signal: torch.Tensor, electrons: Array, fixed: Array, counted: Sequence[float], rng: np.random.Generator
) -> torch.Tensor:
    """Signals at doses (patch, channel): thinned where electrons were counted, else with noise drawn."""
    free = [row for row, number in enumerate(counted) if not number]
    each = [torch.from_numpy(a[free, :, None, None, None].astype(np.float32)) for a in (electrons, fixed)]
    if len(free) == len(signal):
        return with_dose(signal, each[0], each[1], rng)  # most trainings: nothing is copied
    found = torch.empty_like(signal)
    if free:
        found[free] = with_dose(signal[free], each[0], each[1], rng)
    for row, number in enumerate(counted):
        for channel in range(signal.shape[1]) if number else ():
            dose = float(electrons[row, channel])
            found[row, channel] = thinned(signal[row, channel], number, dose, rng)
    return found


def _is_fixed(augment: AugmentParams, drawn: Array) -> Array:
    share = {"counted": 0.0, "fixed": 1.0, "both": 0.5}[augment.electrons]
    return np.asarray(drawn < share)
