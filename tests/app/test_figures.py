"""Plots hold the measured values, over lengths where these are known."""

from __future__ import annotations

import numpy as np
import pytest

from app.cards import NOT_KNOWN, cards_of, missing
from app.figures import PLOTS, figure_of
from core.measure.results import SurfaceResult
from tests.app.measures import CURVE, found, pore, solid


def test_curves_are_drawn_over_nm_along_every_axis() -> None:
    figure = figure_of("tpcf", found(), solid())
    assert figure.x_label == "distance (nm)"
    assert [line.name for line in figure.lines] == ["z", "y", "x"]
    np.testing.assert_array_equal(figure.lines[0].x, [0.0, 20.0, 40.0])
    np.testing.assert_array_equal(figure.lines[1].x, [0.0, 10.0, 20.0])
    np.testing.assert_array_equal(figure.lines[2].y, CURVE)
    assert figure.levels[0][1] == pytest.approx(0.0625)


def test_without_voxel_size_curves_are_drawn_over_voxels() -> None:
    measured = found(step_nm=(None, 10.0, 10.0))
    figure = figure_of("tpcf", measured, solid())
    assert figure.x_label == "distance (px)"
    np.testing.assert_array_equal(figure.lines[1].x, [0.0, 1.0, 2.0])
    # Along z nothing is drawn here: what is drawn has its sizes.
    assert figure_of("lineal", measured, solid()).x_label == "length (nm)"


def test_noise_beyond_half_a_side_is_not_drawn() -> None:
    curve = tuple(np.linspace(0.25, 0.0, 8))
    measured = found()
    long = solid(tpcf={"z": curve, "y": curve, "x": curve})
    assert [line.x.size for line in figure_of("tpcf", measured, long).lines] == [5, 5, 5]


def test_distributions_keep_their_bins() -> None:
    figure = figure_of("chords", found(), solid())
    assert [line.name for line in figure.lines] == ["z: mean 9 nm", "x: mean 9 nm"]
    np.testing.assert_array_equal(figure.lines[0].x, [0.0, 10.0, 20.0])
    np.testing.assert_array_equal(figure.lines[0].y, [0.75, 0.25])
    assert figure_of("thickness", found(), solid()).lines[0].kind == "steps"


def test_components_are_shares_of_the_phase() -> None:
    figure = figure_of("components", found(), solid())
    np.testing.assert_allclose(figure.lines[0].y, [0.9, 0.08, 0.02])
    assert figure.log_y


def test_representative_size_has_its_spread() -> None:
    line = figure_of("representative", found(), solid()).lines[0]
    np.testing.assert_array_equal(line.x, [20.0, 40.0])
    assert line.sd is not None
    np.testing.assert_array_equal(line.sd, [0.1, 0.0])


@pytest.mark.parametrize("name", [name for name in PLOTS if name != "fraction"])
def test_what_was_not_measured_is_said(name: str) -> None:
    figure = figure_of(name, found(), pore())
    assert figure.lines == ()
    assert figure.message


# ---- cards


def test_cards_say_numbers_with_units() -> None:
    cards = {card.name: card for card in cards_of(found(), solid())}
    assert cards["Solid fraction"].value == "0.25"
    assert "± 0.05" in cards["Solid fraction"].detail
    assert cards["Ligament size, xy"].value == "62 nm"
    assert cards["Ligament size, xy"].detail == "z 80  y 61  x 63 nm"
    assert cards["e_LPF"].value == "0.03"
    assert cards["e_LPF"].detail == "± 0.002"
    assert "in planes 0.05" in cards["e_TPCF"].detail
    assert cards["Specific surface"].value == "21.3 /µm"
    assert cards["Euler number"].value == "-12"
    assert cards["Largest component"].value == "90 %"
    assert cards["Percolates along"].value == "z, x"
    assert cards["Conductivity z · y · x"].value == "0.12 · – · 0.14"
    assert cards["Local thickness"].value == "9 nm"
    assert cards["Representative"].value == "no"


def test_what_cannot_be_told_is_called_so() -> None:
    unknown = SurfaceResult(specific_surface_per_nm=None, euler_number=1, euler_per_nm3=None)
    cards = {card.name: card.value for card in cards_of(found(), solid(surface=unknown))}
    assert cards["Specific surface"] == NOT_KNOWN


def test_what_is_not_there_is_listed() -> None:
    assert [card.name for card in cards_of(found(), pore())] == ["Pore fraction"]
    assert "ligament size" in missing(pore())
    assert missing(solid()) == []
