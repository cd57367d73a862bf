"""Batches from training sets: aligned with their truth, repeatable, never from two splits."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
import pytest
import torch

from core.errors import (
    Cancelled,
    ParameterError,
    ProjectError,
    ReadError,
    TruesliceError,
    UnsupportedFormatError,
)
from core.job import Job
from core.learn.data import PatchSource, open_source
from core.learn.data.cache import StackCache
from core.learn.data.source import StackPatches, at_full_dose
from core.learn.params.data import NO_AUGMENTATION, AugmentParams, DataParams
from core.learn.params.network import NetworkParams
from tests.core.learn.data.sets import SHAPE, labels_of, make_set, make_structure

_ONLY_MOVES = NO_AUGMENTATION.model_copy(
    update={
        "flip_x": True,
        "flip_y": True,
        "rotate_90": True,
        "rotate_deg": 180.0,
        "stretch": 0.25,
        "share": 0.5,
    }
)
_BATCH = 24


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return make_set(tmp_path_factory.mktemp("sets") / "set.zarr")


def _source(
    folder: Path | str, augment: AugmentParams = NO_AUGMENTATION, seed: int = 1, **changed: Any
) -> PatchSource:
    network = {key: changed.pop(key) for key in list(changed) if key in NetworkParams.model_fields}
    data = {"path": str(folder), "patch_px": 16, "patches_per_epoch": 96, "patch_slices": 4} | changed
    spec = NetworkParams.model_validate({"slices": 3} | network)
    return open_source(DataParams.model_validate(data), augment, spec, seed, _BATCH)


def _shown(images: torch.Tensor) -> torch.Tensor:
    """What noise-free images of two greys show, -1 or 1."""
    return (images > 0).float()


def test_patches_in_the_plane_have_slices_of_each_channel_in_order(folder: Path) -> None:
    source = _source(folder, channels=("2kV", "1kV"), held_out=1)
    batch = source.batch(0, 0)
    assert source.batches_per_epoch == 4
    assert batch.images.shape == (_BATCH, 6, 16, 16)
    assert batch.target.shape == (_BATCH, 1, 16, 16)
    assert batch.images.dtype == batch.target.dtype == torch.float32
    assert set(batch.target.unique().tolist()) <= {0.0, 1.0}
    torch.testing.assert_close(_shown(batch.images[:, :3]), _shown(batch.images[:, 3:]))
    torch.testing.assert_close(_shown(batch.images[:, 1:2]), batch.target)
    assert float(batch.images.abs().max()) == pytest.approx(1, abs=0.05)


def _neighbours_follow(images: torch.Tensor, labels: np.ndarray[Any, Any]) -> bool:
    """Whether the slices of every patch lie in the stack in order, laid in the plane in any way."""
    planes = np.pad(labels, [(1, 1), (0, 0), (0, 0)], mode="edge")
    views = np.lib.stride_tricks.sliding_window_view(planes, (16, 16), axis=(1, 2))
    found = []
    for patch in _shown(images).numpy():
        laid = [np.rot90(p, k, (1, 2)) for p in (patch, patch[:, :, ::-1]) for k in range(4)]
        found.append(any(_is_in(views, one) for one in laid))
    return all(found)


def _is_in(views: np.ndarray[Any, Any], patch: np.ndarray[Any, Any]) -> bool:
    middle = (views[1:-1] == patch[1]).all((-1, -2))
    for z, y, x in np.argwhere(middle):
        if (views[z, y, x] == patch[0]).all() and (views[z + 2, y, x] == patch[2]).all():
            return True
    return False


def test_nothing_is_ever_turned_along_z(folder: Path) -> None:
    augment = NO_AUGMENTATION.model_copy(update={"flip_x": True, "flip_y": True, "rotate_90": True})
    images = _source(folder, augment, held_out=1).batch(0, 0).images[:8]
    assert _neighbours_follow(images, labels_of(1))
    assert not _neighbours_follow(images.flip(1), labels_of(1))


@pytest.mark.parametrize("kind", ["unet", "unet-3d"])
def test_truth_moves_with_the_images(folder: Path, kind: str) -> None:
    source = _source(folder, _ONLY_MOVES, kind=kind, held_out=1)
    for number in range(source.batches_per_epoch):
        batch = source.batch(3, number)
        shown = _shown(batch.images if kind == "unet-3d" else batch.images[:, 1:2])
        assert shown.shape == batch.target.shape
        # interpolated and nearest labels differ along edges alone
        assert float((shown != batch.target).float().mean()) < 0.04
        assert 0.02 < float(batch.target.mean()) < 0.6


def test_volumes_hold_whole_runs_of_slices(folder: Path) -> None:
    batch = _source(folder, kind="vnet", channels=("1kV", "2kV"), held_out=1).batch(0, 0)
    assert batch.images.shape == (_BATCH, 2, 4, 16, 16)
    assert batch.target.shape == (_BATCH, 1, 4, 16, 16)
    torch.testing.assert_close(_shown(batch.images[:, :1]), batch.target)


def test_neighbours_may_lie_further_apart_and_ends_are_repeated(folder: Path) -> None:
    source = _source(folder, slices=9, slices_step=3)
    assert isinstance(source, StackPatches)
    assert source.view.planes(4, SHAPE[0]).tolist() == [0, 0, 0, 1, 4, 7, 8, 8, 8]


def test_a_lost_neighbour_is_replaced_by_the_one_towards_the_middle(folder: Path) -> None:
    augment = NO_AUGMENTATION.model_copy(update={"slice_loss": 1})
    images = _source(folder, augment, held_out=1).batch(0, 0).images
    torch.testing.assert_close(images[:, 0], images[:, 1])
    torch.testing.assert_close(images[:, 2], images[:, 1])


def test_batches_follow_from_seed_epoch_and_index_alone(folder: Path) -> None:
    one, other = _source(folder, AugmentParams()), _source(folder, AugmentParams())
    wanted = one.batch(2, 1)
    other.batch(0, 0)
    again = other.batch(2, 1)
    assert torch.equal(wanted.images, again.images)
    assert torch.equal(wanted.target, again.target)
    for different in (one.batch(2, 2), one.batch(1, 1), _source(folder, AugmentParams(), seed=2).batch(2, 1)):
        assert not torch.equal(wanted.images, different.images)


def test_validation_is_the_same_each_time_and_of_another_structure(folder: Path) -> None:
    source = _source(folder, AugmentParams(), validation_patches=50)
    first, second = list(source.validation()), list(source.validation())
    assert [len(batch.images) for batch in first] == [24, 24, 2]
    assert all(torch.equal(a.images, b.images) for a, b in zip(first, second, strict=True))
    images = torch.cat([batch.images for batch in first])
    torch.testing.assert_close(_shown(images[:, 1:2]), torch.cat([batch.target for batch in first]))
    assert _neighbours_follow(images[:4], labels_of(2))


def test_noise_free_structures_get_noise_that_differs_between_epochs(tmp_path: Path) -> None:
    make_structure(tmp_path, "0000", "train", seed=1, noise_free=True)
    make_structure(tmp_path, "0001", "validation", seed=2)
    augment = NO_AUGMENTATION.model_copy(update={"dose_low": 30.0, "dose_high": 30.0, "electrons": "counted"})
    source = _source(tmp_path, augment, unfinished=True)
    batches = [source.batch(epoch, 0) for epoch in (0, 1)]
    for image, mask in ((batch.images[:, 1], batch.target[:, 0] > 0) for batch in batches):
        # 30 electrons: deviation sqrt(0.4 / 30) of a contrast of 0.3, times 2
        assert float(image[mask].std()) == pytest.approx(0.72, rel=0.2)
        assert float(image[~mask].std()) == pytest.approx(0.36, rel=0.2)
        assert float(image[mask].mean()) == pytest.approx(1, abs=0.2)
        assert float(image[~mask].mean()) == pytest.approx(-1, abs=0.2)
    known = source.known().contrast_to_noise["2kV"]
    assert known[0] == pytest.approx(0.3 / np.sqrt(0.12 / 30), rel=0.3)


def test_counted_structures_are_thinned_where_wanted(tmp_path: Path) -> None:
    # signals of 0.1 and 0.4: 2 and 8 counted electrons; those of the images do not matter
    facts: dict[str, Any] = {"electrons_per_pixel": 20, "dose": {"electrons_per_pixel": 7}}
    make_structure(tmp_path, "0000", "train", seed=1, **facts)
    make_structure(tmp_path, "0001", "validation", seed=2, **facts)
    full = NO_AUGMENTATION.model_copy(update={"dose_low": 20.0, "dose_high": 80.0})
    low = NO_AUGMENTATION.model_copy(update={"dose_low": 5.0, "dose_high": 5.0})
    shown = _source(tmp_path, full, unfinished=True, thin=True).batch(0, 0).images
    assert len(shown.unique()) == 2  # more than were counted cannot be shown
    source = _source(tmp_path, low, unfinished=True, thin=True)
    first, second = source.batch(0, 0), source.batch(1, 0)
    assert 2 < len(first.images.mul(4).round().unique()) <= 9
    solid = first.target[:, 0] > 0
    assert float(first.images[:, 1][solid].mean()) > float(first.images[:, 1][~solid].mean()) + 1
    assert not torch.equal(first.images, second.images)
    assert len(_source(tmp_path, low, unfinished=True).batch(0, 0).images.unique()) == 2
    assert all(len(batch.images.mul(4).round().unique()) > 2 for batch in source.validation())
    full_dose = list(at_full_dose(source).validation())
    everything = torch.cat([batch.images for batch in full_dose])
    assert float(everything.max()) == pytest.approx(1, abs=0.1)  # by the levels of the full dose, not of 5
    assert float(everything.min()) == pytest.approx(-1, abs=0.1)
    assert all(len(batch.images.mul(4).round().unique()) == 2 for batch in full_dose)


@pytest.mark.parametrize(
    "facts", [{"detectors": [{"name": "TLD", "weight": "energy"}]}, {"secondary": {"escape_nm": 1.0}}]
)
def test_what_is_no_count_is_not_thinned(tmp_path: Path, facts: dict[str, Any]) -> None:
    make_structure(tmp_path, "0000", "train", seed=1, electrons_per_pixel=20, **facts)
    make_structure(tmp_path, "0001", "validation", seed=2, electrons_per_pixel=20, **facts)
    with pytest.raises(ParameterError, match="no counts of electrons"):
        _source(tmp_path, NO_AUGMENTATION, unfinished=True, thin=True)
    _source(tmp_path, NO_AUGMENTATION, unfinished=True)


def _chord_nm(phase: np.ndarray, axis: int) -> float:
    """Length in a phase by half the borders crossed; end pixels of a line count half."""
    lines = np.moveaxis(phase, axis, -1).astype(float)
    length = (lines.sum() - (lines[..., 0] + lines[..., -1]).sum() / 2) * 2.5
    return float(length / (np.abs(np.diff(lines)).sum() / 2))


def test_what_is_known_and_said(folder: Path) -> None:
    source = _source(folder, AugmentParams(), held_out=1)
    known, said = source.known(), source.describe()
    assert known.pixel_nm == pytest.approx((2.0, 3.125))
    assert known.slice_nm == pytest.approx((12.0, 12.0))
    assert known.solid_fraction == pytest.approx((labels_of(1).mean(),) * 2)
    assert known.contrast_to_noise["2kV"] == pytest.approx((10, 1000), rel=0.01)
    for chords, phase in ((known.solid_chord_nm, labels_of(1) > 0), (known.pore_chord_nm, labels_of(1) == 0)):
        assert chords == pytest.approx(sorted(_chord_nm(phase, axis) for axis in (1, 2)))
    assert [one["name"] for one in said["train"]] == ["set.zarr/0000"]
    assert [one["name"] for one in said["validation"]] == ["set.zarr/0001", "set.zarr/0003"]
    assert str(folder.parent) not in repr(said)
    assert _source(folder, slices=1).known().slice_nm is None


def test_memory_is_bounded_and_groups_take_turns(tmp_path: Path) -> None:
    for number in range(4):
        make_structure(tmp_path, f"000{number}", "train" if number else "validation", seed=number)
    source = _source(tmp_path, unfinished=True)
    assert isinstance(source, StackPatches)
    size = source.train[0].nbytes(1)
    limit = int(2.5 * size)
    cache = StackCache(("2kV",), NO_AUGMENTATION, limit, Job())
    small = StackPatches(**{**vars(source), "group": 1, "cache": cache})
    groups = [[stack.name for stack in small._group_of(0, index)] for index in range(4)]
    assert sorted({name for group in groups for name in group}) == sorted(s.name for s in source.train)
    assert all(len(group) == 1 for group in groups)
    for index in range(4):
        small.batch(0, index)
        assert size <= small.cache.nbytes <= limit


@pytest.mark.parametrize("tilt_deg", [0.0, 38.0])
def test_tilted_structures_are_flipped_in_x_only(tmp_path: Path, tilt_deg: float) -> None:
    make_structure(tmp_path, "0000", "train", seed=1, tilt_deg=tilt_deg)
    make_structure(tmp_path, "0001", "validation", seed=2)
    augment = _ONLY_MOVES.model_copy(update={"stretch": 0.0})
    images = _source(tmp_path, augment, unfinished=True).batch(0, 0).images
    plain = images[:, 1:2].sign().numpy()
    views = np.lib.stride_tricks.sliding_window_view(labels_of(1) * 2.0 - 1, (16, 16), axis=(1, 2))
    upright = [any((views == laid).all((-1, -2)).any() for laid in (p[0], p[0, :, ::-1])) for p in plain]
    assert all(upright) == (tilt_deg > 0)


def test_cancelling_ends_reading(folder: Path) -> None:
    job = Job()
    job.stop.set()
    with pytest.raises(Cancelled):
        open_source(DataParams(path=str(folder), patch_px=16), NO_AUGMENTATION, NetworkParams(), 1, 4, job)


@pytest.mark.parametrize(
    ("change", "kind", "text"),
    [
        ({"path": ""}, ParameterError, "no training set is named"),
        ({"path": "nowhere.zarr"}, ReadError, "no such folder"),
        ({"channels": ("4kV",)}, ParameterError, "lacks the channel 4kV"),
        ({"patch_px": 64}, ParameterError, "smaller than a patch"),
        ({"kind": "unet-3d", "patch_slices": 32}, ParameterError, "fewer slices than a patch"),
        ({"held_out": 9}, ParameterError, "nothing to train with"),
        ({"held_out": 3}, ParameterError, "nothing to train with"),
        ({"further": ["validation"]}, ParameterError, "show the same structure"),
        ({"further": ["test"]}, ParameterError, "show the same structure"),
        ({"further": ["sections"], "slices": 3}, ParameterError, "no neighbours"),
    ],
)
def test_what_does_not_fit_is_refused(
    folder: Path, tmp_path: Path, change: dict[str, Any], kind: type[TruesliceError], text: str
) -> None:
    if "further" in change:
        same = change["further"][0] != "sections"
        split, facts = (change["further"][0], {}) if same else ("train", {"z_nm": None})
        make_structure(tmp_path, "0000", split, seed=1 if same else 9, **facts)
        change = change | {"further": (str(tmp_path),), "unfinished": True}
    with pytest.raises(kind, match=text):
        _source(change.pop("path", folder), **change)


def test_unfinished_sets_other_folders_and_sets_without_validation_are_refused(tmp_path: Path) -> None:
    with pytest.raises(UnsupportedFormatError, match="no training set"):
        _source(tmp_path)
    make_structure(tmp_path, "0000", "train", seed=1)
    make_structure(tmp_path, "0001", "train", seed=2)
    make_structure(tmp_path, "0002", "train", seed=2, complete=False)
    with pytest.raises(ProjectError, match="not finished"):
        _source(tmp_path)
    with pytest.raises(ParameterError, match="held_out = 1"):
        _source(tmp_path, unfinished=True)
    assert _source(tmp_path, unfinished=True, held_out=1).batch(0, 0).images.shape[0] == _BATCH
