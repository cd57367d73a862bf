"""Figures: the right curves with the right names and units, and drawings whose bytes are always the same."""

from __future__ import annotations

import re
import xml.etree.ElementTree as ET

import pytest

from core.reports.drawing import inline_svg, printable, size_mm, svg
from core.reports.figures import Named, pictures_of
from core.reports.pictures import Bar, Curve, Key, Level, Panel, Picture
from tests.core.reports.examples import bare, example

NAMES = [
    "tpcf", "tpcf-planes", "lineal-path", "chords", "local-thickness", "fraction-per-slice", "representative",
    "components", "transport",
]  # fmt: skip


def pictures(*measured):
    return {
        picture.name: picture for picture in pictures_of([Named(f"r{i}", m) for i, m in enumerate(measured)])
    }


def test_every_group_has_its_figure():
    assert list(pictures(example())) == NAMES


def test_lags_are_in_nm_along_each_axis():
    panel = pictures(example())["tpcf"].panels[1]
    z, y, x = panel.curves
    assert (z.x[1], y.x[1], x.x[1]) == (5.0, 2.5, 2.5)
    assert panel.x_label == "lag r (nm)"
    assert [level.text for level in panel.levels] == ["φ", "φ²"]
    assert [level.y for level in panel.levels] == pytest.approx([0.35, 0.35**2])


def test_one_result_tells_directions_by_colour_and_dash_several_by_dash_alone():
    [one] = {curve.colour for curve in pictures(example(), example())["tpcf"].panels[0].curves[:3]}
    assert one == 0
    alone = pictures(example())["tpcf"].panels[0].curves
    assert [(curve.colour, curve.dash) for curve in alone] == [(0, 0), (1, 1), (2, 2)]
    keys = pictures(example(), example())["tpcf"].keys
    assert [key.text for key in keys] == ["r0", "r1", "z", "y", "x"]


def test_the_area_below_a_distribution_is_one():
    for name in ("chords", "local-thickness"):
        for panel in pictures(example())[name].panels:
            for curve in panel.curves:
                widths = [b - a for a, b in zip(curve.x, curve.x[1:], strict=False)]
                assert sum(w * y for w, y in zip(widths, curve.y, strict=True)) == pytest.approx(1)


def test_the_lineal_path_is_cut_where_nothing_is_left():
    curve = pictures(example())["lineal-path"].panels[1].curves[1]
    assert len(curve.y) < 64
    assert curve.y[-1] < 2e-3 * curve.y[0] <= curve.y[-2]


def test_a_voxel_size_that_is_not_known_gives_lags_in_voxels():
    unknown = example().model_copy(update={"step_nm": (None, 2.5, 2.5)})
    panel = pictures(unknown)["tpcf"].panels[0]
    assert panel.x_label == "lag r (voxels)"
    assert [curve.x[1] for curve in panel.curves] == [1, 1, 1]


def test_mean_and_sd_of_the_solid_fraction():
    [panel] = pictures(example())["fraction-per-slice"].panels
    assert panel.y_label == "solid fraction"
    [level] = panel.levels
    assert (level.y, level.half) == (0.35, 0.0141421356)


def test_labels_have_a_panel_each_and_many_are_spread_over_figures():
    five = pictures(example(names=("a", "b", "c", "d", "e")))
    assert [panel.title for panel in five["tpcf"].panels] == list("abcde")
    assert len(five["fraction-per-slice"].panels) == 5
    assert [len(five[name].panels) for name in ("transport", "transport-2")] == [6, 4]


def test_nothing_measured_gives_no_empty_figure():
    found = pictures(bare())
    assert list(found) == ["fraction-per-slice"]


def test_widths_fit_columns_of_a_journal():
    found = pictures(example())
    assert size_mm(found["fraction-per-slice"])[0] == 85
    assert size_mm(found["tpcf"])[0] == 170


ALL_MARKS = Picture(
    "all <marks>",
    "caption",
    (
        Panel(
            "a & b",
            "lag (nm)",
            "S₂",
            (Curve((0.0, 1.0, 2.0), (1.0, 0.5, 0.2)), Curve((0.0, 1.0, 3.0), (0.2, 0.4), 1, 1, steps=True)),
            (Level(0.3, "φ²", half=0.1),),
        ),
        Panel(
            "rank", "rank", "voxels", (Curve((1.0, 2.0), (1e6, 3.0), dots=True),), log_y=True, whole_x=True
        ),
        Panel("side", "side", "fraction", (Curve((8.0, 16.0), (0.4, 0.3), error=(0.1, 0.05)),), log_x=True),
        Panel("bars", "share", "along", bars=(Bar("z", 0.5, "0.5"), Bar("", None, "no way", hatched=True))),
    ),
    (Key("one $x_1$ 日", 0), Key("along z", -1, 2), Key("bar", 1, patch=True)),
)


def test_a_drawing_is_the_same_every_time_and_its_text_is_text():
    first = svg(ALL_MARKS)
    assert svg(ALL_MARKS) == first
    tree = ET.fromstring(first)
    texts = {"".join(node.itertext()).strip() for node in tree.iter("{http://www.w3.org/2000/svg}text")}
    assert {"a & b", "lag (nm)", "S₂", "φ²", "no way", "along z", "one $x_1$ �", "10⁶"} <= texts
    assert not re.search(r"20\d\d-\d\d-\d\d|Matplotlib v", first)
    width = float(re.search(r'<svg[^>]* width="([\d.]+)pt"', first).group(1))
    assert width == pytest.approx(170 / 25.4 * 72)


def test_parts_of_two_drawings_in_one_page_have_different_names():
    other = Picture("other", "", ALL_MARKS.panels, ALL_MARKS.keys)
    one, two = (set(re.findall(r'\bid="([^"]+)"', inline_svg(picture))) for picture in (ALL_MARKS, other))
    assert one
    assert not one & two


def test_signs_that_the_font_lacks_are_marked():
    assert printable("φ²\n 日本 ok") == "φ² �� ok"
