"""Nothing is turned in other ways than allowed."""

from __future__ import annotations

import numpy as np
import pytest
import torch

from core.learn.data.geometry import Turn, drawn_frame, drawn_turn, moved, reach_px
from core.learn.params.data import NO_AUGMENTATION, AugmentParams


def _turns(params: AugmentParams, *, tilted: bool = False) -> set[Turn]:
    rng = np.random.default_rng(0)
    return {drawn_turn(params, tilted, rng) for _ in range(200)}


def test_all_eight_ways_are_drawn_where_all_are_allowed() -> None:
    assert len(_turns(AugmentParams())) == 8


def test_tilted_faces_are_flipped_in_x_only() -> None:
    assert _turns(AugmentParams(rotate_deg=90), tilted=True) == {Turn(), Turn(flip_x=True)}
    rng = np.random.default_rng(0)
    frame = drawn_frame(AugmentParams(rotate_deg=90, stretch=0), True, rng)
    np.testing.assert_allclose(frame, np.eye(2), atol=1e-12)


def test_quarter_turns_alone_are_turns_without_mirroring() -> None:
    planes = np.arange(12).reshape(1, 3, 4)
    found = [turn(planes) for turn in _turns(NO_AUGMENTATION.model_copy(update={"rotate_90": True}))]
    wanted = {np.rot90(planes, k, (1, 2)).tobytes() for k in range(4)}
    assert {one.tobytes() for one in found} == wanted


def test_no_variation_leaves_the_patch() -> None:
    assert _turns(NO_AUGMENTATION) == {Turn()}


def test_moved_by_nothing_is_the_middle() -> None:
    planes = torch.rand(2, 3, 20, 20)
    found = moved(planes, np.stack([np.eye(2)] * 2), 12, nearest=False)
    torch.testing.assert_close(found, planes[:, :, 4:16, 4:16], atol=1e-5, rtol=0)


def test_a_quarter_turn_and_a_stretch_by_two() -> None:
    planes = torch.rand(1, 1, 16, 16)
    turned = moved(planes, np.array([[[0.0, -1.0], [1.0, 0.0]]]), 16, nearest=False)
    torch.testing.assert_close(turned[0, 0], torch.rot90(planes[0, 0], 1, (0, 1)), atol=1e-5, rtol=0)
    ramp = torch.arange(16.0).repeat(16, 1)[None, None]
    stretched = moved(ramp, np.array([[[0.5, 0.0], [0.0, 1.0]]]), 8, nearest=False)
    np.testing.assert_allclose(np.diff(stretched[0, 0, 0].numpy()), 0.5, atol=1e-4)


@pytest.mark.parametrize(("rotate", "stretch"), [(0, 0.25), (10, 0), (180, 0.25)])
def test_reach_holds_every_frame(rotate: float, stretch: float) -> None:
    params = AugmentParams(rotate_deg=rotate, stretch=stretch)
    rng, corner = np.random.default_rng(0), np.array([[1, 1], [1, -1]]).T * 32
    reach = reach_px(params, 64)
    far = max(np.abs(drawn_frame(params, False, rng) @ corner).max() for _ in range(300))
    assert far <= reach / 2
