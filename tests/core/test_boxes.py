"""Boxes as people type them."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from core.boxes import MAX_BOXES, box_of, boxes_of, require_inside, text_of
from core.errors import ParameterError

RANGES = st.tuples(st.integers(0, 9_999_998), st.integers(1, 999)).map(
    lambda pair: (pair[0], min(9_999_999, pair[0] + pair[1]))
)
BOXES = st.tuples(RANGES, RANGES).map(lambda pair: (*pair[0], *pair[1]))


@given(BOXES)
def test_what_is_written_is_read(box) -> None:
    assert box_of(text_of(box)) == box


@given(st.lists(BOXES, max_size=5))
def test_several_boxes_keep_their_order(boxes) -> None:
    assert boxes_of(text_of(*boxes)) == tuple(boxes)


@pytest.mark.parametrize(
    ("text", "box"),
    [
        ("120-180, 0-1024", (120, 180, 0, 1024)),
        ("  0 - 5 ,3:9 ", (0, 5, 3, 9)),
        ("0–5,3–9", (0, 5, 3, 9)),
        ("", None),
        ("  ", None),
    ],
)
def test_ways_of_writing(text, box) -> None:
    assert box_of(text) == box


@pytest.mark.parametrize(
    "text", ["5", "1-2", "1-2, 3", "1-2; 3-4", "2-1, 0-5", "3-3, 0-5", "-1-2, 0-5", "1.5-2, 0-5", "a-b, c-d",
             "1-2, 3-4, 5-6", "1-99999999, 0-5", "٣-٥, 0-5"],
)  # fmt: skip
def test_what_is_no_box_is_refused(text) -> None:
    with pytest.raises(ValueError, match=r"no box|no pixel"):
        box_of(text)


def test_empty_parts_are_no_boxes_and_too_many_are_refused() -> None:
    assert boxes_of("; 0-1, 0-1 ;") == ((0, 1, 0, 1),)
    with pytest.raises(ValueError, match="more than"):
        boxes_of("0-1,0-1;" * (MAX_BOXES + 1))


def test_a_box_outside_is_refused_with_the_size_of_the_slices() -> None:
    assert require_inside((0, 10, 0, 20), (10, 20), what="x") == (0, 10, 0, 20)
    with pytest.raises(ParameterError, match="does not lie within") as caught:
        require_inside((0, 11, 0, 20), (10, 20), what="thickness: the region")
    assert "0-10, 0-20" in str(caught.value)
