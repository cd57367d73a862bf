from __future__ import annotations

from dataclasses import asdict

import pytest
from PySide6.QtCore import QSize
from PySide6.QtGui import QColor
from PySide6.QtWidgets import QApplication

import resources
from app.actions import TABLE
from app.panels.badge import MARK_COLOURS
from app.settings import Settings
from app.theme import DARK, LIGHT, Colours, Theme, drawn, palette, style_sheet
from core.step import Stage

ICONS = sorted(path.stem for path in resources.path("icons").glob("*.svg"))
BOTH = pytest.mark.parametrize("colours", [DARK, LIGHT], ids=lambda colours: colours.name)


def luminance(colour: str) -> float:
    """Relative luminance after WCAG 2.1."""
    parts = [QColor(colour).redF(), QColor(colour).greenF(), QColor(colour).blueF()]
    linear = [part / 12.92 if part <= 0.04045 else ((part + 0.055) / 1.055) ** 2.4 for part in parts]
    return 0.2126 * linear[0] + 0.7152 * linear[1] + 0.0722 * linear[2]


def contrast(one: str, other: str) -> float:
    bright, dark = sorted((luminance(one), luminance(other)), reverse=True)
    return (bright + 0.05) / (dark + 0.05)


@BOTH
@pytest.mark.parametrize("ground", ["panel", "raised", "ground", "field", "selected"])
@pytest.mark.parametrize("text", ["text", "quiet"])
def test_text_is_readable(colours: Colours, ground: str, text: str) -> None:
    assert contrast(getattr(colours, text), getattr(colours, ground)) >= 4.5


@BOTH
@pytest.mark.parametrize("name", ["good", "warn", "bad", "accent"])
def test_marks_stand_out(colours: Colours, name: str) -> None:
    assert contrast(getattr(colours, name), colours.panel) >= 3


@BOTH
def test_text_on_the_primary_button_is_readable(colours: Colours) -> None:
    assert contrast(colours.on_accent, colours.accent) >= 4.5


@BOTH
def test_all_colours_are_colours(colours: Colours) -> None:
    for name, value in asdict(colours).items():
        assert name == "name" or QColor(value).isValid(), name


@BOTH
def test_style_sheet_leaves_nothing_to_fill_in(colours: Colours) -> None:
    text = style_sheet(colours)
    assert "${" not in text
    assert text.count("{") == text.count("}")


@pytest.mark.parametrize("name", ICONS)
def test_every_icon_draws_something(qapp: QApplication, name: str) -> None:
    image = drawn(name, "#ff0000", QSize(32, 32)).toImage()
    painted = sum(image.pixelColor(x, y).alpha() > 0 for x in range(32) for y in range(32))
    assert 20 < painted <= 1024


def test_every_icon_that_is_asked_for_is_there() -> None:
    wanted = {entry.icon for entry in TABLE if entry.icon} | {stage.value.lower() for stage in Stage}
    wanted |= {"moon", "check", "reset", "error", "warning", "drop"}
    assert wanted <= set(ICONS)
    assert set(MARK_COLOURS.values()) <= set(asdict(DARK))


def test_toggle_changes_palette_and_is_remembered(
    qapp: QApplication, theme: Theme, settings: Settings
) -> None:
    changes: list[bool] = []
    theme.changed.connect(lambda: changes.append(theme.dark))
    assert theme.dark
    theme.toggle()
    assert changes == [False]
    assert settings.theme == "light"
    assert qapp.palette() == palette(LIGHT)


def test_icons_follow_the_theme(theme: Theme) -> None:
    before = theme.icon("run").pixmap(32, 32).toImage()
    theme.toggle()
    after = theme.icon("run").pixmap(32, 32).toImage()
    assert before != after
