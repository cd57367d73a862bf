"""The demo: the whole job on the bundled sample, right by its known truth."""

from __future__ import annotations

import json
import re
from html.parser import HTMLParser
from pathlib import Path

import numpy as np
import pytest
import tifffile

import resources
from core.cli import main
from core.recipe import Recipe
from core.simulate.bundle import SEED, SHAPE
from core.simulate.sample import make_sample


@pytest.fixture(scope="module")
def demo(tmp_path_factory, module_capture):
    folder = tmp_path_factory.mktemp("demo") / "out"
    assert main(["demo", "--output", str(folder), "--json"]) == 0
    return folder, json.loads(module_capture())


@pytest.fixture(scope="module")
def module_capture():
    """Standard output of the module's one long command (capsys serves single tests only)."""
    import contextlib
    import io

    stream = io.StringIO()
    with contextlib.redirect_stdout(stream):
        yield stream.getvalue


def test_answer_names_what_was_written(demo):
    folder, told = demo
    assert told["files"] == [str(folder / "exports" / "solid.tif")]
    for name in ("recipe", "report", "output"):
        assert Path(told[name]).exists()


def test_the_result_is_close_to_the_truth(demo):
    folder, told = demo
    solid = tifffile.imread(folder / "exports" / "solid.tif")
    truth = tifffile.imread(resources.path("sample/truth.tif"))[:, : solid.shape[1]]
    misplaced = 100 * float((solid != truth).mean())
    assert misplaced == pytest.approx(told["misplaced_percent"], abs=1e-9)
    assert misplaced < 1.5
    measured = told["channels"][""]["estimates"]["7 measure"]["solid_fraction"]
    assert measured == pytest.approx((solid == 255).mean(), abs=1e-12)
    assert measured == pytest.approx((truth == 255).mean(), abs=0.01)


class _Links(HTMLParser):
    def __init__(self) -> None:
        super().__init__()
        self.sources: list[str] = []

    def handle_starttag(self, tag, attrs):
        self.sources += [value for name, value in attrs if name in ("src", "href") and value]


def test_report_opens_offline_and_has_a_picture_of_every_step(demo):
    folder, told = demo
    text = Path(told["report"]).read_text(encoding="utf-8")
    links = _Links()
    links.feed(text)
    pictures = [source for source in links.sources if source.startswith("data:image/png;base64,")]
    assert len(pictures) == 7
    assert [source for source in links.sources if not source.startswith(("data:", "#"))] == []
    assert "solid fraction" in text
    assert text.count("<svg") >= 3
    summary = json.loads((folder / "report" / "summary.json").read_text(encoding="utf-8"))
    assert summary[""]["voxel_nm_zyx"] == [10.0, 5.0, 5.0]


def test_again_it_is_quick_and_the_same(demo, capsys):
    folder, told = demo
    page = Path(told["report"]).read_bytes()
    assert main(["demo", "--output", str(folder), "--json"]) == 0
    said = capsys.readouterr()
    assert json.loads(said.out) == told
    assert not re.search(r"\d/8 \w+ \d+ %", said.err)
    assert Path(told["report"]).read_bytes() == page


def test_the_sample_is_what_its_seed_makes():
    grey, solid, info = make_sample(SEED, SHAPE)
    bundled = tifffile.imread(resources.path("sample/sample.tif"))
    # Other processors may round a Fourier transform otherwise in the last bit.
    assert np.mean(bundled != grey) < 1e-3
    assert np.mean((tifffile.imread(resources.path("sample/truth.tif")) == 255) != solid) < 1e-4
    assert json.loads(resources.path("sample/truth.json").read_text())["seed"] == info["seed"]


def test_the_recipe_of_the_sample_is_whole():
    recipe = Recipe.load(resources.path("sample/recipe.toml"))
    assert [entry.step.name for entry in recipe.steps][-3:] == ["segment", "measure", "export"]
