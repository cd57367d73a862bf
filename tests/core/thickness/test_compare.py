"""Sources beside each other: known differences, one figure."""

from __future__ import annotations

import numpy as np
import pytest

from core.errors import ParameterError
from core.thickness.assemble import estimate_of
from core.thickness.compare import compared, picture_of, write_picture

TRUE = np.random.default_rng(2).gamma(10.6, 0.958, 60) + 2


def source(thickness, **rest):
    return estimate_of(np.concatenate([[0.0], np.cumsum(thickness)]), method="file", **rest)


SOURCES = {"a": source(TRUE), "b": source(TRUE + 0.5), "even": source(np.full(60, 10.0))}


def test_known_differences() -> None:
    found = compared(SOURCES)
    assert list(found["sources"]) == ["a", "b", "even"]
    assert found["sources"]["a"]["mean_nm"] == pytest.approx(TRUE.mean())
    assert found["sources"]["b"]["depth_nm"] == pytest.approx(TRUE.sum() + 30)
    first, with_even, _ = found["pairs"]
    assert (first["first"], first["second"], first["common"]) == ("a", "b", 60)
    assert first["mean_difference_nm"] == pytest.approx(0.5)
    assert first["rms_difference_nm"] == pytest.approx(0.5)
    assert first["correlation"] == pytest.approx(1)
    assert first["greatest_z_difference_nm"] == pytest.approx(30)
    assert with_even["correlation"] is None


def test_only_what_both_have_measured_is_compared() -> None:
    wrong = TRUE.copy()
    wrong[[4, 5]] = 500
    found = compared({"a": source(TRUE), "b": source(wrong, unmeasured=[5])})["pairs"][0]
    assert found["common"] == 58
    assert found["rms_difference_nm"] == pytest.approx(0)


def test_other_slices_are_refused() -> None:
    with pytest.raises(ParameterError, match="slice by slice") as caught:
        compared({"a": source(TRUE), "b": source(TRUE[1:])})
    assert "b: 60" in str(caught.value)


@pytest.mark.parametrize("names", [["a"], ["a", "b", "even"]])
def test_the_figure_holds_curves_depth_and_histograms(names) -> None:
    picture = picture_of({name: SOURCES[name] for name in names})
    thickness, depth, histogram = picture.panels
    assert [curve.y for curve in thickness.curves] == [SOURCES[name].thickness_nm for name in names]
    assert np.mean([curve.y for curve in depth.curves], axis=0)[-1] == pytest.approx(0, abs=1e-9)
    for bars in (curve for curve in histogram.curves if curve.steps):
        assert np.sum(np.diff(bars.x) * bars.y) == pytest.approx(1)
    fitted = [curve for curve in histogram.curves if not curve.steps]
    assert len(fitted) == len(set(names) - {"even"})
    assert [key.text for key in picture.keys] == names


@pytest.mark.parametrize(("ending", "head"), [("svg", b"<?xml"), ("png", b"\x89PNG"), ("PDF", b"%PDF")])
def test_the_figure_is_written(tmp_path, ending, head) -> None:
    target = tmp_path / f"c.{ending}"
    write_picture(target, picture_of(SOURCES))
    assert target.read_bytes().startswith(head)
    assert list(tmp_path.iterdir()) == [target]


def test_the_same_sources_give_the_same_bytes(tmp_path) -> None:
    for name in ("one.svg", "two.svg"):
        write_picture(tmp_path / name, picture_of(SOURCES))
    assert (tmp_path / "one.svg").read_bytes() == (tmp_path / "two.svg").read_bytes()


def test_other_endings_are_refused(tmp_path) -> None:
    with pytest.raises(ParameterError, match="SVG"):
        write_picture(tmp_path / "c.gif", picture_of(SOURCES))
