"""Steps computed on reading: any block gives the same planes; faults get a place and a name."""

from __future__ import annotations

import pickle

import numpy as np
import pytest
from scipy import ndimage

from core.block import Block
from core.errors import NotEnoughDiskError, NotEnoughMemoryError, StepFailedError
from core.execute.lazy import applied, read_planes
from core.execute.preflight import (
    BLOCK_BYTES,
    check_disk,
    check_memory,
    cut_blocks,
    halo_of,
    plane_bytes,
    working_bytes,
)
from core.params import Params, param
from core.recipe import Recipe, RecipeStep, default_step
from core.step import Stage, Step
from core.steps import step_named
from core.volume import ArraySource, VolumeInfo, volume_of

DATA = np.random.default_rng(5).integers(0, 255, (12, 9, 11), dtype=np.uint8)


class Nothing(Params):
    """A step's parameters for these tests."""

    halo: int = param(2, label="Halo", description="Neighbours.")


def _smoothed(block: Block, _params: Nothing, _estimate: None) -> np.ndarray:
    return ndimage.gaussian_filter1d(block.data.astype(np.float32), 1.0, axis=0, radius=2, mode="nearest")


def _step(apply, **traits) -> Step:
    return Step(
        name="probe", version=1, label="Probe", stage=Stage.CLEAN, summary="Test.", params=Nothing,
        apply=apply, **traits,
    )  # fmt: skip


@pytest.fixture
def probe(monkeypatch):
    """Make a step known to the lazy sources for one test."""

    def make(apply, **traits):
        step = _step(apply, **traits)
        known = {"probe": step}
        for module in ("lazy", "preflight"):
            monkeypatch.setattr(
                f"core.execute.{module}.step_named", lambda name: known.get(name) or step_named(name)
            )
        return RecipeStep(step, Nothing())

    return make


def test_halo_is_read_and_trimmed(probe):
    entry = probe(_smoothed, halo=lambda p: p.halo, output=lambda i, _p: i.with_(dtype=np.dtype(np.float32)))
    volume = applied(volume_of(DATA), entry, None)
    whole = volume.read()
    expected = ndimage.gaussian_filter1d(DATA.astype(np.float32), 1.0, axis=0, radius=2, mode="nearest")
    np.testing.assert_array_equal(whole, expected)
    for start, stop in [(0, 1), (1, 5), (11, 12), (3, 4)]:
        np.testing.assert_array_equal(volume.read(slice(start, stop)), whole[start:stop])


@pytest.mark.parametrize("kept", [[0], [11], [0, 1, 2], [1, 3, 4, 9], list(range(0, 12, 2))])
def test_selected_slices_are_read_in_runs(kept):
    planes = read_planes(ArraySource(DATA), kept, 0, len(kept))
    np.testing.assert_array_equal(planes, DATA[kept])


def test_a_chain_of_steps_reads_through(probe):
    crop = step_named("crop")
    entry = RecipeStep(crop, crop.params.parse({"z_start": 2, "z_stop": 9, "x_start": 3}, owner="crop"))
    volume = applied(applied(volume_of(DATA), entry, None), default_step("invert"), None)
    np.testing.assert_array_equal(volume.read(), 255 - DATA[2:9, :, 3:])
    again = pickle.loads(pickle.dumps(volume.source))
    np.testing.assert_array_equal(
        again.read(slice(1, 2), slice(2, 4), slice(0, 1)), (255 - DATA)[3:4, 2:4, 3:4]
    )


@pytest.mark.parametrize(
    ("apply", "kind", "words"),
    [
        (lambda *_: 1 // 0, StepFailedError, "step probe, slices 3-5: ZeroDivisionError"),
        (lambda block, *_: block.data[:, :-1], StepFailedError, "broke its promise"),
        (lambda block, *_: block.data.astype(float), StepFailedError, "broke its promise"),
    ],
)
def test_faults_of_a_step_get_a_place(probe, apply, kind, words):
    volume = applied(volume_of(DATA), probe(apply), None)
    with pytest.raises(kind, match=words):
        volume.read(slice(3, 6))


def test_memory_running_out_inside_a_step_says_so(probe):
    def hungry(*_args):
        raise MemoryError

    with pytest.raises(NotEnoughMemoryError, match="memory ran out"):
        applied(volume_of(DATA), probe(hungry), None).read(slice(0, 1))


def test_blocks_fit_the_memory_and_refuse_with_numbers(probe):
    entry = probe(_smoothed, halo=lambda p: p.halo, bytes_per_pixel=20)
    source = applied(volume_of(np.zeros((50, 1000, 1000), np.uint8)), entry, None).source
    assert plane_bytes(source) == 2_000_000
    assert working_bytes(source) == 20_000_000
    assert halo_of(source) == 2
    cut = cut_blocks(source, 4)
    assert BLOCK_BYTES - 2_000_000 < (cut.slices + 4) * 2_000_000 <= BLOCK_BYTES
    tight = cut_blocks(source, 4, memory_mb=60)
    assert (tight.slices, tight.workers) == (1, 2)
    with pytest.raises(NotEnoughMemoryError, match="single slice") as caught:
        cut_blocks(source, 4, memory_mb=25)
    assert "25 MiB" in str(caught.value)


def test_the_whole_recipe_is_weighed_before_it_starts(probe):
    entry = probe(_smoothed, halo=lambda p: p.halo, bytes_per_pixel=60)
    volume = volume_of(np.zeros((50, 1000, 1000), np.uint8))
    recipe = Recipe((default_step("invert"), entry, entry))
    check_memory(recipe, volume, 100)
    with pytest.raises(NotEnoughMemoryError, match="probe"):
        check_memory(recipe, volume, 50)


def test_disk_that_is_too_small_is_refused_with_numbers(tmp_path):
    check_disk(tmp_path / "not" / "there" / "yet", 1, "the results")
    with pytest.raises(NotEnoughDiskError, match="MiB"):
        check_disk(tmp_path, 1 << 60, "the results")


def test_uneven_positions_follow_the_selection():
    info = VolumeInfo((4, 1, 1), np.dtype(np.uint8), (None, 1, 1), z_nm=(0.0, 9.0, 21.0, 30.0))
    drop = default_step("crop").step
    params = drop.params.parse({"z_start": 1}, owner="crop")
    assert drop.result_info(info, params).z_nm == (0.0, 12.0, 21.0)
