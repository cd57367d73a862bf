"""Sections for the network of the article: gaps are marked, slices stay, and patches repeat themselves."""

from __future__ import annotations

import numpy as np
import torch
from scipy.interpolate import CubicSpline

from core.job import Job
from core.learn.inpainting.recipe import GapParams
from core.learn.inpainting.sections import PATCH_PX, SectionPatches, in_sections

GAPS = GapParams(structures=1, validation=1, depth_px=64, side_px=64, batches_per_epoch=2)


def test_gaps_are_marked_and_interpolated_by_a_spline() -> None:
    slices = np.random.default_rng(1).random((5, 3, 4)).astype(np.float32)
    knots = np.array([0, 2, 5, 6, 9])
    voxels, mask, spline = in_sections(slices, knots, 10)
    assert np.flatnonzero(mask.any(axis=(1, 2))).tolist() == knots.tolist()
    assert np.array_equal(voxels[knots], slices)
    assert not voxels[mask == 0].any()
    assert np.abs(spline - CubicSpline(knots, slices, axis=0)(np.arange(10))).max() < 1e-4


def test_patches_repeat_themselves_and_hold_the_truth_where_it_was_measured() -> None:
    source = SectionPatches(GAPS, 1, 6, "binary", Job())
    batch, again = source.batch(0, 1), source.batch(0, 1)
    assert batch.images.shape == (6, 3, PATCH_PX, PATCH_PX)
    assert batch.target.shape == (6, 1, PATCH_PX, PATCH_PX)
    assert torch.equal(batch.images, again.images)
    there = batch.images[:, 1:2] > 0
    assert torch.equal(batch.images[:, :1][there], batch.target[there])
    assert 0.1 < float(there.float().mean()) < 0.9
    assert len(list(source.validation())) == 1


def test_signed_distances_say_the_same_as_voxels() -> None:
    one = SectionPatches(GAPS, 1, 4, "binary", Job()).batch(0, 0)
    other = SectionPatches(GAPS, 1, 4, "signed-distance", Job()).batch(0, 0)
    there = one.images[:, 1] > 0
    same = (one.images[:, 0] > 0.5) == (other.images[:, 0] > 0.5)
    assert float(same[there].float().mean()) > 0.97  # smoothing moves single pixels across
