"""Structures from a user's stack: label files, and the self-similarity method."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

from core.errors import MissingMetadataError, ParameterError, ReadError, VoxelError
from core.io.writers import write
from core.simulate.structures.kinds import LabelFile, LeveledWave, SelfSimilar
from core.simulate.structures.self_similar import SelfSimilarPattern
from core.simulate.structures.stack import folded
from core.volume import Array, volume_of
from tests.core.simulate.structures.reading import check_reading, made, whole

SOLID = whole(made(LeveledWave(ligament_nm=(30,)), (60, 50, 70)))


def saved(
    folder: Path, labels: Array, voxel_nm: tuple[float | None, ...] = (2.5, 2.5, 2.5), name: str = "in.tif"
) -> str:
    write(volume_of(labels, voxel_nm=voxel_nm), folder / name, "fiji")
    return str(folder / name)


def test_folding_repeats_the_border() -> None:
    assert folded(np.arange(-4, 8), 3).tolist() == [2, 2, 1, 0, 0, 1, 2, 2, 1, 0, 0, 1]


def test_file_is_itself_within_and_mirrored_beyond(tmp_path: Path) -> None:
    pattern = made(LabelFile(path=saved(tmp_path, SOLID * np.uint8(255))), SOLID.shape)
    assert pattern.labels == ("pore", "solid")
    assert pattern.continues == "mirrored"
    assert np.array_equal(whole(pattern), SOLID)
    assert np.array_equal(pattern.read((-60, 0), (50, 100), (0, 70)), SOLID[::-1, ::-1])
    check_reading(pattern)


def test_values_become_labels_in_their_order(tmp_path: Path) -> None:
    values = np.random.default_rng(1).choice(np.array([3, 70, 200, 900], dtype=np.uint16), (6, 7, 8))
    pattern = made(LabelFile(path=saved(tmp_path, values)), values.shape)
    assert pattern.labels == ("pore", "solid", "second phase", "phase 3")
    assert np.array_equal(whole(pattern), np.searchsorted([3, 70, 200, 900], values))


def test_file_of_other_voxels_is_sampled_at_their_middles(tmp_path: Path) -> None:
    pattern = made(LabelFile(path=saved(tmp_path, SOLID, (5.0, 2.5, 2.5))), (120, 50, 35))
    assert np.array_equal(whole(pattern), np.repeat(SOLID, 2, axis=0)[:, :, :35])
    finer = made(LabelFile(path=saved(tmp_path, SOLID, name="b.tif")), (20, 16, 23), voxel_nm=7.5)
    assert np.array_equal(whole(finer), SOLID[1::3, 1:48:3, 1:69:3])


def test_voxel_size_may_be_stated(tmp_path: Path) -> None:
    path = saved(tmp_path, SOLID, (None, None, None))
    with pytest.raises(MissingMetadataError, match="voxel size"):
        made(LabelFile(path=path), SOLID.shape)
    with pytest.raises(MissingMetadataError, match="voxel size"):
        made(SelfSimilar(path=path), SOLID.shape)
    with pytest.raises(ParameterError, match="positive"):
        made(LabelFile(path=path, voxel_nm_zyx=(0, 1, 1)), SOLID.shape)
    assert np.array_equal(whole(made(LabelFile(path=path, voxel_nm_zyx=(2.5, 2.5, 2.5)), SOLID.shape)), SOLID)


def test_says_that_a_small_file_is_mirrored(tmp_path: Path) -> None:
    path = saved(tmp_path, SOLID)
    [note] = made(LabelFile(path=path), (70, 50, 70)).notes
    assert "mirrored" in note
    assert made(LabelFile(path=path), SOLID.shape).notes == ()


def test_refuses_files_that_are_no_labels(tmp_path: Path) -> None:
    with pytest.raises(ReadError):
        made(LabelFile(path=str(tmp_path / "missing.tif")))
    with pytest.raises(VoxelError, match="or more"):
        made(LabelFile(path=saved(tmp_path, np.arange(64, dtype=np.uint8).reshape(4, 4, 4), name="a.tif")))
    with pytest.raises(VoxelError, match="no segmented stack"):
        made(LabelFile(path=saved(tmp_path, np.ones((4, 4, 4), dtype=np.uint8), name="b.tif")))


def test_self_similar_is_the_stack_and_its_copy(tmp_path: Path) -> None:
    pattern = made(SelfSimilar(path=saved(tmp_path, SOLID), size_ratio=0.5), SOLID.shape)
    assert isinstance(pattern, SelfSimilarPattern)
    found = whole(pattern)
    assert not (found & ~SOLID.astype(bool)).any()
    assert found.mean() == pytest.approx(SOLID.mean() ** 2, abs=0.05)
    assert pattern.mask.shape == (30, 25, 35)
    assert pattern.mask.mean() / 255 == pytest.approx(SOLID.mean(), abs=1e-3)
    check_reading(pattern)


def test_self_similar_copy_without_turning_is_the_stack_at_half_size(tmp_path: Path) -> None:
    """A stack of coarse blocks: every corner of the result is the product of stack and shrunken stack."""
    coarse = np.random.default_rng(3).integers(0, 2, (6, 6, 6), dtype=np.uint8)
    stack = coarse.repeat(8, 0).repeat(8, 1).repeat(8, 2)
    made_of = made(SelfSimilar(path=saved(tmp_path, stack), size_ratio=0.5), stack.shape)
    assert isinstance(made_of, SelfSimilarPattern)
    straight = SelfSimilarPattern(made_of.grey, made_of.mask, 0.0, made_of.shape, 2.5)
    small = coarse.repeat(4, 0).repeat(4, 1).repeat(4, 2)
    assert np.array_equal(whole(straight)[:24, :24, :24], (stack[:24, :24, :24] & small))


def test_self_similar_resizes_to_the_voxels_asked(tmp_path: Path) -> None:
    path = saved(tmp_path, SOLID)
    fine = whole(made(SelfSimilar(path=path, size_ratio=0.5), (120, 100, 140), voxel_nm=1.25))
    assert fine.mean() == pytest.approx(SOLID.mean() ** 2, abs=0.05)
    assert (fine[::2, ::2, ::2] & ~SOLID.astype(bool)).mean() < 0.02


def test_self_similar_depends_on_the_seed_and_refuses_empty_results(tmp_path: Path) -> None:
    path = saved(tmp_path, SOLID)
    first, again, other = (whole(made(SelfSimilar(path=path), seed=seed)) for seed in (1, 1, 2))
    assert np.array_equal(first, again)
    assert not np.array_equal(first, other)
    with pytest.raises(VoxelError, match="empty or full"):
        made(SelfSimilar(path=saved(tmp_path, np.zeros((8, 8, 8), dtype=np.uint8), name="empty.tif")))
