"""Planes kept between previews: never wrong ones, never too many."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor

import numpy as np
import pytest
import tifffile
from hypothesis import given
from hypothesis import strategies as st

from core.execute import PlaneCache, preview
from core.execute.planes import CachedSource
from core.project import InputSpec, Project
from core.recipe import Recipe, RecipeStep, default_step
from core.steps import step_named
from core.volume import ArraySource

DATA = np.random.default_rng(8).integers(0, 255, (14, 36, 40), dtype=np.uint8)


class Counting(ArraySource):
    """Says how often planes were read."""

    reads = 0

    def read(self, z, y=slice(None), x=slice(None)):
        """Count, and read."""
        type(self).reads += 1
        return super().read(z, y, x)


def test_a_plane_is_made_once_and_copies_are_handed_out():
    Counting.reads = 0
    source = CachedSource(Counting(DATA), "key", PlaneCache())
    first = source.read(slice(2, 5), slice(1, 4), slice(0, 2))
    np.testing.assert_array_equal(first, DATA[2:5, 1:4, 0:2])
    first[:] = 0
    np.testing.assert_array_equal(source.read(slice(3, 6)), DATA[3:6])
    assert Counting.reads == 4


@given(st.lists(st.integers(0, 13), max_size=60), st.integers(1, 6))
def test_the_limit_holds_and_answers_stay_right(wanted, planes):
    plane = DATA[0].nbytes
    cache = PlaneCache(planes * plane)
    source = CachedSource(ArraySource(DATA), "key", cache)
    for index in wanted:
        np.testing.assert_array_equal(source.read(slice(index, index + 1))[0], DATA[index])
        assert cache._bytes == sum(kept.nbytes for kept in cache._planes.values()) <= planes * plane


def test_other_voxels_empty_it():
    cache, other = PlaneCache(), 255 - DATA
    for data in (DATA, other, DATA):
        raw = ArraySource(data)
        cache.follow("", raw)
        cache.follow("", raw)
        np.testing.assert_array_equal(CachedSource(raw, "key", cache).read(slice(0, 1))[0], data[0])


def test_many_threads_get_the_right_planes():
    source = CachedSource(ArraySource(DATA), "key", PlaneCache(3 * DATA[0].nbytes))
    with ThreadPoolExecutor(8) as pool:
        for index, plane in pool.map(lambda i: (i % 14, source.read(slice(i % 14, i % 14 + 1))), range(300)):
            np.testing.assert_array_equal(plane[0], DATA[index])


@pytest.fixture
def project(tmp_path):
    tifffile.imwrite(tmp_path / "stack.tif", DATA, photometric="minisblack")
    return Project.create(tmp_path / "project", {"": InputSpec(paths=(tmp_path / "stack.tif",))})


def test_sliding_a_parameter_repeats_no_earlier_step(project, monkeypatch):
    calls = []
    destripe = step_named("destripe")
    before = destripe.apply
    monkeypatch.setattr(
        "core.execute.lazy.step_named",
        lambda name: replaced if name == "destripe" else step_named(name),
    )
    from dataclasses import replace

    replaced = replace(destripe, apply=lambda *given: calls.append(1) or before(*given))
    cache = PlaneCache()
    segment = step_named("segment")
    shown = []
    for k in (0.1, 0.2, 0.3):
        params = segment.params.parse({"method": "sauvola", "k": k, "window_px": 9}, owner="segment")
        recipe = Recipe((default_step("normalise"), default_step("destripe"), RecipeStep(segment, params)))
        shown.append(preview(project, "", recipe, 2, 5, cache=cache).after)
        fresh = preview(project, "", recipe, 2, 5).after
        np.testing.assert_array_equal(shown[-1], fresh)
        if k == 0.1:
            first = len(calls)
    once = first / 2  # each of the two previews of the first round computed the sample
    assert len(calls) == 4 * once
    assert np.any(shown[0] != shown[2])


def test_a_changed_earlier_step_changes_the_preview(project):
    cache = PlaneCache()
    crop = step_named("crop")
    for start in (0, 5):
        entry = RecipeStep(crop, crop.params.parse({"y_start": start}, owner="crop"))
        recipe = Recipe((entry, default_step("invert"), default_step("segment")))
        with_cache = preview(project, "", recipe, 2, 3, cache=cache)
        without = preview(project, "", recipe, 2, 3)
        np.testing.assert_array_equal(with_cache.before, without.before)
        np.testing.assert_array_equal(with_cache.after, without.after)
