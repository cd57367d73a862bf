"""Two channels of the same slices."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np
import pytest

from core.align.channels import register_channels
from core.align.options import AlignOptions
from core.errors import ParameterError
from core.volume import Array, Volume, volume_of
from tests.core.align.pictures import evolving, moved, texture

SHIFT = (3.3, -5.6)


def pair(look: Callable[[Array], Array], slices: int = 8, noise: float = 4.0) -> tuple[Volume, Volume]:
    structure = evolving(slices)
    random = np.random.default_rng(2)
    one = np.array([moved(plane, (0, 0)) for plane in structure])
    two = np.array([moved(look(plane), SHIFT) for plane in structure])
    return volume_of(one), volume_of((two + noise * random.normal(size=two.shape)).astype(np.float32))


def same(plane: Array) -> Array:
    return 40 + 0.5 * plane


def inverted(plane: Array) -> Array:
    return 250 - plane


def folded(plane: Array) -> Array:
    """Bright where the other is bright or dark: grey values do not correlate."""
    return 60 + 1.5 * np.abs(plane - 120)


@pytest.mark.parametrize(
    ("look", "picture", "within"),
    [(same, "grey", 0.05), (inverted, "inverted", 0.05), (folded, "gradient", 0.3)],
)
def test_contrast_may_differ(look: Callable[[Array], Array], picture: str, within: float) -> None:
    found = register_channels(*pair(look))
    assert found.picture == picture
    assert found.flagged == ()
    assert np.abs(found.shifts_px_yx - SHIFT).max() < within
    assert found.matrices[:, :2, 2] == pytest.approx(-found.shifts_px_yx[:, ::-1])


@pytest.mark.parametrize("follow", ["slices", "constant", "smooth"])
def test_slices_that_do_not_lock_follow(follow: str) -> None:
    one, two = pair(same)
    spoilt = two.read()
    spoilt[3] = 0
    spoilt[7] = np.random.default_rng(1).normal(size=spoilt[7].shape)
    found = register_channels(one, volume_of(spoilt), follow=follow)  # type: ignore[arg-type]
    assert found.flagged == (3, 7)
    assert np.abs(found.shifts_px_yx - SHIFT).max() < 0.05
    assert found.confidence[3] == found.confidence[7] == 0
    if follow == "constant":
        assert np.ptp(found.shifts_px_yx, axis=0).max() < 1e-9


def test_unlike_channels_are_not_moved() -> None:
    found = register_channels(volume_of(texture((3, 90, 100), 1)), volume_of(texture((3, 90, 100), 2)))
    assert found.flagged == (0, 1, 2)
    assert np.abs(found.matrices - np.eye(3)).max() == 0
    assert "could not be matched" in found.notes[0]


def test_fiducial_counts_where_the_rest_differs() -> None:
    one, two = pair(same, 3)
    ours, theirs = one.read(), two.read()
    ours[:, :, 45:], theirs[:, :, 45:] = texture((90, 110), 5)[:, 45:], texture((90, 110), 6)[:, 45:]
    options = AlignOptions(region=((5, 85, 3, 40),))
    found = register_channels(volume_of(ours), volume_of(theirs), options)
    assert found.flagged == ()
    assert np.abs(found.shifts_px_yx - SHIFT).max() < 0.2


@pytest.mark.parametrize("model", ["rigid", "affine"])
def test_other_models(model: str) -> None:
    found = register_channels(*pair(same, 3), AlignOptions(model=model), follow="constant")  # type: ignore[arg-type]
    assert np.abs(found.shifts_px_yx - SHIFT).max() < 0.1
    assert np.abs(found.matrices[:, :2, :2] - np.eye(2)).max() < 0.003


def test_channels_of_other_shapes_are_refused() -> None:
    one, two = pair(same, 3)
    with pytest.raises(ParameterError, match="of one shape"):
        register_channels(one, volume_of(two.read()[:2]))
