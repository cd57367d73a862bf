"""Cuboids and stretched spheres lie where their parameters say."""

from __future__ import annotations

import numpy as np
import pytest

from core.errors import ParameterError
from core.job import Job
from core.measure.correlation import two_point_correlation
from core.measure.isotropy import isotropy_errors
from core.measure.lineal_path import ligament_size, lineal_path
from core.simulate.structures import PatternSource
from core.simulate.structures.kinds import Cuboids, StretchedSpheres
from tests.core.simulate.structures.reading import check_reading, made, whole


def test_cuboids_lie_at_their_depths() -> None:
    labels = whole(made(Cuboids(), (40, 40, 120)))
    row = labels[:, 20]
    starts = np.flatnonzero(np.diff(row.any(axis=0).astype(int)) == 1) + 1
    assert len(starts) == 6
    assert np.diff(starts).tolist() == [20] * 5  # (30 + 20) nm
    for start, depth_nm in zip(starts, Cuboids().depths_nm, strict=True):
        planes = np.flatnonzero(row[:, start + 3])
        assert planes[0] == depth_nm / 2.5
        assert len(planes) == 20 / 2.5
    assert labels.sum() == 6 * (20 * 60 * 30) / 2.5**3
    assert np.flatnonzero(labels.any(axis=(0, 2))).tolist() == list(range(8, 32))  # 60 nm in the middle
    beyond = made(Cuboids(), (40, 40, 120)).read((0, 500), (-300, 0), (-300, 600))
    assert not beyond.any()


def test_refuses_cuboids_that_do_not_fit() -> None:
    for shape in ((40, 40, 100), (10, 40, 120), (40, 20, 120)):
        with pytest.raises(ParameterError, match="do not fit into the shape"):
            made(Cuboids(), shape)
    with pytest.raises(ParameterError, match="thinner than a voxel"):
        made(Cuboids(thickness_nm=2), (40, 40, 120))


def test_stretched_voids_have_their_places_and_lengths() -> None:
    labels = whole(made(StretchedSpheres(), (100, 48, 48)))
    line = labels[:, 12, 12] == 0  # through the middle of a void: 30 nm
    steps = np.diff(np.concatenate([[0], line.astype(int), [0]]))
    starts, stops = np.flatnonzero(steps == 1), np.flatnonzero(steps == -1)
    # Middles at 30, 90, 160, 240 nm; 22 nm up, 22 * (1.5, 1.9, 2.3) nm down; the last leaves the volume.
    assert (starts * 2.5).tolist() == pytest.approx([8, 68, 138, 218], abs=2.5)
    assert (stops * 2.5).tolist() == pytest.approx([63, 131.8, 210.6, 250], abs=2.5)
    section = labels[12] == 0
    assert section.sum() == pytest.approx(4 * np.pi * (22 / 2.5) ** 2, rel=0.05)


def test_stretched_spheres_are_isotropic_in_the_plane_only() -> None:
    """The thesis' test: the functions agree along x and y, and differ along z."""
    pattern = made(StretchedSpheres(), (144, 144, 144))
    solid = whole(pattern) == 1
    z_nm, y_nm, x_nm = ligament_size(lineal_path([~solid], solid.shape), (2.5, 2.5, 2.5))
    assert y_nm == pytest.approx(x_nm)
    assert z_nm > 1.3 * x_nm  # voids
    along_z, along_y, along_x = two_point_correlation(solid, 72)
    assert along_y == pytest.approx(along_x)
    assert np.abs(along_z - along_x).max() > 0.03
    errors = isotropy_errors(PatternSource(pattern), Job())
    assert errors.e_tpcf > 0.06
    assert errors.e_lpf > 0.06


@pytest.mark.parametrize("params", [Cuboids(), StretchedSpheres()])
def test_voxels_do_not_depend_on_the_block(params: Cuboids | StretchedSpheres) -> None:
    check_reading(made(params, (40, 48, 120)))


def test_refuses_voids_that_do_not_fit() -> None:
    with pytest.raises(ParameterError, match="do not fit"):
        made(StretchedSpheres(), (20, 48, 48))
    with pytest.raises(ParameterError, match="do not fit"):
        made(StretchedSpheres(radius_nm=2, spacing_nm=10, stretch=1), (48, 48, 48))
