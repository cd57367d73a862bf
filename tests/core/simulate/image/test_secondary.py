"""Secondary-electron contrast: the laws it claims."""

from __future__ import annotations

import time

import numpy as np
import pytest

from core.errors import ParameterError, VoxelError
from core.simulate.electrons.material import VACUUM, Material
from core.simulate.electrons.world import Expected, Raster, World
from core.simulate.image.relief import relief_of, sky_share
from core.simulate.image.secondary import Secondary, flat_yields, secondary
from core.simulate.image.yields import yield_at

AU = Material("Au", ((79, 1),), 19.3)
CERAMIC = Material("Ba122", ((56, 1), (26, 2), (33, 2)), 5.9)
MATERIALS = (VACUUM, CERAMIC, AU)
VOXEL = 10.0
PLAIN = Secondary(other_yield=1.2, edge_gain=0, bse_factor=0)


def block(shape=(40, 64, 64)) -> np.ndarray:
    return np.ones(shape, np.uint8)


def image(labels: np.ndarray, params: Secondary = PLAIN, *, bse: float = 0.0, face: float = 0.0, **given):
    voxel = given.pop("voxel_nm", (VOXEL,) * 3)
    pixel = given.pop("pixel_nm", (VOXEL, VOXEL))
    shape = given.pop("shape", labels.shape[1:])
    world = World(labels, voxel, MATERIALS, beyond=given.pop("beyond", "mirror"))
    raster = Raster(face, shape, pixel, **given)
    seen = Expected(np.full(shape, bse, np.float32), np.full(shape, 0.01, np.float32), 100)
    return secondary(world, raster, seen, 5.0, params)


FLAT = yield_at(1.2, 400, 5000)


def test_universal_curve_has_its_maximum_where_it_is_said_to_be():
    energies = np.linspace(100, 3000, 2901)
    curve = np.array([yield_at(1.4, 800, energy) for energy in energies])
    assert energies[curve.argmax()] == pytest.approx(800, abs=15)
    assert curve.max() == pytest.approx(1.4, rel=1e-4)
    # Far above the maximum the yield falls as E ** -0.67.
    assert yield_at(1.4, 800, 20_000) / yield_at(1.4, 800, 10_000) == pytest.approx(2**-0.67, rel=1e-3)


def test_flat_surfaces_show_their_material():
    labels = block()
    labels[:, :, 32:] = 2
    found = image(labels).signal
    assert np.allclose(found[:, :32], FLAT, rtol=1e-5)
    assert np.allclose(found[:, 32:], yield_at(1.4, 800, 5000), rtol=1e-5)


def test_stated_yields_go_before_the_table_and_unknown_ones_are_refused():
    given = flat_yields(MATERIALS, 0.4, Secondary(yields={"ba122": 0.7}))
    assert given == pytest.approx([0.0, 0.7, yield_at(1.4, 800, 400)])
    with pytest.raises(ParameterError, match="Ba122"):
        flat_yields(MATERIALS, 5.0, Secondary())


def test_backscattered_electrons_add_their_share_and_their_error():
    params = PLAIN.model_copy(update={"bse_factor": 2.0})
    found = image(block(), params, bse=0.3)
    assert np.allclose(found.signal, FLAT * (1 + 2 * 0.3), rtol=1e-5)
    assert np.allclose(found.standard_error, FLAT * 2 * 0.01, rtol=1e-5)
    assert found.electrons == 100


