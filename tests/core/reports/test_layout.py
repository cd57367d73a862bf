"""Pages: nothing is cut or lost, tables break between rows, headings stay with what follows them."""

from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from core.reports.document import Code, Drawing, Heading, Note, Paragraph, Table
from core.reports.layout import BOTTOM, LEFT, RIGHT, TOP, Box, Placed, Words, broken, pages_of
from core.reports.paper import text_width_mm
from core.reports.pictures import Curve, Panel, Picture

PICTURE = Picture("p", "caption of the picture", (Panel("", "x", "y", (Curve((0.0, 1.0), (0.0, 1.0)),)),))


def measure(text, _font, size_pt):
    """Every sign is half as wide as high."""
    return len(text) * size_pt * 0.5 * 25.4 / 72


def lay_out(*blocks, size=(85.0, 60.0)):
    pages = pages_of(blocks, measure, lambda _picture: size)
    for items in pages:
        for item in items:
            low = item.y + item.height if isinstance(item, Box) else item.y
            assert TOP <= item.y <= low <= BOTTOM + 0.01
            if isinstance(item, Words):
                assert item.x + measure(item.text, item.font, item.size_pt) <= RIGHT + 0.01
    return pages


def words(items):
    return [item.text for item in items if isinstance(item, Words)]


@given(st.text(st.sampled_from("ab \n"), max_size=200), st.floats(10, 60))
def test_breaking_lines_loses_nothing_and_keeps_within_the_width(text, width):
    lines = broken(text, width, "plain", 9, measure)
    assert "".join("".join(lines).split()) == "".join(text.split())
    assert all(measure(line, "plain", 9) <= width for line in lines)


def test_lines_break_at_spaces_where_they_can():
    assert broken("one two three", 20, "plain", 9, measure) == ["one two", "three"]
    assert broken("a" * 30, 20, "plain", 9, measure) == ["a" * 12, "a" * 12, "a" * 6]
    assert broken("", 20, "plain", 9, measure) == [""]


def test_a_long_table_repeats_its_head_and_cuts_no_row():
    rows = tuple((f"row {index}", "several words " * 12) for index in range(60))
    pages = lay_out(Heading("Table"), Table(("name", "text"), rows, (1, 2)))
    assert len(pages) > 2
    assert all(words(items)[0 if number else 1] == "name" for number, items in enumerate(pages))
    found = [text for items in pages for text in words(items) if text.startswith("row ")]
    assert found == [row[0] for row in rows]
    lines = len(broken(rows[0][1], (RIGHT - LEFT) * 2 / 3 - 2, "plain", 7.5, measure))
    for items in pages:
        cells = [
            item for item in items if isinstance(item, Words) and item.x > LEFT and "several" in item.text
        ]
        assert len(cells) % lines == 0  # whole rows only


def test_the_title_of_a_part_is_not_the_last_row_of_a_page():
    for before in range(30, 75):
        rows = (*(("a", "b") for _ in range(before)), ("part",), ("first", "of it"), *([("c", "d")] * 30))
        for items in lay_out(Table(("x", "y"), rows, (1, 1))):
            if "part" in words(items):
                assert "first" in words(items)


def test_a_heading_stays_with_its_figure():
    for lines in range(1, 60, 7):
        pages = lay_out(Code("\n".join("x" * lines)), Heading("Figures"), Drawing(PICTURE))
        for items in pages:
            assert ("Figures" in words(items)) == any(isinstance(item, Placed) for item in items)


def test_narrow_figures_have_their_caption_beside_them_wide_ones_below():
    [[placed, caption]] = lay_out(Drawing(PICTURE))
    assert caption.x > placed.x + 85
    [[placed, caption]] = lay_out(Drawing(PICTURE), size=(170.0, 60.0))
    assert (caption.x, caption.y > placed.y + 60) == (LEFT, True)


def test_notes_longer_than_a_page_go_on():
    text = " ".join(f"word{index}" for index in range(3000))
    pages = lay_out(Note(text), Paragraph("end"))
    assert len(pages) > 1
    assert " ".join(line for items in pages for line in words(items)) == f"{text} end"


def test_widths_of_text_are_those_of_the_font():
    assert text_width_mm("W", "plain", 10) * 72 / 25.4 == 9.8876953125  # 2025 of 2048 units
    assert text_width_mm("ii", "mono", 10) == text_width_mm("WW", "mono", 10)
    assert text_width_mm("a", "bold", 10) > text_width_mm("a", "plain", 10)
    assert text_width_mm("日", "plain", 10) > 0
