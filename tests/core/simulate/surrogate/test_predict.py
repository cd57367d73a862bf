import threading

import numpy as np
import pytest

from core.errors import Cancelled, ParameterError
from core.job import Job
from core.simulate.electrons.bulk import bulk_yield
from core.simulate.electrons.conditions import ICD, TLD, Beam, Detector, Physics
from core.simulate.electrons.materials import material_of
from core.simulate.electrons.world import Raster, World
from core.simulate.surrogate import features, predict

GOLD, EPOXY, VACUUM = (material_of(name) for name in ("Au", "epoxy", "vacuum"))
PHYSICS = Physics()
VOLTAGES = (1.0, 2.0, 4.0)


def signal(world: World, raster: Raster | None = None, kv: float = 2.0, **given) -> np.ndarray:
    raster = raster or Raster(world.origin_nm[0], (1, 1), (10.0, 10.0))
    beam = Beam(kv=kv, diameter_nm=given.pop("diameter_nm", 1.0))
    return predict(world, raster, beam, given.pop("detectors", [TLD]), PHYSICS, Job(), **given)[0].signal


def layered(*parts: tuple[float, int], matter=(EPOXY, GOLD), voxel: float = 0.5) -> World:
    """Plane layers of thickness (nm) and label from the face down, the last one without end."""
    labels = np.concatenate([np.full(round(thickness / voxel), label) for thickness, label in parts])
    return World(labels.astype(np.uint8)[:, None, None], (voxel,) * 3, matter)


def porous(shape=(120, 64, 64), seed: int = 5, matter=(EPOXY, GOLD)) -> World:
    from scipy.ndimage import gaussian_filter

    field = gaussian_filter(np.random.default_rng(seed).standard_normal(shape), 4, mode="wrap")
    labels = (field > np.quantile(field, 0.7)).astype(np.uint8)
    return World(labels, (2.5,) * 3, matter, beyond="periodic")


@pytest.mark.parametrize("kv", VOLTAGES)
@pytest.mark.parametrize("matter", [EPOXY, VACUUM])
def test_solid_gold_sends_back_what_the_monte_carlo_says(kv, matter):
    eta = bulk_yield(GOLD, Beam(kv=kv), PHYSICS, electrons=20_000, seed=1, job=Job(), threads=1).eta
    found = predict(
        layered((300, 1), matter=(matter, GOLD)),
        Raster(0.0, (1, 1), (10.0, 10.0)),
        Beam(kv=kv),
        [TLD],
        PHYSICS,
        Job(),
    )[0]
    assert abs(found.signal[0, 0] - eta) < 0.012 + found.standard_error[0, 0]
    assert found.electrons == 0


@pytest.mark.parametrize("kv", VOLTAGES)
def test_a_buried_sheet_gets_dimmer_with_depth(kv):
    below = [signal(layered((d, 0), (20, 1), (300, 0)), kv=kv)[0, 0] for d in (1, 5, 10, 20, 40)]
    assert np.all(np.diff(below) < 0.01)  # the approximation is no better than that
    assert below[0] > 3 * below[-1] or kv == 4


def test_shine_through_grows_with_voltage():
    resin = [signal(layered((250, 0)), kv=kv)[0, 0] for kv in VOLTAGES]
    buried = [signal(layered((30, 0), (220, 1)), kv=kv)[0, 0] for kv in VOLTAGES]
    more = np.subtract(buried, resin)
    assert abs(more[0]) < 0.02
    assert more[1] > more[0] + 0.02
    assert more[2] > more[1] + 0.05


def test_nothing_but_vacuum_is_dark():
    assert signal(layered((100, 0), matter=(VACUUM, GOLD)))[0, 0] == 0


def test_equal_calls_and_small_tiles_give_equal_images(monkeypatch):
    world, raster = porous(), Raster(0.0, (48, 72), (2.5, 2.5))
    once = signal(world, raster)
    assert np.array_equal(once, signal(world, raster))
    monkeypatch.setattr(features, "MOST_CELLS", 1)
    tiled = signal(world, raster)
    assert not np.array_equal(tiled, once)  # there were several tiles
    # What lies farther beside a tile than the margin is only guessed.
    np.testing.assert_allclose(tiled, once, atol=0.01)
    assert np.abs(tiled - once).mean() < 0.001


