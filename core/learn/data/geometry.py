"""Turning, mirroring and stretching within the plane; along z nothing is ever moved."""

from __future__ import annotations

from dataclasses import dataclass
from math import ceil, cos, radians, sin, sqrt

import numpy as np
import torch
from torch.nn import functional

from core.learn.params.data import AugmentParams
from core.volume import Array


@dataclass(frozen=True)
class Turn:
    """One of the eight ways to lay a square: first transposed, then mirrored.

    Attributes
    ----------
    transpose, flip_y, flip_x : bool
    """

    transpose: bool = False
    flip_y: bool = False
    flip_x: bool = False

    def __call__(self, planes: Array) -> Array:
        """View of planes (..., y, x) laid this way."""
        laid = np.swapaxes(planes, -1, -2) if self.transpose else planes
        if self.flip_y:
            laid = laid[..., ::-1, :]
        return laid[..., ::-1] if self.flip_x else laid


def drawn_turn(params: AugmentParams, tilted: bool, rng: np.random.Generator) -> Turn:
    """Draw one of the ways allowed; always takes the same random numbers.

    A quarter turn is a transposition and a flip. Without flips, quarter turns alone are drawn: a
    transposition comes with the one flip that makes it a turn.
    """
    quarters, flip_y, flip_x = (int(value) for value in rng.integers(0, (4, 2, 2)))
    mirror_x = params.flip_x and flip_x == 1
    if tilted:
        return Turn(flip_x=mirror_x)
    mirror_y = params.flip_y and flip_y == 1
    turned = quarters if params.rotate_90 else 0
    # turned by 0, 1, 2, 3 quarters: (transpose, flip_y, flip_x) of np.rot90
    transpose, first_y, first_x = ((False, False, False), (True, True, False), (False, True, True),
                                   (True, False, True))[turned]  # fmt: skip
    return Turn(transpose, first_y != mirror_y, first_x != mirror_x)


def reach_px(params: AugmentParams, patch_px: int) -> int:
    """Side of the square that a turned and stretched patch is interpolated from."""
    angle = radians(min(params.rotate_deg, 45.0))
    longest = min(sqrt(2.0), cos(angle) + sin(angle))
    return ceil(patch_px * longest * (1 + params.stretch)) + 2


def drawn_frame(params: AugmentParams, tilted: bool, rng: np.random.Generator) -> Array:
    """Draw where the axes of a patch go, shape (2, 2): pixels of the stack (x, y) by pixels of the patch."""
    turn, stretch_x, stretch_y = rng.uniform(-1, 1, 3)
    angle = radians(0.0 if tilted else params.rotate_deg * turn)
    rotation = np.array([[cos(angle), -sin(angle)], [sin(angle), cos(angle)]])
    return np.asarray(rotation / (1 + params.stretch) ** np.array([stretch_x, stretch_y]))


def moved(planes: torch.Tensor, frames: Array, patch_px: int, *, nearest: bool) -> torch.Tensor:
    """Interpolate patches about the middle of larger squares.

    Parameters
    ----------
    planes : tensor of float32, shape (b, n, side, side)
        All planes of a patch move alike. What lies outside is mirrored in.
    frames : ndarray, shape (b, 2, 2)
        See `drawn_frame`.
    patch_px : int
    nearest : bool
        For labels.

    Returns
    -------
    tensor of float32, shape (b, n, patch_px, patch_px)
    """
    side = planes.shape[-1]
    theta = np.zeros((len(frames), 2, 3), dtype=np.float32)
    theta[:, :, :2] = frames * (patch_px / side)
    grid = functional.affine_grid(
        torch.from_numpy(theta), [len(frames), 1, patch_px, patch_px], align_corners=False
    )
    mode = "nearest" if nearest else "bilinear"
    return functional.grid_sample(planes, grid, mode=mode, padding_mode="reflection", align_corners=False)
