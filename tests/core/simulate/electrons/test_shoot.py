"""Images of known samples, laws of conservation and symmetry, and independence of who computes what."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from itertools import pairwise
from typing import Any

import numpy as np
import pytest

from core.errors import Cancelled, ParameterError
from core.job import Job
from core.simulate.electrons import dealing
from core.simulate.electrons.bulk import bulk_yield
from core.simulate.electrons.cells import Cells, pack
from core.simulate.electrons.conditions import ICD, TLD, Beam, Detector, Physics
from core.simulate.electrons.kernels.electron import LOST, follow
from core.simulate.electrons.kernels.places import pixel_at
from core.simulate.electrons.material import VACUUM, Material
from core.simulate.electrons.materials import material_of
from core.simulate.electrons.shoot import MOST_ELECTRONS, Shot, _numbers, kernel_arguments, shoot
from core.simulate.electrons.tables import transport_tables
from core.simulate.electrons.world import Raster, World

GOLD, RESIN, SILICON = (material_of(name) for name in ("Au", "epoxy", "Si"))
PHYSICS = Physics()
FEW = Raster(0.0, (8, 8), (5.0, 5.0))


def cells_of(labels: np.ndarray, *materials: Material, voxel: Any = 5.0, **more: Any) -> Cells:
    size = voxel if isinstance(voxel, tuple) else (voxel,) * 3
    return pack(World(labels.astype(np.uint8), size, materials, **more), Job())


def shot(
    cells: Cells,
    raster: Raster = FEW,
    beam: Beam | None = None,
    detectors: Sequence[Detector] = (TLD,),
    electrons: int = 1000,
    **more: Any,
) -> Shot:
    beam = beam or Beam(kv=2.0)
    tables = transport_tables(cells.materials, beam.kv, PHYSICS)
    more = {"seed": 1, "job": Job(), "threads": 1} | more
    return shoot(cells, tables, raster, beam, detectors, electrons_per_pixel=electrons, **more)


def eta(result: Shot) -> tuple[float, float]:
    """Share of the electrons that came back, and its standard error."""
    balance = result.balance
    share = balance.backscattered / balance.electrons
    return share, float(np.sqrt(share * (1 - share) / balance.electrons))


def bulk(material: Material, beam: Beam) -> float:
    return bulk_yield(material, beam, PHYSICS, electrons=1_000_000, seed=5, job=Job()).eta


def lumps(shape: tuple[int, int, int], seed: int = 0, share: float = 0.4) -> np.ndarray:
    return (np.random.default_rng(seed).random(shape) < share).astype(np.uint8)


@pytest.mark.parametrize("voxel", [2.5, 11.0, (3.0, 5.0, 7.5), (8.0, 1.5, 4.0)])
@pytest.mark.parametrize(("material", "kv"), [(GOLD, 1.0), (SILICON, 2.0)])
def test_any_voxels_are_bulk(voxel: Any, material: Material, kv: float) -> None:
    """Two labels of one material: free flights start anew at every border, and nothing may come of it."""
    beam = Beam(kv=kv)
    shape = (40, 24, 24) if material is GOLD else (90, 24, 24)
    for labels in (np.zeros(shape), lumps(shape)):
        result = shot(cells_of(labels, material, material, voxel=voxel), beam=beam)
        share, error = eta(result)
        thick = shape[0] * (voxel if isinstance(voxel, float) else voxel[0])
        assert share == pytest.approx(bulk(material, beam), abs=4 * error)
        assert result.balance.lost == 0 or thick < 150


@pytest.mark.parametrize("tilt", [30.0, 70.0])
def test_tilt(tilt: float) -> None:
    beam = Beam(kv=1.0, tilt_deg=tilt)
    for beyond in ("mirror", "periodic"):
        share, error = eta(shot(cells_of(np.zeros((20, 7, 9)), GOLD, beyond=beyond), beam=beam))
        assert share == pytest.approx(bulk(GOLD, beam), abs=4 * error)


def test_tilted_beam_goes_down_the_face() -> None:
    """The beam comes from smaller y and meets, within a hole, the wall at greater y."""
    labels = np.zeros((40, 40, 8))
    labels[:, 24:] = 1  # gold from y = 120 nm on
    cells = cells_of(labels, VACUUM, GOLD)
    beam = Beam(kv=2.0, tilt_deg=45)
    # Aimed at 80 nm the beam hits the wall 40 nm below the face; aimed at 20 nm, 100 nm below.
    signal = shot(cells, Raster(0.0, (2, 4), (60.0, 5.0), (20.0, 0.0)), beam, electrons=4000).images[0].signal
    assert signal[1].mean() > 0.3
    bottom = shot(cells, Raster(0.0, (1, 4), (5.0, 5.0), (20.0, 0.0)), Beam(kv=2.0), electrons=400)
    assert bottom.balance.lost == bottom.balance.electrons


def test_mirrored_start_keeps_the_directions() -> None:
    """Far beside a uniform block all is as above it, for every window of the polar angle."""
    rings = [Detector(name=f"{a}", min_polar_deg=a, max_polar_deg=a + 30) for a in range(0, 150, 30)]
    cells = cells_of(np.zeros((16, 10, 10)), GOLD)
    beam = Beam(kv=1.0, tilt_deg=60)
    inside = shot(cells, Raster(0.0, (5, 5), (5.0, 5.0)), beam, rings, electrons=3000)
    beside = shot(cells, Raster(0.0, (5, 5), (5.0, 5.0), (-45.0, 60.0)), beam, rings, electrons=3000, seed=2)
    for one, other in zip(inside.images, beside.images, strict=True):
        error = float(np.hypot(one.standard_error, other.standard_error).mean()) / 5
        assert one.signal.mean() == pytest.approx(other.signal.mean(), abs=4.5 * error + 1e-4)
    assert inside.images[0].signal.mean() > 0.05


@pytest.mark.parametrize("face", [0.0, 3.7, 5.0, 22.5])
def test_face_anywhere(face: float) -> None:
    """Resin on gold: what counts is the resin that is left."""
    labels = np.zeros((60, 6, 6))
    labels[8:] = 1  # gold from z = 40 nm on
    some = shot(cells_of(labels, RESIN, GOLD), replace(FEW, face_nm=face))
    labels = np.zeros((61, 6, 6))
    labels[1:] = 1
    whole = cells_of(labels, RESIN, GOLD, voxel=(40.0 - face, 5.0, 5.0))
    other = shot(whole, FEW, seed=2)
    (share, error), (expected, other_error) = eta(some), eta(other)
    assert share == pytest.approx(expected, abs=4 * np.hypot(error, other_error))
    assert 0.06 < share < 0.44


@pytest.mark.parametrize("beyond", ["mirror", "periodic"])
@pytest.mark.parametrize("filling", [RESIN, VACUUM])
def test_finer_voxels_change_nothing(filling: Material, beyond: str) -> None:
    """A gold block in a trough, with uniform boxes of one voxel and of many."""
    found = []
    for finer in (1, 2, 5):
        labels = np.ones((12, 5, 5))
        labels[:6, 1:] = 0
        fine = np.kron(labels, np.ones((finer,) * 3))
        cells = cells_of(fine, filling, GOLD, voxel=10.0 / finer, beyond=beyond)
        found.append(eta(shot(cells, Raster(0.0, (5, 5), (10.0, 10.0)), electrons=4000, seed=finer)))
    for share, error in found[1:]:
        assert share == pytest.approx(found[0][0], abs=4 * np.hypot(error, found[0][1]))


def test_nothing_is_lost_in_open_space() -> None:
    """A gap over the whole face changes nothing: all electrons cross it, both ways."""
    labels = np.ones((60, 6, 6))
    labels[:30] = 0
    share, error = eta(shot(cells_of(labels, VACUUM, GOLD), beam=Beam(kv=1.0)))
    assert share == pytest.approx(bulk(GOLD, Beam(kv=1.0)), abs=4 * error)


@pytest.mark.parametrize("beyond", ["mirror", "periodic"])
@pytest.mark.parametrize("size", [3, 40])
def test_no_electron_flies_for_ever(size: int, beyond: str) -> None:
    """One that flies along the face meets nothing and gets nowhere."""
    setting = kernel_arguments(
        cells_of(np.zeros((size,) * 3), VACUUM, beyond=beyond),
        transport_tables((VACUUM,), 2.0, PHYSICS),
        FEW,
        Beam(kv=2.0),
        (TLD,),
    )
    cells, *shape, sizes = setting[:5]
    single = np.float32
    fate, energy, *_ = follow(
        cells, *shape, *sizes, *setting[5:16], 1, 1, 1,
        1, single(0), 0, 0, single(0.1), single(0.2), single(1e-20), single(1), False, single(2000),
        np.uint64(1), np.uint64(3),
    )  # fmt: skip
    assert (fate, energy) == (LOST, 2000)


def test_vacuum_gives_nothing() -> None:
    result = shot(cells_of(np.zeros((5, 4, 3)), VACUUM), beam=Beam(kv=1.0, tilt_deg=30))
    assert result.images[0].signal.max() == 0
    assert result.balance.lost == result.balance.electrons
    assert result.balance.energy_lost == result.balance.energy_in


@pytest.mark.parametrize("filling", [RESIN, VACUUM])
@pytest.mark.parametrize("beyond", ["mirror", "periodic"])
def test_conservation(filling: Material, beyond: str) -> None:
    cells = cells_of(np.kron(lumps((3, 5, 6)), np.ones((3, 3, 3))), filling, GOLD, beyond=beyond)
    weighted = Detector(name="energy", weight="energy")
    result = shot(
        cells, Raster(6.0, (9, 7), (7.0, 6.0), (-30.0, 4.0)), detectors=(TLD, weighted), electrons=300
    )
    balance = result.balance
    assert balance.electrons == 9 * 7 * 300 == balance.energy_in
    assert balance.backscattered + balance.absorbed + balance.lost == balance.electrons
    parts = balance.energy_backscattered, balance.energy_absorbed, balance.energy_lost
    assert sum(parts) == pytest.approx(balance.energy_in, rel=1e-12)
    assert min(parts) > 0
    assert balance.lost > 0
    assert balance.energy_lost <= balance.lost
    signal, energy = (image.signal.astype(np.float64).sum() * 300 for image in result.images)
    assert signal == pytest.approx(balance.backscattered, rel=1e-6)
    assert energy == pytest.approx(balance.energy_backscattered, rel=1e-6)


def test_turned_sample_turned_image() -> None:
    squares = np.indices((4, 6)).sum(0) % 2
    squares[0, 0] = squares[1, 0] = 1  # no symmetry of its own
    labels = np.broadcast_to(np.kron(squares, np.ones((4, 4))), (60, 16, 24))
    raster = Raster(0.0, (16, 24), (5.0, 5.0))
    straight = shot(cells_of(labels, RESIN, GOLD), raster, electrons=300)
    turned = shot(
        cells_of(np.rot90(labels, axes=(1, 2)), RESIN, GOLD),
        replace(raster, shape=(24, 16)),
        electrons=300,
        seed=2,
    )
    one, other = straight.images[0], turned.images[0]
    error = np.hypot(one.standard_error, np.rot90(other.standard_error, -1))
    deviation = (one.signal - np.rot90(other.signal, -1)) / error
    assert deviation.std() == pytest.approx(1, abs=0.12)
    assert abs(deviation.mean()) < 0.25
    assert one.signal.std() > 5 * error.mean()


def test_standard_error_is_the_spread_of_repeats() -> None:
    cells = cells_of(lumps((30, 8, 8)), RESIN, GOLD)
    both = (TLD, Detector(name="energy", weight="energy"))
    repeats = [shot(cells, detectors=both, electrons=50, seed=seed) for seed in range(60)]
    for at in range(2):
        spread = np.std([one.images[at].signal for one in repeats], axis=0, ddof=1)
        stated = np.sqrt(np.mean([one.images[at].standard_error ** 2 for one in repeats], axis=0))
        assert spread.mean() == pytest.approx(stated.mean(), rel=0.05)


def test_windows_add_up() -> None:
    edges = (0.0, 0.3, 0.6, 0.9, 1.0)
    slices = [
        Detector(name=f"{low}", min_energy_fraction=low, max_energy_fraction=high)
        for low, high in pairwise(edges)
    ]
    angles = (0, 20, 55, 90, 180)
    rings = [Detector(name=f"{low}", min_polar_deg=low, max_polar_deg=high) for low, high in pairwise(angles)]
    cells = cells_of(lumps((30, 8, 8)), VACUUM, GOLD)
    result = shot(cells, beam=Beam(kv=2.0, tilt_deg=20), detectors=(TLD, ICD, *slices, *rings), electrons=500)
    whole, surface, *parts = (image.signal for image in result.images)
    assert (whole >= surface).all()
    assert whole.mean() > surface.mean() > 0
    assert np.array_equal(surface, parts[3])
    for some in (parts[:4], parts[4:]):
        assert np.allclose(sum(some), whole, atol=1e-6)
        assert all(one.mean() > 0 for one in some[:3])


def test_polar_angles_follow_the_cosine_law_for_normal_incidence() -> None:
    """Electrons that were scattered often leave like light from a wall: half of them within 45 degrees."""
    half = Detector(name="half", max_polar_deg=45)
    result = shot(
        cells_of(np.zeros((20, 8, 8)), GOLD), beam=Beam(kv=1.0), detectors=(TLD, half), electrons=2000
    )
    whole, inner = (float(image.signal.mean()) for image in result.images)
    assert inner / whole == pytest.approx(0.5, abs=0.06)


@pytest.mark.parametrize("filling", [RESIN, VACUUM])
def test_same_bytes_whoever_computes(filling: Material, monkeypatch: pytest.MonkeyPatch) -> None:
    cells = cells_of(lumps((20, 8, 8)), filling, GOLD)
    both = (TLD, Detector(name="energy", weight="energy"))
    found = [shot(cells, detectors=both, electrons=90, threads=threads) for threads in (1, 2, 4)]
    for part in (7, 100, 100_000):
        monkeypatch.setattr(dealing, "_FIRST_PART", part)
        monkeypatch.setattr(dealing, "_next_size", lambda size, *_: size)
        monkeypatch.setattr(dealing._Deal, "size", part)
        found.append(shot(cells, detectors=both, electrons=90, threads=2))
    for other in found[1:]:
        assert other.balance == found[0].balance
        for one, image in zip(found[0].images, other.images, strict=True):
            assert image.signal.tobytes() == one.signal.tobytes()
            assert image.standard_error.tobytes() == one.standard_error.tobytes()


@pytest.mark.parametrize("shape", [(1, 1), (16, 3), (15, 7), (17, 1), (40, 21), (32, 5)])
def test_every_pixel_is_shot_once_and_in_its_place(shape: tuple[int, int]) -> None:
    places = [pixel_at(number, *shape) for number in range(shape[0] * shape[1])]
    numbers = _numbers(*shape)
    assert [numbers[place] for place in places] == list(range(numbers.size))


def test_seed_and_stream_count() -> None:
    cells = cells_of(lumps((20, 8, 8)), RESIN, GOLD)
    kinds = [{"seed": 1}, {"seed": 2}, {"stream": (0,)}, {"stream": (0, 0)}, {"stream": (1, 0)}]
    found = [shot(cells, electrons=90, **kind).images[0].signal for kind in kinds]
    assert len({image.tobytes() for image in found}) == len(kinds)
    assert shot(cells, electrons=90).images[0].signal.tobytes() == found[0].tobytes()


def test_neighbouring_pixels_are_independent() -> None:
    """In a uniform sample the pixels scatter as the standard error says, with no pattern."""
    image = shot(
        cells_of(np.zeros((20, 8, 8)), GOLD), Raster(0.0, (64, 64), (5.0, 5.0)), electrons=40
    ).images[0]
    away = (image.signal - image.signal.mean()) / image.standard_error.mean()
    assert away.std() == pytest.approx(1, abs=0.05)
    for axis in (0, 1):
        assert abs((away * np.roll(away, 1, axis)).mean()) < 4.5 / 64


def test_the_block_goes_on_sideways() -> None:
    labels = lumps((20, 8, 12), share=0.3)
    for beyond, turns in (("periodic", 1), ("mirror", 2)):
        cells = cells_of(labels, VACUUM, GOLD, beyond=beyond)
        raster = Raster(0.0, (8, 12), (5.0, 5.0))
        far = replace(raster, corner_nm=(-turns * 40.0, 3 * turns * 60.0))
        one, other = shot(cells, raster, electrons=40), shot(cells, far, electrons=40)
        assert one.images[0].signal.tobytes() == other.images[0].signal.tobytes()
    back = shot(cells, replace(raster, corner_nm=(-40.0, -60.0)), electrons=400, seed=3).images[0]
    plain = shot(cells, raster, electrons=400, seed=4).images[0]
    deviation = (back.signal[::-1, ::-1] - plain.signal) / np.hypot(
        back.standard_error, plain.standard_error
    ).mean()
    assert deviation.std() == pytest.approx(1, abs=0.25)


def test_periodic_and_repeated_are_alike() -> None:
    """A block, and two by two of it, have the same image."""
    labels = lumps((20, 6, 6), share=0.3)
    raster = Raster(0.0, (6, 6), (5.0, 5.0))
    for filling in (RESIN, VACUUM):
        found = [
            shot(cells_of(block, filling, GOLD, beyond="periodic"), raster, electrons=2000, seed=seed)
            for seed, block in enumerate((labels, np.tile(labels, (1, 2, 2))))
        ]
        one, other = (result.images[0] for result in found)
        deviation = (one.signal - other.signal) / np.hypot(one.standard_error, other.standard_error)
        assert deviation.std() == pytest.approx(1, abs=0.4)
        assert abs(deviation.mean()) < 0.6


def test_wide_beam_blurs() -> None:
    labels = np.zeros((20, 8, 32))
    labels[:, :, 16:] = 1
    cells = cells_of(labels, RESIN, GOLD)
    raster = Raster(0.0, (8, 32), (5.0, 5.0))
    sharp, wide = (
        shot(cells, raster, Beam(kv=1.0, diameter_nm=width), electrons=500).images[0].signal.mean(0)
        for width in (0.0, 40.0)
    )
    assert wide[13] > sharp[13] + 0.03
    assert wide[18] < sharp[18] - 0.03
    assert wide[28] == pytest.approx(sharp[28], abs=0.03)


def test_soft_merging_changes_little() -> None:
    cells = cells_of(np.kron(lumps((10, 4, 4)), np.ones((4, 4, 4))), RESIN, GOLD)
    exact, soft = (eta(shot(cells, electrons=3000, merge_soft=soft)) for soft in (False, True))
    assert soft[0] == pytest.approx(exact[0], abs=0.006)
    assert soft[0] != exact[0]


def test_can_be_stopped() -> None:
    job = Job(report=lambda progress: job.stop.set() if progress.done else None)
    with pytest.raises(Cancelled):
        shot(cells_of(np.zeros((20, 8, 8)), GOLD), electrons=1_000_000, job=job)


def test_progress_reaches_the_end() -> None:
    seen: list[tuple[int, int]] = []
    job = Job(report=lambda progress: seen.append((progress.done, progress.total)))
    shot(cells_of(np.zeros((20, 8, 8)), GOLD), electrons=200, job=job)
    assert seen[-1] == (64 * 200, 64 * 200)
    assert sorted(seen) == seen


@pytest.mark.parametrize(
    ("change", "message"),
    [
        ({"raster": replace(FEW, face_nm=-0.1)}, "face"),
        ({"raster": replace(FEW, face_nm=100.0)}, "face"),
        ({"electrons": 0}, "electrons"),
        ({"electrons": MOST_ELECTRONS + 1}, "electrons"),
        ({"detectors": ()}, "detector"),
        ({"device": "abacus"}, "device"),
    ],
)
def test_refused(change: dict[str, Any], message: str) -> None:
    with pytest.raises(ParameterError, match=message):
        shot(cells_of(np.zeros((20, 8, 8)), GOLD), **change)


def test_tables_of_something_else_are_refused() -> None:
    cells = cells_of(np.zeros((20, 8, 8)), GOLD)
    more = {"electrons_per_pixel": 1, "seed": 1, "job": Job()}
    for tables in (transport_tables((SILICON,), 2.0, PHYSICS), transport_tables((GOLD,), 1.0, PHYSICS)):
        with pytest.raises(ParameterError, match="tables"):
            shoot(cells, tables, FEW, Beam(kv=2.0), (TLD,), **more)
