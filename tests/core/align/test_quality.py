"""Numbers of agreement."""

from __future__ import annotations

import numpy as np
import pytest

from core.align.quality import agreement
from core.errors import ParameterError
from tests.core.align.pictures import texture


def test_correlation_is_pearsons_over_the_common_area() -> None:
    one, two = texture((90, 100), 1), texture((90, 100), 1) + texture((90, 100), 2)
    inner = np.s_[2:-3, 2:-3]
    expected = np.corrcoef(one[inner].ravel(), two[inner].ravel())[0, 1]
    assert agreement(one, two).correlation == pytest.approx(expected, abs=1e-4)
    lying = np.eye(3)
    lying[0, 2], lying[1, 2] = -5.0, 4.0  # content was moved right by 5 and up by 4
    moved_away = np.roll(one, (-4, 5), axis=(0, 1))
    found = agreement(one, moved_away, lying)
    assert found.correlation == pytest.approx(1, abs=1e-6)
    assert agreement(one, moved_away).correlation < 0.5


def test_information() -> None:
    one, two = texture((200, 200), 1), texture((200, 200), 2)
    assert agreement(one, one).information == pytest.approx(1)
    assert agreement(one, 255 - one).information > 0.9
    assert agreement(one, two).information < 0.03
    assert agreement(one, one * 0).information == 0


def test_refusals() -> None:
    with pytest.raises(ParameterError):
        agreement(np.zeros((30, 30)), np.zeros((30, 31)))
