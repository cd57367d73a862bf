"""Surfaces as STL and PLY: closed, oriented, in nm, the same whatever the blocks; read back with trimesh."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import numpy as np
import pytest
import trimesh
from hypothesis import given, settings
from hypothesis import strategies as st
from hypothesis.extra import numpy as arrays
from scipy import ndimage

from core.errors import MissingMetadataError, ParameterError
from core.io.writers import surface, write
from core.io.writers.surface import Welder, patches
from core.volume import Array, volume_of
from tests.core.io.writers.volumes import VOXEL_NM, solid, tree

# Every voxel is drawn on its own: half solid, half pore, with all ambiguous cells.
small_volumes = arrays.arrays(np.bool_, st.tuples(*[st.integers(1, 7)] * 3), fill=st.nothing())


@pytest.fixture
def small_blocks(monkeypatch: pytest.MonkeyPatch) -> None:
    """Blocks of a few voxels, so that borders are everywhere."""
    monkeypatch.setattr(surface, "TILE", 3)
    monkeypatch.setattr(surface, "SLAB_VOXELS", 1)


def mesh_of(data: Array) -> tuple[Array, Array]:
    """Corners (z, y, x) in voxels and triangles of a whole volume."""
    welder = Welder()
    parts = [welder.join(patch) for patch in patches(iter(data), data.shape)]
    assert not welder._open, "faces whose second tile never came"
    if not parts:
        return np.empty((0, 3)), np.empty((0, 3), int)
    return np.concatenate([part[0] for part in parts]), np.concatenate([part[1] for part in parts])


def blocks() -> Iterator[tuple[int, int]]:
    yield from ((256, 1 << 20), (3, 1), (2, 300), (5, 400))


def assert_closed(triangles: Array) -> None:
    """Every edge belongs to two triangles, which run along it in opposite directions."""
    edges = np.concatenate([triangles[:, [0, 1]], triangles[:, [1, 2]], triangles[:, [2, 0]]])
    forward = {tuple(edge) for edge in edges.tolist()}
    assert len(forward) == len(edges)
    assert forward == {(b, a) for a, b in forward}


def volume_within(corners: Array, triangles: Array) -> float:
    a, b, c = (corners[triangles[:, k]][:, ::-1] for k in range(3))
    return float(np.einsum("ij,ij->", a, np.cross(b, c)) / 6)


@settings(max_examples=60)
@given(small_volumes)
def test_closed_and_the_same_whatever_the_blocks(data: Array) -> None:
    shapes = set()
    for tile, slab in blocks():
        with pytest.MonkeyPatch.context() as patch:
            patch.setattr(surface, "TILE", tile)
            patch.setattr(surface, "SLAB_VOXELS", slab)
            corners, triangles = mesh_of(data)
        assert_closed(triangles)
        assert len(np.unique(corners, axis=0)) == len(corners)
        shapes.add((frozenset(map(tuple, corners.tolist())), len(triangles)))
        assert (volume_within(corners, triangles) > 0) == data.any()
    assert len(shapes) == 1


@settings(max_examples=60)
@given(small_volumes)
def test_solid_that_touches_along_an_edge_only_stays_apart(data: Array) -> None:
    corners, triangles = mesh_of(data)
    # Closed parts of the surface: outer ones of 6-connected solid, inner ones of 26-connected pore.
    graph = trimesh.graph.connected_component_labels(
        np.concatenate([triangles[:, [0, 1]], triangles[:, [1, 2]]]), node_count=len(corners)
    )
    parts = len(set(graph.tolist()))
    _, solids = ndimage.label(data)
    _, pores = ndimage.label(~np.pad(data, 1), structure=np.ones((3, 3, 3)))
    # A solid that encloses k separate pores has 1 + k closed surfaces.
    assert parts == solids + pores - 1


@pytest.mark.parametrize("preset", ["stl", "ply"])
def test_a_ball_of_uneven_voxels(preset: str, tmp_path: Path, small_blocks: None) -> None:
    z_size, y_size, x_size = VOXEL_NM
    radius = 60.0
    z, y, x = np.ogrid[:20, :34, :31]
    centre = (9.5, 16.0, 15.0)
    ball = (
        ((z - centre[0]) * z_size) ** 2 + ((y - centre[1]) * y_size) ** 2 + ((x - centre[2]) * x_size) ** 2
    ) <= radius**2
    target = tmp_path / f"ball.{preset}"
    data = np.where(ball, 255, 0).astype(np.uint8)
    report = write(volume_of(data, voxel_nm=VOXEL_NM, content="binary"), target, preset)
    mesh = trimesh.load_mesh(target)
    assert mesh.is_watertight
    assert mesh.is_winding_consistent
    assert mesh.volume == pytest.approx(4 / 3 * np.pi * radius**3, rel=0.02)
    assert mesh.center_mass == pytest.approx(
        [centre[2] * x_size, centre[1] * y_size, centre[0] * z_size], abs=0.5
    )
    assert mesh.bounds[1] - mesh.bounds[0] == pytest.approx(2 * radius, abs=z_size)
    assert "nm" in report.notes[0]


@pytest.mark.parametrize("preset", ["stl", "ply"])
def test_cut_by_the_border_it_is_closed_half_a_voxel_outside(preset: str, tmp_path: Path) -> None:
    data = np.ones((3, 4, 5), np.uint8)
    target = tmp_path / f"full.{preset}"
    write(volume_of(data, voxel_nm=VOXEL_NM, content="labels"), target, preset)
    mesh = trimesh.load_mesh(target)
    assert mesh.is_watertight
    z_size, y_size, x_size = VOXEL_NM
    low = [-x_size / 2, -y_size / 2, -z_size / 2]
    high = [4.5 * x_size, 3.5 * y_size, 2.5 * z_size]
    np.testing.assert_allclose(mesh.bounds, [low, high], rtol=1e-6)


def test_both_files_hold_the_same_triangles(tmp_path: Path) -> None:
    rng = np.random.default_rng(3)
    data = ndimage.gaussian_filter(rng.random((20, 30, 40)), 2) > 0.5
    volume = volume_of(data.astype(np.uint8), voxel_nm=VOXEL_NM, content="binary")
    for name in ("a.stl", "a.ply"):
        write(volume, tmp_path / name, name[2:])  # type: ignore[arg-type]
    raw = (tmp_path / "a.stl").read_bytes()
    count = int.from_bytes(raw[80:84], "little")
    assert len(raw) == 84 + 50 * count
    assert b"nm" in raw[:80]
    stl = np.frombuffer(raw[84:], np.dtype([("n", "<f4", 3), ("v", "<f4", (3, 3)), ("a", "<u2")]))
    head, body = (tmp_path / "a.ply").read_bytes().split(b"end_header\n", 1)
    sizes = [int(line.split()[2]) for line in head.decode().splitlines() if line.startswith("element")]
    corners = np.frombuffer(body[: 12 * sizes[0]], "<f4").reshape(-1, 3)
    faces = np.frombuffer(body[12 * sizes[0] :], np.dtype([("k", "u1"), ("i", "<i4", 3)]))
    assert (faces["k"] == 3).all()
    assert len(faces) == sizes[1] == count
    np.testing.assert_array_equal(corners[faces["i"]], stl["v"])
    normals = np.cross(stl["v"][:, 1] - stl["v"][:, 0], stl["v"][:, 2] - stl["v"][:, 0]).astype("f8")
    lengths = np.linalg.norm(normals, axis=1)
    np.testing.assert_allclose(stl["n"], normals / lengths[:, None], atol=1e-4)
    assert b"unit nm" in head


def test_uneven_slices_keep_their_places(tmp_path: Path) -> None:
    data = np.zeros((5, 3, 3), np.uint8)
    data[1:4, 1, 1] = 1
    places = (0.0, 5.0, 6.5, 20.0, 24.0)
    volume = volume_of(data, voxel_nm=(None, 4.0, 4.0), z_nm=places, content="labels")
    write(volume, tmp_path / "a.ply", "ply")
    mesh = trimesh.load_mesh(tmp_path / "a.ply")
    assert mesh.bounds[:, 2] == pytest.approx([2.5, 22.0])
    assert set(np.round(mesh.vertices[:, 2], 4)) == {2.5, 5.0, 6.5, 20.0, 22.0}


def test_lost_slices_leave_their_space(tmp_path: Path) -> None:
    data = np.ones((3, 1, 1), np.uint8)
    volume = volume_of(data, voxel_nm=(10.0, 4.0, 4.0), slice_numbers=(7, 8, 11), content="labels")
    write(volume, tmp_path / "a.ply", "ply")
    assert trimesh.load_mesh(tmp_path / "a.ply").bounds[:, 2] == pytest.approx([-5.0, 55.0])


def test_one_label_of_many(tmp_path: Path) -> None:
    data = np.zeros((5, 6, 7), np.uint32)
    data[1, 1, 1], data[3, 4, 5] = 70_000, 70_001
    volume = volume_of(data, voxel_nm=(1.0, 1.0, 1.0), content="labels")
    write(volume, tmp_path / "a.ply", "ply", label=70_001)
    assert trimesh.load_mesh(tmp_path / "a.ply").center_mass == pytest.approx([5, 4, 3])
    with pytest.raises(ParameterError, match="no voxel is inside"):
        write(volume, tmp_path / "b.stl", "stl", label=3)
    assert list(tree(tmp_path)) == ["a.ply"]


def test_grey_needs_a_threshold(tmp_path: Path) -> None:
    data = np.zeros((4, 4, 4), np.float32)
    data[1:3, 1:3, 1:3] = 0.7
    volume = volume_of(data, voxel_nm=(1.0, 1.0, 1.0))
    with pytest.raises(ParameterError, match="threshold"):
        write(volume, tmp_path / "a.stl", "stl")
    with pytest.raises(ParameterError, match="not both"):
        write(volume, tmp_path / "a.stl", "stl", label=1, threshold=0.5)
    write(volume, tmp_path / "a.stl", "stl", threshold=0.5)
    assert trimesh.load_mesh(tmp_path / "a.stl").is_watertight


@pytest.mark.parametrize("voxel_nm", [(None, 4.0, 4.0), (8.0, None, 4.0)])
def test_proportions_are_never_guessed(voxel_nm: tuple[float | None, ...], tmp_path: Path) -> None:
    with pytest.raises(MissingMetadataError, match="not known"):
        write(solid(voxel_nm=voxel_nm), tmp_path / "a.stl", "stl")
    assert tree(tmp_path) == {}


def test_every_pattern_of_eight_voxels() -> None:
    for code in range(256):
        cell = np.array([code >> bit & 1 for bit in range(8)], bool).reshape(2, 2, 2)
        corners, triangles = mesh_of(cell)
        assert_closed(triangles)
        assert len(np.unique(corners, axis=0)) == len(corners)
        # Half-way between two voxels: one coordinate is a half, two are whole.
        np.testing.assert_array_equal(np.sort(np.mod(corners, 1)), np.tile([0, 0, 0.5], (len(corners), 1)))