def slot(depth: int, width: int = 16) -> np.ndarray:
    labels = block()
    labels[:depth, :, 32 - width // 2 : 32 + width // 2] = 0
    return labels


def test_edges_are_bright_within_the_escape_length():
    params = Secondary(other_yield=1.2, edge_gain=1.5, escape_nm=20, bse_factor=0)
    row = image(slot(20), params).signal[32] / FLAT
    inward = row[23::-1]  # from the wall at column 24 into the solid
    # Mean over a pixel of 10 nm, beginning 0 and 40 nm from the wall.
    assert inward[0] - 1 == pytest.approx(1.5 * 2 * (1 - np.exp(-0.5)), rel=0.01)
    assert inward[4] - 1 == pytest.approx(1.5 * 2 * (1 - np.exp(-0.5)) * np.exp(-40 / 20), rel=0.01)
    assert np.all(np.diff(inward[:10]) < 0)
    assert row[0] == pytest.approx(1, abs=1e-3)


def test_low_steps_brighten_less_than_deep_walls():
    params = Secondary(other_yield=1.2, edge_gain=1.0, escape_nm=20, bse_factor=0)
    edge = [image(slot(depth), params).signal[32, 23] / FLAT - 1 for depth in (1, 2, 20)]
    assert np.array(edge) / edge[-1] == pytest.approx([1 - np.exp(-0.5), 1 - np.exp(-1), 1], rel=0.01)


def test_pores_darken_with_depth_and_brighten_with_width():
    by_depth = [image(slot(depth)).signal[32, 32] for depth in (2, 4, 8, 16, 32)]
    assert np.all(np.diff(by_depth) < 0)
    assert by_depth[0] < FLAT
    by_width = [image(slot(16, width)).signal[32, 32] for width in (4, 8, 16, 32)]
    assert np.all(np.diff(by_width) > 0)
    assert np.allclose(image(slot(16), PLAIN.model_copy(update={"pore_shadowing": False})).signal, FLAT)


@pytest.mark.parametrize("depth", [6, 12, 24, 36])
def test_round_hole_sees_the_sky_of_theory(depth: int):
    radius = 15
    labels = block((40, 81, 81))
    y, x = np.mgrid[-40:41, -40:41]
    labels[:depth, np.hypot(y, x) <= radius] = 0
    world = World(labels, (VOXEL,) * 3, MATERIALS)
    relief = relief_of(world, Raster(0, (81, 81), (VOXEL, VOXEL)), margin_nm=0, deepest_nm=1e4)
    my, mx = relief.margin
    share = sky_share(relief)
    assert share[my + 40, mx + 40] == pytest.approx(radius**2 / (radius**2 + depth**2), abs=0.03)
    assert share[my, mx] == 1


def test_the_long_slot_sees_the_sky_of_theory():
    # Infinitely long slot, on its middle line: sin of the half opening angle.
    half, depth = 12, 16
    share = image(slot(depth, 2 * half), PLAIN, beyond="periodic").signal[32, 32] / FLAT
    assert share == pytest.approx(half / np.hypot(half, depth), abs=0.04)


def test_a_ridge_in_a_pore_is_brighter_than_its_bottom():
    labels = slot(24, 32)
    labels[6:, :, 30:34] = 1
    row = image(labels).signal[32]
    assert row[24] < 0.8 * row[32] < row[32] < row[4]


def test_what_is_bottomless_or_too_deep_is_black():
    labels = slot(40)
    assert np.all(image(labels).signal[:, 30:34] == 0)
    deep = image(slot(20), PLAIN.model_copy(update={"deepest_nm": 150.0})).signal
    assert np.all(deep[:, 30:34] == 0)
    assert np.all(image(np.zeros_like(labels)).signal == 0)


def test_depth_counts_from_the_face():
    labels = slot(20)
    at_top, near_bottom = image(labels).signal[32, 32], image(labels, face=180).signal[32, 32]
    assert at_top < near_bottom < FLAT
    assert np.allclose(image(labels, face=200).signal, FLAT)
    # A face within a voxel: 15 nm of 20 nm are left.
    shallow = block((3, 64, 64))
    shallow[:2, :, 20:44] = 0
    relief = relief_of(
        World(shallow, (VOXEL,) * 3, MATERIALS),
        Raster(5.0, (64, 64), (VOXEL, VOXEL)),
        margin_nm=0,
        deepest_nm=100,
    )
    assert set(np.unique(relief.depth_nm)) == {0.0, 15.0}
    for face in (-1.0, 400.0):
        with pytest.raises(ParameterError, match="face"):
            image(labels, face=face)


def test_trench_darkens_downward_as_its_length_says():
    params = PLAIN.model_copy(update={"trench_length_nm": 500.0})
    rows = image(block(), params).signal[:, 5] / FLAT
    y = (np.arange(64) + 0.5) * VOXEL
    assert np.allclose(rows, 1 - y / np.hypot(y, 500), rtol=1e-4)
    deeper = params.model_copy(update={"above_field_nm": 300.0})
    assert np.all(image(block(), deeper).signal[:, 5] / FLAT < rows)
    assert np.all(
        image(block(), params.model_copy(update={"trench_length_nm": 5000.0})).signal[:, 5] > rows * FLAT
    )


def test_pixels_larger_than_voxels_are_means():
    labels = slot(20, 16)
    params = Secondary(other_yield=1.2, edge_gain=1, bse_factor=0)
    fine = image(labels, params).signal
    coarse = image(labels, params, shape=(16, 16), pixel_nm=(40.0, 40.0)).signal
    assert np.allclose(coarse, fine.reshape(16, 4, 16, 4).mean(axis=(1, 3)), rtol=1e-5)


def test_field_may_lie_anywhere_in_the_sample():
    labels = slot(20, 16)
    labels[:8, 10:20, 5:9] = 0
    whole = image(labels).signal
    part = image(labels, shape=(30, 30), corner_nm=(80.0, 200.0)).signal
    assert np.allclose(part[4:-4, 4:-4], whole[12:34, 24:46], rtol=1e-5)


def test_turned_sample_gives_the_turned_image():
    rng = np.random.default_rng(3)
    labels = np.repeat(np.repeat(rng.integers(0, 2, (10, 16, 16)), 4, 1), 4, 2).astype(np.uint8)
    params = Secondary(other_yield=1.2, edge_gain=0)  # of two walls equally near, either may be taken
    turned = image(np.ascontiguousarray(np.rot90(labels, axes=(1, 2))), params).signal
    assert np.allclose(turned, np.rot90(image(labels, params).signal), atol=1e-5)


def test_other_pixels_of_the_bse_signal_are_refused():
    world = World(block(), (VOXEL,) * 3, MATERIALS)
    seen = Expected(np.zeros((3, 3), np.float32), np.zeros((3, 3), np.float32), 0)
    with pytest.raises(VoxelError):
        secondary(world, Raster(0, (64, 64), (VOXEL, VOXEL)), seen, 5.0, PLAIN)


def test_a_slice_of_512_pixels_takes_about_a_second_at_most():
    from scipy.ndimage import gaussian_filter

    field = gaussian_filter(np.random.default_rng(1).standard_normal((60, 512, 512)).astype(np.float32), 6)
    labels = (field > np.quantile(field, 0.2)).astype(np.uint8)
    start = time.process_time()
    image(labels, Secondary(other_yield=1.2), bse=0.3)
    assert time.process_time() - start < 2.5  # 0.6 s on an idle machine