def test_a_turned_sample_gives_the_turned_image():
    world, raster = porous(), Raster(0.0, (64, 64), (2.5, 2.5))
    turned = World(
        np.rot90(world.labels, axes=(1, 2)).copy(), world.voxel_nm, world.materials, beyond="periodic"
    )
    np.testing.assert_allclose(signal(turned, raster), np.rot90(signal(world, raster)), atol=1e-4)


def test_what_is_milled_away_does_not_count():
    world = porous()
    whole = signal(world, Raster(50.0, (32, 32), (2.5, 2.5)))
    rest = World(world.labels[20:], world.voxel_nm, world.materials, (50.0, 0.0, 0.0), "periodic")
    np.testing.assert_allclose(signal(rest, Raster(50.0, (32, 32), (2.5, 2.5))), whole, atol=1e-6)


def test_large_pixels_see_the_mean_of_small_ones():
    world = porous()
    fine = signal(world, Raster(0.0, (48, 48), (2.5, 2.5)))
    coarse = signal(world, Raster(0.0, (12, 12), (10.0, 10.0)))
    off = coarse - fine.reshape(12, 4, 12, 4).mean((1, 3))
    # Large pixels are computed in larger cells, which smear edges.
    assert np.abs(off).mean() < 0.01
    assert np.abs(off).max() < 0.05


def test_a_wide_beam_blurs():
    from scipy.ndimage import gaussian_filter

    world = porous()
    sharp, wide = (
        signal(world, Raster(0.0, (64, 64), (2.5, 2.5)), diameter_nm=width) for width in (1.0, 12.0)
    )
    expected = gaussian_filter(sharp, np.sqrt(12**2 - 1) / 2.3548 / 2.5, mode="wrap")
    off = (wide - expected)[16:-16, 16:-16]
    # The cells in which later turns are followed may lie elsewhere in the wider image.
    assert np.abs(off).mean() < 0.002
    assert np.abs(off).max() < 0.02
    assert wide.std() < 0.9 * sharp.std()


def test_labels_may_come_in_another_order_and_have_more_materials_than_occur():
    world = porous()
    others = (GOLD, material_of("Pt"), EPOXY)
    swapped = World(np.array([2, 0], np.uint8)[world.labels], world.voxel_nm, others, beyond="periodic")
    raster = Raster(0.0, (8, 8), (5.0, 5.0))
    np.testing.assert_allclose(signal(swapped, raster), signal(world, raster), atol=1e-6)


@pytest.mark.parametrize(
    ("change", "word"),
    [
        ({"kv": 3.0}, "calibrated"),
        ({"matter": (EPOXY, material_of("Cu"))}, "Cu"),
        ({"tilt_deg": 30.0}, "tilted"),
        ({"detector": Detector(name="TLD", max_polar_deg=60)}, "TLD"),
        ({"physics": Physics(elastic="browning")}, "physics"),
        ({"face_nm": 1e4}, "outside"),
    ],
)
def test_refuses_what_it_is_not_calibrated_for(change, word, tmp_path):
    world = layered((30, 0), (100, 1), matter=change.get("matter", (EPOXY, GOLD)))
    beam = Beam(kv=change.get("kv", 2.0), tilt_deg=change.get("tilt_deg", 0.0))
    raster = Raster(change.get("face_nm", 0.0), (2, 2), (5.0, 5.0))
    detector, physics = change.get("detector", TLD), change.get("physics", PHYSICS)
    with pytest.raises(ParameterError, match=word):
        predict(world, raster, beam, [detector], physics, Job(), folder=tmp_path)


def test_detectors_of_one_call_agree_with_single_calls():
    world, raster = porous(), Raster(0.0, (8, 8), (5.0, 5.0))
    both = predict(world, raster, Beam(kv=2.0), [TLD, ICD], PHYSICS, Job())
    assert np.array_equal(both[0].signal, signal(world, raster))
    assert np.array_equal(both[1].signal, signal(world, raster, detectors=[ICD]))
    assert both[1].signal.mean() < both[0].signal.mean()


def test_can_be_stopped():
    stop = threading.Event()
    stop.set()
    with pytest.raises(Cancelled):
        predict(porous(), Raster(0.0, (8, 8), (5.0, 5.0)), Beam(kv=2.0), [TLD], PHYSICS, Job(stop=stop))
