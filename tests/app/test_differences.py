from __future__ import annotations

import numpy as np
import pytest

from app.differences import difference_of, difference_volume, kind_of, told
from app.quantities import ENTROPY, PROBABILITY, uncertainty
from core.errors import ParameterError
from core.volume import volume_of


def test_grey_values_are_subtracted_without_overflow() -> None:
    left, right = np.array([[0, 255]], np.uint8), np.array([[255, 0]], np.uint8)
    found = difference_of(left, right, "signed")
    assert found.tolist() == [[255, -255]]
    wide = difference_of(left.astype(np.uint16) * 257, right.astype(np.uint16) * 257, "signed")
    assert wide.tolist() == [[65535, -65535]]
    part = difference_of(left.astype(np.float32), np.array([[0.5, np.nan]], np.float32), "signed")
    assert part[0, 0] == 0.5
    assert np.isnan(part[0, 1])


def test_masks_say_which_side_is_solid() -> None:
    left, right = np.array([[0, 255, 0, 255]], np.uint8), np.array([[0, 0, 255, 255]], np.uint8)
    codes = difference_of(left, right, "masks")
    assert codes.tolist() == [[0, 1, 2, 3]]
    assert difference_of(left, right // 255, "masks").tolist() == [[0, 1, 2, 3]]
    found = told(codes, "masks")
    assert found.text == "50 % of this slice differ (MP)"
    assert found.shares == (25, 25, 25, 25, 0)


def test_labels_that_differ_are_told_apart() -> None:
    left, right = np.array([[0, 1, 2, 2]], np.uint16), np.array([[0, 1, 1, 0]], np.uint16)
    codes = difference_of(left, right, "labels")
    assert codes.tolist() == [[0, 3, 4, 1]]
    found = told(codes, "labels")
    assert found.text.startswith("50 %")
    assert found.shares == (25, 25, 0, 25, 25)


def test_the_difference_of_a_part_is_read_from_where_it_lies() -> None:
    rng = np.random.default_rng(3)
    whole = rng.integers(0, 256, (6, 20, 30), np.uint8)
    part = np.ascontiguousarray(whole[2:5, 4:14, 6:26]) // 2
    found = difference_volume(volume_of(whole), volume_of(part), (2, 4, 6))
    assert found.info.shape == part.shape
    expected = part.astype(int) - whole[2:5, 4:14, 6:26]
    assert np.array_equal(found.read(), expected)
    assert np.array_equal(found.read(slice(1, 2), slice(3, 5), slice(2, 9)), expected[1:2, 3:5, 2:9])


def test_grey_and_segmented_have_no_difference() -> None:
    with pytest.raises(ParameterError, match="no difference"):
        kind_of("grey", "binary")


def test_numbers_of_a_grey_difference() -> None:
    assert told(np.array([[3, -4]], np.int16), "signed").text == "mean -0.5, root mean square 3.54"


def test_uncertainty_is_made_from_probabilities() -> None:
    for dtype, most in ((np.uint8, 255), (np.uint16, 65535)):
        stored = np.array([[[0, most // 2, most, most // 4]]], dtype)
        found = uncertainty(volume_of(stored, content="probability")).read()[0, 0]
        assert found.tolist()[:3] == [0, 255, 0]
        assert found[3] == pytest.approx(255 * 0.811, abs=2)
    assert ENTROPY.text(255, np.dtype(np.uint8)) == "uncertainty 1.00 bits"
    assert PROBABILITY.text(32768, np.dtype(np.uint16)) == "probability of solid 0.50"


def test_a_difference_of_probabilities_is_told_as_one() -> None:
    plane = np.array([[51, -102]], np.int16)
    assert told(plane, "signed", 255.0).text == "mean -0.1, root mean square 0.316"
    assert told(plane, "signed", 255.0, "bits").text == "mean -0.1, root mean square 0.316 bits"
