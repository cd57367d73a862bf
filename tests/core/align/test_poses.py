"""Measurements between pairs balanced: exact ones come back, wrong ones do no harm."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from core.align.options import Model
from core.align.poses import Edge, solve
from core.volume import Array

SHAPE = (100, 120)


def truth(count: int, model: Model, seed: int) -> Array:
    random = np.random.default_rng(seed)
    out = np.tile(np.eye(3), (count, 1, 1))
    out[1:, :2, 2] = random.normal(0, 5, (count - 1, 2))
    for matrix in out[1:]:
        if model == "rigid":
            turn = random.normal(0, 0.02)
            matrix[:2, :2] = [[np.cos(turn), -np.sin(turn)], [np.sin(turn), np.cos(turn)]]
        elif model == "affine":
            matrix[:2, :2] += random.normal(0, 0.01, (2, 2))
    return out


def edges_of(transforms: Array, reach: int = 3) -> list[Edge]:
    found = []
    for moving in range(len(transforms)):
        for fixed in range(max(0, moving - reach), moving):
            between = np.linalg.inv(transforms[fixed]) @ transforms[moving]
            found.append(Edge(fixed, moving, between, 0.05, 0.9))
    return found


@settings(max_examples=20, deadline=None)
@given(st.integers(2, 12), st.sampled_from(["translation", "rigid", "affine"]), st.integers(0, 1000))
def test_exact_measurements_come_back(count: int, model: Model, seed: int) -> None:
    expected = truth(count, model, seed)
    poses = solve(count, edges_of(expected), model, SHAPE)
    assert poses.transforms == pytest.approx(expected, abs=1e-3)
    assert poses.residual_px.max() < 1e-3
    assert poses.given_up == ()
    assert len(set(poses.parts)) == 1


@pytest.mark.parametrize("model", ["translation", "rigid", "affine"])
def test_one_wrong_measurement_does_no_harm(model: Model) -> None:
    expected = truth(10, model, 1)
    edges = edges_of(expected)
    wrong = edges[9].matrix.copy()
    wrong[0, 2] += 25
    edges[9] = Edge(edges[9].fixed, edges[9].moving, wrong, 0.05, 0.9)
    poses = solve(10, edges, model, SHAPE)
    assert poses.transforms == pytest.approx(expected, abs=0.02)
    assert poses.given_up == ()
    assert poses.residual_px[edges[9].moving] > 1


def test_slice_that_contradicts_is_given_up() -> None:
    expected = truth(10, "translation", 2)
    random = np.random.default_rng(3)
    edges = []
    for edge in edges_of(expected):
        matrix = edge.matrix.copy()
        if 5 in (edge.fixed, edge.moving):
            matrix[:2, 2] += random.normal(0, 30, 2)
        edges.append(Edge(edge.fixed, edge.moving, matrix, 0.05, 0.9))
    poses = solve(10, edges, "translation", SHAPE)
    assert poses.given_up == (5,)
    good = np.arange(10) != 5
    assert poses.transforms[good] == pytest.approx(expected[good], abs=0.02)
    assert poses.transforms[5] == pytest.approx(0.5 * (expected[4] + expected[6]), abs=0.02)


def test_no_measurement_at_all() -> None:
    poses = solve(3, [], "affine", SHAPE)
    assert poses.transforms == pytest.approx(np.tile(np.eye(3), (3, 1, 1)))
    assert len(set(poses.parts)) == 3
