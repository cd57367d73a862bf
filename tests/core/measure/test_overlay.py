"""Colours of right and wrong."""

from __future__ import annotations

import numpy as np
import pytest

from core.errors import ParameterError
from core.measure.overlay import AGREEMENT_MEANINGS, LEGEND, overlay


def test_every_case_has_its_colour() -> None:
    prediction = np.array([[True, True], [False, False]])
    truth = np.array([[True, False], [True, False]])
    found = overlay(prediction, truth)
    assert found.dtype == np.uint8
    expected = [[LEGEND["tp"].rgb, LEGEND["fp"].rgb], [LEGEND["fn"].rgb, LEGEND["tn"].rgb]]
    assert found.tolist() == [[list(colour) for colour in row] for row in expected]


def test_legend() -> None:
    assert [LEGEND[key].name for key in ("tp", "fp", "fn", "tn")] == ["pale blue", "aqua", "yellow", "brown"]
    assert LEGEND.keys() == AGREEMENT_MEANINGS.keys()
    colours = [np.array(entry.rgb) for entry in LEGEND.values()]
    for i, one in enumerate(colours):
        assert all(np.abs(one - other).max() > 100 for other in colours[i + 1 :])


def test_shapes_must_fit() -> None:
    with pytest.raises(ParameterError, match="same shape"):
        overlay(np.ones((2, 2), bool), np.ones((2, 3), bool))
