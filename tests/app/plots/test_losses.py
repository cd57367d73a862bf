"""Curves of a training: new points go into the curves there are."""

from __future__ import annotations

import pytest
from pytestqt.qtbot import QtBot

from app.plots.losses import LossPlot
from core.learn.params.watch import Point


def points(count: int, part: str = "") -> list[Point]:
    return [
        Point(
            part=part, epoch=epoch, train_loss=1 / epoch, validation_loss=1.5 / epoch,
            validation_mp=10 - epoch, learning_rate=1e-3, seconds=1.0,
        )
        for epoch in range(1, count + 1)
    ]  # fmt: skip


def test_new_points_keep_the_curves(qtbot: QtBot) -> None:
    plot = LossPlot()
    qtbot.addWidget(plot)
    plot.show_points(points(2))
    items = plot._plot.getPlotItem().listDataItems()
    plot.show_points(points(5))
    assert plot._plot.getPlotItem().listDataItems() == items
    assert plot.drawn() == {"training": 5, "validation": 5, "best": 1}
    best = next(item for item in items if item.name() == "best")
    assert best.getOriginalDataset()[0].tolist() == [5]
    assert best.getOriginalDataset()[1].tolist() == pytest.approx([0.3])
    plot.show_as("rate", logarithmic=True)
    assert plot.drawn() == {"learning rate": 5}
    plot.show_points([*points(5), *points(1, "second")])
    assert plot.drawn() == {"learning rate": 5, "second: learning rate": 1}
    plot.show_points(())
    assert plot.drawn() == {}
